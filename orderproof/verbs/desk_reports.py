"""The order desk's verbs that report over a period, and about what was improved since."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import msgspec
import typer

from orderproof import installation, terminal
from orderproof.errors import CommandError
from orderproof.terminal import counted, safe
from orderproof.verbs.desk import Lang, Out, Shop
from orderproof.verbs.giving import By
from orderproof.verbs.options import Data, Json

if TYPE_CHECKING:
    from domain.words.reports import ReportWords
    from orderproof.bootstrap import Store
    from orderproof.order_desk.lists import Standing
    from orderproof.order_desk.report import Period, Report

improvement = typer.Typer(
    name="improvement",
    help="What is changed so that a cause becomes rarer, and whether it did.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Since = Annotated[
    str | None,
    typer.Option("--from", metavar="DAY", help="From this day on, YYYY-MM-DD, UTC; else ever."),
]
Until = Annotated[
    str | None, typer.Option("--to", metavar="DAY", help="Up to this day and with it.")
]
Limit = Annotated[int, typer.Option(min=1, help="At most so many rows; how many more is said.")]
Svg = Annotated[Path | None, typer.Option("--svg", metavar="FILE", help="Draw it, too: FILE.svg.")]

FIELDS = "fields"


def add_to(desk: typer.Typer) -> None:
    """Add these verbs to the group."""
    desk.command("report")(report)
    desk.add_typer(improvement)


def report(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="exceptions, classes, levels, departments, goods, steps, causes, lead-time, "
            "compensation, improvements, metrics or fields.",
        ),
    ],
    since: Since = None,
    until: Until = None,
    shop: Shop = None,
    limit: Limit = 50,
    lang: Lang = "en",
    out: Out = None,
    svg: Svg = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Report over a period: of exceptions raised, orders placed, or compensation offered in it."""
    from orderproof.bootstrap import open_store
    from orderproof.order_desk import lists, reporting
    from projections.tracking_table import TRACKING_TABLE

    words = _words(lang)
    if name not in (*reporting.REPORTS, FIELDS):
        raise CommandError(f"NAME: {', '.join((*reporting.REPORTS, FIELDS))}")
    if name == FIELDS and (since or until):
        raise CommandError("fields are counted of what is unfinished now: no --from, no --to")
    period = _period(since, until, shop)
    with open_store(installation.find(data)) as store:
        standing = lists.stand(store, of=[TRACKING_TABLE] if name == FIELDS else reporting.READ)
        found = (
            _filled(store, shop, standing, lang)
            if name == FIELDS
            else reporting.make(store.views, name, period, words, limit)
        )
    note = (words.of if since or until else words.whole).format(
        what=words.titles[name],
        since=since or words.ever,
        until=until or words.ever,
        as_of=standing.as_of,
        position=standing.position,
    )
    if svg is not None:
        _draw(svg, found, words, note)
    if out is not None:
        _write(out, found, words, note)
    if as_json:
        head = {"as_of": standing.as_of, "position": standing.position, "total": found.total}
        terminal.print_json({"report": name, **head, "rows": found.dicts()})
        return
    _print(found, words)
    more = f"; {found.total - len(found.rows)} more" if found.total > len(found.rows) else ""
    terminal.say(f"{safe(note)}{more}")


def _filled(store: "Store", shop: str | None, standing: "Standing", lang: str) -> "Report":
    from domain.words.desk import DESK_WORDS
    from orderproof.order_desk.filling import fill_rates

    with terminal.progress("counting fields", "orders") as progress:
        return fill_rates(store, shop, standing, DESK_WORDS[lang], progress)


def _words(lang: str) -> "ReportWords":
    from domain.words.reports import REPORT_WORDS

    if lang not in REPORT_WORDS:
        raise CommandError("--lang: en or zh")
    return REPORT_WORDS[lang]


def _period(since: str | None, until: str | None, shop: str | None) -> "Period":
    from datetime import timedelta

    from domain.time import day_end, read_date
    from orderproof.order_desk.report import Period

    def instant(said: str | None, option: str, days: int) -> int | None:
        if said is None:
            return None
        day = read_date(said)
        if day is None:
            raise CommandError(f"{option}: a day, YYYY-MM-DD")
        return day_end(day + timedelta(days=days)) + 1

    period = Period(since=instant(since, "--from", -1), until=instant(until, "--to", 0), shop=shop)
    if None not in (period.since, period.until) and (period.since or 0) >= (period.until or 0):
        raise CommandError("--from comes after --to")
    return period


