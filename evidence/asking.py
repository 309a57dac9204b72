"""What a claim's evidence lacks, in words: what is missing, whom to ask for it, what is none."""

import msgspec

from domain.order import Order
from domain.verdict import Verdict
from evidence.absences import HERE, MISSING, NONE, absences
from evidence.words.page import Page

RANK = (MISSING, HERE, NONE)
"""States, that which somebody has to do something about first."""

ASKED = {
    "placement": "shop",
    "approval": "seller",
    "settlement": "psp",
    "reference": "psp",
    "told": "seller",
    "confirmation": "customer",
    "statement": "customer",
}
"""Who has what may be missing, by the keys of `evidence.absences`."""


class Absence(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked for.

    Args:
        key: see `evidence.absences`.
        state: missing, which is to be asked for; none, which is good; here.
        looked_for: the key in words.
        meaning: what the state means, in words.
        ask: who has what is missing: shop, seller, psp or customer; None where nothing is.
    """

    key: str
    state: str
    looked_for: str
    meaning: str
    ask: str | None


def absent(order: Order, verdict: Verdict, position: int, words: Page) -> list[Absence]:
    """Return what was looked for.

    Args:
        order: the folded order.
        verdict: what the rules say of it.
        position: of the order's newest event.
        words: of the reader's language.
    """
    return [
        Absence(
            key=key,
            state=state,
            looked_for=words.sought[key],
            meaning=words.found[f"{key}:{state}"].format(position=f"{position:,}"),
            ask=ASKED[key] if state == MISSING else None,
        )
        for key, state in absences(order, verdict)
    ]
