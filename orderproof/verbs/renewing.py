"""The verb that renews an archive."""

from dataclasses import asdict

import typer

from orderproof import errors, installation, terminal
from orderproof.verbs.options import Data, Json


def renew(data: Data = None, as_json: Json = False) -> None:
    """Hash the whole archive anew (SHA-512) and have it stamped, before older digests grow weak."""
    from orderproof import renewing

    with terminal.progress("renewing", "done") as show:
        renewed = renewing.run(
            installation.find(data),
            progress=lambda step, done, total: show(done, total, step),
        )
    if as_json:
        terminal.print_json({"renewed": asdict(renewed)})
    else:
        terminal.say(renewing.describe(renewed))
    if not renewed.tokens:
        raise typer.Exit(errors.PARTLY)
