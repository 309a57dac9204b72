"""The command line. Each verb reads its options, calls the code, prints, and ends with a code."""

import signal
import sys
import time
import traceback
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from orderproof import errors, installation, terminal
from orderproof.errors import CommandError
from orderproof.failures import explain

app = typer.Typer(
    name="orderproof",
    help="Keeps the history of orders as evidence, and answers claims from it years later.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Data = Annotated[
    Path | None,
    typer.Option("--data", help="Data folder; else ORDERPROOF_DATA, else ./orderproof-data."),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, nothing else.")]


def _is_text(key: str) -> str:
    try:
        key.encode()
    except UnicodeEncodeError:
        raise CommandError("ORDER or SUBJECT is not UTF-8 text") from None
    return key


Key = Annotated[
    str,
    typer.Argument(
        metavar="ORDER",
        help="Number, shop/number, tracking number, PSP or refund reference, e-mail or phone.",
        callback=_is_text,
    ),
]


@app.command()
def init(data: Data = None, as_json: Json = False) -> None:
    """Make the data folder, its keys and an empty log. Safe to repeat."""
    from archive.note import VerifierKey
    from eventstore import log
    from orderproof.bootstrap import open_store

    found, made = installation.initialise(data)
    with open_store(found) as store:
        events = log.size(store.connection)
        key = VerifierKey(
            found.settings.origin, store.keys.log.public_key().public_bytes_raw()
        ).vkey()
    if as_json:
        terminal.print_json(
            {
                "data": str(found.data),
                "created": made,
                "origin": found.settings.origin,
                "key": key,
                "events": events,
            }
        )
        return
    terminal.say(
        f"{'Made' if made else 'Found'} {terminal.shown(found.data)} ({events} events in the log)"
    )
    terminal.say(f"The log is named  {found.settings.origin}")
    terminal.say(f"Its public key    {key}")
    terminal.say(
        f"Back up {terminal.shown(found.keys_folder)}: without these keys personal data cannot be "
        "read and the log cannot be continued."
    )


@app.command("import")
def import_(
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help="Plain, .gz, or -.")],
    format_: Annotated[
        str, typer.Option("--format", help="auto, cloudevents or uci-retail.")
    ] = "auto",
    shop: Annotated[
        str | None, typer.Option(help="Shop of the orders, for formats that name none.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Record the events of files. What cannot be read is kept in the quarantine."""
    from orderproof import importing
    from orderproof.bootstrap import open_store

    with open_store(installation.find(data)) as store:
        tally, rejects = importing.import_files(store, files, format_, shop)
    if as_json:
        terminal.print_json(
            {
                "read": tally.read,
                "recorded": tally.recorded,
                "duplicates": tally.duplicates,
                "rejected": tally.rejected,
                "rejects_file": str(rejects) if rejects else None,
            }
        )
    else:
        terminal.say(
            f"{tally.read} read: {tally.recorded} recorded, {tally.duplicates} were there already,"
            f" {tally.rejected} rejected"
        )
        if rejects:
            terminal.say(
                f"What was rejected is in {terminal.shown(rejects)}, each with line and reason."
            )
    if tally.rejected:
        raise typer.Exit(errors.PARTLY)


@app.command()
def record(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="One CloudEvent, or a batch.")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Record one event or a batch, and say for each which position and version it got."""
    from orderproof import record as recorder
    from orderproof.bootstrap import open_store

    with open_store(installation.find(data)) as store:
        answers, quarantine = recorder.record(store, file)
    refused = [each for each in answers if each["result"] not in ("recorded", "duplicate")]
    if as_json:
        rejects = str(quarantine.path) if quarantine.path else None
        terminal.print_json({"events": answers, "rejects_file": rejects})
    else:
        for each in answers:
            terminal.say(recorder.describe(each))
        if quarantine.path:
            terminal.say(f"What was refused is in {terminal.shown(quarantine.path)}")
    if refused:
        raise typer.Exit(errors.PARTLY)


@app.command()
def order(
    key: Key,
    personal: Annotated[
        bool, typer.Option("--personal", help="Show personal data, not only that it is there.")
    ] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show the timeline of an order."""
    from eventstore import log
    from orderproof import timeline
    from orderproof.bootstrap import catch_up, open_store
    from orderproof.claiming import the_one
    from orderproof.finding import find_streams

    with open_store(installation.find(data)) as store:
        catch_up(store)
        streams = find_streams(store, key)
        if not streams:
            # What was asked for may be somebody's address, and this may end up in a log.
            raise CommandError("no order is known by this", errors.NOT_FOUND)
        stream = the_one(streams, key)
        opener = store.ring if personal else None
        events = log.read_order(store.connection, opener, stream, to_show=True)
        as_of = log.size(store.connection)
    if as_json:
        terminal.print_json(timeline.as_dict(stream, events, as_of))
    else:
        terminal.say(timeline.as_text(stream, events, as_of, show_personal=personal))


@app.command()
def claim(
    key: Key,
    kind: Annotated[str, typer.Option(help="Only refund-not-received is known.")] = (
        "refund-not-received"
    ),
    customer: Annotated[
        str | None, typer.Option(help="E-mail or end of the phone number; must be the order's.")
    ] = None,
    lang: Annotated[
        str | None, typer.Option(help="en or zh; letters are in the customer's language.")
    ] = None,
    from_archive: Annotated[
        str | None, typer.Option("--from-archive", help="Archive folder or history file; no store.")
    ] = None,
    letter: Annotated[bool, typer.Option("--letter", help="Print the letter.")] = False,
    agent: Annotated[str | None, typer.Option(help="Who signs the letter.")] = None,
    contact: Annotated[
        str | None, typer.Option(help="Where the letter says that we can be reached.")
    ] = None,
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Day of the answer.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Answer "my refund never came" from the record, with the evidence."""
    from orderproof.claim_on_archive import claim_on_archive
    from orderproof.claim_on_store import claim_on_store

    if kind != "refund-not-received":
        raise CommandError("--kind: only refund-not-received is known")
    if lang not in (None, "en", "zh"):
        raise CommandError("--lang: en or zh")
    day = as_of.date() if as_of else datetime.now(UTC).date()
    if from_archive is None:
        from orderproof.bootstrap import open_store

        with open_store(installation.find(data)) as store:
            answer = claim_on_store(store, key, customer, day)
    elif customer is None:
        answer = claim_on_archive(from_archive, key, day)
    else:
        raise CommandError(
            "--customer cannot be checked from an archive: personal data is sealed there, and "
            "the keys are in the data folder",
            errors.CANNOT_TELL,
        )
    if as_json:
        terminal.print_json(answer.as_dict(lang or "en"))
    elif letter:
        terminal.say(answer.letter(lang, agent, contact))
    else:
        terminal.say(answer.text(lang or "en"))
    raise typer.Exit(answer.exit_code)


@app.command()
def archive(
    everything: Annotated[
        bool, typer.Option("--all", help="Seal every order, open ones too.")
    ] = False,
    closed_before: Annotated[
        datetime | None,
        typer.Option("--closed-before", formats=["%Y-%m-%d"], help="Closed before this day."),
    ] = None,
    layout: Annotated[str, typer.Option(help="Only per-order is known.")] = "per-order",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Seal histories, publish and sign the log, store both. Goes on after an interruption."""
    from orderproof import archiving
    from orderproof.bootstrap import open_store

    if layout != "per-order":
        raise CommandError("--layout: this version stores one file per order")
    started = time.monotonic()
    with (
        open_store(installation.find(data)) as store,
        terminal.progress("archiving", "done") as show,
    ):
        result = archiving.run(
            store,
            everything=everything,
            closed_before=closed_before.date() if closed_before else None,
            progress=lambda step, done, total: show(done, total, step),
        )
        folder = store.installation.archive
    report: dict[str, Any] = {"archive": str(folder), "run": None}
    if result is not None:
        report["run"] = asdict(result)
    report["seconds"] = round(time.monotonic() - started, 3)
    if as_json:
        terminal.print_json(report)
        return
    terminal.say(archiving.describe(result, folder, everything=everything))


@app.command()
def verify(
    target: Annotated[
        str | None, typer.Argument(help="Archive folder, file:// address or one history file.")
    ] = None,
    order_key: Annotated[
        str | None, typer.Option("--order", help="Check the log and this order only.")
    ] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(help="A checkpoint that you kept: was the log rolled back?")
    ] = None,
    keyring: Annotated[
        Path | None, typer.Option(help="The key list that you trust, got from elsewhere.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Check an archive or one history, offline. Needs no network, database or settings."""
    from orderproof import verifying

    raise typer.Exit(verifying.run(target, order_key, checkpoint, keyring, data, as_json=as_json))


@app.command()
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
app.add_typer(projection)

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


@app.command()
def worker(
    role: Annotated[str, typer.Argument(metavar="ROLE", help="Only project is known.")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Do background work until SIGTERM. A second worker of a role waits for the first."""
    from orderproof import working

    if role != "project":
        raise CommandError("ROLE: only project is known")
    raise typer.Exit(working.project(installation.find(data), as_json=as_json))


@app.command()
def erase(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="SUBJECT",
            help="E-mail, phone, customer id, or an order as shop/number.",
            callback=_is_text,
        ),
    ],
    ground: Annotated[str, typer.Option(help="The legal ground; recorded. Names nobody.")],
    requested_by: Annotated[str, typer.Option(help="Who of the staff asks; recorded.")],
    approved_by: Annotated[str, typer.Option(help="Who approves, somebody else; recorded.")],
    purpose: Annotated[
        list[str] | None,
        typer.Option(help="contact, tax or fraud; may come again. Without it: contact."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Erase without being asked.")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Destroy the keys to a person's data, for good and in the archive too."""
    from orderproof import erasing

    decision = erasing.decide(ground, requested_by, approved_by, purpose or ())
    found = installation.find(data)
    raise typer.Exit(erasing.run(found, subject, decision, yes=yes, as_json=as_json))


@app.command()
def demo(
    folder: Annotated[
        Path, typer.Option("--folder", help="Where the demo works; made anew each time.")
    ] = Path("orderproof-demo"),
) -> None:
    """Run the main job on real input and tell the story."""
    from orderproof import demo as story

    raise typer.Exit(story.run(folder))


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
