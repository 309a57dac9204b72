"""`python -m archive verify`: the verifier alone, which needs nothing but `cryptography`."""

import argparse
import json
import sys
from pathlib import Path

from archive.errors import ArchiveError
from archive.findings import CANNOT_TELL
from archive.verify import exit_code_of, render, verify_archive, verify_history
from archive.verify.report import EXIT_CODES, USAGE


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code.

    0 intact, 2 usage, 3 altered, 4 incomplete, 5 cannot tell, 6 order not found.
    """
    options = _parser().parse_args(arguments)
    target: Path = options.target
    progress = _progress if sys.stderr.isatty() and not options.json else None
    try:
        if target.is_file():
            if options.order or options.checkpoint:
                print("--order and --checkpoint need an archive's folder", file=sys.stderr)
                return USAGE
            report = verify_history(target, keyring=options.keyring, progress=progress)
        else:
            report = verify_archive(
                target,
                order=options.order,
                checkpoint=options.checkpoint,
                keyring=options.keyring,
                progress=progress,
            )
    except ArchiveError as error:
        print(error, file=sys.stderr)
        return exit_code_of(error)
    except OSError as error:
        print(error, file=sys.stderr)
        return EXIT_CODES[CANNOT_TELL]
    if progress is not None:
        print("\r\033[K", end="", file=sys.stderr)
    print(json.dumps(report.as_dict(), ensure_ascii=False) if options.json else render(report))
    return report.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m archive", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="verify")
    verify = verbs.add_parser("verify", help="check an archive's folder or one history file")
    verify.add_argument("target", type=Path, metavar="FOLDER|FILE")
    verify.add_argument("--order", help="number or shop/number: check this order only")
    verify.add_argument("--checkpoint", type=Path, help="a checkpoint that you kept from earlier")
    verify.add_argument("--keyring", type=Path, help="the keyring that you trust")
    verify.add_argument("--json", action="store_true", help="one JSON object")
    return parser


def _progress(step: str, done: int, total: int) -> None:
    text = f"{step} {done:,} of {total:,}" if total else step
    print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
