"""Rows 1 to 12 of the decision table: the whole order, told in events."""

import pytest

from domain.claim import judge
from domain.order import fold_order
from tests.domain.order_story import (
    TODAY,
    accepted,
    approved,
    asked,
    cancelled_order,
    captured,
    code,
    compensation,
    dispute,
    events,
    failed,
    fold,
    opened,
    paid_order,
    placed,
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


def offline(when="03-07", refund_id="r1"):
    return said("refund.offline_recorded", when, refund_id=refund_id, method="bank_transfer")


def statement(when="03-20", **data):
    return said("claim.counter_evidence", when, claim_id="cl1", statement="not there", **data)


def demand(kind="refund", **data):
    return said("aftersales.requested", "03-05", case_id="a1", kind=kind, **data)


# 1. no order by these identifiers


def test_row_1_no_order_is_not_found():
    found = judge(None, as_of=TODAY)

    assert (found.code, found.row, found.next_actor) == ("ORDER_NOT_FOUND", 1, "customer")


def test_row_1_an_order_without_events_is_not_found():
    assert judge(fold_order([]), as_of=TODAY).code == "ORDER_NOT_FOUND"


def test_row_1_no_order_is_not_found_in_an_altered_archive_either():
    assert judge(None, as_of=TODAY, integrity="altered").code == "ORDER_NOT_FOUND"


# 2. evidence conflicts


@pytest.mark.parametrize("integrity", ["altered", "incomplete"])
def test_row_2_a_known_order_that_cannot_be_read_is_a_conflict(integrity):
    found = judge(fold_order([]), as_of=TODAY, integrity=integrity)

    assert (found.code, found.row) == ("EVIDENCE_CONFLICT", 2)


@pytest.mark.parametrize("integrity", ["altered", "incomplete"])
def test_row_2_a_record_that_failed_verification_answers_nothing(integrity):
    found = verdict(*paid_order(), *returned(), integrity=integrity)

    assert (found.code, found.row, found.confidence) == ("EVIDENCE_CONFLICT", 2, "incomplete")


def test_row_2_cannot_tell_only_lowers_the_confidence():
    told = [*paid_order(), *returned()]

    known = verdict(*told)
    unknown = verdict(*told, integrity="cannot_tell")

    assert unknown.code == known.code == "SETTLED_REFERENCE_GIVEN"
    assert (known.confidence, unknown.confidence) == ("complete", "incomplete")


@pytest.mark.parametrize(
    "other",
    [
        {"amount": 12700},
        {"currency": "USD"},
        {"destination": {"kind": "card", "brand": "visa", "last4": "1111"}},
        {"destination": {"kind": "wallet"}},
        {"destination": {"brand": "mastercard"}},
    ],
)
def test_row_2_two_settlements_that_differ_conflict(other):
    found = verdict(*paid_order(), *returned(), settled("03-08", **other))

    assert (found.code, found.row) == ("EVIDENCE_CONFLICT", 2)
    assert found.sides
    assert {"e9", "e10"} <= set(found.event_ids)


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"currency": "eur", "destination": {"kind": "CARD", "brand": "Visa"}},
        {"amount": None, "currency": None, "destination": None},
    ],
)
def test_row_2_settlements_are_compared_in_what_both_have_without_case(other):
    told = [*paid_order(), *returned(), settled("03-08", **other)]

    assert code(*told) == "SETTLED_REFERENCE_GIVEN"


def test_row_2_settlements_of_two_refunds_need_not_agree():
    told = [*paid_order(amount=25600), *returned("r1"), *returned("r2", amount=5000)]

    assert code(*told) == "SETTLED_REFERENCE_GIVEN"


@pytest.mark.parametrize("named", [{"refund_id": "r1"}, {}])
def test_row_2_a_bank_statement_against_a_paid_refund_conflicts(named):
    found = verdict(*paid_order(), *returned(), statement(**named))

    assert (found.code, found.row, found.next_actor) == ("EVIDENCE_CONFLICT", 2, "auditor")
    assert "e10" in found.event_ids
    assert len(found.sides) == 2


def test_row_2_a_bank_statement_agrees_with_a_refund_that_failed():
    told = [*paid_order(), *asked(), failed(), statement(refund_id="r1")]

    assert code(*told) == "FAILED_NOT_REISSUED"


