"""The verb about messages whose order is not known yet."""

from orderproof import installation, terminal
from orderproof.terminal import counted, safe
from orderproof.verbs.options import Data, Json


def unlinked(data: Data = None, as_json: Json = False) -> None:
    """List what came in and belongs to no order that is known, and link what can be linked."""
    from orderproof import linking
    from orderproof.bootstrap import open_store

    with open_store(installation.find(data)) as store:
        linked = linking.link(store)
        waiting = linking.waiting(store, linked)
    if as_json:
        terminal.print_json(
            {"linked": linked.places, "waiting": [row.as_dict() for row in waiting]}
        )
        return
    for row in waiting:
        said = f"{safe(row.place)}  {counted(row.messages, 'message')}, the newest of {row.since}"
        if row.candidates:
            said += f"; named by several orders: {', '.join(map(safe, row.candidates))}"
        terminal.say(said)
    terminal.say(
        f"{len(waiting)} waiting for an order that names one of their ids; "
        f"{linked.places} linked now"
    )
