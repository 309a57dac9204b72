"""Amazon: orders, finances and notifications become events."""

import itertools

import pytest
from hypothesis import HealthCheck, given, settings

from domain import catalogue
from domain.claim import judge
from domain.policy import POLICY
from sources.amazon import FORMAT
from sources.format import payloads
from sources.formats import FORMATS
from tests.domain.order_story import TODAY
from tests.sources.garbled import documented, garbled
from tests.sources.shop_payloads import (
    check_message,
    files,
    fold,
    found_in,
    load,
    nulled,
    read,
    recorded,
    told,
)

FOLDER = "amazon_sp_api_examples"
REAL = found_in(FORMAT, FOLDER)
ORDER_ID = "903-8868176-2219830"
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def real(kind, number=0):
    return [value for _, found, value in REAL if found == kind][number]


def usd(amount):
    return {"CurrencyCode": "USD", "CurrencyAmount": amount}


def order(status="Unshipped", **changes):
    return {
        "AmazonOrderId": ORDER_ID,
        "PurchaseDate": "2025-02-20T10:00:00Z",
        "LastUpdateDate": "2025-02-21T10:00:00Z",
        "OrderStatus": status,
        "SalesChannel": "Amazon.com",
        "OrderTotal": {"CurrencyCode": "USD", "Amount": "110.01"},
        "ShippingAddress": {
            "Name": "Ada Tester",
            "AddressLine1": "1 Fiction Road",
            "City": "Canton",
            "PostalCode": "48817",
            "CountryCode": "US",
        },
        "BuyerInfo": {"BuyerEmail": "ada@example.org", "BuyerName": "Ada Tester"},
    } | changes


def shipment_event(at="2025-02-22T10:00:00Z", **changes):
    item = {
        "ItemChargeList": [
            {"ChargeType": "Principal", "ChargeAmount": usd("100.00")},
            {"ChargeType": "Tax", "ChargeAmount": usd("10.01")},
            {"ChargeType": "ShippingCharge", "ChargeAmount": usd(0)},
        ],
        "PromotionList": [{"PromotionAmount": usd("-5.00")}],
        "ItemFeeList": [{"FeeType": "Commission", "FeeAmount": usd("-15.00")}],
    }
    event = {"AmazonOrderId": ORDER_ID, "PostedDate": at, "ShipmentItemList": [item]}
    return {"ShipmentEventList": [event | changes]}


def adjusted(name="RefundEventList", amount="-100.00", at="2025-03-04T10:00:00Z"):
    item = {
        "ItemChargeAdjustmentList": [
            {"ChargeType": "Principal", "ChargeAmount": usd(amount)},
        ],
        "PromotionAdjustmentList": [{"PromotionAmount": usd("5.00")}],
        "ItemFeeAdjustmentList": [{"FeeType": "Commission", "FeeAmount": usd("12.00")}],
    }
    event = {"AmazonOrderId": ORDER_ID, "PostedDate": at, "ShipmentItemAdjustmentList": [item]}
    return {name: [event]}


def transaction(kind="Refund", **changes):
    return {
        "transactionType": kind,
        "transactionId": "b1qD0oAliFkLiqRyGbmeT0Do",
        "transactionStatus": "RELEASED",
        "relatedIdentifiers": [
            {"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": ORDER_ID}
        ],
        "postedDate": "2025-03-04T10:00:00Z",
        "totalAmount": {"currencyAmount": "-83.00", "currencyCode": "USD"},
        "breakdowns": [
            {"breakdownType": "Sales",
             "breakdownAmount": {"currencyAmount": "-95.00", "currencyCode": "USD"}},
            {"breakdownType": "Expenses",
             "breakdownAmount": {"currencyAmount": "12.00", "currencyCode": "USD"}},
        ],
    } | changes  # fmt: skip


def change(**summary):
    value = real("ORDER_CHANGE")
    inner = value["Payload"]["OrderChangeNotification"]
    changed = inner | {"Summary": inner["Summary"] | summary}
    return value | {"Payload": {"OrderChangeNotification": changed}}


def mcf(status, order_status="PROCESSING"):
    value = real("FULFILLMENT_ORDER_STATUS")
    inner = value["Payload"]["FulfillmentOrderStatusNotification"]
    shipment = inner["FulfillmentShipment"] | {"FulfillmentShipmentStatus": status}
    changed = inner | {"FulfillmentShipment": shipment, "FulfillmentOrderStatus": order_status}
    return value | {"Payload": {"FulfillmentOrderStatusNotification": changed}}


