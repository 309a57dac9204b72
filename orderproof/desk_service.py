"""The order desk over HTTP: commands of staff who have a token; see `api.desk.Desk`."""

from uuid import uuid4

import msgspec

from api.access import Token
from api.desk import CommandAsked, Done
from api.problem import unquoted
from domain.command import Command, Staff
from domain.desk import Desk
from domain.errors import InvalidInputError
from domain.stream import order_name
from domain.tracking.commands import COMMANDS
from eventstore import log, reading
from eventstore.pool import Pool
from orderproof.order_desk.commanding import made_here
from orderproof.sessions import Sessions


class DeskService:
    """Carries out commands for whoever may see the order.

    Args:
        desk: decides and records.
        readers: connections in `eventstore.reading.ROLE`.
        sessions: lends open stores.
    """

    def __init__(self, desk: Desk, readers: Pool, sessions: Sessions) -> None:
        self._desk = desk
        self._readers = readers
        self._sessions = sessions

    def carry_out(self, token: Token, stream: str, asked: CommandAsked) -> Done:
        """Carry out a command on an order."""
        with reading.session(self._readers, token.sees) as cursor:
            if reading.head(cursor, stream, 2**62) is None:
                raise LookupError(stream)
        kind = COMMANDS.get(asked.type)
        if kind is None:
            raise InvalidInputError(
                "command-unknown", "/type", f"known are {', '.join(sorted(COMMANDS))}"
            )
        # Who gives it and when is not for them to say.
        members = set(kind.__struct_fields__) - set(Command.__struct_fields__)
        if unknown := set(asked.data) - members:
            raise InvalidInputError("command-data", "/data", f"{len(unknown)} unknown members")
        own = asked.command_id or str(uuid4())
        with self._sessions.one() as store:
            made = made_here(store, stream, kind, own)
            at = log.clock(store.connection)
        staff = Staff(id=token.id, role=token.role)
        said = {**made, **asked.data, "id": own, "at": at}
        try:
            command = msgspec.convert({**said, "staff": msgspec.to_builtins(staff)}, kind)
        except msgspec.ValidationError as error:
            raise InvalidInputError("command-data", "/data", unquoted(error)) from None
        receipt = self._desk.carry_out(stream, command)
        return Done(order=order_name(stream), command_id=own, **msgspec.structs.asdict(receipt))
