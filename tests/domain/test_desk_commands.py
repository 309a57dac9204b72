"""The order desk's rules for what its staff ask for."""

import pytest

from domain.command import Staff
from domain.errors import CommandRefusedError
from domain.tracking import commands
from domain.tracking.deciding import decide
from domain.tracking.subtypes import SUBTYPES
from domain.tracking.track_no import LENGTH, is_track_no, make_track_no
from domain.tracking.tracking import fold_tracking
from tests.domain.order_story import events, placed, said

PAID = said("payment.captured", "03-03", payment_id="p1", amount=12_800, currency="EUR")
SENT = said("shipment.dispatched", "03-05", shipment_id="s1")
RAISED = said("exception.raised", "03-04", exception_id="x1", **{"class": "information"},
              subtype="wrong_address")  # fmt: skip
ASSIGNED = said("exception.assigned", "03-04", exception_id="x1", owner="staff-2",
                department="customer_service", notified_at="2025-03-04T09:02:00Z")  # fmt: skip
MEASURE = said("exception.measure_taken", "03-04", exception_id="x1", measure="called")
FEEDBACK = said("exception.customer_feedback_received", "03-04", exception_id="x1", text="fine")
HANDLED = (RAISED, ASSIGNED, MEASURE, FEEDBACK)
NUMBER = make_track_no("seed")


def give(kind, *facts, **content):
    at, by = content.pop("at", "2025-03-06T09:00:00Z"), content.pop("by", "staff-1")
    command = commands.COMMANDS[kind](id="c1", at=at, staff=Staff(id=by), **content)
    return decide(fold_tracking(events(placed(), *facts)), command)


def refused(kind, *facts, **content):
    with pytest.raises(CommandRefusedError) as error:
        give(kind, *facts, **content)
    return error.value.code


def test_what_is_asked_for_becomes_the_event():
    assert give("order.owner_assigned", owner="staff-7") == [
        ("order.owner_assigned", {"owner": "staff-7"})
    ]
    assert give("order.next_action_set", action="call", due_at="2025-03-09") == [
        ("order.next_action_set", {"action": "call", "due_at": "2025-03-09"})
    ]
    planned = said("order.planned_dispatch_set", "03-04", date="2025-03-07")
    assert give("order.planned_dispatch_changed", planned, after="2025-03-09", reason="stock") == [
        (
            "order.planned_dispatch_changed",
            {"after": "2025-03-09", "reason": "stock", "before": "2025-03-07"},
        )
    ]


PLANNED = said("order.planned_dispatch_set", "03-04", date="2025-03-07")
OWNED = said("order.owner_assigned", "03-03", owner="staff-1")
HELD = said("order.put_on_hold", "03-04", reason_code="address")
CONFIRMED = said("order.confirmed", "03-04", order_track_no=NUMBER, service_requirement="none")
CLOSED = (PAID, SENT, said("shipment.delivered", "03-06", shipment_id="s1"))


@pytest.mark.parametrize(
    ("kind", "facts", "content", "code"),
    [
        ("order.owner_assigned", (), {"by": " ", "owner": "x"}, "staff-unknown"),
        ("order.owner_assigned", (), {"at": "today", "owner": "x"}, "time-form"),
        ("order.owner_assigned", (), {}, "owner-missing"),
        ("order.next_action_set", (), {"action": " "}, "empty"),
        ("order.next_action_set", (), {"action": "x", "due_at": "soon"}, "date-form"),
        ("order.next_action_set", CLOSED, {"action": "x"}, "order-finished"),
        ("order.planned_dispatch_set", (PLANNED,), {"date": "2025-03-08"}, "planned"),
        ("order.planned_dispatch_set", (), {"date": "8 March"}, "date-form"),
        ("order.planned_dispatch_set", (PAID, SENT), {"date": "2025-03-08"}, "dispatched"),
        (
            "order.planned_dispatch_changed",
            (),
            {"after": "2025-03-08", "reason": "x"},
            "not-planned",
        ),
        ("order.put_on_hold", (HELD,), {"reason_code": "x"}, "on-hold"),
        ("order.hold_released", (), {}, "not-on-hold"),
    ],
)
def test_what_a_rule_stands_against_is_refused(kind, facts, content, code):
    assert refused(kind, *facts, **content) == code


