"""Shopify: objects and webhooks become events."""

import itertools

import pytest
from hypothesis import HealthCheck, given, settings

from domain import catalogue
from domain.claim import judge
from domain.policy import POLICY
from sources.formats import FORMATS
from sources.shopify import FORMAT
from tests.domain.order_story import TODAY
from tests.sources.garbled import documented, garbled
from tests.sources.shop_payloads import (
    check_message,
    fold,
    found_in,
    nulled,
    read,
    recorded,
    told,
)

FOLDER = "shopify_python_api_fixtures"
REAL = found_in(FORMAT, FOLDER)
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def real(name):
    return next(value for file, _, value in REAL if file == f"{name}.json")


def order(**changes):
    return real("order") | changes


def sale(**changes):
    return {
        "id": 801038806,
        "order_id": 450789469,
        "kind": "sale",
        "gateway": "shopify_payments",
        "status": "success",
        "amount": "409.94",
        "currency": "USD",
        "created_at": "2025-02-20T10:00:00Z",
        "processed_at": "2025-02-20T10:00:01Z",
        "parent_id": None,
        "authorization": "pi_3NqXyzAbCdEfGhIj",
        "receipt": {},
        "payment_details": {
            "credit_card_number": "•••• •••• •••• 4242",
            "credit_card_company": "Visa",
            "credit_card_wallet": "apple_pay",
        },
    } | changes


def back(status="success", **changes):
    """A refund transaction."""
    return {
        "id": 179259969,
        "order_id": 450789469,
        "kind": "refund",
        "gateway": "shopify_payments",
        "status": status,
        "amount": "209.00",
        "currency": "USD",
        "created_at": "2025-03-04T10:00:00Z",
        "processed_at": "2025-03-04T10:00:00Z",
        "parent_id": 801038806,
        "authorization": "re_3NqXyzAbCdEfGhIj",
        "error_code": None,
        "receipt": {},
    } | changes


def refund(*transactions, **changes):
    return {
        "id": 509562969,
        "order_id": 450789469,
        "created_at": "2025-03-04T09:59:00Z",
        "note": "it broke during shipping",
        "user_id": 799407056,
        "refund_line_items": [
            {
                "id": 1,
                "quantity": 1,
                "line_item_id": 703073504,
                "line_item": {"sku": "IPOD2008BLACK", "title": "IPod Nano - 8gb"},
            }
        ],
        "transactions": list(transactions),
    } | changes


def graphql_order(**changes):
    return {
        "id": "gid://shopify/Order/450789469",
        "name": "#1001",
        "createdAt": "2025-02-20T10:00:00Z",
        "processedAt": "2025-02-20T10:00:00Z",
        "displayFinancialStatus": "PARTIALLY_REFUNDED",
        "currencyCode": "USD",
        "totalPriceSet": {"shopMoney": {"amount": "409.94", "currencyCode": "USD"}},
        "customer": {"id": "gid://shopify/Customer/207119551", "firstName": "Ada"},
        "lineItems": {
            "edges": [
                {
                    "node": {
                        "id": "gid://shopify/LineItem/1",
                        "sku": "IPOD2008BLACK",
                        "title": "IPod Nano",
                        "quantity": 2,
                        "originalUnitPriceSet": {
                            "shopMoney": {"amount": "199.00", "currencyCode": "USD"}
                        },
                    }
                }
            ]
        },
        "transactions": [
            {
                "id": "gid://shopify/OrderTransaction/801038806",
                "kind": "SALE",
                "status": "SUCCESS",
                "gateway": "shopify_payments",
                "processedAt": "2025-02-20T10:00:01Z",
                "amountSet": {
                    "shopMoney": {"amount": "409.94", "currencyCode": "USD"},
                    "presentmentMoney": {"amount": "380.10", "currencyCode": "EUR"},
                },
            }
        ],
        "refunds": [
            {
                "id": "gid://shopify/Refund/509562969",
                "createdAt": "2025-03-04T09:59:00Z",
                "transactions": {
                    "nodes": [
                        {
                            "id": "gid://shopify/OrderTransaction/179259969",
                            "kind": "REFUND",
                            "status": "SUCCESS",
                            "gateway": "shopify_payments",
                            "processedAt": "2025-03-04T10:00:00Z",
                            "parentTransaction": {"id": "gid://shopify/OrderTransaction/801038806"},
                            "amountSet": {
                                "shopMoney": {"amount": "209.00", "currencyCode": "USD"},
                                "presentmentMoney": {"amount": "193.80", "currencyCode": "EUR"},
                            },
                            "shopifyPaymentsSet": {
                                "refundSet": {"acquirerReferenceNumber": "24011343361000004363200"}
                            },
                        }
                    ]
                },
            }
        ],
    } | changes