def test_row_2_a_bank_statement_about_another_refund_is_no_conflict():
    told = [*paid_order(), *returned("r1", 800), *asked("r2", 500), statement(refund_id="r2")]

    assert code(*told) == "SUBMISSION_UNKNOWN"


@pytest.mark.parametrize(
    "links",
    [
        [reissued("r1")],
        [reissued("r2"), reissued("r1", refund_id="r2")],
        [reissued("r2"), reissued("r3", refund_id="r2"), reissued("r1", refund_id="r3")],
    ],
)
def test_row_2_refunds_that_replace_one_another_in_a_circle_conflict(links):
    found = verdict(*paid_order(), requested(), failed(), *links)

    assert (found.code, found.row, found.cause) == ("EVIDENCE_CONFLICT", 2, "circle")


# 3. a marketplace that refunds by itself


@pytest.mark.parametrize("channel", ["amazon", "Amazon.de", "amazon_marketplace"])
def test_row_3_a_marketplace_order_without_refund_is_the_platforms(channel):
    found = verdict(placed(source_channel=channel), captured())

    assert (found.code, found.row) == ("HANDLED_BY_PLATFORM", 3)


def test_row_3_comes_before_disputes_and_cancellation():
    told = [placed(source_channel="amazon"), captured(), cancelled_order(), opened()]

    assert code(*told) == "HANDLED_BY_PLATFORM"


def test_row_3_a_refund_here_is_judged_here():
    assert code(placed(source_channel="amazon"), captured(), requested()) == "REQUESTED_UNDECIDED"


@pytest.mark.parametrize("channel", ["webshop", "amazon_pay", None])
def test_row_3_other_channels_refund_here(channel):
    assert code(placed(source_channel=channel), captured()) == "NEVER_REQUESTED"


# 4. returned more than captured


def test_row_4_two_refunds_above_the_capture_are_a_duplicate():
    told = [*paid_order(), *returned("r1"), *returned("r2")]

    assert (verdict(*told).code, verdict(*told).row) == ("DUPLICATE_REFUND", 4)


def test_row_4_a_paid_refund_and_a_lost_dispute_are_a_duplicate():
    told = [*paid_order(), *returned(), opened(), dispute("lost", "03-20")]

    assert code(*told) == "DUPLICATE_REFUND"


def test_row_4_a_paid_and_an_offline_refund_are_a_duplicate():
    told = [*paid_order(), *returned(), *asked("r2"), offline(refund_id="r2")]

    assert code(*told) == "DUPLICATE_REFUND"


@pytest.mark.parametrize(("second", "expected"), [(6400, False), (6401, True)])
def test_row_4_all_that_was_captured_may_be_returned_and_no_more(second, expected):
    told = [*paid_order(), *returned("r1", 6400), *returned("r2", second)]

    assert (code(*told) == "DUPLICATE_REFUND") is expected


def test_row_4_captures_add_up_and_each_id_counts_once():
    twice = [placed(), captured(), captured("03-03T11:00", payment_id="p2")]
    same = [placed(), captured(), captured("03-03T11:00")]
    refunds = [*returned("r1"), *returned("r2")]

    assert code(*twice, *refunds) == "SETTLED_REFERENCE_GIVEN"
    assert code(*same, *refunds) == "DUPLICATE_REFUND"


def test_row_4_each_refund_and_each_dispute_counts_once():
    told = [*paid_order(), *returned(), settled("03-08"), succeeded("03-09")]
    disputed = [opened(amount=6400), dispute("lost", "03-20"), dispute("lost", "03-21")]

    assert code(*told) == "SETTLED_REFERENCE_GIVEN"
    assert code(*paid_order(), *returned("r1", 6400), *disputed) == "DISPUTE_WON_BY_CUSTOMER"


def test_row_4_needs_a_known_capture():
    assert code(placed(), *returned("r1"), *returned("r2")) == "SETTLED_REFERENCE_GIVEN"


def test_row_4_other_currencies_are_not_added():
    foreign = [
        requested(refund_id="r2"),
        succeeded(refund_id="r2"),
        settled(refund_id="r2", currency="USD"),
    ]
    other = [said(w, t, s, **(d | {"currency": "USD"})) for w, t, s, d in foreign]

    assert code(*paid_order(), *returned("r1"), *other) != "DUPLICATE_REFUND"


