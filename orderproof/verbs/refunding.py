"""Verbs about refunds that are under way."""

import time
from typing import Annotated

import typer

from domain.money import format_money
from domain.time import instant_text, read_instant
from orderproof import installation, terminal
from orderproof.errors import CommandError
from orderproof.terminal import counted, safe
from orderproof.verbs.options import Data, Json

refunds = typer.Typer(
    name="refunds",
    help="Refunds that are under way.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@refunds.callback()
def _refunds() -> None:
    """Refunds that are under way."""


@refunds.command("due")
def refunds_due(
    at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="As it stood or will stand then, RFC 3339; else now."),
    ] = None,
    lang: Annotated[str | None, typer.Option(help="en or zh.")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """List the refunds whose time has run out: since when, until when, and what to do."""
    from orderproof import refunds_due
    from orderproof.bootstrap import open_store

    if lang not in (None, "en", "zh"):
        raise CommandError("--lang: en or zh")
    now = time.time_ns() // 1_000 if at is None else read_instant(at)
    if now is None:
        raise CommandError("--at: a time such as 2026-11-26T09:00:00Z, with its offset")
    with open_store(installation.find(data)) as store:
        found = refunds_due.due(store, now, lang)
    if as_json:
        rows = [row.as_dict() for row in found]
        terminal.print_json({"as_of": instant_text(now), "due": rows})
        return
    for row in found:
        owed = "" if row.amount is None else f"  {format_money(row.amount, row.currency)}"
        terminal.say(f"{safe(row.order)}  refund {safe(row.refund_id)}{owed}  {row.verdict}")
        terminal.say(f"  {row.clock}: since {row.since}, was due {row.deadline}")
        terminal.say(f"  {row.next_action}")
    terminal.say(f"{counted(len(found), 'refund')} late, as of {instant_text(now)}")
