"""What is measured: the read model, lists as somebody asks for them, a round of the clocks."""

import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks import processes
from benchmarks.desk import workload
from benchmarks.figures import Figure
from domain.checks.checking import check
from domain.checks.rules import read_rules
from domain.checks.subject import read_subject
from orderproof import importing, installation
from orderproof.bootstrap import Store, catch_up, open_store
from orderproof.order_desk import clocking, lists
from orderproof.order_desk.lists import Selection
from projections import rebuild as rebuilding
from projections.desk_clock import DESK_CLOCK
from projections.tracking_table import TRACKING_TABLE

_CALLS = 40
_PAGE = 100
_LISTED = 0.1
_ROUND = 10.0
_PROJECTED = 20_000
_EXPORTED = 600.0
_CHECKED = 20_000
_LIVED = 20_000
_CHECKS = 5_000

_ASKED = (
    Selection(limit=_PAGE),
    Selection(limit=_PAGE, shop="bench1"),
    Selection(limit=_PAGE, quadrant=2),
    Selection(limit=_PAGE, owner="north"),
    Selection(limit=_PAGE, overdue=True),
    Selection(limit=_PAGE, risk=True),
    Selection(limit=5),
)
"""Lists, a hundred orders of each; and the five that come first."""


def measure(place: Path, orders: int, say: Callable[[Figure], None]) -> list[Figure]:
    """Fill a store with unfinished orders and ask the desk."""
    found, _ = installation.initialise(place / "data")
    figures: list[Figure] = []

    def add(figure: Figure) -> None:
        figures.append(figure)
        say(figure)

    add(_checked())
    add(_projected(place, min(orders, _LIVED)))
    with open_store(found) as store:
        _fill(store, place / "orders.jsonl", workload.orders(orders))
        # What lists and clocks are made of; the other read models have no part in what follows.
        catch_up(store, only=[TRACKING_TABLE.name, DESK_CLOCK.name])
        for figure in _lists(store):
            add(figure)
        for figure in _clocks(store):
            add(figure)
    for format_ in ("csv", "xlsx"):
        add(_exported(place, format_))
    return figures


def _fill(store: Store, file: Path, events: Iterable[str]) -> None:
    with file.open("w") as opened:
        opened.writelines(events)
    tally, _ = importing.import_files(store, [str(file)], "cloudevents", None)
    file.unlink()
    if tally.rejected or tally.recorded != tally.read:
        raise AssertionError(tally)


def _projected(place: Path, orders: int) -> Figure:
    """Make the tracking table of a store of its own anew, as `rebuild tracking_table` does."""
    found, _ = installation.initialise(place / "lives")
    with open_store(found) as store:
        _fill(store, place / "lives.jsonl", workload.lives(orders))
        started = time.perf_counter()
        done = rebuilding.rebuild(store.views, store.log, [TRACKING_TABLE])
        rate = round(done.events / (time.perf_counter() - started))
    shutil.rmtree(place / "lives")
    return Figure(
        "tracking table made from events",
        rate,
        "events/s",
        wanted=f"≥ {_PROJECTED:,}",
        reached=rate >= _PROJECTED,
    )


def _checked() -> Figure:
    """Check orders without a store, in one process: events in, findings out."""
    histories = workload.histories(_CHECKED)
    rules = read_rules(workload.RULES)
    started = time.perf_counter()
    for events in histories:
        subject = read_subject(events)
        if subject is None or check(subject, rules):
            raise AssertionError("an order of the benchmark passes its checks")
    rate = round(len(histories) / (time.perf_counter() - started))
    return Figure(
        "orders checked, without a store",
        rate,
        "orders/s",
        wanted=f"≥ {_CHECKS:,}",
        reached=rate >= _CHECKS,
    )


def _lists(store: Store) -> list[Figure]:
    """Ask for each list several times: caught up, counted and read, as the command does."""
    taken = []
    for _ in range(_CALLS):
        for chosen in _ASKED:
            started = time.perf_counter()
            standing = lists.stand(store)
            lists.total(store.views, chosen, standing.at)
            list(lists.read(store.views, chosen, standing.at))
            taken.append(time.perf_counter() - started)
    taken = taken[len(_ASKED) :]
    slowest = statistics.quantiles(taken, n=100)[98]
    return [
        Figure(
            "a list with its count, p99",
            round(slowest * 1000, 1),
            "ms",
            wanted="< 100 ms",
            reached=slowest < _LISTED,
        ),
        Figure("a list with its count, median", round(statistics.median(taken) * 1000, 1), "ms"),
    ]


def _clocks(store: Store) -> list[Figure]:
    """Fire what ran out, and look again when nothing has."""
    at = clocking.now(store)
    started = time.perf_counter()
    fired, _ = clocking.fire(store, at)
    first = time.perf_counter() - started
    started = time.perf_counter()
    clocking.fire(store, at)
    idle = time.perf_counter() - started
    return [
        Figure(
            f"a round of the clocks in which {len(fired)} fire",
            round(first, 2),
            "s",
            wanted=f"< {_ROUND:.0f} s",
            reached=first < _ROUND,
        ),
        Figure(
            "a round of the clocks in which none fires",
            round(idle, 3),
            "s",
            wanted=f"< {_ROUND:.0f} s",
            reached=idle < _ROUND,
        ),
    ]


def _exported(place: Path, format_: str) -> Figure:
    out = place / f"unfinished.{format_}"
    command = [sys.executable, "-m", "orderproof", "export", "unfinished", "--format", format_]
    done = processes.run(
        [*command, "--out", str(out), "--data", str(place / "data"), "--json"],
        {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        0,
    )
    out.unlink()
    return Figure(
        f"all unfinished orders exported, {format_}",
        round(done.seconds, 1),
        "s",
        mb=done.mb,
        wanted=f"< {_EXPORTED:.0f} s",
        reached=done.seconds < _EXPORTED,
    )
