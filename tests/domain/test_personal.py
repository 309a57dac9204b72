import copy
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import personal
from domain.catalogue import CATALOGUE

# A busy machine is no failure.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

PLACED = {
    "placed_at": "2025-03-03T09:00:00+00:00",
    "customer_id": "c-1",
    "buyer": {
        "name": "Test Buyer",
        "phone": "+49301234567",
        "email": "buyer@example.org",
        "country": "DE",
        "language": "en",
    },
    "ship_to": {
        "recipient": "Test Buyer",
        "phone": "+49301234567",
        "lines": ["Musterweg 1"],
        "city": "Berlin",
        "region": None,
        "postcode": "10115",
        "country": "DE",
    },
    "lines": [{"sku": "A-1", "title": "Cup", "quantity": 2, "unit_price": 6400}],
    "currency": "EUR",
    "total": 12800,
}

# Names that are declared somewhere come up often, so that the search meets nested fields.
names = st.sampled_from(
    ["buyer", "name", "ship_to", "lines", "sku", "total", "currency", "destination", "a/b~c", ""]
) | st.text(max_size=3)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=15,
)
types = st.sampled_from([*CATALOGUE, "somebody.elses_type"])


@unhurried
@given(types, st.dictionaries(names, values, max_size=5))
def test_merging_what_was_split_gives_the_data_back(type_, data):
    before = copy.deepcopy(data)

    open_data, sealed = personal.split(type_, data)
    merged = open_data
    for values in sealed.values():
        merged = personal.merge(merged, values)

    assert merged == before
    assert data == before


def test_the_direct_identifiers_of_an_order_are_sealed_and_nothing_else():
    open_data, sealed = personal.split("order.placed", PLACED)

    assert sealed == {
        "contact": {
            "/buyer/name": "Test Buyer",
            "/buyer/phone": "+49301234567",
            "/buyer/email": "buyer@example.org",
            "/ship_to/recipient": "Test Buyer",
            "/ship_to/phone": "+49301234567",
            "/ship_to/lines": ["Musterweg 1"],
        }
    }
    assert open_data["ship_to"] == {
        "city": "Berlin",
        "region": None,
        "postcode": "10115",
        "country": "DE",
    }
    assert open_data["total"] == 12800


def test_members_that_nobody_declared_are_sealed_at_any_depth():
    data = {
        "refund_id": "r1",
        "note": "call Test Buyer",
        "destination": {"kind": "card", "last4": "4242", "holder": "Test Buyer"},
    }

    open_data, sealed = personal.split("refund.settled", data)

    assert open_data == {"refund_id": "r1", "destination": {"kind": "card", "last4": "4242"}}
    assert sealed == {"contact": {"/note": "call Test Buyer", "/destination/holder": "Test Buyer"}}


def test_an_unknown_type_is_sealed_whole():
    open_data, sealed = personal.split("gift.wrapped", {"for": "Test Buyer", "price": 5})

    assert open_data == {}
    assert sealed == {"contact": {"/for": "Test Buyer", "/price": 5}}


def test_each_object_of_a_list_is_split():
    data = {"lines": [{"sku": "A", "custom_text": "For Test Buyer"}, {"sku": "B"}]}

    open_data, sealed = personal.split("order.placed", data)

    assert open_data == {"lines": [{"sku": "A"}, {"sku": "B"}]}
    assert sealed == {"contact": {"/lines/0/custom_text": "For Test Buyer"}}


def test_a_list_that_holds_more_than_objects_is_sealed_whole():
    data = {"lines": [{"sku": "A"}, "Test Buyer"]}

    assert personal.split("order.placed", data) == (
        {},
        {"contact": {"/lines": data["lines"]}},
    )


@pytest.mark.parametrize(
    ("type_", "data"),
    [
        ("order.placed", {"source_channel": {"name": "Test Buyer"}}),
        ("order.placed", {"source_channel": ["Test Buyer"]}),
        ("order.placed", {"buyer": "Test Buyer"}),
        ("order.placed", {"total": "Test Buyer"}),
        ("order.placed", {"currency": "Test Buyer"}),
        ("refund.offline_recorded", {"approvers": [{"name": "Test Buyer"}]}),
    ],
)
def test_a_value_of_another_shape_than_declared_is_sealed(type_, data):
    open_data, sealed = personal.split(type_, data)

    assert "Test Buyer" not in json.dumps(open_data)
    assert "Test Buyer" in json.dumps(sealed)