def fba(status):
    value = real("FBA_OUTBOUND_SHIPMENT_STATUS")
    inner = value["Payload"]["FBAOutboundShipmentStatusNotification"]
    changed = inner | {"ShipmentStatus": status}
    return value | {"Payload": {"FBAOutboundShipmentStatusNotification": changed}}


EASY_SHIP = (
    "PendingSchedule", "PendingPickUp", "PendingDropOff", "LabelCanceled", "PickedUp",
    "DroppedOff", "AtOriginFC", "AtDestinationFC", "Delivered", "RejectedByBuyer",
    "Undeliverable", "ReturningToSeller", "ReturnedToSeller", "Lost", "OutForDelivery", "Damaged",
)  # fmt: skip

EVERY = [
    *(value for _, _, value in REAL),
    *(order(status) for status in (
        "Pending", "Unshipped", "PartiallyShipped", "Shipped", "Canceled", "Unfulfillable")),
    *(order(EasyShipShipmentStatus=status) for status in (
        *EASY_SHIP, "ReadyForPickup", "Delayed", "DeliveryAttempted")),
    shipment_event(),
    {"ShipmentSettleEventList": shipment_event()["ShipmentEventList"]},
    *(adjusted(name, amount)
      for name in ("RefundEventList", "ChargebackEventList", "GuaranteeClaimEventList")
      for amount in ("-100.00", "100.00", "unreadable")),
    *(transaction(kind) for kind in ("Shipment", "Refund", "Chargeback", "Transfer")),
    *(fba(status) for status in ("Created", "Shipped", "Canceled")),
    *(mcf(status) for status in ("PENDING", "SHIPPED", "CANCELLED_BY_SELLER")),
]  # fmt: skip


def types(value):
    return [name for name, _ in told(FORMAT, value)]


def data_of(name, value):
    return next(data for told_type, data in told(FORMAT, value) if told_type == name)


def verdict(*values):
    return str(judge(fold(FORMAT, *values), as_of=TODAY, policy=POLICY, integrity="intact").code)


def test_an_order_of_version_0():
    message = read(FORMAT, order())
    placed = data_of("order.placed", order())

    assert (message.order, message.links) == (ORDER_ID, (ORDER_ID,))
    assert (placed["source_channel"], placed["total"], placed["currency"]) == (
        "amazon", 11001, "USD",
    )  # fmt: skip
    assert (placed["buyer"]["name"], placed["ship_to"]["recipient"]) == (
        "Ada Tester", "Ada Tester",
    )  # fmt: skip


def test_an_edit_does_not_rewrite_the_order_as_it_was_placed():
    states = [
        order(
            OrderTotal={"CurrencyCode": "USD", "Amount": f"{day}.00"},
            LastUpdateDate=f"2025-02-{day}T10:00:00Z",
        )
        for day in range(20, 28)
    ]
    for arrival in (states, states[::-1], states[3:] + states[:3]):
        assert fold(FORMAT, *arrival).total == 2000


def test_an_order_of_version_2026_01_01():
    value = real("order")
    found = fold(FORMAT, value)

    assert read(FORMAT, value).order == "123-4567890-1234567"
    assert (found.total, found.currency, found.source_channel) == (15499, "USD", "amazon")
    (parcel,) = found.shipments
    assert (parcel.carrier, parcel.tracking_no, parcel.delivered) == (
        "UPS", "1Z999AA1234567890", True,
    )  # fmt: skip
    line = data_of("order.placed", value)["lines"][0]
    assert (line["sku"], line["quantity"], line["unit_price"]) == ("ECHO-DOT-4-CHARCOAL", 2, 4999)


def test_persons_stand_in_sealed_fields_only():
    for event in [*recorded(FORMAT, order()), *recorded(FORMAT, real("order"))]:
        declared = catalogue.find(event.type).fields
        shown = {
            name: value
            for name, value in event.data.items()
            if declared.get(name) in (catalogue.Class.OPEN, catalogue.Class.P2)
        }
        seen = str(shown) + event.id
        assert not [each for each in ("Ada", "John", "Fiction", "Main Street") if each in seen]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("Pending", ["order.placed"]),
        ("Unshipped", ["order.placed", "payment.authorised"]),
        ("Shipped", ["order.placed", "payment.authorised", "shipment.dispatched"]),
        ("Canceled", ["order.placed", "order.cancelled"]),
        ("Unfulfillable", ["order.placed", "outbound.failed"]),
    ],
)
def test_an_order_by_its_status(status, expected):
    assert types(order(status)) == expected