@pytest.mark.parametrize(
    ("amount", "refunded", "expected"),
    [
        (10000, 11500, False),
        (10000, 11501, True),
        (100000, 107500, False),
        (100000, 107501, True),
    ],
)
def test_row_4_amazon_pay_allows_15_percent_or_75_whichever_is_less(amount, refunded, expected):
    paid = [placed(), captured(psp="Amazon Pay", amount=amount)]

    assert (code(*paid, *returned(amount=refunded)) == "DUPLICATE_REFUND") is expected


def test_row_4_two_members_of_one_chain_paid_are_a_duplicate_whatever_the_amounts():
    told = [*paid_order(), *returned("r1", 100), reissued("r2"), *returned("r2", 100)]

    found = verdict(*told)

    assert (found.code, found.cause) == ("DUPLICATE_REFUND", "chain")


def test_row_4_a_failed_member_and_its_successor_are_no_duplicate():
    told = [*paid_order(), *returned("r1"), failed("03-09"), reissued("r2"), *returned("r2")]

    assert code(*told) == "SETTLED_REFERENCE_GIVEN"


# 5. a dispute is open


def test_row_5_an_open_dispute_comes_before_refunds_and_shows_them():
    found = verdict(*paid_order(), requested(), approved(), opened())

    assert (found.code, found.row) == ("DISPUTE_OPEN", 5)
    assert [str(one.verdict) for one in found.obligations] == ["APPROVED_NOT_SUBMITTED"]


@pytest.mark.parametrize("outcome", ["won", "withdrawn"])
def test_row_5_a_dispute_that_the_seller_won_leaves_the_refund_to_be_judged(outcome):
    told = [*paid_order(), requested(), opened(), dispute(outcome, "03-20")]

    assert code(*told) == "REQUESTED_UNDECIDED"


def test_row_5_a_dispute_opened_again_is_open():
    told = [*paid_order(), opened(), dispute("won", "03-20"), opened("03-25")]

    assert code(*told) == "DISPUTE_OPEN"


def test_row_5_disputes_follow_time_not_arrival():
    told = [*paid_order(), dispute("withdrawn", "03-20"), opened("03-10")]

    assert code(*told) == "NEVER_REQUESTED"


def test_row_5_one_open_dispute_of_two_is_enough():
    told = [
        *paid_order(),
        opened(dispute_id="d1"),
        dispute("won", "03-20"),
        opened(dispute_id="d2"),
    ]

    assert code(*told) == "DISPUTE_OPEN"


# 6. disputes lost or accepted


@pytest.mark.parametrize("outcome", ["lost", "accepted"])
def test_row_6_a_lost_dispute_paid_the_customer(outcome):
    told = [*paid_order(), *asked(), failed(), opened(), dispute(outcome, "03-20")]

    found = verdict(*told)

    assert (found.code, found.row, found.next_actor) == ("DISPUTE_WON_BY_CUSTOMER", 6, "nobody")


@pytest.mark.parametrize(
    ("amount", "expected"),
    [(4999, "APPROVED_NOT_SUBMITTED"), (5000, "DISPUTE_WON_BY_CUSTOMER")],
)
def test_row_6_the_disputes_must_cover_all_unpaid_refunds(amount, expected):
    unpaid = [requested(amount=5000), approved(amount=5000)]

    assert code(*paid_order(), *unpaid, opened(amount=amount), dispute("lost", "03-20")) == expected


def test_row_6_disputes_add_up():
    told = [*paid_order(), requested(amount=5000)]
    first = [opened(dispute_id="d1", amount=2500), dispute("lost", "03-20", "d1")]
    second = [opened(dispute_id="d2", amount=2500), dispute("accepted", "03-20", "d2")]

    assert code(*told, *first) == "REQUESTED_UNDECIDED"
    assert code(*told, *first, *second) == "DISPUTE_WON_BY_CUSTOMER"


def test_row_6_a_dispute_known_only_by_its_loss_counts():
    told = [*paid_order(), requested()]

    assert code(*told, dispute("lost", amount=12800)) == "DISPUTE_WON_BY_CUSTOMER"
    assert code(*told, dispute("lost")) == "DISPUTE_WON_BY_CUSTOMER"


