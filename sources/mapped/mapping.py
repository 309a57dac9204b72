"""Mapping files: TOML that says how a CSV file is written and what its columns mean.

Described in `docs/how-to/import-any-csv.md`. What does not fit is refused, with the key it stands
at.
"""

import codecs
import re
import tomllib
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec

from domain.catalogue import OUR_SOURCE
from domain.money import is_currency
from sources.csv_records import Dialect
from sources.formats import FORMATS
from sources.mapped.events import compile_event
from sources.mapped.fields import CURRENCY, Event, Source, read_source, wrong

_NAME = re.compile(r"[a-z0-9]{1,30}")
_OFFSET = re.compile(r"([+-])([01]\d|2[0-3]):([0-5]\d)")
_TAKEN = frozenset((*FORMATS, OUR_SOURCE, "unlinked", "cloudevents"))


class _File(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The keys of a mapping file, as `Mapping` describes them."""

    name: str
    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    decimal: Literal[".", ","] = "."
    thousands: str = ""
    zone: str | None = None
    zone_column: str | None = None
    zones: dict[str, str] = {}
    time_formats: list[str] = []
    strip: str = ""
    comments: list[str] = []
    end: str | None = None
    columns: list[str] | None = None
    optional: list[str] = []
    order: Any = None
    links: list[Any] = []
    id: list[Any] = []
    sequence: str | None = None
    time: Any = None
    currency: Any = None
    currencies: dict[str, str] = {}
    group: Literal["adjacent", "file"] | None = None
    others: Literal["keep", "skip"] = "keep"
    event: list[dict[str, Any]] = []


class Mapping(msgspec.Struct, frozen=True, kw_only=True):
    """How a CSV file is written, and what its rows tell.

    Args:
        name: of the source: its events come from `/<name>/<shop>`.
        dialect: encoding, delimiter and quote.
        decimal: mark before the decimals of a number.
        thousands: mark between its thousands, which is left out; empty for none.
        zone: of times that name none themselves; None where each must name its own.
        zone_column: column that names the zone of a row's times, by `zones`.
        zones: zones by what stands in that column.
        time_formats: forms of times, as `datetime.strptime` takes them, tried in turn; none for
            ISO 8601.
        strip: characters that are taken off both ends of a cell, beside white space.
        comments: how lines begin that are passed over.
        end: how the first line behind the table begins.
        columns: names of the columns, where the file has no header.
        optional: columns that a file may lack.
        order: holds the number of the order.
        links: hold ids by which the order is known elsewhere, nearest first.
        id: hold what names a row within its source; the row's content where there is none.
        sequence: column that counts without a gap.
        time: when things happened, for events that do not say it themselves.
        group: whether rows of one order become one message: those that stand `adjacent`, or all of
            the `file`, which is read whole first.
        others: what becomes of rows that tell nothing.
        events: what rows tell.
    """

    name: str
    dialect: Dialect
    decimal: str
    thousands: str
    zone: tzinfo | None
    zone_column: str | None
    zones: dict[str, tzinfo]
    time_formats: tuple[str, ...]
    strip: str
    comments: tuple[str, ...]
    end: str | None
    columns: tuple[str, ...] | None
    optional: frozenset[str]
    order: Source | None
    links: tuple[Source, ...]
    id: tuple[Source, ...]
    sequence: str | None
    time: Source | None
    currencies: dict[str, str]
    group: str | None
    others: str
    events: tuple[Event, ...]

    @property
    def needed(self) -> frozenset[str]:
        """The columns that a file must have."""
        sources = [self.order, self.time, *self.links, *self.id]
        named = {each.column for each in sources if each is not None and each.column}
        named |= {each for each in (self.sequence, self.zone_column) if each is not None}
        for event in self.events:
            named |= event.columns
        return frozenset(named) - self.optional


def read_mapping(raw: bytes) -> Mapping:
    """Read a mapping file.

    Raises:
        InvalidInputError: `mapping`; the place is the key, as `event 2 (order.placed): data.total`.
    """
    try:
        file = msgspec.convert(tomllib.loads(raw.decode()), _File)
    except UnicodeDecodeError:
        raise wrong("", "a mapping file is UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise wrong("", f"this is no TOML: {error}") from None
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        raise wrong(place.strip(".`"), message) from None
    return _mapping(file)


def _mapping(file: _File) -> Mapping:
    if not _NAME.fullmatch(file.name) or file.name in _TAKEN:
        raise wrong(
            "name",
            "a name of 1 to 30 small letters and digits that is no source's of our own: "
            + ", ".join(sorted(_TAKEN)),
        )
    for text in file.time_formats:
        if not _is_form(text):
            raise wrong("time_formats", "a form of times has directives such as %Y-%m-%d")
    if file.thousands == file.decimal:
        raise wrong("thousands", "this mark is the decimal mark already")
    for text, code in file.currencies.items():
        if not is_currency(code):
            raise wrong(f"currencies.{text}", "a currency is three capital letters")
    currency = None if file.currency is None else read_source(file.currency, "currency", CURRENCY)
    events = tuple(
        compile_event(number, table, currency) for number, table in enumerate(file.event, 1)
    )
    time = None if file.time is None else read_source(file.time, "time")
    for number, event in enumerate(events, 1):
        if event.time is None and time is None:
            raise wrong(f"event {number} ({event.type}): time", "no column says when it happened")
        if event.lines and file.group is None:
            raise wrong(
                "group", "an event has lines: say whether rows of one order stand adjacent, or "
                'anywhere in the file ("file": it is read whole first)'
            )  # fmt: skip
    if not events and file.others == "skip":
        raise wrong("event", "without an event, all rows would be skipped")
    if file.order is None and not file.links and events:
        raise wrong("order", "no column names the order: name one, or ids of it in `links`")
    if file.group is not None and file.order is None:
        raise wrong("group", "rows are grouped by the number of their order: name `order`")
    return Mapping(
        name=file.name,
        dialect=_dialect(file),
        decimal=file.decimal,
        thousands=file.thousands,
        zone=None if file.zone is None else _zone(file.zone, "zone"),
        zone_column=file.zone_column,
        zones={name: _zone(text, f"zones.{name}") for name, text in file.zones.items()},
        time_formats=tuple(file.time_formats),
        strip=file.strip,
        comments=tuple(file.comments),
        end=file.end,
        columns=None if file.columns is None else tuple(file.columns),
        optional=frozenset(file.optional),
        order=None if file.order is None else read_source(file.order, "order"),
        links=tuple(read_source(each, "links") for each in file.links),
        id=tuple(read_source(each, "id") for each in file.id),
        sequence=file.sequence,
        time=time,
        currencies=file.currencies,
        group=file.group,
        others=file.others,
        events=events,
    )


def _is_form(text: str) -> bool:
    try:
        datetime.strptime("", text)  # noqa: DTZ007  # nothing is read, the form alone is tried
    except ValueError as error:
        return "%" in text and "does not match format" in str(error)
    except (IndexError, re.error):
        return False
    return False


def _dialect(file: _File) -> Dialect:
    for key, mark, longest in (("delimiter", file.delimiter, 1), ("quote", file.quote, 1)):
        if len(mark) > longest or not mark.isascii() or (key == "delimiter" and not mark):
            raise wrong(key, "one ASCII character" + (", or empty" if key == "quote" else ""))
    try:
        codec = codecs.lookup(file.encoding)
        # Lines are cut at newlines first, so these must be what they are in ASCII.
        fits = codec.encode("\n\r,\"'A0")[0] == b"\n\r,\"'A0"
    except (LookupError, UnicodeError, TypeError):
        fits = False
    if not fits:
        raise wrong("encoding", "not known here, or one whose line ends are not those of ASCII")
    return Dialect(encoding=codec.name, delimiter=file.delimiter, quote=file.quote or None)


def _zone(text: str, place: str) -> tzinfo:
    if match := _OFFSET.fullmatch(text):
        sign = -1 if match[1] == "-" else 1
        return timezone(sign * timedelta(hours=int(match[2]), minutes=int(match[3])))
    try:
        return ZoneInfo(text)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise wrong(
            place, "a zone is a name such as Europe/Berlin, or an offset such as +08:00"
        ) from None
