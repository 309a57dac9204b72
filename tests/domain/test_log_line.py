"""A log line: `HH:MM actor action object`, with what the reader may see (R121)."""

import re

import pytest

from domain.catalogue import CATALOGUE
from domain.event import Event
from domain.tracking.log_line import Sight, log_lines
from domain.words.handling import CHINESE, ENGLISH

ALL = Sight(texts=True, places=True)
NOTHING = Sight(texts=False, places=False)


def event(type_, sealed=False, at="2025-03-04T10:30:00+01:00", **data):
    return Event(
        stream="order/de/1", version=1, type=type_, source="/s", id="e1", occurred_at=at,
        recorded_at=at, data=data, sealed=sealed,
    )  # fmt: skip


def line(one, sight=ALL, words=ENGLISH, actor=("staff", "Zhang San")):
    who = None if actor is None else {"kind": actor[0], "id": actor[1]}
    return [
        found.line
        for found in log_lines([(one, who)], sight, words, "zh" if words is CHINESE else "en")
    ]


MOVED = event("order.shipping_address_changed", after="XX road no. XX")


def test_a_log_line_says_when_who_did_what():
    assert line(MOVED) == ["10:30 Zhang San changed the delivery address to XX road no. XX"]
    assert line(MOVED, words=CHINESE) == ["10:30 Zhang San 更改收货地址为XX road no. XX"]


def test_where_the_customer_is_takes_another_right_than_what_staff_wrote():
    wrote = event("exception.measure_taken", measure="called the customer")
    texts = Sight(texts=True, places=False)

    assert line(MOVED, texts) == ["10:30 Zhang San changed the delivery address to ***"]
    assert line(wrote, texts) == ["10:30 Zhang San did: called the customer"]
    assert line(wrote, NOTHING) == ["10:30 Zhang San did: ***"]


def test_what_is_erased_is_called_so():
    assert line(event("exception.measure_taken", sealed=True)) == ["10:30 Zhang San did: (erased)"]


@pytest.mark.parametrize(("actor", "who"), [(("system", "clock"), "the clock"), (None, "somebody")])
def test_programs_and_unknown_people_are_named(actor, who):
    said = event("exception.raised", **{"class": "stock"}, subtype="oversold")

    assert line(said, actor=actor) == [f"10:30 {who} found: paid but out of stock"]


def test_what_is_missing_or_odd_leaves_no_loose_ends():
    bare = event("exception.resolved")
    odd = event("ticket.opened", department=["a", {"b": "c"}], demand=7)
    broken = event("compensation.offered", kind="coupon", amount="ten", currency=[])

    assert line(bare) == ["10:30 Zhang San resolved it"]
    assert line(odd) == ["10:30 Zhang San opened a task for a, c: 7"]
    assert line(broken) == ["10:30 Zhang San offered coupon"]
    assert line(event("order.placed")) == []


def test_each_action_is_an_event_s_in_both_languages_with_the_same_slots():
    assert ENGLISH.actions.keys() == CHINESE.actions.keys()
    assert ENGLISH.actions.keys() <= CATALOGUE.keys()
    for name, english in ENGLISH.actions.items():
        slots = [sorted(re.findall(r"{(\w+)}", text)) for text in (english, CHINESE.actions[name])]
        assert slots[0] == slots[1], name