def test_a_marketplace_order_without_a_refund_is_handled_by_the_platform():
    assert verdict(order()) == "HANDLED_BY_PLATFORM"
    assert verdict(order("Canceled"), shipment_event()) == "HANDLED_BY_PLATFORM"
    assert verdict(change()) == "HANDLED_BY_PLATFORM"
    # An order of another shop that Amazon only ships is that shop's to refund.
    assert verdict(order(SalesChannel="Non-Amazon US")) != "HANDLED_BY_PLATFORM"


def test_the_buyers_money_is_counted_without_the_sellers_fees():
    (payment,) = fold(FORMAT, shipment_event()).payments
    assert (payment.amount, payment.currency) == (10501, "USD")

    refund = next(iter(fold(FORMAT, adjusted()).refunds.values()))
    assert (refund.state, refund.returned) == ("paid", (9500, "USD"))


def test_money_that_cannot_be_read_or_added_is_left_out():
    euros = {"ChargeAmount": {"CurrencyCode": "EUR", "CurrencyAmount": "1.00"}}
    value = shipment_event(OrderChargeList=[euros])

    assert data_of("payment.captured", value)["amount"] is None
    assert data_of("refund.settled", adjusted(amount="unreadable"))["amount"] is None


def test_both_versions_of_the_finances_and_the_notification_tell_of_one_refund():
    notified = real("TRANSACTION_UPDATE")
    inner = {
        "RelatedIdentifiers": [
            {"RelatedIdentifierName": "OrderId", "RelatedIdentifierValue": ORDER_ID}
        ],
        "TransactionType": "Refund",
        "PostedDate": "2025-03-04T10:00:00Z",
        "TotalAmount": usd("-83.00"),
    }
    notified = notified | {"Payload": {"TransactionUpdateNotification": inner}}
    messages = [order(), shipment_event(), adjusted(), transaction(), notified]
    for count in range(1, 6):
        for arrival in itertools.permutations(messages, count):
            refunds = fold(FORMAT, *arrival, *arrival).refunds
            assert {each.state for each in refunds.values()} <= {"paid"}
            assert len(refunds) == (1 if {*map(id, arrival)} & {*map(id, messages[2:])} else 0)
    assert verdict(*messages) == "SETTLED_NO_REFERENCE"


def test_a_guarantee_claim_and_a_chargeback_are_lost_until_the_money_comes_back():
    for name in ("GuaranteeClaimEventList", "ChargebackEventList"):
        taken = adjusted(name)
        given = adjusted(name, "100.00", "2025-04-04T10:00:00Z")
        (dispute,) = fold(FORMAT, shipment_event(), taken).disputes
        assert (dispute.state, dispute.amount) == ("lost", 9500)
        for arrival in itertools.permutations([shipment_event(), taken, given]):
            (dispute,) = fold(FORMAT, *arrival).disputes
            assert dispute.state == "won"
        assert fold(FORMAT, adjusted(name, "unreadable")).disputes[0].state == "open"


def test_events_are_taken_out_of_their_lists_with_the_lists_name():
    page = {
        "payload": {
            "FinancialEvents": {
                **shipment_event(),
                **adjusted(),
                "ChargebackEventList": [],
                "ServiceFeeEventList": [{"FeeReason": "x"}, {"FeeReason": "y"}],
            }
        }
    }
    kinds = [kind for _, kind, _ in payloads((FORMAT,), page)]

    assert kinds == [
        "finances/ShipmentEvent",
        "finances/RefundEvent",
        "finances/ServiceFeeEvent",
        "finances/ServiceFeeEvent",
    ]


@pytest.mark.parametrize(
    ("status", "normalised", "type"),
    [
        ("PendingPickUp", "label", None),
        ("PickedUp", "in_transit", "shipment.dispatched"),
        ("AtOriginFC", "in_transit", None),
        ("OutForDelivery", "out_for_delivery", "shipment.out_for_delivery"),
        ("Delivered", "delivered", "shipment.delivered"),
        ("RejectedByBuyer", "attempt_failed", "shipment.delivery_failed"),
        ("ReturningToSeller", "returning", "shipment.returned_to_sender"),
        ("ReturnedToSeller", "returned", "shipment.return_received"),
        ("Damaged", "damaged", "shipment.damaged"),
        ("Lost", "lost", "shipment.lost"),
        ("LabelCanceled", None, "label.voided"),
        ("Unheard", None, None),
    ],
)
def test_easy_ship_by_its_status(status, normalised, type):
    value = order("Pending", EasyShipShipmentStatus=status)

    assert types(value)[1:] == ["tracking.scan_received", *([type] if type else [])]
    assert data_of("tracking.scan_received", value)["normalised"] == normalised


