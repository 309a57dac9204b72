"""Verbs about files that are attached to orders."""

from pathlib import Path
from typing import Annotated

import typer

from domain.attachment import Kind
from orderproof import installation
from orderproof.errors import CommandError
from orderproof.verbs.options import Data, Json, Key, is_text

evidence = typer.Typer(
    name="evidence",
    help="Files that are attached to orders as evidence: sealed, and archived with the history.",
    no_args_is_help=True,
)


@evidence.command("add")
def evidence_add(
    key: Key,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Image, PDF, text, mail, recording.")
    ] = None,
    kind: Annotated[Kind, typer.Option(help="A statement stands against a paid refund.")] = (
        Kind.OTHER
    ),
    refund: Annotated[str | None, typer.Option(help="Id of the refund that it is about.")] = None,
    claim: Annotated[str | None, typer.Option(help="Id of the claim that it belongs to.")] = None,
    note: Annotated[str | None, typer.Option(help="What it shows; sealed.")] = None,
    by: Annotated[str, typer.Option(help="Who attaches it; recorded.")] = "the command line",
    digest: Annotated[
        str | None, typer.Option(help="SHA-256 of a file that is kept elsewhere, in its place.")
    ] = None,
    size: Annotated[int | None, typer.Option(help="Bytes of that file.")] = None,
    media_type: Annotated[str | None, typer.Option(help="Its type, such as audio/wav.")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Attach a file to an order, or the digest of one that is kept elsewhere. Safe to repeat."""
    from orderproof import attachment_file, attachments

    found = installation.find(data)
    if (file is None) == (digest is None):
        raise CommandError("name a file, or --digest and --size of one that is kept elsewhere")
    if file is not None:
        content = attachment_file.read_file(file, found.settings.evidence_max_mib << 20)
    else:
        content = attachment_file.of_digest(digest or "", size, media_type)
    said = attachments.Said(kind, refund, claim, note, by)
    raise typer.Exit(attachments.add(found, key, content, said, as_json=as_json))


@evidence.command("list")
def evidence_list(key: Key, data: Data = None, as_json: Json = False) -> None:
    """List what is attached to an order."""
    from orderproof import attachments

    raise typer.Exit(attachments.show(installation.find(data), key, as_json=as_json))


@evidence.command("get")
def evidence_get(
    key: Key,
    attachment: Annotated[
        str, typer.Argument(metavar="ID", help="As list names it.", callback=is_text)
    ],
    out: Annotated[Path, typer.Option(help="A new file for it.")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Write an attached file, readable by its owner alone. Look at it with care: others sent it."""
    from orderproof import attachments

    found = installation.find(data)
    raise typer.Exit(attachments.hand_out(found, key, attachment, out, as_json=as_json))
