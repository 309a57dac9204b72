"""How the archive stands: what was verified and what was not, and how long histories are kept."""

import msgspec


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """A verification that is on record.

    Args:
        at: when it was recorded.
        by: what verified.
        verdict: intact, altered, incomplete or cannot_tell.
        checks: what was checked, as it was recorded.
        findings: how many.
        size: how many events the archive held that was looked at.
        sampled: whether histories were drawn, so that the others were not read.
        after: events that were recorded later, which it did not check.
    """

    at: str
    by: str
    verdict: str
    checks: list[str]
    findings: int
    size: int
    sampled: bool
    after: int


class LockYear(msgspec.Struct, frozen=True, kw_only=True):
    """How many sealed histories are to be kept until a day of this year."""

    year: str
    histories: int


class Locks(msgspec.Struct, frozen=True, kw_only=True):
    """Sealed histories by the year until which they are kept.

    Args:
        years: rising.
        counted: how many seals, the newest first.
        exact: whether there are no more.
    """

    years: list[LockYear]
    counted: int
    exact: bool
