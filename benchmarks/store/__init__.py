"""Our event store beside others: same events, same server, same run. See `make bench-store`."""
