import json

from msgspec import structs

from domain.event import Event
from orderproof import timeline


def event(version, type_, data, schema=1):
    return Event(
        stream="order/de/1",
        version=version,
        type=type_,
        source="/a",
        id=f"e{version}",
        occurred_at="2025-03-03T09:00:00+00:00",
        recorded_at="2025-03-03T09:00:01.000000Z",
        data=data,
        schema=schema,
    )


EVENTS = [
    event(1, "refund.failed", {"refund_id": "r1", "amount": 5, "currency": "XQX"}),
    event(2, "gift.wrapped", {}, schema=0),
    event(3, "refund.settled", {"refund_id": ["r1"]}, schema=99),
    event(4, "refund.cancelled", {"refund_id": "r1"}),
]


# E-10
def test_the_timeline_flags_what_deserves_a_second_look():
    shown = timeline.as_dict("order/de/1", EVENTS, 4)["events"]

    assert [one["flags"] for one in shown] == [
        ["unknown-currency"],
        ["unknown-type"],
        ["newer-schema"],
        [],
    ]


# E-02
def test_e_02_an_event_of_a_newer_version_is_shown_as_it_was_stored():
    shown = timeline.as_dict("order/de/1", EVENTS, 4)["events"][2]

    assert shown["data"] == {"refund_id": ["r1"]}
    assert json.dumps(shown)


def test_the_timeline_for_people_has_the_flags_behind_the_event():
    lines = timeline.as_text("order/de/1", EVENTS, 4).splitlines()

    assert [line.endswith("]") for line in lines] == [False, True, True, True, False]
    assert lines[1].endswith("[unknown-currency]")


def test_the_timeline_flags_where_the_clock_went_back():  # C-17
    before = event(1, "refund.cancelled", {"refund_id": "r1"})
    after = structs.replace(
        event(2, "refund.cancelled", {}), recorded_at="2025-03-03T07:00:00.000000Z"
    )

    shown = timeline.as_dict("order/de/1", [before, after], 2)["events"]

    assert [one["flags"] for one in shown] == [[], ["clock-suspect"]]
