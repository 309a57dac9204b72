"""Where events are kept: one append-only table in PostgreSQL."""
