"""Verbs about one person's data."""

from typing import Annotated

import typer

from orderproof import installation
from orderproof.verbs.options import Data, Json, is_text


def erase(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="SUBJECT",
            help="E-mail, phone, customer id, or an order as shop/number.",
            callback=is_text,
        ),
    ],
    ground: Annotated[str, typer.Option(help="The legal ground; recorded. Names nobody.")],
    requested_by: Annotated[
        str, typer.Option("--requested-by", "--by", help="Who of the staff asks; recorded.")
    ],
    approved_by: Annotated[str, typer.Option(help="Who approves, somebody else; recorded.")],
    purpose: Annotated[
        list[str] | None,
        typer.Option(help="contact, tax or fraud; may come again. Without it: contact."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Erase without being asked.")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Destroy the keys to a person's data, for good and in the archive too."""
    from orderproof import erasing

    decision = erasing.decide(ground, requested_by, approved_by, purpose or ())
    found = installation.find(data)
    raise typer.Exit(erasing.run(found, subject, decision, yes=yes, as_json=as_json))
