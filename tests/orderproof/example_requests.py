"""What the story of the API's examples sends: one order that is paid, cancelled and refunded."""

import base64
import hashlib
import hmac
import json
import time
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

SHOP, NUMBER = "shopify-de", "1001"
SUBJECT = f"{SHOP}/{NUMBER}"
REASON = "claim C-118: the customer asks for a call back"
SECRETS = {name: f"secret-of-{name}-for-the-examples" for name in ("stripe", "shopify", "easypost")}
KEY = rsa.generate_private_key(65537, 2048)
SECRETS["alipay"] = KEY.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
).decode()  # fmt: skip


def event(number, type, time, data, source="/psp/stripe"):
    return {
        "specversion": "1.0", "id": f"evt_1001_{number}", "source": source, "type": type,
        "subject": SUBJECT, "time": time, "data": data,
    }  # fmt: skip


BUYER = {"name": "Testa Muster", "email": "testa@example.com", "phone": "+493023125014",
         "country": "DE", "language": "en"}  # fmt: skip
PLACED = event(
    1, "order.placed", "2025-06-01T09:00:00Z",
    {"placed_at": "2025-06-01T09:00:00Z", "source_channel": "web", "customer_id": "c-42",
     "buyer": BUYER,
     "lines": [{"sku": "MUG-BLUE", "title": "Mug, blue", "quantity": 4, "unit_price": 3200}],
     "currency": "EUR", "total": 12800},
    source="/shop/plugin",
)  # fmt: skip
MONEY = {"refund_id": "r1", "amount": 12800, "currency": "EUR"}
BATCH = [
    event(2, "payment.captured", "2025-06-01T09:01:00Z",
          {"payment_id": "p1", "psp": "stripe", "psp_payment_id": "pi_1001", "amount": 12800,
           "currency": "EUR", "instrument": {"kind": "card", "brand": "visa", "last4": "4242"}}),
    event(3, "refund.approved", "2025-06-03T10:00:00Z", MONEY),
    event(4, "refund.submitted", "2025-06-03T10:05:00Z",
          {**MONEY, "psp": "stripe", "payment_id": "p1", "idempotency_key": "k-1001-1"}),
    event(5, "refund.succeeded", "2025-06-03T10:06:00Z",
          {"refund_id": "r1", "psp_refund_id": "re_1001", "kind": "refund"}),
    event(7, "refund.reference_recorded", "2025-06-04T07:00:00Z",
          {"refund_id": "r1", "reference_type": "acquirer_reference_number",
           "reference": "74987500000000000000001", "reference_status": "available"}),
    {**PLACED, "id": "evt_1002_1", "subject": f"{SHOP}/1002", "time": "2025-06-05T08:00:00Z",
     "data": {"total": 1900, "currency": "CNY", "placed_at": "2025-06-05T08:00:00Z"}},
]  # fmt: skip
SETTLED = event(
    6, "refund.settled", "2025-06-06T00:00:00Z",
    {**MONEY, "settled_on": "2025-06-06",
     "destination": {"kind": "card", "brand": "visa", "last4": "4242"}},
)  # fmt: skip
BINARY = {
    f"ce-{name}": SETTLED[name]
    for name in ("specversion", "id", "source", "type", "subject", "time")
}
TWIN = event(1, "order.note_added", "2025-06-02T08:00:00Z", {"note": "gift"}, source="/shop/desk")
"""Another source's event of the same id."""

COMMAND = {
    "type": "order.owner_assigned", "data": {"owner": "staff-7", "department": "refunds"},
    "command_id": "assign-1001-1",
}  # fmt: skip
CLAIM = {
    "kind": "refund-not-received", "claim_id": "C-118", "customer": "testa@example.com",
    "language": "en", "agent": "A. Sample, customer care", "contact": "care@example.com",
}  # fmt: skip
REVEAL = {"reason": REASON, "fields": ["contact"]}
SEARCH = {"key": "testa@example.com", "reason": REASON}
EXPORT = {
    "kind": "events", "format": "csv", "shop": SHOP, "from": "2025-06-01", "to": "2025-06-30",
    "reason": "refunds of June 2025",
}  # fmt: skip
FILE = "From: testa@example.com\r\nSubject: Order 1001\r\n\r\nMy bank shows no refund yet.\r\n"
NAMED = "attachment; filename*=UTF-8''mail%20of%20the%20customer.eml; note*=UTF-8''asks%20again"

CHARGE = {
    "id": "evt_stripe_1", "object": "event", "type": "charge.refunded", "created": 1748945160,
    "data": {"object": {
        "id": "ch_1001", "object": "charge", "amount": 12800, "amount_refunded": 12800,
        "currency": "eur", "payment_intent": "pi_1001", "metadata": {},
    }},
}  # fmt: skip
SHOP_ORDER = {
    "id": 1001000001, "name": "1001", "order_number": 1001, "created_at": "2025-06-01T09:00:00Z",
    "updated_at": "2025-06-01T09:00:05Z", "currency": "EUR", "total_price": "128.00",
    "financial_status": "paid", "line_items": [],
}  # fmt: skip
TRACKER = {
    "id": "trk_1001", "object": "Tracker", "tracking_code": "EZ1001000001", "status": "in_transit",
    "carrier": "DHL", "created_at": "2025-06-02T08:00:00Z", "updated_at": "2025-06-02T08:00:00Z",
    "tracking_details": [
        {"object": "TrackingDetail", "message": "Accepted", "status": "in_transit",
         "datetime": "2025-06-02T08:00:00Z"},
    ],
}  # fmt: skip
TRADE = {
    "notify_time": "2025-06-05 16:01:00", "notify_type": "trade_status_sync",
    "notify_id": "notify-1002", "charset": "utf-8", "sign_type": "RSA2",
    "trade_no": "20250605220014000001", "out_trade_no": "1002", "trade_status": "TRADE_SUCCESS",
    "total_amount": "19.00", "gmt_payment": "2025-06-05 16:00:59",
}  # fmt: skip


def hook(source):
    """Return the media type, the body as it is shown, its bytes and the headers that sign them."""
    if source == "alipay":
        told = "&".join(f"{k}={v}" for k, v in sorted(TRADE.items()) if k != "sign_type")
        signed = KEY.sign(told.encode(), padding.PKCS1v15(), hashes.SHA256())
        form = urlencode({**TRADE, "sign": base64.b64encode(signed).decode()})
        return "application/x-www-form-urlencoded", form, form.encode(), {}
    shown = {"stripe": CHARGE, "shopify": SHOP_ORDER, "easypost": TRACKER}[source]
    raw = json.dumps(shown).encode()
    secret = SECRETS[source].encode()
    if source == "stripe":
        now = str(int(time.time()))
        digest = hmac.new(secret, f"{now}.".encode() + raw, hashlib.sha256).hexdigest()
        headers = {"Stripe-Signature": f"t={now},v1={digest}"}
    elif source == "shopify":
        digest = base64.b64encode(hmac.digest(secret, raw, "sha256")).decode()
        headers = {"X-Shopify-Hmac-Sha256": digest, "X-Shopify-Topic": "orders/create"}
    else:
        digest = hmac.new(secret, raw, hashlib.sha256).hexdigest()
        headers = {"X-Hmac-Signature": f"hmac-sha256-hex={digest}"}
    return "application/json", shown, raw, headers
