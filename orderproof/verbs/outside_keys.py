"""Verbs about who outside is believed: timestamp authorities and witnesses in the keyring."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orderproof import installation
from orderproof.verbs.options import Data, Json, Proposal, Roots

if TYPE_CHECKING:
    from archive.trust import Keyring

authority = typer.Typer(
    name="authority",
    help="Timestamp authorities in the keyring.",
    no_args_is_help=True,
)
witness = typer.Typer(
    name="witness",
    help="Witnesses in the keyring, and how many must cosign.",
    no_args_is_help=True,
)


@authority.command("add")
def authority_add(
    name: Annotated[str, typer.Option(help="What to call the authority; public.")],
    certificate: Annotated[Path, typer.Option(help="Its root certificate, PEM or DER.")],
    root: Roots = None,
    proposal: Proposal = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Believe a timestamp authority: tokens that lead to its root certificate count."""
    from orderproof import outside_keys

    def change(keyring: "Keyring") -> "Keyring":
        return outside_keys.with_authority(keyring, name, certificate)

    _end(change, root, proposal, data, as_json=as_json)


@authority.command("remove")
def authority_remove(
    name: Annotated[str, typer.Argument(help="Its name, as key list shows it.")],
    although_it_stamped: Annotated[
        bool, typer.Option("--although-it-stamped", help="Its tokens in the archive prove no more.")
    ] = False,
    root: Roots = None,
    proposal: Proposal = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Believe a timestamp authority no longer; refused while tokens of it are in the archive."""
    from orderproof import archiving, outside_keys

    def change(keyring: "Keyring") -> "Keyring":
        changed = outside_keys.without_authority(keyring, name)
        if not although_it_stamped:
            with archiving.opened(installation.find(data)) as store:
                outside_keys.refuse_stamped(store, keyring, changed)
        return changed

    _end(change, root, proposal, data, as_json=as_json)


@witness.command("add")
def witness_add(
    vkey: Annotated[str, typer.Argument(metavar="VKEY", help="Verifier key that it prints.")],
    root: Roots = None,
    proposal: Proposal = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Believe a witness: its cosignatures count."""
    from orderproof import outside_keys

    _end(
        lambda keyring: outside_keys.with_witness(keyring, vkey),
        root, proposal, data, as_json=as_json,
    )  # fmt: skip


@witness.command("remove")
def witness_remove(
    named: Annotated[str, typer.Argument(metavar="VKEY|NAME", help="As key list shows it.")],
    root: Roots = None,
    proposal: Proposal = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Believe a witness no longer: its cosignatures are left and say nothing."""
    from orderproof import outside_keys

    _end(
        lambda keyring: outside_keys.without_witness(keyring, named),
        root, proposal, data, as_json=as_json,
    )  # fmt: skip


@witness.command("quorum")
def witness_quorum(
    number: Annotated[int, typer.Argument(metavar="N", help="0: none is needed.")],
    root: Roots = None,
    proposal: Proposal = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Say how many witnesses must have cosigned the newest state of the log."""
    from orderproof import outside_keys

    _end(
        lambda keyring: outside_keys.with_quorum(keyring, number),
        root, proposal, data, as_json=as_json,
    )  # fmt: skip


def _end(
    change: "Callable[[Keyring], Keyring]",
    roots: list[Path] | None,
    proposal: Path | None,
    data: Path | None,
    *,
    as_json: bool,
) -> None:
    from orderproof import key_changes

    found = installation.find(data)
    raise typer.Exit(
        key_changes.propose_outside(found, change, roots or [], proposal, as_json=as_json)
    )
