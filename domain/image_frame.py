"""Where an image ends, told by its frame alone; nothing of the picture is decoded.

Sources: PNG (W3C), section 5; JPEG (ITU-T T.81), annex B; GIF89a, section 20 and appendix A.
"""

_ONES_WITHOUT_LENGTH = frozenset((0x01, *range(0xD0, 0xD8)))


def png_end(data: bytes) -> int | None:
    """Return where a PNG ends; None where it does not."""
    at = 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        kind = data[at + 4 : at + 8]
        at += 12 + length
        if kind == b"IEND":
            return at if at <= len(data) else None
    return None


def jpeg_end(data: bytes) -> int | None:
    """Return where the last of the JPEGs ends that follow one another, as cameras write them."""
    at = _one_jpeg_end(data, 0)
    while at is not None and data.startswith(b"\xff\xd8\xff", at):
        at = _one_jpeg_end(data, at)
    return at


def _one_jpeg_end(data: bytes, begin: int) -> int | None:
    at = begin + 2
    while at + 2 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:  # filling
            at += 1
        elif marker == 0xD9:
            return at + 2
        elif marker in _ONES_WITHOUT_LENGTH:
            at += 2
        else:
            length = int.from_bytes(data[at + 2 : at + 4], "big")
            if length < 2:
                return None
            at += 2 + length
            if marker == 0xDA:
                at = _scan_end(data, at)
    return None


def _scan_end(data: bytes, at: int) -> int:
    """Return where the next marker is that does not belong to a scan's own bytes."""
    while (at := data.find(b"\xff", at)) >= 0 and at + 1 < len(data):
        following = data[at + 1]
        if following != 0 and following not in _ONES_WITHOUT_LENGTH:
            return at
        at += 2
    return len(data)


def gif_end(data: bytes) -> int | None:
    """Return where a GIF ends; None where it does not."""
    if len(data) < 13:
        return None
    at = 13 + _table(data[10])
    while at < len(data):
        kind = data[at]
        if kind == 0x3B:
            return at + 1
        if kind == 0x21:
            at = _blocks_end(data, at + 2)
        elif kind == 0x2C and at + 10 <= len(data):
            at = _blocks_end(data, at + 10 + _table(data[at + 9]) + 1)
        else:
            return None
    return None


def _table(flags: int) -> int:
    """Return the bytes of the table of colours that flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks_end(data: bytes, at: int) -> int:
    while at < len(data) and data[at]:
        at += 1 + data[at]
    return at + 1