def test_a_list_of_plain_values_stays_open_where_one_is_declared():
    data = {"approvers": ["staff-1", "staff-2"]}

    assert personal.split("refund.offline_recorded", data) == (data, {})


def test_our_own_events_have_nothing_to_seal():
    data = {"events": 3, "first_version": 1, "revision": 1, "retention_class": "default"}

    assert personal.split("history.sealed", data) == (data, {})


def test_what_an_invoice_has_to_name_is_sealed_for_tax():
    data = {
        "bill_to": {"recipient": "Test Buyer", "tax_id": "DE999999999", "city": "Berlin"},
        "invoice_title": "Test Buyer Ltd",
        "buyer": {"name": "Test Buyer"},
    }

    open_data, sealed = personal.split("order.placed", data)

    assert open_data == {"bill_to": {"city": "Berlin"}, "buyer": {}}
    assert sealed == {
        "tax": {
            "/bill_to/recipient": "Test Buyer",
            "/bill_to/tax_id": "DE999999999",
            "/invoice_title": "Test Buyer Ltd",
        },
        "contact": {"/buyer/name": "Test Buyer"},
    }


def test_a_billing_address_of_another_shape_is_still_for_tax():
    assert personal.split("order.placed", {"bill_to": "Test Buyer, Musterweg 1"}) == (
        {},
        {"tax": {"/bill_to": "Test Buyer, Musterweg 1"}},
    )


def test_what_nobody_declared_in_a_billing_address_is_for_contact():
    _, sealed = personal.split("order.placed", {"bill_to": {"doorbell": "Test Buyer"}})

    assert sealed == {"contact": {"/bill_to/doorbell": "Test Buyer"}}


def test_accounts_of_payees_are_sealed_against_fraud():
    data = {"destination": {"kind": "bank", "account_label": "Test Buyer's account"}}

    assert personal.split("refund.settled", data) == (
        {"destination": {"kind": "bank"}},
        {"fraud": {"/destination/account_label": "Test Buyer's account"}},
    )


def test_a_version_splits_as_it_did_when_it_was_current():
    """E-01: a repeat of an old event is recognised by its bytes."""
    data = {"bill_to": {"recipient": "Test Buyer", "city": "Berlin", "tax_id": "DE999999999"}}

    assert personal.split("order.placed", data, schema=1) == (
        {"bill_to": {"city": "Berlin"}},
        {"contact": {"/bill_to/recipient": "Test Buyer", "/bill_to/tax_id": "DE999999999"}},
    )


def test_version_0_seals_everything_because_nobody_had_declared_the_type():
    data = {"refund_id": "r1", "amount": 1}

    assert personal.split("refund.settled", data, schema=0) == (
        {},
        {"contact": {"/refund_id": "r1", "/amount": 1}},
    )


@pytest.mark.parametrize(("type_", "schema"), [("order.placed", 99), ("gift.wrapped", 1)])
def test_a_version_that_there_is_not_is_refused(type_, schema):
    with pytest.raises(ValueError, match="version"):
        personal.split(type_, {}, schema=schema)


def test_null_stays_open_where_no_personal_value_is_declared():
    data = {"lines": None, "buyer": None, "total": None, "currency": None, "synced_to": None}

    assert personal.split("order.placed", data) == (
        {"lines": None, "buyer": None, "total": None, "currency": None},
        {"contact": {"/synced_to": None}},
    )


def test_names_with_slashes_and_tildes_keep_their_place():
    data = {"a/b": 1, "c~d": 2, "": 3}

    open_data, sealed = personal.split("order.placed", data)

    assert sealed == {"contact": {"/a~1b": 1, "/c~0d": 2, "/": 3}}
    assert personal.merge(open_data, sealed["contact"]) == data


def test_merging_leaves_its_arguments_as_they_are():
    open_data = {"buyer": {"country": "DE"}}

    personal.merge(open_data, {"/buyer/name": "Test Buyer"})

    assert open_data == {"buyer": {"country": "DE"}}


@pytest.mark.parametrize("place", ["/nowhere/name", "/lines/7/x", "/lines/-1/x", "/lines/0", "x"])
def test_a_sealed_value_without_a_place_is_refused(place):
    with pytest.raises(ValueError, match=r"place|pointer"):
        personal.merge({"lines": [{}]}, {place: "Test Buyer"})
