import copy
import hashlib
import hmac
import itertools
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import catalogue
from sources import easypost
from sources.format import SignatureError, payloads
from sources.formats import FORMATS
from sources.message import MESSAGE
from tests.domain.order_story import STREAM, fold
from tests.sources.garbled import GARBAGE, all_told, documented, garbled, summary, told

FORMAT = easypost.FORMAT
DATA = Path(__file__).parents[1] / "data" / "easypost_python_cassettes"
SHARED = Path(__file__).parents[3] / "shared" / "data"

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def cassette(name):
    return json.loads((DATA / f"{name}.json").read_text())


def found(value):
    return [payload for _, _, payload in payloads((FORMAT,), value)]


REAL = [
    each
    for file in sorted(DATA.glob("test_*.json"))
    for each in found(json.loads(file.read_text()))
]

TRACKER = {
    "id": "trk_1",
    "object": "Tracker",
    "tracking_code": "EZ2000000002",
    "status": "delivered",
    "status_detail": "arrived_at_destination",
    "created_at": "2025-03-01T00:00:00Z",
    "updated_at": "2025-03-05T10:00:00Z",
    "signed_by": None,
    "shipment_id": "shp_1",
    "carrier": "USPS",
    "tracking_details": [
        {
            "object": "TrackingDetail",
            "message": message,
            "status": status,
            "status_detail": detail,
            "datetime": at,
            "tracking_location": {
                "city": "HOUSTON",
                "state": "TX",
                "country": None,
                "zip": "77063",
            },
        }
        for message, status, detail, at in [
            ("Label made", "pre_transit", "label_created", "2025-03-01T08:00:00Z"),
            ("Accepted", "in_transit", "received_at_origin_facility", "2025-03-02T08:00:00Z"),
            ("Held by customs", "in_transit", "held", "2025-03-03T08:00:00Z"),
            ("On its way", "out_for_delivery", "out_for_delivery", "2025-03-05T07:00:00Z"),
            ("No one home", "failure", "delivery_exception", "2025-03-05T08:00:00Z"),
            ("Delivered", "delivered", "arrived_at_destination", "2025-03-05T09:30:00Z"),
        ]
    ],
}


def tracker(**changes):
    return {**copy.deepcopy(TRACKER), **changes}


def scan(status, detail, at="2025-03-06T08:00:00Z", message="Scanned"):
    return {"status": status, "status_detail": detail, "datetime": at, "message": message}


def of_type(facts, name):
    return [fact for fact in facts if fact.type == name]


def state(*details, **changes):
    """The normalised states of a tracker with these scans, without that of the tracker itself."""
    facts = told(FORMAT, tracker(tracking_details=list(details), status=None, **changes))
    return [fact.data.get("normalised") for fact in of_type(facts, "tracking.scan_received")]


def as_facts(facts):
    return [(fact.type, fact.occurred_at, fact.source, fact.data) for fact in facts]


def test_a_tracker_tells_the_way_of_a_parcel():
    facts = told(FORMAT, tracker())

    assert summary(facts) == [
        ("tracking.scan_received", "2025-03-01T08:00:00Z"),
        ("tracking.scan_received", "2025-03-02T08:00:00Z"),
        ("shipment.dispatched", "2025-03-02T08:00:00Z"),
        ("tracking.scan_received", "2025-03-03T08:00:00Z"),
        ("customs.entered", "2025-03-03T08:00:00Z"),
        ("tracking.scan_received", "2025-03-05T07:00:00Z"),
        ("shipment.out_for_delivery", "2025-03-05T07:00:00Z"),
        ("tracking.scan_received", "2025-03-05T08:00:00Z"),
        ("shipment.delivery_attempted", "2025-03-05T08:00:00Z"),
        ("tracking.scan_received", "2025-03-05T09:30:00Z"),
        ("shipment.delivered", "2025-03-05T09:30:00Z"),
    ]
    first = facts[1].data
    assert len(first.pop("scan_hash")) == 16
    assert first == {
        "shipment_id": "shp_1",
        "tracking_no": "EZ2000000002",
        "carrier": "USPS",
        "carrier_status": "pre_transit",
        "carrier_substatus": "label_created",
        "normalised": "label",
        "location": "HOUSTON, TX, 77063",
        "message": "Label made",
        "scan_at": "2025-03-01T08:00:00Z",
    }


