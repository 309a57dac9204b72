"""A destroyed key is an erased person, in every reader; a key that is lost or wrong is an error."""

import json

import pytest

from domain.command import ApproveRefund, Staff
from domain.order import fold_order
from domain.stream import stream_id
from eventstore import log
from eventstore.connection import connect
from eventstore.errors import KeyMissingError
from eventstore.stream_keys import KeyRing
from orderproof import installation
from orderproof.desk import open_desk
from orderproof.keys import Keys

EMAIL = "zebedee.canary@example.org"
MONEY = {"amount": 3000, "currency": "EUR"}
EVENTS = [
    ("order.placed", {"total": 3000, "currency": "EUR",
                      "buyer": {"name": "Zebedee Canary", "email": EMAIL, "country": "DE"}}),
    ("payment.captured", {"payment_id": "p", **MONEY}),
    ("message.received", {"message_id": "m", "channel": "email", "from": EMAIL, "body": "Where?"}),
    ("refund.requested", {"refund_id": "r", **MONEY}),
    ("gift.wrapped", {"note": "for Zebedee"}),
]  # fmt: skip
STREAM = "order/de/1"
OTHER = "order/de/2"
APPROVE = ApproveRefund(
    id="approve-1", at="2025-03-04T09:00:00Z", staff=Staff(id="clerk-1", role="after-sales"),
    refund_id="r", amount=3000, currency="EUR",
)  # fmt: skip


@pytest.fixture
def recorded(data, orderproof, tmp_path):
    file = tmp_path / "events.json"
    file.write_text(
        json.dumps(
            [
                {
                    "specversion": "1.0", "id": f"{number}-{n}", "source": "/test", "type": type_,
                    "subject": f"de/{number}", "time": f"2025-03-0{n}T09:00:00Z",
                    "data": json.loads(json.dumps(content).replace("ebedee", "ebedee" * number)),
                }
                for number in (1, 2)
                for n, (type_, content) in enumerate(EVENTS, start=1)
            ]
        )
    )  # fmt: skip
    assert orderproof("record", file, "--data", data).code == 0
    assert orderproof("projection", "status", "--data", data).code == 0
    assert orderproof("order", EMAIL, "--data", data).code == 0
    return data


@pytest.fixture
def erased(recorded, migrated_database):
    """The keys of order 1 are destroyed, by the role that may do nothing else."""
    with connect(migrated_database, "orderproof_eraser") as eraser, eraser, eraser.cursor() as cur:
        cur.execute(
            "SELECT count(*) FROM destroy_keys(ARRAY[%s]::uuid[], '{contact,tax,fraud}')",
            (str(stream_id(STREAM)),),
        )
        assert cur.fetchone()[0] > 0
    return recorded


def ring(data):
    return KeyRing(Keys(installation.find(data).keys_folder).personal_data)


def replace_key(data):
    """Put another key in the place of the right one; return what puts it back."""
    file = data / "keys" / "personal-data.key"
    right = file.read_text()
    file.write_text("11" * 32 + "\n")
    return lambda: file.write_text(right)


def test_an_order_without_its_key_is_shown_sealed(erased, orderproof):
    done = orderproof("order", "de/1", "--personal", "--data", erased, "--json")

    assert done.code == 0
    assert len(done.json["events"]) == len(EVENTS)
    assert [event["sealed"] for event in done.json["events"]] == [True, False, True, False, True]
    assert "ebedee" not in done.out
    assert "personal data sealed" in orderproof("order", "de/1", "--data", erased).out
    other = orderproof("order", "de/2", "--personal", "--data", erased, "--json")
    assert "ebedee" in other.out
    assert not any(event["sealed"] for event in other.json["events"])


def test_nobody_finds_the_order_by_the_person_any_more(erased, orderproof):
    assert orderproof("order", EMAIL, "--data", erased).code == 6
    assert orderproof("claim", EMAIL, "--data", erased).code == 6
    assert orderproof("claim", "de/1", "--customer", EMAIL, "--data", erased).code == 6
    assert orderproof("order", "zebedeeebedee.canary@example.org", "--data", erased).code == 0


def test_the_fold_and_the_claim_are_the_same_with_and_without_the_key(
    recorded, orderproof, migrated_database
):
    def read(opener):
        with connect(migrated_database) as connection:
            return log.read_order(connection, opener, STREAM)

    before = orderproof("claim", "de/1", "--as-of", "2025-04-01", "--data", recorded, "--json")
    opened = fold_order(read(ring(recorded)))
    with connect(migrated_database, "orderproof_eraser") as eraser, eraser, eraser.cursor() as cur:
        cur.execute(
            "SELECT destroy_keys(ARRAY[%s]::uuid[], '{contact,tax,fraud}')",
            (str(stream_id(STREAM)),),
        )
    after = orderproof("claim", "de/1", "--as-of", "2025-04-01", "--data", recorded, "--json")

    assert fold_order(read(ring(recorded))) == fold_order(read(None)) == opened
    assert (before.code, after.code) == (0, 0)
    assert {**after.json, "seconds": 0} == {**before.json, "seconds": 0}


