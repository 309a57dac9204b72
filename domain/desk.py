"""The application of our staff's commands: load an order, decide, save, and decide again if needed.

Facts that others report never come this way: they are recorded at any version, whatever they say.
"""

from typing import Any
from uuid import UUID

import msgspec
from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.persistence import InfrastructureFactory, IntegrityError
from eventsourcing.utils import Environment, EnvType

from domain.command import StaffCommand
from domain.desk_order import DeskOrder, project
from domain.errors import CommandReusedError, ConflictError, OrderUnknownError
from domain.policy import Policy
from domain.stream import stream_id
from domain.tracking.commands import DeskCommand

RETRIES = 5
"""How often a command is decided anew because its order has changed meanwhile."""


class Receipt(msgspec.Struct, frozen=True):
    """What became of a command.

    Args:
        type: of the event that it became.
        version: of the event in the order's stream.
        position: of the event in the log.
        repeated: whether this very command had been carried out before.
    """

    type: str
    version: int
    position: int
    repeated: bool


class Desk(Application[UUID]):
    """Carries out commands, for any number of threads.

    Args:
        factory: makes the recorder and the mapper. Nothing is read from the environment.
        policy: what the rules take as given.
    """

    def __init__(self, factory: InfrastructureFactory[Any], policy: Policy) -> None:
        self._given_factory = factory
        self._policy = policy
        super().__init__()

    def carry_out(self, stream: str, command: StaffCommand | DeskCommand) -> Receipt:
        """Carry out a command on an order, once, however often it is given.

        Raises:
            CommandRefusedError: a rule stands against it.
            CommandReusedError: another command has its id.
            ConflictError: the order changed again with each of `RETRIES` new attempts.
            OrderUnknownError: nothing is recorded of the order.
            NewerSchemaError: a newer release recorded an event of it, so nothing is decided here.
            eventsourcing.persistence.OperationalError: the database is away; whether it was
                carried out is not known, and giving the same command again tells.
        """
        versions = set()
        for _ in range(1 + RETRIES):
            order = self._load(stream)
            event = order.answer_to(command)
            if event is not None:
                return Receipt(event.type, event.version, event.position, repeated=True)
            versions.add(order.version)
            fact = order.carry_out(command, self._policy)
            try:
                recording, *_ = self.save(order)
            except IntegrityError:
                continue
            notification = recording.notification
            return Receipt(
                fact.type, notification.originator_version, notification.id, repeated=False
            )
        if len(versions) == 1:  # nobody came between, so it is the id that is taken
            raise CommandReusedError("another order has a command with this id")
        raise ConflictError("the order changed each time before the decision could be recorded")

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        """Return an environment of nothing but what is given."""
        return Environment(name, env or {})

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:  # noqa: ARG002
        """Return the factory that was given."""
        return self._given_factory

    def _load(self, stream: str) -> DeskOrder:
        try:
            return self.repository.get(stream_id(stream), projector_func=project)
        except AggregateNotFoundError as error:
            raise OrderUnknownError("nothing is recorded of this order") from error
