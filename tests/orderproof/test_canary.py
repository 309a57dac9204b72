"""A-22: the whole main job with canaries for personal data, and everything that is left searched.

All logs are at their noisiest. The quarantine (`rejects/`) is left out by name: it holds raw input
by design, so only its rights are looked at.
"""

import gzip
import json
import logging
import os
import stat
import subprocess
import sys

import psycopg2
import pytest

from orderproof import postgres
from tests.orderproof.erase_scene import event, lines, placed

NOISE = {
    "log_statement": "all",
    "log_min_messages": "debug2",
    "log_min_error_statement": "debug5",
    "log_error_verbosity": "verbose",
    "log_duration": "on",
    "log_parameter_max_length": "-1",
    "log_parameter_max_length_on_error": "-1",
    "fsync": "off",
}
EMAIL, PHONE = "Zebedee.Canaryq@example.org", "+49 30 5550 77991234"
PERSON = {"name": "Zebedee Canaryqname", "email": EMAIL, "phone": PHONE, "country": "DE"}
PLACE = {"recipient": "Zebedee Canaryqname", "lines": ["Canaryq Lane 99"], "city": "Exampletown"}
MONEY = {"amount": 12800, "currency": "EUR"}
# No word of a language: a PostgreSQL with ICU knows the Canary Islands.
CANARIES = [b"canaryq", b"5550 7799", b"555077991234"]
# Also as the hex digits of bytes in a dump or a statement, in which no case can be ignored.
IN_HEX = [form.hex().encode() for form in (b"canaryq", b"Canaryq", b"CANARYQ", b"5550 7799")]


def hits(content):
    """Return what is left of canaries, each with what stands around it."""
    raw = content.encode() if isinstance(content, str) else content
    low = raw.lower()
    places = [low.find(form) for form in (*CANARIES, *IN_HEX)]
    return [raw[max(place - 60, 0) : place + 60] for place in places if place >= 0]


def story():
    """One order with a canary in every kind of place, and a second one to be told apart."""
    return [
        placed("de/1", PERSON, "C-1", ship_to=PLACE, bill_to={**PLACE, "name": "Z. Canaryqname"},
               remarks="a canaryq remark", undeclared="a canaryq member", placed_at=["canaryq"],
               totals="canaryq totals", **{"canaryq member": "its name is one, too"}),
        event("de/1", "paid", "payment.captured",
              {**MONEY, "payment_id": "p1", "psp": "stripe",
               "instrument": {"kind": "card", "last4": "4242", "holder": "Z. Canaryq"}}),
        event("de/1", "said", "message.received",
              {"message_id": "m", "channel": "email", "from": EMAIL, "body": "canaryq body",
               "subject": {"nested": ["canaryq subject"]}}),
        event("de/1", "signed", "shipment.delivered", {"shipment_id": "s", "signed_by": "Canaryq"}),
        event("de/1", "unknown", "loyalty.points_given", {"points": 1, "to": "a canaryq"}),
        event("de/1", "moved", "order.recipient_contact_changed",
              {"before": PERSON, "after": {**PERSON, "phone": "+49 30 555077991234"}}),
        event("de/1", "asked", "refund.requested",
              {**MONEY, "refund_id": "r1", "reason_code": "worn", "requested_by": "customer"}),
        event("de/1", "offline", "refund.offline_recorded",
              {**MONEY, "refund_id": "r1", "method": "bank transfer", "reference": "RF-1",
               "payee": "Zebedee Canaryq"}),
        placed("de/2", {"name": "Max Othername", "email": "max.other@example.org"}),
    ]  # fmt: skip


def bad_lines():
    """What cannot be recorded, each with a canary in it.

    Who sent it is told where the fault is, so the names of members are told, and no values.
    """
    yield json.dumps({**event("de/1", "paid", "payment.captured", {"note": "canaryq"})})  # mismatch
    yield json.dumps(event("de/3", "a", "payment.captured", {"amount": "canaryq", "currency": "E"}))
    yield json.dumps(event("de/3", "b", "payment.captured", {**MONEY, "currency": EMAIL}))
    yield json.dumps({**event("de/3", "c", "order.closed", {}), "position": "canaryq"})
    yield json.dumps({**event("de/3", "d", "order.closed", {}), "time": "canaryq o'clock"})
    yield json.dumps(event("canaryq", "e", "order.closed", {}))
    yield json.dumps(event("de/3", "f", "erasure.requested", {"ground": "canaryq"}))
    yield '{"specversion":"1.0","id":"g","data":{"name":"canaryq","name":"canaryq"}}'
    yield '{"specversion":"1.0","id":"h","data":{"name":"canaryq \\u0000"}}'
    yield '{"canaryq": '
    yield "canaryq, not JSON at all"
    yield "[" * 2_000 + '"canaryq"'


