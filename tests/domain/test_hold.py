"""Which holds are in force."""

from domain.event import Event
from domain.hold import in_force


def event(type_, hold_id, version, stream="order/de/1"):
    return Event(
        stream=stream, version=version, type=type_, source="orderproof", id=f"{type_}/{hold_id}",
        occurred_at="2026-05-05T10:00:00Z", recorded_at="2026-05-05T10:00:00.000000Z",
        data={"hold_id": hold_id, "reason": "case 7", "by": "staff-1"},
    )  # fmt: skip


#
def test_a_hold_is_in_force_until_it_is_released_itself():
    placed = [event("hold.placed", "a", 1), event("hold.placed", "b", 2)]

    assert [hold.id for hold in in_force(placed)] == ["a", "b"]
    assert [hold.id for hold in in_force([*placed, event("hold.released", "a", 3)])] == ["b"]
    assert in_force([*placed, event("hold.released", "a", 3), event("hold.released", "b", 4)]) == []


def test_a_release_of_another_order_or_without_an_id_releases_nothing():
    placed = event("hold.placed", "a", 1)
    others = [event("hold.released", "a", 1, "order/de/2"), event("hold.released", None, 2)]

    assert in_force([placed, *others]) == in_force([placed])
    assert in_force([placed])[0].reason == "case 7"
