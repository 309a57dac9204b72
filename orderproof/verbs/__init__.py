"""The verbs of the command line: each reads its options, calls the code, prints and ends."""
