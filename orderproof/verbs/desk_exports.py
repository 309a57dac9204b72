"""The order desk's verbs about the full information of orders, and its drills."""

from typing import Annotated

import msgspec
import typer

from orderproof import installation, terminal
from orderproof.errors import CommandError
from orderproof.terminal import counted, safe
from orderproof.verbs.desk import (
    At,
    By,
    Lang,
    Limit,
    OwnerOption,
    RoleOption,
    Shop,
    moment,
    readers,
)
from orderproof.verbs.options import Data, Json


def add_to(desk: typer.Typer) -> None:
    """Add these verbs to the group."""
    desk.command("unfinished")(unfinished)
    desk.command("missing")(missing)
    desk.command("drill")(drill)
    desk.command("clocks")(clocks)


def unfinished(
    lacking: Annotated[
        str | None,
        typer.Option("--missing", help="Orders that lack this group, such as goods, only."),
    ] = None,
    shop: Shop = None,
    owner: OwnerOption = None,
    limit: Limit = None,
    lang: Lang = "en",
    at: At = None,
    role: RoleOption = None,
    by: By = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show all that is known of unfinished orders: thirteen fields in five groups."""
    from domain.tracking.listed import DIMENSIONS
    from orderproof.bootstrap import open_store
    from orderproof.order_desk import exporting, lists
    from orderproof.order_desk.showing import note_viewing

    words, seen_as = readers(lang, role, by)
    if lacking is not None and lacking not in DIMENSIONS:
        raise CommandError(f"--missing: {', '.join(DIMENSIONS)}")
    chosen = lists.Selection(shop=shop, owner=owner, limit=limit, missing=lacking)
    with open_store(installation.find(data)) as store:
        standing = lists.stand(store, moment(at))
        total = lists.total(store.views, chosen, standing.at)
        shown = total.number if limit is None else min(total.number, limit)
        if seen_as is not None:
            scope = f"desk unfinished, {counted(shown, 'order')}"
            note_viewing(store, scope, seen_as, by or "")
        found = exporting.rows(store, chosen, standing, words, seen_as)
        if as_json:
            head = {"as_of": standing.as_of, "position": standing.position, **total.head()}
            terminal.print_json_rows(head, "rows", found, {})
            return
        for row in found:
            head_, *cells = zip(exporting.COLUMNS, exporting.cells(row, words), strict=True)
            terminal.say(safe(str(head_[1])))
            for name, cell in cells:
                if cell not in (None, ""):
                    terminal.say(f"  {words.fields[name]}: {safe(str(cell))}")
        orders = "; ".join(filter(None, (counted(shown, "order"), total.beyond(shown))))
        terminal.say(f"{orders}, as of {standing.as_of}, position {standing.position}")


def missing(shop: Shop = None, data: Data = None, as_json: Json = False) -> None:
    """Count the unfinished orders that lack a group of information; `unfinished` lists them."""
    from orderproof.bootstrap import open_store
    from orderproof.order_desk import lists

    with open_store(installation.find(data)) as store:
        standing = lists.stand(store)
        total = lists.count(store.views, lists.Selection(shop=shop), standing.at)
        found = lists.lacking(store.views, shop)
    if as_json:
        terminal.print_json(
            {
                "as_of": standing.as_of,
                "position": standing.position,
                "total": total,
                "missing": found,
            }
        )
        return
    for name, count in found.items():
        terminal.say(f"{name:12} {count:8}")
    terminal.say(
        f"of {counted(total, 'unfinished order')}, as of {standing.as_of},"
        f" position {standing.position}"
    )


def drill(
    by: Annotated[str, typer.Option("--by", help="Who drills; recorded.")],
    n: Annotated[int, typer.Option("--n", min=1, max=1_000, help="Orders of the sample.")] = 10,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Draws the same orders again; a drill says its seed.")
    ] = None,
    export: Annotated[
        bool, typer.Option("--export", help="Time the export of all unfinished orders instead.")
    ] = False,
    lang: Lang = "en",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Draw unfinished orders at random, classify them and name what is next; recorded."""
    from orderproof.bootstrap import open_store
    from orderproof.order_desk import sampling

    words, _ = readers(lang, None, None)
    if not by.strip():
        raise CommandError("--by: who drills")
    with open_store(installation.find(data)) as store:
        if export:
            timed = sampling.timed_export(store, by, words)
            if as_json:
                terminal.print_json(msgspec.to_builtins(timed))
            else:
                terminal.say(f"{counted(timed.count, 'order')} exported in {timed.seconds} s")
            return
        done = sampling.sample(store, n, seed, by, words)
    if as_json:
        terminal.print_json(msgspec.to_builtins(done))
        return
    for one in done.orders:
        terminal.say(f"{safe(one.order)}  {words.quadrants[one.quadrant]}")
        terminal.say(f"  {safe(one.status)}; {safe(one.next_action)}")
    terminal.say(
        f"{counted(len(done.orders), 'order')}, seed {done.seed}, as of {done.as_of},"
        f" position {done.position}"
    )


def clocks(
    at: At = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Fire the clocks whose time is up, as `worker clock` does all the time, and list them."""
    from orderproof.bootstrap import open_store
    from orderproof.order_desk import clocking

    with open_store(installation.find(data)) as store:
        present = clocking.now(store)
        then = moment(at) or present
        if then > present:
            raise CommandError("--at: a time that has come; a clock does not fire before")
        fired, left = clocking.fire(store, then)
    if as_json:
        terminal.print_json({"fired": [msgspec.to_builtins(one) for one in fired], "left": left})
        return
    for one in fired:
        about = safe(f"{one.order} {one.subject}".strip())
        terminal.say(f"{one.kind}: {about}, was due {one.deadline}: {', '.join(one.events)}")
    terminal.say(
        f"{counted(len(fired), 'clock')} fired"
        + (f"; {counted(left, 'order')} changed meanwhile, again next time" if left else "")
    )