def fulfilment(status="success", **changes):
    return real("fulfillment") | {"status": status} | changes


def scan(status, at="2025-02-25T10:00:00Z"):
    return real("fulfillment_event") | {"fulfillment_id": 255858046, "status": status} | {
        "happened_at": at, "city": "Austin", "province": "TX", "country": "US",
        "address1": "1 Test Street",
    }  # fmt: skip


def dispute(status="needs_response", **changes):
    return real("dispute") | {"order_id": 450789469, "status": status} | changes


BALANCE = {
    "id": 699519475,
    "type": "refund",
    "payout_id": 623721858,
    "payout_status": "paid",
    "currency": "USD",
    "amount": "-209.00",
    "fee": "0.00",
    "net": "-209.00",
    "source_id": 179259969,
    "source_type": "Payments::Refund",
    "source_order_id": 450789469,
    "source_order_transaction_id": 179259969,
    "processed_at": "2025-03-05T00:00:00Z",
}

EVERY = [
    *(value for _, _, value in REAL),
    order(
        cancelled_at="2025-02-21T10:00:00Z",
        cancel_reason="customer",
        closed_at="2025-02-22T10:00:00Z",
        financial_status="partially_paid",
        total_outstanding="9.94",
        refunds=[refund(back("pending"))],
        transactions=[sale()],
        fulfillments=[fulfilment(shipment_status="delivered")],
    ),
    *(sale(kind=kind, status=status, error_code="card_declined")
      for kind in ("authorization", "capture", "sale", "void")
      for status in ("success", "failure", "error", "pending")),
    *(back(status) for status in ("success", "failure", "error", "pending")),
    refund(back(), back("pending", id=2, gateway="gift_card")),
    graphql_order(),
    *(fulfilment(status) for status in ("pending", "open", "success", "cancelled", "error")),
    *(scan(status) for status in (
        "label_purchased", "confirmed", "carrier_picked_up", "in_transit", "out_for_delivery",
        "attempted_delivery", "ready_for_pickup", "delivered", "failure", "delayed",
        "not_delivered")),
    *(dispute(status, type=kind)
      for status in ("needs_response", "won", "lost", "accepted", "charge_refunded", "prevented")
      for kind in ("chargeback", "inquiry")),
    *(BALANCE | {"type": kind}
      for kind in ("refund", "refund_failure", "charge", "dispute", "dispute_reversal")),
    real("draft_order") | {"invoice_sent_at": "2025-02-20T10:00:00Z"},
    real("order_risk") | {"recommendation": "accept"},
    *(real("events") | {"verb": verb}
      for verb in ("mail_sent", "cancelled", "closed", "re_opened")),
]  # fmt: skip


def types(value):
    return [name for name, _ in told(FORMAT, value)]


def data_of(name, value):
    return next(data for told_type, data in told(FORMAT, value) if told_type == name)


