"""Canonical JSON: the one way in which an event's content becomes bytes.

Source: RFC 8785 (JSON Canonicalization Scheme), restricted to values without floats.
"""

import json
from typing import Any

import msgspec

MAX_INTEGER = 2**53
"""Largest magnitude of an integer that every JSON reader keeps exactly (RFC 7493)."""

_encoder = msgspec.json.Encoder(order="sorted")


def encode(value: Any) -> bytes:
    """Encode strings, integers within ±2^53, booleans, null, lists and objects.

    Raises:
        ValueError: the value holds something else, such as a float, which has no agreed text
            across languages.
    """
    _check(value)
    encoded = _encoder.encode(value)
    # RFC 8785 sorts keys by UTF-16 code units. That differs from code point order only where a
    # character beyond the basic plane occurs, and those alone have UTF-8 bytes of 0xF0 and more.
    if not encoded.isascii() and encoded.translate(None, _BELOW_F0):
        ordered = _sorted_by_utf16(value)
        return json.dumps(ordered, ensure_ascii=False, separators=(",", ":")).encode()
    return encoded


_BELOW_F0 = bytes(range(0xF0))
_TEXT = frozenset((str,))
_PLAIN = frozenset((str, bool, type(None)))


def _check(value: Any) -> None:
    kind = type(value)
    if kind is dict:
        if not _TEXT.issuperset(map(type, value)):
            raise ValueError("canonical JSON has text as names")
        value = value.values()
    elif kind is not list and kind is not tuple:
        if kind is int and -MAX_INTEGER <= value <= MAX_INTEGER:
            return
        if kind not in _PLAIN:
            raise ValueError(f"canonical JSON holds no {kind.__name__} of this kind")
        return
    if _PLAIN.issuperset(map(type, value)):
        return
    for item in value:
        _check(item)


def _sorted_by_utf16(value: Any) -> Any:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return {key: _sorted_by_utf16(value[key]) for key in keys}
    if isinstance(value, list | tuple):
        return [_sorted_by_utf16(item) for item in value]
    return value
