"""`orderproof export subject`: everything that is kept about one person, to hand it to them."""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec

from domain import attachment
from domain.catalogue import OUR_SOURCE
from domain.event import Event, Fact
from domain.media_type import extension
from domain.person import EMAIL, PHONE, person_keys
from domain.stream import ACCESS_STREAM, order_name
from eventstore import log, recording
from eventstore.connection import connect
from eventstore.writer import ROLE
from orderproof import attachments, errors, terminal, timeline
from orderproof.bootstrap import Store, catch_up, open_store
from orderproof.errors import CommandError
from orderproof.holding import refuse_unsaid
from orderproof.installation import Installation
from orderproof.subject import Found, find_person
from orderproof.terminal import counted, shown

EVENTS = "events.jsonl"
ATTACHMENTS = "attachments"
SUMMARY = "summary.txt"
MANIFEST = "manifest.json"

_BY_PERSON = (EMAIL, PHONE)


class Exported(msgspec.Struct, frozen=True):
    """What was written.

    Args:
        id: of the export; its event holds it.
        folder: where it is.
        manifest: what `manifest.json` says.
        manifest_sha256: its digest, which the event holds.
    """

    id: str
    folder: Path
    manifest: dict[str, Any]
    manifest_sha256: str


def run(
    installation: Installation, subject: str, out: Path | None, by: str, *, as_json: bool
) -> int:
    """Write everything about a person into a new folder and return the exit code.

    Raises:
        CommandError: nobody is found, several persons may be meant, or the folder is there.
    """
    refuse_unsaid(by=by)
    with open_store(installation) as store:
        catch_up(store)
        found = find_person(store, subject)
        exported = write(store, found, out)
        _record(store, exported, by)
    if as_json:
        told = {"export_id": exported.id, "folder": str(exported.folder)}
        terminal.print_json(
            told | exported.manifest | {"manifest_sha256": exported.manifest_sha256}
        )
    else:
        terminal.say(describe(exported))
    return errors.OK


def describe(exported: Exported) -> str:
    """Say for people what was written."""
    others = exported.manifest["others"]
    look = ""
    if others:
        look = (
            f"\n{counted(len(others), 'event')} may tell of somebody else as well; {MANIFEST} "
            "names them. Look at them before you hand this out."
        )
    attached = sum(1 for name in exported.manifest["files"] if name.startswith(ATTACHMENTS))
    if attached:
        look = f"\nAttached to them: {counted(attached, 'file')}, in {ATTACHMENTS}/.{look}"
    events = counted(exported.manifest["events"], "event")
    orders = counted(len(exported.manifest["orders"]), "order")
    return (
        f"{events} of {orders} in {shown(exported.folder)}: {EVENTS}, {SUMMARY}, {MANIFEST}."
        f"{look}\n"
        "It is personal data in the clear: hand it over safely, then delete it. What was set aside "
        "as unreadable (rejects/) is not in it."
    )


def write(store: Store, found: Found, out: Path | None) -> Exported:
    """Write the files of an export.

    Args:
        store: the open installation.
        found: the person's orders.
        out: a folder that is not there yet; None for one beside the caller.
    """
    id_ = uuid4().hex[:16]
    folder = (out or Path(f"subject-{id_}")).absolute()
    try:
        folder.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        raise CommandError(f"{folder} is there already. Name a new folder with --out") from None
    as_of = log.size(store.connection)
    timelines = [timeline.as_dict(s, found.events[s], as_of) for s in found.streams]
    texts = {
        EVENTS: "".join(_lines(timelines)),
        SUMMARY: _summary(found, as_of),
    }
    files = {}
    for name, text in texts.items():
        data = text.encode()
        _put(folder / name, data)
        files[name] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    files |= _write_attachments(store, found, folder)
    manifest = {
        "as_of": as_of,
        "events": sum(len(one["events"]) for one in timelines),
        "files": files,
        "orders": [
            {"order": one["order"], "shop": one["shop"], "found_by": found.streams[stream]}
            for stream, one in zip(found.streams, timelines, strict=True)
        ],
        "others": list(_others(found)),
    }
    data = (json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()
    _put(folder / MANIFEST, data)
    return Exported(id_, folder, manifest, hashlib.sha256(data).hexdigest())


def _write_attachments(store: Store, found: Found, folder: Path) -> dict[str, dict[str, object]]:
    """Write every file that is attached to the orders, opened, and return its row of the manifest.

    What was erased, and what is kept elsewhere, only the events tell of.
    """
    files: dict[str, dict[str, object]] = {}
    for stream in found.streams:
        for each in attachment.attachments(found.events[stream]):
            data = attachments.opened_if_kept(store, stream, each)
            if data is None:
                continue
            (folder / ATTACHMENTS).mkdir(mode=0o700, exist_ok=True)
            name = f"{ATTACHMENTS}/{each.id}{extension(each.media_type)}"
            _put(folder / name, data)
            files[name] = {"sha256": each.sha256, "size": len(data)}
    return files


def _lines(timelines: Sequence[dict[str, Any]]) -> Iterator[str]:
    for one in timelines:
        for event in one["events"]:
            row = {"order": one["order"], "shop": one["shop"]} | event
            yield json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n"


def _summary(found: Found, as_of: int) -> str:
    parts = ["Everything that is kept about one person, order by order, oldest event first.\n"]
    parts += [
        timeline.as_text(stream, found.events[stream], as_of, show_personal=True)
        for stream in found.streams
    ]
    return "\n\n".join(parts) + "\n"


def _others(found: Found) -> Iterator[dict[str, Any]]:
    """Yield the events that name an address or number which is not the person's."""
    own = {
        key
        for events in found.events.values()
        for event in events
        if event.type in ("order.placed", "order.imported")
        for key in _keys(event, ("buyer",))
    }
    for stream in found.streams:
        for event in found.events[stream]:
            if any(key not in own for key in person_keys(event) if key[0] in _BY_PERSON):
                yield {
                    "order": order_name(stream),
                    "version": event.version,
                    "type": event.type,
                    "why": "names an e-mail address or phone number that is not the buyer's",
                }


def _keys(event: Event, places: Sequence[str]) -> set[tuple[str, str]]:
    data = {place: event.data[place] for place in places if place in event.data}
    return person_keys(msgspec.structs.replace(event, data=data))


def _put(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:
        file.write(data)


def _record(store: Store, exported: Exported, by: str) -> None:
    """Record that it was handed out, without a word about whom."""
    now = log.clock(store.connection)
    fact = Fact(
        stream=f"{ACCESS_STREAM}/{now[:10]}",
        type="export.produced",
        source=OUR_SOURCE,
        id=f"export/{exported.id}",
        occurred_at=now,
        data={
            "export_id": exported.id,
            "by": by,
            "scope": "one person",
            "format": "jsonl",
            "count": exported.manifest["events"],
            "manifest_sha256": exported.manifest_sha256,
            "as_of": exported.manifest["as_of"],
        },
    )
    with connect(store.dsn, ROLE) as connection:
        recording.record(connection, None, [fact])
