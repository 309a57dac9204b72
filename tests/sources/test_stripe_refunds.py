import copy
import itertools

import pytest

from tests.sources.payload_story import load, messages, order_of, told, types

T0 = 1714460400  # 2024-04-30T07:00:00Z
DAY = 86400
ARN = "24011344121000000163200"


def refund(status="succeeded", **more):
    return {
        "id": "re_1",
        "object": "refund",
        "amount": 12800,
        "charge": "ch_1",
        "payment_intent": "pi_1",
        "created": T0,
        "currency": "eur",
        "metadata": {},
        "reason": "requested_by_customer",
        "status": status,
    } | more


def card(kind="refund", **more):
    return {"destination_details": {"type": "card", "card": {"type": kind, **more}}}


def method(name, **details):
    return {"destination_details": {"type": name, name: details}}


def event(type, thing, at, previous=None, id=None, key=None):
    data = {"object": thing}
    if previous is not None:
        data["previous_attributes"] = previous
    return {
        "id": id or f"evt_{type}_{at}",
        "object": "event",
        "type": type,
        "created": at,
        "data": data,
        "livemode": True,
        "request": {"id": None, "idempotency_key": key},
    }


def one(value, type):
    [fact] = [fact for fact in told(value) if fact.type == type]
    return fact


def of(order):
    [found] = order.refunds.values()
    return found


# A card's refund succeeds as it is made; the reference follows a day later.
CREATED = event(
    "refund.created", refund(**card("pending", reference_status="pending")), T0 + 1, key="k-1"
)
REFERENCE = card(
    "refund",
    reference=ARN,
    reference_status="available",
    reference_type="acquirer_reference_number",
)
FOUND = event(
    "charge.refund.updated",
    refund(**REFERENCE),
    T0 + DAY + 884,
    previous=card("pending", reference_status="pending"),
)
FOUND_TOO = FOUND | {"id": "evt_same", "type": "refund.updated"}
CHARGED = event(
    "charge.refunded",
    {
        "id": "ch_1",
        "object": "charge",
        "payment_intent": "pi_1",
        "amount": 12800,
        "amount_captured": 12800,
        "amount_refunded": 12800,
        "captured": True,
        "created": T0 - 5 * DAY,
        "currency": "eur",
        "paid": True,
        "refunded": True,
        "status": "succeeded",
        "payment_method_details": {
            "type": "card",
            "card": {
                "brand": "visa",
                "last4": "4242",
                "country": "DE",
                "wallet": {"type": "apple_pay"},
            },
        },
        "refunds": {"object": "list", "data": [refund()]},
    },
    T0 + 1,
)
FAILED = event(
    "refund.failed",
    refund(
        "failed",
        failure_reason="expired_or_canceled_card",
        failure_balance_transaction="txn_back",
        **REFERENCE,
    ),
    T0 + 9 * DAY,
)
BOUNCED = event(
    "charge.refund.updated",
    FAILED["data"]["object"],
    T0 + 9 * DAY,
    previous={"status": "succeeded", "failure_reason": None},
    id="evt_bounced",
)
ENTRY = {
    "id": "txn_1",
    "object": "balance_transaction",
    "amount": -12800,
    "available_on": T0 + 2 * DAY,
    "created": T0,
    "currency": "eur",
    "exchange_rate": None,
    "source": "re_1",
    "status": "available",
    "type": "refund",
}


def subsets(life):
    for size in range(1, len(life) + 1):
        for chosen in itertools.combinations(life, size):
            yield from itertools.permutations(chosen)


def test_a_refund_that_was_just_made():
    fact = one(CREATED, "refund.succeeded")

    assert fact.occurred_at == "2024-04-30T07:00:00Z"
    assert fact.data == {
        "refund_id": "re_1",
        "psp_refund_id": "re_1",
        "psp": "stripe",
        "payment_id": "pi_1",
        "amount": 12800,
        "currency": "EUR",
        "psp_at": "2024-04-30T07:00:00Z",
    }
    assert one(CREATED, "refund.submitted").data["idempotency_key"] == "k-1"
    assert one(CREATED, "refund.reference_recorded").data["reference_status"] == "pending"


