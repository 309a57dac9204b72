"""All unfinished orders with all that is known of them, in one file, at any moment (R001)."""

import hashlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from domain.catalogue import OUR_SOURCE
from domain.event import Fact
from domain.stream import DESK_STREAM
from domain.tracking.roles import Role
from domain.tracking.unfinished import FIELDS, unfinished_row
from domain.words.desk import DeskWords
from eventstore import log, recording
from eventstore.connection import connect
from eventstore.writer import ROLE
from orderproof.bootstrap import Store
from orderproof.order_desk import customers, lists, table_files
from orderproof.order_desk.lists import Listing, Selection, Standing
from orderproof.order_desk.table_files import JSONL, Sheet, Written

EXPORTED = "wind_down.unfinished_orders_exported"
FORMATS = (*table_files.TABLES, JSONL)
COLUMNS = (
    "order",
    *(f"{group}/{field}" for group, fields in FIELDS.items() for field in fields),
    "missing",
)
"""Of a table file: the order, the thirteen fields in their groups, what is missing."""


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """What was handed out.

    Args:
        file: where it is.
        format: csv, xlsx or jsonl.
        count: orders in it.
        seconds: from the first look at the log to the file on the disk.
        size: bytes.
        sha256: of the file.
        as_of: when the list was read, RFC 3339 UTC.
        position: of the log's newest event that it knows.
        recorded: position of the event that says so.
    """

    file: str
    format: str
    count: int
    seconds: float
    size: int
    sha256: str
    as_of: str
    position: int
    recorded: int


def export(
    store: Store,
    path: Path,
    format: str,
    words: DeskWords,
    role: Role | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Exported:
    """Write all unfinished orders, and record that it was done, how long it took and the digest.

    Args:
        store: the open installation.
        path: a new file.
        format: one of `FORMATS`.
        words: of the language of heads and cells.
        role: as whom the customers are seen; None masks them.
        progress: called with the orders written and their number.

    Raises:
        CommandError: the file is there already, or cannot be written.
        KeyMissingError: customers are to be shown, and the keys are not there.
    """
    started = time.monotonic()
    standing = lists.stand(store)
    written = _write(store, path, format, words, role, standing, progress)
    seconds = round(time.monotonic() - started, 3)
    data = {
        "count": written.rows,
        "seconds": str(seconds),
        "sha256": written.sha256,
        "format": format,
    }
    return Exported(
        file=str(path),
        format=format,
        count=written.rows,
        seconds=seconds,
        size=written.size,
        sha256=written.sha256,
        as_of=standing.as_of,
        position=standing.position,
        recorded=record(store, EXPORTED, data),
    )


def record(
    store: Store,
    type: str,
    data: dict[str, object],
    by: str | None = None,
    part: str | None = None,
) -> int:
    """Record what the desk did, and who had it done, in a stream of the desk's own.

    Args:
        store: the open installation.
        type: of the event.
        data: what it says.
        by: who had it done.
        part: of the desk, which names the stream; else it is the day's.

    Returns:
        The position of the event.
    """
    now = log.clock(store.connection)
    # Twice within one tick of the clock is told apart by what it says.
    mark = hashlib.sha256(msgspec.json.encode(data)).hexdigest()[:16]
    fact = Fact(
        stream=f"{DESK_STREAM}/{part or now[:10]}",
        type=type,
        source=OUR_SOURCE,
        id=f"{type}/{now}/{mark}",
        occurred_at=now,
        data=data,
        actor=None if by is None else {"kind": "staff", "id": by},
    )
    with connect(store.dsn, ROLE) as connection:
        [outcome] = recording.record(connection, None, [fact])
    return outcome.position or 0


def rows(
    store: Store, chosen: Selection, standing: Standing, words: DeskWords, role: Role | None
) -> Iterator[dict[str, object]]:
    """Yield the full information of unfinished orders, in the sequence of the work."""
    for page in lists.pages(store.views, chosen, standing.at):
        found = {} if role is None else customers.read(store, [one.stream for one in page], role)
        for listing in page:
            yield _row(listing, found.get(listing.stream, customers.NOBODY), words)


def _row(listing: Listing, customer: customers.Customer, words: DeskWords) -> dict[str, object]:
    name = customers.shown_name(customer, words.phrases["erased"])
    return unfinished_row(listing.order, name, customer.contact, words)


def _write(
    store: Store,
    path: Path,
    format: str,
    words: DeskWords,
    role: Role | None,
    standing: Standing,
    progress: Callable[[int, int], None],
) -> Written:
    total = lists.count(store.views, Selection(), standing.at)
    found = _counted(rows(store, Selection(), standing, words, role), total, progress)
    if format == JSONL:
        of = {"as_of": standing.as_of, "position": standing.position}
        return table_files.write_lines(path, ({**row, **of} for row in found))
    sheet = Sheet(
        name="unfinished orders",
        columns={name: words.fields[name] for name in COLUMNS},
        note=f"unfinished orders, as of {standing.as_of}, position {standing.position}",
    )
    return table_files.write(path, format, sheet, (cells(row, words) for row in found))


def _counted(
    found: Iterator[dict[str, object]], total: int, progress: Callable[[int, int], None]
) -> Iterator[dict[str, object]]:
    for number, row in enumerate(found, 1):
        yield row
        if number % lists.PAGE == 0:
            progress(number, total)


def cells(row: dict[str, object], words: DeskWords) -> list[object]:
    """Return an order's fields as cells, by `COLUMNS`."""
    flat: list[object] = [row["order"]]
    for group, fields in FIELDS.items():
        of_group = row[group]
        flat += [of_group[field] for field in fields] if isinstance(of_group, dict) else []
    missing = row["missing"]
    flat.append(
        words.joined.join(words.dimensions[name] for name in missing)
        if isinstance(missing, list)
        else None
    )
    return flat
