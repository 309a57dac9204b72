"""Settlement lines against refunds: each line in exactly one class, whatever order they come in."""

import random
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.reconciling import AGREED, WEAK, Known, Line, Outcome, reconcile

START, END = date(2026, 3, 1), date(2026, 3, 31)
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def line(number=1, **changes):
    said = {
        "psp_refund_id": "re_1", "amount": 1000, "currency": "EUR", "day": date(2026, 3, 10),
        "payment_ids": ("pi_1",),
    }  # fmt: skip
    return Line(file=1, line=number, **(said | changes))


def known(**changes):
    said = {
        "order": "order/de/1", "refund_id": "r1", "psp": "stripe", "psp_refund_id": "re_1",
        "reference": None, "idempotency_keys": (), "payment_ids": ("pi_1",), "amount": 1000,
        "currency": "EUR", "state": "paid", "day": date(2026, 3, 9),
    }  # fmt: skip
    return Known(**(said | changes))


def outcomes(lines, refunds, days=5):
    return [str(each.outcome) for each in reconcile(lines, refunds, START, END, days)]


@pytest.mark.parametrize(
    ("line_says", "we_say", "outcome"),
    [
        ({}, {}, "matched"),
        ({}, {"state": "pending"}, "matched"),
        ({"amount": None}, {}, "matched"),
        ({"amount": 999}, {}, "amount-differs"),
        ({"currency": "USD"}, {}, "currency-differs"),
        ({"currency": "USD", "amount": 1080, "shown": (1000, "EUR")}, {}, "matched"),
        ({"currency": "USD", "amount": 1080, "shown": (900, "EUR")}, {}, "currency-differs"),
        ({}, {"state": "failed"}, "state-differs"),
        ({"came_back": True}, {}, "state-differs"),
        ({"came_back": True}, {"state": "failed"}, "matched"),
        ({"psp_refund_id": "re_9", "payment_ids": ()}, {"state": "failed"}, "missing-here"),
    ],
)
def test_a_line_and_a_refund_fit_or_differ(line_says, we_say, outcome):
    assert outcomes([line(**line_says)], [known(**we_say)]) == [outcome]


@pytest.mark.parametrize(
    ("line_says", "we_say", "by"),
    [
        ({}, {}, "PSP refund id"),
        ({"psp_refund_id": "r1"}, {"psp_refund_id": None}, "PSP refund id"),
        ({"psp_refund_id": None, "reference": "arn"}, {"reference": "arn"}, "reference"),
        ({"psp_refund_id": None, "idempotency_key": "k"}, {"idempotency_keys": ("j", "k")},
         "idempotency key"),
        ({"psp_refund_id": None, "refund_id": "r1"}, {}, "refund id"),
        ({"psp_refund_id": "re_9", "refund_id": "r1"}, {"psp_refund_id": None}, "refund id"),
        ({"psp_refund_id": None}, {}, WEAK),
        ({}, {"psp_refund_id": None}, WEAK),
    ],
)  # fmt: skip
def test_the_strongest_id_decides(line_says, we_say, by):
    [found] = reconcile([line(**line_says)], [known(**we_say)], START, END, 5)

    assert (found.outcome, found.by) == ("matched", by)


@pytest.mark.parametrize(
    "we_say",
    [
        {"day": date(2026, 3, 4)},  # six days before
        {"amount": 999},
        {"currency": "USD"},
        {"payment_ids": ("pi_2",)},
        {"psp_refund_id": "re_9"},  # both name the PSP's refund, and not the same
        {"state": "failed"},
        {"day": None},
    ],
)
def test_a_weak_match_needs_all_of_payment_amount_day_and_no_contradiction(we_say):
    refund = known(**({"psp_refund_id": None} | we_say))

    assert outcomes([line()], [refund])[0] == "missing-here"


def test_of_two_refunds_of_one_amount_each_line_gets_the_nearer_one():
    early = known(refund_id="a", psp_refund_id=None, day=date(2026, 3, 8))
    late = known(refund_id="b", psp_refund_id=None, day=date(2026, 3, 10))
    lines = [line(1, psp_refund_id="x"), line(2, psp_refund_id="y", day=date(2026, 3, 8))]

    found = reconcile(lines, [late, early], START, END, 5)

    assert [(each.line.line, each.refund.refund_id) for each in found] == [(1, "b"), (2, "a")]


def test_the_second_line_of_a_refund_is_there_twice_and_the_better_one_is_the_first():
    assert outcomes([line(1, amount=5), line(2), line(3)], [known()]) == [
        "twice", "matched", "twice",
    ]  # fmt: skip