@pytest.mark.parametrize(
    ("status", "detail", "ours"),
    [
        ("unknown", "unknown", "label"),
        ("pre_transit", "status_update", "label"),
        ("in_transit", "departed_facility", "in_transit"),
        ("out_for_delivery", "out_for_delivery", "out_for_delivery"),
        ("available_for_pickup", "arrived_at_pickup_location", "available_for_pickup"),
        ("failure", "refused", "attempt_failed"),
        ("failure", "damaged", "damaged"),
        ("error", "lost", "lost"),
        ("delivered", "arrived_at_destination", "delivered"),
        ("return_to_sender", "return", "returning"),
        ("error", "unknown", None),
        ("something_new", "odd", None),
    ],
)
def test_statuses_are_normalised_by_the_table(status, detail, ours):
    assert state(scan(status, detail)) == [ours]


def test_who_signed_decides_whether_it_was_a_proxy():
    def outcome(signed_by, recipient="Elizabeth Swan"):
        shipment = {
            "id": "shp_1",
            "object": "Shipment",
            "to_address": {"name": recipient},
            "tracker": tracker(signed_by=signed_by),
        }
        facts = told(FORMAT, shipment)
        return [
            (fact.type, fact.data.get("signed_by_kind"))
            for fact in facts
            if fact.type in ("shipment.delivered", "shipment.proxy_signed")
        ]

    assert outcome(None) == [("shipment.delivered", None)]
    assert outcome("E SWAN") == [("shipment.delivered", "self")]
    assert outcome("E S") == [("shipment.delivered", "self")]
    assert outcome("Jack Sparrow") == [("shipment.proxy_signed", "other")]
    assert outcome("FRONT DESK") == [("shipment.proxy_signed", "front_desk")]
    assert outcome("Jane Guard", "Jane Guard") == [("shipment.delivered", "self")]
    assert outcome("Jane Guard", None) == [("shipment.delivered", None)]
    assert outcome("Jack Sparrow", None) == [("shipment.delivered", None)]
    assert outcome("王**", "王小明") == [("shipment.delivered", None)]


def test_names_of_persons_are_sealed():
    declared = catalogue.find("shipment.proxy_signed").fields
    facts = told(
        FORMAT,
        {
            "id": "shp_1",
            "object": "Shipment",
            "to_address": {"name": "Elizabeth Swan"},
            "tracker": tracker(signed_by="Jack Sparrow"),
        },
    )

    signed = of_type(facts, "shipment.proxy_signed")[0]
    open_parts = {
        name: value
        for name, value in signed.data.items()
        if declared[name] in (catalogue.Class.OPEN, catalogue.Class.P2)
    }
    assert signed.data["signed_by"] == "Jack Sparrow"
    assert "Sparrow" not in json.dumps(open_parts) + signed.id


def test_a_return_that_arrives_is_no_delivery_to_the_customer():
    facts = told(FORMAT, tracker(is_return=True))

    types = [fact.type for fact in facts]
    assert "shipment.delivered" not in types
    assert "shipment.dispatched" not in types
    assert types.count("shipment.return_in_transit") == 1
    assert of_type(facts, "shipment.return_received")[0].occurred_at == "2025-03-05T09:30:00Z"


def test_delivered_after_the_return_began_means_back_at_the_seller():
    back = [
        scan("delivered", "arrived_at_destination", "2025-03-09T08:00:00Z"),
        scan("return_to_sender", "return", "2025-03-06T08:00:00Z"),
    ]

    assert state(*back) == ["returning", "returned"]


def test_a_tracker_without_scans_reports_its_own_status():
    facts = told(FORMAT, tracker(tracking_details=[], status="delivered"))

    assert [fact.type for fact in facts[1:]] == [
        "tracking.scan_received",
        "shipment.dispatched",
        "shipment.delivered",
    ]
    assert facts[1].occurred_at == "2025-03-05T10:00:00Z"


def test_the_same_scan_has_the_same_hash_in_every_message():
    def hashes(payload):
        scans = of_type(told(FORMAT, payload), "tracking.scan_received")
        return [fact.data["scan_hash"] for fact in scans]

    alone = hashes(tracker())
    event = {"id": "evt_1", "object": "Event", "description": "tracker.updated"}
    rewritten = tracker()
    rewritten["tracking_details"][0]["message"] = "Label created by Jack Sparrow"

    assert len(set(alone)) == len(alone)
    assert hashes(event | {"result": tracker(shipment_id=None)}) == alone
    assert hashes(rewritten) == alone


def test_an_order_is_delivered_in_whatever_order_the_messages_come():
    steps = TRACKER["tracking_details"]
    messages = []
    for number, upto in enumerate((2, 4, 6)):
        known = steps[:upto]
        event = {
            "id": f"evt_{number}",
            "object": "Event",
            "description": "tracker.updated",
            "created_at": "2025-03-05T10:00:00Z",
            "result": tracker(tracking_details=known, status=known[-1]["status"]),
        }
        messages.append(as_facts(told(FORMAT, event)[1:]))

    parcels = {
        tuple(
            (one.shipment_id, one.dispatched_at, one.delivered_at)
            for one in fold(*itertools.chain(*some, *some)).shipments
        )
        for some in itertools.permutations(messages)
    }
    assert len(parcels) == 1
    ((parcel,),) = parcels
    assert parcel[0] == "shp_1"
    assert None not in parcel
    only_last = fold(*messages[-1]).shipments
    assert (only_last[0].dispatched, only_last[0].delivered) == (True, True)


