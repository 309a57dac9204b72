"""`python -m orderproof`."""

from orderproof.cli import main

main()
