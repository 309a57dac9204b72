"""Verbs that keep the read models: rebuild, projection …, worker."""

from typing import Annotated

import typer

from orderproof import installation
from orderproof.errors import CommandError
from orderproof.verbs.options import Data, Json


def rebuild(
    projection: Annotated[
        str | None, typer.Argument(help="Name of one projection; all without it.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Make read models again from the events. Others see the old rows until it ends."""
    from orderproof import projecting

    raise typer.Exit(projecting.rebuild(installation.find(data), projection, as_json=as_json))


projection = typer.Typer(
    name="projection",
    help="Read models: how far they are, whether they are right, what is set aside.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Projection = Annotated[
    str | None, typer.Argument(metavar="[PROJECTION]", help="Name of one; all without it.")
]


@projection.command("status")
def projection_status(data: Data = None, as_json: Json = False) -> None:
    """Show position, lag, heartbeat and set-aside orders; moves nothing."""
    from orderproof import projecting

    raise typer.Exit(projecting.show_status(installation.find(data), as_json=as_json))


@projection.command("diff")
def projection_diff(name: Projection = None, data: Data = None, as_json: Json = False) -> None:
    """Make read models again on the side and compare them with those that are read."""
    from orderproof import projecting

    raise typer.Exit(projecting.diff(installation.find(data), name, as_json=as_json))


@projection.command("retry")
def projection_retry(
    name: Projection = None,
    order_name: Annotated[
        str | None, typer.Option("--order", metavar="SHOP/NUMBER", help="Of one order only.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Try set-aside orders again."""
    from orderproof import projecting

    raise typer.Exit(projecting.retry(installation.find(data), name, order_name, as_json=as_json))


@projection.command("skip")
def projection_skip(
    name: Annotated[str, typer.Argument(metavar="PROJECTION")],
    position: Annotated[int, typer.Argument(help="Of the event, as status shows it.")],
    reason: Annotated[str, typer.Option(help="Why; recorded.")],
    by: Annotated[str, typer.Option(help="Who decided it; recorded.")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Let a projection go on without one event that it cannot read. The event itself stays."""
    from orderproof import projecting

    found = installation.find(data)
    raise typer.Exit(projecting.skip(found, name, position, reason, by, as_json=as_json))


def worker(
    role: Annotated[
        str, typer.Argument(metavar="ROLE", help="project, archive, watch, clock or check.")
    ],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Do background work until SIGTERM. A second worker of a role waits for the first."""
    from orderproof import archive_schedule, feeding, watching, working
    from orderproof.order_desk import checking, clocking

    roles = {
        each.name: each
        for each in (
            feeding.ROLE,
            archive_schedule.ROLE,
            watching.ROLE,
            clocking.ROLE,
            checking.ROLE,
        )
    }
    if role not in roles:
        raise CommandError(f"ROLE: {', '.join(roles)} are known")
    raise typer.Exit(working.run(installation.find(data), roles[role], as_json=as_json))
