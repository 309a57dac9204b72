"""The index: where in an archive the histories of a stream lie, found without a database."""
