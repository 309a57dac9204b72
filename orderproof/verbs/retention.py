"""Verbs about how long orders are kept."""

from datetime import datetime
from typing import Annotated

import typer

from orderproof import installation
from orderproof.verbs.options import Data, Json

retention = typer.Typer(
    name="retention",
    help="How long orders are kept in the archive, and deleting what has expired.",
    no_args_is_help=True,
)


@retention.command("report")
def retention_report(
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", formats=["%Y-%m-%d"], help="As it will stand on this day."),
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Say what expires when, by class, and what is held and why."""
    from orderproof import expiring

    day = as_of.date() if as_of else None
    raise typer.Exit(expiring.report(installation.find(data), day, as_json=as_json))


@retention.command("apply")
def retention_apply(
    by: Annotated[str, typer.Option(help="Who decided it; recorded.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do it; else only the plan is shown.")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Delete from the archive what has expired and is not held; extend what is kept longer."""
    from orderproof import expiring

    found = installation.find(data)
    raise typer.Exit(expiring.apply(found, by, yes=yes, as_json=as_json))
