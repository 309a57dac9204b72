"""`python -m benchmarks.store`: our store beside its peers, in one run on one durable server.

Run it with `make bench-store`, which installs the peers into an environment of their own.
"""

import argparse
import importlib.util
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from benchmarks import results
from benchmarks.processes import end_on_sigterm
from benchmarks.store import machine, memory, page, report, server, shapes, targets
from benchmarks.store.measuring import FULL, QUICK, Bench, Sizes
from benchmarks.store.participants import (
    EVENTSOURCING,
    OURS,
    UMADB,
    UMADB_ONCE,
    Participant,
)
from benchmarks.store.report import Run


def main() -> None:
    """Measure, print, and keep the results of a full run."""
    end_on_sigterm()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.store", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it runs")
    parser.add_argument("--only", nargs="+", choices=shapes.TITLES, metavar="SHAPE",
                        help=f"some shapes: {', '.join(shapes.TITLES)}")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument(
        "--memory", action="store_true", help="instead: peak memory of a million events of ours"
    )
    options = parser.parse_args()
    sizes = QUICK if options.quick else FULL
    if options.memory:
        found, told, key = run_memory(sizes), memory.lines, "store_memory"
    else:
        _need_peers(parser)
        names = options.only or list(shapes.TITLES)
        found, told, key = run(sizes, names, peers=True), report.lines, "store"
    kept = msgspec.to_builtins(found)
    if not options.quick and not options.only:
        results.keep(key, kept)
        page.write()
    print(json.dumps(kept) if options.json else "\n".join(told(found)))


def _need_peers(parser: argparse.ArgumentParser) -> None:
    missing = [name for name in ("psycopg", "umadb") if importlib.util.find_spec(name) is None]
    if missing:
        parser.error(f"{' and '.join(missing)} not installed here; say make bench-store")


def run(sizes: Sizes, names: list[str], *, peers: bool) -> Run:
    """Measure shapes and return all that is known of the run.

    Args:
        sizes: how much is done.
        names: of shapes.
        peers: whether other stores take part.
    """
    started = time.monotonic()
    facts = machine.facts()
    with _bench(sizes, peers=peers) as bench:
        facts["postgresql"] = bench.server.settings()
        figures = shapes.measure(bench, [name for name in shapes.TITLES if name in names])
    facts["load average at end"] = machine.load()
    facts["seconds"] = round(time.monotonic() - started)
    return Run(facts, figures, targets.judge(figures))


def run_memory(sizes: Sizes) -> memory.Run:
    """Measure the peak memory of our import and our rebuild."""
    facts = machine.facts()
    with _bench(sizes, peers=False) as bench:
        facts["postgresql"] = bench.server.settings()
        return memory.Run(facts, memory.measure(bench))


@contextmanager
def _bench(sizes: Sizes, *, peers: bool) -> Iterator[Bench]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="orderproof-bench-")))
        folder.chmod(0o711)  # a root's server runs as another user
        database = stack.enter_context(server.running(folder))
        participants = _participants(stack, folder, database, peers=peers)
        yield Bench(folder, database, participants, sizes, _say)


def _participants(
    stack: ExitStack, folder: Path, database: server.Server, *, peers: bool
) -> list[Participant]:
    ours = {"dsn": database.database(migrated=True), "key": os.urandom(32)}
    found = [Participant(OURS, ours)]
    if peers:
        # Imported here: the peers are not in every environment.
        from benchmarks.store import umadb_peer

        found.append(Participant(EVENTSOURCING, {"dsn": database.database(migrated=False)}))
        url = stack.enter_context(umadb_peer.server(folder / "umadb"))
        found.append(Participant(UMADB, {"url": url}))
        found.append(Participant(UMADB_ONCE, {"url": url, "once": True}))
    return found


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
