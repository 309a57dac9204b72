"""Exceptions and tickets, folded from their events, and the table of their kinds."""

import itertools

import pytest

from domain.tracking.desk_policy import DESK_POLICY
from domain.tracking.exceptions import (
    ASSIGNED,
    CLASSIFIED,
    IN_PROGRESS,
    RAISED,
    REOPENED,
    RESOLVED,
    WAITING_CUSTOMER,
)
from domain.tracking.subtypes import (
    CLASSES,
    DEPARTMENTS,
    SUBTYPES,
    Subtype,
    default_priority,
    delay_level,
    subtype_title,
)
from domain.tracking.tracking import fold_tracking
from tests.domain.order_story import events, placed, said


def about(type_, when, **more):
    return said(f"exception.{type_}", when, exception_id="x1", **more)


STEPS = (
    (about("raised", "03-04T10:00", **{"class": "stock"}, subtype="insufficient",
           detected_by="rule-1"), RAISED),
    (about("classified", "03-04T10:02", **{"class": "stock"}, subtype="insufficient", level=1,
           priority=7), CLASSIFIED),
    (about("assigned", "03-04T10:03", department="warehouse", owner="staff-4",
           notified_at="2025-03-04T10:04:00Z"), ASSIGNED),
    (about("measure_taken", "03-04T11:00", measure="restocked", by="staff-4"), IN_PROGRESS),
    (about("progress_published", "03-04T11:30", promised_by="1 hour"), WAITING_CUSTOMER),
    (about("customer_feedback_received", "03-04T12:00", text="fine"), IN_PROGRESS),
    (about("resolved", "03-04T12:30", cause="D2", resumed_at_stage="picking"), RESOLVED),
    (about("reopened", "03-05"), REOPENED),
)  # fmt: skip


def fold(*facts):
    return fold_tracking(events(placed(), *facts)).exceptions


@pytest.mark.parametrize("upto", range(1, len(STEPS) + 1))
def test_an_exception_goes_through_its_states(upto):
    [found] = fold(*[fact for fact, _ in STEPS[:upto]])

    assert (found.exception_id, found.state) == ("x1", STEPS[upto - 1][1])
    assert found.open == (STEPS[upto - 1][1] != RESOLVED)


def test_a_resolved_exception_knows_who_when_what_and_what_the_customer_said():
    [found] = fold(*[fact for fact, _ in STEPS[:7]])

    assert (found.class_, found.subtype, found.level, found.priority) == (
        "stock",
        "insufficient",
        1,
        7,
    )
    assert (found.department, found.owner, found.promised_by) == ("warehouse", "staff-4", "1 hour")
    assert (found.noticed_at - found.raised_at) // 60_000_000 == 4
    assert (len(found.measures), len(found.feedback)) == (1, 1)
    assert (found.minutes_open, found.cause, found.resumed_at_stage) == (150, "D2", "picking")


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_the_sequence_of_arrival_plays_no_part(order):
    facts = [fact for fact, _ in (*STEPS[:3], STEPS[6])]

    [shuffled] = fold(*[facts[number] for number in order])
    assert (shuffled.state, shuffled.detected_by, shuffled.minutes_open) == (
        RESOLVED,
        "rule-1",
        150,
    )


def test_where_nothing_is_said_the_kind_s_own_values_hold():
    [found] = fold(said("exception.raised", "03-04", **{"class": "payment"}, subtype="new kind"))

    assert (found.exception_id, found.level, found.priority) == ("e2", None, 150)
    assert default_priority("stock", "oversold") == SUBTYPES["stock.oversold"].priority
    assert default_priority(None, None) > max(one.priority for one in SUBTYPES.values())
    assert subtype_title("payment.new_kind", "en") == "payment: new kind"


def test_a_root_cause_stands_with_its_exception():
    [found] = fold(
        STEPS[0][0],
        said("root_cause.attributed", "03-05", exception_id="x1", stage="picking",
             department="warehouse", cause="picked without scanning"),
        said("root_cause.attributed", "03-05", exception_id="other", cause="nobody raised it"),
    )  # fmt: skip

    assert [(one.stage, one.cause) for one in found.root_causes] == [
        ("picking", "picked without scanning")
    ]


def test_tickets_are_open_until_the_last_word_says_that_they_are_done():
    facts = (
        said("ticket.opened", "03-04", ticket_id="t1", exception_id="x1", department="service"),
        said("ticket.assigned", "03-05", ticket_id="t1", owner="staff-7"),
        said("ticket.resolved", "03-06", ticket_id="t1", result="sent again"),
    )
    [done] = fold_tracking(events(placed(), *facts)).tickets
    assert (done.exception_id, done.department, done.owner) == ("x1", "service", "staff-7")
    assert done.resolved_at is not None

    again = said("ticket.reopened", "03-07", ticket_id="t1")
    [opened] = fold_tracking(events(placed(), again, *facts)).tickets
    assert (opened.resolved_at, opened.reopened) == (None, 1)


# R113, R116
def test_each_class_has_kinds_and_each_kind_has_guidance_in_both_languages():
    assert {name.partition(".")[0] for name in SUBTYPES} == set(CLASSES)
    for kind in SUBTYPES.values():
        assert kind.department in DEPARTMENTS
        assert kind.guidance["en"] != kind.guidance["zh"]
    with pytest.raises(ValueError, match="guidance"):
        Subtype(
            name="stock.new", title={"en": "new", "zh": "新"}, priority=1, level=1,
            department="warehouse", guidance={"en": "do it", "zh": " "},
        )  # fmt: skip


# R114, R115
def test_priorities_put_payment_first_and_what_blocks_before_what_can_be_cleared_up():
    by_class = {
        class_: [kind.priority for name, kind in SUBTYPES.items() if name.startswith(f"{class_}.")]
        for class_ in CLASSES
    }

    assert max(by_class["payment"]) < min(by_class["stock"])
    assert default_priority("stock", "insufficient") < default_priority(
        "information", "incomplete_address"
    )


# 4.5
@pytest.mark.parametrize(("days", "level"), [(1, 2), (3, 2), (4, 1)])
def test_a_delay_of_more_than_three_days_touches_the_core_interest(days, level):
    assert delay_level(days, DESK_POLICY.slight_delay) == level
    assert delay_level(days, most=days - 1) == 1