def test_what_was_paid_and_came_back_are_two_lines_of_one_refund():
    lines = [line(1), line(2, came_back=True)]

    assert outcomes(lines, [known(state="failed")]) == ["matched", "matched"]
    assert outcomes(lines, [known(state="paid")]) == ["matched", "state-differs"]


@pytest.mark.parametrize(
    ("day", "state", "outcome"),
    [
        (date(2026, 3, 26), "paid", ["missing-there"]),
        (date(2026, 3, 27), "paid", ["not-due"]),
        (date(2026, 3, 31), "paid", ["not-due"]),
        (date(2026, 4, 1), "paid", []),
        (date(2026, 2, 28), "paid", []),
        (date(2026, 3, 9), "pending", []),
        (None, "paid", []),
    ],
)
def test_what_we_say_was_paid_in_the_period_must_be_in_the_file(day, state, outcome):
    assert outcomes([], [known(day=day, state=state)]) == outcome


def test_one_refund_with_two_names_in_an_order_is_not_missing():
    both = [known(refund_id="r1"), known(refund_id="re_1")]

    assert outcomes([line()], both) == ["matched"]
    other = known(refund_id="re_1", order="order/de/2")
    assert outcomes([line()], [known(), other]) == ["matched", "missing-there"]


ids = st.sampled_from([None, "a", "b", "c"])
amounts = st.sampled_from([None, 100, 200])
codes = st.sampled_from([None, "EUR", "USD"])
days = st.one_of(st.none(), st.integers(-5, 40).map(lambda n: START + timedelta(n)))
payments = st.lists(st.sampled_from(["p", "q"]), max_size=2, unique=True).map(tuple)
lines_of = st.lists(
    st.builds(
        Line, file=st.integers(1, 2), line=st.integers(1, 9), came_back=st.booleans(),
        refund_id=ids, psp_refund_id=ids, reference=ids, idempotency_key=ids,
        payment_ids=payments, amount=amounts, currency=codes, day=days,
    ),
    max_size=7, unique=True,
)  # fmt: skip
refunds_of = st.lists(
    st.builds(
        Known, order=st.sampled_from(["order/de/1", "order/de/2"]),
        refund_id=st.sampled_from("abc"), psp=st.none(), psp_refund_id=ids, reference=ids,
        idempotency_keys=st.lists(st.sampled_from("abc"), max_size=2).map(tuple),
        payment_ids=payments, amount=amounts, currency=codes,
        state=st.sampled_from(["paid", "pending", "failed", "approved", "cancelled"]), day=days,
    ),
    max_size=7, unique_by=lambda refund: (refund.order, refund.refund_id),
)  # fmt: skip


@unhurried
@given(lines_of, refunds_of, st.integers(0, 10), st.randoms(use_true_random=False))
def test_each_line_is_in_one_class_and_the_order_of_arrival_plays_no_part(
    lines, refunds, tolerance, shuffle: random.Random
):
    found = reconcile(lines, refunds, START, END, tolerance)

    assert sorted(map(repr, (each.line for each in found if each.line))) == sorted(map(repr, lines))
    alone = [each.refund for each in found if each.line is None]
    assert len(set(alone)) == len(alone)
    with_line = {each.refund for each in found if each.line is not None}
    assert with_line.isdisjoint(alone)
    # No refund pays for two lines of a kind.
    for back in (False, True):
        paid = [e.refund for e in found if e.line and e.line.came_back is back
                and e.refund and e.outcome is not Outcome.TWICE]  # fmt: skip
        assert len(set(paid)) == len(paid)
    lines, refunds = list(lines), list(refunds)
    shuffle.shuffle(lines)
    shuffle.shuffle(refunds)
    assert reconcile(lines, refunds, START, END, tolerance) == found


@unhurried
@given(refunds_of)
def test_a_file_that_says_what_we_say_agrees(refunds):
    paid = [each for each in refunds if each.state == "paid" and each.day]
    lines = [
        Line(
            file=1, line=number, psp_refund_id=f"re{number}", amount=each.amount,
            currency=each.currency, day=each.day,
        )
        for number, each in enumerate(paid, 1)
    ]  # fmt: skip
    ours = [
        Known(**{name: getattr(each, name) for name in Known.__struct_fields__}
              | {"psp_refund_id": f"re{number}"})
        for number, each in enumerate(paid, 1)
    ]  # fmt: skip

    assert {each.outcome for each in reconcile(lines, ours, START, END, 5)} <= AGREED
