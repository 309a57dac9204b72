"""The command line: its verbs, and what becomes of their errors."""

import signal
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer

from orderproof import errors, terminal
from orderproof.errors import CommandError
from orderproof.failures import explain
from orderproof.verbs import (
    answering,
    buckets,
    checkpoints,
    claiming,
    desk,
    desk_checks,
    desk_commands,
    desk_compensation,
    desk_exceptions,
    desk_exports,
    desk_log,
    desk_reports,
    desk_tickets,
    disputing,
    engagements,
    evidence,
    exports,
    gaps,
    holds,
    keys,
    linking,
    personal_data,
    proof,
    quarantine,
    read_models,
    reconciling,
    recording,
    refunding,
    renewing,
    restoring,
    retention,
    serving,
    webhooks,
)

app = typer.Typer(
    name="orderproof",
    help="Keeps the history of orders as evidence, and answers claims from it years later.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def demo(
    folder: Annotated[
        Path, typer.Option("--folder", help="Where the demo works; made anew each time.")
    ] = Path("orderproof-demo"),
    bucket: Annotated[
        bool, typer.Option("--bucket", help="With the archive in a bucket of a real S3 server.")
    ] = False,
) -> None:
    """Run the main job on real input and tell the story."""
    from orderproof import demo as story
    from orderproof import demo_s3

    raise typer.Exit(demo_s3.run(folder) if bucket else story.run(folder))


app.command()(recording.init)
app.command("import")(recording.import_)
app.command()(recording.record)
app.command()(linking.unlinked)
app.add_typer(quarantine.quarantine)
app.command()(reconciling.reconcile)
app.command()(gaps.gaps)
app.command()(answering.order)
app.command()(answering.claim)
app.command()(proof.archive)
app.command()(proof.verify)
app.command()(renewing.renew)
app.command()(restoring.restore)
app.command()(restoring.drill)
app.command()(read_models.rebuild)
app.add_typer(read_models.projection)
app.add_typer(buckets.bucket)
app.command()(read_models.worker)
app.add_typer(claiming.claims)
app.add_typer(refunding.refunds)
app.add_typer(disputing.dispute)
desk_exports.add_to(desk.desk)
desk_commands.add_to(desk.desk)
desk_exceptions.add_to(desk.desk)
desk_tickets.add_to(desk.desk)
desk_checks.add_to(desk.desk)
desk_log.add_to(desk.desk)
desk_compensation.add_to(desk.desk)
desk_reports.add_to(desk.desk)
app.add_typer(desk.desk)
app.add_typer(evidence.evidence)
app.add_typer(exports.export)
app.add_typer(holds.hold)
app.add_typer(retention.retention)
app.add_typer(keys.key)
app.command()(personal_data.erase)
app.add_typer(checkpoints.checkpoint)
app.command()(checkpoints.witness)
app.command()(serving.serve)
app.add_typer(serving.token)
app.add_typer(engagements.engagement)
app.add_typer(webhooks.webhook)
app.command()(demo)


def main() -> None:
    """Run the command line and exit."""
    # A supervisor's SIGTERM ends like an exception, so that the embedded server stops as well.
    signal.signal(signal.SIGTERM, _terminated)
    sys.exit(run())


def _terminated(_signal: int, _frame: object) -> None:
    sys.exit(128 + signal.SIGTERM)


def run() -> int:
    """Run the command that `sys.argv` names and return its exit code."""
    as_json = "--json" in sys.argv
    try:
        code = app(standalone_mode=False)
    except CommandError as error:
        return _fail(str(error), error.exit_code, as_json=as_json, **error.details)
    except typer.Abort:
        return 130
    except KeyboardInterrupt:
        terminal.complain("interrupted; run the same command again to go on")
        return 130
    except Exception as error:  # noqa: BLE001  # the last resort of a process
        known = explain(error)
        if known is not None:
            return _fail(*known, as_json=as_json)
        # The message of an unexpected error may hold data of a customer: only its kind is shown.
        frames = "".join(traceback.format_tb(error.__traceback__))
        terminal.complain(f"{frames}internal error: {type(error).__name__}")
        return _fail(
            f"internal error ({type(error).__name__}); nothing that was acknowledged is lost. "
            "Please report the lines above.",
            errors.INTERNAL,
            as_json=as_json,
        )
    return code if isinstance(code, int) else errors.OK


def _fail(message: str, code: int, *, as_json: bool, **details: object) -> int:
    if as_json:
        terminal.print_json({"error": message, "exit_code": code, **details})
    # Without a command the help is shown, which says who speaks.
    terminal.complain(message if message.startswith("Usage:") else f"orderproof: {message}")
    return code
