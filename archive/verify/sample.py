"""A sample of histories, and what it says about those that were not read."""

import hashlib
import math
import secrets
from dataclasses import dataclass

from archive.errors import UsageError

CONFIDENCE = 95


@dataclass(frozen=True)
class Sample:
    """Which histories are read, if not all.

    It goes by the name, up to the date, that a history has or would have as a file of its own, so
    all revisions of an order are taken or none.

    Args:
        share: how many of all, from 0 to 1.
        seed: whoever knows it can draw the same sample; whoever altered the archive must not
            have known it.
    """

    share: float
    seed: str

    def takes(self, stem: str) -> bool:
        """Tell whether a history is in the sample."""
        digest = hashlib.sha256(f"{self.seed} {stem}".encode(errors="surrogateescape")).digest()
        return int.from_bytes(digest[:8], "big") < self.share * 2**64


def draw(share: str, seed: str | None = None) -> Sample:
    """Return a sample of a share such as `5%`, with a seed that nobody could foresee.

    Args:
        share: how many of all.
        seed: of a sample that was drawn before; None: a new one.

    Raises:
        UsageError: it is no share.
    """
    return Sample(parse_share(share), seed or secrets.token_hex(8))


def parse_share(text: str) -> float:
    """Read `5%` or `0.05`.

    Raises:
        UsageError: it is no share above nothing, or more than all.
    """
    try:
        share = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        share = 0
    if not 0 < share <= 1:
        raise UsageError(f"{text!r} is no share: name one such as 5% or 0.05")
    return share


def most_altered(histories: int, read: int) -> int:
    """Return how many of all may be altered at most where none of those read is.

    It is the largest number at which a sample without one of them comes up in 5 % of cases: the
    hypergeometric distribution, which the rule of three comes near to for few.

    Args:
        histories: how many there are.
        read: how many of them were drawn and found unaltered.
    """
    low, high = 0, histories - read
    while low < high:
        middle = (low + high + 1) // 2
        if _none_drawn(histories, read, middle) >= math.log(1 - CONFIDENCE / 100):
            low = middle
        else:
            high = middle - 1
    return low


def _none_drawn(histories: int, read: int, altered: int) -> float:
    """Return the logarithm of the probability that none of the altered ones is drawn."""
    return _choose(histories - altered, read) - _choose(histories, read)


def _choose(of: int, number: int) -> float:
    return math.lgamma(of + 1) - math.lgamma(number + 1) - math.lgamma(of - number + 1)


def statement(sample: Sample, histories: int, read: int, *, clean: bool) -> str:
    """Say what the sample says about the histories that were not read.

    Args:
        sample: how it was drawn.
        histories: how many orders have histories here.
        read: of how many they were read.
        clean: whether nothing was found wrong.
    """
    text = f"{histories - read} of {histories} histories were not read (--seed {sample.seed})"
    if not clean or not histories:
        return text
    percent = 100 * most_altered(histories, read) / histories
    return f"{text}: with {CONFIDENCE} % confidence at most {percent:.3g} % of them all are altered"
