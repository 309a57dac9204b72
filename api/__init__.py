"""HTTP: intake of events. The auditors' API, the desk and the pages come next to it."""
