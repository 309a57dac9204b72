"""A message of another system, understood: what it is about, and what it tells.

Each source is a pure translator from a payload to one `Message`. Which order it belongs to is
looked up afterwards, by its links: most payment messages name no order.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from domain import validation
from domain.errors import InvalidInputError
from domain.event import Event, Fact
from domain.linking import MESSAGE, is_waiting_place, number_link
from domain.stream import split_order_stream

MAX_IDENTITY = 512
"""Bytes of a source and of an id, each; the pair is a database key."""

MEDIA_CSV = "text/csv"
"""Media type of rows of a CSV file."""

NO_TIME = "1970-01-01T00:00:00Z"
"""Time of what a payload dates by nothing: it happened by the time the payload came in."""

_DIGITS = 16  # of a digest that stands for what is too long for an id


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a message tells.

    Args:
        type: of the catalogue, such as `refund.succeeded`.
        data: as the catalogue declares it; money in minor units, beside its currency.
        occurred_at: when it happened, RFC 3339 with offset; None for the time of the message.
        about: what tells it from others of the same type in the message: the id of the inner
            thing. Empty where there is only one.
        once: whether `about` names it in all messages that bring it, as a tracker brings all scans
            of a parcel with every new one. It is recorded once then.
    """

    type: str
    data: dict[str, Any]
    occurred_at: str | None = None
    about: str = ""
    once: bool = False


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What one payload says.

    Args:
        id: names the message within its source, and stays the same however often and by whichever
            way it comes: the id of the webhook's event. Of an object that was asked for it is the
            object's id and a digest of the payload, see `object_id`.
        type: the source's own name for what it is, such as `charge.refunded`.
        occurred_at: when the source says that it happened, RFC 3339 with offset; `NO_TIME` where
            it does not.
        told: what is told of the order, in the order in which it happened; nothing where the
            message is kept, but means nothing to us.
        order: number of the order, where the payload itself names it.
        order_sure: whether `order` can be nothing else. Otherwise it may be a reference of the
            message's own, and an order that knows one of its ids comes first.
        links: ids by which earlier or later messages may know the same order, the one that names a
            payment, parcel or order best first. Ids that are only unique within the shop carry
            the source's name: `shopify:450789469`. Never empty.
    """

    id: str
    type: str
    occurred_at: str
    told: Sequence[Told] = ()
    order: str | None = None
    order_sure: bool = True
    links: Sequence[str]


def object_id(name: str, raw: bytes) -> str:
    """Return the id of a message that is the state of an object, and names no event of its own.

    Args:
        name: id of the object, with its kind where that does not show: `refund/649`.
        raw: the payload.
    """
    return f"{name}/{hashlib.sha256(raw).hexdigest()[:_DIGITS]}"


def facts(
    message: Message,
    raw: bytes,
    format_name: str,
    stream: str,
    media_type: str = "application/json",
    received_at: str = NO_TIME,
) -> list[Fact]:
    """Return what is recorded of a message: its payload as it came, then what it tells.

    The payload is evidence: it is sealed with the personal data in it, and its digest stands
    beside everything that was read from it.

    Args:
        message: the payload, understood.
        raw: the payload, UTF-8 without NUL.
        format_name: of the source, such as `stripe`.
        stream: where it is recorded: the order's, or a waiting place (`domain.linking`).
        media_type: of the payload.
        received_at: when it came in; the time of what it does not date.
    """
    at = _known(message.occurred_at) or received_at
    shop, _ = split_order_stream(stream) or ("", "")
    source = source_of(format_name, shop)
    links = list(message.links)
    if is_waiting_place(stream):
        source = f"/unlinked{source}"
        if message.order is not None:
            sure = message.order_sure
            links.insert(0, message.order if sure else number_link(message.order))
    digest = hashlib.sha256(raw).hexdigest()
    own = _fits(message.id)
    received = Fact(
        stream=stream,
        type=MESSAGE,
        source=source,
        id=own,
        occurred_at=at,
        data={
            "format": format_name,
            "message_type": message.type,
            "links": links,
            "sha256": digest,
            "size": len(raw),
            "media_type": media_type,
            "raw": raw.decode(),
        },
    )
    evidence = [{"kind": "message", "sha256": digest, "size": len(raw), "media_type": media_type}]
    found = [received]
    seen: Counter[str] = Counter()
    for told in message.told:
        name = f"{told.type}/{told.about}" if told.about else told.type
        if not told.once:
            name = f"{message.id}/{name}"
        seen[name] += 1
        if seen[name] > 1:
            name += f"/{seen[name]}"
        try:
            validation.check(told.type, told.data)
        except InvalidInputError:
            continue  # money that cannot be told apart; the payload itself stays in the record
        found.append(
            Fact(
                stream=stream,
                type=told.type,
                source=source,
                id=_fits(name),
                occurred_at=_known(told.occurred_at) or at,
                data=without_none(told.data),
                causation=own,
                evidence=evidence,
            )
        )
    return found


def retold(received: Event, events: Sequence[Event], stream: str) -> list[Fact]:
    """Return what was recorded of a message in one stream, as facts of another one.

    For messages that cannot be read anew, because more than their payload is needed for that. They
    come from a waiting place, and name no order; their ids were never cut.

    Args:
        received: the message.
        events: of the stream it was recorded in.
        stream: the order's.
    """
    shop, _ = split_order_stream(stream) or ("", "")
    data = received.data
    source = source_of(data["format"], shop)
    evidence = [
        {"kind": "message", **{name: data[name] for name in ("sha256", "size", "media_type")}}
    ]
    found = [
        Fact(
            stream=stream, type=MESSAGE, source=source, id=received.id,
            occurred_at=received.occurred_at, data=data,
        )
    ]  # fmt: skip
    for each in events:
        own = f"{received.id}/{each.type}"
        if each.source == received.source and (each.id == own or each.id.startswith(f"{own}/")):
            found.append(
                Fact(
                    stream=stream, type=each.type, source=source, id=each.id,
                    occurred_at=each.occurred_at, data=each.data, causation=received.id,
                    evidence=evidence,
                )
            )  # fmt: skip
    return found


def identity(message: Message, format_name: str, shop: str) -> tuple[str, str]:
    """Return source and id under which a message stands with its order."""
    return source_of(format_name, shop), _fits(message.id)


def delivered_anew(fact: Fact) -> Fact | None:
    """Return a message under an id of this payload alone, None where that is its id already.

    For a message that came with another payload before, under the same id: a counter of
    deliveries in it has moved on. Both payloads are kept.
    """
    if fact.type != MESSAGE or fact.data["media_type"] == MEDIA_CSV:
        return None  # what names a row is chosen by who maps it, so it must not change
    mark = str(fact.data["sha256"])[:_DIGITS]
    if fact.id.endswith(mark):
        return None
    return msgspec.structs.replace(fact, id=_fits(f"{fact.id}/{mark}"))


def source_of(format_name: str, shop: str) -> str:
    """Return the `source` of a shop's events from a format: `/stripe/<shop>`."""
    return f"/{format_name}/{quote(shop, safe='')}"


def without_none(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object without the members that are null, inside it too: what is not known."""
    return {
        name: without_none(value) if isinstance(value, dict) else value
        for name, value in data.items()
        if value is not None
    }


def _known(time: str | None) -> str | None:
    return None if time == NO_TIME else time


def _fits(name: str) -> str:
    encoded = name.encode()
    if len(encoded) <= MAX_IDENTITY:
        return name
    digest = hashlib.sha256(encoded).hexdigest()
    return encoded[: MAX_IDENTITY - len(digest) - 1].decode(errors="ignore") + "#" + digest