def test_the_buyers_wish_to_cancel():
    wish = {"by": "customer", "reason_code": "Buyer Requested Cancel"}

    assert data_of("order.cancellation_requested", change()) == wish
    assert "order.cancelled" in types(change(OrderStatus="Canceled"))
    assert data_of("order.cancellation_requested", real("order")) == {"by": "customer"}


def test_the_order_itself_goes_before_what_a_notification_knows_of_it():
    value = change(PurchaseDate="2025-02-20T10:00:00Z")
    for arrival in itertools.permutations([order(), value]):
        assert fold(FORMAT, *arrival).total == 11001


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (fba("Created"), ["picking.list_created"]),
        (fba("Shipped"), ["shipment.dispatched"]),
        (fba("Canceled"), ["outbound.failed"]),
        (mcf("PENDING"), ["label.printed"] * 3 + ["shipment.return_received"]),
        (mcf("SHIPPED"), ["shipment.dispatched"] * 3 + ["shipment.return_received"]),
        (mcf("CANCELLED_BY_SELLER"), ["outbound.failed", "shipment.return_received"]),
    ],
)
def test_a_shipment_by_amazon(value, expected):
    assert types(value) == expected


def test_milestones_tell_the_way_of_a_parcel():
    value = real("SHIPMENT_TRACKING_MILESTONE_CHANGED")
    message = read(FORMAT, value)
    (parcel,) = fold(FORMAT, value).shipments

    assert message.links == ("AFTN987654321",)
    assert [each.occurred_at for each in message.told if each.type.startswith("shipment")] == [
        "2026-06-13T05:21:43Z",
        "2026-06-13T16:20:51Z",
        "2026-06-14T01:26:56Z",
    ]
    assert (parcel.dispatched, parcel.delivered) == (True, True)


def test_notifications_are_known_by_their_own_ids():
    ids = [read(FORMAT, value).id for file, _, value in REAL if "Notification" in file]

    assert "ORDER_CHANGE/d0e9e693-c3ad-4373-979f-ed4ec98dd746" in ids
    assert len(ids) == len(set(ids)) == 5


def test_what_was_asked_is_no_fact():
    def without_requests(value):
        if isinstance(value, dict):
            return {k: without_requests(v) for k, v in value.items() if k != "request"}
        return [without_requests(v) for v in value] if isinstance(value, list) else value

    for path in files(FOLDER):
        value = load(path)
        cut = without_requests(value)
        assert [item for _, _, item in payloads((FORMAT,), cut)] == [
            item for _, _, item in payloads((FORMAT,), value)
        ]


def test_every_order_and_notification_of_the_examples_tells_something():
    silent = {"FinancialEventGroup", "OrderDetail", "OrderItems"}
    kinds = set()
    for file, kind, value in REAL:
        kinds.add(kind)
        facts = check_message(FORMAT, kind, value)
        money = ("finances/Shipment", "finances/Refund", "finances/Chargeback")
        if kind not in silent and (not kind.startswith("finances/") or kind.startswith(money)):
            assert len(facts) > 1, (file, kind)
    assert kinds >= {
        "Order", "OrderItems", "OrderDetail", "order", "transaction", "ORDER_CHANGE",
        "FBA_OUTBOUND_SHIPMENT_STATUS", "FULFILLMENT_ORDER_STATUS", "TRANSACTION_UPDATE",
        "SHIPMENT_TRACKING_MILESTONE_CHANGED", "finances/ChargebackEvent",
    }  # fmt: skip


def test_amazon_signs_nothing():
    assert FORMAT.check is None


def test_every_field_is_declared_and_an_object_of_nulls_is_kept():
    for value in EVERY:
        check_message(FORMAT, FORMAT.kind_of(value), value)
        check_message(FORMAT, FORMAT.kind_of(value), nulled(value))
        check_message(FORMAT, FORMAT.kind_of(value), {})


KINDS = sorted({FORMAT.kind_of(value) for value in EVERY})


@unhurried
@given(garbled(EVERY))
def test_no_payload_whatever_raises(value):
    FORMAT.kind_of(value)
    FORMAT.split(value)
    for kind in KINDS:
        check_message(FORMAT, kind, value)


def test_only_amazon_claims_its_payloads():
    for value in EVERY:
        claimed = [name for name, each in FORMATS.items() if each.kind_of(value)]
        assert claimed == ["amazon"]


def test_the_reference_names_the_events_that_are_told_and_no_others():
    assert documented("Amazon") == {name for value in EVERY for name in types(value)}
