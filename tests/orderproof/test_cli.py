"""The commands, as somebody types them."""

import gzip
import io
import json
import stat
import sys
from pathlib import Path

import pytest

from orderproof import postgres, quarantine

PLACED = {
    "specversion": "1.0",
    "id": "e1",
    "source": "/shop/test",
    "type": "order.placed",
    "subject": "de/4711",
    "time": "2025-03-03T09:00:00+01:00",
    "data": {
        "buyer": {"name": "Test Buyer", "email": "Buyer@Example.org", "phone": "+49 30 555 01234"},
        "currency": "EUR",
        "total": 12800,
    },
}
CAPTURED = {
    **PLACED,
    "id": "e2",
    "type": "payment.captured",
    "data": {"payment_id": "p1", "psp": "stripe", "psp_payment_id": "pi_1", "amount": 12800,
             "currency": "EUR", "instrument": {"kind": "card", "brand": "visa", "last4": "4242"}},
}  # fmt: skip


def rejected(done):
    return [json.loads(line) for line in Path(done.json["rejects_file"]).read_text().splitlines()]


@pytest.fixture
def write(tmp_path):
    def write(*events, name="events.jsonl"):
        file = tmp_path / name
        lines = [e if isinstance(e, bytes) else json.dumps(e).encode() for e in events]
        file.write_bytes(b"\n".join(lines) + b"\n")
        return file

    return write


def test_init_can_be_repeated_and_replaces_no_key(data, orderproof):
    before = {file.name: file.read_bytes() for file in (data / "keys").iterdir()}

    again = orderproof("init", "--data", data, "--json")

    assert again.code == 0
    assert again.json["created"] is False
    assert {file.name: file.read_bytes() for file in (data / "keys").iterdir()} == before


def test_keys_are_readable_by_their_owner_alone(data):
    modes = {stat.S_IMODE(file.stat().st_mode) for file in (data / "keys").iterdir()}

    assert modes == {0o600}


def test_init_leaves_a_folder_with_other_files_alone(tmp_path, orderproof):
    (tmp_path / "thesis.txt").write_text("mine")

    done = orderproof("init", "--data", tmp_path)

    assert done.code == 2
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_command_before_init_says_what_to_do(tmp_path, orderproof):
    done = orderproof("import", "-", "--data", tmp_path / "nothing")

    assert done.code == 2
    assert "orderproof init" in done.err
    assert "Traceback" not in done.err


def test_an_import_counts_what_it_read(data, write, orderproof):
    done = orderproof("import", write(PLACED, CAPTURED), "--data", data, "--json")

    assert done.code == 0
    assert done.json == {
        "read": 2, "recorded": 2, "duplicates": 0, "rejected": 0, "rejects_file": None,
    }  # fmt: skip


def test_importing_twice_records_nothing_the_second_time(data, write, orderproof):
    file = write(PLACED, CAPTURED)
    orderproof("import", file, "--data", data)

    again = orderproof("import", file, "--data", data, "--json")

    assert again.code == 0
    assert (again.json["recorded"], again.json["duplicates"]) == (0, 2)


def test_gzip_and_standard_input_are_read_alike(data, tmp_path, orderproof, monkeypatch):
    packed = tmp_path / "events.bin"
    packed.write_bytes(gzip.compress(json.dumps(PLACED).encode()))
    piped = io.TextIOWrapper(io.BytesIO(json.dumps([PLACED, CAPTURED]).encode()))
    monkeypatch.setattr(sys, "stdin", piped)

    first = orderproof("import", packed, "--data", data, "--json")
    second = orderproof("import", "-", "--data", data, "--json")

    assert first.json["recorded"] == 1
    assert (second.json["recorded"], second.json["duplicates"]) == (1, 1)


def test_what_cannot_be_read_is_quarantined_with_its_line_and_the_rest_is_recorded(
    data, write, orderproof
):
    done = orderproof("import", write(PLACED, b'{"broken', CAPTURED), "--data", data, "--json")

    assert done.code == 7
    assert (done.json["read"], done.json["recorded"], done.json["rejected"]) == (3, 2, 1)
    [row] = rejected(done)
    assert (row["line"], row["raw"]) == (2, '{"broken')
    assert row["code"]
    assert row["message"]
    assert stat.S_IMODE(Path(done.json["rejects_file"]).stat().st_mode) == 0o600


