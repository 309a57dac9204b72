"""What somebody took on and nothing has ended yet: tickets, promises, parcels on their way."""

from collections.abc import Callable, Iterable, Mapping

from domain.content import Promise, Shipment, Ticket
from domain.occurrence import Facts, Occurrence, T
from domain.reading import read_text

_TICKETS = {
    "ticket.opened": True,
    "ticket.assigned": True,
    "ticket.transferred": True,
    "ticket.updated": True,
    "ticket.reopened": True,
    "ticket.resolved": False,
}
_PROMISES = {"promise.made": True, "promise.kept": False, "promise.broken": False}
_PARCELS = {
    "shipment.dispatched": True,
    "shipment.delivered": False,
    "shipment.proxy_signed": False,
    "shipment.return_received": False,
    "shipment.lost": False,
}


def fold_open_tickets(facts: Facts) -> tuple[str, ...]:
    """Return the ids of tickets that are not resolved, of events given in order."""
    return _fold(facts.of(Ticket), _TICKETS, lambda said: said.ticket_id)


def fold_open_promises(facts: Facts) -> tuple[str, ...]:
    """Return the ids of promises that were neither kept nor broken, of events given in order."""
    return _fold(facts.of(Promise), _PROMISES, lambda said: said.promise_id)


def fold_open_parcels(facts: Facts) -> tuple[str, ...]:
    """Return the ids of parcels that left and were neither taken, nor came back, nor were lost.

    What ended stays ended: webhooks bring the dispatch after the delivery, too.
    """
    return _fold(
        facts.below(Shipment), _PARCELS, lambda said: said.shipment_id, ended_for_good=True
    )


def _fold(
    occurrences: Iterable[Occurrence[T]],
    types: Mapping[str, bool],
    own: Callable[[T], object],
    *,
    ended_for_good: bool = False,
) -> tuple[str, ...]:
    states: dict[str, bool] = {}
    for occurrence in occurrences:
        is_open = types.get(occurrence.type)
        if is_open is None:
            continue
        own_id = read_text(own(occurrence.data)) or occurrence.event_id
        if ended_for_good and states.get(own_id) is False:
            continue
        states[own_id] = is_open
    return tuple(own_id for own_id, is_open in states.items() if is_open)
