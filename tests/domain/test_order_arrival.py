"""Whatever events arrive in and whatever they hold, the fold gives one answer and never fails."""

import json
from datetime import date

import msgspec
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from domain.answer import as_answer
from domain.answer_text import answer_text
from domain.catalogue import CATALOGUE
from domain.claim import judge
from domain.event import Event
from domain.letter import letter
from domain.order import fold_order
from domain.refund import REFUND_TYPES
from tests.domain.order_story import STREAM, TODAY, events, opened, paid_order, returned

TYPES = sorted({*CATALOGUE, *REFUND_TYPES, "exchange.agreed", "source.gap_filled", "unheard.of"})
FIELDS = [
    "refund_id",
    "new_refund_id",
    "payment_id",
    "dispute_id",
    "compensation_id",
    "instead_of",
    "amount",
    "currency",
    "instrument",
    "destination",
    "psp",
    "psp_at",
    "kind",
    "route",
    "reference",
    "reference_status",
    "reference_type",
    "expires_at",
    "pending_reason",
    "settled_on",
    "source",
    "from",
    "to",
    "buyer",
    "source_channel",
    "original",
    "presentment_amount",
    "respond_by",
    "reason",
    "at",
]
TIMES = st.sampled_from(
    [f"2025-03-0{day}T09:00:00+00:00" for day in range(1, 6)]
    + ["2025-03-03T23:00:00-02:00", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:60-23:59", "?"]
)
IDS = st.sampled_from(["r1", "r2", "r3", "p1", "d1", "c1"])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.text(max_size=5)
    | IDS
    | TIMES
    | st.sampled_from(["EUR", "USD", "available", "refund", "reversal", "unknown", "2025-03-04"])
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*FIELDS, "last4", "brand", "language"]), inner, max_size=4
        )
    ),
    max_leaves=6,
)
GARBAGE = st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=5), JSON, max_size=8)
PLAUSIBLE = st.fixed_dictionaries(
    {"refund_id": st.sampled_from(["r1", "r2", "r3"])},
    optional={
        "new_refund_id": st.sampled_from(["r1", "r2", "r3", "r4"]),
        "payment_id": st.sampled_from(["p1", "p2"]),
        "dispute_id": st.sampled_from(["d1", "d2"]),
        "compensation_id": st.sampled_from(["c1", "c2"]),
        "instead_of": st.sampled_from(["r1", "r2"]),
        "amount": st.sampled_from([100, 12700, 12800]),
        "currency": st.sampled_from(["EUR", "eur", "USD"]),
        "destination": st.sampled_from([{"kind": "card"}, {"kind": "wallet"}, {"last4": "1"}]),
        "instrument": st.sampled_from([{"kind": "card"}, {"kind": "wallet"}]),
        "psp": st.sampled_from(["stripe", "adyen"]),
        "kind": st.sampled_from(["refund", "reversal"]),
        "route": st.sampled_from(["original", "other"]),
        "reference": st.sampled_from(["1", "2"]),
        "reference_status": st.sampled_from(["available", "pending", "unavailable"]),
        "pending_reason": st.sampled_from(["insufficient_funds", "processing"]),
        "idempotency_key": st.sampled_from(["k1", "k2"]),
        "total": st.sampled_from([1, 2]),
        "source": st.sampled_from(["/psp/stripe", "/psp/adyen"]),
    },
)
# Facts that tie in time are the hard ones, so there are few instants and few sources.
FACTS = st.lists(
    st.tuples(
        st.sampled_from(sorted(REFUND_TYPES)) | st.sampled_from(TYPES),
        TIMES,
        st.sampled_from(["/a", "/b"]),
        PLAUSIBLE | GARBAGE,
    ),
    max_size=14,
)


def _arrived(facts, order):
    """Events as they arrive in some order: identity stays, version, position and receipt do not."""
    return [
        Event(
            stream=STREAM,
            version=number,
            type=facts[index][0],
            source=facts[index][2],
            id=f"id{index}",
            occurred_at=facts[index][1],
            recorded_at=f"2026-01-01T00:00:00.{number:06}Z",
            data=facts[index][3],
            position=100 + number,
        )
        for number, index in enumerate(order, 1)
    ]


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
def test_the_order_of_arrival_does_not_matter(data):
    facts = data.draw(FACTS)
    day = data.draw(st.dates(date(2025, 3, 1), date(2025, 4, 30)))
    order = data.draw(st.permutations(range(len(facts))))

    told = fold_order(_arrived(facts, range(len(facts))))
    shuffled = fold_order(_arrived(facts, order))

    assert shuffled == told
    assert list(shuffled.refunds) == list(told.refunds)
    assert judge(shuffled, as_of=day) == judge(told, as_of=day)


@given(st.permutations(range(10)))
def test_a_whole_story_in_any_order_is_the_same_story(order):
    told = events(*paid_order(), *returned(), opened())

    shuffled = fold_order([told[index] for index in order])

    assert shuffled == fold_order(told)
    assert judge(shuffled, as_of=TODAY).code == "DISPUTE_OPEN"


@settings(max_examples=600, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    FACTS,
    st.dates(),
    st.sampled_from(["intact", "altered", "incomplete", "cannot_tell", "?"]),
    st.sampled_from(["en", "zh", None, "fr"]),
)
@example(
    [("refund.settled", "2025-03-01T00:00:00Z", "/a", {"refund_id": 10**5000})], TODAY, "?", "en"
)
def test_nothing_that_data_hold_makes_an_answer_fail(facts, day, integrity, language):
    order = fold_order(_arrived(facts, range(len(facts))))

    found = judge(order, as_of=day, integrity=integrity)
    answer = as_answer(
        order,
        found,
        shop="example",
        number="T01",
        integrity={"verdict": integrity},
        seconds=0.1,
        language=language,
    )
    text = answer_text(
        order, found, shop="x", number="T01", integrity={"verdict": integrity}, language=language
    )
    written = letter(
        order, found, number="T01", agent="Test Agent", contact="+49 30 0", language=language
    )

    assert found.code != "FAILED_REISSUED"
    assert set(answer["evidence"]) <= {f"id{index}" for index in range(len(facts))}
    assert msgspec.json.encode(answer)
    assert json.loads(json.dumps(answer)) == answer
    assert "{" not in written.text.replace("{}", "")
    assert all(line.isprintable() for line in text.split("\n"))
