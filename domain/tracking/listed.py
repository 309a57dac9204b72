"""An unfinished order as the desk's lists hold it: open data only, no personal data."""

import msgspec

from domain.tracking.desk_policy import DeskPolicy
from domain.tracking.lifecycle import AWAITING_DISPATCH, IN_AFTER_SALES
from domain.tracking.parcels import STATES, ParcelState
from domain.tracking.quadrant import (
    due_of,
    lasting_risks,
    priority_of,
    promise_of,
    quadrant_of,
)
from domain.tracking.tracking import Tracking

OUT_OF_STOCK = "out_of_stock"
RESTOCKING = "restocking"

CUSTOMER = "customer"
STATUS = "status"
GOODS = "goods"
LOGISTICS = "logistics"
AFTER_SALES = "aftersales"
DIMENSIONS = (CUSTOMER, STATUS, GOODS, LOGISTICS, AFTER_SALES)
"""The five groups of information that an order must not lack (R002)."""


class ListedGoods(msgspec.Struct, frozen=True, array_like=True):
    """One line: what it is called, its SKU, how many."""

    name: str
    sku: str | None
    quantity: int | None


class ListedParcel(msgspec.Struct, frozen=True, array_like=True):
    """One parcel: the carrier, its number, its state, whether nothing is heard of it."""

    carrier: str | None
    tracking_no: str | None
    state: str
    stale: bool
    location: str | None


