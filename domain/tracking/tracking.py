"""An order as the order desk sees it, folded from its events."""

from collections.abc import Iterable

import msgspec

from domain.content import Content, read_object
from domain.event import Event
from domain.occurrence import Facts, Occurrence, in_order
from domain.order import Order, fold_order
from domain.reading import first_text, read_text
from domain.staff_rules import obligations
from domain.time import read_end
from domain.tracking import content
from domain.tracking.compensation import CompensationState, fold_compensation
from domain.tracking.contents import read_for_the_desk
from domain.tracking.demands import OpenDemand, fold_open_demands
from domain.tracking.exceptions import OrderException, TicketState, fold_exceptions, fold_tickets
from domain.tracking.fired import fold_fired
from domain.tracking.goods import Goods, fold_goods
from domain.tracking.incidents import Incident, fold_incidents
from domain.tracking.lead_time import Milestones, fold_milestones
from domain.tracking.lifecycle import AT_ITS_END, CLOSED, label_of, state_of
from domain.tracking.open_checks import OpenCheck, fold_open_checks, fold_suspected
from domain.tracking.parcels import ParcelState, fold_parcels
from domain.tracking.plan import (
    NextAction,
    Owner,
    Plan,
    fold_next_actions,
    fold_owners,
    fold_plans,
)
from domain.tracking.supply import Supply, fold_supply

# What the archive and the service say about a history is no news of the order.
_HOUSEKEEPING = (
    "history.",
    "archive.",
    "retention.",
    "hold.",
    "access.",
    "export.",
    "erasure.",
    "clock.",
)


