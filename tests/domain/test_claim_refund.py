"""Rows 13 to 34 of the decision table: one refund, told in events, on both sides of each limit."""

from datetime import date

import pytest

from domain.policy import Policy, Window
from tests.domain.order_story import (
    VISA,
    accepted,
    approved,
    asked,
    captured,
    code,
    compensation,
    failed,
    no_reference,
    paid_order,
    placed,
    reference,
    reissued,
    rejected,
    requested,
    returned,
    said,
    settled,
    submitted,
    succeeded,
    verdict,
)

# Accepted or succeeded on Wednesday 5 March 2025, ten weekdays end on Wednesday 19 March.
LAST_DAY = date(2025, 3, 19)
NEXT_DAY = date(2025, 3, 20)


def row(*facts, **how):
    found = verdict(*facts, **how)
    return found.deciding.row, str(found.code)


def action(when="03-06", **data):
    return said("refund.customer_action_required", when, refund_id="r1", **data)


def cancelled(when="03-07"):
    return said("refund.cancelled", when, refund_id="r1", reason="withdrawn")


def gap(start="2025-03-06T00:00:00Z", end="2025-03-31T00:00:00Z", source="/psp/stripe"):
    return said("source.gap_detected", "04-01", source=source, **{"from": start, "to": end})


def closed(when="04-01", psp="stripe"):
    return said("psp_account.closed", when, psp=psp, account_ref="acct_1")


def confirmed(when="03-12"):
    return said("refund.customer_confirmed", when, refund_id="r1", message_id="m1")


# 13. not paid, compensation accepted instead of it


@pytest.mark.parametrize(
    "refund",
    [[requested()], [rejected()], asked(), [*asked(), failed()], [requested(), cancelled()]],
)
def test_row_13_compensation_accepted_instead_settles_an_unpaid_refund(refund):
    told = [*paid_order(), *refund, compensation(instead_of="r1")]

    assert row(*told) == (13, "COMPENSATION_INSTEAD")


def test_row_13_a_paid_refund_stays_paid_whatever_was_accepted_beside_it():
    told = [*paid_order(), *returned(), compensation(instead_of="r1")]

    assert row(*told) == (31, "SETTLED_REFERENCE_GIVEN")


def test_row_13_compensation_for_another_refund_settles_nothing():
    assert row(*paid_order(), requested(), compensation(instead_of="r2"))[0] == 14


def test_row_13_counts_for_the_whole_chain():
    told = [*asked(), failed(), reissued("r2"), requested(refund_id="r2")]

    assert row(*paid_order(), *told, compensation(instead_of="r1"))[0] == 13


# 14. to 16. decisions


def test_row_14_a_request_without_decision_is_undecided():
    assert row(*paid_order(), requested()) == (14, "REQUESTED_UNDECIDED")


def test_row_14_a_request_after_a_rejection_is_an_appeal():
    assert row(*paid_order(), requested("03-05"), rejected("03-06"), requested("03-07"))[0] == 14


def test_row_14_a_request_that_comes_after_the_approval_does_not_undo_it():
    assert row(*paid_order(), approved("03-05"), requested("03-07"))[0] == 16


def test_row_15_a_rejected_request_is_rejected():
    assert row(*paid_order(), requested(), rejected()) == (15, "REJECTED")


def test_row_15_the_last_decision_counts():
    assert row(*paid_order(), approved("03-05"), rejected("03-06"))[0] == 15
    assert row(*paid_order(), rejected("03-05"), approved("03-06"))[0] == 16


def test_row_15_decisions_of_one_instant_follow_their_rank():
    assert row(*paid_order(), approved("03-06"), rejected("03-06"), requested("03-06"))[0] == 16


def test_row_16_an_approved_refund_that_nobody_sent_is_not_submitted():
    found = verdict(*paid_order(), requested(), approved())

    assert (found.deciding.row, found.code) == (16, "APPROVED_NOT_SUBMITTED")
    assert found.deadline == date(2025, 3, 6)


# 17. on its way, and the PSP cannot be heard


