"""JSON objects read fast, where cheap tests prove that strict reading gives the same.

What breaks a rule, and what these tests cannot tell, is left to `strict_json`, which stays the
judge.
"""

from typing import Any

import msgspec

from domain.canonical import MAX_INTEGER

# msgspec alone refuses what is no JSON (NaN, control characters, bad UTF-8 and halves of surrogate
# pairs among it), and gives every number that is not written as an integer to the hook, literally.
_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=str)


class _NotPlainError(Exception):
    """The value is nested too deep or holds an integer that is not kept as one."""


def parse(data: bytes | bytearray, max_depth: int) -> dict[str, Any] | None:
    """Return a JSON object as `strict_json` would read it, None where that has to look at it."""
    if b"\\u0000" in data:
        return None
    try:
        value = _DECODER.decode(data)
        members = _members(value, max_depth)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, _NotPlainError):
        return None
    # Each member has a quote and a colon behind its name, a name that stands twice too. Text that
    # looks the same makes this more, never less, so equal numbers prove that no member was lost.
    if data.translate(None, b" \t\r\n").count(b'":') != members:
        return None
    return value


def _members(value: Any, levels: int) -> int:
    """Count the members of all objects in an object or a list."""
    if levels == 0:
        raise _NotPlainError
    count = 0
    if type(value) is dict:
        count = len(value)
        value = value.values()
    for item in value:
        kind = type(item)
        if kind is dict or kind is list:
            count += _members(item, levels - 1)
        elif kind is int and not -MAX_INTEGER <= item <= MAX_INTEGER:
            raise _NotPlainError
    return count
