"""Examples of the HTTP API, recorded from a service that ran: `make examples` writes them."""
