"""A row of the tracking table as a person reads it (R017, R018). What it says is never only "in
process" (R008): the status names what is going on, and there is always a next action.
"""

from datetime import date
from functools import lru_cache

from babel import Locale
from babel.dates import format_skeleton

from domain.time import read_date
from domain.tracking.lifecycle import (
    AWAITING_DISPATCH,
    AWAITING_PAYMENT,
    CANCELLED,
    DELIVERED,
    DISPATCHED,
    IN_AFTER_SALES,
    LOST,
    PARTIALLY_DISPATCHED,
    RETURNED_,
    UNKNOWN,
)
from domain.tracking.listed import ListedOrder, last_of
from domain.tracking.parcels import ATTEMPT_FAILED, RETURNING
from domain.tracking.subtypes import subtype_title
from domain.tracking.supply import WAITING
from domain.words.desk import DeskWords

COLUMNS = (
    "order",
    "customer",
    "goods",
    "planned_dispatch",
    "status",
    "owner",
    "updated",
    "next_action",
)
"""Exactly these eight, in this order (R017)."""


def table_row(order: ListedOrder, name: str | None, words: DeskWords) -> dict[str, str]:
    """Return the eight columns of an order, by `COLUMNS`.

    Args:
        order: the order.
        name: of the customer; None where it is not to be shown, which masks it.
        words: of the reader's language.
    """
    return {
        "order": order.number,
        "customer": customer_text(order, name, words),
        "goods": words.joined.join(goods_text(order, words)),
        "planned_dispatch": day_text(order.planned, order, words),
        "status": status_text(order, words),
        "owner": order.owner or "",
        "updated": day_text(order.updated, order, words),
        "next_action": next_action_text(order, words),
    }


def customer_text(order: ListedOrder, name: str | None, words: DeskWords) -> str:
    """Return the customer as name (country); the name masked where it is not given."""
    shown = words.phrases["masked"] if name is None else name
    if order.country is None:
        return words.unnamed.format(name=shown) if order.customer_known else ""
    return words.customer.format(name=shown, country=country_name(order.country, words.code))


def goods_text(order: ListedOrder, words: DeskWords) -> list[str]:
    """Return the lines of an order, each with its quantity."""
    return [
        line.name
        if line.quantity is None
        else words.goods.format(name=line.name, quantity=line.quantity)
        for line in order.goods
    ]


@lru_cache(maxsize=1_024)
def country_name(code: str, language: str) -> str:
    """Return what CLDR calls a country or region; what is no ISO 3166-1 code stays as it is."""
    return str(Locale(language).territories.get(code.upper(), code))


def day_text(told: str | None, order: ListedOrder, words: DeskWords) -> str:
    """Return a day as the list writes it, `10 May`; with the year unless it is the placement's.

    The day is the one on the clock of whoever reported it.
    """
    day = _local_day(told)
    if day is None:
        return ""
    placed = _local_day(order.placed_at)
    return _day(day, "MMMMd" if placed and placed.year == day.year else "yMMMMd", words.code)


def _local_day(told: str | None) -> date | None:
    # RFC 3339 begins with the day on the reporter's own clock.
    return read_date(told[:10]) if told else None


@lru_cache(maxsize=4_096)
def _day(day: date, skeleton: str, language: str) -> str:
    # The tables of the sellers this is made for write the day first.
    return format_skeleton(skeleton, day, locale="en_GB" if language == "en" else language)


def exception_text(order: ListedOrder, words: DeskWords) -> str:
    """Return what is wrong with an order, with the level of it."""
    if order.exception is None:
        return ""
    title = subtype_title(order.exception, words.code)
    if order.level is None:
        return title
    return f"{title}, {words.phrases['level'].format(level=order.level)}"


def status_text(order: ListedOrder, words: DeskWords) -> str:
    """Return what is going on: what stands in the way first, else how far the order is."""
    if order.held is not None:
        reason = order.held
        return words.phrases["held_for"].format(reason=reason) if reason else words.phrases["held"]
    if order.shortage is not None:
        return words.phrases[order.shortage]
    if order.exception is not None:
        return words.phrases["exception"].format(what=exception_text(order, words))
    if order.label == IN_AFTER_SALES:
        return _after_sales_text(order, words)
    return _progress_text(order, words)


def _after_sales_text(order: ListedOrder, words: DeskWords) -> str:
    open_ = _open_matters(order, words)
    if order.state in (RETURNED_, LOST, CANCELLED, DELIVERED):
        open_ = [words.states[order.state], *open_]
    if not open_:
        return words.labels[IN_AFTER_SALES]
    return words.phrases["after_sales"].format(what=words.joined.join(open_))


def _open_matters(order: ListedOrder, words: DeskWords) -> list[str]:
    found = [words.demands.get(kind, kind) for kind in order.demands]
    for kind in ("refund", "dispute"):
        if any(owed.startswith(kind) for owed in order.owed):
            found.append(words.phrases[kind])
    return found


def _progress_text(order: ListedOrder, words: DeskWords) -> str:
    if order.state == UNKNOWN:
        return words.states[UNKNOWN]
    if order.state == PARTIALLY_DISPATCHED:
        left = sum(1 for parcel in order.parcels if parcel.state not in ("label", "handed_over"))
        pieces = max(order.pieces or 0, len(order.parcels))
        return words.states[PARTIALLY_DISPATCHED].format(left=left, pieces=pieces)
    if order.state == AWAITING_DISPATCH:
        if order.stage is None or order.stage == WAITING:
            return words.labels[AWAITING_DISPATCH]
        what = words.phrases[order.stage]
        if order.percent is None:
            return what
        return words.phrases["percent"].format(what=what, percent=order.percent)
    parcel = last_of(order.parcels)
    if order.state == DISPATCHED and parcel is not None:
        what = words.parcels[parcel.state]
        return words.phrases["stale"].format(what=what) if parcel.stale else what
    return words.states.get(order.state) or words.labels[order.label]


def next_action_text(order: ListedOrder, words: DeskWords) -> str:
    """Return what is to be done next: as somebody said, else as the state of things asks."""
    if order.action:
        return order.action
    actions = words.actions
    if order.held is not None:
        return actions["held"]
    if order.shortage is not None:
        return actions["shortage"]
    if order.exception is not None:
        return actions["exception"].format(what=exception_text(order, words))
    if order.label == IN_AFTER_SALES:
        what = words.joined.join(_open_matters(order, words))
        if what:
            return actions["in_after_sales"].format(what=what)
        return actions["owed"].format(what=words.joined.join(order.owed) or order.state)
    parcel = last_of(order.parcels)
    if order.state == DISPATCHED and parcel is not None:
        if parcel.stale:
            return actions["stale"]
        if parcel.state in (ATTEMPT_FAILED, RETURNING):
            return actions[parcel.state]
    if order.state == DELIVERED:
        return actions["owed"].format(what=words.joined.join(order.owed) or order.state)
    return actions.get(order.state, actions[AWAITING_PAYMENT])
