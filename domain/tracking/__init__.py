"""The order desk's view of an order: how far it is, who sees to it, and what is wrong with it."""
