"""Verbs that hand records out."""

from pathlib import Path
from typing import Annotated

import typer

from orderproof import installation, terminal
from orderproof.errors import CommandError
from orderproof.terminal import counted, shown
from orderproof.verbs import desk
from orderproof.verbs.desk import By, RoleOption
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


@export.command("unfinished")
def export_unfinished(
    format_: Annotated[str, typer.Option("--format", help="csv, xlsx or jsonl.")] = "csv",
    out: Annotated[
        Path | None, typer.Option(help="A new file for it; else one beside you.")
    ] = None,
    lang: Annotated[str, typer.Option(help="en or zh.")] = "en",
    role: RoleOption = None,
    by: By = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Write all unfinished orders with all that is known of them; recorded with its digest."""
    import msgspec

    from orderproof.bootstrap import open_store
    from orderproof.order_desk import exporting
    from orderproof.order_desk.showing import note_viewing

    words, seen_as = desk.readers(lang, role, by)
    if format_ not in exporting.FORMATS:
        raise CommandError(f"--format: {', '.join(exporting.FORMATS)}")
    path = Path(f"unfinished-orders.{format_}") if out is None else out
    with open_store(installation.find(data)) as store:
        if seen_as is not None:
            note_viewing(store, "export unfinished", seen_as, by or "")
        with terminal.progress("exporting unfinished orders", "orders") as progress:
            done = exporting.export(store, path, format_, words, seen_as, progress)
    if as_json:
        terminal.print_json(msgspec.to_builtins(done))
        return
    terminal.say(
        f"{counted(done.count, 'order')} in {shown(path)}, {done.size} bytes, {done.seconds} s,"
        f" SHA-256 {done.sha256}, as of {done.as_of}, position {done.position}"
    )


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
