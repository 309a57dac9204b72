"""Verbs about disputes with the customer's bank."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from orderproof import installation, terminal
from orderproof.errors import CommandError
from orderproof.terminal import safe, shown
from orderproof.verbs.options import Data, Json, Key

dispute = typer.Typer(
    name="dispute",
    help="Disputes with the customer's bank.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@dispute.callback()
def _dispute() -> None:
    """Disputes with the customer's bank."""


@dispute.command("package")
def dispute_package(
    key: Key,
    psp: Annotated[str, typer.Option(help="stripe or adyen: whose forms.")],
    dispute_id: Annotated[
        str | None, typer.Option("--dispute", help="Its id, where the order has several.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="A new folder; else one beside you.")] = None,
    merchant: Annotated[
        str | None, typer.Option("--merchant-account", help="For Adyen, which asks for it.")
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--defense-reason", help="For Adyen: the reason it offers.")
    ] = None,
    record: Annotated[
        bool, typer.Option("--record", help="Record that the papers are ready, with their digest.")
    ] = False,
    by: Annotated[str | None, typer.Option(help="Who made them; recorded.")] = None,
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Day of the papers.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Write the papers for the bank, in the provider's form, ready to upload. Sends nothing."""
    from orderproof import dispute_package
    from orderproof.bootstrap import open_store

    if psp not in dispute_package.PSPS:
        raise CommandError(f"--psp: {' or '.join(dispute_package.PSPS)}")
    if psp == "adyen" and not (merchant or "").strip():
        raise CommandError("--merchant-account: Adyen asks for it, and no event says it")
    if psp != "adyen" and (merchant or reason):
        raise CommandError("--merchant-account and --defense-reason go with --psp adyen")
    if record != (by is not None):
        raise CommandError("--record and --by go together")
    wanted = dispute_package.Wanted(
        psp=psp,
        dispute=dispute_id,
        merchant=merchant,
        reason=reason,
        out=out,
        day=as_of.date() if as_of else datetime.now(UTC).date(),
        by=by,
    )
    with open_store(installation.find(data)) as store:
        made = dispute_package.write(store, key, wanted)
    if as_json:
        terminal.print_json(made.as_dict())
        return
    terminal.say(f"{safe(made.order)}, dispute {safe(made.dispute)}: {shown(made.folder)}")
    for name in made.files:
        terminal.say(f"  {name}")
    if made.not_known:
        terminal.say(f"The record does not say: {', '.join(made.not_known)}")
    if made.cut:
        terminal.say(f"Cut to the provider's length: {', '.join(made.cut)}")
    terminal.say(f"Package {made.package_sha256}; nothing was sent")
