"""The verb about what sources did not tell."""

from typing import Annotated

import typer

from orderproof import errors, installation, terminal
from orderproof.terminal import counted, safe
from orderproof.verbs.options import Data, Json


def gaps(
    days: Annotated[int, typer.Option(help="How far back silence is looked for.")] = 90,
    record: Annotated[
        bool,
        typer.Option("--record", help="Record them in the orders whose refunds are on their way."),
    ] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Find what may be missing: numbers that were left out, sources that fell silent."""
    import msgspec

    from orderproof import gaps as finding
    from orderproof.bootstrap import open_store
    from orderproof.gap_search import NUMBERS

    with open_store(installation.find(data)) as store:
        report = finding.run(store, days, record=record)
    if as_json:
        said = msgspec.to_builtins(report)
        for each in said["gaps"]:
            each.pop("key")
        terminal.print_json(said)
    else:
        for gap in report.gaps:
            if gap.kind == NUMBERS:
                named = gap.first if gap.first == gap.last else f"{gap.first} to {gap.last}"
                told = f"{safe(named or '')} ({gap.count}), shop {safe(gap.shops[0])}"
            else:
                told = f"{gap.hours} h; else at most {gap.usual_hours} h"
                told += "; it lasts" if gap.lasts else ""
            terminal.say(f"{gap.kind:8} {safe(gap.source)}  {gap.start} to {gap.end}  {told}")
        if report.left_out:
            terminal.say(f"{report.left_out} more holes in series with very many")
        terminal.say(
            f"{counted(len(report.gaps), 'gap')}; "
            f"{counted(report.concerned, 'refund')} on the way may be concerned"
        )
        if report.recorded is not None:
            terminal.say(f"{report.recorded} recorded, {report.filled} filled since")
    if report.gaps:
        raise typer.Exit(errors.PARTLY)
