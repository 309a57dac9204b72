"""What the tests of Adyen and PayPal share: what a payload tells, and ways in which some arrive."""

import json
from itertools import combinations, permutations

from domain import catalogue
from sources import message
from sources.format import payloads
from tests.sources.payload_story import STREAM


def facts_of(form, value):
    """All facts of the payloads in a value; every one that is told must have been recorded."""
    found = []
    for _, kind, payload in payloads((form,), value):
        raw = json.dumps(payload).encode()
        said = form.translate(kind, payload, raw)
        facts = message.facts(said, raw, form.name, STREAM)
        assert len(facts) == 1 + len(said.told)
        found += facts
    return found


def told(form, value):
    """What a value tells: type and data, without the payloads themselves."""
    return [(fact.type, fact.data) for fact in facts_of(form, value) if fact.causation]


def types(form, value):
    return [name for name, _ in told(form, value)]


def assert_declared(name, data):
    """An undeclared member would be sealed as free text, and read by nobody."""
    fields = catalogue.CATALOGUE[name].fields
    assert data.keys() <= fields.keys(), (name, data)
    for key, value in data.items():
        if isinstance(value, dict):
            assert value.keys() <= fields[key].keys(), (name, key, value)


def arrivals(messages):
    """Every way in which some of the messages arrive: any part, any order, one of them twice."""
    for size in range(1, len(messages) + 1):
        for part in combinations(messages, size):
            for arrival in permutations(part):
                yield part, (*arrival, arrival[0])
