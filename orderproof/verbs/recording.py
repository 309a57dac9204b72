"""Verbs that make a log and record in it."""

from pathlib import Path
from typing import Annotated

import typer

from orderproof import errors, installation, terminal
from orderproof.verbs.options import Data, Json


def init(data: Data = None, as_json: Json = False) -> None:
    """Make the data folder, its keys and an empty log. Safe to repeat."""
    from eventstore import log
    from orderproof import keyring
    from orderproof.bootstrap import open_store

    found, made = installation.initialise(data)
    with open_store(found) as store:
        events = log.size(store.connection)
        trusted = keyring.newest(keyring.read(found.data))
    if as_json:
        terminal.print_json(
            {
                "data": str(found.data),
                "created": made,
                "origin": found.settings.origin,
                "fingerprint": trusted.roots.fingerprint(),
                "events": events,
            }
        )
        return
    terminal.say(
        f"{'Made' if made else 'Found'} {terminal.shown(found.data)} ({events} events in the log)"
    )
    terminal.say(f"The log is named  {found.settings.origin}")
    terminal.say(f"Its fingerprint   {trusted.roots.fingerprint()}")
    terminal.say(
        f"Back up {terminal.shown(found.keys_folder)}: without these keys personal data cannot be "
        "read and the log cannot be continued."
    )
    root = found.keys_folder / keyring.ROOT
    if root.exists():
        terminal.say(
            f"Move {terminal.shown(root)} to a place that is not connected: it says which keys "
            "sign, and only `orderproof key` needs it."
        )


def import_(
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help="Plain, .gz, or -.")],
    format_: Annotated[
        str,
        typer.Option(
            "--format", help="auto, cloudevents, uci-retail, orders-csv, csv, or a source's name."
        ),
    ] = "auto",
    shop: Annotated[
        str | None, typer.Option(help="Shop of the orders, for formats that name none.")
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option("--map", help="TOML that says what the columns of CSV files mean."),
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Record the events of files. What cannot be read is kept in the quarantine."""
    from orderproof import importing
    from orderproof.bootstrap import open_store

    with open_store(installation.find(data)) as store:
        tally, rejects = importing.import_files(store, files, format_, shop, mapping)
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
