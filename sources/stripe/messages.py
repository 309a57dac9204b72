"""Messages of Stripe's: events, what lies in them, objects that were asked for, request scripts.

Source: https://docs.stripe.com/api/events/object, https://docs.stripe.com/webhooks.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sources.message import Message, Told, object_id
from sources.payload_values import first_time, member, text, unix_time
from sources.stripe.balance import tell_balance_transaction
from sources.stripe.charges import tell_charge
from sources.stripe.disputes import tell_dispute, tell_fraud_warning
from sources.stripe.objects import (
    Occasion,
    created,
    id_of,
    kind_by_prefix,
    kind_of_object,
    links_of,
    order_of,
)
from sources.stripe.payment_intents import tell_payment_intent, tell_session
from sources.stripe.refunds import tell_refund

SCRIPT = "cli.script"

_TELLERS: Mapping[str, Callable[[Mapping[str, Any], Occasion], list[Told]]] = {
    "balance_transaction": tell_balance_transaction,
    "charge": tell_charge,
    "checkout.session": tell_session,
    "dispute": tell_dispute,
    "payment_intent": tell_payment_intent,
    "radar.early_fraud_warning": tell_fraud_warning,
    "refund": tell_refund,
}


def kind_of(item: Mapping[str, Any]) -> str | None:
    """Return the type of an event, the kind of an object, or `cli.script`."""
    inner = item.get("object")
    if inner == "event":
        told = item.get("type")
        is_event = isinstance(member(item, "data", "object"), Mapping)
        return told if is_event and isinstance(told, str) and told else None
    if isinstance(inner, str):
        return kind_of_object(item)
    if isinstance(inner, Mapping):
        return _kind_of_inner(inner)
    if isinstance(item.get("fixtures"), list) and "template_version" in _meta(item):
        return SCRIPT
    return None


def translate(kind: str, item: Mapping[str, Any], raw: bytes) -> Message:
    """Return what an event, an object or a script says."""
    inner = item.get("object")
    if inner == "event":
        return _event(kind, item, raw)
    if isinstance(inner, Mapping):
        return _object(kind, inner, raw, Occasion(previous=_previous(item)))
    if "fixtures" in item and "object" not in item:
        return _script(item, raw)
    return _object(kind, item, raw, Occasion())


def _event(kind: str, item: Mapping[str, Any], raw: bytes) -> Message:
    data = item.get("data")
    thing = member(data, "object")
    thing = thing if isinstance(thing, Mapping) else {}
    occasion = Occasion(
        type=kind,
        at=unix_time(item.get("created")),
        previous=_previous(data),
        idempotency_key=text(member(item, "request", "idempotency_key")),
    )
    inner = _kind_of_inner(thing)
    own_id = text(item.get("id")) or object_id("event", raw)
    return Message(
        id=own_id,
        type=kind,
        occurred_at=first_time(occasion.at, created(thing)),
        told=_tell(inner, thing, occasion),
        order=_order(inner, thing),
        links=links_of(thing) or [own_id],
    )


def _object(kind: str, thing: Mapping[str, Any], raw: bytes, occasion: Occasion) -> Message:
    own_id = object_id(f"{kind}/{id_of(thing) or ''}".rstrip("/"), raw)
    return Message(
        id=own_id,
        type=kind,
        occurred_at=first_time(created(thing)),
        told=_tell(kind, thing, occasion),
        order=_order(kind, thing),
        links=links_of(thing) or [own_id],
    )


def _script(item: Mapping[str, Any], raw: bytes) -> Message:
    # A script says what to ask for, not what happened. What did happen lies in it as objects.
    things = list(_objects_in(item))
    told = [each for kind, thing in things for each in _tell(kind, thing, Occasion())]
    links = dict.fromkeys(link for _, thing in things for link in links_of(thing))
    own_id = object_id(SCRIPT, raw)
    return Message(
        id=own_id,
        type=SCRIPT,
        occurred_at=first_time(*(created(thing) for _, thing in things)),
        told=told,
        order=next((order for kind, thing in things if (order := _order(kind, thing))), None),
        links=list(links) or [own_id],
    )


def _objects_in(item: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    pending: list[Any] = list(item.values())[::-1]
    while pending:
        found = pending.pop()
        if isinstance(found, Mapping):
            kind = kind_of_object(found)
            if kind is not None:
                yield kind, found
            else:
                pending.extend(list(found.values())[::-1])
        elif isinstance(found, list):
            pending.extend(reversed(found))


def _tell(kind: str | None, thing: Mapping[str, Any], occasion: Occasion) -> list[Told]:
    teller = _TELLERS.get(kind or "")
    return [] if teller is None else teller(thing, occasion)


def _order(kind: str | None, thing: Mapping[str, Any]) -> str | None:
    # A customer or a method of payment outlives the order that its metadata may name.
    return order_of(thing) if kind in _TELLERS else None


def _kind_of_inner(thing: Mapping[str, Any]) -> str | None:
    named = thing.get("object")
    return named if isinstance(named, str) and named in _TELLERS else kind_by_prefix(thing)


def _previous(holder: Any) -> Mapping[str, Any]:
    previous = member(holder, "previous_attributes")
    return previous if isinstance(previous, Mapping) else {}


def _meta(item: Mapping[str, Any]) -> Mapping[str, Any]:
    meta = item.get("_meta")
    return meta if isinstance(meta, Mapping) else {}
