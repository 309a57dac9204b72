"""What was done about an order and its exceptions, one line each: `10:30 Zhang San changed …`."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from domain.event import Event
from domain.money import format_money
from domain.reading import read_amount, read_text
from domain.tracking.subtypes import subtype_title
from domain.words.handling import HandlingWords

_PLACES = frozenset({"order.shipping_address_changed", "order.recipient_contact_changed"})
"""Changes of where a customer is and how they are reached, which not every position may see."""

_SEALED = frozenset({"after", "measure", "text", "demand", "result", "note"})
"""Members that may be sealed, so that one that is not there may be gone."""

_SPACES = re.compile(r"\s+")
_SLOT = re.compile(r"\{(\w+)\}")
_BARE = re.compile(r"[\s:：,，]+$")


class Handled(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was done.

    Args:
        at: RFC 3339, on the clock of whoever did it.
        actor: who did it.
        type: of the event.
        exception_id: the exception that it is about; None where it is about the order.
        line: the same in words: `HH:MM actor action object`.
        event_id: the event's id.
    """

    at: str
    actor: str
    type: str
    exception_id: str | None
    line: str
    event_id: str


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader may see: words that staff wrote, and where the customer is."""

    texts: bool
    places: bool


def log_lines(
    recorded: Iterable[tuple[Event, Mapping[str, Any] | None]],
    sight: Sight,
    words: HandlingWords,
    language: str,
) -> Iterator[Handled]:
    """Yield a line for each event by which somebody handled an order, in the order given.

    Args:
        recorded: events with who did it, `actor` of the event's line.
        sight: what the reader may see; the rest is masked.
        words: of the reader's language.
        language: its code, for the names of exceptions.
    """
    for event, actor in recorded:
        template = words.actions.get(event.type)
        if template is None:
            continue
        who = _actor(event, actor, words)
        action = _action(template, event, sight, words, language)
        yield Handled(
            at=event.occurred_at,
            actor=who,
            type=event.type,
            exception_id=read_text(event.data.get("exception_id")),
            # RFC 3339 begins with day and time on the reporter's own clock.
            line=words.line.format(time=event.occurred_at[11:16], actor=who, action=action),
            event_id=event.id,
        )


def _actor(event: Event, actor: Mapping[str, Any] | None, words: HandlingWords) -> str:
    named = read_text((actor or {}).get("id"))
    if named is not None and (actor or {}).get("kind") == "system":
        return words.actors.get(named, named)
    said = event.data.get("by") or event.data.get("requested_by")
    return named or read_text(said) or words.unknown


def _action(template: str, event: Event, sight: Sight, words: HandlingWords, language: str) -> str:
    def slot(found: re.Match[str]) -> str:
        name = found[1]
        if name in _SEALED and not (sight.places if event.type in _PLACES else sight.texts):
            return words.masked
        text = _said(name, event, language)
        if text is None and name in _SEALED and event.sealed:
            return words.erased
        return text or ""

    filled = _SPACES.sub(" ", _SLOT.sub(slot, template))
    return _BARE.sub("", filled)


def _said(name: str, event: Event, language: str) -> str | None:
    data = event.data
    if name == "money":
        minor, currency = read_amount(data.get("amount")), read_text(data.get("currency"))
        return None if minor is None else format_money(minor, currency)
    if name == "kind" and event.type.startswith("exception."):
        return subtype_title(f"{data.get('class')}.{data.get('subtype')}", language)
    return _flat(data.get(name))


def _flat(value: object) -> str | None:
    """Return a value as one line: an address or a list by its parts, in their order."""
    if isinstance(value, Mapping):
        return _joined(value.values())
    if isinstance(value, list):
        return _joined(value)
    text = read_text(value)
    return None if text is None else _SPACES.sub(" ", text)


def _joined(values: Iterable[object]) -> str | None:
    return ", ".join(text for value in values if (text := _flat(value))) or None
