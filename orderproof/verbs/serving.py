"""The verbs of HTTP: serving, and the tokens by which somebody comes in."""

from typing import Annotated

import typer

from orderproof import installation, terminal
from orderproof.terminal import safe
from orderproof.verbs.giving import By
from orderproof.verbs.options import Data, Json

token = typer.Typer(
    name="token",
    help="Access tokens for HTTP.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0: any that is free.")] = 8080,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Answer over HTTP until SIGTERM: events in, API and pages. Put a proxy with TLS in front."""
    from orderproof import serving
    from orderproof.bootstrap import open_store

    with open_store(installation.find(data)) as store:
        serving.run(store, host, port, as_json=as_json)


@token.command("new")
def new(
    role: Annotated[
        str,
        typer.Option(
            help="intake, auditor, support, support-lead, compliance, service, manager, warehouse, "
            "finance, operator or key-officer."
        ),
    ],
    by: By = "operator",
    shop: Annotated[
        list[str] | None, typer.Option(help="Good for this shop only; again for more.")
    ] = None,
    engagement: Annotated[
        str | None, typer.Option(help="Of the role auditor: see `orderproof engagement`.")
    ] = None,
    subject: Annotated[
        str | None,
        typer.Option(help="For whom the identity provider calls so (`sub`); no secret is made."),
    ] = None,
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
    expires: Annotated[int, typer.Option(min=1, max=3650, help="Days for which it counts.")] = 365,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Make a token. It is shown now and never again."""
    from orderproof import tokens
    from orderproof.bootstrap import open_store

    with open_store(installation.find(data)) as store:
        made, text = tokens.make(store, role, shop or (), label, expires, by, engagement, subject)
    until = made.expires_at.isoformat(timespec="seconds")
    if as_json:
        terminal.print_json(
            {
                "token": None if subject else text,
                "id": made.id,
                "subject": made.subject,
                "role": made.role,
                "shops": list(made.shops),
                "label": made.label,
                "engagement": made.engagement.id if made.engagement else None,
                "expires_at": until,
            }
        )
        return
    if subject:
        terminal.say(f"token {made.id}, role {made.role}, until {until}, for {safe(subject)}")
        return
    terminal.say(text)
    terminal.complain(f"token {made.id}, role {made.role}, until {until}; it is not shown again")


@token.command("break-glass")
def break_glass(
    reason: Annotated[str, typer.Option(help="Why; recorded for good, so it names nobody.")],
    ticket: Annotated[str, typer.Option(help="Where the matter is followed up; recorded.")],
    by: Annotated[str, typer.Option("--by", help="Who takes it; recorded.")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Take a token that sees everything for an hour, when nobody who may is there."""
    from orderproof import tokens
    from orderproof.bootstrap import open_store

    with open_store(installation.find(data)) as store:
        made, text = tokens.break_glass(store, by, reason, ticket)
    until = made.expires_at.isoformat(timespec="seconds")
    if as_json:
        terminal.print_json({"token": text, "id": made.id, "expires_at": until})
        return
    terminal.say(text)
    terminal.complain(f"token {made.id} until {until}; who took it and why is on the record")


@token.command("revoke")
def revoke(
    own: Annotated[str, typer.Argument(metavar="ID", help="The token's id.")],
    by: By = "operator",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Revoke a token; running services refuse it within half a minute."""
    from orderproof import tokens
    from orderproof.bootstrap import open_store

    with open_store(installation.find(data)) as store:
        found = tokens.revoke(store, own, by)
    if as_json:
        terminal.print_json({"id": found.id, "revoked_at": str(found.revoked_at)})
        return
    terminal.say(f"token {found.id}: revoked")


@token.command("list")
def list_(data: Data = None, as_json: Json = False) -> None:
    """List tokens, without their secrets."""
    from datetime import UTC, datetime

    from eventstore.connection import connect
    from orderproof import access_notes, tokens
    from orderproof.bootstrap import open_store

    with (
        open_store(installation.find(data)) as store,
        connect(store.dsn, access_notes.GATE) as gate,
    ):
        found = tokens.every(gate)
    now = datetime.now(UTC)
    rows = [
        {
            "id": one.id,
            "role": one.role,
            "shops": list(one.shops),
            "label": one.label,
            "created_at": one.created_at.isoformat(timespec="seconds"),
            "expires_at": one.expires_at.isoformat(timespec="seconds"),
            "state": "revoked" if one.revoked_at else "valid" if one.counts(now) else "expired",
        }
        for one in found
    ]
    if as_json:
        terminal.print_json({"tokens": rows})
        return
    for row in rows:
        shops = ", ".join(row["shops"]) or "all shops"
        named = safe(f"{shops}  {row['label']}")
        terminal.say(f"{row['id']}  {row['state']:8} {row['role']:10} {named}".rstrip())
