"""`orderproof hold`: legal holds, recorded in the order and put on what is archived of it."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from archive import held
from archive.durable import BusyError
from archive.held_copies import HeldAt
from archive.store import Store as Archive
from domain.catalogue import OUR_SOURCE
from domain.event import Event, Fact
from domain.hold import PLACED, RELEASED, Hold, in_force
from domain.stream import order_name, split_order_stream
from eventstore import keeping, log, recording
from eventstore.connection import Connection, connect
from eventstore.writer import ROLE
from orderproof import addresses, errors, one_writer, terminal
from orderproof.bootstrap import Store, catch_up, open_store
from orderproof.claiming import the_one
from orderproof.errors import CommandError
from orderproof.finding import find_streams, the_order
from orderproof.installation import Installation
from orderproof.terminal import counted, safe


def add(installation: Installation, key: str, reason: str, by: str, *, as_json: bool) -> int:
    """Place a hold on an order and return the exit code.

    It is in force when it is recorded; whoever deletes from the archive asks the record.

    Raises:
        CommandError: no order is known by the key, or it is not said why and by whom.
    """
    refuse_unsaid(reason=reason, by=by)
    with open_store(installation) as store:
        stream = the_order(store, key, waits=True)
        hold = Hold(uuid4().hex[:16], stream, reason, by, log.clock(store.connection))
        _record(store, PLACED, hold, reason, by)
        try:
            objects = _put_on(store, stream)
        except BusyError:
            objects = None
    if as_json:
        terminal.print_json({**as_dict(hold), "objects_held": objects})
    elif objects is None:
        terminal.say(
            f"{_named(hold)}: is under hold {hold.id}. The archive is being written just now, so "
            "its files are put under hold by the next run of orderproof archive."
        )
    else:
        archived = counted(objects, "archived file")
        terminal.say(f"{_named(hold)}: is under hold {hold.id}; {archived} under hold.")
    return errors.OK if objects is not None else errors.PARTLY


def release(
    installation: Installation, hold_id: str, reason: str, by: str, *, as_json: bool
) -> int:
    """Release a hold and return the exit code.

    The archive's objects stay held until the archive shows the release: the next run sees to it.

    Raises:
        CommandError: no hold has this id, or it is not said why and by whom.
    """
    refuse_unsaid(reason=reason, by=by)
    with open_store(installation) as store:
        events = keeping.hold_events(store.connection)
        hold_id = _of_order(store, hold_id, events) or hold_id
        placed = {hold.id: hold for hold in in_force(e for e in events if e.type == PLACED)}
        if hold_id not in placed:
            raise CommandError(
                "no hold is known by this. See: orderproof hold list", errors.NOT_FOUND
            )
        hold = placed[hold_id]
        if any(each.id == hold_id for each in in_force(events)):
            _record(store, RELEASED, hold, reason, by)
        others = len(holds(store.connection, [hold.stream]))
    text = f"hold {hold.id} is released"
    if others:
        text += f"; {counted(others, 'other hold')} stay in force"
    else:
        text += "; the next run of orderproof archive takes it off the archived files"
    if as_json:
        terminal.print_json(as_dict(hold))
    else:
        terminal.say(f"{_named(hold)}: {text}.")
    return errors.OK


def show(installation: Installation, *, as_json: bool) -> int:
    """List the holds in force and return the exit code."""
    with open_store(installation) as store:
        found = holds(store.connection)
    if as_json:
        terminal.print_json({"holds": [as_dict(hold) for hold in found]})
        return errors.OK
    for hold in found:
        terminal.say(
            f"{hold.id}  {safe(order_name(hold.stream))}  since {safe(hold.since)}"
            f"  by {safe(hold.by)}: {safe(hold.reason)}"
        )
    if not found:
        terminal.say("No order is under hold.")
    return errors.OK


def holds(connection: Connection, streams: list[str] | None = None) -> list[Hold]:
    """Return the holds in force, of some streams or of all."""
    return in_force(keeping.hold_events(connection, streams))


def put_on(archive: Archive, events: Sequence[Event], upto: int) -> None:
    """Make an archive's objects agree with events about holds. Safe to repeat.

    Args:
        archive: where the objects are.
        events: all about holds that are recorded.
        upto: the archive's cut. An order that the archive shows under hold stays held, so that
            it says of itself what is so.
    """
    held_now = _streams(events) | _streams(e for e in events if e.position <= upto)
    held.put_on(archive, held_now, {event.stream for event in events} - held_now)


def held_at(connection: Connection) -> HeldAt:
    """Return what says which streams are under hold at a size of the log.

    Args:
        connection: may read the log; no transaction is open on it while it is asked.
    """

    def ask(size: int) -> frozenset[str]:
        events = keeping.hold_events(connection)
        return frozenset(hold.stream for hold in in_force(e for e in events if e.position <= size))

    return ask


def as_dict(hold: Hold) -> dict[str, Any]:
    """Return a hold for `--json`."""
    shop, number = split_order_stream(hold.stream) or ("", hold.stream)
    return {
        "hold_id": hold.id,
        "shop": shop,
        "order": number,
        "reason": hold.reason,
        "by": hold.by,
        "since": hold.since,
    }


def _of_order(store: Store, key: str, events: Sequence[Event]) -> str | None:
    """Return the id of the only hold of the order that a key names; None for a hold's own id.

    Raises:
        CommandError: the order is under several holds.
    """
    if any(event.data.get("hold_id") == key for event in events):
        return None
    catch_up(store)
    streams = find_streams(store, key)
    found = [
        hold.id for hold in in_force(events) if streams and hold.stream == the_one(streams, key)
    ]
    if len(found) > 1:
        raise CommandError(
            f"the order is under several holds, say which: {', '.join(found)}",
            errors.USAGE,
            candidates=found,
        )
    return found[0] if found else None


def _record(store: Store, type_: str, hold: Hold, reason: str, by: str) -> None:
    fact = Fact(
        stream=hold.stream,
        type=type_,
        source=OUR_SOURCE,
        id=f"{type_}/{hold.id}",
        occurred_at=log.clock(store.connection),
        data={"hold_id": hold.id, "reason": reason, "by": by, "scope": "this order"},
    )
    with connect(store.dsn, ROLE) as connection:
        (outcome,) = recording.record(connection, None, [fact])
    if outcome.result == "mismatch":  # released by somebody else at this moment: that one counts
        terminal.complain(f"hold {hold.id} was released by somebody else just now")


def refuse_unsaid(**texts: str) -> None:
    """Refuse words for the record, by the option they were given with, that say nothing.

    Raises:
        CommandError: one is empty, or not one line of text.
    """
    for option, text in texts.items():
        if not text.strip() or safe(text) != text:
            raise CommandError(
                f"--{option} is recorded for good and in the clear: say it in one line of text "
                "that names no customer"
            )


def _put_on(store: Store, stream: str) -> int:
    """Put an order's archived objects under hold and return how many there are.

    Raises:
        BusyError: an archiver is writing, who may have read the record before the hold was in it.
    """
    where = store.installation.archive
    if isinstance(where, Path) and not where.is_dir():
        return 0
    with one_writer.alone(store.installation, store.dsn), addresses.writing(where) as archive:
        return held.put_on(archive, [stream], [])


def _streams(events: Iterable[Event]) -> set[str]:
    return {hold.stream for hold in in_force(events)}


def _named(hold: Hold) -> str:
    return safe(order_name(hold.stream))
