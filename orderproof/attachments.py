"""`orderproof evidence`: files attached to an order, sealed, and handed out again."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from domain import attachment
from domain.attachment import ATTACHED, COUNTER_EVIDENCE, Attachment, Kind
from domain.catalogue import OUR_SOURCE
from domain.event import Event, Fact
from domain.media_type import INLINE
from domain.stream import order_name, split_order_stream
from eventstore import attaching, log
from eventstore.attaching import ErasedError
from eventstore.connection import connect
from eventstore.writer import ROLE
from orderproof import errors, terminal
from orderproof.attachment_file import Content, write
from orderproof.bootstrap import Store, open_store
from orderproof.errors import CommandError
from orderproof.finding import the_order
from orderproof.holding import refuse_unsaid
from orderproof.installation import Installation
from orderproof.terminal import safe, shown


class Said(msgspec.Struct, frozen=True):
    """What somebody says about what they attach.

    Args:
        kind: what it shows.
        refund_id: the refund that it speaks about; None for the whole order.
        claim_id: the claim that it belongs to, if there is one.
        note: free text; sealed.
        by: who attaches it; recorded in the clear.
    """

    kind: Kind
    refund_id: str | None
    claim_id: str | None
    note: str | None
    by: str


def add(
    installation: Installation, key: str, content: Content, said: Said, *, as_json: bool
) -> int:
    """Attach something to an order and return the exit code.

    Raises:
        CommandError: no order is known by the key, or what is said cannot be recorded.
    """
    refuse_unsaid(by=said.by)
    for option, text in (("refund", said.refund_id), ("claim", said.claim_id)):
        if text is not None:
            refuse_unsaid(**{option: text})
    with open_store(installation) as store:
        stream = the_order(store, key)
        refuse_other_refund(store, stream, said)
        id_, is_new = attach(store, stream, content, said)
        [found] = [each for each in attached(store, stream) if each.id == id_]
    if as_json:
        terminal.print_json({**as_dict(stream, found), "new": is_new})
    else:
        verb = "attached" if is_new else "was attached already"
        terminal.say(f"{safe(order_name(stream))}: {verb}: {_line(found)}")
    return errors.OK


def attach(store: Store, stream: str, content: Content, said: Said) -> tuple[str, bool]:
    """Attach something to an order; safe to repeat.

    Args:
        store: the open installation.
        stream: of the order.
        content: what is attached.
        said: about it.

    Returns:
        The attachment's id, and whether it is new.
    """
    now = log.clock(store.connection)
    id_ = ""

    def facts(sealed: bytes | None) -> list[Fact]:
        nonlocal id_
        stored = None if sealed is None else hashlib.sha256(sealed).hexdigest()
        id_ = attachment.attachment_id(stream, stored or content.sha256)
        size = None if sealed is None else len(sealed)
        made = [_fact(stream, ATTACHED, id_, now, _data(id_, content, said, stored, size))]
        if said.kind is Kind.STATEMENT:
            about = f"{id_}/{said.refund_id or ''}"
            made.append(_fact(stream, COUNTER_EVIDENCE, about, now, _against(content, said)))
        return made

    with connect(store.dsn, ROLE) as connection:
        rows = attaching.attach(connection, store.ring, stream, content.data, facts)
    # Another time of attaching makes another body under the same id: it is there already.
    return id_, rows[0][0] == "recorded"


def show(installation: Installation, key: str, *, as_json: bool) -> int:
    """List what is attached to an order and return the exit code.

    Raises:
        CommandError: no order is known by the key.
    """
    with open_store(installation) as store:
        stream = the_order(store, key, waits=True)
        found = attached(store, stream)
    if as_json:
        terminal.print_json({"attachments": [as_dict(stream, each) for each in found]})
        return errors.OK
    for each in found:
        terminal.say(_line(each))
    if not found:
        terminal.say(f"Nothing is attached to {safe(order_name(stream))}.")
    return errors.OK


def hand_out(installation: Installation, key: str, id_: str, out: Path, *, as_json: bool) -> int:
    """Write an attached file and return the exit code.

    Raises:
        CommandError: nothing is known by key and id, the file was erased or is kept elsewhere, or
            there is something at `out`.
    """
    with open_store(installation) as store:
        stream = the_order(store, key, waits=True)
        found = next((each for each in attached(store, stream) if each.id == id_), None)
        if found is None:
            raise CommandError(
                "nothing of this id is attached to the order. See: orderproof evidence list",
                errors.NOT_FOUND,
            )
        data = opened(store, stream, found)
    if data is None:
        raise CommandError(
            "only the digest of this file was recorded; it is kept elsewhere", errors.NOT_FOUND
        )
    write(out, data)
    if as_json:
        terminal.print_json({**as_dict(stream, found), "file": str(out)})
    else:
        terminal.say(f"{shown(out.absolute())}: {found.media_type}, SHA-256 {found.sha256}")
    return errors.OK


def opened(store: Store, stream: str, found: Attachment) -> bytes | None:
    """Return an attached file; None where only its digest was recorded.

    Raises:
        CommandError: it was erased.
    """
    try:
        return _open(store, stream, found)
    except ErasedError as error:
        raise CommandError(str(error), errors.NOT_FOUND) from None


def opened_if_kept(store: Store, stream: str, found: Attachment) -> bytes | None:
    """Return an attached file; None also where it was erased."""
    try:
        return _open(store, stream, found)
    except ErasedError:
        return None


def _open(store: Store, stream: str, found: Attachment) -> bytes | None:
    if found.sealed_sha256 is None:
        return None
    with connect(store.dsn, ROLE) as connection:
        return attaching.open_file(
            connection, store.ring, stream, found.sealed_sha256, found.sha256
        )


def as_dict(stream: str, found: Attachment) -> dict[str, Any]:
    """Return an attachment for `--json`."""
    shop, number = split_order_stream(stream) or ("", stream)
    told: dict[str, Any] = msgspec.to_builtins(found)
    # What a page may show in its place; everything else is offered as a download.
    inline = found.sealed_sha256 is not None and found.media_type in INLINE
    return {"shop": shop, "order": number, "inline": inline} | told


def refuse_other_refund(store: Store, stream: str, said: Said) -> None:
    """Refuse a refund that the order does not know: a statement about it would never count.

    Raises:
        CommandError: the order knows no such refund.
    """
    if said.refund_id is None:
        return
    events = log.read_order(store.connection, None, stream, to_show=True)
    known = {event.data.get("refund_id") for event in events}
    if said.refund_id not in known:
        raise CommandError("the order knows no refund of this id. See: orderproof order")


def attached(store: Store, stream: str, *, masked: bool = False) -> list[Attachment]:
    """Return what is attached to an order, in its order; names and notes unless masked."""
    ring = None if masked else store.ring
    events: Sequence[Event] = log.read_order(store.connection, ring, stream, to_show=True)
    return attachment.attachments(events)


def _fact(stream: str, type_: str, about: str, now: str, data: dict[str, Any]) -> Fact:
    return Fact(
        stream=stream,
        type=type_,
        source=OUR_SOURCE,
        id=f"{type_}/{about}",
        occurred_at=now,
        data={name: value for name, value in data.items() if value is not None},
    )


def _data(
    id_: str, content: Content, said: Said, stored: str | None, sealed_size: int | None
) -> dict[str, Any]:
    return {
        "attachment_id": id_,
        "kind": said.kind.value,
        "refund_id": said.refund_id,
        "claim_id": said.claim_id,
        "media_type": content.media_type or None,
        "size": content.size,
        "sha256": content.sha256,
        "sealed_size": sealed_size,
        "sealed_sha256": stored,
        "name": content.name,
        "note": said.note,
        "by": said.by,
    }


def _against(content: Content, said: Said) -> dict[str, Any]:
    return {
        "refund_id": said.refund_id,
        "claim_id": said.claim_id,
        "evidence_digest": content.sha256,
        "statement": said.note,
    }


def _line(found: Attachment) -> str:
    name = f"  {safe(found.name)}" if found.name else ""
    if found.sealed:
        name = "  (name and note are sealed)"
    where = "" if found.sealed_sha256 else ", digest alone"
    refund = f"  refund {safe(found.refund_id)}" if found.refund_id else ""
    return (
        f"{found.id}  {found.kind}{refund}  {found.media_type or 'unknown type'}{where}"
        f"  {found.size} bytes  SHA-256 {found.sha256}{name}"
    )
