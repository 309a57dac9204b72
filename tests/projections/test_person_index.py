"""Blind indexes: an order is found by a person's data, and the data is nowhere."""

import re

import pytest

from domain.person import normalised
from projections import runner, status
from projections.order_lookup import find as find_order
from projections.person_index import find, person_index
from projections.rebuild import rebuild
from tests.projections.projection_scene import (
    KEY,
    LOOKUP,
    PERSON_KEY,
    PERSONS,
    PROJECTIONS,
    fact,
    order_facts,
)

CANARY = "Zebedee Canary"
EMAIL = "Zebedee.Canary@Example.ORG"


@pytest.fixture
def recorded(scene):
    buyer = {"name": CANARY, "email": EMAIL, "phone": "+49 (0)151 / 2345 6789"}
    scene.record(
        [
            fact("1", "1", "order.placed", {"total": 1, "currency": "EUR", "buyer": buyer}),
            fact("2", "1", "message.received", {"message_id": "m", "from": "zoe@example.org"}),
            fact("3", "1", "order.placed", {"ship_to": {"recipient": "ＺＯＥ  Canary"}}),
            fact("4", "1", "order.imported", {"buyer": {"phone": "0099 555 0100"}}),
        ]
    )
    scene.catch_up()
    return scene


@pytest.mark.parametrize(
    ("asked", "order"),
    [
        (" zebedee.canary@example.org", "1"),
        ("zoe@example.org", "2"),
        ("+49015123456789", "1"),
        ("015123456789", "1"),
        ("0049 151 2345-6789", "1"),
        ("23456789", "1"),
        ("99 5550100", "4"),
    ],
)
def test_an_order_is_found_by_a_persons_data_however_it_is_written(recorded, asked, order):
    assert find(recorded.views, PERSON_KEY, asked) == [f"order/de/{order}"]


@pytest.mark.parametrize("asked", ["3456789", "canary@example.org", "", "   ", "Zoe Canary", "@"])
def test_who_is_not_known_by_it_is_not_found(recorded, asked):
    assert find(recorded.views, PERSON_KEY, asked) == []


def test_a_name_is_found_by_those_who_may_look_for_names(recorded):
    assert find(recorded.views, PERSON_KEY, "zebedee  CANARY", names=True) == ["order/de/1"]
    assert find(recorded.views, PERSON_KEY, "Zoe Canary", names=True) == ["order/de/3"]


def test_another_key_finds_nothing(recorded):
    assert find(recorded.views, bytes(32), EMAIL) == []


def test_no_read_model_holds_personal_data(recorded):
    recorded.record(order_facts("77"))
    recorded.catch_up()
    tables = recorded.query("SELECT tablename FROM pg_tables WHERE schemaname = 'views'")
    text = "".join(
        str(recorded.query(f"SELECT t::text FROM views.{table} t")) for (table,) in tables
    )

    assert len(tables) == len(PROJECTIONS)
    assert not re.search("zebedee|canary|zoe|example.org|2345|5550100|Test Buyer", text, re.I)


def test_rows_go_with_the_key(recorded):
    [(stream_id,)] = recorded.query("SELECT stream_id::text FROM streams WHERE stream LIKE '%/1'")
    before = recorded.state([LOOKUP])

    recorded.query(
        "SELECT destroy_keys(ARRAY[%s]::uuid[], ARRAY['contact', 'tax', 'fraud'])", (stream_id,)
    )
    recorded.catch_up()

    assert find(recorded.views, PERSON_KEY, EMAIL) == []
    assert find(recorded.views, PERSON_KEY, CANARY, names=True) == []
    assert find(recorded.views, PERSON_KEY, "zoe@example.org") == ["order/de/2"]
    assert recorded.state([LOOKUP]) == before
    assert recorded.set_aside() == []
    live = recorded.state([PERSONS])
    rebuild(recorded.views, recorded.log, [PERSONS])
    assert recorded.state([PERSONS]) == live


