"""What the tests of translators share: payloads become events, and events an order."""

import json
from pathlib import Path

from domain.event import Event
from domain.order import fold_order
from domain.time import read_instant
from sources.format import payloads
from sources.formats import FORMATS
from sources.message import facts

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
SHARED = ROOT.parent / "shared" / "data"
STREAM = "order/de/1"


def files(folder):
    """The payload files of a folder: those beside the tests, and all where they are there."""
    found = {path.name: path for path in (DATA / folder).glob("*.json")}
    found |= {path.name: path for path in (SHARED / folder).glob("*.json")}
    found.pop("ORIGIN.json", None)
    return [found[name] for name in sorted(found)]


def load(folder, name):
    return json.loads((DATA / folder / name).read_text())


def messages(value, name=None):
    """The messages in a JSON value, each with its bytes and the format that took it."""
    formats = list(FORMATS.values()) if name is None else [FORMATS[name]]
    found = []
    for form, kind, item in payloads(formats, value):
        raw = json.dumps(item).encode()
        found.append((form.translate(kind, item, raw), raw, form))
    return found


def told(value, name=None):
    """The facts that a value's messages tell, the messages themselves left out."""
    return [
        fact
        for message, raw, form in messages(value, name)
        for fact in facts(message, raw, form.name, STREAM)
        if fact.type != "source.message_received"
    ]


def types(value, name=None):
    return [fact.type for fact in told(value, name)]


def order_of(*values, first=()):
    """The order that these payloads come to, recorded one after the other, repeats once.

    Facts that were there before them may be given as `first`.
    """
    found = {(fact.source, fact.id): fact for fact in first}
    for value in values:
        for fact in told(value):
            found.setdefault((fact.source, fact.id), fact)
    return fold_order(
        Event(
            stream=STREAM,
            version=number,
            type=fact.type,
            source=fact.source,
            id=fact.id,
            occurred_at=fact.occurred_at,
            recorded_at=f"2026-01-01T00:00:00.{number:06}Z",
            data=fact.data,
            position=number,
        )
        for number, fact in enumerate(found.values(), 1)
    )


def assert_translates(form, item):
    """No format raises for a payload that it claims, or for one that it does not."""
    raw = json.dumps(item).encode()
    kind = form.kind_of(item)
    message = form.translate(kind or "unknown", item, raw)
    found = facts(message, raw, form.name, STREAM)
    assert found[0].type == "source.message_received"
    assert message.links
    assert all(isinstance(link, str) and link for link in message.links)
    assert all(read_instant(fact.occurred_at) is not None for fact in found)
    json.dumps([fact.data for fact in found], allow_nan=False)
