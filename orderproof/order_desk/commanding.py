"""Commands of the order desk's staff, carried out on the store and answered for people."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec

from domain.command import Staff
from domain.desk import Receipt
from domain.errors import CommandRefusedError, CommandReusedError, ConflictError, OrderUnknownError
from domain.stream import order_name
from domain.tracking.commands import ConfirmOrder, DeskCommand, OpenTicket, RaiseException
from eventstore import log
from orderproof import errors, installation, terminal
from orderproof.bootstrap import Store, open_store
from orderproof.desk import open_desk
from orderproof.errors import CommandError
from orderproof.finding import the_order
from orderproof.order_desk.numbering import track_no_for
from orderproof.terminal import safe


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """Who gives a command, and how it is to be answered.

    Args:
        by: id of the member of staff.
        role: what they act as.
        command_id: of the command; a new one where it is None.
        data: the data folder.
        as_json: one JSON object.
    """

    by: str
    role: str | None
    command_id: str | None
    data: Path | None
    as_json: bool


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """A command that was carried out: on which order, its id, and what `Receipt` says of it."""

    order: str
    command_id: str
    type: str
    version: int
    position: int
    repeated: bool


def carry_out_for(key: str, given: Given, kind: type[DeskCommand], said: Mapping[str, Any]) -> None:
    """Carry out a command on the order that a key names, and say what became of it.

    Args:
        key: what names the order.
        given: who gives it.
        kind: of command.
        said: its members, those apart that are made here: an id of its own, a tracking number.

    Raises:
        CommandError: no order is known by the key, or a rule stands against the command.
    """
    [done] = _carry_out_on(key, given, kind, [(given.command_id or str(uuid4()), said)])
    if given.as_json:
        terminal.print_json(msgspec.to_builtins(done))
    else:
        terminal.say(_text(done))


def carry_out_parts(
    key: str, given: Given, kind: type[DeskCommand], parts: Sequence[Mapping[str, Any]]
) -> None:
    """Carry out several commands of a kind as parts of one, in their order.

    Each part is recorded by itself. Given again with its id, the whole is carried out as far as it
    was not.

    Raises:
        CommandError: as for `carry_out_for`; the parts before are recorded.
    """
    own = given.command_id or str(uuid4())
    numbered = [(f"{own}/{number}", said) for number, said in enumerate(parts)]
    done = _carry_out_on(key, given, kind, numbered)
    if given.as_json:
        terminal.print_json(
            {"command_id": own, "parts": [msgspec.to_builtins(one) for one in done]}
        )
        return
    for one in done:
        terminal.say(_text(one))


def _carry_out_on(
    key: str,
    given: Given,
    kind: type[DeskCommand],
    commands: Sequence[tuple[str, Mapping[str, Any]]],
) -> list[Done]:
    with open_store(installation.find(given.data)) as store:
        stream = the_order(store, key)
        done = []
        for command_id, said in commands:
            heading: dict[str, Any] = {
                "id": command_id,
                "at": log.clock(store.connection),
                "staff": Staff(id=given.by, role=given.role),
            }
            made = made_here(store, stream, kind, command_id)
            receipt = carry_out(store, stream, kind(**{**made, **said}, **heading))
            done.append(
                Done(
                    order=order_name(stream),
                    command_id=command_id,
                    **msgspec.structs.asdict(receipt),
                )
            )
        return done


def _text(done: Done) -> str:
    how = "was recorded before" if done.repeated else "recorded"
    return (
        f"{safe(done.order)}: {done.type} {how}, version {done.version}, position {done.position};"
        f" command {safe(done.command_id)}"
    )


def made_here(
    store: Store, stream: str, kind: type[DeskCommand], command_id: str
) -> dict[str, Any]:
    """Return the members of a command that are made here: an id of its own, a tracking number."""
    if kind is ConfirmOrder:
        return {"order_track_no": track_no_for(store, stream, command_id)}
    if kind is RaiseException:
        return {"exception_id": command_id}
    if kind is OpenTicket:
        return {"ticket_id": command_id}
    return {}


def carry_out(store: Store, stream: str, command: DeskCommand) -> Receipt:
    """Carry out a command with a writer's rights alone.

    Raises:
        CommandError: a rule stands against it, or it cannot be decided now.
    """
    try:
        with open_desk(store.dsn, store.ring) as desk:
            return desk.carry_out(stream, command)
    except CommandRefusedError as error:
        raise CommandError(f"{error} ({error.code})", errors.REFUSED) from None
    except CommandReusedError as error:
        raise CommandError(str(error), errors.REFUSED) from None
    except OrderUnknownError as error:
        raise CommandError(str(error), errors.NOT_FOUND) from None
    except ConflictError as error:
        raise CommandError(f"{error}; give the command again", errors.PARTLY) from None
