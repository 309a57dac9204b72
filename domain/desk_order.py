"""One order as commands see it: the aggregate that decides. Its events only record."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec

from domain.command import Command, StaffCommand
from domain.decision import DESK_SOURCE, read_decision
from domain.errors import CommandReusedError
from domain.event import Event, Fact
from domain.order import fold_order
from domain.policy import Policy
from domain.staff_rules import decide
from domain.stream import stream_id
from domain.tracking.commands import AttributeCause, DeskCommand, wire_content
from domain.tracking.deciding import decide as decide_at_desk
from domain.tracking.tracking import fold_tracking


class RecordedEvent(msgspec.Struct, frozen=True):
    """An event of a stream as `eventsourcing` reads it."""

    event: Event

    @property
    def originator_id(self) -> UUID:
        """The stream's key."""
        return stream_id(self.event.stream)

    @property
    def originator_version(self) -> int:
        """The event's number in its stream, from 1."""
        return self.event.version


class DecidedEvent(msgspec.Struct, frozen=True):
    """A decision on its way into the record.

    Args:
        fact: what will be recorded.
        originator_version: the number in the stream that it must get.
    """

    fact: Fact
    originator_version: int

    @property
    def originator_id(self) -> UUID:
        """The stream's key."""
        return stream_id(self.fact.stream)


class DeskOrder:
    """An order's state, by the one fold of all readers, and what was just decided about it.

    Args:
        events: all that is recorded of the order, by version; at least one.
    """

    def __init__(self, events: Sequence[Event]) -> None:
        self.stream = events[0].stream
        self.id = stream_id(self.stream)
        self.version = events[-1].version
        self._events = events
        self.state = fold_order(events)
        self._decisions = {event.id: event for event in events if event.source == DESK_SOURCE}
        self._pending: list[DecidedEvent] = []

    def answer_to(self, command: Command) -> Event | None:
        """Return the event that a command became earlier, None where it is new.

        Raises:
            CommandReusedError: another command has its id.
        """
        event = self._decisions.get(command.id)
        if event is not None and not _is_of(event, command):
            raise CommandReusedError("another command with this id was carried out before")
        return event

    def carry_out(self, command: StaffCommand | DeskCommand, policy: Policy) -> Fact:
        """Decide on a command and keep the decision, and what follows from it, to be saved.

        Returns:
            The command's own event, the first to be saved.

        Raises:
            CommandRefusedError: a rule stands against it.
        """
        if isinstance(command, DeskCommand):
            decided = decide_at_desk(fold_tracking(self._events), command)
        else:
            decided = [(command.TYPE, decide(self.state, command, policy).data())]
        facts = [
            Fact(
                stream=self.stream,
                type=type_,
                source=DESK_SOURCE,
                id=command.id if number == 0 else f"{command.id}/{number}/{type_}",
                occurred_at=command.at,
                data=data,
                causation=None if number == 0 else command.id,
                actor=command.staff.as_actor(),
                evidence=_evidence(command) if number == 0 else None,
            )
            for number, (type_, data) in enumerate(decided)
        ]
        for fact in facts:
            self._pending.append(DecidedEvent(fact, self.version + len(self._pending) + 1))
        return facts[0]

    def collect_events(self) -> Sequence[DecidedEvent]:
        """Hand over the decisions that are to be saved, once."""
        pending, self._pending = self._pending, []
        return pending


def project(order: DeskOrder | None, events: Iterable[RecordedEvent]) -> DeskOrder | None:
    """Make an order of its recorded events; `eventsourcing`'s projector function.

    There is nothing to start from but the beginning: a late fact may change what all others mean.
    """
    recorded = [each.event for each in events]
    return DeskOrder(recorded) if recorded else order


def _evidence(command: Command) -> list[dict[str, Any]] | None:
    if isinstance(command, AttributeCause):
        return [{"kind": "reference", "ref": command.evidence}]
    return None


def _is_of(event: Event, command: Command) -> bool:
    if isinstance(command, DeskCommand):
        return event.type == command.TYPE and _says(event, command)
    decision = read_decision(event)
    if decision is None or event.type != command.TYPE:
        return False
    return all(
        getattr(decision, name) == value or (event.sealed and getattr(decision, name) is None)
        for name, value in _content(command).items()
    )


def _says(event: Event, command: DeskCommand) -> bool:
    """Tell whether an event says what a command asks for, as far as it is not sealed."""
    asked = wire_content(command)
    asked.pop("evidence", None)  # stands beside the data
    return all(
        event.data.get(name) == value or (event.sealed and name not in event.data)
        for name, value in asked.items()
    )


def _content(command: Command) -> dict[str, Any]:
    return {
        name: getattr(command, name)
        for name in command.__struct_fields__
        if name not in Command.__struct_fields__
    }
