"""The verb that compares settlement files with the record."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from orderproof import errors, installation, terminal
from orderproof.verbs.options import Data, Json


def reconcile(
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help="Plain, .gz, or -.")],
    format_: Annotated[
        str, typer.Option("--format", help="stripe, adyen, paypal …, or csv with --map.")
    ] = "csv",
    mapping: Annotated[
        Path | None, typer.Option("--map", help="TOML that says what the columns mean.")
    ] = None,
    start: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="First day; else the files' first."),
    ] = None,
    end: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], help="Last day; else the files' last."),
    ] = None,
    psp: Annotated[
        str | None,
        typer.Option(help="Whose refunds should be in the files; any for all. Else as they say."),
    ] = None,
    shop: Annotated[str | None, typer.Option(help="Refunds of this shop alone.")] = None,
    tolerance_days: Annotated[
        int, typer.Option(help="Days between our payment and the booking.")
    ] = 5,
    csv: Annotated[Path | None, typer.Option(help="A new file for the table.")] = None,
    bom: Annotated[bool, typer.Option("--bom", help="A mark for Excel before the table.")] = False,
    record: Annotated[
        bool, typer.Option("--record", help="Record the settlements that the files prove.")
    ] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Compare settlement files or bank statements with the refunds in the store."""
    from orderproof import reconciliation_report, reconciling
    from orderproof.bootstrap import open_store

    wish = reconciling.Wish(
        format=format_,
        mapping=mapping,
        start=None if start is None else start.date(),
        end=None if end is None else end.date(),
        psp=psp,
        shop=shop,
        tolerance_days=tolerance_days,
        record=record,
    )
    with open_store(installation.find(data)) as store:
        done = reconciling.run(store, files, wish)
    if csv is not None:
        reconciliation_report.write_csv(done, csv, bom=bom)
    if as_json:
        terminal.print_json(reconciliation_report.as_dict(done))
    else:
        reconciliation_report.tell(done)
    if not done.agrees:
        raise typer.Exit(errors.PARTLY)
