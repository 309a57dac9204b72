"""Payloads as no source sends them: members missing, of another type, or garbage."""

import copy
import re
from pathlib import Path

from hypothesis import strategies as st

from sources import message
from sources.format import payloads

GARBAGE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False)
    | st.sampled_from(["", "1e999999", "2025-13-45T99:99:99Z", "٣", "x" * 600, "NaN", "{"])
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def _places(value, path=()):
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for name, inner in items:
        yield (*path, name)
        if isinstance(inner, dict | list):
            yield from _places(inner, (*path, name))


@st.composite
def garbled(draw, originals):
    """One of the originals with a few members dropped or replaced."""
    payload = copy.deepcopy(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(1, 4))):
        places = list(_places(payload))
        if not places:
            break
        path = draw(st.sampled_from(places))
        holder = payload
        for name in path[:-1]:
            holder = holder[name]
        if draw(st.booleans()):
            del holder[path[-1]]
        else:
            holder[path[-1]] = draw(GARBAGE)
    return payload


def told(form, payload, raw=b"{}", stream="order/example/T01"):
    """The facts of a payload by its kind, asserted to be claimed."""
    kind = form.kind_of(payload)
    assert kind is not None
    return message.facts(form.translate(kind, payload, raw), raw, form.name, stream)


def all_told(form, value):
    """The facts of every payload in a value."""
    found = payloads((form,), value)
    return [fact for _, _, payload in found for fact in told(form, payload)]


def summary(facts):
    """The types and times of what is told, without the payload's own fact."""
    return [(fact.type, fact.occurred_at) for fact in facts if fact.type != message.MESSAGE]


def documented(title):
    """The types of events that a section of the reference of sources names."""
    text = (Path(__file__).parents[2] / "docs" / "reference" / "sources.md").read_text()
    section = text.split(f"\n## {title}\n")[1].split("\n## ")[0]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("| ")]
    return {name for row in rows for name in re.findall(r"`([a-z_]+\.[a-z_]+)`", row[2])}