def test_an_order_is_placed_under_the_number_that_the_customer_knows():
    message = read(FORMAT, order())
    placed = data_of("order.placed", order())

    assert (message.order, message.type) == ("1001", "order")
    assert message.links[0] == "shopify:450789469"
    assert message.occurred_at == "2008-01-10T11:00:00-05:00"
    assert (placed["total"], placed["currency"], placed["source_channel"]) == (40994, "USD", "web")
    assert placed["totals"] == {
        "items": 39800, "shipping": None, "tax": 1194, "discount": 0, "grand": 40994,
    }  # fmt: skip
    assert placed["lines"][0] == {
        "line_no": "466157049",
        "sku": "IPOD2008GREEN",
        "title": "IPod Nano - 8gb",
        "spec": "green",
        "quantity": 1,
        "unit_price": 19900,
        "custom_text": "Custom Engraving: Happy Birthday",
    }
    assert placed["ship_to"]["recipient"] == "Bob Norman"
    assert placed["ship_to"]["postcode"] == "40202"
    assert placed["buyer"]["email"] == "bob.norman@hostmail.com"


def test_an_edit_does_not_rewrite_the_order_as_it_was_placed():
    states = [
        order(total_price=f"{409 + day}.94", updated_at=f"2025-02-{day:02}T10:00:00Z")
        for day in range(1, 9)
    ]
    for arrival in (states, states[::-1], states[3:] + states[:3]):
        found = fold(FORMAT, *arrival)
        assert found.total == 41094
        assert [each.code for each in found.findings] == ["placement-differs"] * 7


def test_an_order_without_a_name_has_its_number():
    assert read(FORMAT, order(name=None)).order == "1001"
    assert read(FORMAT, order(name="#EN-7-B")).order == "EN-7-B"


def test_persons_stand_in_sealed_fields_only():
    known = ("bob.norman", "Norman", "Chestnut", "555-625")
    for event in recorded(FORMAT, order()):
        shown = str(open_part(catalogue.find(event.type).fields, event.data)) + event.id
        assert not [name for name in known if name in shown], event.type


def open_part(fields, data):
    """What of the data stays readable without a key."""
    found = {}
    for name, value in data.items():
        declared = fields.get(name, catalogue.Class.P3)
        declared = declared.of if isinstance(declared, catalogue.For) else declared
        inner = declared.of if isinstance(declared, catalogue.Each) else declared
        if isinstance(inner, catalogue.Class):
            if inner not in (catalogue.Class.P1, catalogue.Class.P3, catalogue.Class.P4):
                found[name] = value
        elif isinstance(value, list):
            found[name] = [open_part(inner, each) for each in value]
        elif isinstance(value, dict):
            found[name] = open_part(inner, value)
    return found


def test_an_order_ends_when_the_shop_says_so():
    cancelled = order(cancelled_at="2025-02-21T10:00:00Z", cancel_reason="customer")
    closed = order(closed_at="2025-02-22T10:00:00Z", fulfillment_status="fulfilled")

    assert data_of("order.cancelled", cancelled) == {"reason_code": "customer", "by": "customer"}
    assert data_of("order.closed", closed) == {"outcome": "fulfilled"}
    assert fold(FORMAT, cancelled).cancelled.at is not None


@pytest.mark.parametrize(
    ("status", "amount"),
    [("paid", 40994), ("partially_paid", 40000), ("partially_refunded", 40994),
     ("authorized", None), ("pending", None), ("voided", None)],
)  # fmt: skip
def test_the_shops_word_that_an_order_is_paid(status, amount):
    payments = fold(FORMAT, order(financial_status=status, total_outstanding="9.94")).payments

    assert [payment.amount for payment in payments] == ([amount] if amount else [])


def test_the_capture_takes_the_place_of_the_shops_word():
    payments = fold(FORMAT, order(financial_status="paid"), sale(amount="409.94")).payments

    assert [(payment.payment_id, payment.amount) for payment in payments] == [("801038806", 40994)]
    assert payments[0].instrument.last4 == "4242"


