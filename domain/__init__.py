"""What can happen to an order: events, the order's state, claim verdicts. Pure."""