def test_an_input_of_which_more_is_refused_than_the_quarantine_holds_is_not_read_on(
    data, write, orderproof, monkeypatch
):
    monkeypatch.setattr(quarantine, "MAX_BYTES", 1_000)
    file = write(PLACED, *[b"{broken"] * 100, CAPTURED)

    done = orderproof("import", file, "--data", data)

    assert done.code == 7
    [kept] = (data / "rejects").iterdir()
    assert str(kept) in done.err
    assert 1_000 <= kept.stat().st_size < 2_000
    assert len(kept.read_text().splitlines()) < 100


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"position": 7}, "position"),
        ({"recorded_at": "2025-01-01T00:00:00Z"}, "recorded_at"),
        ({"prev": "00"}, "prev"),
        ({"type": "history.sealed"}, "type"),
        ({"source": "orderproof"}, "source"),
        ({"data": {"amount": 1.5, "currency": "EUR"}, "type": "refund.settled"}, "/data/amount"),
        ({"data": {"amount": 15, "currency": "euro"}, "type": "refund.settled"}, "/data/currency"),
        ({"subject": "no-slash"}, "subject"),
        ({"time": "2025-03-03T09:00:00"}, "time"),
        ({"id": ""}, "id"),
        ({"id": "x" * 513}, "id"),
    ],
)
def test_an_envelope_that_breaks_a_rule_is_refused_with_its_place(
    data, write, orderproof, change, place
):
    done = orderproof("import", write({**PLACED, **change}), "--data", data, "--json")

    assert done.code == 7
    [row] = rejected(done)
    assert row["place"].strip("/") == place.strip("/")


def test_another_body_under_the_same_id_is_refused_and_both_digests_are_kept(
    data, write, orderproof
):
    orderproof("import", write(PLACED), "--data", data)
    other = {**PLACED, "data": {**PLACED["data"], "total": 1}}

    done = orderproof("import", write(other), "--data", data, "--json")

    assert done.code == 7
    [row] = rejected(done)
    assert row["code"] == "idempotency-mismatch"
    assert len({row["digest"], row["recorded_digest"]}) == 2


def test_an_unknown_type_is_recorded_and_sealed(data, write, orderproof):
    odd = {**PLACED, "type": "parrot.fed", "data": {"secret": "Canary"}}

    done = orderproof("import", write(odd), "--data", data, "--json")

    assert done.json["recorded"] == 1
    [event] = orderproof("order", "4711", "--data", data, "--json").json["events"]
    assert (event["type"], event["data"], event["sealed"]) == ("parrot.fed", {}, True)
    [event] = orderproof("order", "4711", "--data", data, "--json", "--personal").json["events"]
    assert event["data"] == {"secret": "Canary"}


@pytest.mark.parametrize("key", ["4711", "de/4711", "pi_1"])
def test_an_order_is_shown_by_whatever_names_it(data, write, orderproof, key):
    orderproof("import", write(PLACED, CAPTURED), "--data", data)

    done = orderproof("order", key, "--data", data)

    assert done.code == 0
    assert "payment.captured" in done.out
    assert "Test Buyer" not in done.out


def test_an_order_that_nobody_knows_is_not_found(data, orderproof):
    assert orderproof("order", "4711", "--data", data).code == 6
    done = orderproof("claim", "4711", "--data", data, "--json")
    assert (done.code, done.json["verdict"]) == (6, "ORDER_NOT_FOUND")


def test_a_command_that_is_named_can_be_typed(data, orderproof, write, monkeypatch):
    monkeypatch.chdir(data.parent)
    orderproof("import", write(PLACED), "--data", data)

    done = orderproof("archive", "--all", "--data", data)

    assert "orderproof verify 'data folder/archive'" in done.out


def test_the_timeline_for_people_shows_personal_data_where_it_is_asked_for(data, write, orderproof):
    orderproof("import", write(PLACED), "--data", data)

    done = orderproof("order", "4711", "--data", data, "--personal")

    assert "buyer/name: Test Buyer\n" in done.out
    assert "de/4711   1 event, as of" in done.out
    assert "Test Buyer" not in orderproof("order", "4711", "--data", data).out


@pytest.mark.parametrize("arguments", [["import"], ["nothing"], ["rebuild", "--nothing"]])
def test_what_is_not_understood_names_the_help(arguments, orderproof):
    done = orderproof(*arguments)

    assert done.code == 2
    assert "--help\n" in done.err


