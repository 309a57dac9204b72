"""The answer as JSON and on a terminal: every key, the money facts, and both languages."""

from datetime import date

import pytest

from domain.answer import as_answer
from domain.answer_text import answer_text
from domain.claim import judge
from domain.policy import POLICY
from domain.sentences import LANGUAGES, language_for
from domain.verdict import RANKING, Code
from domain.wording import banned_words
from tests.domain.order_story import (
    TODAY,
    approved,
    asked,
    cancelled_order,
    captured,
    compensation,
    dispute,
    failed,
    fold,
    opened,
    paid_order,
    placed,
    requested,
    returned,
    said,
    settled,
    submitted,
    succeeded,
)

PROOF = {"verdict": "intact", "events": 9, "head": "ab" * 32, "checkpoint": {"size": 40}}
KEYS = {
    "order",
    "shop",
    "verdict",
    "verdict_text",
    "next_actor",
    "next_action",
    "deadline",
    "obligations",
    "original_payment",
    "disputes",
    "compensation",
    "contacts",
    "evidence",
    "integrity",
    "confidence",
    "also",
    "as_of",
    "rule_version",
    "seconds",
}
OBLIGATION_KEYS = {
    "refund_id",
    "state",
    "verdict",
    "approved_amount",
    "settled_amount",
    "currency",
    "psp",
    "psp_refund_id",
    "reference_type",
    "reference",
    "reference_status",
    "destination",
    "dates",
}
DATE_KEYS = {
    "requested",
    "approved",
    "submitted",
    "succeeded",
    "settled",
    "failed",
    "expected_by",
    "next_answer",
}


def answer(*facts, as_of=TODAY, language="en"):
    order = fold(*facts) if facts else None
    return as_answer(
        order,
        judge(order, as_of=as_of),
        shop="example",
        number="T01",
        integrity=PROOF,
        seconds=0.02,
        language=language,
    )


def text(*facts, as_of=TODAY, language="en", number="T01"):
    order = fold(*facts) if facts else None
    return answer_text(
        order,
        judge(order, as_of=as_of),
        shop="example",
        number=number,
        integrity=PROOF,
        language=language,
    )


@pytest.mark.parametrize(
    "facts", [[], paid_order(), [*paid_order(), *returned()], [*paid_order(), cancelled_order()]]
)
def test_every_answer_has_all_keys(facts):
    given = answer(*facts)

    assert set(given) >= KEYS
    for one in given["obligations"]:
        assert set(one) >= OBLIGATION_KEYS
        assert set(one["dates"]) == DATE_KEYS


def test_a_settled_refund_is_answered_with_all_its_facts():
    given = answer(*paid_order(), *returned())

    (one,) = given["obligations"]
    assert given["verdict"] == "SETTLED_REFERENCE_GIVEN"
    assert given["verdict_text"] == (
        "We returned EUR 128.00 to the Visa card ending 4242 on 2025-03-05; it settled on "
        "2025-03-07; the bank finds it by ARN 24011343361000004363200."
    )
    assert (given["next_actor"], given["deadline"]) == ("customer's bank", "2026-11-29")
    assert (given["as_of"], given["rule_version"]) == ("2026-11-22", POLICY.version)
    assert (given["confidence"], given["also"], given["seconds"]) == ("complete", [], 0.02)
    assert given["integrity"] == PROOF
    assert given["evidence"] == [f"e{number}" for number in range(1, 10)]
    assert given["original_payment"] == {
        "payment_id": "p1",
        "psp": "stripe",
        "psp_payment_id": "pi_1",
        "amount": 12800,
        "currency": "EUR",
        "captured": "2025-03-03",
        "instrument": {"kind": "card", "brand": "visa", "last4": "4242"},
    }
    assert one == {
        "refund_id": "r1",
        "state": "paid",
        "verdict": "SETTLED_REFERENCE_GIVEN",
        "also": [],
        "amount": 12800,
        "approved_amount": 12800,
        "settled_amount": 12800,
        "currency": "EUR",
        "psp": "stripe",
        "psp_refund_id": "re_r1",
        "reference_type": "acquirer_reference_number",
        "reference": "24011343361000004363200",
        "reference_status": "available",
        "destination": {"kind": "card", "brand": "visa", "last4": "4242"},
        "original": None,
        "dates": {
            "requested": "2025-03-05",
            "approved": "2025-03-05",
            "submitted": "2025-03-05",
            "succeeded": "2025-03-05",
            "settled": "2025-03-07",
            "failed": None,
            "expected_by": "2025-03-19",
            "next_answer": "2026-11-29",
        },
    }


