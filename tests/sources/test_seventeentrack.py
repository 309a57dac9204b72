"""Payloads in the form of asset.17track.net/api/document/v2.2_zh; the parcels are made up."""

import copy
import hashlib
import itertools
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from sources import seventeentrack
from sources.format import SignatureError, payloads
from sources.formats import FORMATS
from sources.message import MESSAGE
from tests.domain.order_story import fold
from tests.sources.garbled import documented, garbled, summary, told

FORMAT = seventeentrack.FORMAT
SHARED = Path(__file__).parents[3] / "shared" / "data"

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def event(sub_status, day, description="扫描", stage=None):
    return {
        "time_iso": f"2026-05-{day:02}T18:00:00+08:00",
        "time_utc": f"2026-05-{day:02}T10:00:00Z",
        "time_raw": {"date": f"2026-05-{day:02}", "time": "18:00:00", "timezone": "+08:00"},
        "description": description,
        "description_translation": None,
        "location": "SHENZHEN, CN",
        "stage": stage,
        "sub_status": sub_status,
        "address": {
            "country": "CN",
            "state": None,
            "city": "SHENZHEN",
            "street": "Test Street 1",
            "postal_code": None,
            "coordinates": {"longitude": None, "latitude": None},
        },
    }


WAY = [
    event("InfoReceived", 1, stage="InfoReceived"),
    event("InTransit_PickedUp", 2, stage="PickedUp"),
    event("InTransit_CustomsProcessing", 3),
    event("InTransit_CustomsRequiringInformation", 4),
    event("InTransit_CustomsReleased", 5),
    event("OutForDelivery_Other", 6, stage="OutForDelivery"),
    event("DeliveryFailure_NoBody", 7),
    event("AvailableForPickup_Other", 8, stage="AvailableForPickup"),
    event("Delivered_Other", 9, stage="Delivered"),
]


def push(*events, status=None, milestone=(), **changes):
    """A push, newest event first as 17TRACK sends them."""
    newest = [*reversed(copy.deepcopy(list(events)))]
    status = status or (newest[0]["sub_status"] if newest else "NotFound_Other")
    return {
        "event": "TRACKING_UPDATED",
        "data": {
            "number": "RR123456789CN",
            "carrier": 3011,
            "param": None,
            "tag": "T-2001",
            "track_info": {
                "shipping_info": {
                    "shipper_address": {"country": "CN", "city": None},
                    "recipient_address": {"country": "US", "city": None},
                },
                "latest_status": {
                    "status": status.partition("_")[0],
                    "sub_status": status,
                    "sub_status_descr": None,
                },
                "latest_event": newest[0] if newest else None,
                "time_metrics": {"days_after_order": 8, "days_of_transit": 8},
                "milestone": list(milestone),
                "misc_info": {"service_type": None, "weight_raw": None},
                "tracking": {
                    "providers_hash": 1,
                    "providers": [
                        {
                            "provider": {"key": 3011, "name": "China Post", "country": "CN"},
                            "service_type": None,
                            "latest_sync_status": "Success",
                            "latest_sync_time": "2026-05-30T00:00:00Z",
                            "events_hash": 1,
                            "events": newest,
                        }
                    ],
                },
            },
        }
        | changes,
    }


PUSH = push(*WAY)
STOPPED = {
    "event": "TRACKING_STOPPED",
    "data": {"number": "RR123456789CN", "carrier": 3011, "param": None, "tag": "T-2001"},
}


def states(payload):
    facts = told(FORMAT, payload)
    scans = [fact.data for fact in facts if fact.type == "tracking.scan_received"]
    return [scan.get("normalised") for scan in scans]


