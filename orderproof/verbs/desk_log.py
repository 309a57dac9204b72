"""The order desk's verb that tells what was done about an order."""

from typing import Annotated

import msgspec
import typer

from orderproof import errors, installation, terminal
from orderproof.errors import CommandError
from orderproof.terminal import safe
from orderproof.verbs.desk import By, Lang, RoleOption, readers
from orderproof.verbs.options import Data, Json, Key


def add_to(desk: typer.Typer) -> None:
    """Add this verb to the group."""
    desk.command("log")(log)


def log(
    key: Key,
    exception_id: Annotated[
        str | None,
        typer.Argument(metavar="[EXCEPTION]", help="This exception only; else all of the order."),
    ] = None,
    lang: Lang = "en",
    role: RoleOption = None,
    by: By = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show who did what when about an order; what staff wrote is masked without --role."""
    from orderproof.bootstrap import open_store
    from orderproof.finding import the_order
    from orderproof.order_desk import handling
    from orderproof.order_desk.showing import note_viewing

    words, seen_as = readers(lang, role, by)
    with open_store(installation.find(data)) as store:
        stream = the_order(store, key)
        if seen_as is not None:
            note_viewing(store, f"desk log of {stream}", seen_as, by or "")
        found = handling.read(store, stream, words, seen_as, exception_id)
    if exception_id is not None and not found:
        raise CommandError("the order has no exception of this id", errors.NOT_FOUND)
    if as_json:
        terminal.print_json({"log": [msgspec.to_builtins(one) for one in found]})
        return
    day = ""
    for one in found:
        if one.at[:10] != day:
            day = one.at[:10]
            terminal.say(safe(day))
        terminal.say(f"  {safe(one.line)}")
    if not found:
        terminal.say("nobody handled this order yet")
