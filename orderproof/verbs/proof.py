"""Verbs that archive and verify."""

import time
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from archive.layout import Layout
from orderproof import errors, installation, terminal
from orderproof.errors import CommandError
from orderproof.verbs.options import Data, Json


def archive(
    everything: Annotated[
        bool, typer.Option("--all", help="Seal every order, open ones too.")
    ] = False,
    closed_before: Annotated[
        datetime | None,
        typer.Option("--closed-before", formats=["%Y-%m-%d"], help="Closed before this day."),
    ] = None,
    orders: Annotated[
        list[str] | None, typer.Option("--order", help="Seal this order; can be repeated.")
    ] = None,
    layout: Annotated[
        Layout | None,
        typer.Option(help="A file for each order, or many in a pack; by default the setting's."),
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Seal histories, publish and sign the log, store both. Goes on after an interruption."""
    from orderproof import addresses, archiving, outside
    from orderproof.bootstrap import open_store
    from orderproof.due import Policy

    if sum(map(bool, (everything, closed_before, orders))) > 1:
        raise CommandError("--all, --closed-before and --order exclude one another")
    started = time.monotonic()
    with (
        open_store(installation.find(data)) as store,
        terminal.progress("archiving", "done") as show,
    ):
        policy = Policy(
            everything=everything,
            orders=archiving.named(store, orders or []),
            closed_before=closed_before.date() if closed_before else None,
            quiet_days=store.installation.settings.quiet_days,
        )
        result = archiving.run(
            store,
            policy,
            chosen=layout,
            progress=lambda step, done, total: show(done, total, step),
        )
        confirmed = outside.confirm_runs(store)
        where = store.installation.archive
    report: dict[str, Any] = {"archive": addresses.name(where), "run": None}
    if result is not None:
        report["run"] = asdict(result)
    report["outside"] = asdict(confirmed)
    report["seconds"] = round(time.monotonic() - started, 3)
    if as_json:
        terminal.print_json(report)
    else:
        terminal.say(archiving.describe(result, where, policy))
        if said := outside.describe(confirmed):
            terminal.say(said)
    if confirmed.contradicted:
        raise typer.Exit(errors.ALTERED)


def verify(
    target: Annotated[
        str | None, typer.Argument(help="Folder, file:// or s3:// address, or one history in it.")
    ] = None,
    order_key: Annotated[
        str | None, typer.Option("--order", help="Check the log and this order only.")
    ] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(help="A checkpoint that you kept: was the log rolled back?")
    ] = None,
    keyring: Annotated[
        Path | None, typer.Option(help="A keyring that you trust, or its fingerprint.")
    ] = None,
    keys: Annotated[
        Path | None, typer.Option(help="Keys to personal data, of `export keys`: do they fit?")
    ] = None,
    sample: Annotated[
        str | None, typer.Option(metavar="5%", help="Read so many of the histories only.")
    ] = None,
    seed: Annotated[str | None, typer.Option(help="Draw the same sample again.")] = None,
    tag_key: Annotated[
        Path | None, typer.Option(help="The tag key, if you have it: tags are computed anew.")
    ] = None,
    certificate: Annotated[
        str | None,
        typer.Option(help="Of an evidence pack: the certificate, or its SHA-256, that you trust."),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=1000, help="Processes that check histories.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Check an archive, a history or an evidence pack, offline. Needs no database or settings."""
    from orderproof import verifying

    depth = verifying.Depth(sample, seed, tag_key, jobs)
    raise typer.Exit(
        verifying.run(
            target,
            order_key,
            checkpoint,
            keyring,
            data,
            depth=depth,
            keys=keys,
            certificate=certificate,
            as_json=as_json,
        )
    )