@pytest.mark.parametrize("state", [[submitted()], [accepted()], [action()]])
@pytest.mark.parametrize("silence", [gap(), closed(), closed(psp="Stripe")])
def test_row_17_silence_after_the_last_fact_is_a_gap(state, silence):
    assert row(*paid_order(), *asked(), *state, silence) == (17, "SOURCE_GAP")


@pytest.mark.parametrize(
    "silence",
    [
        gap("2025-03-01T00:00:00Z", "2025-03-05T12:00:00Z"),
        gap(source="/psp/adyen"),
        gap(source="/carrier/dhl"),
        gap(source="/carrier/pinstripes"),
        closed("03-05"),
        closed("03-05T12:00"),
        closed(psp="adyen"),
    ],
)
def test_row_17_earlier_silence_or_another_psps_is_none(silence):
    assert row(*paid_order(), *asked(), accepted(), silence)[0] == 23


@pytest.mark.parametrize(
    "silence",
    [
        gap("2025-03-01T00:00:00Z", "2025-03-05T12:00:01Z"),
        gap("2025-03-01", "2025-03-05"),
        gap("2025-03-06", None),
        gap(None, None, None),
        gap(source="/example"),
        gap(source="STRIPE"),
        closed("03-05T12:01"),
        closed(psp=None),
    ],
)
def test_row_17_silence_that_reaches_past_the_last_fact_counts(silence):
    assert row(*paid_order(), *asked(), accepted(), silence)[0] == 17


def test_row_17_a_gap_without_bounds_reaches_to_its_report():
    early = said("source.gap_detected", "03-05T12:00", source="/psp/stripe")
    late = said("source.gap_detected", "03-05T12:01", source="/psp/stripe")

    assert row(*paid_order(), *asked(), accepted(), early)[0] == 23
    assert row(*paid_order(), *asked(), accepted(), late)[0] == 17


def test_row_17_a_filled_gap_is_none():
    span = {"source": "/psp/stripe", "from": "2025-03-01", "to": "2025-04-01"}
    filled = said("source.gap_filled", "04-02", **span)

    assert row(*paid_order(), *asked(), accepted(), gap(), filled)[0] == 23


def test_row_17_the_psp_is_that_of_the_payment_where_the_refund_names_none():
    told = [placed(), captured(psp="adyen"), accepted()]

    assert row(*told, closed(psp="adyen"))[0] == 17
    assert row(*told, closed(psp="stripe"))[0] == 23


def test_row_17_a_decision_waits_for_nobody_elses_messages():
    assert row(*paid_order(), requested(), approved(), closed())[0] == 16


# 18. to 21. at the PSP


def test_row_18_a_submission_without_answer_is_unknown():
    assert row(*paid_order(), *asked()) == (18, "SUBMISSION_UNKNOWN")


def test_row_18_a_timed_out_submission_is_unknown():
    unknown = said("refund.submission_unknown", "03-06", refund_id="r1", error="timeout")

    assert row(*paid_order(), *asked(), unknown)[0] == 18
    assert row(*paid_order(), unknown)[0] == 18


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2025, 3, 20), (19, "PENDING_CUSTOMER_ACTION")),
        (date(2025, 3, 21), (20, "REFUND_CANCELLED")),
    ],
)
def test_rows_19_and_20_the_last_day_still_counts(day, expected):
    told = [*paid_order(), *asked(), action(expires_at="2025-03-20T01:00:00Z")]

    assert row(*told, as_of=day) == expected


def test_row_19_the_last_day_is_a_utc_day():
    told = [*paid_order(), *asked(), action(expires_at="2025-03-20T23:30:00-02:00")]

    assert row(*told, as_of=date(2025, 3, 21))[0] == 19


def test_row_19_an_action_without_end_does_not_expire():
    assert row(*paid_order(), *asked(), action())[0] == 19


def test_row_19_the_later_of_acceptance_and_action_counts():
    assert row(*paid_order(), *asked(), accepted("03-06"), action("03-07"))[0] == 19
    assert row(*paid_order(), *asked(), action("03-06"), accepted("03-07"))[0] == 23


