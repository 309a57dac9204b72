"""E-02: what a newer release recorded is kept and shown, and nothing is decided without it."""

import json

import msgspec
import pytest

from domain import catalogue
from domain.command import ApproveRefund, Staff
from domain.errors import NewerSchemaError
from eventstore import log
from eventstore.connection import connect
from eventstore.stream_keys import KeyRing
from orderproof import installation
from orderproof.desk import open_desk
from orderproof.keys import Keys

TYPE = "refund.requested"
MONEY = {"amount": 3000, "currency": "EUR"}


def order(number):
    buyer = {"email": f"buyer-{number}@example.org"}
    for type_, data in [
        ("order.placed", {"total": 3000, "currency": "EUR", "buyer": buyer}),
        ("payment.captured", {"payment_id": "p", **MONEY}),
        (TYPE, {"refund_id": "r", **MONEY}),
    ]:
        yield {
            "specversion": "1.0", "id": f"{number}-{type_}", "source": "/test", "type": type_,
            "subject": f"de/{number}", "time": "2025-03-03T09:00:00Z", "data": data,
        }  # fmt: skip


@pytest.fixture
def recorded(data, orderproof, tmp_path, monkeypatch):
    """Two orders; of order 2 one event was recorded by a release that declares its type anew."""

    def record(number):
        file = tmp_path / f"{number}.json"
        file.write_text(json.dumps(list(order(number))))
        assert orderproof("record", file, "--data", data).code == 0

    record(1)
    known = catalogue.CATALOGUE[TYPE]
    newer = msgspec.structs.replace(known, schema=known.schema + 1, older=(known.fields,))
    with monkeypatch.context() as upgraded:
        upgraded.setitem(catalogue.CATALOGUE, TYPE, newer)
        record(2)
    return data


def test_an_order_shows_the_event_as_it_is_stored_and_flags_it(recorded, orderproof):
    done = orderproof("order", "de/2", "--data", recorded, "--json")

    assert done.code == 0
    [event] = [event for event in done.json["events"] if event["type"] == TYPE]
    assert event["data"] == {"refund_id": "r", **MONEY}
    assert event["flags"] == ["newer-schema"]
    assert "[newer-schema]" in orderproof("order", "de/2", "--data", recorded).out
    personal = orderproof("order", "de/2", "--personal", "--data", recorded, "--json")
    assert personal.json["events"][0]["data"]["buyer"] == {"email": "buyer-2@example.org"}


@pytest.mark.parametrize("more", [[], ["--customer", "buyer-2@example.org"], ["--letter"]])
def test_a_claim_cannot_tell_and_says_what_to_do(recorded, orderproof, more):
    done = orderproof("claim", "de/2", *more, "--data", recorded)
    as_json = orderproof("claim", "de/2", *more, "--data", recorded, "--json")

    assert (done.code, done.out) == (5, "")
    assert f"the event at position 6 is a {TYPE} of version 2" in done.err
    assert "Install the newer release" in done.err
    assert "Traceback" not in done.err
    assert (as_json.code, as_json.json["exit_code"]) == (5, 5)


def test_other_orders_are_answered_as_ever(recorded, orderproof):
    done = orderproof("claim", "de/1", "--data", recorded, "--json")

    assert (done.code, done.json["integrity"]["verdict"]) == (0, "intact")


def test_read_models_stop_that_order_only_and_a_newer_release_takes_it_back(
    recorded, orderproof, monkeypatch
):
    assert orderproof("unlinked", "--data", recorded).code == 0  # all read models catch up
    status = orderproof("projection", "status", "--data", recorded, "--json")
    aside = [each for model in status.json["projections"] for each in model["set_aside"]]

    assert status.code == 7
    assert {(e["order"], e["position"], e["error"], e["altered"]) for e in aside} == {
        ("de/2", 6, "NewerSchemaError", False)
    }
    assert len(aside) == len(status.json["projections"])
    known = catalogue.CATALOGUE[TYPE]
    newer = msgspec.structs.replace(known, schema=known.schema + 1, older=(known.fields,))
    monkeypatch.setitem(catalogue.CATALOGUE, TYPE, newer)
    assert orderproof("projection", "retry", "--data", recorded).code == 0
    assert orderproof("projection", "diff", "--data", recorded).code == 0


def test_the_archive_keeps_it_and_answers_nothing_from_it(recorded, orderproof):
    assert orderproof("archive", "--all", "--data", recorded).code == 0

    assert orderproof("verify", recorded / "archive").code == 0
    done = orderproof("claim", "de/2", "--from-archive", recorded / "archive")
    assert (done.code, done.out) == (5, "")
    assert "Install the newer release" in done.err


def test_the_desk_decides_nothing_about_it(recorded, orderproof, migrated_database):
    approve = ApproveRefund(
        id="approve-1", at="2025-03-04T09:00:00Z", staff=Staff(id="clerk-1", role="after-sales"),
        refund_id="r", amount=3000, currency="EUR",
    )  # fmt: skip
    secrets = Keys(installation.find(recorded).keys_folder)

    with open_desk(migrated_database, KeyRing(secrets.personal_data)) as desk:
        with pytest.raises(NewerSchemaError, match=f"position 6 is a {TYPE} of version 2"):
            desk.carry_out("order/de/2", approve)
        assert desk.carry_out("order/de/1", approve).type == "refund.approved"

    with connect(migrated_database) as connection:
        assert log.head(connection, "order/de/2")[0] == 3
