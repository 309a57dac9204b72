"""Finding where a JSON value ends, without reading it and over as many chunks as it takes."""

import json
import re

from sources.strict_json import MAX_EVENT
from sources.window import CHUNK, Window

REACH = 2 * MAX_EVENT
"""How far the end of a value is looked for: a broken event, and a whole one behind it."""

_OUTSIDE = re.compile(rb'["\]},]|[\[{]+')
_INSIDE = re.compile(rb'[\\"\n]')
_NEXT_OBJECT = re.compile(rb",[ \t\r\n]*(?=\{)")
_WASTE = 16 * MAX_EVENT
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str)


class Extent:
    """The state of a search for the end of one value.

    A value of its own ends with the bracket that closes it. An element of a list (`listed`) ends
    before the comma or the bracket that follows it.

    Attributes:
        offset: up to where the bytes have been looked at.
        broken: whether the text cannot be JSON, since a string runs over the end of its line.
    """

    def __init__(self, *, listed: bool) -> None:
        self._listed = listed
        self._depth = 0
        self._in_string = False
        self.offset = 0
        self.broken = False

    def end(self, held: bytearray) -> int | None:
        """Return the offset at which the value ends, None if that is not in `held`."""
        while not self.broken:
            pattern = _INSIDE if self._in_string else _OUTSIDE
            match = pattern.search(held, self.offset)
            if match is None:
                # An escape at the very end may have led beyond it.
                self.offset = max(self.offset, len(held))
                return None
            token = match.group()
            if self._in_string:
                self.offset = match.end() + (token == b"\\")
                self._in_string = token != b'"'
                self.broken = token == b"\n"
                continue
            if self._listed and self._depth == 0 and token in b",]":
                return match.start()
            self.offset = match.end()
            if token == b'"':
                self._in_string = True
            elif token[:1] in b"[{":
                self._depth += len(token)
            elif token in b"]}":
                self._depth = max(0, self._depth - 1)
                if self._depth == 0 and not self._listed:
                    return self.offset
        return None


def find_end(window: Window, extent: Extent) -> int | None:
    """Return where the value at the window's start ends, None if not within `REACH`."""
    while True:
        end = extent.end(window.held)
        if end is not None:
            return end
        if len(window.held) > REACH or not window.more():
            return None


def next_event(held: bytearray) -> int | None:
    """Return where in a broken list the next event starts, None if none is to be seen.

    An event is an object behind a comma that can be read and has a `specversion`.
    """
    text = held.decode("latin-1")  # offsets stay those of the bytes; JSON's own marks are ASCII
    offset = 0
    wasted = 0
    while wasted < _WASTE and (match := _NEXT_OBJECT.search(held, offset)):
        start = match.end()
        try:
            value, end = _DECODER.raw_decode(text, start)
        except json.JSONDecodeError as error:
            # The error also counts lines from the start of the text, which is fast, but not free.
            wasted += error.pos - start + error.pos // 32
            offset = start
        except RecursionError:
            wasted += CHUNK
            offset = start
        else:
            if "specversion" in value:
                return start
            offset = end
    return None