def test_row_6_a_replaced_refund_is_owed_once():
    told = [*paid_order(), *asked(), failed(), reissued("r2"), requested(refund_id="r2")]

    assert code(*told, opened(), dispute("lost", "03-20")) == "DISPUTE_WON_BY_CUSTOMER"


def test_row_6_a_part_lost_beside_a_part_paid_closes_the_claim():
    told = [*paid_order(), *returned("r1", 6400), opened(amount=6400), dispute("lost", "03-20")]

    assert code(*told) == "DISPUTE_WON_BY_CUSTOMER"


# 7. never captured


@pytest.mark.parametrize(
    "more", [[], [cancelled_order()], [requested()], [requested(), approved()], [rejected()]]
)
def test_row_7_without_capture_there_is_nothing_to_refund(more):
    found = verdict(placed(), *more)

    assert (found.code, found.row) == ("NEVER_CAPTURED", 7)


def test_row_7_a_refund_at_the_psp_shows_that_there_was_a_capture():
    assert code(placed(), submitted()) == "SUBMISSION_UNKNOWN"
    assert code(placed(), succeeded()) == "SUCCEEDED_REFERENCE_PENDING"


def test_row_7_needs_the_placement():
    assert code(requested(), approved()) == "APPROVED_NOT_SUBMITTED"


# 8. compensation or exchange instead


@pytest.mark.parametrize(
    "instead",
    [
        compensation(),
        compensation(instead_of="r9"),
        said("exchange.agreed", "03-06", new_order_id="T02"),
    ],
)
def test_row_8_what_was_accepted_instead_answers_an_order_without_refund(instead):
    found = verdict(*paid_order(), cancelled_order(), instead)

    assert (found.code, found.row) == ("COMPENSATION_INSTEAD", 8)


def test_row_8_an_offer_is_no_acceptance():
    offer = said("compensation.offered", "03-06", compensation_id="c1", amount=1, currency="EUR")

    assert code(*paid_order(), offer) == "NEVER_REQUESTED"


def test_row_8_a_compensation_that_was_taken_back_stands_in_for_nothing():
    back = said("compensation.cancelled", "03-07", compensation_id="c1", reason="by mistake")

    assert code(*paid_order(), compensation()) == "COMPENSATION_INSTEAD"
    assert code(*paid_order(), compensation(), back) != "COMPENSATION_INSTEAD"


def test_row_8_a_refund_is_judged_beside_a_compensation_that_names_none():
    assert code(*paid_order(), requested(), compensation()) == "REQUESTED_UNDECIDED"


# 9. an after-sales request for money


def test_row_9_a_request_for_money_is_undecided():
    found = verdict(*paid_order(), cancelled_order(), demand())

    assert (found.code, found.row) == ("REQUESTED_UNDECIDED", 9)


@pytest.mark.parametrize("kind", ["exchange", "resend", "expedite", "repair", "question", "return"])
def test_row_9_other_requests_are_none_for_money(kind):
    assert code(*paid_order(), demand(kind)) == "NEVER_REQUESTED"


def test_row_9_a_return_that_names_an_amount_asks_for_money():
    assert code(*paid_order(), demand("return", amount=5000)) == "REQUESTED_UNDECIDED"


# 10. cancelled, and nobody opened a refund


@pytest.mark.parametrize("when", ["03-03T09:30", "03-04"])
def test_row_10_a_cancelled_order_owes_its_captures_before_or_after(when):
    found = verdict(*paid_order(), cancelled_order(when))

    assert (found.code, found.row, found.deciding.row) == ("CANCELLED_BUT_NO_REFUND", 12, 10)
    assert (found.deciding.amount, found.deciding.currency) == (12800, "EUR")
    assert found.deciding.refund is None


def test_row_10_adds_only_the_rest_beside_the_refunds():
    found = verdict(*paid_order(), cancelled_order(), *returned("r1", 10000))

    assert found.code == "CANCELLED_BUT_NO_REFUND"
    assert [one.amount for one in found.obligations] == [10000, 2800]


@pytest.mark.parametrize(
    ("amount", "expected"),
    [(12799, "CANCELLED_BUT_NO_REFUND"), (12800, "SETTLED_REFERENCE_GIVEN")],
)
def test_row_10_a_rest_of_nothing_adds_nothing(amount, expected):
    assert code(*paid_order(), cancelled_order(), *returned("r1", amount)) == expected


