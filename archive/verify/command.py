"""The command that verifies, with nothing but the standard library and `cryptography`."""

import argparse
import json
import sys
from pathlib import Path

from archive.errors import ArchiveError
from archive.findings import CANNOT_TELL
from archive.verify.folders import verify_archive
from archive.verify.lone import verify_history
from archive.verify.render import render
from archive.verify.report import EXIT_CODES, USAGE, Report, exit_code_of
from archive.verify.sample import draw


def add_options(parser: argparse.ArgumentParser, default: Path | None = None) -> None:
    """Give a parser what a verification needs to know.

    Args:
        parser: gets the options.
        default: what is verified where nothing is named; None: something must be.
    """
    target = parser.add_argument("target", type=Path, metavar="FOLDER|FILE")
    target.help = "an archive's folder or one history file"
    if default is not None:
        target.nargs, target.default = "?", default
        target.help += "; without it the archive that this program lies in"
    parser.add_argument("--order", help="number or shop/number: check this order only")
    parser.add_argument("--checkpoint", type=Path, help="a checkpoint that you kept from earlier")
    parser.add_argument("--keyring", type=Path, help="a keyring that you trust, or its fingerprint")
    parser.add_argument("--sample", metavar="5%", help="read so many of the histories only")
    parser.add_argument("--seed", help="draw the same sample again")
    parser.add_argument("--tag-key", type=Path, help="the seller's tag key, if you have it")
    parser.add_argument("--jobs", type=_jobs, help="processes that check histories")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(options: argparse.Namespace) -> int:
    """Verify what the options name, print the report and return the exit code.

    0 intact, 2 usage, 3 altered, 4 incomplete, 5 cannot tell, 6 order not found.
    """
    progress = _progress if sys.stderr.isatty() and not options.json else None
    try:
        report = _verify(options)
    except ArchiveError as error:
        print(error, file=sys.stderr)
        return exit_code_of(error)
    except OSError as error:
        print(error, file=sys.stderr)
        return EXIT_CODES[CANNOT_TELL]
    if report is None:
        print(
            "--order, --checkpoint, --sample and --tag-key need an archive's folder",
            file=sys.stderr,
        )
        return USAGE
    if progress is not None:
        print("\r\033[K", end="", file=sys.stderr)
    print(json.dumps(report.as_dict(), ensure_ascii=False) if options.json else render(report))
    return report.exit_code


def main(arguments: list[str], default: Path) -> int:
    """Run as a program of its own, which lies in the archive that it verifies by default."""
    parser = argparse.ArgumentParser(
        prog="orderproof-verify.py",
        description="Check an archive of orders, or one order's history, from its files alone.",
    )
    add_options(parser, default)
    return run(parser.parse_args(arguments))


def _verify(options: argparse.Namespace) -> Report | None:
    progress = _progress if sys.stderr.isatty() and not options.json else None
    target: Path = options.target
    if not target.is_file():
        return verify_archive(
            target,
            order=options.order,
            checkpoint=options.checkpoint,
            keyring=options.keyring,
            jobs=options.jobs,
            sample=draw(options.sample, options.seed) if options.sample else None,
            tag_key=options.tag_key,
            progress=progress,
        )
    if options.order or options.checkpoint or options.sample or options.tag_key:
        return None
    return verify_history(target, keyring=options.keyring, progress=progress)


def _jobs(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= 1000:
        raise argparse.ArgumentTypeError("is not a number of processes")
    return int(text)


def _progress(step: str, done: int, total: int) -> None:
    text = f"{step} {done:,} of {total:,}" if total else step
    print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