def test_row_20_a_cancelled_refund_is_cancelled_whatever_was_pending():
    told = [*paid_order(), *asked(), cancelled("03-06"), accepted("03-07")]

    assert row(*told) == (20, "REFUND_CANCELLED")


@pytest.mark.parametrize("reason", ["insufficient_funds", "INSUFFICIENT_FUNDS"])
def test_row_21_a_refund_that_waits_for_our_balance_says_so(reason):
    told = [*paid_order(), *asked(), accepted(pending_reason=reason)]

    assert row(*told, as_of=LAST_DAY) == (21, "PENDING_NO_FUNDS")


def test_row_21_the_last_pending_reason_counts():
    told = [*asked(), accepted("03-05", pending_reason="insufficient_funds"), accepted("03-06")]

    assert row(*paid_order(), *told)[0] == 23


# 22. and 23. pending, and the window


@pytest.mark.parametrize(
    ("day", "expected"),
    [(LAST_DAY, (22, "PENDING_WITHIN_WINDOW")), (NEXT_DAY, (23, "PENDING_OVERDUE"))],
)
def test_rows_22_and_23_ten_weekdays_from_acceptance(day, expected):
    told = [*paid_order(), *asked(), accepted("03-05T12:00")]

    found = verdict(*told, as_of=day)

    assert (found.deciding.row, str(found.code)) == expected
    assert found.deciding.expected_by == LAST_DAY


def test_row_22_the_window_starts_on_the_utc_day():
    late = ("refund.accepted", "2025-03-05T23:30:00-02:00", "/example", {"refund_id": "r1"})

    assert verdict(*paid_order(), *asked(), late).deciding.expected_by == date(2025, 3, 20)


@pytest.mark.parametrize("start", ["03-07", "03-08", "03-09"])
def test_row_22_a_weekend_counts_from_its_friday(start):
    told = [*paid_order(), *asked(), accepted(start)]

    assert verdict(*told).deciding.expected_by == date(2025, 3, 21)


def test_row_22_a_repeated_notice_does_not_start_the_window_anew():
    told = [*paid_order(), *asked(), accepted("03-05T12:00"), accepted("03-14")]

    assert verdict(*told).deciding.expected_by == LAST_DAY


def test_row_22_a_new_pending_reason_does():
    told = [*asked(), accepted("03-05", pending_reason="insufficient_funds"), accepted("03-07")]

    assert verdict(*paid_order(), *told).deciding.expected_by == date(2025, 3, 21)


def test_row_22_a_psp_may_have_a_window_of_its_own():
    told = [placed(), captured(psp="wechat_pay"), submitted(psp="WeChat Pay"), accepted()]

    assert verdict(*told).deciding.expected_by == date(2025, 3, 10)


def test_row_22_a_method_of_the_psp_may_have_a_window_of_its_own():
    wallet = {"kind": "wallet", "brand": "wechat"}
    told = [placed(), captured(psp="wechat_pay", instrument=wallet), submitted(psp="wechat_pay")]

    # Wednesday and one weekday.
    assert row(*told, accepted(), as_of=date(2025, 3, 6)) == (22, "PENDING_WITHIN_WINDOW")
    assert row(*told, accepted(), as_of=date(2025, 3, 7)) == (23, "PENDING_OVERDUE")


@pytest.mark.parametrize(
    ("card", "destination", "last"),
    [
        (VISA, VISA, date(2025, 3, 6)),
        (VISA | {"country": "NO"}, VISA, date(2025, 3, 7)),
        (VISA | {"country": "NO"}, VISA | {"country": "SE"}, date(2025, 3, 6)),
        (VISA, VISA | {"country": "no"}, date(2025, 3, 7)),
    ],
)
def test_row_30_the_country_is_that_of_where_the_money_went(card, destination, last):
    own = {"psp": "stripe", "source": "test", "checked_on": date(2026, 11, 26)}
    rows = (Window(weekdays=1, **own), Window(country="NO", weekdays=2, **own))
    policy = Policy(version="test-1", windows=rows)
    told = [placed(), captured(instrument=card), *asked(), succeeded(), reference()]

    found = verdict(*told, settled(destination=destination), policy=policy)

    assert found.deciding.expected_by == last


