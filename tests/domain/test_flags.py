import pytest

from domain import validation
from domain.errors import InvalidInputError
from domain.event import Event
from domain.flags import clock_suspect, flags


def event(type_, data, **changes):
    return Event(
        **{
            "stream": "order/de/1",
            "version": 1,
            "type": type_,
            "source": "/a",
            "id": "e1",
            "occurred_at": "2025-03-03T09:00:00+00:00",
            "recorded_at": "2025-03-03T09:00:01.000000Z",
            "data": data,
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("type_", "data", "expected"),
    [
        ("refund.settled", {"refund_id": "r1", "amount": 1, "currency": "EUR"}, ()),
        ("refund.settled", {}, ()),
        ("gift.wrapped", {"currency": "XQX"}, ("unknown-type",)),
        ("refund.settled", {"note": "x"}, ("undeclared-members",)),
        ("refund.settled", {"destination": {"holder": "x"}}, ("undeclared-members",)),
        ("order.placed", {"lines": [{"sku": "A"}, {"size": 5}]}, ("undeclared-members",)),
        ("order.placed", {"bill_to": {"doorbell": "x"}}, ("undeclared-members",)),
        ("order.placed", {"bill_to": {"city": "x"}, "lines": [None], "buyer": "x"}, ()),
        ("refund.settled", {"amount": 1, "currency": "XQX"}, ("unknown-currency",)),
        ("refund.failed", {"amount": 1, "currency": "XQX"}, ("unknown-currency",)),
        ("refund.settled", {"presentment_currency": "XQX"}, ("unknown-currency",)),
        ("order.placed", {"lines": [{"currency": "XQX"}]}, ("unknown-currency",)),
        ("order.placed", {"currency": "LTL"}, ()),
        ("refund.failed", {"currency": ["EUR"]}, ()),
        ("refund.failed", {"x": 1, "currency": "XQX"}, ("undeclared-members", "unknown-currency")),
    ],
)
def test_an_event_is_flagged_for_what_it_shows(type_, data, expected):
    assert flags(event(type_, data)) == expected


# E-02
def test_e_02_an_event_of_a_newer_version_is_flagged_and_nothing_in_it_is_judged():
    assert flags(event("refund.settled", {"note": "x"}, schema=99)) == ("newer-schema",)


# E-10
def test_e_10_an_unknown_currency_is_kept_and_flagged():
    data = {"refund_id": "r1", "amount": 5, "currency": "XQX"}

    validation.check("refund.settled", data)

    assert flags(event("refund.settled", data)) == ("unknown-currency",)


# E-10
@pytest.mark.parametrize("amount", ["1.5", 1.5])
def test_e_10_half_a_yen_is_quarantined_with_the_reason(amount):
    data = {"refund_id": "r1", "amount": amount, "currency": "JPY"}

    with pytest.raises(InvalidInputError) as caught:
        validation.check("refund.settled", data)

    assert (caught.value.code, caught.value.place) == ("money-not-integer", "/data/amount")


@pytest.mark.parametrize(
    ("seconds", "suspect"),
    [([0, 1, 2], set()), ([10, 3, 4], {2, 3}), ([10, 9.5, 11], set()), ([10, 3, 11, 4], {2, 4})],
)
def test_where_the_clock_went_back_is_flagged(seconds, suspect):  # C-17
    told = [
        event("order.placed", {}, version=version, recorded_at=f"2025-03-03T09:00:{at:09.6f}Z")
        for version, at in enumerate(seconds, 1)
    ]

    assert clock_suspect(told) == suspect
