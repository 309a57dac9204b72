"""The UCI Online Retail file: settled invoices of a wholesaler, translated to facts of orders.

Source: Chen, D. (2015), Online Retail, UCI Machine Learning Repository, doi 10.24432/C5BW33.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import msgspec

from domain.canonical import MAX_INTEGER
from domain.errors import InvalidInputError
from domain.event import Fact
from domain.stream import order_stream
from sources.cloudevent import MAX_IDENTITY, MAX_SHOP
from sources.csv_records import Record, records
from sources.rejected import Rejected
from sources.strict_json import MAX_EVENT
from sources.uci_credits import Credit, is_adjustment, is_cancellation, match_credits
from sources.uci_rows import COLUMNS, EXACT, PENNY, Row, RowReader, time_and_line
from sources.window import Line, Readable, Window

CURRENCY = "GBP"

_SHOP = re.compile("[^/\0\ud800-\udfff]+")
_LINE_JSON = 300  # bytes that a line of an invoice has in an event besides its own text, at most

_NO_HEADER = f"the first line must name the columns {', '.join(COLUMNS)}; nothing was read"


def is_header(line: bytes) -> bool:
    """Tell whether a line names the file's eight columns, in any order."""
    return sorted(_header_cells(line)) == sorted(COLUMNS)


def read(stream: Readable, shop: str) -> Iterator[Fact | Rejected]:
    """Read a whole file and give its facts in the order in which the invoices first appear.

    What cannot be read comes out first. Memory grows with the file, by about 0.26 KB a line, since
    a cancellation may stand before its purchase.

    An invoice becomes `order.placed` and, above zero, `payment.captured`. A cancellation becomes
    one refund for each order that it takes back of (see `match_credits`), requested and approved
    but not paid: a credit invoice proves a decision, not a payment. An adjustment becomes
    `invoice.adjusted`. Amounts are in pence, rounded half-even; what that leaves over stands beside
    them as `rounding`, in pounds.

    Raises:
        InvalidInputError: the shop's name cannot stand in a stream's name and a source.
    """
    if not _SHOP.fullmatch(shop) or len(shop.encode()) > MAX_SHOP:
        raise InvalidInputError("shop", "", f"a shop has a name of 1 to {MAX_SHOP} bytes, no slash")
    source = f"/uci-online-retail/{quote(shop, safe='')}/settled-invoices"
    if len(source) > MAX_IDENTITY:
        raise InvalidInputError("shop", "", "the shop's name is too long once percent-encoded")
    return _read(Window(stream), _Shop(shop, source))


def _read(window: Window, shop: "_Shop") -> Iterator[Fact | Rejected]:
    invoices: dict[str, list[Row]] = {}
    yield from _read_rows(window, invoices)
    damage = window.damage_report()
    if damage is not None:
        yield damage
    credits_ = match_credits(row for rows in invoices.values() for row in rows)
    for invoice, rows in invoices.items():
        if is_cancellation(invoice):
            for credit in credits_[invoice]:
                yield from _credit(shop, rows, credit)
        elif is_adjustment(invoice):
            yield _adjustment(shop, rows)
        else:
            yield from _purchase(shop, rows)


def _read_rows(window: Window, invoices: dict[str, list[Row]]) -> Iterator[Rejected]:
    """Sort the rows by invoice into `invoices` and give what cannot be read."""
    window.skip_bom()
    header = window.next_line()
    while header is not None and not header.raw.strip():
        header = window.next_line()
    if header is None or not is_header(header.raw):
        header = header or Line(window.line, b"", 0)
        yield header.reject("csv-header", "", _NO_HEADER)
        return
    reader = RowReader(_header_cells(header.raw))
    limits: dict[str, _Limits] = {}
    for record in records(window, len(COLUMNS)):
        if isinstance(record, Rejected):
            yield record
            continue
        try:
            row = reader.read(record.line.number, record.cells)
            limits.setdefault(row.invoice, _Limits()).admit(row, record)
        except InvalidInputError as error:
            yield record.line.reject(error.code, error.place, error.message)
            continue
        invoices.setdefault(row.invoice, []).append(row)


def _header_cells(line: bytes) -> list[str]:
    try:
        return next(csv.reader([line.decode().strip()], strict=True), [])
    except (UnicodeDecodeError, csv.Error):
        return []


