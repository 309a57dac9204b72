"""Verbs about legal holds."""

from typing import Annotated

import typer

from orderproof import installation
from orderproof.verbs.options import Data, Json, Key, is_text

hold = typer.Typer(
    name="hold",
    help="Legal holds: nothing of an order under hold expires or is erased.",
    no_args_is_help=True,
)

Reason = Annotated[str, typer.Option(help="Why; recorded. Names no customer.")]
By = Annotated[str, typer.Option(help="Who decided it; recorded.")]


@hold.command("add")
def hold_add(key: Key, reason: Reason, by: By, data: Data = None, as_json: Json = False) -> None:
    """Put an order under hold, in the record and in the archive."""
    from orderproof import holding

    found = installation.find(data)
    raise typer.Exit(holding.add(found, key, reason, by, as_json=as_json))


@hold.command("release")
def hold_release(
    hold_id: Annotated[
        str,
        typer.Argument(
            metavar="HOLD", help="Its id, or the order that it is on.", callback=is_text
        ),
    ],
    reason: Reason,
    by: By,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """End a hold. Other holds of the same order stay in force."""
    from orderproof import holding

    found = installation.find(data)
    raise typer.Exit(holding.release(found, hold_id, reason, by, as_json=as_json))


@hold.command("list")
def hold_list(data: Data = None, as_json: Json = False) -> None:
    """List the holds in force."""
    from orderproof import holding

    raise typer.Exit(holding.show(installation.find(data), as_json=as_json))
