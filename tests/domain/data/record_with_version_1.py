"""Record events with the code of version 1, for the tests that read them with today's.

    git worktree add /tmp/version-1 5a23758
    PYTHONPATH=/tmp/version-1 python tests/domain/data/record_with_version_1.py \
        > tests/domain/data/lines_of_version_1.jsonl

5a23758 is the last commit at which every type had version 1. Each row of the output has a stored
`line` and the `clear` data that it was made of. The stream's key is 32 times the byte 1; the same
code gives the same bytes.
"""

import json

from domain import personal
from domain.event import Fact
from domain.line import Line, encode_body, first_prev
from eventstore import sealing

KEY = b"\1" * 32
STREAM = "order/example/E01"

FACTS = [
    (
        "order.placed",
        {
            "placed_at": "2025-03-03T09:00:00+00:00",
            "customer_id": "c-E01",
            "buyer": {"name": "Test Buyer", "email": "buyer@example.org", "language": "en"},
            "ship_to": {"recipient": "Test Buyer", "lines": ["Musterweg 1"], "city": "Berlin"},
            "bill_to": {"recipient": "Test Buyer Ltd", "city": "Berlin", "floor": 3},
            "invoice_title": "Test Buyer Ltd",
            "lines": [{"sku": "A-1", "quantity": 2, "unit_price": 6400, "custom_text": "For T."}],
            "currency": "EUR",
            "total": 12800,
            "gift_note": "to Test Buyer",
        },
    ),
    (
        "payment.captured",
        {
            "payment_id": "p1",
            "amount": 12800,
            "currency": "EUR",
            "instrument": {"kind": "bank", "account_label": "Test Buyer's account"},
        },
    ),
    (
        "payment.confirmed_manually",
        {"payment_id": "p2", "by": "staff-1", "instrument": {"account_label": "Test Buyer"}},
    ),
    ("order.imported", {"row_no": 7, "bill_to": {"recipient": "Test Buyer"}, "total": None}),
    (
        "stock.shortage_detected",
        {
            "sku": "A-1",
            "wanted": 2,
            "system_qty": 5,
            "physical_qty": 1,
            "counted_by": "Test Picker",
        },
    ),
    ("stock.shortage_detected", {"sku": "A-1", "wanted": 2, "system_qty": 5, "physical_qty": 1}),
    (
        "refund.settled",
        {
            "refund_id": "r1",
            "amount": 12800,
            "currency": "EUR",
            "settled_on": "2025-03-10",
            "destination": {"kind": "bank", "last4": "4242", "account_label": "Test Buyer"},
        },
    ),
    ("refund.redirected", {"refund_id": "r1", "destination": {"account_label": "Test Friend"}}),
    ("refund.offline_recorded", {"refund_id": "r1", "approvers": ["s1", "s2"], "payee": "Test P."}),
    ("refund.failed", {"refund_id": "r1", "failure_reason": "declined"}),
    ("gift.wrapped", {"for": "Test Buyer", "price": 5}),
]


def main() -> None:
    """Print the rows."""
    for version, (type_, data) in enumerate(FACTS, 1):
        fact = Fact(
            stream=STREAM,
            type=type_,
            source="/example",
            id=f"e{version}",
            occurred_at="2025-03-03T09:00:00+00:00",
            data=data,
        )
        open_data, sealed = personal.split(fact.type, fact.data)
        pii = {}
        if sealed:
            box = sealing.seal(KEY, "contact", fact.stream, fact.source, fact.id, sealed)
            pii["contact"] = box
        line = Line(
            position=version,
            stream=STREAM,
            version=version,
            type=type_,
            recorded_at=f"2025-03-03T09:00:{version:02}.000000Z",
            prev=first_prev(STREAM),
            body=encode_body(fact, open_data, pii),
        )
        print(json.dumps({"line": line.encode().decode(), "clear": data}))


main()
