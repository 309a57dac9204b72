"""Payloads of one order as shop, payment provider, carrier and staff send them; persons fictional.

The order is T01 at the shop `de` unless another number is named: placed and paid on Monday
2025-03-03 with EUR 128.00, the refund made on Wednesday 2025-03-05. Adyen's, PayPal's and Amazon's
messages are those of their own tests, which tell the same story.
"""

from datetime import UTC, datetime

from tests.sources import test_adyen as adyen
from tests.sources import test_easypost as easypost

SHOP = "de"
NUMBER = "T01"
ARN = "24011345064000004363200"
PI, CH, RE = "pi_3TestThirty0001", "ch_3TestThirty0001", "re_3TestThirty0001"
SHOPIFY_ID, WOO_ID = 450789469, 727
PARCEL = "00340434161094042557"


def unix(day, hour=12):
    """Seconds since 1970 of `03-05`, which is in 2025."""
    return int(
        datetime.fromisoformat(f"2025-{day}T{hour:02}:00:00+00:00").astimezone(UTC).timestamp()
    )


def shopify(number=NUMBER, status="paid", name="Ada Tester", **changes):
    """An order as Shopify's webhooks bring it."""
    first, _, last = name.partition(" ")
    person = {"first_name": first, "last_name": last, "name": name}
    value = {
        "id": SHOPIFY_ID,
        "name": f"#{number}",
        "order_number": 1001,
        "created_at": "2025-03-03T10:00:00+01:00",
        "processed_at": "2025-03-03T10:00:00+01:00",
        "updated_at": "2025-03-03T10:02:00+01:00",
        "cancelled_at": None,
        "cancel_reason": None,
        "closed_at": None,
        "currency": "EUR",
        "presentment_currency": "EUR",
        "customer_locale": "en-GB",
        "email": "ada@example.org",
        "financial_status": status,
        "fulfillment_status": None,
        "gateway": "stripe",
        "source_name": "web",
        "subtotal_price": "118.00",
        "total_price": "128.00",
        "total_tax": "20.44",
        "total_discounts": "0.00",
        "total_line_items_price": "118.00",
        "note": None,
        "customer": {"id": 207119551, "email": "ada@example.org", **person},
        "billing_address": {**person, "address1": "1 Fiction Road", "city": "Berlin",
                            "zip": "10115", "country_code": "DE"},
        "shipping_address": {**person, "address1": "1 Fiction Road", "city": "Berlin",
                             "zip": "10115", "country_code": "DE"},
        "line_items": [{"id": 466157049, "sku": "CUP-1", "title": "Cup", "quantity": 2,
                        "price": "59.00"}],
        "transactions": [],
        "refunds": [],
        "fulfillments": [],
    }  # fmt: skip
    return value | changes


def sale(payment=CH, gateway="stripe", **changes):
    """The transaction by which Shopify took the money, naming the provider's payment."""
    receipt = {"id": payment}
    if payment == CH:
        receipt["payment_intent"] = PI
    return {
        "id": 801038806,
        "order_id": SHOPIFY_ID,
        "kind": "sale",
        "gateway": gateway,
        "status": "success",
        "amount": "128.00",
        "currency": "EUR",
        "created_at": "2025-03-03T10:01:00+01:00",
        "processed_at": "2025-03-03T10:01:00+01:00",
        "parent_id": None,
        "authorization": payment,
        "receipt": receipt,
    } | changes


def shopify_refund(provider=RE, gateway="stripe", amount="128.00", status="success"):
    """A refund that staff made at Shopify, with its transaction."""
    transaction = {
        "id": 179259969,
        "order_id": SHOPIFY_ID,
        "kind": "refund",
        "gateway": gateway,
        "status": status,
        "amount": amount,
        "currency": "EUR",
        "created_at": "2025-03-05T11:59:00Z",
        "processed_at": "2025-03-05T11:59:00Z",
        "parent_id": 801038806,
        "authorization": provider,
        "receipt": {"id": provider},
    }
    return {
        "id": 509562969,
        "order_id": SHOPIFY_ID,
        "created_at": "2025-03-05T11:58:00Z",
        "note": "arrived broken",
        "user_id": 799407056,
        "refund_line_items": [],
        "transactions": [transaction],
    }


def woocommerce(status="processing", method="stripe", payment=CH, intent=PI, **changes):
    """An order as WooCommerce's webhooks bring it."""
    meta = [{"id": 1, "key": "_stripe_intent_id", "value": intent}] if intent else []
    person = {"first_name": "Ada", "last_name": "Tester", "address_1": "1 Fiction Road",
              "city": "Berlin", "postcode": "10115", "country": "DE"}  # fmt: skip
    value = {
        "id": WOO_ID,
        "number": NUMBER,
        "order_key": "wc_order_58d2d042d1d",
        "created_via": "checkout",
        "status": status,
        "currency": "EUR",
        "date_created_gmt": "2025-03-03T09:00:00",
        "date_modified_gmt": "2025-03-05T10:00:00",
        "discount_total": "0.00",
        "shipping_total": "10.00",
        "total": "128.00",
        "total_tax": "20.44",
        "customer_id": 26,
        "customer_note": "",
        "billing": person | {"email": "ada@example.org", "phone": "+49 30 000000"},
        "shipping": person,
        "payment_method": method,
        "payment_method_title": "Card",
        "transaction_id": payment,
        "date_paid_gmt": "2025-03-03T09:01:00",
        "date_completed_gmt": None,
        "meta_data": meta,
        "line_items": [{"id": 315, "name": "Cup", "quantity": 2, "sku": "CUP-1", "price": "59.00"}],
        "refunds": [],
    }
    return value | changes