class Tracking(msgspec.Struct, frozen=True, kw_only=True):
    """Where an order stands. Instants are microseconds since 1970 UTC.

    Args:
        order: its state as claims see it.
        state: one of `lifecycle`: awaiting_payment, awaiting_dispatch … closed.
        label: the seller's word for it: one of four (R003).
        after_sales: whether a refund, a dispute or a request is open.
        held: why work on it is stopped; None where it is not. Empty where no reason was given.
        customer_known: whether the placement says anything of the customer, sealed or not.
        country: where it goes, else the buyer's; ISO 3166-1 alpha-2 as the shop says.
        language: the customer's.
        goods: what was ordered.
        payment_method: how the customer pays.
        confirmed_at: when the seller confirmed it.
        service_requirement: what the customer wants to be seen to; None where nothing was stated.
        promised_ship_by: last instant of dispatch that the shop promised.
        promised_deliver_by: last instant of delivery that the shop promised.
        plans: planned days of dispatch; the first one is the original plan.
        owners: who was responsible, in order.
        next_actions: what was to be done next, in order.
        supply: how far the goods are.
        parcels: the parcels.
        demands: after-sales requests that nobody answered.
        incidents: what the warehouse or the carrier reported that is wrong.
        exceptions: what went wrong.
        compensation: what the customer was offered for it.
        tickets: tasks of departments.
        open_checks: checks that failed and that nobody accepted since, by id.
        suspected: orders that this one is suspected to repeat, as nobody decided yet.
        fired: the clocks that fired: kind, subject and deadline.
        milestones: when it reached what.
        customer_wrote_at: when the customer first wrote about it, or asked for something.
        obligations: what is owed, as kind and id; an order closes only without any.
        updated: time of the newest news, RFC 3339 as sent; None where there is none.
        updated_at: the same as an instant.
    """

    order: Order
    state: str
    label: str
    after_sales: bool
    held: str | None
    customer_known: bool
    country: str | None
    language: str | None
    goods: tuple[Goods, ...]
    payment_method: str | None
    confirmed_at: int | None
    service_requirement: str | None
    promised_ship_by: int | None
    promised_deliver_by: int | None
    plans: tuple[Plan, ...]
    owners: tuple[Owner, ...]
    next_actions: tuple[NextAction, ...]
    supply: Supply
    parcels: tuple[ParcelState, ...]
    demands: tuple[OpenDemand, ...]
    incidents: tuple[Incident, ...]
    exceptions: tuple[OrderException, ...]
    compensation: tuple[CompensationState, ...]
    tickets: tuple[TicketState, ...]
    open_checks: tuple[OpenCheck, ...]
    suspected: tuple[str, ...]
    fired: frozenset[tuple[str, str, int]]
    milestones: Milestones
    customer_wrote_at: int | None
    obligations: tuple[str, ...]
    updated: str | None
    updated_at: int | None

    @property
    def open_exceptions(self) -> tuple[OrderException, ...]:
        """Those that are not resolved."""
        return tuple(one for one in self.exceptions if one.open)

    @property
    def owner(self) -> Owner | None:
        """Who is responsible now."""
        return self.owners[-1] if self.owners else None

    @property
    def next_action(self) -> NextAction | None:
        """What is to be done next, as somebody said; None where nobody did."""
        last = self.next_actions[-1] if self.next_actions else None
        return last if last is not None and last.action else None

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do: closed, or at its end with nothing open."""
        if self.state == CLOSED:
            return True
        return (
            self.state in AT_ITS_END
            and not self.after_sales
            and not self.obligations
            and not self.open_exceptions
            and self.held is None
        )


def fold_tracking(events: Iterable[Event], order: Order | None = None) -> Tracking:
    """Fold the events of one order's stream. Pure; never raises whatever their data hold.

    Args:
        events: of one order.
        order: what `fold_order` makes of them, where that is at hand.
    """
    recorded = list(events)
    order = fold_order(recorded) if order is None else order
    facts = in_order(recorded, read_for_the_desk)
    placement = next((fact.data for fact in facts.of(content.Placed)), content.Placed())
    confirmed = facts.of(content.Confirmed)
    supply = fold_supply(facts)
    parcels = fold_parcels(facts)
    method = read_text(placement.payment_method)
    state = state_of(order, parcels, supply, method, confirmed=bool(confirmed))
    demands = () if order.closed is not None else fold_open_demands(facts)
    owed = tuple(obligations(order))
    after_sales = state != CLOSED and bool(
        demands or any(one.startswith(("refund", "dispute")) for one in owed)
    )
    news = _news(facts)
    confirmed_at = confirmed[0].at if confirmed else None
    return Tracking(
        order=order,
        state=state,
        label=label_of(state, after_sales=after_sales),
        after_sales=after_sales,
        held=_held(facts),
        customer_known=_knows_customer(recorded),
        country=_country(placement),
        language=order.language,
        goods=fold_goods(facts),
        payment_method=method,
        confirmed_at=confirmed_at,
        service_requirement=first_text(
            fact.data.service_requirement for fact in reversed(confirmed)
        ),
        promised_ship_by=read_end(placement.promised_ship_by),
        promised_deliver_by=read_end(placement.promised_deliver_by),
        plans=fold_plans(facts),
        owners=fold_owners(facts),
        next_actions=fold_next_actions(facts),
        supply=supply,
        parcels=parcels,
        demands=demands,
        incidents=fold_incidents(facts, parcels, supply),
        exceptions=fold_exceptions(facts),
        compensation=fold_compensation(facts),
        tickets=fold_tickets(facts),
        open_checks=fold_open_checks(facts),
        suspected=fold_suspected(facts),
        fired=fold_fired(facts),
        milestones=fold_milestones(facts, order, parcels, supply, confirmed_at),
        customer_wrote_at=_wrote(facts),
        obligations=owed,
        updated=None if news is None else news.time,
        updated_at=None if news is None else news.at,
    )


def _news(facts: Facts) -> Occurrence[Content] | None:
    for fact in reversed(facts.all):
        if fact.at is not None and not fact.type.startswith(_HOUSEKEEPING):
            return fact
    return None


def _wrote(facts: Facts) -> int | None:
    told = (*facts.of(content.FromCustomer), *facts.of(content.Demand))
    return min((fact.at for fact in told if fact.at is not None), default=None)


def _held(facts: Facts) -> str | None:
    last = facts.last(content.Hold)
    if last is None or last.type == "order.hold_released":
        return None
    return read_text(last.data.reason_code) or ""


def _country(placement: content.Placed) -> str | None:
    addressed = read_object(placement.ship_to, content.Country)
    buyer = read_object(placement.buyer, content.Country)
    return read_text(addressed.country) or read_text(buyer.country)


def _knows_customer(recorded: Iterable[Event]) -> bool:
    return any(
        event.sealed or any(event.data.get(name) for name in ("buyer", "ship_to", "customer_id"))
        for event in recorded
        if event.type in ("order.placed", "order.imported") and isinstance(event.data, dict)
    )