def test_the_reference_comes_a_day_later():
    fact = one(FOUND, "refund.reference_recorded")

    assert fact.occurred_at == "2024-05-01T07:14:44Z"
    assert fact.data["reference"] == ARN
    assert fact.data["reference_type"] == "acquirer_reference_number"
    assert fact.data["reference_status"] == "available"


# O-03
def test_any_part_of_a_refund_that_went_well_in_any_order():
    for life in subsets([CREATED, FOUND, FOUND_TOO, CHARGED]):
        found = of(order_of(*life))

        assert (found.state, found.psp_refund_id, found.payment_id) == ("paid", "re_1", "pi_1")
        assert found.returned == (12800, "EUR")
        if FOUND in life or FOUND_TOO in life:
            assert (found.reference.status, found.reference.number) == ("available", ARN)
            assert found.reference.is_arn


# O-03
def test_any_part_of_a_refund_that_came_back_in_any_order():
    for life in subsets([CREATED, FOUND, CHARGED, FAILED, BOUNCED, ENTRY]):
        found = of(order_of(*life))

        if FAILED in life or BOUNCED in life:
            assert found.state == "failed"
            assert found.failed.note == "expired_or_canceled_card"
        else:
            assert found.state == "paid"
        assert found.promised == (12800, "EUR")


PENDING = event(
    "refund.created", refund("pending", pending_reason="processing", **method("p24")), T0 + 1
)
EMPTY = event(
    "refund.updated",
    refund("pending", pending_reason="insufficient_funds", **method("p24")),
    T0 + DAY,
    previous={"pending_reason": "processing"},
)
AGAIN = event(
    "refund.updated",
    refund("pending", pending_reason="insufficient_funds", **method("p24"))
    | {"metadata": {"a": "b"}},
    T0 + 2 * DAY,
    previous={"metadata": {}},
)
DONE = event(
    "refund.updated",
    refund(**method("p24", reference="P24-77", reference_status="available")),
    T0 + 3 * DAY,
    previous={"status": "pending"},
)
TOUCHED = event(
    "refund.updated",
    refund(**method("p24", reference="P24-77", reference_status="available"))
    | {"metadata": {"c": "d"}},
    T0 + 4 * DAY,
    previous={"metadata": {}},
)
CANCELED = event("refund.updated", refund("canceled"), T0 + 3 * DAY, {"status": "pending"})
DECLINED = event(
    "refund.failed",
    refund("failed", failure_reason="declined"),
    T0 + 3 * DAY,
    {"status": "pending"},
)


# O-03
def test_any_part_of_a_refund_that_waits_in_any_order():
    for life in subsets([PENDING, EMPTY, AGAIN, DONE, TOUCHED]):
        found = of(order_of(*life))

        if DONE in life or TOUCHED in life:
            assert found.state == "paid"
            assert found.reference.number == "P24-77"
        else:
            newest = max(life, key=lambda each: each["created"])
            assert found.state == "pending"
            assert found.pending_reason == newest["data"]["object"]["pending_reason"]
        if DONE in life:
            assert found.paid_at == (T0 + 3 * DAY) * 1_000_000


@pytest.mark.parametrize("end", [(CANCELED, "cancelled"), (DECLINED, "failed")])
def test_a_refund_that_waits_and_ends(end):
    last, state = end

    for life in subsets([PENDING, EMPTY, last]):
        assert of(order_of(*life)).state == (state if last in life else "pending")


def test_a_state_that_is_new_to_us_is_not_done():
    for status in ("something_new", None):
        assert of(order_of(refund(status))).state == "pending"
    assert one(refund("something_new"), "refund.accepted").data["psp_status"] == "something_new"


