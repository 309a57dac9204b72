"""Events of version 1 in a store of today: read in today's form, stored bytes as they were."""

import hashlib
import json
from pathlib import Path

import psycopg2
import pytest
from cryptography.hazmat.primitives.keywrap import aes_key_wrap

from domain.event import Fact
from domain.line import decode, line_hash
from domain.stream import stream_id
from eventstore import appending, log
from eventstore.appending import Encoded
from eventstore.connection import connect, transaction
from eventstore.recording import record
from eventstore.stream_keys import KeyRing

KEY_ENCRYPTION_KEY = bytes(32)
STREAM_KEY = b"\1" * 32  # as in tests/domain/data/record_with_version_1.py
ROWS = [
    json.loads(row)
    for row in (Path(__file__).parents[1] / "domain/data/lines_of_version_1.jsonl")
    .read_text()
    .splitlines()
]
RENAMED = {"system_qty": "system_quantity", "physical_qty": "physical_quantity"}


def body_of(row):
    line = row["line"].encode()
    return line[len(b'{"event":') : line.index(b',"prev":"')]


@pytest.fixture
def connection(migrated_database):
    """A store that has what version 1 recorded."""
    old = [json.loads(row["line"]) for row in ROWS]
    stream = old[0]["stream"]
    with psycopg2.connect(migrated_database) as owner, owner.cursor() as cursor:
        cursor.execute(
            "INSERT INTO stream_keys (stream_id, purpose, wrapped) VALUES (%s, 'contact', %s)",
            (str(stream_id(stream)), aes_key_wrap(KEY_ENCRYPTION_KEY, STREAM_KEY)),
        )
    owner.close()
    with connect(migrated_database) as opened:
        with transaction(opened) as cursor:
            appending.append_all(
                cursor,
                [
                    Encoded(
                        stream,
                        stream_id(stream),
                        line["type"],
                        line["event"]["source"],
                        line["event"]["id"],
                        body_of(row),
                    )
                    for row, line in zip(ROWS, old, strict=True)
                ],
            )
        yield opened


# E-01
def test_old_events_are_read_in_todays_form_and_stay_as_they_were_stored(connection):
    stream = json.loads(ROWS[0]["line"])["stream"]

    events = log.read_order(connection, KeyRing(KEY_ENCRYPTION_KEY), stream)

    assert [event.data for event in events] == [
        {RENAMED.get(name, name): value for name, value in row["clear"].items()} for row in ROWS
    ]
    assert [line.body for line in log.stream_lines(connection, stream)] == list(map(body_of, ROWS))


# E-01
def test_hashes_of_old_events_are_over_what_is_stored_and_not_over_what_is_read(connection):
    with connection.cursor() as cursor:
        cursor.execute("SELECT hash, prev FROM events ORDER BY position")
        hashes = [(bytes(own), bytes(prev)) for own, prev in cursor]
    connection.rollback()
    lines = list(log.lines(connection, 0, len(ROWS)))

    before = hashlib.sha256(lines[0].stream.encode()).digest()
    for line, (own, prev), row in zip(lines, hashes, ROWS, strict=True):
        assert body_of(row) in line.encode()
        assert (own, prev) == (line_hash(line.encode()), before)
        before = own
    renamed = next(line for line in lines if b'"system_qty"' in line.body)
    assert "system_qty" not in decode(renamed.encode()).data


# E-01
def test_old_events_that_are_sent_again_are_found_to_be_the_same(connection):
    facts = [
        Fact(
            stream=line["stream"],
            type=line["type"],
            source=line["event"]["source"],
            id=line["event"]["id"],
            occurred_at=line["event"]["occurred_at"],
            data=row["clear"],
        )
        for row in ROWS
        for line in [json.loads(row["line"])]
    ]

    outcomes = record(connection, KeyRing(KEY_ENCRYPTION_KEY), facts)

    assert [(one.result, one.position) for one in outcomes] == [
        ("duplicate", position) for position in range(1, len(ROWS) + 1)
    ]
