"""Importing files: read, record, quarantine what cannot be read."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import chain, islice
from pathlib import Path

import msgspec

from domain.errors import InvalidInputError
from domain.event import Fact
from domain.linking import is_waiting_place
from eventstore import bulk, log
from eventstore.connection import connect
from orderproof import csv_mapping, import_chunks, import_pool, linking, terminal
from orderproof.bootstrap import Store, catch_up
from orderproof.errors import CommandError
from orderproof.import_chunks import Chunk, ChunkStore, Ready, Stored
from orderproof.quarantine import Quarantine
from orderproof.terminal import safe
from sources import cloudevents, payloads, strict_json, uci_retail
from sources.format import payloads as payloads_in
from sources.formats import FORMATS
from sources.input import Input, detect, open_input, packing
from sources.mapped import rows
from sources.mapped.mapping import Mapping
from sources.mapped.rows import MappedRows
from sources.message import facts
from sources.payloads import Payload
from sources.rejected import Rejected
from sources.uci_rows import COLUMNS
from sources.window import Block, Readable

CSV = "csv"
ORDERS_CSV = "orders-csv"

KNOWN = ("cloudevents", "uci-retail", CSV, ORDERS_CSV, *FORMATS)
"""What `--format` names, beside `auto`."""

_PAYLOADS = "payloads"

READ_ALONE = ("cloudevents", _PAYLOADS, *FORMATS)
"""Kinds of input of which what was refused can be read again by itself."""

_RESOLVED = 500  # messages whose orders are looked up together

UCI_SHOP = "uci"
"""Shop of the UCI data set's orders, where no other is named."""

_FEW = 4
"""Chunks of an input that are stored without processes of their own."""


class Tally(msgspec.Struct):
    """What became of the input: read = recorded + duplicates + rejected.

    `waiting` counts messages whose order was not known when they were read.
    """

    read: int = 0
    recorded: int = 0
    duplicates: int = 0
    rejected: int = 0
    waiting: int = 0


def import_files(
    store: Store,
    names: Sequence[str],
    format_: str,
    shop: str | None,
    mapping_file: Path | None = None,
) -> tuple[Tally, Path | None]:
    """Import files one after the other.

    Args:
        store: the open installation.
        names: paths, or `-` for standard input.
        format_: one of `KNOWN`, or `auto`.
        shop: shop of the orders, for formats that name none.
        mapping_file: says what the columns of CSV files mean.

    Returns:
        The tally over all files, and the file that what was rejected is in.

    Raises:
        CommandError: a file cannot be opened, or its format is not known. Nothing is recorded then.
    """
    if format_ not in ("auto", *KNOWN):
        raise CommandError(f"--format: known are auto, {', '.join(KNOWN)}")
    if shop is not None and ("/" in shop or not shop):
        raise CommandError("--shop: a shop's name has no slash and is not empty")
    mapping = csv_mapping.chosen(format_, mapping_file, shop)
    if mapping is not None:
        format_ = CSV
    tally = Tally()
    quarantine = Quarantine(store.installation.rejects)
    with ExitStack() as opened:
        # All are looked at before the first is recorded: a wrong name stops the whole command.
        inputs = [opened.enter_context(open_named(name)) for name in names]
        formats = [
            _format(name, input_, format_) for name, input_ in zip(names, inputs, strict=True)
        ]
        opened.callback(quarantine.close)
        for name, input_, kind in zip(names, inputs, formats, strict=True):
            _import_one(store, name, input_, kind, shop, mapping, quarantine, tally)
    if tally.waiting:
        linking.link(store)
    else:
        linking.link_if_waiting(store)
    return tally, quarantine.path


def open_named(name: str) -> Input:
    """Open a file, or standard input where the name is `-`.

    Raises:
        CommandError: it cannot be read, or is packed in a way that is not unpacked here.
    """
    if name == "-" and sys.stdin is None:
        raise CommandError("standard input is closed")
    input_ = None
    try:
        input_ = open_input(name)
        packed = packing(input_.peek())
    except OSError as error:
        if input_ is not None:
            input_.close()
        raise CommandError(f"{safe(name)} cannot be read: {error.strerror}") from error
    if packed is not None:
        input_.close()
        raise CommandError(
            f"{safe(name)} is packed as {packed}, which is not unpacked here. Next: unpack it, or "
            "pack what is inside as plain gzip."
        )
    return input_


