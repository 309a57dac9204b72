"""Reading DER: what tokens of time are written in, strictly and with nothing but bytes.

Source: ITU-T X.690, chapters 8 and 10: lengths are definite and minimal, tags have one byte.
"""

from datetime import UTC, datetime
from typing import NamedTuple

from archive.errors import FormatError

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
GENERALIZED_TIME, SEQUENCE, SET = 0x18, 0x30, 0x31
_CONSTRUCTED = 0x20
_DEEPEST_LENGTH = 4  # bytes of a length; four are more than any file that is read


class Element(NamedTuple):
    """One value: its identifier byte, its content, and both with the length as they stand."""

    tag: int
    content: bytes
    encoded: bytes


def read(data: bytes) -> Element:
    """Read bytes that are one element and nothing behind it.

    Raises:
        FormatError: they are not.
    """
    element, rest = _take(data)
    if rest:
        raise FormatError("there are bytes behind the end of the DER value")
    return element


def parts(element: Element, tag: int | None = None) -> list[Element]:
    """Return what a constructed element consists of.

    Args:
        element: a sequence, a set, or an element with a tag of its context.
        tag: what its identifier must be; None: any.

    Raises:
        FormatError: it is something else, or its content is no sequence of elements.
    """
    if tag is not None and element.tag != tag:
        raise FormatError(f"tag {element.tag:#04x} stands where {tag:#04x} is needed")
    if not element.tag & _CONSTRUCTED:
        raise FormatError("a primitive DER value stands where a constructed one is needed")
    found = []
    rest = element.content
    while rest:
        part, rest = _take(rest)
        found.append(part)
    return found


def oid(element: Element) -> str:
    """Return an object identifier in dotted form."""
    content = _primitive(element, OID)
    if not content or content[-1] & 0x80:
        raise FormatError("an object identifier has no end")
    numbers: list[int] = []
    value = 0
    for place, byte in enumerate(content):
        if value == 0 and byte == 0x80 and (place == 0 or not content[place - 1] & 0x80):
            raise FormatError("an object identifier is not minimal")
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(value)
            value = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, [first, numbers[0] - 40 * first, *numbers[1:]]))


def integer(element: Element) -> int:
    """Return an integer."""
    content = _primitive(element, INTEGER)
    if not content:
        raise FormatError("an integer has no bytes")
    if len(content) > 1 and (content[0], content[1] >> 7) in ((0x00, 0), (0xFF, 1)):
        raise FormatError("an integer is not minimal")
    return int.from_bytes(content, "big", signed=True)


def octets(element: Element) -> bytes:
    """Return the bytes of an octet string."""
    return _primitive(element, OCTET_STRING)


def moment(element: Element) -> datetime:
    """Return a GeneralizedTime of the form that RFC 3161 allows: UTC, fractions not ending in 0."""
    content = _primitive(element, GENERALIZED_TIME)
    whole, point, fraction = content[:-1].partition(b".")
    sound = (
        content[-1:] == b"Z"
        and len(whole) == len("YYYYMMDDhhmmss")
        and whole.isdigit()
        and bool(point) == bool(fraction)
        and (not fraction or (fraction.isdigit() and not fraction.endswith(b"0")))
    )
    if not sound:
        raise FormatError("a time is not written as RFC 3161 demands")
    try:
        seconds = datetime.strptime(whole.decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise FormatError("a time does not exist") from error
    return seconds.replace(microsecond=int((fraction + b"000000")[:6]))


def _primitive(element: Element, tag: int) -> bytes:
    if element.tag != tag:
        raise FormatError(f"tag {element.tag:#04x} stands where {tag:#04x} is needed")
    return element.content


def _take(data: bytes) -> tuple[Element, bytes]:
    """Split the first element off."""
    if len(data) < 2:
        raise FormatError("a DER value is cut off")
    tag, length, begin = data[0], data[1], 2
    if tag & 0x1F == 0x1F:
        raise FormatError("a tag of several bytes is not used here")
    if length & 0x80:
        count = length & 0x7F
        if not 0 < count <= _DEEPEST_LENGTH:
            raise FormatError("a length is indefinite or too long")
        begin += count
        written = data[2:begin]
        length = int.from_bytes(written, "big")
        if len(written) < count or length < 0x80 or written[0] == 0:
            raise FormatError("a length is cut off or not minimal")
    end = begin + length
    if len(data) < end:
        raise FormatError("a DER value is cut off")
    return Element(tag, data[begin:end], data[:end]), data[end:]
