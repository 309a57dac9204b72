"""The order desk's verbs: its lists."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orderproof import installation
from orderproof.errors import CommandError
from orderproof.verbs.options import Data, Json

if TYPE_CHECKING:
    from domain.tracking.roles import Role
    from domain.words.desk import DeskWords
    from orderproof.order_desk.lists import Selection

desk = typer.Typer(
    name="desk",
    help="The order desk: what is unfinished, what comes first, what is wrong.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Shop = Annotated[str | None, typer.Option(help="Orders of this shop only.")]
Quadrant = Annotated[
    int | None, typer.Option(min=1, max=4, help="Orders of this quadrant only, 1 to 4.")
]
OwnerOption = Annotated[
    str | None, typer.Option("--owner", help="Orders of this person or department only.")
]
Limit = Annotated[int | None, typer.Option(min=1, help="At most so many; else all.")]
Lang = Annotated[str, typer.Option(help="en or zh.")]
At = Annotated[
    str | None,
    typer.Option("--at", metavar="TIME", help="Count days as of then, RFC 3339; else now."),
]
RoleOption = Annotated[
    str | None,
    typer.Option(
        "--role",
        help="Show customers as this position may see them: service, manager, warehouse, finance.",
    ),
]
By = Annotated[str | None, typer.Option("--by", help="Who looks; needed with --role.")]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Write a table: FILE.csv or FILE.xlsx."),
]


@desk.callback()
def _desk() -> None:
    """The order desk: what is unfinished, what comes first, what is wrong."""


@desk.command("table")
def table(
    shop: Shop = None,
    quadrant: Quadrant = None,
    owner: OwnerOption = None,
    limit: Limit = None,
    lang: Lang = "en",
    at: At = None,
    role: RoleOption = None,
    by: By = None,
    out: Out = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show the tracking table: eight columns, every unfinished order, the first to do on top."""
    from orderproof.order_desk.lists import Selection

    chosen = Selection(shop=shop, quadrant=quadrant, owner=owner, limit=limit)
    _show("table", chosen, lang, at, role, by, out, data, as_json=as_json)


@desk.command("worklist")
def worklist(
    shop: Shop = None,
    quadrant: Quadrant = None,
    owner: OwnerOption = None,
    limit: Limit = None,
    lang: Lang = "en",
    at: At = None,
    role: RoleOption = None,
    by: By = None,
    out: Out = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show what to do first: by quadrant, then by exception, then by what is due."""
    from orderproof.order_desk.lists import Selection

    chosen = Selection(shop=shop, quadrant=quadrant, owner=owner, limit=limit)
    _show("worklist", chosen, lang, at, role, by, out, data, as_json=as_json)


@desk.command("top")
def top(
    shop: Shop = None,
    lang: Lang = "en",
    at: At = None,
    role: RoleOption = None,
    by: By = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show the five orders that come first, and which of them nobody touched for a day."""
    from domain.tracking.desk_policy import DESK_POLICY
    from orderproof.order_desk.lists import Selection

    chosen = Selection(shop=shop, limit=DESK_POLICY.first)
    _show("top", chosen, lang, at, role, by, None, data, as_json=as_json)


@desk.command("overdue")
def overdue(
    shop: Shop = None,
    owner: OwnerOption = None,
    limit: Limit = None,
    lang: Lang = "en",
    at: At = None,
    role: RoleOption = None,
    by: By = None,
    out: Out = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show what should have left by the first plan and has not, with the days since."""
    from orderproof.order_desk.lists import Selection

    chosen = Selection(shop=shop, owner=owner, limit=limit, overdue=True)
    _show("overdue", chosen, lang, at, role, by, out, data, as_json=as_json)


@desk.command("high-risk")
def high_risk(
    shop: Shop = None,
    owner: OwnerOption = None,
    limit: Limit = None,
    lang: Lang = "en",
    at: At = None,
    role: RoleOption = None,
    by: By = None,
    out: Out = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show orders at risk: of high value, to be expedited, or with a promise that is near."""
    from orderproof.order_desk.lists import Selection

    chosen = Selection(shop=shop, owner=owner, limit=limit, risk=True)
    _show("high-risk", chosen, lang, at, role, by, out, data, as_json=as_json)


@desk.command("repeat-customers")
def repeat_customers(
    shop: Shop = None,
    owner: OwnerOption = None,
    limit: Limit = None,
    lang: Lang = "en",
    at: At = None,
    role: RoleOption = None,
    by: By = None,
    out: Out = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show unfinished orders of customers who bought four times or more."""
    from orderproof.order_desk.lists import Selection

    chosen = Selection(shop=shop, owner=owner, limit=limit, repeat=True)
    _show("repeat-customers", chosen, lang, at, role, by, out, data, as_json=as_json)


def readers(lang: str, role: str | None, by: str | None) -> "tuple[DeskWords, Role | None]":
    """Return the words of the reader's language, and as whom they see customers.

    Raises:
        CommandError: the language or the position is not known, or nobody says who looks.
    """
    from domain.tracking.roles import ROLES
    from domain.words.desk import DESK_WORDS

    if lang not in DESK_WORDS:
        raise CommandError("--lang: en or zh")
    if role is not None and role not in ROLES:
        raise CommandError(f"--role: {', '.join(ROLES)}")
    if role is not None and not (by or "").strip():
        raise CommandError("--role needs --by: who looks at customers' names is recorded")
    return DESK_WORDS[lang], None if role is None else ROLES[role]


def moment(at: str | None) -> int | None:
    """Return what `--at` says, microseconds since 1970 UTC; None for now.

    Raises:
        CommandError: it is no time.
    """
    from domain.time import read_instant

    instant = None if at is None else read_instant(at)
    if at is not None and instant is None:
        raise CommandError("--at: a time such as 2026-11-26T09:00:00Z, with its offset")
    return instant


def _show(
    name: str,
    chosen: "Selection",
    lang: str,
    at: str | None,
    role: str | None,
    by: str | None,
    out: Path | None,
    data: Path | None,
    *,
    as_json: bool,
) -> None:
    from orderproof.bootstrap import open_store
    from orderproof.order_desk import showing

    words, seen_as = readers(lang, role, by)
    wanted = showing.Wanted(
        name=name, words=words, at=moment(at), role=seen_as, by=by, out=out, as_json=as_json
    )
    with open_store(installation.find(data)) as store:
        showing.show(store, chosen, wanted)