def _format(name: str, input_: Input, wanted: str) -> str:
    if wanted != "auto":
        return wanted
    head = input_.peek()
    found = detect(head)
    # One line that cannot be read must not hide what the others are.
    names_json = name.lower().removesuffix(".gz").endswith((".jsonl", ".ndjson", ".json"))
    if found is None and (not head or names_json or b"\n{" in head):
        found = "cloudevents"
    if found == "cloudevents" and FORMATS and head.lstrip() and _holds_payloads(head):
        return _PAYLOADS
    if found is not None:
        return found
    reason = "is not known"
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        reason = "looks like UTF-16; save it as UTF-8"
    raise CommandError(
        f"the format of {safe(name)} {reason}. Name it with --format ({', '.join(KNOWN)}); "
        f"a UCI file begins with the columns {', '.join(COLUMNS)}."
    )


def _holds_payloads(head: bytes) -> bool:
    """Tell whether other systems' payloads are to be looked for: CloudEvents are read faster alone.

    A payload may hold the word by which CloudEvents are told, as its writer likes.
    """
    if b'"specversion"' not in head:
        return True
    for line in head.splitlines():
        try:
            value = strict_json.parse(line)
        except InvalidInputError:
            continue  # the last one is cut; one of a document over many lines says nothing alone
        is_event = isinstance(value, dict) and "specversion" in value
        if not is_event and next(payloads_in(tuple(FORMATS.values()), value), None) is not None:
            return True
    return False


def _import_one(
    store: Store,
    name: str,
    input_: Input,
    kind: str,
    shop: str | None,
    mapping: Mapping | None,
    quarantine: Quarantine,
    tally: Tally,
) -> None:
    size = 0 if name == "-" else Path(name).stat().st_size
    file = safe(Path(name).name[:20])
    items: Iterator[Block | Fact | Rejected]
    if kind == "uci-retail":
        items = uci_retail.read(input_, shop or UCI_SHOP)
    elif mapping is not None:
        items = _facts(store, rows.read(input_, mapping), shop, tally)
    else:
        items = read(store, input_, kind, shop, tally)
    with terminal.progress(f"{file}: reading", "KB") as progress:

        def ready(facts: int, rejected: Sequence[Rejected]) -> None:
            tally.read += facts + len(rejected)
            tally.rejected += len(rejected)
            for item in rejected:
                quarantine.add_rejected(name, item, kind, shop)
            # What was refused is on the disk before anything that came after counts as recorded.
            quarantine.sync()

        def stored(result: Stored) -> None:
            tally.recorded += result.recorded
            tally.duplicates += result.duplicates
            tally.rejected += len(result.mismatches)
            for mismatch in result.mismatches:
                quarantine.add_mismatch(name, mismatch)
            progress(input_.consumed >> 10, size >> 10, f"{file}: {tally.read:,} events")

        _store_all(store, import_chunks.cut(items), ready, stored)
        quarantine.sync()


def read(
    store: Store, stream: Readable, kind: str, shop: str | None, tally: Tally
) -> Iterator[Block | Fact | Rejected]:
    """Read input of one of `READ_ALONE`, of which each piece can be read without the others."""
    if kind == "cloudevents":
        return cloudevents.blocks(stream, import_chunks.BYTES)
    wanted = tuple(FORMATS.values()) if kind == _PAYLOADS else (FORMATS[kind],)
    return _facts(store, payloads.read(stream, wanted), shop, tally)


def _facts(
    store: Store,
    items: Iterator[Payload | MappedRows | Fact | Rejected],
    shop: str | None,
    tally: Tally,
) -> Iterator[Fact | Rejected]:
    """Return what messages say, each as said of the order that it belongs to."""
    catch_up(store)
    now = log.clock(store.connection)
    while batch := list(islice(items, _RESOLVED)):
        found = [item for item in batch if isinstance(item, Payload | MappedRows)]
        named = [(item.name, item.message()) for item in found]
        places = linking.streams(store, shop, named)
        tally.waiting += sum(map(is_waiting_place, places))
        streams = iter(places)
        messages = iter(named)
        for item in batch:
            if isinstance(item, Payload | MappedRows):
                name, message = next(messages)
                media = item.media_type
                yield from facts(message, item.raw, name, next(streams), media, received_at=now)
            else:
                yield item


def _store_all(
    store: Store,
    chunks: Iterator[tuple[Chunk, list[Rejected]]],
    ready: Ready,
    stored: Callable[[Stored], None],
) -> None:
    # Processes take a third of a second to start, which a small file does not repay.
    first = list(islice(chunks, _FEW))
    if len(first) == _FEW:
        with import_pool.workers(store.dsn, store.keys.personal_data) as processes:
            import_pool.store_all(processes, chain(first, chunks), ready, stored)
        return
    with connect(store.dsn, bulk.ROLE) as connection:
        chunk_store = ChunkStore(connection, store.ring)
        for chunk, rejected in first:
            stored(
                chunk_store.store(chunk, lambda facts, more: ready(facts, [*rejected, *more]))  # noqa: B023
            )