def test_a_push_tells_the_way_of_a_parcel():
    facts = told(FORMAT, PUSH)

    assert [what for what, _ in summary(facts) if what != "tracking.scan_received"] == [
        "shipment.dispatched",
        "customs.entered",
        "customs.info_requested",
        "customs.released",
        "shipment.out_for_delivery",
        "shipment.delivery_attempted",
        "shipment.available_for_pickup",
        "shipment.delivered",
    ]
    scan = facts[1].data
    assert len(scan.pop("scan_hash")) == 16
    assert scan == {
        "shipment_id": "RR123456789CN",
        "tracking_no": "RR123456789CN",
        "carrier": "China Post",
        "carrier_status": "InfoReceived",
        "carrier_substatus": "InfoReceived",
        "normalised": "label",
        "location": "SHENZHEN, CN",
        "message": "扫描",
        "scan_at": "2026-05-01T10:00:00Z",
    }
    assert facts[0].occurred_at == "2026-05-09T10:00:00Z"


@pytest.mark.parametrize(
    ("sub_status", "ours"),
    [
        ("InfoReceived", "label"),
        ("NotFound_Other", "label"),
        ("InTransit_PickedUp", "in_transit"),
        ("InTransit_Departure", "in_transit"),
        ("InTransit_Arrival", "in_transit"),
        ("InTransit_Other", "in_transit"),
        ("InTransit_CustomsProcessing", "customs"),
        ("InTransit_CustomsReleased", "customs"),
        ("InTransit_CustomsRequiringInformation", "customs"),
        ("OutForDelivery_Other", "out_for_delivery"),
        ("AvailableForPickup_Other", "available_for_pickup"),
        ("DeliveryFailure_NoBody", "attempt_failed"),
        ("DeliveryFailure_Security", "attempt_failed"),
        ("DeliveryFailure_Rejected", "attempt_failed"),
        ("DeliveryFailure_InvalidAddress", "attempt_failed"),
        ("Delivered_Other", "delivered"),
        ("Exception_Returning", "returning"),
        ("Exception_Returned", "returned"),
        ("Exception_Damage", "damaged"),
        ("Exception_Lost", "lost"),
        ("Exception_Destroyed", "destroyed"),
        ("Expired_Other", "expired"),
        ("Exception_Other", None),
        ("New_Word", None),
    ],
)
def test_sub_statuses_are_normalised_by_the_table(sub_status, ours):
    assert states(push(event(sub_status, 2))) == [ours]


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("已签收", ("shipment.delivered", None)),
        ("快件已由丰巢快递柜代收", ("shipment.proxy_signed", "locker")),
        ("已由前台代收", ("shipment.proxy_signed", "front_desk")),
        ("已由门卫签收", ("shipment.proxy_signed", "guard")),
        ("Left with a neighbour", ("shipment.proxy_signed", "neighbour")),
        ("已代收", ("shipment.proxy_signed", "other")),
    ],
)
def test_a_proxy_shows_in_the_words_only(description, expected):
    facts = told(FORMAT, push(event("Delivered_Other", 2, description)))

    assert (facts[-1].type, facts[-1].data.get("signed_by_kind")) == expected


def test_a_milestone_stands_in_for_an_event_that_is_missing():
    steps = [
        {"key_stage": "PickedUp", "time_utc": "2026-05-02T10:00:00Z"},
        {"key_stage": "Delivered", "time_utc": "2026-05-09T10:00:00Z"},
        {"key_stage": "Returned", "time_utc": None},
    ]

    assert summary(told(FORMAT, push(WAY[-1], milestone=steps))) == [
        ("tracking.scan_received", "2026-05-02T10:00:00Z"),
        ("shipment.dispatched", "2026-05-02T10:00:00Z"),
        ("tracking.scan_received", "2026-05-09T10:00:00Z"),
        ("shipment.delivered", "2026-05-09T10:00:00Z"),
    ]


def test_a_parcel_expires_by_its_latest_status():
    facts = told(FORMAT, push(*WAY[:2], status="Expired_Other"))

    assert facts[-1].type == "tracking.went_stale"
    assert facts[-1].occurred_at == "2026-05-30T00:00:00Z"


def test_that_tracking_stopped_tells_nothing_of_the_parcel():
    facts = told(FORMAT, STOPPED)

    assert summary(facts) == []
    assert facts[0].data["links"] == ["RR123456789CN", "seventeentrack:T-2001"]
    assert facts[0].data["message_type"] == "TRACKING_STOPPED"