def test_a_failure_after_pending_is_no_bounce():
    assert "refund.failed" in types(DECLINED)
    assert "refund.bounced" not in types(DECLINED)


def test_a_failure_after_success_is_a_bounce_by_either_sign():
    plain = copy.deepcopy(BOUNCED)
    plain["data"]["object"]["failure_balance_transaction"] = None

    for value in (FAILED, BOUNCED, plain):
        assert one(value, "refund.bounced").data["reason"] == "expired_or_canceled_card"


def test_the_customer_has_to_act_until_a_day():
    shown = {
        "email_sent": {"email_sent_at": T0, "email_sent_to": "k01@example.org"},
        "expires_at": T0 + 45 * DAY,
    }
    action = {"type": "display_details", "display_details": shown}
    value = event("refund.created", refund("requires_action", next_action=action), T0)

    fact = one(value, "refund.customer_action_required")

    assert (fact.data["how"], fact.data["expires_at"]) == ("email", "2024-06-14T07:00:00Z")
    assert not any("example.org" in str(each.data) for each in told(value))
    assert of(order_of(value)).state == "action_required"


def test_a_reversal_has_no_reference_and_leaves_no_credit_line():
    found = of(order_of(event("refund.created", refund(**card("reversal")), T0)))

    assert (found.reversal, found.reference.status) == (True, "unavailable")


def test_a_kind_that_becomes_known_later_is_seen_from_any_side():
    later = event("refund.updated", refund(**card("reversal")), T0 + 60, card("pending"))

    for life in subsets([CREATED, later]):
        assert of(order_of(*life)).reversal == (later in life)


@pytest.mark.parametrize(
    "name",
    ["blik", "br_bank_transfer", "eu_bank_transfer", "gb_bank_transfer", "jp_bank_transfer",
     "mx_bank_transfer", "th_bank_transfer", "us_bank_transfer", "mb_way", "multibanco", "p24",
     "swish", "paypal"],
)  # fmt: skip
def test_other_methods_have_references_too(name):
    waits = refund(**method(name, reference=None, reference_status="pending"))
    there = refund(**method(name, reference="X1", reference_status="available"))
    never = refund(**method(name, reference=None, reference_status="unavailable"))

    assert of(order_of(waits)).reference.status == "pending"
    assert of(order_of(there)).reference.number == "X1"
    assert of(order_of(never)).reference.status == "unavailable"


def test_a_crypto_refund_is_found_by_its_transaction():
    fact = one(refund(**method("crypto", reference="0xabc")), "refund.reference_recorded")

    assert fact.data["reference_type"] == "transaction_hash"
    assert fact.data["reference_status"] == "available"


@pytest.mark.parametrize("name", ["alipay", "klarna", "pix", "wechat_pay", "paypal", "cashapp"])
def test_methods_without_a_reference_say_so_once_paid(name):
    paid, waiting = refund(**method(name)), refund("pending", **method(name))

    reason = one(paid, "refund.reference_unavailable").data["reason"]
    assert reason == "method without reference"
    assert not [each for each in types(waiting) if "reference" in each]


def test_an_unknown_method_says_nothing_about_references():
    assert not [each for each in types(refund(**method("moon_pay"))) if "reference" in each]


def test_a_network_that_declines_says_why():
    value = refund("failed", **method("swish", network_decline_code="ACMT03"))

    assert one(value, "refund.failed").data["failure_reason"] == "ACMT03"


def test_the_shop_names_the_refund_in_its_metadata():
    value = refund(metadata={"refund_id": "R-17", "order_id": "4711"})

    [(message, _, _)] = messages(value)
    assert message.order == "4711"
    assert one(value, "refund.succeeded").data["refund_id"] == "R-17"
    assert one(value, "refund.succeeded").data["psp_refund_id"] == "re_1"