@pytest.mark.parametrize("arguments", [[], ["projection"]])
def test_without_a_command_the_help_is_shown(arguments, orderproof):
    done = orderproof(*arguments)

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Usage:")


def test_a_number_that_several_shops_have_gives_candidates(data, write, orderproof):
    other = {**PLACED, "id": "e9", "subject": "fr/4711"}
    orderproof("import", write(PLACED, other), "--data", data)

    done = orderproof("claim", "4711", "--data", data, "--json")

    assert (done.code, done.json["candidates"]) == (2, ["de/4711", "fr/4711"])
    assert orderproof("claim", "fr/4711", "--data", data).code == 0


@pytest.mark.parametrize(
    ("given", "code"),
    [("buyer@example.org", 0), ("01234", 0), ("555-01234", 0), ("other@example.org", 6),
     ("01235", 6), ("234", 6), ("", 6)],
)  # fmt: skip
def test_only_the_orders_own_customer_gets_an_answer(data, write, orderproof, given, code):
    orderproof("import", write(PLACED, CAPTURED), "--data", data)

    done = orderproof("claim", "4711", "--customer", given, "--data", data, "--json")

    assert done.code == code
    assert (done.json["verdict"] == "ORDER_NOT_FOUND") == (code == 6)


def test_an_address_that_was_recorded_with_a_name_is_the_customers(data, write, orderproof):
    buyer = {"email": "Test Buyer <Buyer@Example.org>"}
    placed = {**PLACED, "data": {**PLACED["data"], "buyer": buyer}}
    orderproof("import", write(placed, CAPTURED), "--data", data)

    def claim(customer):
        return orderproof("claim", "4711", "--customer", customer, "--data", data).code

    assert claim("buyer@example.org") == 0
    assert claim("a@example.org, buyer@example.org") == 6


@pytest.mark.parametrize(
    "arguments",
    [
        ["claim", "1", "--kind", "lost-parcel"],
        ["claim", "1", "--lang", "fr"],
        ["claim", "1", "--from-archive", "ftp://host/x"],
        ["claim", "1", "--from-archive", "s3://key:secret@bucket/x"],
        ["claim", "1", "--from-archive", "/no/such/folder"],
        ["archive", "--layout", "heap"],
        ["import", "/no/such/file"],
        ["import", "-", "--format", "sap"],
        ["rebuild", "no-such-projection"],
        ["verify", "ftp://host/x"],
        ["verify", "/no/such/folder"],
        ["no-such-verb"],
        ["claim"],
    ],
)
def test_what_cannot_be_done_is_a_usage_error_that_says_why(data, orderproof, arguments):
    if arguments[0] != "no-such-verb":
        arguments = [*arguments, "--data", data]

    done = orderproof(*arguments)

    assert done.code == 2
    assert done.err.startswith("orderproof: ")
    assert "Traceback" not in done.err


def test_a_rebuild_names_what_it_rebuilt(data, write, orderproof):
    orderproof("import", write(PLACED, CAPTURED), "--data", data)

    done = orderproof("rebuild", "--data", data, "--json")

    assert {(row["projection"], row["events"]) for row in done.json["projections"]} == {
        ("order_summary", 2), ("order_lookup", 2), ("person_index", 2),
        ("refund_clock", 2), ("open_claim", 2), ("refund_index", 2),
        ("tracking_table", 2), ("desk_clock", 2),
        ("unchecked_order", 2), ("order_twin", 2),
        ("order_exception", 2), ("compensation_ledger", 2), ("lead_time", 2),
    }  # fmt: skip
    assert orderproof("order", "4711", "--data", data).code == 0


def test_a_server_by_url_is_used_in_place_of_the_embedded_one(
    tmp_path, orderproof, write, database, monkeypatch
):
    monkeypatch.setenv("ORDERPROOF_DATABASE_URL", postgres.sqlalchemy_url(database))
    folder = tmp_path / "by-url"

    assert orderproof("init", "--data", folder).code == 0
    assert orderproof("import", write(PLACED), "--data", folder).code == 0
    assert orderproof("order", "4711", "--data", folder).code == 0

    assert not (folder / "postgres").exists()


