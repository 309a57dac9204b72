"""`python -m archive verify`: the verifier alone, which needs nothing but `cryptography`."""

import argparse
import sys

from archive.verify import command


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code, as `command.run`."""
    parser = argparse.ArgumentParser(prog="python -m archive", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="verify")
    command.add_options(verbs.add_parser("verify", help="check an archive or one history file"))
    return command.run(parser.parse_args(arguments))


if __name__ == "__main__":
    sys.exit(main())
