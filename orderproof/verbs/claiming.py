"""Verbs about claims that were recorded: which are open, their letters, closing one."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from orderproof import installation, terminal
from orderproof.errors import CommandError
from orderproof.terminal import counted, safe
from orderproof.verbs.options import Data, Json, Key

claims = typer.Typer(
    name="claims",
    help="Claims that were recorded: which are open, their letters, closing one.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@claims.command("list")
def claims_list(data: Data = None, as_json: Json = False) -> None:
    """List the open claims, with the day by which each customer was promised an answer."""
    from orderproof import claim_cases
    from orderproof.bootstrap import open_store

    today = datetime.now(UTC).date()
    with open_store(installation.find(data)) as store:
        found = [claim_cases.row(claim, today) for claim in claim_cases.open_claims(store)]
    if as_json:
        terminal.print_json({"as_of": today.isoformat(), "claims": found})
        return
    for row in found:
        said = row["verdict"] or "not answered"
        by = f"  next answer by {row['next_answer']}" if row["next_answer"] else ""
        late = "  OVERDUE" if row["overdue"] else ""
        terminal.say(f"{safe(row['order'])}  {safe(row['claim_id'])}  {said}{by}{late}")
    terminal.say(f"{counted(len(found), 'claim')} open")


@claims.command("close")
def claims_close(
    key: Key,
    claim_id: Annotated[str, typer.Argument(metavar="CLAIM", help="As `claims list` shows it.")],
    by: Annotated[str, typer.Option(help="Who closes it; recorded.")],
    outcome: Annotated[str, typer.Option(help="Why it needs no more; recorded.")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Record that a claim needs no more."""
    from orderproof import claim_cases
    from orderproof.bootstrap import open_store

    if not by.strip() or not outcome.strip():
        raise CommandError("say who closes it (--by) and why (--outcome)")
    today = datetime.now(UTC).date()
    with open_store(installation.find(data)) as store:
        closed = claim_cases.close(store, key, claim_id, by, outcome, today)
    if as_json:
        terminal.print_json({"claim_id": claim_id, "closed": closed})
    else:
        terminal.say(f"claim {safe(claim_id)} " + ("is closed" if closed else "was closed before"))


@claims.command("letters")
def claims_letters(
    after: Annotated[
        int, typer.Option(help="Only those recorded after this position of the log.")
    ] = 0,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Hand out recorded letters, to be sent: with address, subject and body; oldest first."""
    from orderproof import claim_letters
    from orderproof.bootstrap import open_store

    with open_store(installation.find(data)) as store:
        found, position = claim_letters.after(store, after)
    if as_json:
        terminal.print_json({"letters": found, "position": position})
        return
    for letter in found:
        terminal.say(f"{safe(letter['order'])}  {letter['message_id']}  {letter['language']}")
        terminal.say(f"To: {safe(letter['to'] or 'not known')}")
        terminal.say(f"{safe(letter['subject'] or '')}\n")
        for line in (letter["body"] or "").splitlines():
            terminal.say(safe(line))
        terminal.say("")
    terminal.say(f"{counted(len(found), 'letter')}; go on with --after {position}")