def test_a_setting_that_cannot_be_used_is_named_without_its_value(data, orderproof, monkeypatch):
    monkeypatch.setenv("ORDERPROOF_DATABASE_URL", "mysql://root:hunter2@localhost/x")

    done = orderproof("order", "1", "--data", data)

    assert done.code == 2
    assert "database_url" in done.err
    assert "hunter2" not in done.err + done.out


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("foo = 1", "foo in the settings file is none that is known"),
        ('origin = "has space"', "origin (or ORDERPROOF_ORIGIN): say an address"),
        ("origin = [", "settings.toml of the data folder is no TOML"),
    ],
)
def test_what_is_wrong_in_the_settings_file_is_said_plainly(data, orderproof, line, said):
    (data / "settings.toml").write_text(line)

    done = orderproof("order", "1", "--data", data)

    assert done.code == 2
    assert said in done.err


def test_a_file_in_place_of_a_data_folder_is_a_usage_error(data, orderproof):
    done = orderproof("order", "1", "--data", data / "settings.toml")

    assert done.code == 2
    assert "is a file" in done.err


def test_the_environment_wins_over_the_settings_file(data, orderproof, monkeypatch):
    monkeypatch.setenv("ORDERPROOF_ORIGIN", "elsewhere.example.com/log")

    done = orderproof("init", "--data", data, "--json")

    assert done.json["origin"] == "elsewhere.example.com/log"


def test_a_missing_key_is_named_and_nothing_is_made_up(data, orderproof):
    (data / "keys" / "personal-data.key").unlink()

    done = orderproof("order", "1", "--data", data)

    assert done.code == 5
    assert "personal-data.key" in done.err


# E-07
def test_text_from_outside_cannot_steer_the_terminal(data, write, orderproof):
    number = "\x1b[31m\u202e4711"
    orderproof("import", write({**PLACED, "subject": f"de/{number}"}), "--data", data)

    done = orderproof("order", f"de/{number}", "--data", data)

    assert done.code == 0
    assert "\x1b" not in done.out
    assert "\u202e" not in done.out
    assert "\\x1b[31m\\u202e4711" in done.out


def test_an_exact_name_wins_over_a_number_that_looks_like_it(data, write, orderproof):
    inner = {**PLACED, "id": "e8", "subject": "x/de/4711"}
    orderproof("import", write(PLACED, inner), "--data", data)

    exact = orderproof("claim", "de/4711", "--data", data, "--json")
    other = orderproof("claim", "x/de/4711", "--data", data, "--json")

    assert (exact.code, exact.json["shop"], exact.json["order"]) == (0, "de", "4711")
    assert (other.code, other.json["shop"], other.json["order"]) == (0, "x", "de/4711")


@pytest.mark.parametrize("first", [b"garbage", b"\0", b"\xff\xfe\xfd", b'"x"', b"x" * 3_000_000])
def test_a_first_line_that_cannot_be_read_hides_no_other(data, write, orderproof, first):
    done = orderproof("import", write(first, PLACED), "--data", data, "--json")

    assert (done.code, done.json["recorded"], done.json["rejected"]) == (7, 1, 1)


def test_an_empty_file_holds_nothing(data, tmp_path, orderproof):
    (tmp_path / "empty").touch()

    done = orderproof("import", tmp_path / "empty", "--data", data, "--json")

    assert (done.code, done.json["read"]) == (0, 0)


def test_one_wrong_file_among_several_stops_the_command_before_anything_is_recorded(
    data, write, tmp_path, orderproof
):
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")

    done = orderproof("import", write(PLACED), tmp_path / "picture.png", "--data", data)

    assert done.code == 2
    assert "picture.png" in done.err
    assert orderproof("order", "4711", "--data", data).code == 6


@pytest.mark.parametrize("arguments", [["claim", "a\udcff"], ["import", "-", "--shop", "z" * 300]])
def test_arguments_that_no_name_can_be_are_usage_errors(data, orderproof, monkeypatch, arguments):
    header = b"InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(header)))

    done = orderproof(*arguments, "--data", data)

    assert done.code == 2
    assert "Traceback" not in done.err
    assert "File " not in done.err


def test_money_is_shown_as_people_write_it(data, write, orderproof):
    orderproof("import", write(PLACED, CAPTURED), "--data", data)

    assert "EUR 128.00" in orderproof("order", "4711", "--data", data).out


@pytest.mark.parametrize("verb", ["order", "claim"])
@pytest.mark.parametrize("nothing", ["", "  "])
def test_to_ask_for_nothing_is_a_mistake(data, orderproof, verb, nothing):
    assert orderproof(verb, nothing, "--data", data).code == 2