# R020, R059, R060, R062
def test_an_order_is_confirmed_once_with_a_number_and_a_service_requirement():
    asked = {"order_track_no": NUMBER, "service_requirement": "open the box first"}

    assert give("order.confirmed", PAID, OWNED, **asked) == [("order.confirmed", asked)]
    assert refused("order.confirmed", PAID, OWNED, CONFIRMED, **asked) == "confirmed"
    assert refused("order.confirmed", PAID, OWNED, HELD, **asked) == "on-hold"
    assert (
        refused("order.confirmed", PAID, OWNED, **{**asked, "service_requirement": ""}) == "empty"
    )
    assert (
        refused("order.confirmed", OWNED, **{**asked, "order_track_no": "1" * 16})
        == "track-no-form"
    )
    gone = said("order.cancelled", "03-04", by="customer")
    assert refused("order.confirmed", PAID, OWNED, gone, **asked) == "not-confirmable"
    assert refused("order.confirmed", PAID, **asked) == "owner-missing"


# R050
def test_an_order_that_was_meant_otherwise_is_cancelled_and_leads_to_the_new_one():
    meant = {"to": ["example/T02"], "reason": "20 wanted, not 10"}

    assert give("order.merged", PAID, **meant) == [
        ("order.merged", {"from": "example/T01", **meant}),
        (
            "order.cancelled",
            {"by": "customer", "reason_code": "reorder", "stage": "awaiting_dispatch",
             "refund_due": True},
        ),
    ]  # fmt: skip
    assert give("order.merged", **meant)[1][1]["refund_due"] is False
    sent = said("shipment.dispatched", "03-05", shipment_id="s1")
    assert refused("order.merged", PAID, sent, **meant) == "order-not-cancellable"
    for other in ("example/T01", "T02", "/"):
        assert refused("order.merged", PAID, **(meant | {"to": [other]})) == "order-form"


# 4.6
def test_a_tracking_number_has_sixteen_digits_and_one_of_them_checks():
    numbers = {make_track_no(f"order {n}") for n in range(2_000)}

    assert len(numbers) == 2_000
    assert all(len(number) == LENGTH == 16 and is_track_no(number) for number in numbers)
    assert make_track_no("a") != make_track_no("a", 1)
    for place in range(LENGTH):
        for digit in "0123456789":
            wrong = NUMBER[:place] + digit + NUMBER[place + 1 :]
            assert is_track_no(wrong) == (wrong == NUMBER)
    # The example of ISO/IEC 7812-1 for the account number 7992739871 has the check digit 3.
    assert is_track_no("0000079927398713")
    assert not any(map(is_track_no, ("", "1", NUMBER[:-1], f"{NUMBER} ", "１" * 16, "x" * 16)))


# R113, R123
def test_the_first_exception_makes_the_order_one_and_the_last_end_makes_it_normal():
    asked = {"exception_id": "x2", "class_": "stock", "subtype": "insufficient",
             "detected_by": "staff-1"}  # fmt: skip
    kind = SUBTYPES["stock.insufficient"]

    own, flag = give("exception.raised", PAID, **asked)
    assert own == (
        "exception.raised",
        {"exception_id": "x2", "class": "stock", "subtype": "insufficient",
         "detected_by": "staff-1", "priority": kind.priority, "level": kind.level},
    )  # fmt: skip
    assert flag == ("order.flag_changed", {"flag": "exception", "exception_id": "x2"})
    assert len(give("exception.raised", PAID, RAISED, **asked)) == 1
    assert refused("exception.raised", PAID, RAISED, **{**asked, "exception_id": "x1"}) == (
        "exception-known"
    )
    assert refused("exception.raised", **{**asked, "class_": "weather"}) == "class-unknown"

    picking = said("picking.claimed", "03-04", pick_id="k1")
    resolved, normal = give(
        "exception.resolved", PAID, picking, *HANDLED, exception_id="x1", cause="D8"
    )
    assert resolved[1] == {"exception_id": "x1", "cause": "D8", "resumed_at_stage": "picking"}
    assert normal == ("order.flag_changed", {"flag": "normal", "exception_id": "x1"})
    other = said("exception.raised", "03-04", exception_id="x9", **{"class": "stock"})
    assert (
        len(give("exception.resolved", PAID, other, *HANDLED, exception_id="x1", cause="D8")) == 1
    )


# R120
@pytest.mark.parametrize("left_out", [ASSIGNED, MEASURE, FEEDBACK])
def test_an_exception_is_not_resolved_before_its_log_is_whole(left_out):
    facts = [fact for fact in HANDLED if fact is not left_out]

    assert refused("exception.resolved", *facts, exception_id="x1", cause="D8") == "log-incomplete"


