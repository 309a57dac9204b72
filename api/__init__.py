"""HTTP: intake, the operators' desk, the auditors' API and pages. Nothing is served yet."""
