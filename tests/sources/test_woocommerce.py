"""WooCommerce: orders, refunds and notes of the first and the third API become events."""

import itertools

import pytest
from hypothesis import HealthCheck, given, settings

from domain import catalogue
from domain.claim import judge
from domain.policy import POLICY
from sources.formats import FORMATS
from sources.woocommerce import FORMAT
from tests.domain.order_story import TODAY
from tests.sources.garbled import documented, garbled
from tests.sources.shop_payloads import (
    check_message,
    fold,
    found_in,
    load,
    nulled,
    read,
    recorded,
    told,
)
from tests.sources.shop_payloads import files as files_of

FOLDER = "woocommerce_rest_docs"
REAL = found_in(FORMAT, FOLDER)
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

UP = {"up": [{"href": "https://shop.example/wp-json/wc/v3/orders/727"}]}


def order(status="processing", **changes):
    """An order as the third API has it; the person is fictional."""
    return {
        "id": 727,
        "parent_id": 0,
        "number": "R-727",
        "order_key": "wc_order_58d2d042d1d",
        "created_via": "checkout",
        "status": status,
        "currency": "EUR",
        "date_created": "2025-02-20T11:28:02",
        "date_created_gmt": "2025-02-20T10:28:02",
        "date_modified": "2025-02-20T11:28:08",
        "date_modified_gmt": "2025-02-20T10:28:08",
        "discount_total": "0.00",
        "shipping_total": "10.00",
        "total": "128.00",
        "total_tax": "2.00",
        "customer_id": 26,
        "customer_note": "Ring at Ada's",
        "billing": {
            "first_name": "Ada",
            "last_name": "Tester",
            "company": "",
            "address_1": "1 Fiction Road",
            "city": "Berlin",
            "state": "BE",
            "postcode": "10115",
            "country": "DE",
            "email": "ada@example.org",
            "phone": "+49 30 000000",
        },
        "shipping": {
            "first_name": "Ada",
            "last_name": "Tester",
            "address_1": "1 Fiction Road",
            "city": "Berlin",
            "postcode": "10115",
            "country": "DE",
        },
        "payment_method": "stripe",
        "payment_method_title": "Card",
        "transaction_id": "ch_3NqXyzAbCdEfGhIj",
        "date_paid_gmt": "2025-02-20T10:28:08",
        "date_completed_gmt": None,
        "meta_data": [{"id": 1, "key": "_stripe_intent_id", "value": "pi_3NqXyzAbCdEfGhIj"}],
        "line_items": [
            {"id": 315, "name": "Woo Single", "quantity": 2, "sku": "W1", "price": "59.00"}
        ],
        "refunds": [],
    } | changes


def refund(sent=True, **changes):
    return {
        "id": 726,
        "date_created": "2025-03-04T11:00:00",
        "date_created_gmt": "2025-03-04T10:00:00",
        "amount": "10.00",
        "reason": "broken",
        "refunded_by": 1,
        "refunded_payment": sent,
        "meta_data": [],
        "line_items": [{"id": 1, "name": "Woo Single", "sku": "W1", "quantity": -1}],
        "_links": UP,
    } | changes


def note(**changes):
    return {
        "id": 281,
        "author": "Ada Clerk",
        "date_created_gmt": "2025-02-21T10:00:00",
        "note": "We are on it.",
        "customer_note": True,
        "_links": UP,
    } | changes


def first_order(**changes):
    return next(value for _, kind, value in REAL if kind == "order") | changes


STUB = [{"id": 726, "reason": "broken", "total": "-10.00"}]
EVERY = [
    *(value for _, _, value in REAL),
    *(
        order(status, date_paid_gmt=paid, refunds=STUB)
        for status in (
            "pending", "on-hold", "processing", "completed", "cancelled", "failed", "refunded",
            "checkout-draft", "wc-custom",
        )
        for paid in (None, "2025-02-20T10:28:08")
    ),
    refund(),
    refund(sent=False),
    note(),
]  # fmt: skip


def types(value):
    return [name for name, _ in told(FORMAT, value)]


def data_of(name, value):
    return next(data for told_type, data in told(FORMAT, value) if told_type == name)


def test_an_order_of_the_third_api():
    message = read(FORMAT, order())
    placed = data_of("order.placed", order())

    assert (message.order, message.occurred_at) == ("R-727", "2025-02-20T10:28:08Z")
    assert message.links == (
        "woocommerce:727",
        "pi_3NqXyzAbCdEfGhIj",
        "ch_3NqXyzAbCdEfGhIj",
    )
    assert (placed["placed_at"], placed["total"]) == ("2025-02-20T10:28:02Z", 12800)
    assert placed["lines"] == [
        {"line_no": "315", "sku": "W1", "title": "Woo Single", "quantity": 2, "unit_price": 5900}
    ]
    assert placed["ship_to"]["recipient"] == "Ada Tester"
    assert data_of("payment.captured", order()) == {
        "payment_id": "pi_3NqXyzAbCdEfGhIj",
        "psp_payment_id": "ch_3NqXyzAbCdEfGhIj",
        "psp": "stripe",
        "method": "stripe",
        "amount": 12800,
        "currency": "EUR",
    }


def test_an_edit_does_not_rewrite_the_order_as_it_was_placed():
    states = [
        order(total=f"{day}.00", date_modified_gmt=f"2025-02-{day}T10:00:00")
        for day in range(20, 28)
    ]
    for arrival in (states, states[::-1], states[3:] + states[:3]):
        assert fold(FORMAT, *arrival).total == 2000


def test_an_order_of_the_first_api():
    message = read(FORMAT, first_order())
    found = fold(FORMAT, first_order())

    assert (message.order, message.links) == ("645", ("woocommerce:645",))
    assert types(first_order()) == ["order.placed", "payment.captured"]
    assert (found.total, found.currency) == (7987, "USD")
    assert found.payments[0].payment_id == "woocommerce:645"


