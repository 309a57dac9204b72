"""The elements of a JSON array, one at a time, so that a broken one does not spoil the others."""

from collections.abc import Iterator

import msgspec

from sources.json_extent import Extent, find_end, next_event
from sources.window import MAX_KEPT, Line, Window


class Element(msgspec.Struct, frozen=True):
    """One element, not read yet, with its index from 0.

    Args:
        index: which element it is, from 0.
        text: its bytes, which may be no JSON at all, and where they start.
        unclosed: whether this stands for the end of an array that is not there.
    """

    index: int
    text: Line
    unclosed: bool = False


def elements(window: Window) -> Iterator[Element]:
    """Take an array from a window that starts with its opening bracket."""
    window.take(1)
    index = 0
    while True:
        window.skip_space()
        head = window.held[:1]
        if not head:
            if window.damage is None:
                yield Element(index, Line(window.line, b"", 0), unclosed=True)
            return
        if head == b"]":
            window.take(1)
            return
        text = _take_element(window)
        if text is None:
            return
        yield Element(index, text)
        index += 1
        window.skip_space()
        if window.held[:1] == b",":
            window.take(1)


def _take_element(window: Window) -> Line | None:
    """Take one element, None where damage cut it short."""
    extent = Extent(listed=True)
    number = window.line
    end = find_end(window, extent)
    if end is None:
        # No end in sight: the element is not closed, or it is too large.
        end = next_event(window.held)
        if end is None and window.more():
            return _take_rest(window, extent)
        if end is None and window.damage:
            return None
    raw = window.take(len(window.held) if end is None else end)
    return Line(number, raw, len(raw))


def _take_rest(window: Window, extent: Extent) -> Line:
    """Take an element that is too large to be held, or what is held where its end is unknown."""
    number = window.line
    kept = bytearray()
    size = 0
    while True:
        end = extent.end(window.held)
        part = window.take(len(window.held) if end is None else end)
        extent.offset -= len(part)
        size += len(part)
        kept += part[: MAX_KEPT - len(kept)]
        if end is not None or extent.broken or not window.more():
            return Line(number, bytes(kept), size)
