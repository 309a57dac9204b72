"""Facts to record; what one is called says all that is in it, so any of them can be made again."""

from domain.event import Fact
from eventstore.recording import Outcome
from tests.faults.invariants import Acknowledged

SOURCE = "/faults"


def fact(id: str, order: int | str = 1, *, personal: bool = False, note: str = "done") -> Fact:
    """Make a fact; where it is personal, of a buyer who exists nowhere."""
    data = {"outcome": note}
    if personal:
        data = {
            "total": 12800,
            "currency": "EUR",
            "buyer": {"name": f"Test Buyer {order}", "email": f"buyer-{order}@example.org"},
        }
    return Fact(
        stream=f"order/de/{order}",
        type="order.placed" if personal else "order.closed",
        source=SOURCE,
        id=id,
        occurred_at="2025-03-03T09:00:00Z",
        data=data,
    )


def acknowledged(facts: list[Fact], outcomes: list[Outcome]) -> list[Acknowledged]:
    """Return what a caller was told: of conflicts and mismatches there is nothing to keep."""
    return [
        Acknowledged(fact.source, fact.id, outcome.position, outcome.version)
        for fact, outcome in zip(facts, outcomes, strict=True)
        if outcome.result in ("recorded", "duplicate") and outcome.position is not None
    ]
