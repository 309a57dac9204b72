"""Verbs that hand records out."""

from pathlib import Path
from typing import Annotated

import typer

from orderproof import installation
from orderproof.verbs.options import Data, Json, is_text

export = typer.Typer(name="export", help="Hand out records as files.", no_args_is_help=True)


@export.command("subject")
def export_subject(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="SUBJECT",
            help="E-mail, phone, customer id, or an order as shop/number.",
            callback=is_text,
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(help="A new folder for it; else one beside you.")
    ] = None,
    by: Annotated[str, typer.Option(help="Who hands it out; recorded.")] = "the command line",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Write everything about one person, readable, with a manifest of digests."""
    from orderproof import subject_export

    found = installation.find(data)
    raise typer.Exit(subject_export.run(found, subject, out, by, as_json=as_json))


@export.command("keys")
def export_keys(
    out: Annotated[Path, typer.Option(help="A new file for them.")],
    by: Annotated[str, typer.Option(help="Who hands them out; recorded.")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Write the keys to personal data that are left, in the clear, for whoever takes over."""
    from orderproof import key_bundle

    raise typer.Exit(key_bundle.run(installation.find(data), out, by, as_json=as_json))
