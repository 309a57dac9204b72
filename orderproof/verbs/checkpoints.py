"""Verbs about the log's signed states: showing, publishing and comparing them; a witness."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from orderproof import errors, installation, terminal
from orderproof.verbs.options import Data, Json

checkpoint = typer.Typer(
    name="checkpoint", help="The log's newest signed state.", no_args_is_help=True
)


@checkpoint.command()
def show(data: Data = None, as_json: Json = False) -> None:
    """Print the newest checkpoint, with a fingerprint to read aloud or print."""
    from orderproof import checkpoints

    signed = checkpoints.newest(checkpoints.open_archive(installation.find(data)))
    said = signed.said
    if as_json:
        terminal.print_json(
            {
                "origin": said.origin,
                "size": said.size,
                "root": said.root.hex(),
                "fingerprint": signed.fingerprint,
                "note": signed.data.decode(),
            }
        )
        return
    terminal.say(
        f"{signed.data.decode()}\n"
        f"Log {said.origin}, {said.size} events. Fingerprint, SHA-256 of the first three lines:\n"
        f"{checkpoints.read_aloud(signed.fingerprint)}"
    )


@checkpoint.command()
def publish(
    target: Annotated[Path, typer.Argument(metavar="DIR|FILE", help="Where it is written.")],
    since: Annotated[
        Path | None, typer.Option(help="An older one; else, in DIR, the newest that is there.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Write the newest checkpoint for a website or a mail, with a proof that the log only grew."""
    from orderproof import checkpoints

    written = checkpoints.publish(checkpoints.open_archive(installation.find(data)), target, since)
    if as_json:
        terminal.print_json({"written": [str(file) for file in written]})
        return
    terminal.say("\n".join(f"Wrote {terminal.shown(file.absolute())}" for file in written))


@checkpoint.command()
def compare(
    kept: Annotated[
        list[str] | None, typer.Argument(metavar="FILE|URL…", help="Checkpoints that were kept.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Tell whether live log and archive still contain kept checkpoints. Shouts if not."""
    from eventstore.archive_log import ArchiveLog
    from orderproof import checkpoints
    from orderproof.bootstrap import open_store

    found = installation.find(data)
    with open_store(found) as store:
        archive = checkpoints.open_archive(found)
        results = list(
            checkpoints.compare(
                kept or [],
                archive,
                ArchiveLog(store.connection),
                store.keys.tag,
            )
        )
    if as_json:
        terminal.print_json({"compared": [asdict(each) for each in results]})
    else:
        for each in results:
            good = f"size {each.size}: live log and archive contain it"
            terminal.say(f"{each.name}: {each.problem or good}")
    if any(each.rewound for each in results):
        raise typer.Exit(errors.ALTERED)
    if any(each.problem for each in results):
        raise typer.Exit(errors.CANNOT_TELL)


def witness(
    name: Annotated[str, typer.Option(help="Name of its key, such as auditor.example/w1.")],
    key: Annotated[Path, typer.Option(help="Its private key; made if there is none.")],
    state: Annotated[Path, typer.Option(help="What it remembers: the newest checkpoint.")],
    log: Annotated[str, typer.Option(metavar="VKEY", help="The log's Ed25519 verifier key.")],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0: any that is free.")] = 0,
    as_json: Json = False,
) -> None:
    """Run a witness of a log: it cosigns checkpoints while the log only grows."""
    from orderproof import witness as serving

    serving.run(name, key, state, log, host, port, as_json=as_json)