@pytest.mark.parametrize(
    ("status", "paid", "expected"),
    [
        ("pending", None, ["order.placed", "payment.initiated"]),
        ("on-hold", None, ["order.placed", "payment.initiated"]),
        ("processing", "2025-02-20T10:28:08", ["order.placed", "payment.captured"]),
        ("completed", "2025-02-20T10:28:08", ["order.placed", "payment.captured", "order.closed"]),
        ("cancelled", None, ["order.placed", "order.cancelled"]),
        ("cancelled", "2025-02-20T10:28:08",
         ["order.placed", "payment.captured", "order.cancelled"]),
        ("failed", None, ["order.placed", "payment.failed"]),
        ("checkout-draft", None, []),
    ],
)  # fmt: skip
def test_an_order_by_its_status(status, paid, expected):
    assert types(order(status, date_paid_gmt=paid)) == expected


def test_persons_stand_in_sealed_fields_only():
    for event in [*recorded(FORMAT, order()), *recorded(FORMAT, note())]:
        declared = catalogue.find(event.type).fields
        shown = {
            name: value
            for name, value in event.data.items()
            if declared.get(name) in (catalogue.Class.OPEN, catalogue.Class.P2)
        }
        text = str(shown) + event.id
        assert not [each for each in ("Ada", "Fiction", "ada@", "+49") if each in text], event.type


def test_a_refund_that_the_gateway_took_is_not_yet_paid():
    found = fold(FORMAT, order(refunds=STUB), refund()).refunds["726"]

    assert (found.state, found.promised) == ("pending", (1000, "EUR"))
    assert read(FORMAT, refund()).links == ("woocommerce:727", "woocommerce:refund/726")


def test_a_refund_that_is_to_be_paid_by_hand_was_only_decided():
    paid_by_hand = fold(FORMAT, order(refunds=STUB), refund(sent=False))

    assert paid_by_hand.refunds["726"].state == "approved"
    verdict = judge(paid_by_hand, as_of=TODAY, policy=POLICY, integrity="intact")
    assert str(verdict.code) == "APPROVED_NOT_SUBMITTED"


def test_a_refund_of_the_first_api_says_not_whether_it_was_sent():
    value = next(value for _, kind, value in REAL if kind == "order_refund")

    assert types(value) == ["refund.approved", "refund.submission_unknown"]
    assert "amount" not in data_of("refund.approved", value)
    assert fold(FORMAT, value).refunds["649"].state == "submitted"


def test_a_refund_comes_to_its_state_in_any_order_and_repeated():
    messages = [
        order(),
        order(refunds=STUB, date_modified_gmt="2025-03-04T10:00:01"),
        refund(),
        order("refunded", refunds=STUB, date_modified_gmt="2025-04-01T10:00:00"),
    ]
    for count in range(1, 5):
        for arrival in itertools.permutations(messages, count):
            found = fold(FORMAT, *arrival, *arrival).refunds
            expected = "pending" if messages[2] in arrival else "approved"
            assert {each.state for each in found.values()} <= {expected}


def test_a_refund_knows_its_order_by_parent_or_address():
    assert read(FORMAT, refund(parent_id=12)).links[0] == "woocommerce:12"
    assert read(FORMAT, refund(_links=None)).links == ("woocommerce:refund/726",)
    meta = [{"key": "_wcpay_refund_id", "value": "re_3NqXyzAbCdEfGhIj"}]
    assert data_of("refund.accepted", refund(meta_data=meta))["psp_refund_id"] == (
        "re_3NqXyzAbCdEfGhIj"
    )


def test_an_order_of_the_first_api_that_was_refunded_as_a_whole():
    found = fold(FORMAT, first_order(status="refunded")).refunds

    assert {name: each.promised for name, each in found.items()} == {
        "woocommerce:645": (7987, "USD")
    }


def test_a_note_to_the_customer_is_a_message_too():
    assert types(note()) == ["order.note_added", "message.sent"]
    assert types(note(customer_note=False)) == ["order.note_added"]
    assert read(FORMAT, note()).links == ("woocommerce:727", "woocommerce:note/281")


def test_every_order_refund_and_note_of_the_documents_tells_something():
    kinds = set()
    for file, kind, value in REAL:
        kinds.add(kind)
        facts = check_message(FORMAT, kind, value)
        assert len(facts) > 1, file
    assert kinds == {"order", "order_refund", "order_note"}
    assert {name for each in REAL for name in types(each[2])} >= {"order.placed", "refund.approved"}


def test_what_webhooks_are_set_up_is_no_payload():
    told_of = {file for file, _, _ in REAL}
    for path in files_of(FOLDER):
        if path.name.startswith("webhooks"):
            assert path.name not in told_of
            assert load(path)


def test_every_field_is_declared_and_an_object_of_nulls_is_kept():
    for value in EVERY:
        check_message(FORMAT, FORMAT.kind_of(value), value)
        check_message(FORMAT, FORMAT.kind_of(value), nulled(value))
        check_message(FORMAT, FORMAT.kind_of(value), {})


@unhurried
@given(garbled(EVERY))
def test_no_payload_whatever_raises(value):
    FORMAT.kind_of(value)
    for kind in ("order", "order_refund", "order_note"):
        check_message(FORMAT, kind, value)


def test_only_woocommerce_claims_its_payloads():
    for value in EVERY:
        claimed = [name for name, each in FORMATS.items() if each.kind_of(value)]
        assert claimed == ["woocommerce"]


def test_the_reference_names_the_events_that_are_told_and_no_others():
    assert documented("WooCommerce") == {name for value in EVERY for name in types(value)}
