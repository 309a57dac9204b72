"""The order desk's verbs by which staff decide: who sees to it, what is next, when it leaves."""

from typing import Annotated

import typer

from orderproof.verbs.giving import As, By, CommandId, give
from orderproof.verbs.options import Data, Json, Key


def add_to(desk: typer.Typer) -> None:
    """Add these verbs to the group."""
    desk.command("assign")(assign)
    desk.command("next")(next_)
    desk.command("plan")(plan)
    desk.command("move")(move)
    desk.command("confirm")(confirm)
    desk.command("replace")(replace)
    desk.command("hold")(hold)
    desk.command("release")(release)


def assign(
    key: Key,
    by: By,
    owner: Annotated[str | None, typer.Option(help="The person.")] = None,
    department: Annotated[str | None, typer.Option(help="The department.")] = None,
    role: As = None,
    command_id: CommandId = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Make a person or a department responsible for an order."""
    said = {"owner": owner, "department": department}
    give(key, "order.owner_assigned", said, by, role, command_id, data, as_json=as_json)


def next_(
    key: Key,
    action: Annotated[str, typer.Argument(metavar="ACTION", help="What is to be done.")],
    by: By,
    due: Annotated[str | None, typer.Option(help="By when: a day, or an RFC 3339 time.")] = None,
    owner: Annotated[str | None, typer.Option(help="Who is to do it.")] = None,
    role: As = None,
    command_id: CommandId = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Say what is to be done next for an order, and by when."""
    said = {"action": action, "due_at": due, "owner": owner}
    give(key, "order.next_action_set", said, by, role, command_id, data, as_json=as_json)


Day = Annotated[str, typer.Argument(metavar="DAY", help="YYYY-MM-DD.")]


def plan(
    key: Key,
    day: Day,
    by: By,
    reason: Annotated[str | None, typer.Option(help="Why then.")] = None,
    role: As = None,
    command_id: CommandId = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Plan the day of dispatch for the first time."""
    said = {"date": day, "reason": reason}
    give(key, "order.planned_dispatch_set", said, by, role, command_id, data, as_json=as_json)


def move(
    key: Key,
    day: Day,
    by: By,
    reason: Annotated[str, typer.Option(help="Why it is moved.")],
    role: As = None,
    command_id: CommandId = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Move the planned day of dispatch; the first plan stays in the lists."""
    said = {"after": day, "reason": reason}
    give(key, "order.planned_dispatch_changed", said, by, role, command_id, data, as_json=as_json)


def confirm(
    key: Key,
    by: By,
    requirement: Annotated[
        str,
        typer.Option(
            "--service-requirement",
            help="What the customer wants to be seen to; none has to be said.",
        ),
    ],
    role: As = None,
    command_id: CommandId = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Confirm an order: it gets its tracking number of 16 digits."""

    said = {"service_requirement": requirement}
    give(key, "order.confirmed", said, by, role, command_id, data, as_json=as_json)


def replace(
    key: Key,
    new: Annotated[
        str, typer.Argument(metavar="NEW", help="The order that is meant, shop/number.")
    ],
    by: By,
    reason: Annotated[str, typer.Option(help="Why, such as another quantity.")],
    role: As = None,
    command_id: CommandId = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Cancel an order since the customer ordered again what they meant; the new one is linked."""
    said = {"to": [new], "reason": reason}
    give(key, "order.merged", said, by, role, command_id, data, as_json=as_json)


def hold(
    key: Key,
    by: By,
    reason: Annotated[str, typer.Option(help="Why work on it is stopped.")],
    role: As = None,
    command_id: CommandId = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Stop the work on an order until something is cleared up."""
    said = {"reason_code": reason}
    give(key, "order.put_on_hold", said, by, role, command_id, data, as_json=as_json)


def release(
    key: Key,
    by: By,
    reason: Annotated[str | None, typer.Option(help="What was cleared up.")] = None,
    role: As = None,
    command_id: CommandId = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Go on with an order that was on hold."""
    said = {"reason_code": reason}
    give(key, "order.hold_released", said, by, role, command_id, data, as_json=as_json)