def woo_refund(sent, **changes):
    """A refund as WooCommerce brings it: sent to the gateway, or to be paid by hand."""
    return {
        "id": 728,
        "date_created_gmt": "2025-03-05T10:00:00",
        "amount": "128.00",
        "reason": "arrived broken",
        "refunded_by": 7,
        "refunded_payment": sent,
        "meta_data": [],
        "line_items": [],
        "_links": {"up": [{"href": f"https://shop.example/wp-json/wc/v3/orders/{WOO_ID}"}]},
    } | changes


def charge(refunded=0, **changes):
    """A charge of Stripe's, by a Visa card with Apple Pay."""
    return {
        "id": CH,
        "object": "charge",
        "amount": 12800,
        "amount_captured": 12800,
        "amount_refunded": refunded,
        "captured": True,
        "created": unix("03-03", 9),
        "currency": "eur",
        "livemode": True,
        "paid": True,
        "payment_intent": PI,
        "payment_method_details": {
            "type": "card",
            "card": {"brand": "visa", "last4": "4242", "country": "DE",
                     "wallet": {"type": "apple_pay"}},
        },
        "refunded": refunded == 12800,
        "status": "succeeded",
    } | changes  # fmt: skip


def refund(status="succeeded", id=RE, **changes):
    """A refund of Stripe's."""
    return {
        "id": id,
        "object": "refund",
        "amount": 12800,
        "charge": CH,
        "payment_intent": PI,
        "created": unix("03-05"),
        "currency": "eur",
        "metadata": {},
        "reason": "requested_by_customer",
        "status": status,
    } | changes


def to_card(kind="refund", **details):
    return {"destination_details": {"type": "card", "card": {"type": kind, **details}}}


def with_arn(number=ARN):
    return to_card(
        reference=number,
        reference_status="available",
        reference_type="acquirer_reference_number",
    )


def stripe(type, thing, day="03-05", previous=None):
    """An event of Stripe's about a thing, made at noon."""
    return {
        "id": f"evt_{type}_{thing['id']}_{day}",
        "object": "event",
        "type": type,
        "created": unix(day),
        "livemode": True,
        "data": {"object": thing, "previous_attributes": previous or {}},
        "request": {"id": None, "idempotency_key": None},
    }


def dispute(status, **changes):
    """A dispute at Stripe about the charge."""
    return {
        "id": "dp_1",
        "object": "dispute",
        "amount": 12800,
        "charge": CH,
        "created": unix("03-10"),
        "currency": "eur",
        "evidence_details": {"due_by": unix("03-20")},
        "livemode": True,
        "payment_intent": PI,
        "reason": "credit_not_processed",
        "status": status,
    } | changes


PAID = stripe("charge.succeeded", charge(), "03-03")
SUCCEEDED = stripe("refund.created", refund(**to_card("pending", reference_status="pending")))
FOUND = stripe(
    "charge.refund.updated",
    refund(**with_arn()),
    "03-06",
    previous=to_card("pending", reference_status="pending"),
)


def staff(type, time, number=NUMBER, **data):
    """What staff or a system of the shop's own recorded, as a CloudEvent; `03-05T09:00`."""
    return {
        "specversion": "1.0",
        "id": f"{type}-{time}",
        "source": "/desk",
        "type": type,
        "subject": f"{SHOP}/{number}",
        "time": f"2025-{time}:00Z",
        "data": data,
    }


def asked(refund_id="R-1", number=NUMBER, **more):
    """The customer asked for money back."""
    data = {"refund_id": refund_id, "amount": 12800, "currency": "EUR", "reason_code": "broken"}
    return staff("refund.requested", "03-05T09:00", number, **(data | more))


def approved(refund_id="R-1", **more):
    """A person of staff decided to pay it back."""
    data = {"refund_id": refund_id, "amount": 12800, "currency": "EUR", "approver": "staff-7"}
    return staff("refund.approved", "03-05T10:00", **(data | {"route": "original"} | more))


def wrote(text, time="03-12T09:00"):
    """A message of the customer's."""
    return staff(
        "message.received", time, message_id="m-1", channel="email", language="en", body=text
    )


def delivered():
    """EasyPost's tracker of the parcel, once it is delivered, and Shopify's word of its number."""
    return easypost.tracker(tracking_code=PARCEL)


def parcel():
    """The parcel as Shopify names it."""
    return {
        "id": 255858046,
        "order_id": SHOPIFY_ID,
        "status": "success",
        "created_at": "2025-03-02T07:00:00Z",
        "tracking_company": "DHL",
        "tracking_number": PARCEL,
        "tracking_numbers": [PARCEL],
        "line_items": [],
    }


def adyen_item(code, day="03-05", own="REFUND0000000001", **changes):
    """An item of Adyen's about the payment, sent with a reference of the request's own."""
    at = f"2025-{day}T12:00:00+00:00"
    reference = {"merchantReference": f"ref-{own}"}
    return adyen.batch(adyen.item(code, at=at, pspReference=own, **(reference | changes)))


def adyen_paid():
    """Adyen's authorisation, which names the order, and its capture, which does not."""
    authorised, captured = adyen.PAID
    return [adyen.batch(authorised), adyen.batch(captured | {"merchantReference": "capture-9"})]