def test_an_expanded_charge_names_payment_and_order():
    whole = {"id": "ch_1", "object": "charge", "payment_intent": {"id": "pi_9"},
             "metadata": {"order_number": "4712"}}  # fmt: skip
    value = refund(charge=whole, payment_intent=None)

    [(message, _, _)] = messages(value)
    assert (message.order, message.links) == ("4712", ["pi_9", "ch_1", "re_1"])
    assert one(value, "refund.succeeded").data["payment_id"] == "pi_9"


def test_an_authorisation_that_ran_out_is_no_refund():
    value = refund(reason="expired_uncaptured_charge")

    assert types(value) == []


# Entries in the balance


def test_a_card_refund_is_settled_by_its_entry_whichever_comes_first():
    for life in subsets([CREATED, ENTRY, FAILED]):
        found = of(order_of(*life))
        if FAILED not in life:
            assert found.state == "paid"
        if ENTRY in life:
            assert found.settled.amount == 12800
            assert str(found.settled_on) == "2024-05-02"


def test_a_pending_entry_settles_nothing():
    assert types(ENTRY | {"status": "pending"}) == ["payment.booked"]


def test_the_entry_of_another_method_settles_nothing_without_its_refund():
    entry = ENTRY | {"type": "payment_refund"}

    assert types(entry) == ["payment.booked"]
    assert "refund.settled" not in types(entry | {"source": refund("pending")})
    assert "refund.settled" in types(entry | {"source": refund()})


def test_settled_in_another_currency_keeps_what_the_customer_got():
    entry = ENTRY | {"amount": -13952, "currency": "usd", "exchange_rate": 1.09}

    data = one(refund(balance_transaction=entry, **REFERENCE), "refund.settled").data

    assert (data["amount"], data["currency"]) == (13952, "USD")
    assert (data["presentment_amount"], data["presentment_currency"]) == (12800, "EUR")
    assert (data["fx"], data["settled_on"]) == ("1.09", "2024-05-02")
    assert data["destination"] == {"kind": "card"}


def test_an_entry_alone_in_another_currency_names_no_amount():
    entry = ENTRY | {"amount": -13952, "currency": "usd", "exchange_rate": 1.09}

    assert "amount" not in one(entry, "refund.settled").data


def test_what_the_customer_saw_is_kept_where_it_was_another_currency():
    seen = {"presentment_amount": 14000, "presentment_currency": "chf"}

    data = one(refund(balance_transaction=ENTRY, presentment_details=seen), "refund.settled").data

    assert (data["amount"], data["presentment_amount"]) == (12800, 14000)


def test_an_entry_of_a_failed_refund_says_that_the_money_is_back():
    entry = ENTRY | {"type": "refund_failure", "amount": 12800, "created": T0 + 9 * DAY}

    for life in subsets([CREATED, ENTRY, entry]):
        assert of(order_of(*life)).state == ("failed" if entry in life else "paid")


def test_an_entry_says_what_was_booked():
    fact = one(ENTRY | {"fee": 0, "net": -12800}, "payment.booked")

    assert fact.data == {
        "refund_id": "re_1",
        "balance_transaction": "txn_1",
        "psp": "stripe",
        "kind": "refund",
        "status": "available",
        "booked_on": "2024-05-02",
        "gross": -12800,
        "fee": 0,
        "net": -12800,
        "currency": "EUR",
    }


# Real payloads


def test_the_fixture_of_stripes_own_is_a_reversal():
    found = told(load("stripe_openapi_fixtures", "refund.json"))

    assert [fact.type for fact in found] == [
        "refund.submitted",
        "refund.succeeded",
        "refund.reference_unavailable",
    ]
    assert found[1].data["kind"] == "reversal"


def test_a_charge_in_the_wrapper_of_an_event_brings_its_refunds():
    order = order_of(load("pay_rails", "charge.refunded.json"))

    assert [(each.amount, each.currency) for each in order.payments] == [(1500, "USD")]
    assert of(order).returned == (500, "USD")
