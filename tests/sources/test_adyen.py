import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from domain.claim import judge
from domain.event import Fact
from domain.policy import POLICY
from sources.adyen import FORMAT
from sources.adyen.codes import CODES
from sources.adyen.money import amount
from sources.format import payloads
from tests.domain.order_story import TODAY
from tests.sources.arrivals import arrivals, assert_declared, facts_of, told, types
from tests.sources.garbled import garbled
from tests.sources.payload_story import STREAM, order_of

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "tests/data/adyen_webhook_examples"
SHARED = ROOT.parent / "shared/data/adyen_webhook_examples"
PAYMENT = "PAYMENT000000001"

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def examples(folder):
    found = {path.name: json.loads(path.read_text()) for path in sorted(folder.glob("post-*.json"))}
    assert not folder.is_dir() or found
    return found


REAL = examples(EXAMPLES)
ITEMS = [item for value in REAL.values() for _, _, item in payloads((FORMAT,), value)]


def item(code, success="true", at="2025-03-05T12:00:00+01:00", **changes):
    """An item as Adyen sends it: a modification or a dispute of one payment."""
    value = {
        "additionalData": {},
        "amount": {"currency": "EUR", "value": 12800},
        "eventCode": code,
        "eventDate": at,
        "merchantAccountCode": "ExampleShop",
        "merchantReference": "T01",
        "originalReference": PAYMENT,
        "paymentMethod": "visa",
        "pspReference": "REFUND0000000001",
        "reason": "",
        "success": success,
    }
    return value | changes


def batch(*items):
    wrapped = [{"NotificationRequestItem": each} for each in items]
    return {"live": "true", "notificationItems": wrapped}


PLACED = Fact(
    stream=STREAM,
    type="order.placed",
    source="/shop",
    id="placed",
    occurred_at="2025-03-03T09:00:00+01:00",
    data={"currency": "EUR", "total": 12800},
)
PAID = [
    item("AUTHORISATION", at="2025-03-03T09:01:00+01:00", pspReference=PAYMENT)
    | {"originalReference": None, "additionalData": {"cardSummary": "4242"}},
    item("CAPTURE", at="2025-03-03T09:05:00+01:00", pspReference="CAPTURE000000001"),
]


def verdict(*items):
    order = order_of(batch(*PAID, *items), first=[PLACED])
    return str(judge(order, as_of=TODAY, policy=POLICY, integrity="intact").code)


def documented():
    """The rows of the reference: what each code tells, for true and for false."""
    text = (ROOT / "docs/reference/sources.md").read_text()
    section = text.split("\n## Adyen\n")[1].split("\n## ")[0]
    cells = [line.split("|") for line in section.splitlines() if line.startswith("| `")]
    found = {}
    for _, code, true, false, note, _ in cells:
        kinds = [re.findall(r"`([a-z_]+\.[a-z_]+)`", each) for each in (true, false)]
        found[code.strip().strip("`")] = (*kinds, note.strip())
    return found


def test_the_specification_has_48_codes_and_each_is_understood_or_kept():
    assert len(CODES) == 48
    assert all(code.read is not None or code.note.startswith("kept: ") for code in CODES.values())


def test_the_reference_says_what_each_code_tells():
    rich = {"modification.action": "refund", "arn": "24011343361000004363200"}
    found = {}
    for name, code in CODES.items():
        kinds = [
            types(FORMAT, item(name, success=success, additionalData=rich))
            for success in ("true", "false")
        ]
        found[name] = (*kinds, code.note)

    assert documented() == found


@pytest.mark.parametrize("folder", [EXAMPLES, SHARED], ids=["here", "all"])
def test_every_real_notification_is_one_message_and_its_facts_are_recorded(folder):
    for name, value in examples(folder).items():
        found = list(payloads((FORMAT,), value))
        assert len(found) == 1, name
        facts = facts_of(FORMAT, value)
        assert facts[0].data["links"]
        code = CODES.get(found[0][1])
        if code is not None and code.read is not None:
            assert len(facts) > 1 or found[0][2]["success"] == "false", name


def test_nothing_is_told_that_is_not_declared():
    rich = {"modification.action": "refund", "arn": "2401", "cardSummary": "4242"}
    for code in CODES:
        for success in ("true", "false"):
            for name, data in told(FORMAT, item(code, success=success, additionalData=rich)):
                assert_declared(name, data)


