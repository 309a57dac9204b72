"""Which streams may be sealed: those whose past is as the archive has it, and not too long.

All of it is asked before the first seal of a run is recorded.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

from archive import limits
from archive.log_source import LogAlteredError, LogSource
from archive.sealing import SEALED, read_seal
from archive.signed_leaves import SignedLeaves
from domain.line import Head, Line

_BATCH = 500
_PIECE = 64

# Header, proof, and what deflate adds to text that it cannot compress.
_AROUND = 1 << 20
_BY_LINE = 24


def sealable(
    source: LogSource, leaves: SignedLeaves, streams: Sequence[str], longest: int
) -> tuple[list[str], int]:
    """Return the streams that a seal may end now, and how many stay open as they are too long.

    Args:
        source: the event log.
        leaves: the log that the archive has signed.
        streams: names of streams.
        longest: no line of these streams has more bytes.

    Raises:
        LogAlteredError: an earlier seal, or a line that gives later revisions their date, is
            not the one that the archive's log holds.
    """
    result = []
    left_open = 0
    names = iter(dict.fromkeys(streams))
    while batch := list(islice(names, _BATCH)):
        for head in source.heads(batch):
            sealed = head.seal.version if head.seal else 0
            if head.version <= sealed:
                continue
            if head.seal is not None:
                _refuse_other_past(source, leaves, head.stream, head.seal)
            if _too_long(source, head, sealed, longest):
                left_open += 1
            else:
                result.append(head.stream)
    return result, left_open


def dating_lines(source: LogSource, stream: str, upto: int) -> Iterator[Line]:
    """Yield the lines of revision 1 up to the one that gives the history's name its date.

    Args:
        source: the event log.
        stream: name of the stream.
        upto: version of a seal of the stream.
    """
    for first in range(1, upto + 1, _PIECE):
        for line in source.stream_lines(stream, first, min(first + _PIECE - 1, upto)):
            yield line
            if line.type in (SEALED, "order.placed"):
                return


def _refuse_other_past(source: LogSource, leaves: SignedLeaves, stream: str, seal: Line) -> None:
    leaves.refuse_other(seal)
    if seal.stream != stream or read_seal(seal).events != seal.version:
        raise LogAlteredError(seal.position, stream, "the seal is not one of this stream")
    for line in dating_lines(source, stream, seal.version):
        leaves.refuse_other(line)


def _too_long(source: LogSource, head: Head, sealed: int, longest: int) -> bool:
    events = head.version - sealed + 1
    # Half of the limit: lines that came just now may be longer than those that were seen.
    if events * (longest + _BY_LINE) + _AROUND <= limits.HISTORY // 2:
        return False
    size = _AROUND
    for first in range(sealed + 1, head.version + 1, _PIECE):
        last = min(first + _PIECE - 1, head.version)
        for line in source.stream_lines(head.stream, first, last):
            size += len(line.encode()) + _BY_LINE
            if size > limits.HISTORY:
                return True
    return False
