"""Exports: what the screens show, as files, with a signed manifest."""