def _print(found: "Report", words: "ReportWords") -> None:
    heads = [words.heads[name] for name in found.columns]
    table = [heads, *([_cell(cell) for cell in row] for row in found.rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(heads))]
    for row in table:
        cells = [text.ljust(width) for text, width in zip(row, widths, strict=True)]
        terminal.say(safe("  ".join(cells).rstrip()))


def _cell(cell: object) -> str:
    return "–" if cell is None else str(cell)


def _draw(path: Path, found: "Report", words: "ReportWords", note: str) -> None:
    from orderproof.order_desk import chart

    picture = chart.draw(found, words.titles[found.name], note, words.heads[found.bar])
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(picture)
    except FileExistsError:
        _refuse(f"{terminal.shown(path)} is there already; nothing was overwritten")
    except OSError as error:
        _refuse(f"{terminal.shown(path)} cannot be written: {error.strerror}")


def _refuse(why: str) -> NoReturn:
    raise CommandError(why) from None


def _write(path: Path, found: "Report", words: "ReportWords", note: str) -> None:
    from orderproof.order_desk import table_files

    ending = path.suffix.removeprefix(".").lower()
    if ending not in table_files.TABLES:
        raise CommandError("--out: a file that ends in .csv or .xlsx")
    sheet = table_files.Sheet(
        name=found.name, columns={name: words.heads[name] for name in found.columns}, note=note
    )
    table_files.write(path, ending, sheet, found.rows)


@improvement.command("suggest")
def suggest(
    by: By,
    since: Since = None,
    until: Until = None,
    shop: Shop = None,
    lang: Lang = "en",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Record what is suggested where a cause is too frequent in a period."""
    from orderproof.bootstrap import catch_up, open_store
    from orderproof.order_desk import improving

    words, period = _words(lang), _period(since, until, shop)
    with open_store(installation.find(data)) as store:
        catch_up(store)
        causes = improving.suggest(store, period, words, by)
    if as_json:
        terminal.print_json({"suggested": causes})
        return
    for cause in causes:
        terminal.say(cause)
    terminal.say(f"{counted(len(causes), 'suggestion')} recorded")


@improvement.command("adopt")
def adopt(
    cause: Annotated[
        str,
        typer.Argument(metavar="CAUSE", help="Class and subtype: information.incomplete_address."),
    ],
    by: By,
    what: Annotated[
        str | None, typer.Option(help="What is changed; the suggestion where nothing is said.")
    ] = None,
    lang: Lang = "en",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Record that something is changed from now on; `compare` tells what became of it."""
    from orderproof.bootstrap import open_store
    from orderproof.order_desk import improving

    words = _words(lang)
    with open_store(installation.find(data)) as store:
        position = improving.adopt(store, cause, what, words, by)
    if as_json:
        terminal.print_json({"cause": cause, "position": position})
        return
    terminal.say(f"{safe(cause)}: adopted, position {position}")


@improvement.command("compare")
def compare(shop: Shop = None, data: Data = None, as_json: Json = False) -> None:
    """Compare each adopted improvement's cause before and after, up to 30 days on either side."""
    from orderproof.bootstrap import open_store
    from orderproof.order_desk import improving, lists, reporting

    with open_store(installation.find(data)) as store:
        standing = lists.stand(store, of=reporting.READ)
        found = improving.compare(store, standing.at, shop)
    if as_json:
        terminal.print_json({"as_of": standing.as_of, "compared": msgspec.to_builtins(found)})
        return
    for one in found:
        terminal.say(
            f"{safe(one.cause)}: {_cell(one.before)} % of {one.exceptions_before} before,"
            f" {_cell(one.after)} % of {one.exceptions_after} after, {one.days} days,"
            f" adopted {one.adopted_at}"
        )
    terminal.say(f"{counted(len(found), 'improvement')}, as of {standing.as_of}")