def test_each_item_of_a_batch_is_a_message_of_its_own():
    value = batch(item("CAPTURE", pspReference="A"), item("REFUND", pspReference="B"))

    assert [kind for _, kind, _ in payloads((FORMAT,), value)] == ["CAPTURE", "REFUND"]


def test_the_real_refused_refund_failed():
    value = REAL["post-REFUND-refund.json"]

    assert told(FORMAT, value) == [
        (
            "refund.failed",
            {
                "refund_id": "QFQTPCQ8HXSKGK82",
                "psp_refund_id": "QFQTPCQ8HXSKGK82",
                "psp": "adyen",
                "payment_id": "9913140798220028",
                "amount": 1000,
                "currency": "EUR",
                "failure_reason": "Transaction hasn't been captured, refund not possible",
            },
        )
    ]


@pytest.mark.parametrize("code", ["REFUND_FAILED", "REFUNDED_REVERSED"])
def test_a_failure_that_is_true_is_a_bounce(code):
    refund = item("REFUND", at="2025-03-05T12:00:00+01:00")
    failure = item(code, at="2025-03-09T12:00:00+01:00", reason="Refund Failed")

    assert verdict(refund) == "SUCCEEDED_REFERENCE_PENDING"
    assert verdict(refund, failure) == "FAILED_NOT_REISSUED"
    assert verdict(failure) == "FAILED_NOT_REISSUED"
    assert types(FORMAT, failure | {"success": "false"}) == []


def test_a_refunds_life_reads_the_same_however_its_messages_arrive():
    life = (
        item("POSTPONED_REFUND", at="2025-03-05T09:00:00+01:00"),
        item("REFUND", at="2025-03-05T12:00:00+01:00", additionalData={"arn": "24011343361"}),
        item("REFUND_FAILED", at="2025-03-09T12:00:00+01:00"),
    )
    states = dict(zip(map(str, life), ("pending", "paid", "failed"), strict=True))
    for part, arrival in arrivals(life):
        (refund,) = order_of(*map(batch, arrival)).refunds.values()
        assert refund.state == states[str(part[-1])]
        assert (refund.refund_id, refund.psp_refund_id) == ("REFUND0000000001",) * 2
        assert (refund.payment_id, refund.psp) == (PAYMENT, "adyen")


def test_a_refund_comes_with_the_reference_that_the_item_brings():
    arn = item("REFUND", additionalData={"arn": "24011343361000004363200"})
    acquirer = item("REFUND", additionalData={"acquirerReference": "7F8A"})

    (refund,) = order_of(arn).refunds.values()
    assert refund.reference.is_arn
    assert refund.reference.number == "24011343361000004363200"
    (refund,) = order_of(acquirer).refunds.values()
    assert (refund.reference.type, refund.reference.number) == ("acquirer_reference", "7F8A")


def test_the_success_of_cancel_or_refund_only_means_that_validations_passed():
    asked = item("CANCEL_OR_REFUND", additionalData={"modification.action": "refund"})
    cancelled = item("CANCEL_OR_REFUND", additionalData={"modification.action": "cancel"})

    assert types(FORMAT, asked) == ["refund.accepted"]
    assert types(FORMAT, asked | {"success": "false"}) == ["refund.failed"]
    assert types(FORMAT, cancelled) == ["payment.voided"]
    assert types(FORMAT, cancelled | {"success": "false"}) == []
    assert types(FORMAT, item("CANCEL_OR_REFUND")) == []


def test_a_voided_refund_is_the_one_that_the_original_reference_names():
    pending = item("REFUND_WITH_DATA", pspReference="R1", originalReference=None)
    voided = item(
        "VOID_PENDING_REFUND",
        at="2025-03-06T12:00:00+01:00",
        pspReference="V1",
        originalReference="R1",
    )

    (refund,) = order_of(pending, voided).refunds.values()
    assert (refund.refund_id, refund.state) == ("R1", "cancelled")


def test_an_authorisation_does_not_tell_that_the_money_was_taken():
    assert types(FORMAT, PAID[0]) == ["payment.authorised"]
    sale = PAID[0] | {"additionalData": {"networkProcessingMode": "sale"}}
    assert types(FORMAT, sale) == ["payment.authorised", "payment.captured"]
    assert types(FORMAT, PAID[0] | {"success": "false"}) == ["payment.failed"]


