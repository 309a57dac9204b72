"""Findings: what a verification found wrong, and what that means for somebody's claim."""

from dataclasses import dataclass

INTACT = "intact"
ALTERED = "altered"
INCOMPLETE = "incomplete"
CANNOT_TELL = "cannot_tell"

VERDICTS = (ALTERED, INCOMPLETE, CANNOT_TELL, INTACT)
"""From the one that outweighs all others to the one that stands where nothing was found."""

CODES: dict[str, tuple[str, str]] = {
    "FILE_ALTERED": (
        ALTERED,
        "This file is not as it was stored. Do not rely on it; look for an unchanged copy.",
    ),
    "FILE_MISSING": (
        INCOMPLETE,
        "A file that was stored is not here. What it held cannot be shown from this copy.",
    ),
    "FILE_UNEXPECTED": (
        ALTERED,
        "No signed record names this file. It proves nothing, whatever it says.",
    ),
    "FILE_UNREADABLE": (
        CANNOT_TELL,
        "The file is there but could not be read. This says nothing about the order yet.",
    ),
    "FILE_TOO_LARGE": (
        ALTERED,
        "The file is larger than the archive ever writes one, so it was not read to its end.",
    ),
    "EVENT_MALFORMED": (
        ALTERED,
        "This is not a line that Orderproof records. It is no evidence of anything.",
    ),
    "EVENT_NOT_LOGGED": (
        ALTERED,
        (
            "The signed log holds another text for this event, so what is written here was not "
            "recorded. Do not use it in a claim."
        ),
    ),
    "EVENT_OMITTED": (
        INCOMPLETE,
        (
            "The signed log counts this event, but no file shows it. The order's history has a "
            "hole, and a claim must not be answered as if it were whole."
        ),
    ),
    "EVENT_WRONG_ORDER": (
        ALTERED,
        "Events of one order are presented as those of another. Do not use them in a claim.",
    ),
    "SEQUENCE_GAP": (
        INCOMPLETE,
        "Between two events of the order at least one is missing.",
    ),
    "CHAIN_BROKEN": (
        ALTERED,
        "Two neighbouring events do not belong together: one was changed, taken out or put in.",
    ),
    "REVISION_GAP": (
        INCOMPLETE,
        "An earlier part of the order's history is missing. What happened first cannot be shown.",
    ),
    "ORDER_FORK": (
        ALTERED,
        (
            "The log holds two different events for one place in an order's history. Only somebody "
            "with the log's key can do that; the order's history is not trustworthy."
        ),
    ),
    "PROOF_INVALID": (
        ALTERED,
        "The proof in this history does not lead to the signed log. It proves nothing.",
    ),
    "LOG_ALTERED": (
        ALTERED,
        "The log's contents are not what its key signed. Nothing that rests on it is proved.",
    ),
    "LOG_TRUNCATED": (
        INCOMPLETE,
        "The end of the log is missing. Later events cannot be shown.",
    ),
    "LOG_ROLLED_BACK": (
        INCOMPLETE,
        (
            "A newer state of this log was signed than this copy shows. Later events, perhaps the "
            "ones that matter, were left out."
        ),
    ),
    "LOG_FORKED": (
        ALTERED,
        "Two signed states of the log contradict each other: history was rewritten in between.",
    ),
    "LOG_STALLED": (INCOMPLETE, "The log was not continued when it should have been."),
    "ORIGIN_MISMATCH": (
        ALTERED,
        "This belongs to another installation's log. It says nothing about this seller's orders.",
    ),
    "CHECKPOINT_SIGNATURE_BAD": (
        ALTERED,
        "The signature on the log's state is not valid: nobody vouches for it.",
    ),
    "CHECKPOINT_SIGNATURE_MISSING": (
        ALTERED,
        "The log's state is not signed by the log's key: nobody vouches for it.",
    ),
    "CHECKPOINT_MISSING": (
        INCOMPLETE,
        "A signed state of the log is not here, so that part of the log has no signature.",
    ),
    "WITNESS_QUORUM_MISSING": (INCOMPLETE, "Too few witnesses have confirmed the log's state."),
    "TIMESTAMP_MISSING": (INCOMPLETE, "No outside authority confirms when this was signed."),
    "TIMESTAMP_BAD": (ALTERED, "The outside confirmation of the time is not valid."),
    "BACKDATED": (ALTERED, "An event claims a time that the log's order contradicts."),
    "KEYRING_UNTRUSTED": (
        ALTERED,
        (
            "This archive is signed by a key that you did not choose to trust. Everything in it "
            "may have been written by somebody else."
        ),
    ),
    "KEY_OUT_OF_PERIOD": (ALTERED, "The key was not in force when this was signed."),
    "KEY_COMPROMISED": (ALTERED, "The key was reported stolen before this was signed."),
    "KEY_COMMITMENT_MISMATCH": (ALTERED, "The personal data shown is not the data recorded."),
    "ERASURE_INCONSISTENT": (ALTERED, "What the erasure record says does not fit what is left."),
    "RENEWAL_BAD": (ALTERED, "The renewal of old signatures is not valid."),
    "LOCK_WEAK": (INCOMPLETE, "The storage does not protect the file against change."),
    "RETENTION_TOO_SHORT": (INCOMPLETE, "The file may be deleted earlier than the law allows."),
    "HOLD_NOT_APPLIED": (INCOMPLETE, "A legal hold was recorded and is not in force."),
    "HIDDEN": (INCOMPLETE, "The file is hidden by a delete marker; its content is intact."),
}
"""Every code: the verdict it leads to by itself, and its meaning for a claim in plain words."""

_LONGEST = 400


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Args:
        code: one of `CODES`.
        severity: the verdict that this finding alone leads to.
        object: file or event it is about; control characters are escaped.
        detail: what was seen, in a sentence.
        expected: what should be there, empty where that is no single thing.
        found: what is there.
        meaning: what it means for a claim, in plain words.
    """

    code: str
    severity: str
    object: str
    detail: str
    expected: str
    found: str
    meaning: str

    def as_dict(self) -> dict[str, str]:
        """Return the finding as it stands in a report's JSON."""
        return {
            "code": self.code,
            "severity": self.severity,
            "object": self.object,
            "detail": self.detail,
            "expected": self.expected,
            "found": self.found,
            "meaning": self.meaning,
        }


def finding(
    code: str,
    about: str,
    detail: str,
    *,
    expected: str = "",
    found: str = "",
    severity: str | None = None,
    meaning: str | None = None,
) -> Finding:
    """Return a finding; `severity` and `meaning` override those of its code."""
    usual, usual_meaning = CODES[code]
    return Finding(
        code=code,
        severity=severity or usual,
        object=printable(about),
        detail=printable(detail),
        expected=printable(expected),
        found=printable(found),
        meaning=meaning or usual_meaning,
    )


def printable(text: str) -> str:
    """Escape what could steer a terminal or mislead a reader, and shorten what is too long.

    Control characters, bytes of undecodable file names, marks that reverse the direction of
    writing and line separators become `\\xNN` or `\\uNNNN`.
    """
    if len(text) > _LONGEST:
        text = text[:_LONGEST] + "…"
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file name that is not UTF-8
        code -= 0xDC00
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"


def verdict_of(severities: set[str]) -> str:
    """Return the verdict that outweighs the others; of none, `intact`."""
    return next((verdict for verdict in VERDICTS if verdict in severities), INTACT)
