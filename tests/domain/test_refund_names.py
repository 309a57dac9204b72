"""Shop and payment provider name one refund by two ids, and it is one refund."""

import itertools

import pytest

from tests.domain.order_story import code, fold, paid_order, said

SHOP = (
    said("refund.requested", "03-05", refund_id="r1", amount=1_000, currency="EUR"),
    said("refund.approved", "03-05T13:00", refund_id="r1", amount=1_000, currency="EUR"),
)
ACCEPTED = said("refund.accepted", "03-05T14:00", refund_id="r1", psp_refund_id="re_1")
PROVIDER = (
    said("refund.submitted", "03-05T14:00", refund_id="re_1", psp_refund_id="re_1",
         amount=1_000, currency="EUR", idempotency_key="k1"),
    said("refund.succeeded", "03-06", refund_id="re_1", psp_refund_id="re_1"),
    said("refund.reference_recorded", "03-07", refund_id="re_1", psp_refund_id="re_1",
         reference="24011343361000004363200", reference_type="acquirer_reference_number"),
)  # fmt: skip


def refunds(*facts):
    return fold(*paid_order(), *facts).refunds


def test_what_the_provider_says_counts_for_the_shop_s_refund():
    for events in itertools.permutations((*SHOP, ACCEPTED, *PROVIDER)):
        [refund] = refunds(*events).values()

        assert (refund.refund_id, refund.state, refund.psp_refund_id) == ("r1", "paid", "re_1")

    assert code(*paid_order(), *SHOP, ACCEPTED, *PROVIDER) == "SETTLED_REFERENCE_GIVEN"


def test_the_key_of_the_submission_joins_them_too():
    submitted = said("refund.submitted", "03-05T14:00", refund_id="r1", idempotency_key="k1")

    assert list(refunds(*SHOP, submitted, *PROVIDER)) == ["r1"]


def test_without_a_word_that_they_are_one_they_are_two():
    assert list(refunds(*SHOP, *PROVIDER)) == ["r1", "re_1"]


def test_an_id_that_two_refunds_of_the_shop_claim_joins_nothing():
    other = said("refund.accepted", "03-05T15:00", refund_id="r2", psp_refund_id="re_1")

    assert sorted(refunds(*SHOP, ACCEPTED, other, *PROVIDER)) == ["r1", "r2", "re_1"]


def test_a_refund_that_nobody_here_asked_for_keeps_the_provider_s_id():
    assert list(refunds(*PROVIDER)) == ["re_1"]


@pytest.mark.parametrize("named", ["r1", "re_1"])
def test_whatever_speaks_of_the_refund_speaks_of_the_one(named):
    failed = said("refund.failed", "03-06", refund_id="re_1", psp_refund_id="re_1")
    reissued = said("refund.reissued", "03-08", refund_id="r0", new_refund_id=named)
    instead = said("compensation.accepted", "03-09", compensation_id="c1", instead_of=named,
                   amount=500, currency="EUR")  # fmt: skip
    told = (*paid_order(), *SHOP, ACCEPTED, failed, reissued, instead)
    order = fold(*told)

    assert order.refunds["r0"].reissued_as == ("r1",)
    assert order.compensations[0].instead_of == "r1"
    assert code(*told) == "COMPENSATION_INSTEAD"
