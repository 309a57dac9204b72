"""`python -m benchmarks.archive`: the archive in one run, each figure beside its limit.

Times are of one run on a machine that may be noisy: read the ratios, not the seconds.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import figures, results
from benchmarks.archive import measuring, scene
from benchmarks.processes import end_on_sigterm
from benchmarks.store import machine, workload

_SMALL = 10_000
_USUAL = 20_000
_MILLION = 1_000_000


def main() -> None:
    """Measure, print, and keep the results."""
    end_on_sigterm()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.archive", description=__doc__)
    parser.add_argument("--histories", type=int, default=_USUAL, help="number of orders")
    parser.add_argument("--million", action="store_true", help="a million orders; 40 minutes")
    parts = (*measuring.LAYOUTS, measuring.BUCKET)
    parser.add_argument("--only", nargs="+", choices=parts, default=parts, help="measure these")
    parser.add_argument("--folder", help="where to work; needs 40 GB for a million")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--discard", action="store_true", help="do not keep the results")
    options = parser.parse_args()
    histories = _MILLION if options.million else options.histories
    found = []
    # A small number beside the large one shows what grows with it, and how.
    for size in sorted({min(_SMALL, histories), histories}):
        found.append(run(size, options.only, options.folder))
        if not options.discard:
            results.keep(f"archive_{size}", found[-1])
            figures.write("archive")
    if options.json:
        print(json.dumps({"runs": found}))


def run(histories: int, parts: Collection[str], folder: str | None = None) -> dict[str, Any]:
    """Measure with so many orders and return all that is known of the run.

    Args:
        histories: number of orders.
        parts: what is measured, see `measuring.measure`.
        folder: where to work.
    """
    started = time.monotonic()
    facts = machine.facts()
    with tempfile.TemporaryDirectory(prefix="orderproof-bench-", dir=folder) as place:
        Path(place).chmod(0o711)  # a root's server runs as another user
        with scene.orders(Path(place), histories) as orders:
            facts["postgresql"] = orders.server.settings()
            found = measuring.measure(orders, parts, _say)
    facts["load average at end"] = machine.load()
    facts["seconds"] = round(time.monotonic() - started)
    return {
        "orders": histories,
        "events": workload.EVENTS,
        "facts": facts,
        "figures": msgspec.to_builtins(found),
    }


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