@pytest.fixture
def server(server_folder, programs):
    """A server of the test's own that writes down all it can."""
    place = server_folder / "pg"
    with postgres.running(place, server_folder / "password", programs, NOISE) as dsn:
        yield dsn, place


@pytest.fixture
def python_log():
    class Keeps(logging.Handler):
        def __init__(self):
            super().__init__(logging.NOTSET)
            self.text = []

        def emit(self, record):
            self.text.append(self.format(record))

    root, handler = logging.getLogger(), Keeps()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler.text
    root.removeHandler(handler)
    root.setLevel(before)


def test_personal_data_is_only_where_it_is_asked_for(
    tmp_path, server, orderproof, monkeypatch, python_log, programs
):
    #
    dsn, place = server
    monkeypatch.setenv("ORDERPROOF_DATABASE_URL", postgres.sqlalchemy_url(dsn))
    data = tmp_path / "data"
    good, bad, large = tmp_path / "good.jsonl", tmp_path / "bad.jsonl", tmp_path / "large.jsonl"
    good.write_text(lines(story()))
    bad.write_text("\n".join(bad_lines()) + "\n")
    many = {"channel": "email", "from": EMAIL, "body": "canaryq body" * 60}
    large.write_text(
        lines(event(f"big/{n % 10}", n, "message.received", many) for n in range(5_000))
    )
    printed = []

    def run(*arguments, code=0):
        done = orderproof(*arguments, "--data", data)
        assert done.code == code, (arguments, done)
        printed.append((arguments, done.out, done.err))
        return done

    run("init")
    run("import", good)
    run("import", bad, code=7)
    run("import", bad, "--json", code=7)
    run("record", bad, code=7)
    run("record", bad, "--json", code=7)
    worked = subprocess.run(  # by worker processes, whose complaints are theirs
        [sys.executable, "-m", "orderproof", "import", str(large), "--data", str(data)],
        capture_output=True, check=True,
    )  # fmt: skip
    printed.append((("import", large), worked.stdout.decode(), worked.stderr.decode()))
    run("import", tmp_path / "canaryq is no file", code=2)
    printed.pop()  # a path that was typed is named
    for key in ("de/1", EMAIL, PHONE):
        run("order", key, code=2 if key == EMAIL else 0)
    run("order", "de/1", "--json")
    run("order", "nobody.canaryq@example.org", code=6)
    run("claim", "de/1")
    run("claim", "de/1", "--json", "--customer", EMAIL)
    run("claim", "de/1", "--letter", "--customer", "5550 77991234")
    run("claim", "de/1", "--customer", "other.canaryq@example.org", code=6)
    run("archive", "--all")
    run("archive", "--all", "--json")
    run("claim", "de/1", "--from-archive", data / "archive")
    run("verify", data / "archive", "--json")
    run("rebuild")
    run("projection", "status", "--json")
    run("projection", "diff")
    decision = ("--ground", "ticket 1", "--requested-by", "a", "--approved-by", "b")
    named = ("--ground", f"of {EMAIL}", "--requested-by", "a", "--approved-by", "b")
    run("erase", EMAIL, *named, "--yes", code=8)
    run("erase", EMAIL, *decision, "--json", code=2)
    run("erase", "nobody.canaryq@example.org", *decision, "--yes", code=6)
    shown = run("order", "de/1", "--personal", "--json")
    assert hits(shown.out)  # the canaries are there for who asks with the key
    printed.pop()
    run("erase", "de/1", *decision, "--yes")

    for arguments, out, err in printed:
        assert hits(out + err) == [], arguments
    assert python_log
    assert hits("\n".join(python_log)) == []

    with psycopg2.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")  # what was written is in the files that are searched
    connection.close()
    text = subprocess.run([programs / "pg_dump", dsn], check=True, capture_output=True).stdout
    assert b"COPY public.events" in text
    assert b"COPY views.person_index" in text
    assert hits(text) == []
    log = (place / "server.log").read_bytes()
    assert b"statement: " in log
    assert b"append(" in log
    assert hits(log) == []
    assert searched(place) > 100  # tables, indexes and the write-ahead log
    assert searched(data, leave_out=data / "rejects") > 10

    rejects = list((data / "rejects").iterdir())
    assert len(rejects) == 4
    assert all(hits(file.read_bytes()) for file in rejects)
    assert {stat.S_IMODE(file.stat().st_mode) for file in rejects} == {0o600}
    assert stat.S_IMODE((data / "rejects").stat().st_mode) == 0o700


def searched(folder, leave_out=None):
    """Look into every file below a folder, unpacked where it is packed; return how many."""
    count = 0
    for file in folder.rglob("*"):
        if not file.is_file() or (leave_out is not None and file.is_relative_to(leave_out)):
            continue
        content = os.fsencode(file.name) + file.read_bytes()
        if file.suffix == ".gz":
            content += gzip.decompress(file.read_bytes())
        assert hits(content) == [], file
        count += 1
    return count
