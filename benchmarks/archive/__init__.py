"""The archive's benchmark: it is written, verified and asked, beside what is possible."""
