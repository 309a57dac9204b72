"""What the tests of shops' payloads share: real files, and the order that payloads come to."""

import hashlib
import json
from pathlib import Path

from domain import catalogue
from domain.event import Event
from domain.order import fold_order
from sources import strict_json
from sources.format import payloads
from sources.message import facts
from tests.domain.order_story import STREAM

DATA = Path(__file__).parents[1] / "data"
SHARED = Path(__file__).parents[3] / "shared" / "data"


def files(folder):
    """Every file of a folder: those that lie with the tests, and all where the data is there."""
    here = {path.name: path for path in (DATA / folder).glob("*.json")}
    there = {path.name: path for path in (SHARED / folder).glob("*.json")}
    return [path for name, path in sorted((there | here).items()) if name != "ORIGIN.json"]


def load(path):
    """A file as the service reads it: numbers that are no integers are text."""
    return strict_json.parse(path.read_bytes())


def encode(value):
    return json.dumps(value, ensure_ascii=False).encode()


def found_in(source, folder):
    """All payloads of a source in a folder, as (file, kind, payload)."""
    return [
        (path.name, kind, value)
        for path in files(folder)
        for _, kind, value in payloads((source,), load(path))
    ]


def read(source, value):
    """What a payload says, by its kind."""
    kind = source.kind_of(value)
    assert kind is not None, value
    return source.translate(kind, value, encode(value))


def told(source, value):
    """The types and data that a payload tells, in its order."""
    return [(each.type, each.data) for each in read(source, value).told]


def recorded(source, *values):
    """The facts of payloads, each identity once, as they would be recorded."""
    found = {}
    for value in values:
        raw = encode(value)
        for fact in facts(read(source, value), raw, source.name, STREAM):
            found.setdefault((fact.source, fact.id), fact)
    return [
        Event(
            stream=fact.stream,
            version=index,
            type=fact.type,
            source=fact.source,
            id=fact.id,
            occurred_at=fact.occurred_at,
            recorded_at=f"2026-01-01T00:00:00.{index:06}Z",
            data=fact.data,
            position=index,
        )
        for index, fact in enumerate(found.values(), 1)
    ]


def fold(source, *values):
    """The order that payloads come to."""
    return fold_order(recorded(source, *values))


def check_message(source, kind, value):
    """Translating never raises, and what comes of it can be recorded."""
    raw = encode(value)
    message = source.translate(kind, value, raw)
    assert message.id
    assert message.links
    assert all(message.links)
    assert len(message.links) == len(set(message.links))
    told_facts = facts(message, raw, source.name, STREAM)
    for fact in told_facts:
        known = catalogue.find(fact.type)
        assert known is not None, fact.type
        assert set(fact.data) <= set(known.fields), fact.type
    ids = [fact.id for fact in told_facts]
    assert len(ids) == len(set(ids))
    assert told_facts[0].data["sha256"] == hashlib.sha256(raw).hexdigest()
    return told_facts


def nulled(value):
    """The same form with nothing in it."""
    if isinstance(value, dict):
        return {name: nulled(inner) for name, inner in value.items()}
    return [nulled(inner) for inner in value] if isinstance(value, list) else None