def test_the_reason_of_a_successful_authorisation_is_not_told():
    # It holds the authorisation code, the card's last digits and its expiry.
    facts = told(FORMAT, PAID[0] | {"reason": "033899:4242:03/2030"})

    assert "03/2030" not in str(facts)


def test_partial_captures_add_up():
    first = item("CAPTURE", pspReference="C1", amount={"currency": "EUR", "value": 1000})
    second = item("CAPTURE", pspReference="C2", amount={"currency": "EUR", "value": 500})

    payments = order_of(batch(first, second, first)).payments
    assert [(each.payment_id, each.amount) for each in payments] == [("C1", 1000), ("C2", 500)]
    assert {each.psp_payment_id for each in payments} == {PAYMENT}


def test_the_instrument_is_named_as_others_name_it():
    ((_, data),) = told(
        FORMAT,
        item(
            "AUTHORISATION",
            paymentMethod="mc_applepay",
            additionalData={"cardSummary": "1111", "cardIssuingCountry": "NL"},
        ),
    )

    assert data["instrument"] == {
        "kind": "card",
        "brand": "mastercard",
        "last4": "1111",
        "country": "NL",
        "wallet": "applepay",
    }


# Of these four Adyen sends no originalReference by default; the pspReference is the payment's then.
def without_setting(code, at):
    return item(code, at=at, pspReference=PAYMENT, originalReference=None)


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (["REQUEST_FOR_INFORMATION"], "NEVER_REQUESTED"),
        (["NOTIFICATION_OF_CHARGEBACK"], "DISPUTE_OPEN"),
        (["NOTIFICATION_OF_CHARGEBACK", "CHARGEBACK"], "DISPUTE_OPEN"),
        (["CHARGEBACK", "CHARGEBACK_REVERSED"], "NEVER_REQUESTED"),
        (["CHARGEBACK", "CHARGEBACK_REVERSED", "SECOND_CHARGEBACK"], "DISPUTE_WON_BY_CUSTOMER"),
        (["CHARGEBACK", "DISPUTE_DEFENSE_PERIOD_ENDED"], "DISPUTE_WON_BY_CUSTOMER"),
        (["CHARGEBACK", "ISSUER_RESPONSE_TIMEFRAME_EXPIRED"], "NEVER_REQUESTED"),
        (["CHARGEBACK_REVERSED", "PREARBITRATION_OPEN"], "DISPUTE_OPEN"),
        (["PREARBITRATION_OPEN", "PREARBITRATION_DECLINED"], "DISPUTE_OPEN"),
        (["PREARBITRATION_OPEN", "PREARBITRATION_LOST"], "DISPUTE_WON_BY_CUSTOMER"),
        (["PREARBITRATION_OPEN", "PREARBITRATION_WON"], "NEVER_REQUESTED"),
        (["PREARBITRATION_OPEN", "PREARBITRATION_ACCEPTED"], "DISPUTE_WON_BY_CUSTOMER"),
        (["PREARBITRATION_OPEN", "PREARBITRATION_ISSUER_WITHDRAWN"], "NEVER_REQUESTED"),
        (["SCHEME_ARBITRATION", "SCHEME_ARBITRATION_LOST"], "DISPUTE_WON_BY_CUSTOMER"),
        (["SCHEME_ARBITRATION", "SCHEME_ARBITRATION_WON"], "NEVER_REQUESTED"),
        (["CHARGEBACK", "INFORMATION_SUPPLIED"], "DISPUTE_OPEN"),
    ],
)
def test_a_dispute_ends_as_its_last_message_says(codes, expected):
    whole = [
        item(code, at=f"2025-03-{day:02}T12:00:00+01:00", pspReference="DISPUTE000000001")
        for day, code in enumerate(codes, 10)
    ]
    assert verdict(*whole) == verdict(*reversed(whole)) == expected
    bare = {"CHARGEBACK_REVERSED", "SECOND_CHARGEBACK", "PREARBITRATION_WON", "PREARBITRATION_LOST"}
    mixed = [
        without_setting(each["eventCode"], each["eventDate"]) if each["eventCode"] in bare else each
        for each in whole
    ]
    assert verdict(*mixed) == expected


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("CHARGEBACK", "Lost", ["dispute.opened", "dispute.funds_withdrawn", "dispute.lost"]),
        (
            "CHARGEBACK",
            "Accepted",
            ["dispute.opened", "dispute.funds_withdrawn", "dispute.accepted"],
        ),
        ("CHARGEBACK", "Undefended", ["dispute.opened", "dispute.funds_withdrawn"]),
        ("CHARGEBACK_REVERSED", "Pending", ["dispute.funds_reinstated"]),
        ("CHARGEBACK_REVERSED", "Won", ["dispute.funds_reinstated", "dispute.won"]),
        ("DISPUTE_DEFENSE_PERIOD_ENDED", "Accepted", ["dispute.accepted"]),
        ("DISPUTE_DEFENSE_PERIOD_ENDED", "Expired", []),
    ],
)
def test_the_status_of_a_dispute_counts(code, status, expected):
    assert types(FORMAT, item(code, additionalData={"disputeStatus": status})) == expected