# 24. and 25.


def test_row_24_a_failed_refund_is_owed_again():
    assert row(*paid_order(), *asked(), failed()) == (24, "FAILED_NOT_REISSUED")


def test_row_24_a_bounce_after_success_is_a_failure():
    bounced = said("refund.bounced", "03-20", refund_id="r1", reason="account_closed", amount=12800)

    assert row(*paid_order(), *returned(), bounced)[0] == 24


def test_row_24_the_last_final_fact_counts_by_time():
    assert row(*paid_order(), *asked(), succeeded("03-06"), failed("03-20"))[0] == 24
    assert row(*paid_order(), *asked(), failed("03-06"), succeeded("03-20"))[0] == 34


def test_row_24_final_facts_of_one_instant_follow_their_rank():
    assert row(*paid_order(), failed("03-06"), settled("03-06"), cancelled("03-06"))[0] == 24


def test_row_24_a_lone_failure_needs_no_earlier_fact():
    assert row(*paid_order(), failed())[0] == 24


def test_row_25_an_offline_payment_is_another_instrument():
    offline = said("refund.offline_recorded", "03-10", refund_id="r1", method="bank_transfer")

    assert row(*paid_order(), *asked(), failed(), offline) == (25, "OTHER_INSTRUMENT")


# 26. another amount than agreed


@pytest.mark.parametrize("amount", [12799, 12700])
def test_row_26_a_settlement_below_the_approval_is_a_mismatch(amount):
    told = [*asked(), succeeded(), reference(), settled(amount=amount)]

    found = verdict(*paid_order(), *told)

    assert (found.deciding.row, found.code) == (26, "AMOUNT_MISMATCH")
    assert found.also == ("SETTLED_REFERENCE_GIVEN",)


def test_row_26_another_currency_is_a_mismatch_and_another_case_is_not():
    assert row(*paid_order(), *asked(), succeeded(), settled(currency="USD"))[0] == 26
    assert row(*paid_order(), *asked(), succeeded(), settled(currency="eur"))[0] == 34


def test_row_26_the_submission_stands_in_for_a_missing_approval():
    told = [submitted(amount=12000), succeeded()]

    assert row(*paid_order(), *told, settled(amount=12800))[0] == 26
    assert row(*paid_order(), *told, settled(amount=12000))[0] == 34


def test_row_26_the_approval_comes_before_the_submission():
    told = [approved(amount=12000), submitted(amount=12800), succeeded()]

    assert row(*paid_order(), *told, settled(amount=12000))[0] == 34


def test_row_26_an_unknown_amount_is_no_mismatch():
    assert row(*paid_order(), *asked(), succeeded(), settled(amount=None))[0] == 34
    assert row(*paid_order(), requested(amount=500), succeeded(), settled())[0] == 34


def test_row_26_what_the_customer_saw_in_the_agreed_currency_is_no_mismatch():
    shown = {"presentment_amount": 12800, "presentment_currency": "EUR"}
    told = [*asked(), succeeded(), settled(amount=13900, currency="USD", **shown)]

    assert row(*paid_order(), *told)[0] == 34


def test_row_26_comes_before_the_customers_confirmation():
    found = verdict(*paid_order(), *asked(), succeeded(), settled(amount=100), confirmed())

    assert (found.code, found.also) == ("AMOUNT_MISMATCH", ("CONFIRMED_RECEIVED",))


# 27. the customer confirmed


def test_row_27_a_confirmation_after_the_payment_closes_the_claim():
    assert row(*paid_order(), *returned(), confirmed()) == (27, "CONFIRMED_RECEIVED")


def test_row_27_between_success_and_settlement_is_after_the_payment():
    assert row(*paid_order(), *returned(), confirmed("03-06"))[0] == 27


def test_row_27_an_earlier_confirmation_is_about_something_else():
    assert row(*paid_order(), *returned(), confirmed("03-05T12:59"))[0] == 31


