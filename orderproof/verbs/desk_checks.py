"""The order desk's verbs about checks of orders and a seller's own rules."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from orderproof import errors, installation, terminal
from orderproof.errors import CommandError
from orderproof.terminal import counted, safe
from orderproof.verbs.giving import As, By, CommandId, give
from orderproof.verbs.options import Data, Json, Key, is_text

rules = typer.Typer(
    name="rules",
    help="Rules of your own by which orders are checked.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
_LARGEST = 1 << 20


def add_to(desk: typer.Typer) -> None:
    """Add these verbs to the group."""
    desk.command("check")(check)
    desk.command("review")(review)
    desk.command("duplicate")(duplicate)
    desk.add_typer(rules)


def check(
    key: Annotated[
        str | None,
        typer.Argument(
            metavar="[ORDER]",
            help="This order, whether it changed or not; without, all that changed.",
            callback=lambda value: value if value is None else is_text(value),
        ),
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Check orders, as `worker check` does all the time; exit 7 where something was found."""
    from eventstore.connection import connect
    from eventstore.writer import ROLE
    from orderproof.bootstrap import open_store
    from orderproof.finding import the_order
    from orderproof.order_desk import checking

    with open_store(installation.find(data)) as store:
        if key is None:
            done = checking.run(store)
        else:
            stream = the_order(store, key, checking.READ)
            with connect(store.dsn, ROLE) as connection:
                in_force = checking.rules_in_force(store.connection)
                checked = checking.check_order(connection, store, stream, in_force)
            done = [] if checked is None else [checked]
    found = [one for one in done if one.failed or one.suspected]
    if as_json:
        terminal.print_json(
            {"checked": len(done), "found": [msgspec.to_builtins(one) for one in found]}
        )
    else:
        for one in found:
            terminal.say(f"{safe(one.order)}: {safe(', '.join((*one.failed, *one.suspected)))}")
        terminal.say(f"{counted(len(done), 'order')} checked, {len(found)} with findings")
    if found:
        raise typer.Exit(errors.PARTLY)


def review(
    key: Key,
    check_id: Annotated[str, typer.Argument(metavar="CHECK", help="Such as C7.")],
    outcome: Annotated[str, typer.Argument(metavar="OUTCOME", help="accepted or refused.")],
    by: By,
    note: Annotated[str, typer.Option(help="Why; sealed.")],
    role: As = None,
    command_id: CommandId = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Decide on what a check had found: accepted, it stands against nothing any more."""
    said = {"check_ids": [check_id], "outcome": outcome, "note": note}
    give(key, "order.manually_reviewed", said, by, role, command_id, data, as_json=as_json)


def duplicate(
    key: Key,
    other: Annotated[str, typer.Argument(metavar="OTHER", help="The other order, shop/number.")],
    decision: Annotated[str, typer.Argument(metavar="DECISION", help="confirmed or dismissed.")],
    by: By,
    reason: Annotated[str, typer.Option(help="Why: a slip, or a real need.")],
    role: As = None,
    command_id: CommandId = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Say whether an order is another one that was placed twice."""
    becomes = {
        "confirmed": "order.duplicate_confirmed",
        "dismissed": "order.duplicate_dismissed",
    }.get(decision)
    if becomes is None:
        raise CommandError("DECISION: confirmed or dismissed")
    said = {"other_order_id": other, "reason": reason}
    give(key, becomes, said, by, role, command_id, data, as_json=as_json)


@rules.command("set")
def set_rules(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON: a list of rules.")],
    by: By,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Put rules in force, in place of those that were; recorded."""
    from domain.checks.rules import read_rules
    from domain.errors import InvalidInputError
    from orderproof.bootstrap import open_store
    from orderproof.order_desk import checking
    from sources.strict_json import parse

    try:
        with file.open("rb") as opened:
            raw = opened.read(_LARGEST + 1)
    except OSError as error:
        raise CommandError(f"{terminal.shown(file)} cannot be read: {error.strerror}") from None
    if len(raw) > _LARGEST:
        raise CommandError(f"{terminal.shown(file)} is larger than 1 MiB")
    try:
        wanted = read_rules(parse(raw, _LARGEST))
    except InvalidInputError as error:
        raise CommandError(f"{terminal.shown(file)}: {error.place}: {error}") from None
    with open_store(installation.find(data)) as store:
        position = checking.set_rules(store, wanted, by)
    if as_json:
        terminal.print_json(
            {"rule_version": wanted.version, "rules": len(wanted.rules), "position": position}
        )
        return
    done = "are in force already" if position is None else f"in force, position {position}"
    terminal.say(f"{counted(len(wanted.rules), 'rule')} {done}: {wanted.version}")


@rules.command("list")
def list_rules(data: Data = None, as_json: Json = False) -> None:
    """List the rules in force and the built-in checks."""
    from domain.checks.indicators import CHECKS_VERSION, INDICATORS
    from orderproof.bootstrap import open_store
    from orderproof.order_desk import checking

    with open_store(installation.find(data)) as store:
        found = checking.rules_in_force(store.connection)
    if as_json:
        builtin = [
            {
                "id": one.id,
                "title": one.title["en"],
                "severity": one.severity,
                "needs_human": one.needs_human,
                "class": one.class_,
                "subtype": one.subtype,
            }
            for one in INDICATORS
        ]
        terminal.print_json(
            {
                "checks_version": CHECKS_VERSION,
                "checks": builtin,
                "rule_version": found.version,
                "rules": msgspec.to_builtins(found.rules),
            }
        )
        return
    for one in INDICATORS:
        terminal.say(f"{one.id:4} {one.severity:6} {one.title['en']}")
    for rule in found.rules:
        terminal.say(f"{safe(rule.id)}  {rule.severity}  {safe(rule.title)}: {safe(rule.message)}")
    terminal.say(f"{CHECKS_VERSION}, {found.version}")