@pytest.mark.parametrize(
    ("currency", "value", "expected"),
    [
        ("EUR", 1000, 1000),
        ("EUR", "1000", 1000),
        ("JPY", 1000, 1000),
        ("BHD", 1000, 1000),
        ("ISK", 279000, 2790),
        ("ISK", 279050, None),
        ("CLP", 100, 1),
        ("IDR", 15000, 1500000),
        ("CVE", 12, 1200),
        ("IDR", 2**53, None),
        ("EUR", -1, None),
        ("EUR", "much", None),
        (None, 1000, None),
    ],
)
def test_amounts_are_in_the_units_of_the_standard(currency, value, expected):
    assert amount(value, currency) == expected


def test_an_amount_in_no_known_currency_is_left_out_and_the_refund_is_told_all_the_same():
    ((kind, data),) = told(FORMAT, item("REFUND", amount={"currency": "euro", "value": 5}))

    assert kind == "refund.succeeded"
    assert not {"amount", "currency"} & data.keys()


@pytest.mark.parametrize("success", [None, "", "perhaps", 1])
def test_nothing_is_told_of_what_neither_came_true_nor_did_not(success):
    assert types(FORMAT, item("REFUND", success=success)) == []


def test_success_may_be_a_truth_value_too():
    assert types(FORMAT, item("REFUND", success=True)) == ["refund.succeeded"]
    assert types(FORMAT, item("REFUND", success=False)) == ["refund.failed"]


def test_a_message_names_the_order_and_is_linked_by_the_payment_first():
    value = item("CHARGEBACK", additionalData={"capturePspReference": "CAPTURE000000001"})
    message = FORMAT.translate("CHARGEBACK", value, b"{}")

    assert message.order == "T01"
    assert message.links == [PAYMENT, "CAPTURE000000001", "REFUND0000000001"]
    own = item("REFUND", merchantReference="T01-refund-1")
    own["additionalData"] = {"originalMerchantReference": "T01"}
    assert FORMAT.translate("REFUND", own, b"{}").order == "T01"


def test_a_report_belongs_to_no_order():
    assert FORMAT.translate("REPORT_AVAILABLE", item("REPORT_AVAILABLE"), b"{}").order is None


def test_a_code_that_nobody_knows_yet_is_kept():
    (received,) = facts_of(FORMAT, batch(item("REFUND_TELEPORTED")))

    assert received.data["message_type"] == "REFUND_TELEPORTED"


def test_the_same_item_has_the_same_id_and_another_one_another():
    one, again, other = (
        FORMAT.translate("REFUND", value, json.dumps(value).encode()).id
        for value in (item("REFUND"), item("REFUND"), item("REFUND", success="false"))
    )

    assert one == again
    assert one != other


@unhurried
@given(garbled(ITEMS))
def test_whatever_an_item_holds_it_is_kept(payload):
    raw = json.dumps(payload).encode()
    for kind in {FORMAT.kind_of(payload) or "REFUND", "CHARGEBACK", "AUTHORISATION"}:
        message = FORMAT.translate(kind, payload, raw)
        assert message.links
        assert all(isinstance(link, str) and link for link in message.links)
    facts_of(FORMAT, payload)
