"""Canonical JSON: the one way in which an event's content becomes bytes.

Source: RFC 8785 (JSON Canonicalization Scheme), restricted to values without floats.
"""

import json
from typing import Any

import msgspec

MAX_INTEGER = 2**53
"""Largest magnitude of an integer that every JSON reader keeps exactly (RFC 7493)."""

_ENCODER = msgspec.json.Encoder(order="sorted")
_BEYOND_BASIC_PLANE = range(0xF0, 0xF5)  # first bytes of such characters in UTF-8


def encode(value: Any) -> bytes:
    """Encode strings, integers within ±2^53, booleans, null, lists and objects.

    Raises:
        ValueError: the value holds something else, such as a float, which has no agreed text
            across languages.
    """
    _check(value)
    return encode_unchecked(value)


def encode_unchecked(value: Any) -> bytes:
    """Do as `encode` with a value that is known to hold nothing else, and do not look.

    That is so of what strict JSON reading gave, of texts, and of objects and lists made of these.
    Other values are encoded in ways that nobody agreed on.

    Raises:
        ValueError: a text holds half of a surrogate pair.
    """
    encoded = _ENCODER.encode(value)
    # RFC 8785 sorts keys by UTF-16 code units. That differs from code point order only where a
    # character beyond the basic plane occurs, and those alone have UTF-8 bytes of 0xF0 and more.
    if encoded.isascii() or not any(byte in encoded for byte in _BEYOND_BASIC_PLANE):
        return encoded
    ordered = _sorted_by_utf16(value)
    return json.dumps(ordered, ensure_ascii=False, separators=(",", ":")).encode()


def _check(value: Any) -> None:
    kind = type(value)
    if kind is dict:
        for name in value:
            if type(name) is not str:
                raise ValueError("canonical JSON has text as names")
        value = value.values()
    elif kind is not list and kind is not tuple:
        value = (value,)
    for item in value:
        kind = type(item)
        if kind is str:
            continue
        if kind is dict or kind is list or kind is tuple:
            _check(item)
        elif kind is int:
            if not -MAX_INTEGER <= item <= MAX_INTEGER:
                raise ValueError("canonical JSON holds no int of this kind")
        elif kind is not bool and item is not None:
            raise ValueError(f"canonical JSON holds no {kind.__name__} of this kind")


def _sorted_by_utf16(value: Any) -> Any:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return {key: _sorted_by_utf16(value[key]) for key in keys}
    if isinstance(value, list | tuple):
        return [_sorted_by_utf16(item) for item in value]
    return value
