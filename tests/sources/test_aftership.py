"""Payloads in the form of aftership.com/docs/tracking/webhook/webhook-specifications; the persons
and parcels are made up."""

import base64
import copy
import hashlib
import hmac
import itertools
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from sources import aftership
from sources.format import SignatureError, payloads
from sources.formats import FORMATS
from sources.message import MESSAGE
from tests.domain.order_story import fold
from tests.sources.garbled import documented, garbled, summary, told

FORMAT = aftership.FORMAT
SHARED = Path(__file__).parents[3] / "shared" / "data"

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def checkpoint(tag, subtag, at, message="Scanned", **more):
    return {
        "slug": "usps",
        "created_at": "2026-03-01T00:00:00Z",
        "checkpoint_time": at,
        "city": "SAN ANTONIO",
        "state": "TX",
        "zip": "78284",
        "country_iso3": "USA",
        "country_name": "United States",
        "location": "SAN ANTONIO, TX, 78284",
        "coordinates": [],
        "events": [],
        "message": message,
        "tag": tag,
        "subtag": subtag,
        "subtag_message": "…",
        "raw_tag": "",
    } | more


WAY = [
    checkpoint("InfoReceived", "InfoReceived_001", "2026-03-01T10:00:00-06:00"),
    checkpoint("InTransit", "InTransit_002", "2026-03-02T10:00:00-06:00"),
    checkpoint("Exception", "Exception_004", "2026-03-03T10:00:00-06:00"),
    checkpoint("Exception", "Exception_018", "2026-03-04T10:00:00-06:00"),
    checkpoint("OutForDelivery", "OutForDelivery_001", "2026-03-05T08:00:00-06:00"),
    checkpoint("AttemptFail", "AttemptFail_001", "2026-03-05T10:00:00-06:00"),
    checkpoint("AvailableForPickup", "AvailableForPickup_001", "2026-03-05T11:00:00-06:00"),
    checkpoint("Delivered", "Delivered_002", "2026-03-06T10:00:00-06:00"),
]

WEBHOOK = {
    "ts": 1772812800,
    "event": "tracking_update",
    "event_id": "3f645f5e-530b-4062-8695-db6a64420af8",
    "is_tracking_first_tag": True,
    "msg": {
        "id": "bff5a3bac79b472991a204172473a635",
        "legacy_id": "ngngrj3vnc7toblxddgn5p02",
        "tracking_number": "9361289676091361892011",
        "slug": "usps",
        "title": "Test parcel",
        "order_id": "5093011554349",
        "order_number": "T-1001",
        "customer_name": "Test Buyer",
        "active": False,
        "return_to_sender": False,
        "shipment_type": "Priority Mail",
        "signed_by": "TEST BUYER",
        "tag": "Delivered",
        "subtag": "Delivered_002",
        "created_at": "2026-03-01T00:00:00Z",
        "updated_at": "2026-03-06T16:05:00Z",
        "checkpoints": WAY,
    },
}


def webhook(*checkpoints, **changes):
    event = copy.deepcopy(WEBHOOK)
    last = checkpoints[-1] if checkpoints else {"tag": None, "subtag": None}
    event["msg"] |= {"checkpoints": list(checkpoints), "tag": last["tag"]} | changes
    return event


def states(*checkpoints):
    facts = told(FORMAT, webhook(*checkpoints))
    scans = [fact.data for fact in facts if fact.type == "tracking.scan_received"]
    return [scan.get("normalised") for scan in scans]


