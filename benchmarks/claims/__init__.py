"""Claims answered, evidence packs signed and messages linked, in a large store."""
