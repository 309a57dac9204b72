"""Foreign payloads translated to our events. Pure."""