def test_a_webhook_tells_the_way_of_a_parcel():
    facts = told(FORMAT, WEBHOOK)

    assert [what for what, _ in summary(facts) if what != "tracking.scan_received"] == [
        "shipment.dispatched",
        "customs.entered",
        "customs.info_requested",
        "shipment.out_for_delivery",
        "shipment.delivery_attempted",
        "shipment.available_for_pickup",
        "shipment.delivered",
    ]
    delivered = facts[-1]
    assert delivered.occurred_at == "2026-03-06T10:00:00-06:00"
    assert delivered.data == {
        "shipment_id": "9361289676091361892011",
        "tracking_no": "9361289676091361892011",
        "signed_by": "TEST BUYER",
        "signed_by_kind": "self",
    }
    assert facts[1].data["location"] == "SAN ANTONIO, TX, 78284, United States"
    assert facts[0].id == "3f645f5e-530b-4062-8695-db6a64420af8"
    assert facts[0].occurred_at == "2026-03-06T16:00:00Z"


def test_the_shops_order_is_named_by_its_number():
    def order(**changes):
        event = webhook(WAY[0], **changes)
        return FORMAT.translate("tracking_update", event, b"{}").order

    assert order() == "T-1001"
    assert order(order_number=None) == "5093011554349"
    assert order(order_number=None, order_id=None) is None


@pytest.mark.parametrize(
    ("tag", "subtag", "ours"),
    [
        ("Pending", "Pending_001", "label"),
        ("InfoReceived", "InfoReceived_001", "label"),
        ("InTransit", "InTransit_007", "in_transit"),
        ("Exception", "Exception_004", "customs"),
        ("Exception", "Exception_018", "customs"),
        ("OutForDelivery", "OutForDelivery_001", "out_for_delivery"),
        ("AvailableForPickup", "AvailableForPickup_001", "available_for_pickup"),
        ("AttemptFail", "AttemptFail_002", "attempt_failed"),
        ("Exception", "Exception_002", "attempt_failed"),
        ("Exception", "Exception_003", "attempt_failed"),
        ("Exception", "Exception_007", "attempt_failed"),
        ("Exception", "Exception_008", "attempt_failed"),
        ("Delivered", "Delivered_001", "delivered"),
        ("Delivered", "Delivered_004", "delivered"),
        ("Delivered", "Delivered_005", "proxy_signed"),
        ("Exception", "Exception_010", "returning"),
        ("Exception", "Exception_011", "returned"),
        ("Exception", "Exception_012", "damaged"),
        ("Exception", "Exception_013", "lost"),
        ("Exception", "Exception_021", "destroyed"),
        ("Expired", "Expired_001", "expired"),
        ("Exception", "Exception_001", None),
        ("Brand", "New_001", None),
    ],
)
def test_tags_are_normalised_by_the_table(tag, subtag, ours):
    assert states(checkpoint(tag, subtag, "2026-03-02T10:00:00Z")) == [ours]


@pytest.mark.parametrize(
    ("subtag", "message", "expected"),
    [
        ("Delivered_005", "Delivered", ("shipment.proxy_signed", "neighbour")),
        (
            "Delivered_001",
            "Delivered, Front Desk/Reception",
            ("shipment.proxy_signed", "front_desk"),
        ),
        ("Delivered_001", "Delivered, Parcel Locker", ("shipment.proxy_signed", "locker")),
        ("Delivered_001", "Delivered, In/At Mailbox", ("shipment.delivered", None)),
        ("Delivered_003", "Signed at front desk", ("shipment.delivered", "self")),
    ],
)
def test_who_took_the_parcel(subtag, message, expected):
    facts = told(FORMAT, webhook(checkpoint("Delivered", subtag, "2026-03-02T10:00:00Z", message)))

    assert (facts[-1].type, facts[-1].data.get("signed_by_kind")) == expected


def test_a_parcel_that_expired_left_nobodys_hands():
    facts = told(FORMAT, webhook(WAY[0], tag="Expired", subtag="Expired_001"))

    assert [what for what, _ in summary(facts)] == [
        "tracking.scan_received",
        "tracking.scan_received",
        "tracking.went_stale",
    ]


def test_a_time_without_offset_is_not_placed():
    facts = told(FORMAT, webhook(checkpoint("InTransit", "InTransit_001", "2026-03-02T10:00:00")))

    assert "scan_at" not in facts[1].data
    assert facts[1].occurred_at == "2026-03-06T16:00:00Z"


