"""Lines of the UCI Online Retail file: text to numbers, times and money.

Source: Chen, D. (2015), Online Retail, UCI Machine Learning Repository, doi 10.24432/C5BW33.
"""

import re
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from zoneinfo import ZoneInfo

import msgspec

from domain.errors import InvalidInputError

COLUMNS = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)

MAX_INVOICE_NUMBER = 200
"""Bytes of an invoice's number, which becomes part of ids."""

EXACT = Context(prec=100, rounding=ROUND_HALF_EVEN)
"""Arithmetic that keeps every digit of sums and products of this file's numbers."""

PENNY = Decimal("0.01")

_LONDON = ZoneInfo("Europe/London")
_EARLIEST_YEAR = 1900  # before 1848 London's offset had seconds, which RFC 3339 cannot write
_QUANTITY = re.compile(r"[+-]?\d{1,12}(?:\.0+)?", re.ASCII)
_PRICE = re.compile(r"[+-]?(?:\d{1,13}(?:\.\d{0,15})?|\.\d{1,15})", re.ASCII)
_ISO_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)(?::(\d\d))?", re.ASCII)
_US_DATE = re.compile(r"(\d\d?)/(\d\d?)/(\d{4}) (\d\d?):(\d\d)(?::(\d\d))?", re.ASCII)


class Row(msgspec.Struct, frozen=True, gc=False):
    """One line of an invoice.

    Args:
        line: number in the file, from 1.
        invoice: number of the invoice.
        sku: product.
        title: description as it stands, often with trailing spaces; may be empty.
        quantity: units; negative where they come back.
        price: of one unit, in pounds, as the file has it.
        price_text: the same as it is written.
        instant: when, in seconds since 1970.
        time: when, local time with offset.
        customer: number of the customer, empty where the file has none.
        country: of the customer.
    """

    line: int
    invoice: str
    sku: str
    title: str
    quantity: int
    price: Decimal
    price_text: str
    instant: int
    time: str
    customer: str
    country: str

    @property
    def amount(self) -> Decimal:
        """Return quantity times price, in pounds, exactly."""
        return EXACT.multiply(self.price, Decimal(self.quantity))


def time_and_line(row: Row) -> tuple[int, int]:
    """Return what rows are put in order by: when they were written, then where they stand."""
    return row.instant, row.line


class RowReader:
    """Reads cells as rows and keeps one copy of each text that repeats, which most do.

    Args:
        header: names of the columns, the eight of `COLUMNS` in any order.
    """

    def __init__(self, header: list[str]) -> None:
        self._indexes = [header.index(name) for name in COLUMNS]
        self._texts: dict[str, str] = {}
        self._times: dict[str, tuple[int, str]] = {}
        self._prices: dict[str, Decimal] = {}

    def read(self, line: int, cells: list[str]) -> Row:
        """Read one line of an invoice.

        Raises:
            InvalidInputError: `invoice-missing`, `too-long`, `bad-number` or `bad-date`; the
                place is the column.
        """
        invoice, sku, title, quantity, date, price, customer, country = (
            cells[index] for index in self._indexes
        )
        return Row(
            line=line,
            invoice=self._keep(_invoice_number(invoice.strip())),
            sku=self._keep(sku),
            title=self._keep(title),
            quantity=_quantity(quantity.strip()),
            price=self._price(price.strip()),
            price_text=self._keep(price.strip()),
            instant=self._time(date.strip())[0],
            time=self._time(date.strip())[1],
            customer=self._keep(customer.strip().removesuffix(".0")),
            country=self._keep(country),
        )

    def _keep(self, text: str) -> str:
        return self._texts.setdefault(text, text)

    def _price(self, text: str) -> Decimal:
        price = self._prices.get(text)
        if price is None:
            if not _PRICE.fullmatch(text):
                raise InvalidInputError("bad-number", "UnitPrice", "a price is a decimal number")
            price = self._prices[text] = Decimal(text)
        return price

    def _time(self, text: str) -> tuple[int, str]:
        time = self._times.get(text)
        if time is None:
            time = self._times[text] = _london_time(text)
        return time


def _invoice_number(text: str) -> str:
    if not text:
        raise InvalidInputError("invoice-missing", "InvoiceNo", "the line has no invoice number")
    if len(text.encode()) > MAX_INVOICE_NUMBER:
        raise InvalidInputError(
            "too-long", "InvoiceNo", f"an invoice number has at most {MAX_INVOICE_NUMBER} bytes"
        )
    return text


def _quantity(text: str) -> int:
    if not _QUANTITY.fullmatch(text):
        raise InvalidInputError("bad-number", "Quantity", "a quantity is a whole number")
    return int(text.partition(".")[0])


def _london_time(text: str) -> tuple[int, str]:
    """Return seconds since 1970 and the time with its offset.

    Of an hour that the clocks repeat the first is meant.
    """
    if match := _ISO_DATE.fullmatch(text):
        year, month, day, hour, minute, second = match.groups(default="0")
    elif match := _US_DATE.fullmatch(text):
        month, day, year, hour, minute, second = match.groups(default="0")
    else:
        raise InvalidInputError("bad-date", "InvoiceDate", "a date is YYYY-MM-DD HH:MM:SS")
    try:
        local = datetime(
            int(year), int(month), int(day), int(hour), int(minute), int(second), tzinfo=_LONDON
        )
    except ValueError:
        raise InvalidInputError("bad-date", "InvoiceDate", "there is no such date") from None
    if local.year < _EARLIEST_YEAR:
        raise InvalidInputError("bad-date", "InvoiceDate", f"the year is before {_EARLIEST_YEAR}")
    return int(local.astimezone(UTC).timestamp()), local.isoformat()
