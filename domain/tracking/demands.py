"""What customers ask for after the sale, as long as nobody has answered it."""

from collections.abc import Mapping

import msgspec

from domain.occurrence import Facts
from domain.reading import name_key, read_text
from domain.tracking import content

_ANSWERS = (
    "refund.",
    "exchange.",
    "compensation.accepted",
    "return.refused",
    "customer.option_chosen",
    "aftersales.eligibility_assessed",
)
_ANSWERS_BY_KIND: Mapping[str, tuple[str, ...]] = {
    "expedite": ("shipment.dispatched", "shipment.delivered"),
    "question": ("message.sent",),
    "other": ("message.sent",),
}


class OpenDemand(msgspec.Struct, frozen=True):
    """An after-sales request without an answer: its kind, when it came, the event that says so."""

    kind: str
    at: int | None
    event_id: str


def fold_open_demands(facts: Facts) -> tuple[OpenDemand, ...]:
    """Return the requests after which nothing came that answers them, in order.

    A refund answers a request for one; whether the refund is open is another question.
    """
    found: list[OpenDemand] = []
    if not facts.of(content.Demand):
        return ()
    for fact in facts.all:
        if isinstance(fact.data, content.Demand):
            kind = name_key(read_text(fact.data.kind)) or "other"
            found.append(OpenDemand(kind, fact.at, fact.event_id))
        elif found:
            found = [one for one in found if not _answers(fact.type, one.kind)]
    return tuple(found)


def _answers(type: str, kind: str) -> bool:
    return type.startswith(_ANSWERS) or type in _ANSWERS_BY_KIND.get(kind, ())
