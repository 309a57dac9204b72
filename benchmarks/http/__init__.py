"""HTTP and exports: intake, lists and pages, and files."""
