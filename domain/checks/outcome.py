"""What a check finds. Nothing of it names a person: it is recorded in the clear."""

import msgspec

RED = "red"
AMBER = "amber"

PASSED = "passed"
FAILED = "failed"
CANNOT_TELL = "cannot_tell"


class Outcome(msgspec.Struct, frozen=True):
    """What became of one check.

    Args:
        state: passed, failed or cannot_tell.
        observed: what was found, without personal data.
        expected: what was expected.
    """

    state: str
    observed: str = ""
    expected: str = ""


FINE = Outcome(PASSED)
SEALED = Outcome(CANNOT_TELL, "sealed")


def failed(observed: str, expected: str = "") -> Outcome:
    """Return the outcome of a check that found something."""
    return Outcome(FAILED, observed, expected)


def passed_if(fine: bool, observed: str, expected: str = "") -> Outcome:  # noqa: FBT001
    """Return that a check passed, or what it found."""
    return FINE if fine else failed(observed, expected)
