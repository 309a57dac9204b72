"""The pages: what they say, that foreign text stays text, and that one claim is one file."""

import re
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.verdict import Code
from domain.words import chinese, english
from evidence.attached import Attached
from evidence.claimed import Proof, Seal
from evidence.document import page
from evidence.typesetting import GlyphMissingError, Typesetter
from evidence.words import PAGES
from tests.evidence.conftest import AS_OF, STORY, claim

UNSIGNED = Seal(level=None, why="no_installation")
ATTACHED = [Attached("claim.json", "claim.json", b"{}", "application/json", "the answer")]
EVERYTHING = {
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    '#eval("1+1")',
    '#import "x": *; $x$ `raw` *bold* _it_ @ref <label> \\ // /*',
}


def typeset(typesetter, claimed, attached=ATTACHED, proof=None):
    return typesetter.typeset(page(claimed, proof or Proof(), UNSIGNED, attached), attached, AS_OF)


@pytest.fixture
def text_of(tool, tmp_path):
    """Return the words of a PDF as a reader sees them, spaces and line ends made single."""

    def read(pdf):
        (tmp_path / "pack.pdf").write_bytes(pdf)
        done = subprocess.run(
            [tool("pdftotext"), "-layout", tmp_path / "pack.pdf", "-"],
            capture_output=True, check=True,
        )  # fmt: skip
        return " ".join(done.stdout.decode().split())

    return read


def test_the_answer_comes_first_then_the_money_and_the_proof(typesetter, text_of):
    claimed = claim()
    text = text_of(typeset(typesetter, claimed))

    assert claimed.verdict.code == Code.SETTLED_REFERENCE_GIVEN
    places = [
        text.index(part)
        for part in (
            "Order 202605001",
            "Refunded and settled",
            "We returned EUR 128.00 to the Visa card ending 4242",
            "Next: the customer's bank",
            "7400 0006 1400 0000 0000 023",
            "Where the money is",
            "What the customer was told",
            "What is missing",
            "Every recorded event",
            "What this does not prove",
            "How to check it without us",
        )
    ]
    assert places == sorted(places)


def test_money_and_events_have_their_numbers_times_and_hashes(typesetter, text_of):
    claimed = claim()
    text = text_of(typeset(typesetter, claimed))
    timeline = text.partition("Every recorded event")[2]

    for each in claimed.recorded:
        groups = " ".join(each.hash[at : at + 8] for at in range(0, 32, 8))
        at = each.event.occurred_at.replace("T", " ")
        assert re.search(rf"#{each.event.version} {re.escape(at)} .*{groups}", timeline)
    assert "Settled" in text
    assert "2026-05-20, date only" in text
    assert f"Head of the order {groups} " in text
    assert re.search(r"page 1 of \d", text)


def test_personal_data_is_not_on_the_pages(typesetter, text_of):
    text = text_of(typeset(typesetter, claim()))

    assert "Zhang" not in text
    assert "zhang" not in text
    assert "on its way" not in text
    assert "refund-sent" in text


def test_the_same_claim_is_the_same_file(typesetter):
    first = typeset(typesetter, claim())

    assert typeset(typesetter, claim()) == first
    assert typeset(Typesetter(), claim()) == first
    assert typeset(typesetter, claim(number="202605002")) != first


def test_chinese_is_the_same_file_each_time_too(typesetter, chinese_font):
    first = typeset(typesetter, claim(language="zh"))

    assert typeset(typesetter, claim(language="zh")) == first
    alone = Typesetter(chinese_font.parent, system_fonts=False)
    assert alone.fonts == typesetter.fonts
    assert typeset(alone, claim(language="zh")).startswith(b"%PDF-")


@pytest.mark.parametrize("number", sorted(EVERYTHING))
def test_foreign_text_stays_text(typesetter, text_of, number):
    story = [*STORY, ("refund.failed", "2026-06-01T09:00:00+02:00",
                      {"refund_id": "r1", "failure_reason": number})]  # fmt: skip
    text = text_of(typeset(typesetter, claim(story, number=number)))

    seen = re.sub(r"\s", "", text)
    assert seen.count(re.sub(r"\s", "", number)) >= 3
    assert "<script>" not in text or number.startswith("<script>")


def test_rare_characters_stay_text(typesetter, text_of, chinese_font):
    assert "𠮷野家" in text_of(typeset(typesetter, claim(number="𠮷野家")))


def test_what_turns_the_reading_around_is_shown_escaped(typesetter, text_of):
    text = text_of(typeset(typesetter, claim(number="\u202e1005\u2066x\u0007\ue000")))

    assert r"\u202e1005\u2066x\u0007\ue000" in text


