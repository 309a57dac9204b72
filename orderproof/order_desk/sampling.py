"""Drills of the order desk: a repeatable sample of unfinished orders, and a timed export (R014)."""

import secrets
import tempfile
import time
from pathlib import Path

import msgspec

from domain.tracking.row import next_action_text, status_text
from domain.words.desk import DeskWords
from orderproof.bootstrap import Store
from orderproof.order_desk import exporting, lists
from orderproof.order_desk.lists import Standing
from projections.tracking_table import TABLE, decode

PERFORMED = "drill.performed"
DRAWN = "drill.sample_drawn"
LARGEST = 1_000
"""Orders of a sample: each stands in the event of the drill."""


class Sampled(msgspec.Struct, frozen=True, kw_only=True):
    """One order of a sample: `shop/number`, its quadrant and status, what is to be done next."""

    order: str
    quadrant: int
    status: str
    next_action: str


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A drill by sample.

    Args:
        seed: the same one draws the same orders of the same list.
        as_of: when the list was read.
        position: of the log's newest event that the list knows.
        recorded: position of the event that says so.
        orders: the sample.
    """

    seed: int
    as_of: str
    position: int
    recorded: int
    orders: tuple[Sampled, ...]


class TimedExport(msgspec.Struct, frozen=True, kw_only=True):
    """A drill by export: how many orders in how many seconds, and the event that says so."""

    count: int
    seconds: float
    as_of: str
    position: int
    recorded: int


def sample(store: Store, count: int, seed: int | None, by: str, words: DeskWords) -> Sample:
    """Draw unfinished orders, classify them and name what is next, and record the drill.

    An order's place in the draw is the SHA-256 of seed and name, so that an auditor draws the same
    ones again, with any program.
    """
    standing = lists.stand(store)
    seed = secrets.randbelow(2**31) if seed is None else seed
    orders = _draw(store, count, seed, words)
    data: dict[str, object] = {
        "seed": seed,
        "count": len(orders),
        "at": standing.as_of,
        "sample": [msgspec.to_builtins(one) for one in orders],
    }
    return Sample(
        seed=seed,
        as_of=standing.as_of,
        position=standing.position,
        recorded=exporting.record(store, DRAWN, data, by),
        orders=orders,
    )


def timed_export(store: Store, by: str, words: DeskWords) -> TimedExport:
    """Write the export of all unfinished orders to a file that is thrown away, and record it."""
    started = time.monotonic()
    standing: Standing = lists.stand(store)
    with tempfile.TemporaryDirectory(prefix="orderproof-drill-") as folder:
        done = exporting.export(store, Path(folder) / "unfinished.csv", "csv", words)
    seconds = round(time.monotonic() - started, 3)
    data: dict[str, object] = {
        "kind": "export",
        "seconds": str(seconds),
        "result": done.sha256,
        "at": standing.as_of,
    }
    return TimedExport(
        count=done.count,
        seconds=seconds,
        as_of=done.as_of,
        position=done.position,
        recorded=exporting.record(store, PERFORMED, data, by),
    )


def _draw(store: Store, count: int, seed: int, words: DeskWords) -> tuple[Sampled, ...]:
    with store.views, store.views.cursor() as cursor:
        cursor.execute(
            f"SELECT listed FROM {TABLE}"
            " ORDER BY sha256(convert_to(%s || ' ' || shop || '/' || number, 'UTF8')) LIMIT %s",
            (str(seed), count),
        )
        found = [decode(listed) for (listed,) in cursor.fetchall()]
    return tuple(
        Sampled(
            order=f"{one.shop}/{one.number}",
            quadrant=one.quadrant,
            status=status_text(one, words),
            next_action=next_action_text(one, words),
        )
        for one in found
    )
