"""Input that could not be read, on its way to the quarantine."""

import msgspec


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of input that is no event, with the reason.

    Args:
        line: number in the input of the piece's first line, from 1.
        place: where in the piece: a JSON pointer, which starts with the index for an element of a
            batch; `byte N`, counted from 1; a CSV column; empty for all of it.
        code: short stable name of the rule that was broken.
        message: one sentence for people. It holds no value of the input.
        raw: the piece's bytes, at most `window.MAX_KEPT` of them.
        size: how many bytes the piece has.
        truncated: whether `raw` is only the beginning.
    """

    line: int
    place: str
    code: str
    message: str
    raw: bytes
    size: int
    truncated: bool = False
