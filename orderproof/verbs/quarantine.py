"""The verbs of the quarantine: what was refused, looked at and tried again."""

from typing import Annotated

import msgspec
import typer

from orderproof import errors, installation, terminal
from orderproof.terminal import safe
from orderproof.verbs.options import Data, Json

quarantine = typer.Typer(
    name="quarantine",
    help="Input that was refused: looked at, tried again, deleted.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

File = Annotated[str, typer.Argument(metavar="FILE", help="As `quarantine list` names it.")]


@quarantine.command("list")
def list_(data: Data = None, as_json: Json = False) -> None:
    """List the files, with how many pieces of input broke which rule."""
    from orderproof import retrying

    found = retrying.kept(installation.find(data).rejects)
    if as_json:
        terminal.print_json({"files": [msgspec.to_builtins(one) for one in found]})
        return
    if not found:
        terminal.say("Nothing was refused.")
    for one in found:
        codes = ", ".join(f"{code} {count}" for code, count in one.codes.items())
        terminal.say(f"{one.file}  {one.rows} of {safe(', '.join(one.inputs))}: {codes}")


@quarantine.command("show")
def show(
    file: File,
    raw: Annotated[
        bool, typer.Option("--raw", help="With the input as it came, which may be personal.")
    ] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show the rows of a file, with place and reason."""
    from orderproof import retrying

    path = retrying.named(installation.find(data).rejects, file)
    hidden = () if raw else ("raw", "raw_hex")
    shown = [
        {name: value for name, value in row.items() if name not in hidden}
        for row in retrying.rows(path)
    ]
    if as_json:
        terminal.print_json({"file": file, "rows": shown})
        return
    for row in shown:
        where = safe(f"{row.get('input')} {row.get('line', '')} {row.get('place', '')}".strip())
        terminal.say(f"{where}: {row.get('code')}: {row.get('message')}")
        if raw:
            terminal.say(f"  {safe(str(row.get('raw', row.get('raw_hex'))))}")


@quarantine.command("retry")
def retry(file: File, data: Data = None, as_json: Json = False) -> None:
    """Read a file again; what still cannot be read stays, in a new file."""
    from orderproof import retrying
    from orderproof.bootstrap import open_store

    with open_store(installation.find(data)) as store:
        path = retrying.named(store.installation.rejects, file)
        tally = retrying.retry(store, path)
    told = {
        "read": tally.read,
        "recorded": tally.recorded,
        "duplicates": tally.duplicates,
        "rejected": tally.rejected,
    }
    if as_json:
        terminal.print_json(told)
    else:
        terminal.say(
            f"{tally.read} read again: {tally.recorded} recorded, {tally.duplicates} were there"
            f" already, {tally.rejected} still refused"
        )
    if tally.rejected:
        raise typer.Exit(errors.PARTLY)


@quarantine.command("discard")
def discard(
    file: File,
    yes: Annotated[
        bool, typer.Option("--yes", help="It is wanted: nothing else keeps it.")
    ] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Delete a file for good."""
    from orderproof import retrying
    from orderproof.errors import CommandError

    path = retrying.named(installation.find(data).rejects, file)
    if not yes:
        raise CommandError("nothing else keeps what is in it; say --yes to delete it")
    retrying.discard(path)
    if as_json:
        terminal.print_json({"file": file, "discarded": True})
        return
    terminal.say(f"{file}: deleted")
