"""CSV files of any system, read by a mapping that says which column means what."""
