"""One CloudEvent, translated to a fact.

Sources: CloudEvents 1.0.2 and its JSON event format; RFC 3339.
"""

import re
from operator import itemgetter
from typing import Any

from domain import catalogue, pointer, validation
from domain.errors import InvalidInputError
from domain.event import Fact
from domain.linking import is_waiting_place
from domain.stream import order_stream
from domain.time import instant
from sources import strict_json

MAX_IDENTITY = 512
"""Bytes of a source and of an id, each; the pair is a database key."""

MAX_TYPE = 200
MAX_SHOP = 200
MAX_NUMBER = 8192

_OURS = frozenset(
    ("position", "recorded_at", "recordedat", "prev", "stream", "version", "pii", "schema")
)
_REQUIRED = ("specversion", "id", "source", "type", "subject", "time")
_LEAST = len(_REQUIRED) + 1  # the data
_READ = frozenset((*_REQUIRED, "data", "datacontenttype", "causationid", "correlationid"))
_ATTRIBUTE_NAME = re.compile(r"[a-z0-9]+")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_NAMING = itemgetter("id", "source", "type", "subject")
# The usual times; the days that not every month has, leap seconds and the rest are for `instant`.
_USUAL_TIME = re.compile(
    r"(?!0000)[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?"
    r"(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
_JSON_TYPE = re.compile(r"[a-z0-9.+-]+/(?:[a-z0-9.+-]*\+)?json", re.IGNORECASE)


def decode(raw: bytes) -> Fact:
    """Read one event from its JSON.

    Raises:
        InvalidInputError: see `strict_json.parse` and `to_fact`; `not-an-object` for other JSON.
    """
    value = strict_json.parse(raw)
    if not isinstance(value, dict):
        raise InvalidInputError("not-an-object", "", "an event is a JSON object")
    return to_fact(value)


def to_fact(obj: dict[str, Any]) -> Fact:
    """Translate one CloudEvent, as `strict_json` reads it.

    Raises:
        InvalidInputError: `attribute-missing`, `attribute-form`, `attribute-name`, `too-long`,
            `envelope-field`, `reserved-type`, `reserved-source`, `not-json-data`, and those of
            `validation.check`. Places are JSON pointers.
    """
    if not _is_sound(obj):
        _check_envelope(obj)
    data = _data(obj)
    stream = _stream(obj["subject"])
    if len(obj) == _LEAST:
        causation = correlation = ce = None
    else:
        causation = _optional_id(obj, "causationid")
        correlation = _optional_id(obj, "correlationid")
        ce = _extensions(obj) or None
    fact = Fact(
        stream=stream,
        type=obj["type"],
        source=obj["source"],
        id=obj["id"],
        occurred_at=obj["time"],
        data=data,
        causation=causation,
        correlation=correlation,
        ce=ce,
    )
    validation.check(fact.type, data)
    return fact


def _is_sound(obj: dict[str, Any]) -> bool:
    """Tell the usual envelope, of which `_check_envelope` would find nothing to say."""
    try:
        texts = _NAMING(obj)
        time = obj["time"]
        together = "".join(texts)
        return (
            len(together) <= MAX_IDENTITY
            and len(texts[2]) <= MAX_TYPE
            and together.isascii()
            and "\0" not in together
            and all(texts)
            and obj["specversion"] == "1.0"
            and _USUAL_TIME.fullmatch(time) is not None
            and _OURS.isdisjoint(obj)
            and not catalogue.is_reserved_type(texts[2])
            and not catalogue.is_reserved_source(texts[1])
        )
    except (KeyError, TypeError):
        return False


def _check_envelope(obj: dict[str, Any]) -> None:
    """Check all that must hold of an event's attributes besides its data and its extensions."""
    for name in obj:
        if name in _OURS:
            raise _invalid("envelope-field", name, "this field is ours; nobody may send it")
    for name in _REQUIRED:
        _required_text(obj, name)
    if obj["specversion"] != "1.0":
        raise _invalid("attribute-form", "specversion", "only CloudEvents 1.0 is understood")
    _limit("id", obj["id"], MAX_IDENTITY)
    _limit("source", obj["source"], MAX_IDENTITY)
    _limit("type", obj["type"], MAX_TYPE)
    if catalogue.is_reserved_type(obj["type"]):
        raise _invalid("reserved-type", "type", "this type is ours; nobody else may send it")
    if catalogue.is_reserved_source(obj["source"]):
        raise _invalid("reserved-source", "source", "this source is ours; nobody else may use it")
    if not _is_time(obj["time"]):
        raise _invalid("attribute-form", "time", "a time is RFC 3339 with an offset")


def _invalid(code: str, name: str, message: str) -> InvalidInputError:
    # A name may come from elsewhere than our JSON reader, so it is made fit for a report.
    place = _UNSTORABLE.sub("�", pointer.child("", name))
    return InvalidInputError(code, pointer.shown(place), message)


def _required_text(obj: dict[str, Any], name: str) -> None:
    value = obj.get(name)
    if value is None:
        raise _invalid("attribute-missing", name, "a required attribute is missing")
    _check_text(name, value)
    if not value:
        raise _invalid("attribute-form", name, "a required attribute is empty")


def _check_text(name: str, value: Any) -> None:
    if not isinstance(value, str):
        raise _invalid("attribute-form", name, "this attribute is a string")
    if _UNSTORABLE.search(value):
        raise _invalid(
            "attribute-form", name, "an attribute holds no NUL and no half of a surrogate pair"
        )


def _limit(name: str, value: str, limit: int) -> None:
    if _is_over(value, limit):
        raise _invalid("too-long", name, f"at most {limit} bytes of UTF-8 are allowed here")


def _is_over(text: str, limit: int) -> bool:
    """Tell whether a text has more bytes of UTF-8 than allowed."""
    return len(text) > limit or (not text.isascii() and len(text.encode()) > limit)


def _is_time(text: str) -> bool:
    try:
        instant(text)
    except InvalidInputError:
        return False
    return text[10] in "Tt"  # CloudEvents wants RFC 3339 to the letter: no space


def _stream(subject: str) -> str:
    shop, separator, number = subject.partition("/")
    if not (separator and shop and number):
        raise _invalid("attribute-form", "subject", "a subject is <shop>/<order number>")
    if _is_over(shop, MAX_SHOP):
        raise _invalid("too-long", "subject", f"a shop's name has at most {MAX_SHOP} bytes")
    if _is_over(number, MAX_NUMBER):
        raise _invalid("too-long", "subject", f"an order number has at most {MAX_NUMBER} bytes")
    stream = order_stream(shop, number)
    if is_waiting_place(stream):
        raise _invalid("order-form", "subject", "no order is numbered `~…/…`")
    return stream


def _data(obj: dict[str, Any]) -> dict[str, Any]:
    if "data_base64" in obj:
        raise _invalid("not-json-data", "data_base64", "data must be a JSON object, not base64")
    content_type = obj.get("datacontenttype")
    if content_type is not None:
        _check_text("datacontenttype", content_type)
        if not _JSON_TYPE.fullmatch(content_type.partition(";")[0].strip()):
            raise _invalid("not-json-data", "datacontenttype", "data must be JSON")
    data = obj.get("data")
    if not isinstance(data, dict):
        code = "attribute-missing" if data is None else "not-json-data"
        raise _invalid(code, "data", "data must be a JSON object")
    return data


def _optional_id(obj: dict[str, Any], name: str) -> str | None:
    value = obj.get(name)
    if value is None:
        return None
    _check_text(name, value)
    _limit(name, value, MAX_IDENTITY)
    return str(value)


def _extensions(obj: dict[str, Any]) -> dict[str, Any]:
    extensions = {}
    for name, value in obj.items():
        if name in _READ:
            continue
        if not _ATTRIBUTE_NAME.fullmatch(name):
            raise _invalid(
                "attribute-name", name, "attributes are named with lower-case letters and digits"
            )
        if isinstance(value, dict | list | float):
            raise _invalid(
                "attribute-form", name, "an extension is a string, an integer or a boolean"
            )
        if isinstance(value, str):
            _check_text(name, value)
        if value is not None:
            extensions[name] = value
    return extensions