def test_row_10_a_rejected_refund_does_not_count():
    told = [*paid_order(), cancelled_order(), requested(), rejected()]

    assert code(*told) == "CANCELLED_BUT_NO_REFUND"


def test_row_10_lost_disputes_and_compensation_count():
    told = [*paid_order(), cancelled_order(), requested(amount=10000)]
    part = [opened(amount=1800), dispute("lost", "03-20")]

    rest = verdict(*told, *part).obligations[-1]
    none = verdict(*told, *part, compensation(amount=1000))

    assert (rest.verdict, rest.amount) == ("CANCELLED_BUT_NO_REFUND", 1000)
    assert none.code == "REQUESTED_UNDECIDED"


def test_row_10_a_chain_counts_once():
    told = [*asked(), failed(), reissued("r2"), *returned("r2")]

    assert code(*paid_order(), cancelled_order(), *told) == "SETTLED_REFERENCE_GIVEN"


def test_row_10_a_refund_of_unknown_amount_may_be_all_of_it():
    assert code(*paid_order(), cancelled_order(), succeeded()) == "SUCCEEDED_REFERENCE_PENDING"


def test_row_10_an_amount_that_was_settled_short_is_the_refunds_own_matter():
    told = [requested(), approved(), succeeded(), settled(amount=12000)]

    assert code(*paid_order(), cancelled_order(), *told) == "AMOUNT_MISMATCH"


# 11. and 12.


def test_row_11_a_paid_order_without_any_of_this_was_never_requested():
    found = verdict(*paid_order())

    assert (found.code, found.row, found.obligations) == ("NEVER_REQUESTED", 11, ())


def test_row_12_the_worst_obligation_speaks_for_the_order():
    found = verdict(
        *paid_order(), *returned("r1", 5000), *asked("r2", 5000), failed(refund_id="r2")
    )

    assert (found.code, found.row) == ("FAILED_NOT_REISSUED", 12)
    assert found.deciding.refund.refund_id == "r2"


# chains


def test_a_chain_is_judged_by_its_last_member_and_shows_the_others_as_replaced():
    told = [*asked("r1"), failed(), reissued("r2"), *asked("r2"), accepted(refund_id="r2")]

    found = verdict(*paid_order(), *told)

    assert [str(one.verdict) for one in found.obligations] == ["FAILED_REISSUED", "PENDING_OVERDUE"]
    assert found.code == "PENDING_OVERDUE"


def test_a_successor_without_events_does_not_stand_for_anything():
    assert code(*paid_order(), *asked(), failed(), reissued("r2")) == "FAILED_NOT_REISSUED"


def test_a_chain_of_three_is_judged_by_the_third():
    told = [
        *asked("r1", 500),
        failed(refund_id="r1"),
        reissued("r2", refund_id="r1"),
        *asked("r2", 500),
        failed(refund_id="r2"),
        reissued("r3", refund_id="r2"),
        *returned("r3", 500),
    ]

    found = verdict(*paid_order(), *told)

    assert found.code == "SETTLED_REFERENCE_GIVEN"
    assert [one.row for one in found.obligations] == [0, 0, 31]


def test_a_refund_replaced_by_two_is_judged_by_both():
    told = [*asked("r1"), failed(), reissued("r2"), reissued("r3", "03-10")]
    parts = [*returned("r2", 6400), *asked("r3", 6400)]

    # The two parts are one chain of which one member is paid: no duplicate.
    found = verdict(*paid_order(), *told, *parts)

    assert [str(one.verdict) for one in found.obligations] == [
        "FAILED_REISSUED",
        "SETTLED_REFERENCE_GIVEN",
        "SUBMISSION_UNKNOWN",
    ]


def test_an_earlier_member_that_was_paid_after_all_is_said_aloud():
    order = fold(*paid_order(), *returned("r1"), reissued("r2"), requested(refund_id="r2"))

    assert "reissued-but-paid" in {finding.code for finding in order.findings}


def test_events_of_the_story_are_numbered_as_they_are_told():
    assert [event.id for event in events(placed(), captured())] == ["e1", "e2"]
