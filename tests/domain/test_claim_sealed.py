"""A reader without keys gets the verdict that a reader with keys gets."""

from datetime import date

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import personal
from domain.catalogue import CATALOGUE
from domain.claim import judge
from domain.event import Event
from domain.order import fold_order
from tests.domain.order_story import STREAM, TODAY, events, paid_order, returned, said

TYPES = sorted({*CATALOGUE, "unheard.of"})
WHEN = st.sampled_from([f"2025-03-0{day}T09:00:00+00:00" for day in range(1, 6)])
DATA = st.fixed_dictionaries(
    {"refund_id": st.sampled_from(["r1", "r2"])},
    optional={
        "new_refund_id": st.sampled_from(["r1", "r2", "r3"]),
        "dispute_id": st.sampled_from(["d1", "d2"]),
        "compensation_id": st.sampled_from(["c1", "c2"]),
        "instead_of": st.sampled_from(["r1", "r2"]),
        "amount": st.sampled_from([100, 12700, 12800]),
        "currency": st.sampled_from(["EUR", "USD"]),
        "presentment_amount": st.just(12800),
        "presentment_currency": st.just("EUR"),
        "destination": st.sampled_from([{"kind": "card", "holder": "X"}, "wallet", {"last4": [1]}]),
        "instrument": st.sampled_from([{"kind": "card", "brand": {"x": 1}}, "card"]),
        "psp": st.sampled_from(["stripe", {"name": "adyen"}]),
        "kind": st.sampled_from(["refund", "reversal"]),
        "route": st.sampled_from(["original", "other"]),
        "reference": st.just("1"),
        "reference_status": st.sampled_from(["available", "pending", "unavailable"]),
        "source": st.sampled_from(["/psp/stripe", "/psp/adyen"]),
        "from": WHEN,
        "to": WHEN,
        "source_channel": st.sampled_from(["amazon", "shop"]),
        "buyer": st.just({"name": "Test Buyer", "language": "zh"}),
        "statement": st.just("not there"),
    },
)


def _without_keys(event):
    return msgspec.structs.replace(event, data=personal.split(event.type, event.data)[0])


@settings(max_examples=500, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.tuples(st.sampled_from(TYPES), WHEN, DATA), max_size=12))
def test_no_verdict_stands_on_what_is_sealed(facts):
    clear = [
        Event(
            stream=STREAM,
            version=number,
            type=what,
            source="/a",
            id=f"e{number}",
            occurred_at=when,
            recorded_at="2026-01-01T00:00:00.000000Z",
            data=data,
        )
        for number, (what, when, data) in enumerate(facts, 1)
    ]
    day = date(2025, 3, 18)

    opened = fold_order(clear)
    sealed = fold_order([_without_keys(event) for event in clear])

    assert judge(sealed, as_of=day) == judge(opened, as_of=day)


def test_a_whole_story_folds_alike_with_and_without_keys():
    letter = said("message.sent", "03-06", message_id="m1", to="k01@example.org", body="…")
    told = events(*paid_order(), *returned(), letter)

    sealed = fold_order([_without_keys(event) for event in told])

    assert sealed == fold_order(told)
    assert judge(sealed, as_of=TODAY).code == "SETTLED_REFERENCE_GIVEN"