def test_a_number_of_4_kb_is_cut_and_said_to_be(typesetter, text_of):
    text = text_of(typeset(typesetter, claim(number="x" * 4096)))

    assert "x" * 81 not in re.sub(r"\s", "", text)
    assert "…" in text


def test_a_character_that_no_font_has_is_an_error_with_the_next_step():
    poor = Typesetter(system_fonts=False)

    with pytest.raises(GlyphMissingError) as raised:
        typeset(poor, claim(language="zh"))
    assert "fonts-noto-cjk" in str(raised.value)
    assert "ORDERPROOF_FONT_PATH" in str(raised.value)
    with pytest.raises(GlyphMissingError, match="fonts-noto-cjk"):
        typeset(poor, claim(number="𠮷"))
    assert typeset(poor, claim(number="Ω-é-ß-ж")).startswith(b"%PDF")


def test_it_says_that_it_is_pdf_a_3a_and_pdf_ua_1(typesetter):
    pdf = typeset(typesetter, claim())

    assert b"<pdfaid:part>3</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in pdf
    assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf
    assert b"GTS_PDFA1" in pdf
    assert pdf.count(b"/AFRelationship/") + pdf.count(b"/AFRelationship /") == 1
    assert b"2026-06-30T00:00:00Z" in pdf


def test_corrected_events_are_struck_out_and_name_each_other(typesetter, text_of):
    story = [
        *STORY,
        ("correction.recorded", "2026-06-02T09:00:00+02:00",
         {"event_id": "e3", "event_source": "/refund", "reason": "typing error"}),
    ]  # fmt: skip
    text = text_of(typeset(typesetter, claim(story)))

    assert "corrected by #10" in text
    assert "corrects #3, reason: typing error" in text
    assert "Corrected events stay readable, struck out: 1." in text
    assert "No event of this order was corrected." in text_of(typeset(typesetter, claim()))


def test_a_record_that_is_not_intact_is_said_before_the_answer(typesetter, text_of):
    text = text_of(typeset(typesetter, claim(integrity="altered")))

    warning = text.index("altered · The record did not pass verification")
    assert warning < text.index("EVIDENCE_CONFLICT")


def test_what_is_missing_is_told_from_what_is_absent(typesetter, text_of):
    text = text_of(typeset(typesetter, claim()))
    missing = text.partition("What is missing")[2].partition("Every recorded event")[0]

    assert "Customer's bank statement Missing Ask for it" in missing
    assert "Dispute with the bank None The bank did not take" in missing


def test_both_languages_have_all_words(typesetter, text_of, chinese_font):
    one, other = PAGES["en"], PAGES["zh"]
    for field in one.__struct_fields__:
        words, said = getattr(one, field), getattr(other, field)
        assert len(words) == len(said)
        if isinstance(words, dict):
            assert words.keys() == said.keys()
            for key, template in words.items():
                slots = set(re.findall(r"{\w+}", template))
                assert slots == set(re.findall(r"{\w+}", said[key])), key
    text = text_of(typeset(typesetter, claim(language="zh")))
    assert "订单 202605001" in text
    assert "款项在哪里" in text
    assert "refund.settled" in text  # events are never translated


def test_every_verdict_has_a_word_in_both_languages():
    assert english.ENGLISH.titles.keys() == chinese.CHINESE.titles.keys() == set(Code)


HOSTILE = st.text(
    st.one_of(
        st.sampled_from("#$[]{}()<>=*_`~@/\\\"'-+.:;&%| \t\n\u202e\u200b\u00ad\ufeff"),
        st.characters(exclude_categories=["Cs"], max_codepoint=0x24F),
    ),
    max_size=60,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(HOSTILE.filter(lambda text: text.strip()), HOSTILE, HOSTILE)
def test_whatever_stands_in_an_order_makes_a_page(typesetter, number, reason, reference):
    story = [
        *STORY,
        ("refund.failed", reason, {"refund_id": reference, "failure_reason": reason,
                                   "reference": reference, "currency": reason, "amount": 5}),
        (f"strange.{reason}", "2026-06-01T09:00:00+02:00", {"amount": reason}),
    ]  # fmt: skip

    pdf = typeset(typesetter, claim(story, number=number.replace("/", "-")))

    assert pdf.startswith(b"%PDF-")
    assert b"/JavaScript" not in pdf
    assert b"/Launch" not in pdf


def test_an_order_of_many_events_is_whole(typesetter, text_of):
    story = [*STORY, *(("order.amended", "2026-06-01T09:00:00+02:00", {}) for _ in range(600))]
    text = text_of(typeset(typesetter, claim(story)))

    assert f"#{len(story)} 2026-06-01 09:00:00+02:00 order.amended" in text
    assert re.search(r"page 20 of \d\d", text)