@pytest.mark.parametrize(
    ("kind", "status", "type"),
    [
        ("authorization", "success", "payment.authorised"),
        ("authorization", "pending", "payment.initiated"),
        ("authorization", "failure", "payment.failed"),
        ("capture", "success", "payment.captured"),
        ("capture", "error", "payment.failed"),
        ("sale", "success", "payment.captured"),
        ("sale", "pending", "payment.initiated"),
        ("void", "success", "payment.voided"),
        ("void", "failure", None),
    ],
)
def test_a_transaction_by_kind_and_status(kind, status, type):
    assert types(sale(kind=kind, status=status)) == ([type] if type else [])


def test_two_captures_of_one_authorisation_are_two_payments():
    parts = [sale(kind="capture", id=each, parent_id=1, amount="100.00") for each in (2, 3)]

    assert [payment.amount for payment in fold(FORMAT, *parts).payments] == [10000, 10000]


def test_a_refund_is_decided_by_the_shop_and_made_by_its_transactions():
    assert types(refund(back())) == ["refund.approved", "refund.submitted", "refund.succeeded"]
    approved = data_of("refund.approved", refund(back()))
    assert approved == {
        "refund_id": "179259969",
        "psp_refund_id": "re_3NqXyzAbCdEfGhIj",
        "psp": "shopify_payments",
        "payment_id": "801038806",
        "amount": 20900,
        "currency": "USD",
        "approver": "799407056",
        "route": "original",
        "lines": [{"line_no": "703073504", "sku": "IPOD2008BLACK", "title": "IPod Nano - 8gb",
                   "quantity": 1}],
    }  # fmt: skip
    assert types(refund()) == []


@pytest.mark.parametrize(
    ("statuses", "state"),
    [
        (("pending",), "pending"),
        (("pending", "success"), "paid"),
        (("success", "failure"), "failed"),
        (("pending", "success", "failure"), "failed"),
        (("pending", "error"), "failed"),
    ],
)
def test_a_refund_comes_to_its_state_in_any_order_and_repeated(statuses, state):
    objects = [back(status) for status in statuses]
    documents = [refund(each) for each in objects]
    for messages in itertools.permutations([*objects, *documents]):
        found = fold(FORMAT, *messages, *messages).refunds
        assert {each.refund_id: each.state for each in found.values()} == {"179259969": state}
        assert found["179259969"].promised == (20900, "USD")


def test_a_refund_by_two_transactions_is_two_refunds():
    found = fold(FORMAT, refund(back(), back("failure", id=2, amount="1.00"))).refunds

    assert {name: (each.state, each.promised) for name, each in found.items()} == {
        "179259969": ("paid", (20900, "USD")),
        "2": ("failed", (100, "USD")),
    }


def test_a_refund_at_another_gateway_has_the_name_that_the_gateway_gives():
    receipt = {"id": "re_3NqXyzAbCdEfGhIj", "charge": "ch_3NqXyzAbCdEfGhIj"}
    value = back(gateway="stripe", receipt=receipt)

    data = data_of("refund.succeeded", value)

    assert (data["refund_id"], data["payment_id"]) == ("re_3NqXyzAbCdEfGhIj", "ch_3NqXyzAbCdEfGhIj")
    assert read(FORMAT, value).links == (
        "shopify:450789469",
        "ch_3NqXyzAbCdEfGhIj",
        "re_3NqXyzAbCdEfGhIj",
        "shopify:transaction/801038806",
        "shopify:transaction/179259969",
    )
    payment = data_of("payment.captured", sale(gateway="stripe"))
    assert payment["payment_id"] == payment["psp_payment_id"] == "pi_3NqXyzAbCdEfGhIj"


def test_what_a_gateway_calls_a_payment_is_no_link_unless_nobody_else_can_call_one_so():
    assert read(FORMAT, sale(gateway="bogus", authorization="53433")).links == (
        "shopify:450789469",
        "shopify:transaction/801038806",
    )