class _Limits(msgspec.Struct):
    """What an invoice has used up of the size of an event and of the range of money."""

    size: int = 0
    pence: Decimal = Decimal(0)

    def admit(self, row: Row, record: Record) -> None:
        size = self.size + len(record.line.raw) + _LINE_JSON
        pence = EXACT.add(self.pence, abs(row.amount / PENNY))
        if size > MAX_EVENT:
            raise InvalidInputError("too-large", "", "the invoice has too many lines for one event")
        if pence > MAX_INTEGER:
            raise InvalidInputError("money-too-large", "", "the invoice is beyond 2^53 pence")
        self.size, self.pence = size, pence


class _Shop(msgspec.Struct, frozen=True):
    """Whose file it is, and the source that its facts are said to come from."""

    name: str
    source: str

    def fact(self, number: str, name: str, type: str, time: str, data: dict[str, Any]) -> Fact:
        """Build a fact of the order `number`; absent values are left out of its data."""
        return Fact(
            stream=order_stream(self.name, number),
            type=type,
            source=self.source,
            id=f"{name}/{type}",
            occurred_at=time,
            data={key: value for key, value in data.items() if value is not None},
        )


def _purchase(shop: _Shop, rows: list[Row]) -> Iterator[Fact]:
    head = _Head(rows)
    number = head.first.invoice
    total, rounding = _money((row, row.quantity) for row in rows)
    placed = {
        "placed_at": head.first.time,
        "customer_id": head.customer,
        "buyer": {"country": head.first.country} if head.first.country else None,
        "lines": [head.line(row, row.quantity) for row in rows],
        "currency": CURRENCY,
        "total": total,
        "rounding": rounding,
    }
    yield shop.fact(number, number, "order.placed", head.first.time, placed)
    if total > 0:
        captured = {"payment_id": number, "amount": total, "currency": CURRENCY}
        yield shop.fact(number, number, "payment.captured", head.first.time, captured)


def _credit(shop: _Shop, rows: list[Row], credit: Credit) -> Iterator[Fact]:
    head = _Head(rows)
    refund_id = f"{credit.cancellation}:{credit.order}"
    amount, rounding = _money(credit.units.items())
    both = {
        "refund_id": refund_id,
        "amount": amount,
        "currency": CURRENCY,
        "rounding": rounding,
        "cancellation": credit.cancellation,
        "original": credit.original,
    }
    requested = {
        **both,
        "reason_code": "cancelled_invoice",
        "requested_by": "seller",
        "customer_id": head.customer,
        "country": head.first.country or None,
        "lines": [head.line(row, units) for row, units in credit.units.items()],
    }
    approved = {**both, "approver": "seller"}
    time = head.first.time
    yield shop.fact(credit.order, refund_id, "refund.requested", time, requested)
    yield shop.fact(credit.order, refund_id, "refund.approved", time, approved)


def _adjustment(shop: _Shop, rows: list[Row]) -> Fact:
    head = _Head(rows)
    number = head.first.invoice
    amount, rounding = _money((row, row.quantity) for row in rows)
    data = {
        "amount": amount,
        "currency": CURRENCY,
        "rounding": rounding,
        "customer_id": head.customer,
        "country": head.first.country or None,
        "lines": [head.line(row, row.quantity) for row in rows],
    }
    return shop.fact(number, number, "invoice.adjusted", head.first.time, data)


def _money(parts: Iterable[tuple[Row, int]]) -> tuple[int, str | None]:
    """Sum units times price: pence, rounded half-even, and what is left over in pounds, if any."""
    exact = Decimal(0)
    for row, units in parts:
        exact = EXACT.add(exact, EXACT.multiply(row.price, Decimal(units)))
    rounded = EXACT.quantize(exact, PENNY)
    rest = EXACT.subtract(exact, rounded)
    return int(rounded / PENNY), format(rest, "f") if rest else None


class _Head:
    """What an invoice says once, though the file repeats it on every line."""

    def __init__(self, rows: list[Row]) -> None:
        self.first = min(rows, key=time_and_line)
        self.customer = next((row.customer for row in rows if row.customer), None)

    def line(self, row: Row, units: int) -> dict[str, Any]:
        """Return a line of an event; it repeats of the head only what differs."""
        pence = int(EXACT.quantize(row.price, PENNY) / PENNY)
        line: dict[str, Any] = {"sku": row.sku, "quantity": units, "unit_price": pence}
        if row.title:
            line["title"] = row.title
        if row.price != pence * PENNY:
            line["unit_price_exact"] = row.price_text
        if row.time != self.first.time:
            line["invoiced_at"] = row.time
        if row.customer and row.customer != self.customer:
            line["customer_id"] = row.customer
        if row.country and row.country != self.first.country:
            line["country"] = row.country
        return line
