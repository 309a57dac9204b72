"""Options and arguments that several verbs have."""

from pathlib import Path
from typing import Annotated

import typer

from orderproof.errors import CommandError

Data = Annotated[
    Path | None,
    typer.Option("--data", help="Data folder; else ORDERPROOF_DATA, else ./orderproof-data."),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, nothing else.")]
Roots = Annotated[
    list[Path] | None,
    typer.Option("--root", help="File of a root key; once for each that is at hand."),
]
Proposal = Annotated[
    Path | None,
    typer.Option(help="Where the keyring is kept until enough root keys have signed it."),
]


def is_text(key: str) -> str:
    """Return what was typed, if it can be looked for.

    Raises:
        CommandError: it is not UTF-8.
    """
    try:
        key.encode()
    except UnicodeEncodeError:
        raise CommandError("ORDER or SUBJECT is not UTF-8 text") from None
    if not key.strip():
        raise CommandError("ORDER or SUBJECT is empty")
    return key


Key = Annotated[
    str,
    typer.Argument(
        metavar="ORDER",
        help="Number, shop/number, tracking number, PSP or refund reference, e-mail or phone.",
        callback=is_text,
    ),
]