def test_within_the_window_the_next_answer_comes_after_it():
    given = answer(*paid_order(), *returned(), as_of=date(2025, 3, 14))

    assert (given["deadline"], given["next_answer"]) == ("2025-03-19", "2025-03-20")


def test_the_successful_day_is_the_psps():
    told = [*paid_order(), *asked(), succeeded(psp_at="2025-03-04T23:30:00-02:00")]

    assert answer(*told)["obligations"][0]["dates"]["succeeded"] == "2025-03-05"


def test_an_order_that_is_not_there_is_answered_too():
    given = answer()

    assert (given["verdict"], given["next_actor"]) == ("ORDER_NOT_FOUND", "customer")
    assert (given["obligations"], given["evidence"]) == ([], [])
    assert given["original_payment"] is None


def test_a_mismatch_names_the_verdict_it_would_have_had():
    given = answer(*paid_order(), *asked(), succeeded(), settled(amount=12000))

    assert (given["verdict"], given["also"]) == ("AMOUNT_MISMATCH", ["SUCCEEDED_REFERENCE_PENDING"])
    assert "EUR 120.00" in given["verdict_text"]
    assert "EUR 128.00" in given["verdict_text"]


def test_a_conflict_lists_both_sides():
    given = answer(*paid_order(), *returned(), settled("03-08", amount=100))

    assert given["verdict"] == "EVIDENCE_CONFLICT"
    assert given["conflict"] == ["r1: amount: EUR 128.00, EUR 1.00"]


def test_a_cancelled_order_shows_what_is_owed_without_a_refund():
    (one,) = answer(*paid_order(), cancelled_order())["obligations"]

    assert (one["refund_id"], one["state"], one["amount"]) == (None, "missing", 12800)


def test_disputes_compensation_and_contacts_are_listed():
    told = [
        *paid_order(),
        requested(),
        opened(),
        dispute("won", "03-20"),
        compensation(instead_of="r1"),
        said(
            "message.sent",
            "03-06",
            message_id="m1",
            channel="e-mail",
            template="refund-sent",
            language="en",
        ),
    ]

    given = answer(*told)

    assert given["disputes"] == [
        {
            "dispute_id": "d1",
            "state": "won",
            "payment_id": "p1",
            "amount": 12800,
            "currency": "EUR",
            "reason": None,
            "opened": "2025-03-10",
            "decided": "2025-03-20",
        }
    ]
    assert given["compensation"][0]["instead_of"] == "r1"
    assert given["contacts"] == [
        {
            "direction": "sent",
            "when": "2025-03-06T09:00:00+00:00",
            "channel": "e-mail",
            "template": "refund-sent",
            "language": "en",
            "message_id": "m1",
            "event_id": "e7",
        }
    ]


@pytest.mark.parametrize(
    ("original", "words"),
    [("unknown", "original purchase is not in this record"), ("price_differs", "another price")],
)
def test_a_credit_note_says_what_is_known_of_its_purchase(original, words):
    given = answer(requested(original=original), approved())

    assert given["verdict"] == "APPROVED_NOT_SUBMITTED"
    assert words in given["verdict_text"]
    assert given["obligations"][0]["original"] == original
    assert given["confidence"] == "incomplete"


