"""Whatever comes in is an event that goes all the way, or is refused with a rule: fuzz."""

import io
import json

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from domain import canonical, personal
from domain.catalogue import CATALOGUE
from domain.event import Fact
from domain.flags import flags
from domain.line import Line, decode, encode_body
from domain.lookup import lookup_keys
from domain.order import fold_order
from domain.person import person_keys
from orderproof import timeline
from sources import cloudevents
from sources.rejected import Rejected
from sources.strict_json import MAX_DEPTH

# A busy machine is no failure.
unhurried = settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.too_slow])

EVENT = {
    "specversion": "1.0",
    "id": "e1",
    "source": "/example",
    "type": "refund.settled",
    "subject": "de/1",
    "time": "2025-03-03T09:00:00Z",
    "data": {},
}
FIELDS = sorted({name for known in CATALOGUE.values() for name in known.fields})
ODD = [
    "\0",
    "\ud800",
    "\u202e",
    "e\u0301",
    "𠮷",
    "-0.0",
    "9" * 400,
    "",
    " ",
    "__proto__",
    "~1/",
    "2025-02-30",
    "9999-12-31T23:59:59Z",
    "XQX",
]
NUMBERS = st.sampled_from(
    [0.1 + 0.2, -0.0, 1e308, float("nan"), float("inf"), 2**53, 2**53 + 1, -(2**63), 10**19, True]
)

texts = st.sampled_from(ODD) | st.text(max_size=8)
names = st.sampled_from(FIELDS) | texts
values = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBERS | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=10,
)
envelopes = st.dictionaries(
    st.sampled_from([*EVENT, "causationid", "correlationid", "traceparent", "prev", "data_base64"])
    | texts,
    values,
    max_size=2,
)
events = st.builds(
    lambda type_, data, changes: {**EVENT, "type": type_, "data": data, **changes},
    st.sampled_from(sorted(CATALOGUE)) | st.just("gift.wrapped"),
    st.dictionaries(names, values, max_size=6),
    envelopes,
)
flaws = st.lists(
    st.tuples(
        st.integers(0, 2000),
        st.integers(0, 4),
        st.sampled_from([b"", b"\0", b"\xff", b"\xed\xa0\x80", b'"', b"\\u0000", b"\\", b"[", b"}"])
        | st.binary(max_size=3),
    ),
    max_size=3,
)


def line_of(fact):
    """Record a fact as the store does, what is sealed left out."""
    open_data, _ = personal.split(fact.type, fact.data)
    return Line(
        position=1,
        stream=fact.stream,
        version=1,
        type=fact.type,
        recorded_at="2026-01-01T00:00:00.000001Z",
        prev="0" * 64,
        body=encode_body(fact, open_data, {}),
    ).encode()


def follow(items):
    """Take what was read through all that is done with an event, whatever it says."""
    for item in items:
        if isinstance(item, Rejected):
            assert item.code
            assert item.message
            item.place.encode()
            continue
        assert isinstance(item, Fact)
        open_data, sealed = personal.split(item.type, item.data)
        whole = personal.merge(open_data, {k: v for box in sealed.values() for k, v in box.items()})
        assert canonical.encode(whole) == canonical.encode(item.data)
        recorded = decode(line_of(item), 1)
        assert (recorded.id, recorded.occurred_at) == (item.id, item.occurred_at)
        for event in (recorded, decode(line_of(item), 1, as_stored=True)):
            lookup_keys(event), person_keys(event), flags(event)
            timeline.as_text(event.stream, [event], 1).encode()
        fold_order([recorded])


# E-05, E-07, E-08
@unhurried
@given(st.lists(events, min_size=1, max_size=3), st.booleans(), flaws)
@example([{**EVENT, "data": {"destination": {"kind": ["card"]}, "amount": -1}}], False, [])
def test_no_event_however_odd_makes_an_exception_that_is_not_ours(told, ascii_only, flaws_):
    parts = [
        json.dumps(one, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass") for one in told
    ]
    raw = bytearray(b"\n".join(parts))
    for at, length, new in flaws_:
        at %= len(raw) + 1
        raw[at : at + length] = new

    follow(cloudevents.read(io.BytesIO(bytes(raw))))
    follow(cloudevents.read(io.BytesIO(b"[" + b",".join(parts) + b"]")))


# E-05
@settings(deadline=None, max_examples=60)
@given(
    st.integers(1, 3 * MAX_DEPTH),
    st.sampled_from([(b"[", b"]"), (b'{"a":', b"}"), (b'[{"buyer":', b"}]")]),
    st.sampled_from(["buyer", "lines", "remarks", "nobody declared it"]),
    st.booleans(),
)
def test_nesting_of_any_depth_is_recorded_or_refused(depth, brackets, name, closed):
    opening, closing = brackets
    deep = opening * depth + b"1" + closing * (depth if closed else depth // 2)
    event = {**EVENT, "type": "order.placed", "data": {name: "DEEP"}}
    raw = json.dumps(event).encode().replace(b'"DEEP"', deep)

    items = list(cloudevents.read(io.BytesIO(raw + b"\n" + json.dumps(EVENT).encode())))

    follow(items)
    levels = depth * len(opening.translate(None, b'"abuyer:')) + 2
    assert isinstance(items[0], Fact) == (closed and levels <= MAX_DEPTH)
