"""A list of the order desk on the terminal, as JSON or as a table file."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from domain.catalogue import OUR_SOURCE
from domain.event import Fact
from domain.stream import ACCESS_STREAM
from domain.tracking.roles import Role
from domain.tracking.row import COLUMNS, table_row
from domain.words.desk import DeskWords
from eventstore import log, recording
from eventstore.connection import connect
from eventstore.writer import ROLE
from orderproof import terminal
from orderproof.bootstrap import Store
from orderproof.errors import CommandError
from orderproof.order_desk import customers, lists, table_files
from orderproof.order_desk.lists import Listing, Selection, Standing
from orderproof.terminal import counted, safe


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """How a list is to be shown.

    Args:
        name: of the list.
        words: of the reader's language.
        at: instant by which days are counted; None for now.
        role: as whom the customers are seen; None masks them.
        by: who looks.
        out: a table file to write; None for the terminal.
        as_json: one JSON object instead of lines.
    """

    name: str
    words: DeskWords
    at: int | None
    role: Role | None
    by: str | None
    out: Path | None
    as_json: bool


Row = dict[str, object]

_EXTRA: dict[str, tuple[str, ...]] = {
    "worklist": ("quadrant",),
    "top": ("quadrant", "alarm"),
    "overdue": ("overdue_days",),
    "high-risk": ("risks",),
}
"""What a list has beside the eight columns."""


def show(store: Store, chosen: Selection, wanted: Wanted) -> None:
    """Show a list. With a role it records first who looks at which list.

    Raises:
        CommandError: the file is there already, or cannot be written.
        KeyMissingError: customers are to be shown, and the keys are not there.
    """
    standing = lists.stand(store, wanted.at, lists.made_of(chosen))
    total = lists.total(store.views, chosen, standing.at)
    shown = total.number if chosen.limit is None else min(total.number, chosen.limit)
    if wanted.role is not None:
        scope = f"desk {wanted.name}, {counted(shown, 'order')}"
        note_viewing(store, scope, wanted.role, wanted.by or "")
    silent = _silent(store, chosen, standing) if wanted.name == "top" else frozenset()
    rows = _rows(store, chosen, standing, wanted, silent)
    head = {"as_of": standing.as_of, "position": standing.position, **total.head()}
    if wanted.out is not None:
        _write(wanted.out, rows, standing, wanted, shown)
    elif wanted.as_json:
        terminal.print_json_rows(head, "rows", rows, {})
    else:
        _print(rows, wanted)
        orders = "; ".join(filter(None, (counted(shown, "order"), total.beyond(shown))))
        terminal.say(f"{orders}, as of {standing.as_of}, position {standing.position}")


def note_viewing(store: Store, scope: str, role: Role, by: str) -> None:
    """Record that somebody looks at customers' names (R172), before anything is shown."""
    now = log.clock(store.connection)
    with connect(store.dsn, ROLE) as connection:
        number = log.size(connection)
        fact = Fact(
            stream=f"{ACCESS_STREAM}/{now[:10]}",
            type="access.record_viewed",
            source=OUR_SOURCE,
            id=f"view/{now}/{number}",
            occurred_at=now,
            data={"by": by, "role": role.name, "scope": scope},
        )
        recording.record(connection, None, [fact])


def _silent(store: Store, chosen: Selection, standing: Standing) -> frozenset[str]:
    first = list(lists.read(store.views, chosen, standing.at))
    return frozenset(each.stream for each in lists.silent(first, standing.at))


def _rows(
    store: Store,
    chosen: Selection,
    standing: Standing,
    wanted: Wanted,
    silent: frozenset[str],
) -> Iterator[Row]:
    for page in lists.pages(store.views, chosen, standing.at):
        names = _names(store, page, wanted)
        for listing in page:
            row: Row = {**table_row(listing.order, names.get(listing.stream), wanted.words)}
            for extra in _EXTRA.get(wanted.name, ()):
                row[extra] = _extra(extra, listing, silent)
            yield row


def _names(store: Store, page: Sequence[Listing], wanted: Wanted) -> dict[str, str | None]:
    if wanted.role is None:
        return {}
    found = customers.read(store, [listing.stream for listing in page], wanted.role)
    erased = wanted.words.phrases["erased"]
    return {stream: customers.shown_name(one, erased) for stream, one in found.items()}


def _extra(name: str, listing: Listing, silent: frozenset[str]) -> object:
    match name:
        case "quadrant":
            return listing.order.quadrant
        case "overdue_days":
            return listing.overdue_days
        case "risks":
            return list(listing.risks)
        case _:
            return listing.stream in silent


def _write(
    path: Path, rows: Iterable[Row], standing: Standing, wanted: Wanted, expected: int
) -> None:
    ending = path.suffix.removeprefix(".").lower()
    if ending not in table_files.TABLES:
        raise CommandError("--out: a file that ends in .csv or .xlsx")
    columns = dict(wanted.words.columns)
    for extra in _EXTRA.get(wanted.name, ()):
        columns[extra] = wanted.words.phrases[extra]
    sheet = table_files.Sheet(
        name=wanted.name,
        columns=columns,
        note=f"{wanted.name}, as of {standing.as_of}, position {standing.position}",
    )
    with terminal.progress(f"writing {wanted.name}", "orders") as progress:
        cells = _counted(rows, columns, wanted.words, progress, expected)
        written = table_files.write(path, ending, sheet, cells)
    if wanted.as_json:
        terminal.print_json(
            {
                "as_of": standing.as_of,
                "position": standing.position,
                "file": str(path),
                "count": written.rows,
                "size": written.size,
                "sha256": written.sha256,
            }
        )
        return
    terminal.say(
        f"{counted(written.rows, 'order')} in {terminal.shown(path)}, {written.size} bytes,"
        f" SHA-256 {written.sha256}, as of {standing.as_of}, position {standing.position}"
    )


def _counted(
    rows: Iterable[Row],
    columns: Iterable[str],
    words: DeskWords,
    progress: terminal.Progress,
    expected: int,
) -> Iterator[list[object]]:
    for number, row in enumerate(rows, 1):
        yield [_cell(row[name], words) for name in columns]
        if number % lists.PAGE == 0:
            progress(number, expected)


def _cell(value: object, words: DeskWords) -> object:
    if isinstance(value, bool):
        return words.phrases["yes"] if value else ""
    if isinstance(value, list):
        return words.joined.join(words.risks[name] for name in value)
    return value


def _print(rows: Iterable[Row], wanted: Wanted) -> None:
    """Print orders below each other, as tables this wide fit no terminal."""
    words = wanted.words
    for row in rows:
        terminal.say(
            f"{safe(str(row['order']))}  {safe(str(row['customer']))}  {safe(str(row['goods']))}"
        )
        for name in COLUMNS[3:]:
            if row[name]:
                terminal.say(f"  {words.columns[name]}: {safe(str(row[name]))}")
        for name in _EXTRA.get(wanted.name, ()):
            text = _cell(row[name], words)
            if name == "quadrant":
                text = f"{text}, {words.quadrants[int(str(text))]}"
            if text not in ("", 0):
                terminal.say(f"  {words.phrases[name]}: {text}")