def test_the_refund_of_a_label_is_no_refund_of_the_customer():
    for name in ("test_refund_create", "test_refund_retrieve", "test_shipment_refund"):
        facts = all_told(FORMAT, cassette(name))
        assert not [fact for fact in facts if fact.type.startswith("refund.")]
        voided = of_type(facts, "label.voided")
        assert voided
        assert all(fact.data["reason"] == "refund_submitted" for fact in voided)
        assert all(fact.data["shipment_id"].startswith("shp_") for fact in voided)


@pytest.mark.parametrize(
    ("status", "reasons"),
    [("submitted", ["refund_submitted"]), ("refunded", ["refunded"]), ("rejected", [])],
)
def test_a_rejected_label_refund_leaves_the_label_as_it_was(status, reasons):
    payload = cassette("test_refund_retrieve")[1]["response"] | {"status": status}

    facts = told(FORMAT, payload)

    assert [fact.data["reason"] for fact in of_type(facts, "label.voided")] == reasons


def test_a_bought_label_is_told_with_its_price():
    facts = all_told(FORMAT, cassette("test_order_buy"))

    printed = of_type(facts, "label.printed")
    assert {fact.data["tracking_no"] for fact in printed} == {
        "9400100208303109500713",
        "9434600208303109492683",
    }
    assert all(type(fact.data["rate"]) is int for fact in printed)
    assert {fact.data["currency"] for fact in printed} == {"USD"}


def test_a_claim_is_filed_and_settled():
    filed = found(cassette("test_claim_cancel"))[3]
    history = [{"status": "approved_partial", "timestamp": "2025-04-01T00:00:00Z"}]
    approved = filed | {
        "status": "approved_partial",
        "approved_amount": "80.50",
        "history": history + filed["history"],
    }
    rejected = filed | {"status": "rejected", "status_timestamp": "2025-04-02T00:00:00Z"}

    one = told(FORMAT, filed)
    assert summary(one) == [("carrier_claim.filed", "2025-03-06T19:48:03Z")]
    assert one[1].data == {
        "shipment_id": "shp_0ea044af2a4a491e953233cd7867bb6a",
        "tracking_no": "9400100208303109500683",
        "carrier_ref": "clm_09cea7c6461a4182a7e05bed24b83717",
        "amount": 10000,
        "currency": "USD",
    }
    settled = told(FORMAT, approved)[2]
    assert (settled.type, settled.occurred_at) == ("carrier_claim.settled", "2025-04-01T00:00:00Z")
    assert settled.data["amount"] == 8050
    refused = told(FORMAT, rejected)[2]
    assert (refused.data["amount"], refused.occurred_at) == (0, "2025-04-02T00:00:00Z")


def test_a_cancelled_claim_is_not_settled():
    cancelled = found(cassette("test_claim_cancel"))[4]

    assert [fact.type for fact in told(FORMAT, cancelled)[1:]] == ["carrier_claim.filed"]


def test_events_of_batches_and_scan_forms_belong_to_no_order():
    for payload in found(cassette("test_batch_create_scanform")) + found(
        cassette("test_scanform_create")
    ):
        if payload["object"] in ("Batch", "ScanForm"):
            translated = FORMAT.translate("batch", payload, b"{}")
            assert translated.told == () or translated.told == []
            assert list(translated.links) == [payload["id"]]


def test_the_tracking_number_links_before_the_ids_of_easypost():
    shipment = found(cassette("test_claim_cancel"))[1]

    translated = FORMAT.translate("shipment", shipment, b"{}")

    assert translated.order is None
    assert list(translated.links)[:2] == [
        "9400100208303109500683",
        "shp_0ea044af2a4a491e953233cd7867bb6a",
    ]
    assert translated.links[-1] == "easypost:123"


def test_an_event_keeps_its_own_id_and_an_object_has_one_by_its_bytes():
    event = {
        "id": "evt_9",
        "object": "Event",
        "description": "tracker.updated",
        "result": tracker(),
    }

    assert told(FORMAT, event)[0].id == "evt_9"
    first = FORMAT.translate("tracker", tracker(), b"one").id
    assert first == FORMAT.translate("tracker", tracker(), b"one").id
    assert first.startswith("tracker/trk_1/")
    assert first != FORMAT.translate("tracker", tracker(), b"two").id


