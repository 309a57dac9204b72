"""Orders for the order desk's tests, told as events; all persons are fictional."""

SHOP = "/example/shop"


def event(order, number, type_, time, **data):
    return {
        "specversion": "1.0", "id": f"{order}-{number}", "source": SHOP, "type": type_,
        "subject": f"de/{order}", "time": time, "data": data,
    }  # fmt: skip


def placed(order, time="2024-05-06T09:00:00+02:00", **changes):
    data = {
        "placed_at": time,
        "customer_id": "c-7",
        "buyer": {"name": "Zhang San", "email": "buyer@example.org", "country": "DE"},
        "ship_to": {"recipient": "Zhang San", "country": "DE"},
        "lines": [{"sku": "A", "title": "product A", "quantity": 2, "unit_price": 6_400}],
        "currency": "EUR",
        "total": 12_800,
    }
    return event(order, 1, "order.placed", time, **(data | changes))


def paid(order, time="2024-05-06T09:05:00+02:00", amount=12_800):
    return event(
        order, 2, "payment.captured", time, payment_id=f"p{order}", amount=amount, currency="EUR"
    )


# The five events behind the sample row of the tracking table.
SAMPLE = [
    placed("202405001"),
    event("202405001", 3, "order.planned_dispatch_set", "2024-05-06T10:00:00+02:00",
          date="2024-05-10"),
    event("202405001", 4, "stock.restock_planned", "2024-05-14T08:00:00+02:00", sku="A",
          quantity=2, eta="2024-05-18"),
    event("202405001", 5, "order.owner_assigned", "2024-05-14T09:00:00+02:00",
          owner="warehouse group", department="warehouse"),
    event("202405001", 6, "order.next_action_set", "2024-05-15T09:00:00+02:00",
          action="complete restocking before 18 May", due_at="2024-05-18"),
]  # fmt: skip
