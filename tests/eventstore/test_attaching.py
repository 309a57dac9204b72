"""Files and the events that name them: sealed, stored once, and never without one another."""

import hashlib
import threading

import pytest

from domain.event import Fact
from eventstore import attaching, erasing, log, sealing
from eventstore.attaching import ErasedError, attach, open_file
from eventstore.connection import connect, transaction
from eventstore.erasing import Decision, erase
from eventstore.errors import EventRefusedError, KeyMissingError, StoreAlteredError
from eventstore.recording import record
from eventstore.stream_keys import KeyRing
from tests.faults.facts import fact
from tests.faults.invariants import KEY

STREAM = "order/de/1"
DECISION = Decision("ticket 77", "staff-1", "staff-2", ("contact",))
DATA = b"a canary picture" * 100
DIGEST = hashlib.sha256(DATA).hexdigest()


def facts(sealed, occurred_at="2025-03-03T09:00:00Z", **more):
    digest = hashlib.sha256(sealed or b"").hexdigest()
    data = {"sealed_sha256": digest, "name": "canary.png", "sha256": DIGEST} | more
    return [Fact(stream=STREAM, type="evidence.attached", source="orderproof", id=f"a/{digest}",
                 occurred_at=occurred_at, data=data)]  # fmt: skip


@pytest.fixture
def connection(migrated_database):
    with connect(migrated_database, "orderproof_writer") as opened:
        record(opened, KeyRing(KEY), [fact("a", 1, personal=True)])
        yield opened


@pytest.fixture
def ring():
    return KeyRing(KEY)


def attached(connection):
    return [e for e in log.read_order(connection, None, STREAM) if e.type == "evidence.attached"]


def stored(connection):
    with transaction(connection) as cursor:
        cursor.execute("SELECT encode(sha256, 'hex') FROM attachments")
        return [digest for (digest,) in cursor.fetchall()]


def test_what_is_stored_is_sealed_and_opens_with_the_orders_key_alone(connection, ring):
    [row] = attach(connection, ring, STREAM, DATA, facts)
    [event] = attached(connection)
    [digest] = stored(connection)

    assert (row[0], event.data["sealed_sha256"]) == ("recorded", digest)
    assert b"canary" not in attaching.get(connection, digest)
    assert open_file(connection, ring, STREAM, digest, DIGEST) == DATA
    with pytest.raises(KeyMissingError):
        open_file(connection, ring, STREAM, digest, "00" * 32)
    with pytest.raises(KeyMissingError):
        open_file(connection, ring, "order/de/2", digest, DIGEST)
    with pytest.raises(StoreAlteredError, match="not in the store"):
        open_file(connection, ring, STREAM, "00" * 32, DIGEST)


def test_the_same_file_seals_to_the_same_bytes_and_another_stream_or_key_to_others():
    keys = [bytes([n]) * 32 for n in (1, 2)]
    sealed = {
        (key, stream, purpose): sealing.seal_file(key, purpose, stream, DATA)
        for key in keys
        for stream in (STREAM, "order/de/2")
        for purpose in ("contact", "tax")
    }

    assert sealing.seal_file(keys[0], "contact", STREAM, DATA) == sealed[keys[0], STREAM, "contact"]
    assert len(set(sealed.values())) == len(sealed)
    one = sealed[keys[0], STREAM, "contact"]
    digest = bytes.fromhex(DIGEST)
    assert sealing.unseal_file(keys[0], "contact", STREAM, digest, one) == DATA
    for key, purpose, stream in ((keys[1], "contact", STREAM), (keys[0], "tax", STREAM),
                                 (keys[0], "contact", "order/de/2")):  # fmt: skip
        with pytest.raises(KeyMissingError):
            sealing.unseal_file(key, purpose, stream, digest, one)
    with pytest.raises(KeyMissingError):
        sealing.unseal_file(keys[0], "contact", STREAM, digest, one[:-1])


# An erasure between the file and its event: nothing may name what the old key sealed.
def test_an_erasure_that_comes_between_lets_it_be_sealed_again(
    connection, ring, migrated_database, monkeypatch
):
    put, calls = attaching.put, []

    def erased_meanwhile(*arguments):
        put(*arguments)
        if not calls:
            with connect(migrated_database, erasing.ROLE) as eraser:
                assert erase(eraser, [STREAM], DECISION) is not None
        calls.append(1)

    monkeypatch.setattr(attaching, "put", erased_meanwhile)
    [row] = attach(connection, ring, STREAM, DATA, facts)

    [event] = attached(connection)
    assert (row[0], len(calls), len(stored(connection))) == ("recorded", 2, 2)
    assert open_file(connection, ring, STREAM, event.data["sealed_sha256"], DIGEST) == DATA
    [orphan] = set(stored(connection)) - {event.data["sealed_sha256"]}
    with pytest.raises(ErasedError):
        open_file(connection, ring, STREAM, orphan, DIGEST)


def test_two_who_attach_the_same_file_at_once_attach_it_once(migrated_database, connection):
    rows, ready = [], threading.Barrier(4)

    def work(number):
        with connect(migrated_database, "orderproof_writer") as own:
            ready.wait(30)
            at = f"2025-03-03T09:00:0{number}Z"
            rows.extend(attach(own, KeyRing(KEY), STREAM, DATA, lambda s: facts(s, at)))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(row[0] for row in rows) == ["mismatch", "mismatch", "mismatch", "recorded"]
    assert (len(attached(connection)), len(stored(connection))) == (1, 1)


def test_all_of_the_events_are_recorded_or_none(connection, ring):
    def too_large(sealed):
        [first] = facts(sealed)
        return [first, Fact(stream=STREAM, type="claim.counter_evidence", source="orderproof",
                            id="x", occurred_at=first.occurred_at,
                            data={"evidence_digest": "x" * 5_000_000})]  # fmt: skip

    with pytest.raises(EventRefusedError):
        attach(connection, ring, STREAM, DATA, too_large)

    assert (attached(connection), stored(connection)) == ([], [])


def test_what_another_purpose_would_seal_is_refused(connection, ring):
    def taxed(sealed):
        [first] = facts(sealed)
        return [first, Fact(stream=STREAM, type="order.placed", source="orderproof", id="x",
                            occurred_at=first.occurred_at,
                            data={"invoice_title": "Fictional Ltd"})]  # fmt: skip

    with pytest.raises(EventRefusedError, match="another purpose"):
        attach(connection, ring, STREAM, DATA, taxed)


def test_a_lost_key_is_told_from_an_erased_one(connection, ring):
    attach(connection, ring, STREAM, DATA, facts)
    [digest] = stored(connection)

    with pytest.raises(KeyMissingError) as lost:
        open_file(connection, KeyRing(b"\2" * 32), STREAM, digest, DIGEST)

    assert not isinstance(lost.value, ErasedError)