def test_money_without_a_currency_is_left_out():
    assert data_of("payment.authorised", real("transaction"))["amount"] is None
    inner = order(transactions=[sale(currency=None)], presentment_currency=None)
    assert data_of("payment.captured", inner)["amount"] == 40994
    abroad = order(transactions=[sale(currency=None)], presentment_currency="EUR")
    assert data_of("payment.captured", abroad)["amount"] is None


def test_graphql_tells_the_acquirer_reference_number():
    found = fold(FORMAT, graphql_order())
    message = read(FORMAT, graphql_order())

    assert (message.order, message.links[0]) == ("1001", "shopify:450789469")
    assert found.total == 40994
    reference = found.refunds["179259969"].reference
    assert (reference.status, reference.number) == ("available", "24011343361000004363200")
    assert reference.is_arn
    assert [(payment.payment_id, payment.amount, payment.currency)
            for payment in found.payments] == [("801038806", 38010, "EUR")]  # fmt: skip
    verdict = judge(found, as_of=TODAY, policy=POLICY, integrity="intact")
    assert str(verdict.code) == "SETTLED_REFERENCE_GIVEN"


def test_rest_and_graphql_tell_of_the_same_refund():
    both = fold(FORMAT, order(), refund(back()), graphql_order())

    assert list(both.refunds) == ["179259969"]
    assert both.refunds["179259969"].state == "paid"


def test_a_suggested_refund_is_no_fact():
    assert "refund_calculate.json" not in {file for file, _, _ in REAL}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("pending", ["picking.list_created", "label.printed"]),
        ("open", ["picking.list_created", "label.printed"]),
        ("success", ["shipment.dispatched"]),
        ("cancelled", ["label.voided"]),
        ("error", ["outbound.failed"]),
        ("failure", ["outbound.failed"]),
        ("brand_new", []),
    ],
)
def test_a_fulfilment_by_its_status(status, expected):
    assert types(fulfilment(status)) == expected


def test_all_numbers_of_a_fulfilment_are_found():
    value = fulfilment(tracking_numbers=["1Z12345E0205271688", "1Z12345E6605272234"])

    assert [data.get("tracking_no") for _, data in told(FORMAT, value)] == [
        "1Z12345E6605272234",
        "1Z2345",
        "1Z12345E0205271688",
    ]
    assert read(FORMAT, value).links == (
        "shopify:450789469",
        "1Z12345E0205271688",
        "1Z12345E6605272234",
        "shopify:fulfillment/255858046",
    )


@pytest.mark.parametrize(
    ("status", "type", "normalised"),
    [
        ("label_printed", "label.printed", "label"),
        ("confirmed", None, "label"),
        ("carrier_picked_up", "shipment.handed_to_carrier", "in_transit"),
        ("in_transit", None, "in_transit"),
        ("out_for_delivery", "shipment.out_for_delivery", "out_for_delivery"),
        ("attempted_delivery", "shipment.delivery_attempted", "attempt_failed"),
        ("ready_for_pickup", "shipment.available_for_pickup", "available_for_pickup"),
        ("delivered", "shipment.delivered", "delivered"),
        ("failure", None, None),
    ],
)
def test_a_carriers_report(status, type, normalised):
    found = told(FORMAT, scan(status))

    assert [name for name, _ in found] == ["tracking.scan_received", *([type] if type else [])]
    assert found[0][1]["normalised"] == normalised
    assert found[0][1]["location"] == "Austin, TX, US"
    assert "Test Street" not in str(found)


def test_a_parcel_arrives_in_whatever_order_the_messages_come():
    messages = [fulfilment(), fulfilment(shipment_status="in_transit"), scan("delivered")]
    for arrival in itertools.permutations(messages):
        (parcel,) = fold(FORMAT, *arrival).shipments
        assert (parcel.dispatched, parcel.delivered) == (True, True)