def test_an_exception_is_handed_to_its_kind_s_department_and_told_at_once():
    [(_, data)] = give("exception.assigned", RAISED, exception_id="x1", owner="staff-3")

    assert data == {
        "exception_id": "x1",
        "owner": "staff-3",
        "department": "customer_service",
        "notified_at": "2025-03-06T09:00:00Z",
    }
    assert (
        refused("exception.assigned", RAISED, exception_id="x1", owner="s", department="kitchen")
        == "department-unknown"
    )
    odd = said("exception.raised", "03-04", exception_id="x5", **{"class": "stock"}, subtype="new")
    assert refused("exception.assigned", odd, exception_id="x5", owner="s") == "department-missing"


# 4.4
def test_class_and_level_are_both_needed_and_guidance_is_named():
    asked = {"exception_id": "x1", "class_": "logistics", "subtype": "lost", "level": 1}

    [(_, data)] = give("exception.classified", RAISED, **asked)
    assert data["priority"] == SUBTYPES["logistics.lost"].priority
    assert data["guidance_id"].endswith("/logistics.lost")
    assert refused("exception.classified", RAISED, **{**asked, "level": 4}) == "level-missing"
    new = {**asked, "subtype": "new"}
    assert refused("exception.classified", RAISED, **new) == "subtype-unknown"
    assert give("exception.classified", RAISED, **new, priority=9)[0][1]["priority"] == 9


def test_what_is_resolved_is_left_alone_until_it_is_reopened():
    done = (*HANDLED, said("exception.resolved", "03-05", exception_id="x1", cause="D8"))
    about = {"exception_id": "x1"}

    assert refused("exception.measure_taken", *done, **about, measure="x") == "exception-resolved"
    reopened = give("exception.reopened", *done, **about, cause="wrong again")
    assert [type_ for type_, _ in reopened] == ["exception.reopened", "order.flag_changed"]
    assert refused("exception.reopened", RAISED, **about, cause="x") == "exception-open"
    assert refused("exception.measure_taken", exception_id="y", measure="x") == "exception-unknown"


# R139
def test_no_root_cause_without_what_shows_it():
    asked = {"exception_id": "x1", "stage": "picking", "department": "warehouse",
             "cause": "picked without scanning"}  # fmt: skip

    [(_, data)] = give("root_cause.attributed", RAISED, **asked, evidence="e7")
    assert data == asked
    assert refused("root_cause.attributed", RAISED, **asked, evidence=" ") == "empty"
    with pytest.raises(TypeError, match="evidence"):
        give("root_cause.attributed", RAISED, **asked)


# R119
def test_a_task_is_made_of_an_open_exception_and_done_once():
    asked = {"ticket_id": "t1", "exception_id": "x1", "department": "warehouse"}
    opened = said("ticket.opened", "03-05", **asked)

    assert give("ticket.opened", RAISED, **asked) == [("ticket.opened", asked)]
    assert refused("ticket.opened", RAISED, opened, **asked) == "ticket-known"
    assert refused("ticket.opened", **asked) == "exception-unknown"
    assert give("ticket.resolved", RAISED, opened, ticket_id="t1", result="sent")
    done = said("ticket.resolved", "03-06", ticket_id="t1")
    assert refused("ticket.resolved", RAISED, opened, done, ticket_id="t1", result="x") == (
        "ticket-resolved"
    )
    assert refused("ticket.resolved", ticket_id="t1", result="x") == "ticket-unknown"


# R119
def test_a_task_is_given_passed_on_and_opened_again():
    opened = said("ticket.opened", "03-05", ticket_id="t1", exception_id="x1",
                  department="warehouse")  # fmt: skip
    done = said("ticket.resolved", "03-06", ticket_id="t1")
    steps = (
        ("ticket.assigned", {"owner": "staff-9"}),
        ("ticket.transferred", {"department": "finance"}),
        ("ticket.updated", {"progress": "half"}),
    )

    for type_, said_ in steps:
        own = {"ticket_id": "t1", **said_}
        assert give(type_, RAISED, opened, **own) == [(type_, own)]
        assert refused(type_, RAISED, opened, done, **own) == "ticket-resolved"
        assert refused(type_, RAISED, **own) == "ticket-unknown"
    moved = {"ticket_id": "t1", "department": "moon"}
    assert refused("ticket.transferred", RAISED, opened, **moved) == "department-unknown"
    again = {"ticket_id": "t1", "progress": "it is not there"}
    assert refused("ticket.reopened", RAISED, opened, **again) == "ticket-open"
    assert give("ticket.reopened", RAISED, opened, done, **again)