class ListedOrder(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the lists show of an order. Instants are microseconds since 1970 UTC.

    Args:
        shop: the shop.
        number: the order number.
        state: as `lifecycle` names it.
        label: the seller's word for it.
        quadrant: 1 to 4.
        priority: of its most urgent open exception; lower is handled first.
        due_at: when something is due next.
        customer_id: the shop's id of the customer.
        country: where it goes.
        language: the customer's.
        goods: the lines.
        planned: the day of dispatch that was planned first, `YYYY-MM-DD`.
        replanned: the day that is planned now, where it was moved.
        stage: how far the goods are before dispatch.
        percent: of that stage.
        shortage: `out_of_stock` or `restocking`; None where nothing is missing.
        held: why work is stopped; None where it is not.
        exception: class and subtype of the open exception that is handled first, with a dot.
        level: its level.
        parcels: the parcels.
        pieces: how many there shall be, where that is known.
        demands: kinds of open after-sales requests.
        owed: what is owed, as kind and id.
        owner: who is responsible, a person or a department.
        department: where.
        confirmed: whether the seller confirmed the order.
        action: what is to be done next, as somebody said.
        updated: time of the newest news, as sent.
        updated_at: the same as an instant.
        acted_at: when there was news, or a next action was named.
        promise: the dispatch or the arrival that the shop promised.
        eta: arrival that the shop promised.
        location: where the goods are kept.
        production: progress of the making in percent.
        placed_at: as the shop says.
        currency: ISO 4217.
        total: minor units of `currency`.
        track_no: the tracking number given at confirmation.
        risks: what makes it a risk at any time.
        customer_known: whether anything is known of the customer, sealed or not.
    """

    shop: str
    number: str
    state: str
    label: str
    quadrant: int
    priority: int
    due_at: int
    customer_id: str | None = None
    country: str | None = None
    language: str | None = None
    goods: tuple[ListedGoods, ...] = ()
    planned: str | None = None
    replanned: str | None = None
    stage: str | None = None
    percent: int | None = None
    shortage: str | None = None
    held: str | None = None
    exception: str | None = None
    level: int | None = None
    parcels: tuple[ListedParcel, ...] = ()
    pieces: int | None = None
    demands: tuple[str, ...] = ()
    owed: tuple[str, ...] = ()
    owner: str | None = None
    department: str | None = None
    confirmed: bool = False
    action: str | None = None
    updated: str | None = None
    updated_at: int | None = None
    acted_at: int | None = None
    promise: int | None = None
    eta: int | None = None
    location: str | None = None
    production: int | None = None
    placed_at: str | None = None
    currency: str | None = None
    total: int | None = None
    track_no: str | None = None
    risks: tuple[str, ...] = ()
    customer_known: bool = False

    @property
    def left_house(self) -> bool:
        """Whether nothing of it is still to be dispatched."""
        return self.label != AWAITING_DISPATCH and bool(self.parcels)

    @property
    def missing(self) -> tuple[str, ...]:
        """The dimensions of which nothing is known (R004, R005).

        That nobody asked for anything after the sale is no gap. A parcel's number is one as soon as
        the goods have left; before, the promised arrival is what is known of the way.
        """
        known = {
            CUSTOMER: self.customer_known,
            STATUS: self.state != "unknown",
            GOODS: bool(self.goods),
            LOGISTICS: bool(self.parcels) or self.eta is not None,
            AFTER_SALES: self.label != IN_AFTER_SALES or bool(self.demands or self.owed),
        }
        return tuple(name for name in DIMENSIONS if not known[name])


def list_order(tracking: Tracking, policy: DeskPolicy) -> ListedOrder | None:
    """Return an order as lists hold it; None where it is finished, or is no order's stream."""
    order = tracking.order
    if tracking.finished or not order.number:
        return None
    plans = tracking.plans
    action = tracking.next_action
    owner = tracking.owner
    worst = min(tracking.open_exceptions, key=lambda one: one.priority, default=None)
    acts = [at for at in (tracking.updated_at, *_times(tracking)) if at is not None]
    return ListedOrder(
        shop=order.shop,
        number=order.number,
        state=tracking.state,
        label=tracking.label,
        quadrant=quadrant_of(tracking),
        priority=priority_of(tracking),
        due_at=due_of(tracking),
        customer_id=order.customer_id,
        country=tracking.country,
        language=tracking.language,
        goods=tuple(ListedGoods(one.name, one.sku, one.quantity) for one in tracking.goods),
        planned=plans[0].day.isoformat() if plans else None,
        replanned=plans[-1].day.isoformat() if len(plans) > 1 else None,
        stage=tracking.supply.stage,
        percent=tracking.supply.percent,
        shortage=_shortage(tracking),
        held=tracking.held,
        exception=None if worst is None else f"{worst.class_}.{worst.subtype}",
        level=None if worst is None else worst.level,
        parcels=tuple(_parcel(parcel) for parcel in tracking.parcels),
        pieces=tracking.supply.pieces,
        demands=tuple(dict.fromkeys(demand.kind for demand in tracking.demands)),
        owed=tracking.obligations,
        owner=None if owner is None else owner.name,
        department=None if owner is None else owner.department,
        confirmed=tracking.confirmed_at is not None or order.order_track_no is not None,
        action=None if action is None else action.action,
        updated=tracking.updated,
        updated_at=tracking.updated_at,
        acted_at=max(acts, default=None),
        promise=promise_of(tracking),
        eta=tracking.promised_deliver_by,
        location=tracking.supply.location,
        production=tracking.supply.production,
        placed_at=order.placed_at,
        currency=order.currency,
        total=order.total,
        track_no=order.order_track_no,
        risks=lasting_risks(tracking, policy),
        customer_known=tracking.customer_known,
    )


def _times(tracking: Tracking) -> list[int | None]:
    return [action.at for action in tracking.next_actions]


def _shortage(tracking: Tracking) -> str | None:
    missing = tracking.supply.shortages
    if not missing:
        return None
    return RESTOCKING if all(one.restocking for one in missing) else OUT_OF_STOCK


def _parcel(parcel: ParcelState) -> ListedParcel:
    return ListedParcel(
        parcel.carrier,
        parcel.tracking_no,
        parcel.state,
        parcel.stale_since is not None,
        parcel.location,
    )


def last_of(parcels: tuple[ListedParcel, ...]) -> ListedParcel | None:
    """Return the parcel that is the least far: what the customer still waits for."""
    return min(parcels, key=lambda parcel: STATES[parcel.state], default=None)