def test_every_tracker_refund_claim_and_bought_shipment_of_the_recordings_tells_something():
    seen = set()
    folder = SHARED / "easypost_python_cassettes"
    for file in sorted((folder if folder.is_dir() else DATA).glob("test_*.json")):
        for payload in found(json.loads(file.read_text())):
            facts = told(FORMAT, payload)
            name = payload["object"]
            seen.add(name)
            must = name in ("Claim", "Insurance", "Refund", "Tracker") or (
                name == "Shipment" and payload.get("tracker")
            )
            assert not must or len(facts) > 1, (file.name, name)
            for fact in facts:
                known = catalogue.find(fact.type)
                assert known is not None
                assert set(fact.data) <= set(known.fields), fact.type
    assert {"Batch", "Claim", "Event", "Insurance", "Order", "Pickup", "Refund"} <= seen
    assert {"ScanForm", "Shipment", "Tracker"} <= seen


def test_the_reference_names_the_events_that_are_told_and_no_others():
    approved = cassette("test_claim_all")[0]["response"]["claims"][0] | {"status": "approved"}
    every = [
        *REAL,
        tracker(),
        tracker(is_return=True),
        approved,
        {
            "id": "shp_1",
            "object": "Shipment",
            "tracker": tracker(signed_by="Jack Sparrow"),
            "to_address": {"name": "Elizabeth Swan"},
        },
        tracker(
            tracking_details=[
                scan("failure", "damaged"),
                scan("failure", "lost"),
                scan("available_for_pickup", "held"),
                scan("return_to_sender", "return"),
            ]
        ),
    ]

    facts = [fact for payload in every for fact in told(FORMAT, payload)]
    assert {fact.type for fact in facts} - {MESSAGE} == documented("EasyPost")


def test_no_other_sources_payload_is_claimed():
    if not SHARED.is_dir():
        pytest.skip("the payloads of other sources are not here")
    for file in SHARED.rglob("*.json"):
        if "easypost" in file.parent.name:
            continue
        try:
            value = json.loads(file.read_text())
        except ValueError:
            continue
        assert not found(value), file


def test_no_other_source_claims_these():
    for payload in REAL:
        claimed = [name for name, each in FORMATS.items() if each.kind_of(payload) is not None]
        assert claimed == ["easypost"]


@unhurried
@given(garbled([*REAL, tracker()]))
def test_garbled_payloads_never_raise(payload):
    for _, kind, each in payloads((FORMAT,), payload):
        assert kind
        told(FORMAT, each, json.dumps(each).encode())


@unhurried
@given(
    st.sampled_from(sorted(easypost.PREFIXES)),
    st.dictionaries(st.sampled_from([*sorted(TRACKER), "tracker", "result", "history"]), GARBAGE),
)
def test_garbage_never_raises(name, members):
    payload = members | {"object": name, "id": easypost.PREFIXES[name] + "1"}
    facts = told(FORMAT, payload)
    assert facts[0].type == MESSAGE
    assert facts[0].stream == STREAM
    assert facts[0].data["links"]


BODY = b'{"id":"evt_1","object":"Event"}'


def sign(secret, body=BODY):
    return {
        "x-hmac-signature": "hmac-sha256-hex=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
    }


def refusal(headers, secrets=("secret",), body=BODY):
    with pytest.raises(SignatureError) as caught:
        FORMAT.check(body, headers, secrets, 0)
    return caught.value.code


def test_a_signature_by_any_secret_is_accepted():
    # O-14
    FORMAT.check(BODY, sign(b"secret"), ["secret"], 0)
    FORMAT.check(BODY, sign(b"old"), ["new", "old"], 0)
    FORMAT.check(BODY, sign(b"new"), ["new", "old"], 0)
    # The secret's Unicode form is NFKD: é is e and a combining accent.
    FORMAT.check(BODY, sign("se\u0301cret".encode()), ["s\u00e9cret"], 0)


def test_what_is_not_signed_is_refused():
    assert refusal({}) == "signature-missing"
    assert refusal({"x-hmac-signature": "sha1=00"}) == "signature-form"
    assert refusal({"x-hmac-signature": "hmac-sha256-hex=é\ud800"}) == "signature-wrong"
    assert refusal(sign(b"other")) == "signature-wrong"
    assert refusal(sign(b"secret"), secrets=[]) == "signature-wrong"
    for place in range(len(BODY)):
        flipped = BODY[:place] + bytes([BODY[place] ^ 1]) + BODY[place + 1 :]
        assert refusal(sign(b"secret"), body=flipped) == "signature-wrong"
