"""Who took a parcel: the customer, or somebody else, as far as a carrier's words tell."""

import re

_KINDS = (
    ("locker", r"locker|packstation|快递柜|丰巢|智能柜|自提柜|驿站"),
    ("front_desk", r"front ?desk|reception(?:ist)?|concierge|前台|物业"),
    ("guard", r"mail ?room|security (?:guard|desk)|guard(?:house)?|doorman|门卫|保安|收发室"),
    ("neighbour", r"neighbou?rs?|nachbar(?:in)?|邻居"),
    ("family", r"family|relative|household member|friend|家人|亲友|朋友"),
    ("other", r"代收|代签"),
)
_PATTERNS = tuple(
    (kind, re.compile(rf"(?<![a-z])(?:{words})(?![a-z])", re.IGNORECASE)) for kind, words in _KINDS
)
_WORD = re.compile(r"[^\W\d_]+")

SELF = "self"


def proxy_kind(words: str | None) -> str | None:
    """Return who took the parcel in the customer's stead by a carrier's words; None: nobody said.

    Of the kinds of `shipment.proxy_signed`: front desk, guard or mailroom, locker, family or
    friend, neighbour, other.
    """
    for kind, pattern in _PATTERNS:
        if words and pattern.search(words):
            return kind
    return None


def signer_kind(signed_by: str | None, recipient: str | None) -> str | None:
    """Return who signed: `self`, a kind of proxy, or None where that cannot be told.

    Two names are one person's if they share a word, or all the words of one are initials of the
    other's: carriers write `E SWAN` and `SWAN`. A masked name (`王**`) tells nothing.
    """
    one, other = _words(signed_by or ""), _words(recipient or "")
    if {word for word in one if len(word) > 1} & set(other) or (one and one == other):
        return SELF
    kind = _place_or_office(signed_by or "")
    if kind is not None or not one or not other or "*" in f"{signed_by}{recipient}":
        return kind
    if all(len(word) == 1 for word in one):
        return SELF if set(one) <= {word[0] for word in other} else None
    return "other"


def _place_or_office(signed_by: str) -> str | None:
    """Return the proxy that stands in place of a name. Some people are called Guard or Friend."""
    for kind, pattern in _PATTERNS:
        if kind in ("guard", "family"):
            if pattern.fullmatch(signed_by.strip()):
                return kind
        elif pattern.search(signed_by):
            return kind
    return None


def _words(name: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(name)]
