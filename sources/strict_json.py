"""JSON as it may come in: strict, so that every reader after us sees the same values.

Sources: RFC 8259 (JSON), RFC 7493 (I-JSON).
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from domain import pointer
from domain.canonical import MAX_INTEGER
from domain.errors import InvalidInputError
from sources import plain_json

MAX_EVENT = 1024 * 1024
"""Largest size of one event, in bytes."""

MAX_DEPTH = 64
"""How deep lists and objects may lie in one another."""

_STRING = rb'"(?:[^"\\]++|\\.)*+"'
_BRACKETS = re.compile(_STRING + rb"|([\[{])|([\]}])", re.DOTALL)
_NOT_FINITE = re.compile(_STRING + rb"|(NaN|-?Infinity)", re.DOTALL)
_SUSPECT_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_SUSPECT = re.compile("[\0\ud800-\udfff]")
_INTEGER_CHARACTERS = len(str(-MAX_INTEGER))


class _DuplicateKeyError(Exception):
    """An object names a member twice."""


class _NotFiniteError(Exception):
    """A number is NaN or infinite."""


class _Marked(dict[str, Any]):
    """An object that names the member `key` twice."""

    key: str


def parse(data: bytes | bytearray, limit: int = MAX_EVENT) -> Any:
    """Read one JSON value of at most so many bytes.

    A number that is not written as an integer, or is beyond ±2^53, becomes its literal text.

    Raises:
        InvalidInputError: `too-large`, `invalid-utf8`, `nul`, `nesting`, `duplicate-key`,
            `not-finite`, `lone-surrogate` or `json-syntax`. The place is a JSON pointer or, where
            there is no value to point at, `byte N`, counted from 1.
    """
    if len(data) > limit:
        raise too_large()
    value: Any = plain_json.parse(data, MAX_DEPTH)
    return judge(data) if value is None else value


def judge(data: bytes | bytearray) -> Any:
    """Do as `parse`, without the short cut for what is plain."""
    text = decode_text(data)
    if data.count(b"{") + data.count(b"[") > MAX_DEPTH:
        _check_depth(data)
    try:
        value = _DECODER.decode(text)
    except _DuplicateKeyError:
        raise _duplicate_error(text) from None
    except _NotFiniteError:
        place = _byte(next(m.start(1) for m in _NOT_FINITE.finditer(data) if m.start(1) >= 0))
        raise InvalidInputError("not-finite", place, "JSON has no NaN and no Infinity") from None
    except json.JSONDecodeError as error:
        place = _byte(len(text[: error.pos].encode()))
        raise InvalidInputError("json-syntax", place, f"not JSON: {error.msg}") from None
    except RecursionError:
        raise _nesting_error("") from None
    if _SUSPECT_ESCAPE.search(data):
        _check_strings(value)
    return value


def too_large() -> InvalidInputError:
    """Return the refusal of an event over `MAX_EVENT` bytes."""
    return InvalidInputError("too-large", "", "an event has at most 1 MiB")


def decode_text(data: bytes | bytearray) -> str:
    """Return bytes as text.

    Raises:
        InvalidInputError: `invalid-utf8` or `nul`.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            "invalid-utf8", _byte(error.start), "the text is not UTF-8"
        ) from None
    if (nul := data.find(0)) >= 0:
        raise InvalidInputError("nul", _byte(nul), "the text holds a NUL character")
    return text


def _check_depth(data: bytes | bytearray) -> None:
    """Refuse deep nesting before the parser, which recurses, comes to it."""
    depth = 0
    for match in _BRACKETS.finditer(data):
        if match.start(1) >= 0:
            depth += 1
            if depth > MAX_DEPTH:
                raise _nesting_error(_byte(match.start()))
        elif match.start(2) >= 0:
            depth -= 1


def _nesting_error(place: str) -> InvalidInputError:
    return InvalidInputError("nesting", place, f"values are nested more than {MAX_DEPTH} deep")


def _check_strings(value: Any) -> None:
    """Refuse what only escapes can bring in: NUL and halves of surrogate pairs."""
    for place, text in _strings(value):
        suspect = _SUSPECT.search(text)
        if suspect is None:
            continue
        shown = pointer.shown(_SUSPECT.sub("�", place))
        if suspect.group() == "\0":
            raise InvalidInputError("nul", shown, "the text holds a NUL character")
        raise InvalidInputError(
            "lone-surrogate",
            shown,
            "the text holds half of a surrogate pair, which is no character",
        )


def _strings(value: Any) -> Iterator[tuple[str, str]]:
    """Give every string and every member's name in a value, with its place."""
    pending = [("", value)]
    while pending:
        place, item = pending.pop()
        if isinstance(item, str):
            yield place, item
        elif isinstance(item, dict):
            for name, member in item.items():
                here = pointer.child(place, name)
                yield here, name
                pending.append((here, member))
        elif isinstance(item, list):
            pending.extend((pointer.child(place, i), element) for i, element in enumerate(item))


def _duplicate_error(text: str) -> InvalidInputError:
    try:
        place = _duplicate_place(_MARKING_DECODER.decode(text))
    except json.JSONDecodeError:
        place = ""  # broken further on, so there is no value to point at
    return InvalidInputError("duplicate-key", place, "an object names the same member twice")


def _duplicate_place(value: Any) -> str:
    pending = [("", value)]
    while pending:
        place, item = pending.pop()
        if isinstance(item, _Marked):
            return pointer.shown(_SUSPECT.sub("�", pointer.child(place, item.key)))
        if isinstance(item, dict):
            pending.extend((pointer.child(place, name), member) for name, member in item.items())
        elif isinstance(item, list):
            pending.extend((pointer.child(place, i), element) for i, element in enumerate(item))
    return ""


def _byte(offset: int) -> str:
    return f"byte {offset + 1}"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _DuplicateKeyError
    return members


def _marked_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = _Marked(pairs)
    if len(members) == len(pairs):
        return dict(members)
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            members.key = name
            break
        seen.add(name)
    return members


def _integer(literal: str) -> int | str:
    if len(literal) <= _INTEGER_CHARACTERS and abs(number := int(literal)) <= MAX_INTEGER:
        return number
    return literal


def _refuse_constant(_name: str) -> None:
    raise _NotFiniteError


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_float=str,
    parse_int=_integer,
    parse_constant=_refuse_constant,
)
_MARKING_DECODER = json.JSONDecoder(
    object_pairs_hook=_marked_object, parse_float=str, parse_int=str, parse_constant=str
)