def test_the_order_is_what_the_shop_registered():
    assert FORMAT.translate("TRACKING_UPDATED", PUSH, b"").order is None
    registered = push(*WAY, order_no="T-2001")
    assert FORMAT.translate("TRACKING_UPDATED", registered, b"").order == "T-2001"


def test_no_street_is_left_open():
    assert "Test Street" not in json.dumps([fact.data for fact in told(FORMAT, PUSH)[1:]])


def test_the_answer_to_a_question_tells_the_same():
    answer = {"code": 0, "data": {"accepted": [PUSH["data"]], "rejected": []}}

    ((_, kind, payload),) = payloads((FORMAT,), answer)

    assert kind == "track_info"
    assert summary(told(FORMAT, payload)) == summary(told(FORMAT, PUSH))


def test_an_order_is_delivered_in_whatever_order_the_pushes_come():
    messages = [
        [(f.type, f.occurred_at, f.source, f.data) for f in told(FORMAT, push(*WAY[:upto]))[1:]]
        for upto in (2, 5, 9)
    ]
    ends = {
        tuple((p.shipment_id, p.dispatched_at, p.delivered_at) for p in fold(*way).shipments)
        for some in itertools.permutations(messages)
        for way in [[*itertools.chain(*some, *some)]]
    }

    assert len(ends) == 1
    assert None not in next(iter(ends))[0]


def test_the_reference_names_the_events_that_are_told_and_no_others():
    more = ["Exception_Returning", "Exception_Returned", "Exception_Damage", "Exception_Lost"]
    proxy = event("Delivered_Other", 10, "已由前台代收")
    every = push(*WAY, proxy, *(event(each, 11) for each in [*more, "Expired_Other"]))

    facts = told(FORMAT, every)

    assert {fact.type for fact in facts} - {MESSAGE} == documented("17TRACK")


def test_only_its_own_payloads_are_claimed():
    for payload in (PUSH, STOPPED, PUSH["data"]):
        claimed = [name for name, form in FORMATS.items() if form.kind_of(payload)]
        assert claimed == ["seventeentrack"]
    for file in SHARED.rglob("*.json") if SHARED.is_dir() else ():
        try:
            value = json.loads(file.read_text())
        except ValueError:
            continue
        assert not list(payloads((FORMAT,), value)), file


@unhurried
@given(garbled([PUSH, STOPPED, PUSH["data"]]))
def test_garbled_payloads_never_raise(payload):
    for _, _, each in payloads((FORMAT,), payload):
        assert told(FORMAT, each)[0].data["links"]


BODY = json.dumps(PUSH).encode()


def sign(key, body=BODY):
    return {"sign": hashlib.sha256(body + b"/" + key).hexdigest()}


def refusal(headers, secrets=("key",), body=BODY):
    with pytest.raises(SignatureError) as caught:
        FORMAT.check(body, headers, secrets, 0)
    return caught.value.code


def test_a_signature_by_any_key_is_accepted():
    # O-14
    FORMAT.check(BODY, sign(b"key"), ["key"], 0)
    FORMAT.check(BODY, sign(b"old"), ["new", "old"], 0)
    FORMAT.check(BODY, {"sign": sign(b"key")["sign"].upper()}, ["key"], 0)
    # Computed apart: printf '{}/123456' | sha256sum
    known = "4aba6a4e358ce1b100dcb633faba66467b8530c6accb3ecd593bf5049bbdde42"
    FORMAT.check(b"{}", {"sign": known}, ["123456"], 0)


def test_what_is_not_signed_is_refused():
    assert refusal({}) == "signature-missing"
    assert refusal({"sign": "é"}) == "signature-wrong"
    assert refusal({"sign": hashlib.sha256(BODY).hexdigest()}) == "signature-wrong"
    assert refusal(sign(b"other")) == "signature-wrong"
    assert refusal(sign(b"key"), secrets=[]) == "signature-wrong"
    for place in range(0, len(BODY), 97):
        flipped = BODY[:place] + bytes([BODY[place] ^ 1]) + BODY[place + 1 :]
        assert refusal(sign(b"key"), body=flipped) == "signature-wrong"
