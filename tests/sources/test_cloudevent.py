import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from domain.errors import InvalidInputError
from sources import cloudevent
from sources.cloudevent import decode, to_fact

# A busy machine is no failure.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

EVENT = {
    "specversion": "1.0",
    "id": "evt_1",
    "source": "/psp/stripe",
    "type": "refund.settled",
    "subject": "de/202405001",
    "time": "2024-05-20T09:00:00+02:00",
    "data": {"refund_id": "r1", "amount": 12800, "currency": "CNY"},
}


def refusal(obj):
    with pytest.raises(InvalidInputError) as caught:
        to_fact(obj)
    return caught.value.code, caught.value.place


def test_an_event_becomes_a_fact():
    fact = to_fact(EVENT)

    assert fact.stream == "order/de/202405001"
    assert (fact.source, fact.id, fact.type) == ("/psp/stripe", "evt_1", "refund.settled")
    assert fact.occurred_at == "2024-05-20T09:00:00+02:00"
    assert fact.data == EVENT["data"]
    assert fact.schema is None
    assert fact.ce is None


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type", "subject", "time", "data"])
def test_a_missing_attribute_is_named(name):
    without = {key: value for key, value in EVENT.items() if key != name}

    assert refusal(without) == ("attribute-missing", f"/{name}")
    assert refusal({**EVENT, name: None}) == ("attribute-missing", f"/{name}")


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type", "subject", "time"])
@pytest.mark.parametrize("value", ["", 7, True, [], {}, "a\0b", "\ud800"])
def test_an_attribute_that_is_no_text_is_refused(name, value):
    assert refusal({**EVENT, name: value}) == ("attribute-form", f"/{name}")


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("specversion", "0.3", "attribute-form"),
        ("id", "x" * 513, "too-long"),
        ("source", "é" * 257, "too-long"),
        ("type", "x" * 201, "too-long"),
        ("subject", "no-number", "attribute-form"),
        ("subject", "/5", "attribute-form"),
        ("subject", "de/", "attribute-form"),
        ("subject", "s" * 201 + "/1", "too-long"),
        ("subject", "de/" + "1" * 8193, "too-long"),
        ("type", "history.sealed", "reserved-type"),
        ("type", "erasure.requested", "reserved-type"),
        ("source", "orderproof", "reserved-source"),
        ("source", "/orderproof", "reserved-source"),
        ("data", [], "not-json-data"),
        ("data", "text", "not-json-data"),
        ("datacontenttype", "text/xml", "not-json-data"),
        ("datacontenttype", 5, "attribute-form"),
        ("data_base64", "e30=", "not-json-data"),
        ("causationid", 5, "attribute-form"),
        ("correlationid", "x" * 513, "too-long"),
        ("Upper", "x", "attribute-name"),
        ("snake_case", "x", "attribute-name"),
        ("", "x", "attribute-name"),
        ("extension", {"a": 1}, "attribute-form"),
        ("extension", [], "attribute-form"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_its_place(name, value, code):
    assert refusal({**EVENT, name: value}) == (code, f"/{name}")


@pytest.mark.parametrize(
    "name",
    ["position", "recorded_at", "recordedat", "prev", "stream", "version", "pii", "schema"],
)
def test_fields_that_are_ours_are_refused(name):
    assert refusal({**EVENT, name: None}) == ("envelope-field", f"/{name}")


@pytest.mark.parametrize(
    "time",
    [
        "2024-05-20T09:00:00Z",
        "2024-05-20t09:00:00.123456789z",
        "2024-02-29T23:59:59+14:00",
        "2024-05-20T09:00:00-14:00",
        "2016-12-31T23:59:60Z",
        "9999-12-31T23:59:59-12:00",
        "2038-01-19T03:14:08Z",
    ],
)
def test_a_time_is_kept_exactly_as_sent(time):
    assert to_fact({**EVENT, "time": time}).occurred_at == time


@pytest.mark.parametrize(
    "time",
    [
        "2024-05-20",
        "2024-05-20T09:00:00",
        "2024-05-20 09:00:00Z",
        "2024-05-20T09:00Z",
        "2023-02-29T00:00:00Z",
        "2024-05-20T24:00:00Z",
        "2024-05-20T09:00:61Z",
        "0000-01-01T00:00:00Z",
        "2024-05-20T09:00:00+24:00",
        "2024-05-20T09:00:00+0200",
        "２０24-05-20T09:00:00Z",
        "2024-05-20T09:00:00Z\n",
        "1716192000",
    ],
)
def test_a_time_that_is_no_time_is_refused(time):
    assert refusal({**EVENT, "time": time}) == ("attribute-form", "/time")


@pytest.mark.parametrize(
    "number", ["../../x", "a/b", "a\\b", ".", "%2e%2e", "\u202e123", "1" * 4096, "x. ", "CON", "/"]
)
def test_any_order_number_is_data(number):
    assert to_fact({**EVENT, "subject": f"de/{number}"}).stream == f"order/de/{number}"


def test_a_shop_named_system_is_a_shop():
    assert to_fact({**EVENT, "subject": "system/archive"}).stream == "order/system/archive"


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON; charset=utf-8", "text/json", "application/vnd.x+json"],
)
def test_data_may_say_that_it_is_json(content_type):
    assert to_fact({**EVENT, "datacontenttype": content_type}).ce is None


