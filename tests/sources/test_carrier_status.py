import pytest

from domain import catalogue
from sources import carrier_status as states
from sources.signer import proxy_kind, signer_kind


@pytest.mark.parametrize(
    ("status", "ours"),
    [
        ("PendingPickUp", "label"),
        ("PendingDropOff", "label"),
        ("PickedUp", "in_transit"),
        ("DroppedOff", "in_transit"),
        ("AtOriginFC", "in_transit"),
        ("AtDestinationFC", "in_transit"),
        ("OutForDelivery", "out_for_delivery"),
        ("RejectedByBuyer", "attempt_failed"),
        ("Undeliverable", "attempt_failed"),
        ("Delivered", "delivered"),
        ("ReturningToSeller", "returning"),
        ("ReturnedToSeller", "returned"),
        ("Damaged", "damaged"),
        ("Lost", "lost"),
        ("New", None),
        (None, None),
    ],
)
def test_amazons_statuses_are_normalised_by_the_table(status, ours):
    assert states.amazon(status) == ours


def test_what_a_state_tells_is_declared():
    for name in (*states.EVENTS.values(), "shipment.dispatched", "tracking.scan_received"):
        assert catalogue.find(name) is not None


def test_nothing_known_is_nothing_told():
    assert states.easypost(None, None) is None
    assert states.aftership(None, None) is None
    assert states.seventeentrack(None, None) is None
    assert states.customs_event("InTransit_CustomsReleased", "in_transit") is None


def test_a_subtag_alone_names_its_tag():
    assert states.aftership(None, "Delivered_001") == "delivered"
    assert states.seventeentrack(None, "OutForDelivery_Other") == "out_for_delivery"
    assert states.seventeentrack("Delivered", None) == "delivered"


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Delivered, Front Desk/Reception/Mail Room", "front_desk"),
        ("Delivered to mailroom", "guard"),
        ("Left at Packstation 104", "locker"),
        ("Signed by a family member", "family"),
        ("Zugestellt an Nachbarn? Nachbar", "neighbour"),
        ("Delivered, In/At Mailbox", None),
        ("Guardian Road depot", None),
        ("Unlockered", None),
        ("", None),
        (None, None),
    ],
)
def test_a_proxy_by_the_carriers_words(words, kind):
    assert proxy_kind(words) == kind


@pytest.mark.parametrize(
    ("signed_by", "recipient", "kind"),
    [
        ("SWAN", "Elizabeth Swan", "self"),
        ("E. S.", "Elizabeth Swan", "self"),
        ("X", "Elizabeth Swan", None),
        ("Sparrow", "Elizabeth Swan", "other"),
        ("Friend", "Elizabeth Swan", "family"),
        ("Mary Friend", "Elizabeth Swan", "other"),
        ("Mary Friend", None, None),
        ("王小明", "王小明", "self"),
        ("李四", "王小明", "other"),
        ("前台", "王小明", "front_desk"),
        ("---", "Elizabeth Swan", None),
        (None, "Elizabeth Swan", None),
    ],
)
def test_who_signed_by_the_name(signed_by, recipient, kind):
    assert signer_kind(signed_by, recipient) == kind
