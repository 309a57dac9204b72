"""Canonical JSON with the standard library alone, and strict reading of it.

Source: RFC 8785, for values without floats whose object keys are ASCII.
"""

import json
from typing import NoReturn

from archive.errors import FormatError


def encode(value: object) -> bytes:
    """Encode strings, integers, booleans, null, lists and objects; object keys must be ASCII.

    Raises:
        FormatError: a string holds a lone surrogate, which has no UTF-8 form, or the nesting
            is too deep.
    """
    return _encode(value, _SORTED)


def decode(data: bytes) -> object:
    """Read canonical JSON: what does not encode back to the same bytes is refused.

    That also refuses duplicate keys, which readers resolve differently.

    Raises:
        FormatError: the bytes are not canonical JSON.
    """
    value = decode_ordered(data)
    if encode(value) != data:
        raise FormatError("not in canonical form")
    return value


def decode_ordered(data: bytes) -> object:
    """Read JSON without floats and without space around it; objects keep their keys' order.

    Raises:
        FormatError: the bytes are not JSON, or hold a float, NaN or an infinity.
    """
    try:
        text = data.decode()
        value, end = _DECODER.raw_decode(text)
    except FormatError:
        raise
    except (ValueError, RecursionError) as error:
        raise FormatError("not JSON") from error
    if end != len(text):
        raise FormatError("not JSON")
    return value


def decode_rows(text: bytes) -> list[object]:
    """Read rows of JSON in the form of `encode_ordered`, with a newline between each two.

    Raises:
        FormatError: a row is not one value in that form.
    """
    values: list[object] = []
    place = 0
    try:
        rows = text.decode()
        while True:
            value, end = _DECODER.raw_decode(rows, place)
            values.append(value)
            if end == len(rows):
                break
            if rows[end] != "\n":
                raise FormatError("not JSON")
            place = end + 1
    except FormatError:
        raise
    except (ValueError, RecursionError) as error:
        raise FormatError("not JSON") from error
    # A value's text is never the beginning of another's, so that all are the same if each is.
    if encode_ordered(values) != b"[" + text.replace(b"\n", b",") + b"]":
        raise FormatError("not in the form in which it would be written")
    return values


def encode_ordered(value: object) -> bytes:
    """Encode with the keys in the order in which they stand; errors as `encode`."""
    return _encode(value, _ORDERED)


def _encode(value: object, encoder: json.JSONEncoder) -> bytes:
    try:
        return encoder.encode(value).encode()
    except (UnicodeEncodeError, RecursionError) as error:
        raise FormatError("cannot be encoded as JSON in UTF-8") from error


def _refuse(literal: str) -> NoReturn:
    raise FormatError(f"a number is not an integer: {literal[:20]}")


# Made once: a decoder or encoder for every line costs as much as the line. What is encoded was
# decoded, or written out by us, and holds no circle.
_DECODER = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse)
_ORDERED = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False
)
_SORTED = json.JSONEncoder(
    ensure_ascii=False,
    separators=(",", ":"),
    allow_nan=False,
    check_circular=False,
    sort_keys=True,
)
