"""Verbs that read an archive back: restore, drill."""

from pathlib import Path
from typing import Annotated

import typer

from orderproof import installation
from orderproof.verbs.options import Data, Json


def drill(
    histories: Annotated[
        int | None, typer.Option(min=1, max=100_000, help="How many; else as the settings say.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Chooses them; a drill says its seed.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Read random histories out of the archive and compare them with the store."""
    from orderproof import drilling

    raise typer.Exit(drilling.run(installation.find(data), histories, seed, as_json=as_json))


def restore(
    from_archive: Annotated[
        str, typer.Option("--from-archive", help="The archive: a folder, file:// or s3:// address.")
    ],
    checkpoint: Annotated[
        Path | None, typer.Option(help="A checkpoint that you kept: the archive must reach it.")
    ] = None,
    keyring: Annotated[
        Path | None, typer.Option(help="The keyring that you trust, got from elsewhere.")
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option(help="Keys to personal data, from `export keys` of the old installation."),
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Rebuild the event store from an archive, in an empty database. All of it, or nothing."""
    from orderproof import addresses, restoring

    where = addresses.parse(from_archive, data)
    raise typer.Exit(
        restoring.run(installation.find(data), where, checkpoint, keyring, keys, as_json=as_json)
    )
