"""The verbs of webhooks: the secrets that they are signed with."""

import sys
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote

import typer

from orderproof import installation, terminal
from orderproof.errors import CommandError
from orderproof.terminal import safe
from orderproof.verbs.options import Data, Json

webhook = typer.Typer(
    name="webhook",
    help="Webhooks of payment providers, shops and carriers: their secrets.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Source = Annotated[
    str, typer.Argument(help="As `import --format` names it, or cloudevents: Standard Webhooks.")
]
Shop = Annotated[str, typer.Option(help="Whose orders the webhooks are about.")]


@webhook.command("add")
def add(
    source: Source,
    shop: Shop,
    file: Annotated[
        Path | None, typer.Option(help="File that holds the secret; else standard input does.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Keep a secret, from a file or standard input; those that are there count as well."""
    from orderproof import webhook_secrets
    from orderproof.webhooks import SOURCES

    if source not in SOURCES:
        raise CommandError(f"SOURCE: {', '.join(SOURCES)}")
    try:
        secret = file.read_text() if file is not None else sys.stdin.read()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"the secret cannot be read: {type(error).__name__}") from None
    found = installation.find(data)
    own = webhook_secrets.add(found.keys_folder, source, shop, secret)
    path = f"/v1/webhooks/{source}/{shop}"
    if as_json:
        terminal.print_json({"id": own, "source": source, "shop": shop, "path": path})
        return
    terminal.say(f"secret {own}: {safe(path)} takes what is signed with it")


@webhook.command("list")
def list_(data: Data = None, as_json: Json = False) -> None:
    """List secrets by source, shop and id; never what they are."""
    from orderproof import webhook_secrets

    rows = [
        {"id": own, "source": source, "shop": unquote(shop)}
        for source, shop, own in webhook_secrets.ids(installation.find(data).keys_folder)
    ]
    if as_json:
        terminal.print_json({"secrets": rows})
        return
    for row in rows:
        terminal.say(f"{row['id']}  {row['source']:14} {safe(row['shop'])}")


@webhook.command("remove")
def remove(
    source: Source,
    shop: Shop,
    own: Annotated[str, typer.Option("--id", help="The secret's id.")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Delete a secret, once the source signs with the next one."""
    from orderproof import webhook_secrets

    webhook_secrets.remove(installation.find(data).keys_folder, source, shop, own)
    if as_json:
        terminal.print_json({"id": own, "removed": True})
        return
    terminal.say(f"secret {own}: deleted")
