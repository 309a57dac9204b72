"""The order desk's verbs about tickets: the tasks that departments have of exceptions."""

from typing import Annotated

import typer

from orderproof.verbs.desk_exceptions import Id, Text
from orderproof.verbs.giving import As, By, CommandId, give
from orderproof.verbs.options import Data, Json, Key

ticket = typer.Typer(
    name="ticket", help="Tasks of departments.", no_args_is_help=True, rich_markup_mode=None
)


def add_to(desk: typer.Typer) -> None:
    """Add these verbs to the group."""
    desk.add_typer(ticket)


@ticket.command("open")
def open_ticket(
    key: Key,
    exception_id: Id,
    department: Annotated[str, typer.Argument(metavar="DEPARTMENT", help="Who does it.")],
    by: By,
    demand: Annotated[str | None, typer.Option(help="What the customer wants; sealed.")] = None,
    role: As = None,
    command_id: CommandId = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Make a task of an exception; its id is the command's."""
    said = {
        "exception_id": exception_id,
        "department": department,
        "demand": demand,
    }

    give(key, "ticket.opened", said, by, role, command_id, data, as_json=as_json)


Ticket = Annotated[str, typer.Argument(metavar="TICKET", help="The ticket's id.")]


@ticket.command("assign")
def assign_ticket(
    key: Key,
    ticket_id: Ticket,
    owner: Annotated[str, typer.Argument(metavar="OWNER", help="The person.")],
    by: By,
    role: As = None,
    command_id: CommandId = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Give a task to a person."""
    said = {"ticket_id": ticket_id, "owner": owner}
    give(key, "ticket.assigned", said, by, role, command_id, data, as_json=as_json)


@ticket.command("transfer")
def transfer_ticket(
    key: Key,
    ticket_id: Ticket,
    department: Annotated[str, typer.Argument(metavar="DEPARTMENT", help="Who does it now.")],
    by: By,
    role: As = None,
    command_id: CommandId = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Pass a task to another department."""
    said = {"ticket_id": ticket_id, "department": department}
    give(key, "ticket.transferred", said, by, role, command_id, data, as_json=as_json)


@ticket.command("update")
def update_ticket(
    key: Key,
    ticket_id: Ticket,
    progress: Annotated[str, typer.Argument(metavar="PROGRESS", help="How it stands.")],
    by: By,
    role: As = None,
    command_id: CommandId = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Say how a task stands."""
    said = {"ticket_id": ticket_id, "progress": progress}
    give(key, "ticket.updated", said, by, role, command_id, data, as_json=as_json)


@ticket.command("reopen")
def reopen_ticket(
    key: Key,
    ticket_id: Ticket,
    progress: Annotated[str, typer.Argument(metavar="PROGRESS", help="Why it is not done.")],
    by: By,
    role: As = None,
    command_id: CommandId = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Say that a task is not done after all."""
    said = {"ticket_id": ticket_id, "progress": progress}
    give(key, "ticket.reopened", said, by, role, command_id, data, as_json=as_json)


@ticket.command("resolve")
def resolve_ticket(
    key: Key,
    ticket_id: Ticket,
    text: Text,
    by: By,
    role: As = None,
    command_id: CommandId = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Say that a task is done, and with what result."""
    said = {"ticket_id": ticket_id, "result": text}
    give(key, "ticket.resolved", said, by, role, command_id, data, as_json=as_json)
