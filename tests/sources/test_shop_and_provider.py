"""A shop and its payment provider tell of the same payment and the same refund."""

import itertools

from domain.event import Event
from domain.order import fold_order
from sources.formats import FORMATS
from sources.message import facts
from tests.domain.order_story import STREAM
from tests.sources.shop_payloads import encode

PAYMENT, CHARGE, REFUND = "pi_3NqXyzAbCdEfGhIj", "ch_3NqXyzAbCdEfGhIj", "re_3NqXyzAbCdEfGhIj"

STRIPE_CHARGE = {
    "id": CHARGE,
    "object": "charge",
    "amount": 12800,
    "amount_captured": 12800,
    "amount_refunded": 0,
    "currency": "eur",
    "captured": True,
    "paid": True,
    "status": "succeeded",
    "created": 1740045602,
    "payment_intent": PAYMENT,
}
STRIPE_REFUND = {
    "id": REFUND,
    "object": "refund",
    "amount": 1000,
    "currency": "eur",
    "charge": CHARGE,
    "payment_intent": PAYMENT,
    "status": "succeeded",
    "created": 1741082400,
    "metadata": {},
}
SHOPIFY_SALE = {
    "id": 801038806,
    "order_id": 450789469,
    "kind": "sale",
    "gateway": "stripe",
    "status": "success",
    "amount": "128.00",
    "currency": "EUR",
    "processed_at": "2025-02-20T10:00:02Z",
    "authorization": CHARGE,
    "receipt": {"id": CHARGE, "payment_intent": PAYMENT},
}
SHOPIFY_REFUND = {
    "id": 179259969,
    "order_id": 450789469,
    "kind": "refund",
    "gateway": "stripe",
    "status": "pending",
    "amount": "10.00",
    "currency": "EUR",
    "parent_id": 801038806,
    "processed_at": "2025-03-04T10:00:00Z",
    "authorization": REFUND,
    "receipt": {"id": REFUND, "charge": CHARGE, "payment_intent": PAYMENT},
}
WOO_ORDER = {
    "id": 727,
    "number": "727",
    "order_key": "wc_order_1",
    "status": "processing",
    "currency": "EUR",
    "total": "128.00",
    "date_created_gmt": "2025-02-20T10:00:00",
    "date_paid_gmt": "2025-02-20T10:00:02",
    "payment_method": "stripe",
    "transaction_id": CHARGE,
    "meta_data": [{"key": "_stripe_intent_id", "value": PAYMENT}],
    "line_items": [],
    "refunds": [],
}


def fold(*messages):
    found = {}
    for source, value in messages:
        raw = encode(value)
        message = FORMATS[source].translate(FORMATS[source].kind_of(value), value, raw)
        for fact in facts(message, raw, source, STREAM):
            found.setdefault((fact.source, fact.id), fact)
    return fold_order(
        Event(
            stream=fact.stream,
            version=index,
            type=fact.type,
            source=fact.source,
            id=fact.id,
            occurred_at=fact.occurred_at,
            recorded_at="2026-01-01T00:00:00Z",
            data=fact.data,
        )
        for index, fact in enumerate(found.values(), 1)
    )


def test_shopify_and_stripe_tell_of_one_payment_and_one_refund():
    messages = [
        ("shopify", SHOPIFY_SALE),
        ("shopify", SHOPIFY_REFUND),
        ("stripe", STRIPE_CHARGE),
        ("stripe", STRIPE_REFUND),
    ]
    for arrival in itertools.permutations(messages):
        order = fold(*arrival)
        assert [(each.payment_id, each.amount) for each in order.payments] == [(PAYMENT, 12800)]
        assert {name: each.state for name, each in order.refunds.items()} == {REFUND: "paid"}


def test_woocommerce_and_stripe_tell_of_one_payment():
    for arrival in itertools.permutations([("woocommerce", WOO_ORDER), ("stripe", STRIPE_CHARGE)]):
        order = fold(*arrival)
        assert [(each.payment_id, each.amount) for each in order.payments] == [(PAYMENT, 12800)]


def test_what_the_shop_names_links_the_providers_messages():
    def links(source, value):
        return set(FORMATS[source].translate(FORMATS[source].kind_of(value), value, b"{}").links)

    assert links("shopify", SHOPIFY_SALE) & links("stripe", STRIPE_CHARGE)
    assert links("shopify", SHOPIFY_REFUND) & links("stripe", STRIPE_REFUND)
    assert links("woocommerce", WOO_ORDER) & links("stripe", STRIPE_REFUND)


def test_a_refund_that_woocommerce_and_stripe_tell_of_is_one_however_the_order_lists_it():
    link = {"up": [{"href": "https://shop.example/wp-json/wc/v3/orders/727"}]}
    made = {
        "id": 728, "date_created_gmt": "2025-03-04T10:00:00", "amount": "10.00",
        "refunded_by": 7, "refunded_payment": True, "_links": link,
        "meta_data": [{"key": "_stripe_refund_id", "value": REFUND}],
    }  # fmt: skip
    listed = WOO_ORDER | {"date_modified_gmt": "2025-03-04T10:00:00"}
    listed["refunds"] = [{"id": 728, "reason": "", "total": "-10.00"}]
    told = [("woocommerce", made), ("woocommerce", listed), ("stripe", STRIPE_REFUND)]

    for sequence in itertools.permutations(told):
        [refund] = fold(*sequence).refunds.values()
        assert (refund.state, refund.psp_refund_id) == ("paid", REFUND)
        assert refund.approved.amount == 1000
