"""The order desk beside a million unfinished orders: lists, clocks, export, its read model."""
