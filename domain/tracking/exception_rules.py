"""The rules for commands about exceptions and tickets, and what follows from them by itself."""

from typing import Any

from domain.errors import refuse
from domain.tracking.commands import (
    AboutException,
    AboutTicket,
    AssignException,
    AttributeCause,
    ClassifyException,
    OpenTicket,
    RaiseException,
    ReopenException,
    ReopenTicket,
    ResolveException,
    TransferTicket,
    wire_content,
)
from domain.tracking.exceptions import LEVELS, OrderException
from domain.tracking.lifecycle import AWAITING_DISPATCH, CLOSED
from domain.tracking.subtypes import (
    CLASSES,
    DEPARTMENTS,
    SUBTYPES_VERSION,
    default_priority,
    find_subtype,
)
from domain.tracking.tracking import Tracking

FLAG = "order.flag_changed"
EXCEPTION = "exception"
NORMAL = "normal"


def decide(
    tracking: Tracking, command: AboutException | AboutTicket | OpenTicket
) -> list[tuple[str, dict[str, Any]]]:
    """Return what a command becomes; see `deciding.decide`.

    With the first open exception an order's flag changes, and with the end of the last one it is
    normal again and goes on where it stood (R123).

    Raises:
        CommandRefusedError: a rule stands against it.
    """
    said = wire_content(command)
    if isinstance(command, AboutTicket):
        _check_ticket(tracking, command)
        return [(command.TYPE, said)]
    if isinstance(command, RaiseException):
        return _raise(tracking, command, said)
    found = _known(tracking, command.exception_id)
    if isinstance(command, ReopenException):
        if found.open:
            refuse("exception-open", "the exception is open")
        return [(command.TYPE, said), _flag(EXCEPTION, command.exception_id)]
    if isinstance(command, AttributeCause):
        # Where it came from is often found out when it is long put right.
        return [(command.TYPE, {k: v for k, v in said.items() if k != "evidence"})]
    if not found.open:
        refuse("exception-resolved", "the exception is resolved; reopen it first")
    if isinstance(command, ResolveException):
        return _resolve(tracking, found, command, said)
    if isinstance(command, OpenTicket):
        _check_department(command.department)
        if any(one.ticket_id == command.ticket_id for one in tracking.tickets):
            refuse("ticket-known", "the order has a ticket of this id")
    if isinstance(command, ClassifyException):
        said = _classified(command, said)
    if isinstance(command, AssignException):
        said = _assigned(found, command, said)
    return [(command.TYPE, said)]


def _raise(
    tracking: Tracking, command: RaiseException, said: dict[str, Any]
) -> list[tuple[str, dict[str, Any]]]:
    _check_class(command.class_)
    if tracking.state == CLOSED:
        refuse("order-closed", "the order is closed")
    if any(one.exception_id == command.exception_id for one in tracking.exceptions):
        refuse("exception-known", "the order has an exception of this id")
    known = find_subtype(command.class_, command.subtype)
    said["priority"] = default_priority(command.class_, command.subtype)
    if known is not None:
        said["level"] = known.level
    flag = [] if tracking.open_exceptions else [_flag(EXCEPTION, command.exception_id)]
    return [(command.TYPE, said), *flag]


def _classified(command: ClassifyException, said: dict[str, Any]) -> dict[str, Any]:
    _check_class(command.class_)
    if command.level not in LEVELS:
        refuse("level-missing", "a level is 1, 2 or 3")
    if command.priority is not None and command.priority < 0:
        refuse("priority-form", "a priority is 0 or more; a lower one is handled first")
    known = find_subtype(command.class_, command.subtype)
    if known is None and command.priority is None:
        refuse("subtype-unknown", "a new kind of exception needs a priority")
    default = {"priority": default_priority(command.class_, command.subtype)}
    guidance = {} if known is None else {"guidance_id": f"{SUBTYPES_VERSION}/{known.name}"}
    return {**default, **said, **guidance}


def _assigned(
    found: OrderException, command: AssignException, said: dict[str, Any]
) -> dict[str, Any]:
    known = find_subtype(found.class_, found.subtype)
    department = command.department or (None if known is None else known.department)
    if department is None:
        refuse("department-missing", "this kind of exception has no department of its own")
    _check_department(department)
    # Whom it is handed to is told at once; how long that took is measured (R058).
    return {**said, "department": department, "notified_at": command.at}


def _resolve(
    tracking: Tracking, found: OrderException, command: ResolveException, said: dict[str, Any]
) -> list[tuple[str, dict[str, Any]]]:
    missing = [
        name
        for name, there in (
            ("who received it", found.owner),
            ("when they were told", found.noticed_at),
            ("the measure", found.measures),
            ("the customer's feedback", found.feedback),
        )
        if not there
    ]
    if missing:
        refuse("log-incomplete", f"before it is resolved say {', '.join(missing)}")
    said["resumed_at_stage"] = stage_of(tracking)
    others = [one for one in tracking.open_exceptions if one is not found]
    flag = [] if others else [_flag(NORMAL, command.exception_id)]
    return [(command.TYPE, said), *flag]


def _check_ticket(tracking: Tracking, command: AboutTicket) -> None:
    found = next((one for one in tracking.tickets if one.ticket_id == command.ticket_id), None)
    if found is None:
        refuse("ticket-unknown", "the order has no ticket of this id")
    if isinstance(command, ReopenTicket):
        if found.open:
            refuse("ticket-open", "the ticket is open")
    elif not found.open:
        refuse("ticket-resolved", "the ticket is resolved; reopen it first")
    if isinstance(command, TransferTicket):
        _check_department(command.department)


def stage_of(tracking: Tracking) -> str:
    """Return the step at which an order goes on: how far its goods are, else its state."""
    return tracking.supply.stage if tracking.state == AWAITING_DISPATCH else tracking.state


def _flag(flag: str, exception_id: str) -> tuple[str, dict[str, Any]]:
    return FLAG, {"flag": flag, "exception_id": exception_id}


def _known(tracking: Tracking, exception_id: str) -> OrderException:
    found = next((one for one in tracking.exceptions if one.exception_id == exception_id), None)
    if found is None:
        refuse("exception-unknown", "the order has no exception of this id")
    return found


def _check_class(class_: str) -> None:
    if class_ not in CLASSES:
        refuse("class-unknown", f"a class is one of {', '.join(CLASSES)}")


def _check_department(department: str) -> None:
    if department not in DEPARTMENTS:
        refuse("department-unknown", f"a department is one of {', '.join(DEPARTMENTS)}")
