"""The order desk's verbs about what customers get for trouble."""

import hashlib
from typing import Annotated

import msgspec
import typer

from orderproof import installation, terminal
from orderproof.errors import CommandError
from orderproof.terminal import safe
from orderproof.verbs.desk import Shop
from orderproof.verbs.giving import As, By, CommandId, give, give_parts
from orderproof.verbs.options import Data, Json, Key

compensation = typer.Typer(
    name="compensation",
    help="What customers get for trouble: offered by level, handed out, taken back.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Id = Annotated[str, typer.Argument(metavar="ID", help="The compensation's id.")]


def add_to(desk: typer.Typer) -> None:
    """Add these verbs to the group."""
    desk.add_typer(compensation)


@compensation.command("offer")
def offer(
    key: Key,
    level: Annotated[int, typer.Argument(metavar="LEVEL", help="Of the trouble, 1 to 3.")],
    by: By,
    kind: Annotated[
        str | None,
        typer.Option(help="coupon, cash_voucher, gift or apology_card, in place of the level's."),
    ] = None,
    amount: Annotated[
        int | None, typer.Option(help="With --kind: in minor units of the currency.")
    ] = None,
    currency: Annotated[str | None, typer.Option(help="With --kind: ISO 4217.")] = None,
    condition: Annotated[
        str | None, typer.Option(help="With --kind: on_delivery or at_packing; else at once.")
    ] = None,
    compensation_id: Annotated[
        str, typer.Option("--id", help="Names it in its order, together with its kind.")
    ] = "level",
    role: As = None,
    command_id: CommandId = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Offer what trouble of a level is worth: each part is a compensation of its own.

    1: a coupon of 10 yuan, once the refund is approved. 2: a small gift, and a cash voucher of 5
    yuan that is issued with the delivery. 3: an apology card and a small gift in the parcel.
    """
    from domain.tracking.compensation import OFFERS, Offer

    if kind is None and (amount, currency, condition) != (None, None, None):
        raise CommandError("--amount, --currency and --condition go with --kind")
    own = (
        [Offer(kind=kind, what={}, amount=amount, currency=currency, condition=condition)]
        if (kind is not None)
        else OFFERS.get(level, ())
    )
    if not own:
        raise CommandError("LEVEL: 1, 2 or 3")
    parts: list[dict[str, object]] = [
        {
            "compensation_id": f"{compensation_id}-{level}-{one.kind}",
            "kind": one.kind,
            "level": level,
            "amount": one.amount,
            "currency": one.currency,
            "condition": one.condition,
        }
        for one in own
    ]
    give_parts(key, "compensation.offered", parts, by, role, command_id, data, as_json=as_json)


@compensation.command("issue")
def issue(
    key: Key,
    compensation_id: Id,
    by: By,
    code: Annotated[
        str | None, typer.Option(help="The code that the customer gets; its SHA-256 is recorded.")
    ] = None,
    role: As = None,
    command_id: CommandId = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Say that a compensation was handed out."""
    digest = None if code is None else hashlib.sha256(code.encode()).hexdigest()
    said = {"compensation_id": compensation_id, "code_digest": digest}
    give(key, "compensation.issued", said, by, role, command_id, data, as_json=as_json)


@compensation.command("cancel")
def cancel(
    key: Key,
    compensation_id: Id,
    by: By,
    reason: Annotated[str, typer.Option(help="Why.")],
    role: As = None,
    command_id: CommandId = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Take back what was offered."""
    said = {"compensation_id": compensation_id, "reason": reason}
    give(key, "compensation.cancelled", said, by, role, command_id, data, as_json=as_json)


@compensation.command("list")
def list_(
    shop: Shop = None,
    ended: Annotated[
        bool, typer.Option("--all", help="All of it; else what is still to be handed out.")
    ] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """List compensation, the oldest offer first."""
    from domain.money import format_money
    from orderproof.bootstrap import open_store
    from orderproof.order_desk import exceptions, lists
    from projections.compensation_ledger import COMPENSATION_LEDGER

    chosen = exceptions.Chosen(shop=shop, ended=ended)
    with open_store(installation.find(data)) as store:
        standing = lists.stand(store, of=[COMPENSATION_LEDGER])
        rows = exceptions.read_compensation(store.views, chosen)
        if as_json:
            head = {"as_of": standing.as_of, "position": standing.position}
            terminal.print_json_rows(
                head, "compensation", (msgspec.to_builtins(one) for one in rows), {}
            )
            return
        count = 0
        for one in rows:
            count += 1
            worth = "" if one.amount is None else format_money(one.amount, one.currency)
            said = (one.compensation_id, one.kind, worth, one.condition, one.state)
            terminal.say(f"{safe(one.order)}  {safe(', '.join(each for each in said if each))}")
        terminal.say(f"{count} of compensation, as of {standing.as_of}")