def test_the_customers_own_language_is_used_unless_one_is_asked_for():
    chinese = placed(buyer={"language": "zh_CN"})

    assert "退款" in answer(chinese, captured(), *asked(), language=None)["verdict_text"]
    assert "refund" in answer(chinese, captured(), *asked(), language="en")["verdict_text"]
    assert language_for(None, "fr").code == "en"


def test_chinese_sentences_set_latin_letters_apart():
    given = answer(*paid_order(), *returned(), language="zh")

    assert given["verdict_text"] == (
        "我方于 2025-03-05 将 EUR 128.00 退回尾号 4242 的 Visa 卡，并于 2025-03-07 结算；"
        "银行可按 ARN 24011343361000004363200 查询。"
    )


def test_the_terminal_gives_the_answer_first_and_the_proof_last():
    lines = text(*paid_order(), *returned()).split("\n")

    assert lines[0] == "Refunded and settled  SETTLED_REFERENCE_GIVEN  Order example/T01"
    assert lines[1].startswith("We returned EUR 128.00")
    assert lines[3] == "Next: the customer's bank, by 2026-11-29"
    assert "  settled       2025-03-07  EUR 128.00, the Visa card ending 4242" in lines
    assert "Contacts: none recorded" in lines
    assert lines[-1] == (
        f"Record: intact, 9 events, checkpoint 40, as of 2026-11-22, rules {POLICY.version}"
    )


@pytest.mark.parametrize(
    ("integrity", "english", "chinese"),
    [
        ("intact", "intact", "完好"),
        ("altered", "altered", "已改动"),
        ("incomplete", "incomplete", "不完整"),
        ("cannot_tell", "cannot tell", "无法判断"),
    ],
)
def test_the_record_has_its_own_word_in_both_languages(integrity, english, chinese):
    order = fold(*paid_order())
    found = judge(order, as_of=TODAY, integrity=integrity)

    for language, word in (("en", english), ("zh", chinese)):
        last = answer_text(
            order,
            found,
            shop="s",
            number="1",
            integrity={"verdict": integrity},
            language=language,
        ).split("\n")[-1]
        assert word in last


def test_foreign_text_cannot_move_the_terminal():
    hostile = "\x1b[2J\u202etxt\n" + "9" * 4000
    told = [*paid_order(), requested(refund_id=hostile), submitted(refund_id=hostile)]

    shown = text(*told, number=hostile)

    assert all(line.isprintable() for line in shown.split("\n"))
    assert max(map(len, shown.split("\n"))) < 400


def test_what_does_not_fit_is_shown_with_its_event():
    told = [*paid_order(), failed()]

    assert "[e3]" in text(*told)
    assert "没有批准记录" in text(*told, language="zh")


def test_every_verdict_has_its_words_in_both_languages():
    for language in LANGUAGES.values():
        keys = {key.partition(":")[0] for key in language.sentences}
        assert set(language.titles) == set(Code)
        assert keys == set(Code)
        assert set(Code) <= {key.partition(":")[0] for key in language.actions}


def test_both_languages_fill_the_same_templates():
    english, chinese = LANGUAGES["en"], LANGUAGES["zh"]

    for part in ("titles", "sentences", "actions", "phrases", "labels", "letters", "states"):
        assert set(getattr(english, part)) == set(getattr(chinese, part)), part


def test_no_text_of_ours_uses_a_banned_word():
    for language in LANGUAGES.values():
        for part in (language.sentences, language.actions, language.letters, language.phrases):
            for key, template in part.items():
                assert banned_words(template, language.code) == (), key


def test_banned_words_are_found_in_any_case():
    assert banned_words("We GUARANTEE it", "en") == ("guarantee",)
    assert banned_words("本店即将倒闭", "zh") == ("倒闭",)
    assert banned_words("guarantee", "fr") == ()


def test_the_ranking_holds_every_verdict_of_an_obligation_once():
    assert len(set(RANKING)) == len(RANKING) == 21
    assert Code.FAILED_REISSUED not in RANKING
