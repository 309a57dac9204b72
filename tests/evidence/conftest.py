"""One answered claim to make packs of, without a store: its lines, its verdict, its words."""

from datetime import date

import pytest

from domain import personal
from domain.claim import judge
from domain.event import Fact
from domain.line import Line, encode_body, first_prev, line_hash
from domain.order import fold_order
from domain.sentences import LANGUAGES
from evidence import recorded
from evidence.claimed import Claimed
from evidence.typesetting import Typesetter
from evidence.words import PAGES

AS_OF = date(2026, 6, 30)
CARD = {"kind": "card", "brand": "visa", "last4": "4242"}
REFUND = {"refund_id": "r1", "amount": 12800, "currency": "EUR"}
STORY = [
    ("order.placed", "2026-05-01T14:11:00+02:00",
     {"placed_at": "2026-05-01T14:11:00+02:00", "currency": "EUR", "total": 12800,
      "buyer": {"name": "Zhang San", "email": "zhang.san@example.com", "language": "en"}}),
    ("payment.captured", "2026-05-01T14:12:31+02:00",
     {"payment_id": "p1", "psp": "stripe", "psp_payment_id": "pi_1", "amount": 12800,
      "currency": "EUR", "instrument": CARD}),
    ("refund.requested", "2026-05-18T09:58:20+02:00", REFUND | {"reason_code": "damaged"}),
    ("refund.approved", "2026-05-18T10:40:00+02:00", REFUND | {"route": "original"}),
    ("refund.submitted", "2026-05-18T10:42:07+02:00", REFUND | {"psp": "stripe"}),
    ("message.sent", "2026-05-18T10:45:00+02:00",
     {"message_id": "m1", "channel": "email", "template": "refund-sent", "to": "zhang@example.com",
      "subject": "Your refund", "body": "It is on its way."}),
    ("refund.succeeded", "2026-05-18T11:00:00+02:00",
     {"refund_id": "r1", "psp_refund_id": "re_1", "kind": "refund",
      "psp_at": "2026-05-18T11:00:00+02:00"}),
    ("refund.reference_recorded", "2026-05-19T06:00:12+02:00",
     {"refund_id": "r1", "reference_type": "acquirer_reference_number",
      "reference": "74000006140000000000023", "reference_status": "available"}),
    ("refund.settled", "2026-05-20T09:00:00+02:00",
     REFUND | {"settled_on": "2026-05-20", "destination": CARD}),
]  # fmt: skip


def write_lines(story, number="202605001", shop="de"):
    """Return the lines of an order with their positions; what is personal is left out."""
    stream = f"order/{shop}/{number}"
    prev, lines = first_prev(stream), []
    for version, (kind, at, data) in enumerate(story, 1):
        fact = Fact(
            stream=stream, type=kind, source=f"/{kind.partition('.')[0]}", id=f"e{version}",
            occurred_at=at, data=data,
        )  # fmt: skip
        line = Line(
            position=10 * version, stream=stream, version=version, type=kind, prev=prev,
            recorded_at=f"2026-05-01T12:11:{version:02}.000000Z",
            body=encode_body(fact, personal.split(kind, data)[0], {}),
        ).encode()  # fmt: skip
        prev = line_hash(line).hex()
        lines.append((10 * version, line))
    return lines


def claim(story=STORY, language="en", integrity="intact", **names):
    """Return an answered claim."""
    read = recorded.read(write_lines(story, **names))
    order = fold_order([each.event for each in read])
    verdict = judge(order, as_of=AS_OF, integrity=integrity)
    return Claimed(
        shop=order.shop, number=order.number, order=order, verdict=verdict,
        integrity={"verdict": integrity, "events": len(read), "not_checked": ["the weather"]},
        recorded=tuple(read), words=LANGUAGES[language], page=PAGES[language],
    )  # fmt: skip


@pytest.fixture(scope="session")
def typesetter():
    return Typesetter()