def test_personal_data_after_an_erasure_is_found_and_what_was_before_is_not(recorded):
    [(stream_id,)] = recorded.query("SELECT stream_id::text FROM streams WHERE stream LIKE '%/1'")
    recorded.query(
        "SELECT destroy_keys(ARRAY[%s]::uuid[], ARRAY['contact', 'tax', 'fraud'])", (stream_id,)
    )

    recorded.record(
        [fact("1", "2", "message.received", {"message_id": "m", "from": "new@example.org"})]
    )
    recorded.catch_up()

    assert find(recorded.views, PERSON_KEY, "new@example.org") == ["order/de/1"]
    assert find(recorded.views, PERSON_KEY, EMAIL) == []
    assert recorded.set_aside() == []


def test_a_wrong_key_stops_the_person_index_and_nothing_else(recorded):
    wrong = recorded.new_log(key=bytes([1]) * 32)
    recorded.record(order_facts("77"))

    runner.catch_up(recorded.views, wrong, PROJECTIONS)

    assert find_order(recorded.views, "77") == ["order/de/77"]
    assert recorded.set_aside() == []
    stopped = {model.name: model.stopped for model in status.read(recorded.views, 13, PROJECTIONS)}
    assert stopped["person_index"]
    assert stopped["order_lookup"] is None
    recorded.catch_up()
    assert find(recorded.views, PERSON_KEY, "buyer-77@example.org") == ["order/de/77"]


def test_a_wrong_key_on_an_empty_read_model_stops_nothing_else(scene):
    scene.record(order_facts("77"))
    wrong = scene.new_log(key=bytes([1]) * 32)

    runner.catch_up(scene.views, wrong, PROJECTIONS)

    assert find_order(scene.views, "77") == ["order/de/77"]
    assert find(scene.views, PERSON_KEY, "buyer-77@example.org") == []
    scene.catch_up()
    assert find(scene.views, PERSON_KEY, "buyer-77@example.org") == ["order/de/77"]


def test_a_phone_number_too_short_to_tell_people_apart_is_no_key():
    assert normalised("12345", "phone") == set()
    assert normalised("1234567", "phone") == {("phone", "1234567")}


@pytest.mark.parametrize(
    ("recorded_as", "asked_for"),
    [
        ("Zoe Test <Zoe@Example.org>", "zoe@example.org"),
        ('"Test, Zoe" <zoe@example.org>, max@example.org', "zoe@example.org"),
        ("zoe@example.org; max@example.org", "ZOE@EXAMPLE.ORG"),
        ("zoe@example.org\u200b", "zoe@example.org"),
        ("\u202azoe@example.org\u202c", "zoe@example.org"),
        ("zoe+shop@example.org", "Zoe+Shop@example.org"),
        ("straße@example.org", "STRASSE@example.org"),
    ],
)
def test_an_address_is_found_however_it_was_written(recorded_as, asked_for):
    assert normalised(asked_for, "email") <= normalised(recorded_as, "email")


def test_a_tag_in_an_address_is_part_of_it():
    assert normalised("zoe+shop@example.org").isdisjoint(normalised("zoe@example.org"))


@pytest.mark.parametrize("extension", [" ext. 12345", " x12345", "#12345", ";ext=12345"])
def test_a_number_with_an_extension_is_found_by_what_stands_before_it_and_is_not_the_same(
    extension,
):
    # Many people can share a number and have an extension each.
    with_it, without = normalised(f"+1 555 0100 555{extension}", "phone"), normalised("15550100555")

    assert ("phone tail", "50100555") in with_it & without
    assert {key for key in with_it & without if key[0] == "phone"} == set()


def test_the_sender_of_a_message_is_found_by_the_address_alone(scene):
    sender = "Test Buyer <buyer@example.org>"
    scene.record([fact("1", "1", "message.received", {"message_id": "m", "from": sender})])
    scene.catch_up()

    assert find(scene.views, PERSON_KEY, "buyer@example.org") == ["order/de/1"]


def test_the_key_is_not_in_what_a_projection_says_of_itself():
    assert KEY.hex() not in repr(person_index(PERSON_KEY))
    assert PERSON_KEY.hex() not in repr(person_index(PERSON_KEY))
