"""The verbs of engagements: what somebody from outside may read over HTTP."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orderproof import installation, terminal
from orderproof.terminal import safe
from orderproof.verbs.giving import By
from orderproof.verbs.options import Data, Json

if TYPE_CHECKING:
    from api.access import Engagement

engagement = typer.Typer(
    name="engagement",
    help="What an auditor may read over HTTP: shops, days, fields, purpose, end.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Day = Annotated[
    datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First UTC day.")
]
LastDay = Annotated[
    datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last UTC day.")
]


@engagement.command("new")
def new(
    auditor: Annotated[str, typer.Option(help="Who it is for.")],
    purpose: Annotated[str, typer.Option(help="What it is for; recorded.")],
    shop: Annotated[
        list[str] | None, typer.Option(help="Orders of this shop; again for more; else of all.")
    ] = None,
    first: Day = None,
    last: LastDay = None,
    field: Annotated[
        list[str] | None, typer.Option(help="contact, fraud or tax: not masked; else all is.")
    ] = None,
    expires: Annotated[int, typer.Option(min=1, max=3650, help="Days for which it counts.")] = 90,
    by: By = "operator",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Make an engagement; `token new --role auditor --engagement ID` lets somebody in by it."""
    from orderproof import engagements
    from orderproof.bootstrap import open_store

    days = (first.date() if first else None, last.date() if last else None)
    with open_store(installation.find(data)) as store:
        made = engagements.make(store, auditor, shop or (), days, field or (), purpose, expires, by)
    if as_json:
        terminal.print_json(_row(made))
        return
    terminal.say(made.id)
    until = made.expires_at.isoformat(timespec="seconds")
    terminal.complain(f"engagement until {until}; next: orderproof token new --engagement")


@engagement.command("revoke")
def revoke(
    own: Annotated[str, typer.Argument(metavar="ID", help="The engagement's id.")],
    by: By = "operator",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """End an engagement and all tokens of it; running services refuse them in half a minute."""
    from orderproof import engagements
    from orderproof.bootstrap import open_store

    with open_store(installation.find(data)) as store:
        ended = engagements.revoke(store, own, by)
    if as_json:
        terminal.print_json(_row(ended))
        return
    terminal.say(f"engagement {ended.id}: ended")


@engagement.command("list")
def list_(data: Data = None, as_json: Json = False) -> None:
    """List engagements."""
    from orderproof import engagements
    from orderproof.bootstrap import open_store

    with open_store(installation.find(data)) as store:
        rows = [_row(one) for one in engagements.every(store)]
    if as_json:
        terminal.print_json({"engagements": rows})
        return
    for row in rows:
        shops = ", ".join(row["shops"]) or "all shops"
        days = f"{row['from'] or '…'} to {row['to'] or '…'}"
        said = safe(f"{row['auditor']}: {row['purpose']}; {shops}; {days}")
        terminal.say(f"{row['id']}  {row['state']:8} {said}")


def _row(one: "Engagement") -> dict[str, Any]:
    ended = one.revoked_at is not None
    valid = datetime.now(UTC) < one.expires_at
    return {
        "id": one.id,
        "auditor": one.auditor,
        "shops": list(one.shops),
        "from": one.first_day.isoformat() if one.first_day else None,
        "to": one.last_day.isoformat() if one.last_day else None,
        "fields": list(one.fields),
        "purpose": one.purpose,
        "expires_at": one.expires_at.isoformat(timespec="seconds"),
        "state": "revoked" if ended else "valid" if valid else "expired",
    }