def test_an_order_is_delivered_in_whatever_order_the_webhooks_come():
    messages = [
        [(f.type, f.occurred_at, f.source, f.data) for f in told(FORMAT, webhook(*WAY[:upto]))[1:]]
        for upto in (2, 5, 8)
    ]
    ends = {
        tuple((p.shipment_id, p.dispatched_at, p.delivered_at) for p in fold(*way).shipments)
        for some in itertools.permutations(messages)
        for way in [[*itertools.chain(*some, *some)]]
    }

    assert len(ends) == 1
    assert None not in next(iter(ends))[0]


def test_the_answers_of_the_api_are_recognised():
    answer = {"meta": {"code": 200}, "data": {"tracking": WEBHOOK["msg"]}}
    pages = {"data": {"trackings": [WEBHOOK["msg"], WEBHOOK["msg"]]}}

    assert [kind for _, kind, _ in payloads((FORMAT,), answer)] == ["tracking"]
    assert [kind for _, kind, _ in payloads((FORMAT,), pages)] == ["tracking"] * 2
    assert len(told(FORMAT, WEBHOOK["msg"])) == len(told(FORMAT, WEBHOOK))


def test_the_reference_names_the_events_that_are_told_and_no_others():
    more = ["Delivered_005", "Exception_010", "Exception_011", "Exception_012", "Exception_013"]
    extra = [checkpoint("Exception", each, "2026-03-02T10:00:00Z") for each in more]
    stale = checkpoint("Expired", "Expired_001", "2026-04-05T10:00:00Z")

    facts = told(FORMAT, webhook(*WAY, *extra, stale))

    assert {fact.type for fact in facts} - {MESSAGE} == documented("AfterShip")


def test_only_its_own_payloads_are_claimed():
    for payload in (WEBHOOK, WEBHOOK["msg"]):
        assert [name for name, form in FORMATS.items() if form.kind_of(payload)] == ["aftership"]
    for file in SHARED.rglob("*.json") if SHARED.is_dir() else ():
        try:
            value = json.loads(file.read_text())
        except ValueError:
            continue
        assert not list(payloads((FORMAT,), value)), file


@unhurried
@given(garbled([WEBHOOK, WEBHOOK["msg"]]))
def test_garbled_payloads_never_raise(payload):
    for _, _, each in payloads((FORMAT,), payload):
        assert told(FORMAT, each)[0].data["links"]


BODY = json.dumps(WEBHOOK).encode()


def sign(secret, body=BODY):
    return base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest()).decode()


def refusal(headers, secrets=("secret",), body=BODY):
    with pytest.raises(SignatureError) as caught:
        FORMAT.check(body, headers, secrets, 0)
    return caught.value.code


@pytest.mark.parametrize("name", ["aftership-hmac-sha256", "as-signature-hmac-sha256"])
def test_a_signature_by_any_secret_is_accepted(name):
    # O-14
    FORMAT.check(BODY, {name: sign(b"secret")}, ["secret"], 0)
    FORMAT.check(BODY, {name: sign(b"old")}, ["new", "old"], 0)
    FORMAT.check(BODY, {name: sign(b"new")}, ["new", "old"], 0)


def test_what_is_not_signed_is_refused():
    name = "aftership-hmac-sha256"
    assert refusal({}) == "signature-missing"
    assert refusal({name: "%%%"}) == "signature-form"
    assert refusal({name: "é"}) == "signature-form"
    assert refusal({name: sign(b"other")}) == "signature-wrong"
    assert refusal({name: sign(b"secret")}, secrets=[]) == "signature-wrong"
    for place in range(0, len(BODY), 97):
        flipped = BODY[:place] + bytes([BODY[place] ^ 1]) + BODY[place + 1 :]
        assert refusal({name: sign(b"secret")}, body=flipped) == "signature-wrong"
