"""What verbs share by which staff decide: who gives a command, and giving it."""

from pathlib import Path
from typing import Annotated, Any

import typer

By = Annotated[str, typer.Option("--by", help="The member of staff who decides; recorded.")]
As = Annotated[str | None, typer.Option("--role", help="What they act as; recorded.")]
CommandId = Annotated[
    str | None,
    typer.Option(
        "--command-id",
        help="Your id of this command: given again, it is carried out once, and answered the same.",
    ),
]


def give(
    key: str,
    type: str,
    said: dict[str, Any],
    by: str,
    role: str | None,
    command_id: str | None,
    data: Path | None,
    *,
    as_json: bool,
) -> None:
    """Carry out the command that becomes an event of this type; what is None is left open."""
    # Imported here: `--help` needs no store.
    from domain.tracking.commands import COMMANDS
    from orderproof.order_desk.commanding import Given, carry_out_for

    given = Given(by=by, role=role, command_id=command_id, data=data, as_json=as_json)
    known = {name: value for name, value in said.items() if value is not None}
    carry_out_for(key, given, COMMANDS[type], known)


def give_parts(
    key: str,
    type: str,
    parts: list[dict[str, Any]],
    by: str,
    role: str | None,
    command_id: str | None,
    data: Path | None,
    *,
    as_json: bool,
) -> None:
    """Carry out several commands of a kind as parts of one; see `give`."""
    from domain.tracking.commands import COMMANDS
    from orderproof.order_desk.commanding import Given, carry_out_parts

    given = Given(by=by, role=role, command_id=command_id, data=data, as_json=as_json)
    known = [{n: value for n, value in said.items() if value is not None} for said in parts]
    carry_out_parts(key, given, COMMANDS[type], known)
