"""Reconciling: settlement files and bank statements against the refunds in the store."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import msgspec

from domain.event import Fact
from domain.linking import is_waiting_place
from domain.reading import name_key
from domain.reconciling import AGREED, WEAK, Found, Known, Line, Outcome, reconcile
from domain.refund import CANCELLED, FAILED, REJECTED
from domain.stream import split_order_stream
from eventstore import recording
from eventstore.connection import connect
from eventstore.writer import ROLE
from orderproof import csv_mapping, importing, terminal
from orderproof.bootstrap import Store, catch_up
from orderproof.errors import CommandError
from orderproof.quarantine import Quarantine
from projections import refund_index
from sources import settlements
from sources.format import Format
from sources.formats import FORMATS
from sources.input import Input
from sources.mapped.mapping import Mapping
from sources.message import MEDIA_CSV, source_of, without_none
from sources.rejected import Rejected
from sources.settlements import Settlement
from sources.window import CHUNK, DamagedInputError

ANY = "any"
"""What `--psp` says where refunds of all providers, and of none, should be in the files."""

REPORTS = ("stripe", "adyen")
"""Sources whose reports are CSV files that are known here."""

SOURCE = "settlement"
"""Name of the source of what is recorded."""

_BATCH = 500


class File(msgspec.Struct, frozen=True):
    """A file that was read: its digest is that of what is in it, unpacked."""

    name: str
    sha256: str
    size: int
    media_type: str


class Reconciled(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it.

    Args:
        files: what was read.
        start: first day of the period.
        end: its last day; None, as `start`, where the files hold no day.
        psps: providers whose refunds were looked for in the files; None for all.
        findings: of `domain.reconciling`.
        rejected: rows that could not be read.
        rejects: the file that they are in.
        recorded: events that were recorded; None where nothing was to be.
    """

    files: Sequence[File]
    start: date | None
    end: date | None
    psps: tuple[str, ...] | None
    findings: Sequence[Found]
    rejected: int
    rejects: Path | None
    recorded: int | None

    @property
    def agrees(self) -> bool:
        """Whether nothing differs and everything could be read."""
        return not self.rejected and all(each.outcome in AGREED for each in self.findings)


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for on the command line."""

    format: str
    mapping: Path | None = None
    start: date | None = None
    end: date | None = None
    psp: str | None = None
    shop: str | None = None
    tolerance_days: int = 5
    record: bool = False


def run(store: Store, names: Sequence[str], wish: Wish) -> Reconciled:
    """Reconcile files.

    Memory grows with the lines of the files and the refunds of the period, not with the store.

    Raises:
        CommandError: a file cannot be opened, or the wish cannot be meant.
    """
    if not 0 <= wish.tolerance_days <= 366:
        raise CommandError("--tolerance-days: 0 to 366")
    if wish.start and wish.end and wish.start > wish.end:
        raise CommandError("--from is after --to")
    found: dict[Line, Settlement] = {}
    first_in: dict[str, int] = {}
    files: list[File] = []
    quarantine = Quarantine(store.installation.rejects)
    try:
        for number, name in enumerate(names, 1):
            with importing.open_named(name) as input_:
                hashed = _Hashed(input_)
                reader = _reader(wish, input_.peek())
                for each in settlements.read(hashed, number, reader):
                    if isinstance(each, Rejected):
                        quarantine.add_rejected(name, each)
                    # Files of overlapping periods have rows in common; two equal rows of one
                    # file are two.
                    elif first_in.setdefault(each.identity, number) == number:
                        found[each.line] = each
                files.append(hashed.file(name, reader))
    finally:
        quarantine.close()
    lines = [line for line in found if _is_within(line, wish)]
    days = [line.day for line in lines if line.day is not None]
    start, end = wish.start or min(days, default=None), wish.end or max(days, default=None)
    psps = _psps(wish, found.values())
    catch_up(store)
    findings = _match(store, wish, lines, start, end, psps)
    recorded = _record(store, findings, found, files) if wish.record else None
    return Reconciled(
        files=files,
        start=start,
        end=end,
        psps=psps,
        findings=findings,
        rejected=quarantine.rows,
        rejects=quarantine.path,
        recorded=recorded,
    )


class _Hashed:
    """Passes a stream on and hashes it."""

    def __init__(self, stream: Input) -> None:
        self._stream = stream
        self._digest = hashlib.sha256()
        self._size = 0

    def read(self, size: int, /) -> bytes:
        chunk = self._stream.read(size)
        self._digest.update(chunk)
        self._size += len(chunk)
        return chunk

    def file(self, name: str, reader: Mapping | Format) -> File:
        """Read what is left and say what the file was."""
        try:
            while self.read(CHUNK):
                pass
        except DamagedInputError:
            pass  # it was reported while the file was read
        media_type = MEDIA_CSV if isinstance(reader, Mapping) else "application/json"
        return File(name, self._digest.hexdigest(), self._size, media_type)


def _reader(wish: Wish, head: bytes) -> Mapping | Format:
    if wish.mapping is not None:
        if wish.format != "csv":
            raise CommandError("--map goes with --format csv")
        return csv_mapping.from_file(wish.mapping)
    if wish.format == "csv":
        raise CommandError("--format csv needs --map FILE that says what the columns mean")
    if head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"["):
        if wish.format in FORMATS:
            return FORMATS[wish.format]
    elif wish.format in REPORTS:
        return csv_mapping.own(wish.format)
    if not head.strip():
        raise CommandError("the file is empty: there is no report and no payload in it")
    raise CommandError(
        f"--format: {', '.join(REPORTS)} (reports as CSV), {', '.join(sorted(FORMATS))} (JSON), or "
        "csv with --map"
    )


def _is_within(line: Line, wish: Wish) -> bool:
    day = line.day
    if day is None:
        return True
    return (wish.start is None or day >= wish.start) and (wish.end is None or day <= wish.end)


def _psps(wish: Wish, found: Iterable[Settlement]) -> tuple[str, ...] | None:
    if wish.psp is not None:
        return None if wish.psp == ANY else (wish.psp,)
    named = {each.psp for each in found if each.psp}
    if wish.format != "csv":
        named.add(wish.format)
    return tuple(sorted(named))


def _match(
    store: Store,
    wish: Wish,
    lines: Sequence[Line],
    start: date | None,
    end: date | None,
    psps: tuple[str, ...] | None,
) -> list[Found]:
    keys = {key for line in lines for key in line.keys}
    known: set[Known] = set(refund_index.named(store.views, keys, wish.shop))
    if start is None or end is None:
        start = end = date.min
    else:
        known.update(refund_index.paid_between(store.views, start, end, psps, wish.shop))
    return [
        each
        for each in reconcile(lines, known, start, end, wish.tolerance_days)
        if each.line is not None or each.refund is None or _is_asked(each.refund, psps)
    ]


def _is_asked(refund: Known, psps: tuple[str, ...] | None) -> bool:
    """Tell whether a refund without a line should have one; others came in by their ids alone."""
    if psps is None:
        return True
    if refund.psp is None:
        return not psps
    return name_key(refund.psp) in {name_key(psp) for psp in psps}


def _record(
    store: Store,
    findings: Sequence[Found],
    found: dict[Line, Settlement],
    files: Sequence[File],
) -> int:
    """Record the settlements that files prove; return how many are new.

    A settlement that another file proved already stays as it is.
    """
    undone = {each.refund for each in findings if each.line is not None and each.line.came_back}
    new = [
        _settled(each.line, each.refund, found[each.line], files[each.line.file - 1])
        for each in findings
        if each.outcome is Outcome.MATCHED
        and each.line is not None
        and each.refund is not None
        and each.refund not in undone
        and _is_proof(each, each.line, each.refund)
    ]
    count = 0
    with connect(store.dsn, ROLE) as connection, terminal.progress("recording", "events") as show:
        for at in range(0, len(new), _BATCH):
            outcomes = recording.record(connection, store.ring, new[at : at + _BATCH])
            count += sum(outcome.result == "recorded" for outcome in outcomes)
            show(at, len(new))
    return count


def _is_proof(found: Found, line: Line, refund: Known) -> bool:
    # A weaker match proves nothing. What failed since must not be paid again by an older line.
    return (
        found.by != WEAK
        and not line.came_back
        and refund.state not in (FAILED, CANCELLED, REJECTED)
        and not is_waiting_place(refund.order)
    )


def _settled(line: Line, refund: Known, said: Settlement, file: File) -> Fact:
    shop, _ = split_order_stream(refund.order) or ("", "")
    amount, currency = line.amount, line.currency
    if refund.amount is not None and refund.currency is not None:
        amount, currency = refund.amount, refund.currency  # what was matched, as shown
    data = without_none(
        {
            "refund_id": refund.refund_id,
            "psp_refund_id": line.psp_refund_id,
            "psp": said.psp,
            "payment_id": said.told.data.get("payment_id"),
            "amount": amount if currency is not None else None,
            "currency": currency if amount is not None else None,
            "settled_on": None if line.day is None else line.day.isoformat(),
            "source": "settlement file",
        }
    )
    # The same line in another file is the same event.
    name = hashlib.sha256(msgspec.json.encode([refund.order, said.occurred_at, data])).hexdigest()
    evidence = {"kind": "settlement file", "sha256": file.sha256, "size": file.size}
    return Fact(
        stream=refund.order,
        type="refund.settled",
        source=source_of(SOURCE, shop),
        id=f"refund.settled/{name[:32]}",
        occurred_at=said.occurred_at,
        data=data,
        evidence=[{**evidence, "media_type": file.media_type, "ref": f"line {line.line}"}],
    )
