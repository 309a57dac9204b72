"""An answer held to the events that it says it stands on: they are folded and judged anew."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from domain.answer import as_answer
from domain.claim import judge
from domain.errors import NewerSchemaError
from domain.line import decode
from domain.order import fold_order
from domain.policy import POLICY
from domain.sentences import LANGUAGES
from domain.stream import split_order_stream

Difference = tuple[str, str, str]
"""What differs, in a clause; what the events say; what the answer says."""

_LONGEST = 200


def compare(
    said: Mapping[str, Any], lines: Sequence[tuple[int, bytes]]
) -> tuple[list[Difference], list[str]]:
    """Compare an answer with an order's lines.

    Args:
        said: the JSON of `claim --json`.
        lines: with their positions, in order.

    Returns:
        What differs, and what could not be compared.
    """
    integrity = said.get("integrity")
    if not isinstance(integrity, dict) or not lines:
        return [("names no events that are here", str(len(lines)), "")], []
    head = hashlib.sha256(lines[-1][1]).hexdigest()
    found: list[Difference] = []
    if integrity.get("head") != head:
        found.append(("stands on another last event", head, str(integrity.get("head"))))
    if integrity.get("events") != len(lines):
        found.append(("counts other events", str(len(lines)), str(integrity.get("events"))))
    try:
        events = [decode(line, position) for position, line in lines]
    except NewerSchemaError:
        return found, ["the verdict: an event is newer than this program knows"]
    except ValueError:
        return found, ["the verdict: an event cannot be read"]
    known = {event.id for event in events}
    strange = [str(each) for each in said.get("evidence") or () if each not in known]
    if strange:
        found.append(("names events that are not here", "", ", ".join(strange)[:_LONGEST]))
    if said.get("rule_version") != POLICY.version:
        rules = f"{said.get('rule_version')}"[:_LONGEST]
        left = f"the verdict: it was given by rules {rules}, and this program has {POLICY.version}"
        return found, [left]
    order = fold_order(events)
    try:
        verdict = judge(
            order,
            as_of=date.fromisoformat(str(said.get("as_of"))),
            integrity=str(integrity.get("verdict")),
        )
    except ValueError:
        return [*found, ("says no day as of which it is", "", str(said.get("as_of")))], []
    shop, number = split_order_stream(order.stream) or ("", order.stream)
    expected = [
        as_answer(
            order, verdict, shop=shop, number=number, integrity=integrity, seconds=0, language=code
        )
        for code in LANGUAGES
    ]
    if not found:
        found += _differing(said, expected)
    return found, []


def _differing(said: Mapping[str, Any], expected: Sequence[Mapping[str, Any]]) -> list[Difference]:
    """Return in what an answer differs from the nearest of those that would be right."""
    nearest: list[Difference] | None = None
    for right in expected:
        plain = json.loads(json.dumps(right))
        differing = [
            (f"says another {name}", _text(plain.get(name)), _text(said.get(name)))
            for name in sorted({*plain, *said} - {"seconds"})
            if plain.get(name) != said.get(name)
        ]
        if nearest is None or len(differing) < len(nearest):
            nearest = differing
    return nearest or []


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)[:_LONGEST]
