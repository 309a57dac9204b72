"""Verbs about the keys that sign, and the keyring that says which of them to believe."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from orderproof import installation
from orderproof.verbs import outside_keys
from orderproof.verbs.options import Data, Json, Proposal, Roots

key = typer.Typer(
    name="key",
    help="Which keys sign the log, and who says so.",
    no_args_is_help=True,
)
key.add_typer(outside_keys.authority)
key.add_typer(outside_keys.witness)


@key.command("new")
def key_new(
    role: Annotated[str, typer.Option(help="root, or log under a new name.")],
    file: Annotated[Path | None, typer.Argument(help="Where the root key is written.")] = None,
    data: Data = None,
) -> None:
    """Make a root key, to be kept offline; or the first keyring of a log with a new name."""
    from orderproof import key_changes

    raise typer.Exit(key_changes.new(data, role, file))


@key.command("rotate")
def key_rotate(
    root: Roots = None, proposal: Proposal = None, data: Data = None, as_json: Json = False
) -> None:
    """Let new keys sign the log from now on."""
    from orderproof import key_changes

    found = installation.find(data)
    raise typer.Exit(key_changes.rotate(found, root or [], proposal, as_json=as_json))


@key.command("revoke")
def key_revoke(
    named: Annotated[str, typer.Argument(metavar="KEY", help="Its id, as key list shows it.")],
    reason: Annotated[str, typer.Option(help="Why; goes into the log for good, so no names.")],
    compromised_since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Day from which a thief may have had it."),
    ] = None,
    root: Roots = None,
    proposal: Proposal = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """End a key for good; with a day, nothing that it signed from then on counts."""
    from orderproof import key_changes

    since = compromised_since.date() if compromised_since else None
    found = installation.find(data)
    raise typer.Exit(
        key_changes.revoke(found, named, reason, since, root or [], proposal, as_json=as_json)
    )


@key.command("sign")
def key_sign(
    proposal: Annotated[Path, typer.Argument(help="A keyring that needs more signatures.")],
    root: Roots = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Sign a proposed keyring; with enough signatures it is in force on the machine of the log."""
    from orderproof import key_changes

    raise typer.Exit(key_changes.sign(data, proposal, root or [], as_json=as_json))


@key.command("list")
def key_list(data: Data = None, as_json: Json = False) -> None:
    """List the keys of the log with the sizes that each may sign."""
    from orderproof import key_changes

    raise typer.Exit(key_changes.list_keys(installation.find(data), as_json=as_json))


@key.command("show")
def key_show(data: Data = None) -> None:
    """Print the fingerprint and the keys, in a form to keep on paper."""
    from orderproof import key_changes

    raise typer.Exit(key_changes.show(installation.find(data)))