def test_row_27_a_confirmation_alone_pays_nothing():
    assert row(*paid_order(), *asked(), confirmed())[0] == 18


def test_row_27_what_was_confirmed_before_a_bounce_is_not_confirmed_after_it():
    told = [*returned(), confirmed("03-10"), failed("03-12"), succeeded("03-14")]

    assert row(*paid_order(), *told)[0] == 31


# 28. another instrument


@pytest.mark.parametrize(
    "destination",
    [
        {"kind": "card", "brand": "visa", "last4": "9999"},
        {"kind": "wallet"},
        {"brand": "mastercard"},
        {"kind": "store_credit", "last4": "4242"},
    ],
)
def test_row_28_money_that_went_elsewhere_is_to_be_looked_for_there(destination):
    told = [*asked(), succeeded(), reference(), settled(destination=destination)]

    assert row(*paid_order(), *told) == (28, "OTHER_INSTRUMENT")


@pytest.mark.parametrize(
    "destination", [{"kind": "CARD", "brand": "Visa"}, {"last4": "4242"}, {}, None, {"kind": None}]
)
def test_row_28_only_what_both_sides_have_is_compared_without_case(destination):
    told = [*asked(), succeeded(), reference(), settled(destination=destination)]

    assert row(*paid_order(), *told)[0] == 31


def test_row_28_each_payment_has_its_own_instrument():
    other = {"kind": "card", "brand": "visa", "last4": "1111"}
    paid = [placed(), captured(), captured("03-03T11:00", payment_id="p2", instrument=other)]
    on = [succeeded(), reference(), settled(destination=other)]

    assert row(*paid, submitted(payment_id="p2"), *on)[0] == 31
    assert row(*paid, submitted(payment_id="p1"), *on)[0] == 28
    assert row(*paid, requested(), *on)[0] == 31


def test_row_28_a_redirected_refund_went_elsewhere():
    redirect = said("refund.redirected", "03-06", refund_id="r1", destination={"kind": "wallet"})

    assert row(*paid_order(), *asked(), redirect, succeeded(), reference())[0] == 28


@pytest.mark.parametrize(
    ("route", "expected"), [("other", 28), ("offline", 28), ("ORIGINAL", 31), (None, 31)]
)
def test_row_28_a_route_that_is_not_the_original_leads_elsewhere(route, expected):
    told = [approved(route=route), succeeded(), reference()]

    assert row(*paid_order(), *told)[0] == expected


# 29. reversal


def test_row_29_a_reversal_leaves_no_credit_line():
    told = [*asked(), succeeded(kind="Reversal"), no_reference()]

    assert row(*paid_order(), *told) == (29, "REVERSED_NO_CREDIT_LINE")


# 30. to 34. the reference


@pytest.mark.parametrize(
    ("day", "expected"),
    [(LAST_DAY, (30, "SETTLED_WITHIN_WINDOW")), (NEXT_DAY, (31, "SETTLED_REFERENCE_GIVEN"))],
)
def test_rows_30_and_31_ten_weekdays_from_success(day, expected):
    assert row(*paid_order(), *returned(), as_of=day) == expected


@pytest.mark.parametrize(
    ("facts", "expected_by"),
    [
        ([succeeded(psp_at="2025-03-04T08:00:00Z")], date(2025, 3, 18)),
        ([succeeded(psp_at="2025-03-04T23:00:00-03:00")], date(2025, 3, 19)),
        ([succeeded()], date(2025, 3, 19)),
        ([succeeded(psp_at="yesterday")], date(2025, 3, 19)),
        ([settled("03-07")], date(2025, 3, 21)),
        ([succeeded(), settled("03-07")], date(2025, 3, 19)),
        ([settled("03-04"), succeeded()], date(2025, 3, 19)),
    ],
)
def test_row_30_the_window_starts_at_the_psps_success_else_the_settlement(facts, expected_by):
    assert verdict(*paid_order(), *facts, reference()).deciding.expected_by == expected_by


