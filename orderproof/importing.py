"""Importing files: read, record, quarantine what cannot be read."""

import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec

from domain.event import Fact
from eventstore import recording
from eventstore.connection import Connection
from eventstore.stream_keys import KeyRing
from orderproof import terminal
from orderproof.bootstrap import Store
from orderproof.errors import CommandError
from orderproof.quarantine import Quarantine
from orderproof.terminal import safe
from sources import cloudevents, uci_retail
from sources.input import Input, detect, open_input
from sources.rejected import Rejected
from sources.uci_rows import COLUMNS

FORMATS = ("cloudevents", "uci-retail")

_MISMATCH_ELSEWHERE = (
    "this source and id are recorded already with the same body, under another type or order"
)

UCI_SHOP = "uci"
"""Shop of the UCI data set's orders, where no other is named."""

CHUNK = 500
"""Facts that are recorded in one transaction. A kill loses at most one chunk of work."""

CHUNK_BYTES = 4 * 1024 * 1024
"""Data of facts that is enough for a transaction, however few they are."""


class Tally(msgspec.Struct):
    """What became of the input: read = recorded + duplicates + rejected."""

    read: int = 0
    recorded: int = 0
    duplicates: int = 0
    rejected: int = 0


def record_all(
    connection: Connection,
    keys: KeyRing,
    name: str,
    items: Iterable[Fact | Rejected],
    quarantine: Quarantine,
    tally: Tally,
    progress: Callable[[], None],
) -> None:
    """Record what a source yields, a chunk at a time, in its order.

    Args:
        connection: to the event store.
        keys: see `recording.record`.
        name: of the input, for the quarantine.
        items: facts, and what could not be read.
        quarantine: takes what is refused.
        tally: counted up as it goes.
        progress: called after each chunk.
    """
    facts: list[Fact] = []
    weight = 0
    for item in items:
        tally.read += 1
        if isinstance(item, Rejected):
            tally.rejected += 1
            quarantine.add(_rejected_row(name, item), item.raw)
            continue
        facts.append(item)
        weight += len(msgspec.json.encode(item.data))
        if len(facts) == CHUNK or weight >= CHUNK_BYTES:
            _record(connection, keys, name, facts, quarantine, tally)
            facts, weight = [], 0
            progress()
    _record(connection, keys, name, facts, quarantine, tally)
    quarantine.sync()
    progress()


def _record(
    connection: Connection,
    keys: KeyRing,
    name: str,
    facts: Sequence[Fact],
    quarantine: Quarantine,
    tally: Tally,
) -> None:
    # What was refused is on the disk before anything that came after it counts as recorded.
    quarantine.sync()
    outcomes = recording.record(connection, keys, facts)
    for fact, outcome in zip(facts, outcomes, strict=True):
        if outcome.result == "recorded":
            tally.recorded += 1
        elif outcome.result == "duplicate":
            tally.duplicates += 1
        else:
            tally.rejected += 1
            quarantine.add(_mismatch_row(name, fact, outcome), msgspec.json.encode(fact))


def import_files(
    store: Store, names: Sequence[str], format_: str, shop: str | None
) -> tuple[Tally, Path | None]:
    """Import files one after the other.

    Args:
        store: the open installation.
        names: paths, or `-` for standard input.
        format_: one of `FORMATS`, or `auto`.
        shop: shop of the orders, for formats that name none.

    Returns:
        The tally over all files, and the file that what was rejected is in.

    Raises:
        CommandError: a file cannot be opened, or its format is not known. Nothing is recorded then.
    """
    if format_ not in ("auto", *FORMATS):
        raise CommandError(f"--format: known are auto, {', '.join(FORMATS)}")
    if shop is not None and ("/" in shop or not shop):
        raise CommandError("--shop: a shop's name has no slash and is not empty")
    tally = Tally()
    quarantine = Quarantine(store.installation)
    with ExitStack() as opened:
        # All are looked at before the first is recorded: a wrong name stops the whole command.
        inputs = [opened.enter_context(_open(name)) for name in names]
        formats = [
            _format(name, input_, format_) for name, input_ in zip(names, inputs, strict=True)
        ]
        opened.callback(quarantine.close)
        for name, input_, kind in zip(names, inputs, formats, strict=True):
            _import_one(store, name, input_, kind, shop, quarantine, tally)
    return tally, quarantine.path


def _open(name: str) -> Input:
    if name == "-" and sys.stdin is None:
        raise CommandError("standard input is closed")
    try:
        return open_input(name)
    except OSError as error:
        raise CommandError(f"{safe(name)} cannot be read: {error.strerror}") from error


def _format(name: str, input_: Input, wanted: str) -> str:
    if wanted != "auto":
        return wanted
    try:
        head = input_.peek()
    except OSError as error:
        raise CommandError(f"{safe(name)} cannot be read: {error.strerror}") from error
    found = detect(head)
    # One line that cannot be read must not hide what the others are.
    names_json = name.lower().removesuffix(".gz").endswith((".jsonl", ".ndjson", ".json"))
    if found is None and (not head or names_json or b"\n{" in head):
        found = "cloudevents"
    if found is not None:
        return found
    reason = "is not known"
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        reason = "looks like UTF-16; save it as UTF-8"
    raise CommandError(
        f"the format of {safe(name)} {reason}. Name it with --format ({', '.join(FORMATS)}); "
        f"a UCI file begins with the columns {', '.join(COLUMNS)}."
    )


def _import_one(
    store: Store,
    name: str,
    input_: Input,
    kind: str,
    shop: str | None,
    quarantine: Quarantine,
    tally: Tally,
) -> None:
    size = 0 if name == "-" else Path(name).stat().st_size
    file = safe(Path(name).name[:20])
    uci = kind == "uci-retail"
    items = uci_retail.read(input_, shop or UCI_SHOP) if uci else cloudevents.read(input_)
    with terminal.progress(f"{file}: reading", "KB") as progress:
        record_all(
            store.connection,
            store.ring,
            name,
            items,
            quarantine,
            tally,
            lambda: progress(input_.consumed >> 10, size >> 10, f"{file}: {tally.read:,} events"),
        )


def _rejected_row(name: str, item: Rejected) -> dict[str, Any]:
    row: dict[str, Any] = {
        "input": name,
        "line": item.line,
        "place": item.place,
        "code": item.code,
        "message": item.message,
        "size": item.size,
    }
    if item.truncated:
        row["truncated"] = True
    return row


def _mismatch_row(name: str, fact: Fact, outcome: recording.Outcome) -> dict[str, Any]:
    return {
        "input": name,
        "source": fact.source,
        "id": fact.id,
        "code": "idempotency-mismatch",
        "message": _MISMATCH_ELSEWHERE
        if outcome.digest == outcome.stored_digest
        else "this source and id are recorded already, with another body",
        "recorded_position": outcome.position,
        "digest": outcome.digest.hex(),
        "recorded_digest": outcome.stored_digest.hex() if outcome.stored_digest else None,
    }
