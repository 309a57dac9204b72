"""Orders of plainly made-up persons, and how a test has one of them erased."""

import json

ZOE = {"name": "Zoe Canaryname", "email": "zoe.canary@example.org", "phone": "+49 30 5550 7701"}
MAX = {"name": "Max Othername", "email": "max.other@example.org", "phone": "+49 30 5550 7702"}
DECISION = (
    "--ground", "GDPR Art. 17 (1) b, ticket 77",
    "--requested-by", "staff-1",
    "--approved-by", "staff-2",
)  # fmt: skip


def event(order, id, type, data):
    return {
        "specversion": "1.0",
        "id": f"{order}-{id}",
        "source": "/shop/test",
        "type": type,
        "subject": order,
        "time": "2025-03-03T09:00:00+01:00",
        "data": data,
    }


def placed(order, buyer, customer_id=None, **more):
    data = {"buyer": buyer, "currency": "EUR", "total": 12800, **more}
    if customer_id is not None:
        data["customer_id"] = customer_id
    return event(order, "placed", "order.placed", data)


def closed_long_ago(order):
    """Closed so long ago that no law asks to keep anything of it."""
    done = event(order, "closed", "order.closed", {"outcome": "completed"})
    return done | {"time": "2009-03-03T09:00:00+01:00"}


def story():
    """Zoe's orders de/1 to de/3 (the last as a guest who left a note), Max's de/9, fr/1."""
    bill = {"name": ZOE["name"], "lines": ["Canary Lane 1"], "city": "Exampletown", "country": "DE"}
    return [
        placed("de/1", ZOE, "C-1", bill_to=bill),
        event("de/1", "paid", "payment.captured", {
            "payment_id": "p1", "psp": "stripe", "amount": 12800, "currency": "EUR",
            "instrument": {"kind": "card", "brand": "visa", "last4": "4242"}}),
        event("de/1", "asked", "message.received", {
            "message_id": "m1", "channel": "email", "from": ZOE["email"], "body": "a canary note"}),
        placed("de/2", {"name": ZOE["name"]}, "C-1"),
        placed("de/3", {**ZOE, "phone": None}, None, remarks="a canary note"),
        placed("de/9", MAX, "C-9"),
        placed("fr/1", MAX, "C-1"),
    ]  # fmt: skip


def lines(events):
    return "\n".join(json.dumps(each) for each in events) + "\n"