def test_row_30_a_window_after_a_bounce_starts_with_the_new_success():
    told = [*returned(), failed("03-08"), succeeded("03-12")]

    assert verdict(*paid_order(), *told).deciding.expected_by == date(2025, 3, 26)


def test_row_31_a_reference_that_was_awaited_and_came_is_there():
    told = [*asked(), succeeded(), reference("03-06", status="pending", number=None), reference()]

    assert row(*paid_order(), *told)[0] == 31


def test_row_31_a_late_notice_does_not_take_an_available_reference_away():
    told = [*asked(), succeeded(), reference("03-06"), reference("03-07", status="pending")]

    assert row(*paid_order(), *told, no_reference("03-08"))[0] == 31


@pytest.mark.parametrize("none", [no_reference(), reference(status="unavailable", number=None)])
def test_row_32_a_reference_that_will_never_come_is_said_to_be_none(none):
    assert row(*paid_order(), *asked(), succeeded(), none) == (32, "SETTLED_NO_REFERENCE")


@pytest.mark.parametrize(
    "instrument",
    [
        {"kind": "alipay"},
        {"kind": "wallet", "brand": "WeChat Pay"},
        {"kind": "klarna"},
        {"kind": "pix"},
    ],
)
def test_row_32_methods_without_references_need_no_notice(instrument):
    told = [placed(), captured(instrument=instrument), *asked(), succeeded()]

    assert row(*told)[0] == 32


@pytest.mark.parametrize("silence", [gap(), closed()])
def test_row_33_without_reference_silence_is_a_gap(silence):
    assert row(*paid_order(), *asked(), succeeded(), silence) == (33, "SOURCE_GAP")
    assert row(*paid_order(), *returned(), silence)[0] == 31
    assert row(*paid_order(), *asked(), succeeded(), no_reference(), silence)[0] == 32


def test_row_33_another_psps_silence_is_none():
    assert row(*paid_order(), *asked(), succeeded(), closed(psp="adyen"))[0] == 34


def test_row_34_a_success_awaits_its_reference():
    told = [*paid_order(), *asked(), succeeded(), reference(status="pending", number=None)]

    assert row(*told) == (34, "SUCCEEDED_REFERENCE_PENDING")


@pytest.mark.parametrize(
    ("day", "alarm", "actor"),
    [(date(2025, 3, 12), False, "PSP"), (date(2025, 3, 13), True, "seller")],
)
def test_row_34_alarms_when_older_than_seven_days(day, alarm, actor):
    found = verdict(*paid_order(), *asked(), succeeded(), as_of=day)

    assert (found.deciding.alarm, found.next_actor) == (alarm, actor)


# A missing earlier fact never holds a later one back.


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        (approved(), 16),
        (rejected(), 15),
        (submitted(), 18),
        (accepted(), 23),
        (action(), 19),
        (cancelled(), 20),
        (succeeded(), 34),
        (settled(destination=VISA), 34),
        (failed(), 24),
    ],
)
def test_a_single_fact_says_all_it_says(fact, expected):
    assert row(*paid_order(), fact)[0] == expected


def test_a_reference_alone_says_nothing_about_the_money():
    found = verdict(*paid_order(), reference())

    assert (found.code, found.confidence) == ("REQUESTED_UNDECIDED", "incomplete")


def test_codes_are_plain_text():
    assert code(*paid_order(), failed()) == "FAILED_NOT_REISSUED"


def test_a_report_without_an_amount_leaves_that_of_an_earlier_one():
    known = succeeded("03-05T12:00", amount=12800, currency="EUR")
    later = succeeded("03-05T13:00")

    told = verdict(*paid_order(), known, later).deciding

    assert (told.amount, told.currency) == (12800, "EUR")
    assert told.refund.succeeded.event_id == "e4"
    differing = [settled(amount=11800), settled("03-08", amount=None)]
    found = verdict(*paid_order(), *asked(), succeeded(), *differing)
    assert found.code == "AMOUNT_MISMATCH"
    assert found.deciding.refund.settled.amount == 11800
