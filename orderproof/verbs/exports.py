"""Verbs that hand records out."""

from datetime import datetime
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


def _add(kind: str, what: str) -> None:
    """Add the verb that exports records of a kind."""

    def verb(
        format_: Annotated[
            str, typer.Option("--format", help="jsonl, csv, xlsx or parquet.")
        ] = "jsonl",
        shop: Annotated[str | None, typer.Option(help="Only this shop's.")] = None,
        first: Annotated[
            datetime | None,
            typer.Option("--from", formats=["%Y-%m-%d"], help="Orders that began on it or later."),
        ] = None,
        last: Annotated[
            datetime | None,
            typer.Option("--to", formats=["%Y-%m-%d"], help="Orders that began on it or before."),
        ] = None,
        out: Annotated[
            Path | None, typer.Option(help="A new file for it; else one beside you.")
        ] = None,
        bom: Annotated[
            bool, typer.Option("--bom", help="Begin a CSV file with Excel's mark of UTF-8.")
        ] = False,
        by: Annotated[str, typer.Option(help="Who hands it out; recorded.")] = "the command line",
        reason: Annotated[str, typer.Option(help="What for; recorded.")] = "not said",
        data: Data = None,
        as_json: Json = False,
    ) -> None:
        import msgspec

        from orderproof.bootstrap import open_store
        from orderproof.exporting import command

        days = (first.date() if first else None, last.date() if last else None)
        with open_store(installation.find(data)) as store:
            path, made = command.export(store, kind, format_, shop, days, out, by, reason, bom=bom)
        said = made.manifest
        if as_json:
            terminal.print_json(
                {
                    **msgspec.to_builtins(said),
                    "path": str(path),
                    "manifest": f"{path}.manifest.json",
                    "manifest_sha256": made.manifest_sha256,
                    "recorded": made.recorded,
                }
            )
            return
        terminal.say(
            f"{counted(said.rows, 'row')} in {shown(path)}, {said.size} bytes, SHA-256"
            f" {said.sha256}, as of position {said.as_of}"
        )
        terminal.say(f"Manifest {shown(path)}.manifest.json, signed: …manifest.p7s")

    export.command(kind, help=what)(verb)


_add("orders", "Write orders, a row each, with a signed manifest.")
_add("events", "Write events as they are recorded, personal data sealed, with a signed manifest.")
_add("refunds", "Write refunds and where their money is, a row each, with a signed manifest.")
_add("contacts", "Write messages to and from customers, without what they say, with a manifest.")


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