def test_the_desk_goes_on_without_the_key(erased, migrated_database):
    with open_desk(migrated_database, ring(erased)) as desk:
        receipt = desk.carry_out(STREAM, APPROVE)

    assert (receipt.type, receipt.version) == ("refund.approved", len(EVENTS) + 1)


def test_read_models_forget_the_person_and_set_nothing_aside(erased, orderproof):
    # Live first, then rebuilt: both say the same.
    assert orderproof("order", "de/1", "--data", erased).code == 0
    assert orderproof("projection", "status", "--data", erased).code == 0
    assert orderproof("projection", "diff", "--data", erased).code == 0
    assert orderproof("rebuild", "--data", erased).code == 0
    assert orderproof("order", EMAIL, "--data", erased).code == 6


@pytest.mark.parametrize(
    "arguments",
    [
        ["order", "de/1", "--personal"],
        ["order", EMAIL],
        ["claim", EMAIL],
        ["claim", "de/1", "--customer", EMAIL],
        ["rebuild"],
        ["rebuild", "person_index"],
    ],
)
def test_a_wrong_key_is_an_error_wherever_personal_data_is_needed(recorded, orderproof, arguments):
    replace_key(recorded)

    done = orderproof(*arguments, "--data", recorded)

    assert (done.code, done.out) == (5, "")
    assert "wrapped by another key-encryption key" in done.err
    assert "Traceback" not in done.err


def test_a_wrong_key_is_no_matter_where_nothing_is_opened(recorded, orderproof):
    replace_key(recorded)

    assert orderproof("order", "de/1", "--data", recorded).code == 0
    assert orderproof("claim", "de/1", "--data", recorded).code == 0
    assert orderproof("rebuild", "order_lookup", "--data", recorded).code == 0


def test_read_models_that_need_the_key_stand_still_until_it_is_back(
    recorded, orderproof, tmp_path, migrated_database
):
    [first, *_] = json.loads((tmp_path / "events.json").read_text())
    late = tmp_path / "late.json"
    late.write_text(json.dumps({**first, "id": "late", "data": {"outcome": "refunded"}}))
    with connect(migrated_database) as connection:
        before = log.size(connection)
    assert orderproof("record", late, "--data", recorded).code == 0
    put_back = replace_key(recorded)

    orderproof("order", "de/1", "--data", recorded)
    status = orderproof("projection", "status", "--data", recorded, "--json")

    models = {model["projection"]: model for model in status.json["projections"]}
    assert status.code == 5
    assert models["person_index"]["stopped"]
    assert models["person_index"]["position"] == before
    assert (models["order_lookup"]["position"], models["order_lookup"]["stopped"]) == (
        before + 1, None,
    )  # fmt: skip
    assert all(model["set_aside"] == [] for model in models.values())
    put_back()
    assert orderproof("order", EMAIL, "--data", recorded).code == 0
    assert orderproof("projection", "status", "--data", recorded).code == 0


def test_the_desk_decides_nothing_with_a_wrong_key(recorded, migrated_database):
    with (
        open_desk(migrated_database, KeyRing(bytes([1]) * 32)) as desk,
        pytest.raises(KeyMissingError),
    ):
        desk.carry_out(STREAM, APPROVE)


def test_a_key_file_that_is_missing_is_named(recorded, orderproof):
    (recorded / "keys" / "personal-data.key").unlink()

    for arguments in (["order", "de/1"], ["claim", "de/1"], ["rebuild", "order_lookup"]):
        assert orderproof(*arguments, "--data", recorded).code == 0
    for arguments in (["order", "de/1", "--personal"], ["order", EMAIL], ["rebuild"]):
        done = orderproof(*arguments, "--data", recorded)
        assert done.code == 5
        assert "personal-data.key is missing" in done.err


def test_a_stream_key_that_vanished_is_lost_and_not_erased(recorded, orderproof, migrated_database):
    with connect(migrated_database) as owner, owner, owner.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM stream_keys WHERE stream_id = %s", (str(stream_id(STREAM)),))

    done = orderproof("order", "de/1", "--personal", "--data", recorded)

    assert done.code == 5
    assert "nobody destroyed it" in done.err
    assert orderproof("order", "de/1", "--data", recorded).code == 0
    rebuilt = orderproof("rebuild", "--data", recorded, "--json")
    assert rebuilt.code == 7
    assert {(e["projection"], e["order"], e["error"]) for e in rebuilt.json["set_aside"]} == {
        ("person_index", "de/1", "KeyMissingError")
    }