def test_extensions_are_kept_and_links_to_other_events_have_their_own_fields():
    fact = to_fact(
        {
            **EVENT,
            "causationid": "evt_0",
            "correlationid": "conv-1",
            "traceparent": "00-abc",
            "sequence": 7,
            "urgent": True,
            "dataschema": "https://example.org/s",
            "absent": None,
        }
    )

    assert (fact.causation, fact.correlation) == ("evt_0", "conv-1")
    assert fact.ce == {
        "traceparent": "00-abc",
        "sequence": 7,
        "urgent": True,
        "dataschema": "https://example.org/s",
    }


def test_unknown_members_of_data_and_unknown_types_are_kept():
    fact = to_fact({**EVENT, "type": "gift.wrapped", "data": {"prev": 1, "paper": {"red": "1.5"}}})

    assert fact.type == "gift.wrapped"
    assert fact.data == {"prev": 1, "paper": {"red": "1.5"}}


def test_money_is_checked():
    data = {"refund_id": "r1", "amount": "128.00", "currency": "CNY"}

    assert refusal({**EVENT, "data": data}) == ("money-not-integer", "/data/amount")


def test_a_refusal_never_repeats_a_value_that_came_in():
    with pytest.raises(InvalidInputError) as caught:
        to_fact({**EVENT, "time": "buyer@example.org"})

    assert "buyer" not in str(caught.value)


@pytest.mark.parametrize("raw", [b"[]", b"7", b'"text"', b"null"])
def test_json_that_is_no_object_is_no_event(raw):
    with pytest.raises(InvalidInputError) as caught:
        decode(raw)

    assert caught.value.code == "not-an-object"


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"time": "2024-05-20T09:00:00Z"},
        {"time": "2024-05-20T09:00:00.123456-11:30"},
        {"datacontenttype": "application/json", "traceparent": "00-abc"},
        {"id": "x" * 300},
    ],
)
def test_the_usual_envelope_needs_no_second_look(more):
    assert cloudevent._is_sound({**EVENT, **more})


values = st.one_of(
    st.sampled_from(["", "a\0b", "\ud800", "退", "x" * 200, "x" * 201, "é" * 256, "x" * 513, None]),
    st.sampled_from(
        ["1.0", "1", "orderproof", "/orderproof/x", "history.x", "order.placed", "a/b"]
    ),
    st.text(max_size=3) | st.integers() | st.booleans() | st.just([]) | st.just({}),
)
times = st.one_of(
    st.from_regex(
        r"[0-9]{4}-[0-3][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{0,9})?"
        r"([Zz]|[+-][0-2][0-9]:[0-6][0-9])\n?",
        fullmatch=True,
    ),
    st.datetimes().map(lambda t: t.isoformat() + "Z"),
)
NAMES = [*EVENT, "position", "pii", "schema", "extension", "datacontenttype"]


@settings(unhurried, max_examples=1000)
@given(st.dictionaries(st.sampled_from(NAMES), values, max_size=2), times, st.booleans())
@example({}, "0000-01-01T00:00:00Z", True)
@example({}, "2023-02-29T00:00:00Z", True)
@example({}, "2024-02-28T23:59:59.9+23:59", True)
@example({"specversion": True}, "2024-05-20T09:00:00Z", True)
def test_an_envelope_that_looks_sound_breaks_no_rule(changes, time, given_time):
    obj = {**EVENT, **({"time": time} if given_time else {}), **changes}

    if cloudevent._is_sound(obj):
        cloudevent._check_envelope(obj)


@pytest.mark.parametrize("name", [*EVENT])
def test_an_envelope_without_one_of_its_parts_does_not_look_sound(name):
    obj = {key: value for key, value in EVENT.items() if key != name}

    assert cloudevent._is_sound(obj) == (name == "data")  # data has a check of its own
