"""`python -m benchmarks.http`: intake, lists, pages and exports.

Times are of one run on a machine that may be noisy: read the ratios, not the seconds.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import figures, results
from benchmarks.figures import Figure
from benchmarks.http import measuring
from benchmarks.processes import end_on_sigterm
from benchmarks.store import machine, workload

_SMALL = 10_000
_LARGE = 1_000_000


def main() -> None:
    """Measure, print, and keep the results."""
    end_on_sigterm()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.http", description=__doc__)
    parser.add_argument("--orders", type=int, default=_LARGE, help="of the larger store")
    parser.add_argument("--folder", help="where to work; needs 12 GB for a million")
    parser.add_argument("--discard", action="store_true", help="do not keep the results")
    options = parser.parse_args()
    for orders in sorted({min(_SMALL, options.orders), options.orders}):
        found = run(orders, options.folder)
        if not options.discard:
            results.keep(f"http_{orders}", found)
            figures.write("http")
    print(json.dumps(found["facts"]))


def run(orders: int, folder: str | None = None) -> dict[str, Any]:
    """Measure with so many orders and return all that is known of the run.

    Args:
        orders: in the store.
        folder: where to work.
    """
    started = time.monotonic()
    facts = machine.facts()
    with tempfile.TemporaryDirectory(prefix="orderproof-bench-", dir=folder) as place:
        Path(place).chmod(0o711)  # a root's server runs as another user
        found = measuring.measure(Path(place), orders, _say)
    facts["load average at end"] = machine.load()
    facts["seconds"] = round(time.monotonic() - started)
    return {
        "orders": orders,
        "events": workload.EVENTS,
        "facts": facts,
        "figures": msgspec.to_builtins(found),
    }


def _say(figure: Figure) -> None:
    print(figures.line(figure), file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
