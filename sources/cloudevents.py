"""CloudEvents 1.0 in JSON files: one object, a batch array, or JSON Lines.

Source: CloudEvents 1.0.2, JSON event format and JSON batch format.
"""

from collections.abc import Generator, Iterator

from domain.errors import InvalidInputError
from domain.event import Fact
from sources import strict_json
from sources.batch import elements
from sources.cloudevent import decode, to_fact
from sources.json_extent import REACH, Extent, find_end
from sources.rejected import Rejected
from sources.strict_json import MAX_EVENT
from sources.window import MAX_KEPT, Block, Line, Readable, Window

__all__ = ["Block", "blocks", "decode", "read", "read_block", "to_fact"]

BLOCK_BYTES = 256 * 1024
"""Size of a block of JSON Lines: a few hundred events."""

_UNCLOSED = "the input ends before the batch is closed"


def read(stream: Readable) -> Iterator[Fact | Rejected]:
    """Read events of one object, a batch array or JSON Lines, in their order.

    An object may be printed over many lines. Memory does not grow with the input. No input raises;
    what cannot be read comes out as `Rejected`. Blank lines are passed over.
    """
    for item in blocks(stream):
        if isinstance(item, Block):
            yield from read_block(item)
        else:
            yield item


def blocks(stream: Readable, size: int = BLOCK_BYTES) -> Iterator[Block | Fact | Rejected]:
    """Do as `read`, but hand out JSON Lines in blocks, so that other processes can read them.

    A block can be pickled, and `read_block` makes of it what `read` would have given in its place.
    A block is waited for until it is full or the input ends.

    Args:
        stream: the input.
        size: bytes that a block has at most, unless one line alone has more.
    """
    window = Window(stream)
    window.skip_bom()
    finished = yield from _read_documents(window)
    while not finished and (found := window.next_lines(size)) is not None:
        if isinstance(found, Block):
            yield found
        elif found.raw.strip():
            yield _read_piece(found)
    damage = window.damage_report()
    if damage is not None:
        yield damage


def read_block(block: Block) -> Iterator[Fact | Rejected]:
    """Read the events of a block, one a line. No input raises."""
    for number, whole in enumerate(block.raw.split(b"\n"), block.line):
        raw = whole[:MAX_KEPT]
        if raw.strip():
            yield _read_piece(Line(number, raw, len(whole)))


def _read_documents(window: Window) -> Generator[Fact | Rejected, None, bool]:
    """Read arrays and objects on lines of their own, up to where JSON Lines begin.

    Returns whether nothing is left to be read.
    """
    while True:
        window.skip_space()
        head = window.held[:1]
        if head == b"[":
            yield from _read_batch(window)
            continue
        if head != b"{":
            return False
        number = window.line
        end = _document_end(window)
        if end is None:
            if not _is_one_broken_object(window):
                return False
            if window.damage is None:
                raw = window.take(len(window.held))
                yield _read_piece(Line(number, raw, len(raw)))
            return True
        raw = window.take(end)
        yield _read_piece(Line(number, raw, len(raw)))
        if b"\n" not in raw:
            return False


def _read_batch(window: Window) -> Iterator[Fact | Rejected]:
    for element in elements(window):
        if element.unclosed:
            yield element.text.reject("json-syntax", f"/{element.index}", _UNCLOSED)
        else:
            yield _read_piece(element.text, f"/{element.index}")


def _read_piece(text: Line, where: str = "") -> Fact | Rejected:
    try:
        if text.size > MAX_EVENT:
            raise strict_json.too_large()
        return decode(text.raw)
    except InvalidInputError as error:
        # Inside a batch a pointer starts with the element's index; `byte 7` is within the element.
        space = " " if where and error.place and not error.place.startswith("/") else ""
        return text.reject(error.code, f"{where}{space}{error.place}", error.message)


def _document_end(window: Window) -> int | None:
    """Return where the object at the start ends, None if it is not alone on its lines."""
    end = find_end(window, Extent(listed=False))
    if end is None:
        return None
    while (newline := window.held.find(b"\n", end)) < 0:
        if len(window.held) > end + MAX_EVENT or not window.more():
            newline = len(window.held)
            break
    return None if window.held[end:newline].strip() else end


def _is_one_broken_object(window: Window) -> bool:
    """Tell a pretty-printed object that is broken from JSON Lines whose first line is."""
    while len(window.held) <= REACH and window.more():
        pass
    first, *others = bytes(window.held).split(b"\n")
    all_held = len(window.held) <= REACH
    return all_held and first.strip() == b"{" and not any(map(_is_event, others))


def _is_event(line: bytes) -> bool:
    try:
        value = strict_json.parse(line)
    except InvalidInputError:
        return False
    return isinstance(value, dict) and "specversion" in value
