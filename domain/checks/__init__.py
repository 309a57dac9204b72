"""What an order is checked against before anybody works on it."""
