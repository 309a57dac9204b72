"""The letter to the customer: fact, how to find the money, commitment."""

from datetime import date

import pytest

from domain.claim import judge
from domain.errors import InvalidInputError
from domain.letter import letter
from domain.wording import banned_words
from tests.domain.order_story import (
    TODAY,
    asked,
    cancelled_order,
    captured,
    failed,
    fold,
    no_reference,
    opened,
    paid_order,
    placed,
    returned,
    said,
    settled,
    succeeded,
)

AGENT = {"agent": "Test Agent", "contact": "help@example.org"}


def written(*facts, as_of=TODAY, language="en", **slots):
    order = fold(*facts) if facts else None
    found = judge(order, as_of=as_of)
    return letter(order, found, number="T01", language=language, **(AGENT | slots))


def test_a_settled_refund_is_proved_in_three_parts():
    sent = written(*paid_order(), *returned())

    assert sent.fact == (
        "On 2025-03-05 we returned EUR 128.00 to the Visa card ending 4242 you paid with on "
        "2025-03-03; it settled on 2025-03-07."
    )
    assert "ARN 24011343361000004363200" in sent.find
    assert "10 working days" in sent.find
    assert "2025-03-19" in sent.find
    assert "show this letter to your bank" in sent.find
    assert "in writing" in sent.commitment
    assert "trace with Stripe" in sent.commitment
    assert "2026-11-29" in sent.commitment
    assert "Test Agent" in sent.commitment
    assert "help@example.org" in sent.commitment
    assert (
        sent.text.index(sent.fact) < sent.text.index(sent.find) < sent.text.index(sent.commitment)
    )


def test_the_chinese_letter_holds_the_same_facts():
    sent = written(*paid_order(), *returned(), language="zh")

    assert sent.language == "zh-Hans"
    assert sent.subject == "订单 T01：关于您的退款"
    assert sent.fact == (
        "我方于 2025-03-05 将 EUR 128.00 退回您于 2025-03-03 付款所用的尾号 4242 的 Visa 卡，"
        "并于 2025-03-07 结算。"
    )
    for fact in ("ARN 24011343361000004363200", "2025-03-19", "10 个工作日"):
        assert fact in sent.find
    assert "2026-11-29" in sent.commitment


def test_the_letter_is_in_the_customers_language():
    chinese = placed(buyer={"language": "zh"})

    assert written(chinese, captured(), *returned(), language=None).language == "zh-Hans"
    assert written(*paid_order(), *returned(), language=None).language == "en"


def test_the_same_instrument_is_claimed_only_where_both_are_known():
    told = [*paid_order(instrument=None), *asked(), succeeded(), no_reference(), settled()]

    assert "you paid with" not in written(*told).fact


def test_a_reversal_tells_to_look_for_the_charge():
    sent = written(*paid_order(), *asked(), succeeded(kind="reversal"))

    assert "original charge" in sent.find
    assert "No separate credit" in sent.find
    assert "trace" not in sent.commitment


def test_without_reference_the_psps_number_is_given():
    assert "re_r1" in written(*paid_order(), *asked(), succeeded(), no_reference()).find


def test_an_offline_payment_is_not_looked_for_at_the_old_card_or_the_psp():
    paid = said("refund.offline_recorded", "03-10", refund_id="r1", method="bank_transfer")

    sent = written(*paid_order(), *asked(), failed(), paid)

    assert "original payment method" not in sent.find
    assert "Stripe" not in sent.text


@pytest.mark.parametrize(
    "facts",
    [
        [],
        paid_order(),
        [*paid_order(), cancelled_order()],
        [*paid_order(), opened()],
        [*paid_order(), *asked()],
        [*paid_order(), *asked(), failed()],
        [*paid_order(), *asked(), succeeded()],
        [placed(source_channel="amazon"), captured()],
    ],
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_letter_has_its_parts_and_no_banned_word(facts, language):
    sent = written(*facts, language=language)

    assert all((sent.subject, sent.fact, sent.find, sent.commitment))
    assert banned_words(sent.text, language) == ()
    assert "Test Agent" in sent.text
    assert "None" not in sent.text


@pytest.mark.parametrize("slot", ["agent", "contact"])
def test_nobody_is_promised_to_answer_who_is_not_named(slot):
    with pytest.raises(InvalidInputError) as refusal:
        written(*paid_order(), **{slot: " "})

    assert (refusal.value.code, refusal.value.place) == ("slot-empty", slot)


def test_while_the_banks_time_runs_the_next_answer_follows_it():
    assert "2025-03-20" in written(*paid_order(), *returned(), as_of=date(2025, 3, 14)).commitment


def test_of_a_card_that_the_provider_only_calls_so_the_payment_tells_which():
    vague = settled(destination={"kind": "card"})
    sent = written(*paid_order(), *asked(), succeeded(), vague, no_reference())

    assert "to the Visa card ending 4242 you paid with" in sent.fact
    assert "look at the Visa card ending 4242 from" in sent.find


def test_where_nobody_says_where_it_went_the_original_payment_is_named():
    sent = written(*paid_order(), *asked(), succeeded(), no_reference())

    assert "look at the original payment method (the Visa card ending 4242) from" in sent.find
    chinese = written(*paid_order(), *asked(), succeeded(), no_reference(), language="zh")
    assert "请查看原支付账户（尾号 4242 的 Visa 卡）自" in chinese.find
    two = captured(payment_id="p2", instrument={"kind": "card", "brand": "jcb", "last4": "1"})
    several = [*paid_order(), two, succeeded(), no_reference()]
    assert "ending" not in written(*several).text
