"""An order's timeline: every event as it was recorded, oldest first."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from domain import personal
from domain.erasure import KEY_DESTROYED, erased_purposes, erasures
from domain.event import Event
from domain.flags import CLOCK_SUSPECT, LATE, clock_suspect, flags, late
from domain.money import format_money
from domain.stream import split_order_stream
from orderproof.terminal import counted, safe

# Fields that say the most about an event, in the order in which they are shown.
_TELLING = (
    "refund_id",
    "amount",
    "total",
    "psp_status",
    "reference",
    "failure_reason",
    "reason",
    "reason_code",
    "carrier",
    "tracking_no",
    "settled_on",
    "channel",
    "template",
    "outcome",
)


_MONEY = ("amount", "total")
_ERASURE = ("ground", "requested_by", "approved_by")


def as_dict(stream: str, events: Sequence[Event], as_of: int) -> dict[str, Any]:
    """Return the timeline as the JSON of `orderproof order --json`."""
    shop, number = split_order_stream(stream) or ("", stream)
    shown = _flags(events)
    erased = erasures(events)
    return {
        "order": number,
        "shop": shop,
        "as_of": as_of,
        "events": [
            {
                "position": event.position,
                "version": event.version,
                "type": event.type,
                "source": event.source,
                "id": event.id,
                "occurred_at": event.occurred_at,
                "recorded_at": event.recorded_at,
                "data": event.data,
                "sealed": event.sealed,
                "erased": erased_purposes(event, erased),
                "flags": shown[event.version],
            }
            for event in events
        ],
    }


def as_text(
    stream: str, events: Sequence[Event], as_of: int, *, show_personal: bool = False
) -> str:
    """Return the timeline for people: one line an event, and one for each personal value."""
    shop, number = split_order_stream(stream) or ("", stream)
    shown = _flags(events)
    lines = [
        f"{safe(shop)}/{safe(number)}   {counted(len(events), 'event')}, as of position {as_of}"
    ]
    erased = erasures(events)
    for event in events:
        facts = ", ".join(_facts(event))
        gone = erased_purposes(event, erased)
        left = event.boxes.keys() - set(gone)
        lock = "  (personal data sealed)" if left else ""
        lock += f"  (personal data erased: {', '.join(gone)})" if gone else ""
        flagged = "".join(f"  [{flag}]" for flag in shown[event.version])
        lines.append(
            f"{event.version:4}  {safe(event.occurred_at):25}  {safe(event.type):28}"
            f"  {safe(facts)}{lock}{flagged}".rstrip()
        )
        if show_personal:
            lines += [f"{'':33}  {place}: {value}" for place, value in _personal(event)]
    return "\n".join(lines)


def _personal(event: Event) -> Iterator[tuple[str, str]]:
    """Say what was sealed of an opened event, by its place."""
    _, sealed = personal.split(event.type, event.data)
    for places in sealed.values():
        for place, value in places.items():
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield safe(place.removeprefix("/")), safe(text)


def _flags(events: Sequence[Event]) -> dict[int, list[str]]:
    more = ((LATE, late(events)), (CLOCK_SUSPECT, clock_suspect(events)))
    return {
        event.version: [*flags(event), *(flag for flag, where in more if event.version in where)]
        for event in events
    }


def _facts(event: Event) -> Iterator[str]:
    currency = event.data.get("currency")
    for field in _ERASURE if event.type == KEY_DESTROYED else _TELLING:
        value = event.data.get(field)
        if field in _MONEY and type(value) is int:
            yield format_money(value, currency if isinstance(currency, str) else None)
        elif isinstance(value, str | int):
            yield f"{field} {value}"