@pytest.mark.parametrize(
    ("status", "kind", "state"),
    [
        ("needs_response", "chargeback", "open"),
        ("under_review", "chargeback", "open"),
        ("won", "chargeback", "won"),
        ("lost", "chargeback", "lost"),
        ("accepted", "chargeback", "accepted"),
        ("needs_response", "inquiry", None),
        ("charge_refunded", "inquiry", "withdrawn"),
        ("prevented", "inquiry", "withdrawn"),
    ],
)
def test_a_dispute_by_its_status(status, kind, state):
    found = fold(FORMAT, dispute(status, type=kind), dispute(type=kind)).disputes

    assert [each.state for each in found] == ([state] if state else [])
    if state:
        assert (found[0].amount, found[0].respond_by) == (10000, "2013-07-03")


def test_a_payout_settles_a_refund_and_a_late_failure_brings_it_back():
    settled = fold(FORMAT, refund(back()), BALANCE).refunds["179259969"]
    assert settled.settled_on.isoformat() == "2025-03-05"
    assert settled.returned == (20900, "USD")

    late = BALANCE | {"type": "refund_failure", "processed_at": "2025-03-20T00:00:00Z"}
    for arrival in itertools.permutations([refund(back()), BALANCE, late]):
        assert fold(FORMAT, *arrival).refunds["179259969"].state == "failed"


def test_the_timeline_reopens_an_order_and_shows_what_was_mailed():
    closed = order(closed_at="2025-02-22T10:00:00Z")
    reopened = real("events") | {"verb": "re_opened", "created_at": "2025-02-23T10:00:00Z"}
    mailed = real("events") | {"verb": "mail_sent", "message": "Confirmation was sent to Ada"}

    assert fold(FORMAT, closed).status == "closed"
    for arrival in itertools.permutations([closed, reopened]):
        assert fold(FORMAT, *arrival).closed is None
    assert data_of("message.sent", mailed)["body"] == "Confirmation was sent to Ada"
    assert read(FORMAT, mailed).links == ("shopify:450789469", "shopify:event/852065041")
    assert types(real("events") | {"subject_type": "Product"}) == []


def test_a_payout_belongs_to_no_order():
    message = read(FORMAT, real("payout"))

    assert (message.told, message.links) == ((), ("shopify:payout/623721858",))


def test_the_claim_of_a_cancelled_order_that_was_paid_and_not_refunded():
    value = order(financial_status="paid", cancelled_at="2025-02-21T10:00:00Z")
    verdict = judge(fold(FORMAT, value), as_of=TODAY, policy=POLICY, integrity="intact")

    assert str(verdict.code) == "CANCELLED_BUT_NO_REFUND"


def test_every_object_of_the_fixtures_tells_something():
    kinds = set()
    for file, kind, value in REAL:
        kinds.add(kind)
        facts = check_message(FORMAT, kind, value)
        assert len(facts) > 1 or kind == "payout", file
    assert kinds == {
        "order", "refund", "transaction", "fulfillment", "fulfillment_event", "dispute", "payout",
        "balance_transaction", "tender_transaction", "draft_order", "order_risk",
        "event",
    }  # fmt: skip


def test_every_field_is_declared_and_an_object_of_nulls_is_kept():
    for value in EVERY:
        check_message(FORMAT, FORMAT.kind_of(value), value)
        kind = FORMAT.kind_of(value)
        check_message(FORMAT, kind, nulled(value))
        check_message(FORMAT, kind, {})


@unhurried
@given(garbled(EVERY))
def test_no_payload_whatever_raises(value):
    FORMAT.kind_of(value)
    for kind in {FORMAT.kind_of(each) for each in EVERY[:: len(EVERY) // 6]}:
        check_message(FORMAT, kind, value)
    kind = FORMAT.kind_of(value)
    if kind is not None:
        check_message(FORMAT, kind, value)


def test_only_shopify_claims_its_payloads():
    for value in EVERY:
        assert [name for name, each in FORMATS.items() if each.kind_of(value)] == ["shopify"]


def test_the_reference_names_the_events_that_are_told_and_no_others():
    assert documented("Shopify") == {name for value in EVERY for name in types(value)}
