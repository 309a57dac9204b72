"""The goods of an order on their way to the parcel: stock, making, fetching, packing."""

from collections.abc import Iterable, Mapping

import msgspec

from domain.occurrence import Facts, Occurrence
from domain.reading import first_text, read_amount, read_text
from domain.time import read_date
from domain.tracking import content

WAITING = "waiting"
IN_PRODUCTION = "in_production"
PICKING = "picking"
PACKED = "packed"
STAGES = (WAITING, IN_PRODUCTION, PICKING, PACKED)
"""How far the goods are before dispatch; `waiting` is where nothing was reported yet."""

_BEGINS_AGAIN = "qc.rejected"


class Shortage(msgspec.Struct, frozen=True, kw_only=True):
    """Goods that were found missing and did not come since.

    Args:
        sku: of the goods; empty where none was named.
        since: instant at which it was found; None if it cannot be read.
        restocking: whether new goods are expected.
        eta: day on which they are, as reported.
        event_id: the event that found it.
    """

    sku: str
    since: int | None
    restocking: bool
    eta: str | None
    event_id: str


class Supply(msgspec.Struct, frozen=True, kw_only=True):
    """How far the goods are.

    Args:
        stage: one of `STAGES`.
        percent: of the making or fetching, 0 to 100, where it was reported.
        shortages: what is missing.
        location: where the goods are kept, as far as it was said.
        production: progress of the making in percent; None where nothing is made.
        packed_pieces: how many parcels were packed.
        packed_at: when the last parcel was packed.
        inserts: what was put in beside the goods, by the names it was reported under, and when.
        pieces: how many parcels there shall be; None where nobody said.
        parted: whether a review before packing failed last.
    """

    stage: str
    percent: int | None
    shortages: tuple[Shortage, ...]
    location: str | None
    production: int | None
    packed_pieces: int
    packed_at: int | None
    inserts: Mapping[str, int | None]
    pieces: int | None
    parted: bool


def fold_supply(facts: Facts) -> Supply:
    """Fold what was reported of an order's goods, given in order."""
    stage, percent, production, parted = WAITING, None, None, False
    told = facts.below(content.OfGoods)
    packed: set[object] = set()
    packed_at: int | None = None
    inserts: dict[str, int | None] = {}
    pieces = None
    for fact in told:
        said = fact.data
        if isinstance(said, content.Production):
            done = fact.type == "production.completed"
            production = 100 if done else _percent(said.percent, production or 0)
            if stage in (WAITING, IN_PRODUCTION):
                stage, percent = (WAITING, None) if done else (IN_PRODUCTION, production)
        elif isinstance(said, content.Picking):
            if stage != PACKED:
                done = fact.type == "picking.completed"
                stage, percent = PICKING, 100 if done else _percent(said.percent, percent)
        elif isinstance(said, content.Packed):
            stage, percent, parted = PACKED, None, False
            packed.add(read_amount(said.piece_no) or read_text(said.shipment_id) or fact.event_id)
            pieces = read_amount(said.piece_total) or pieces
            packed_at = fact.at
            for name in _names(said.inserts):
                inserts.setdefault(name, fact.at)
        elif isinstance(said, content.Reviewed):
            parted = fact.type == _BEGINS_AGAIN
            if parted:
                stage, percent = PICKING, 0
                packed.clear()
                inserts.clear()
                packed_at = None
    return Supply(
        stage=stage,
        percent=percent,
        shortages=_shortages(told),
        location=_location(facts),
        production=production,
        packed_pieces=len(packed),
        packed_at=packed_at,
        inserts=inserts,
        pieces=pieces,
        parted=parted,
    )


def _names(value: object) -> list[str]:
    return [name for each in value if (name := read_text(each))] if isinstance(value, list) else []


def _percent(value: object, otherwise: int | None) -> int | None:
    number = read_amount(value)
    return otherwise if number is None else min(number, 100)


def _location(facts: Facts) -> str | None:
    kept = [fact.data for fact in reversed(facts.of(content.Stock))]
    return first_text(named for said in kept for named in (said.warehouse, said.location))


def _shortages(facts: Iterable[Occurrence[content.OfGoods]]) -> tuple[Shortage, ...]:
    found: dict[str, Shortage] = {}
    for fact in facts:
        said = fact.data
        if isinstance(said, content.Shortage):
            sku = read_text(said.sku) or ""
            before = found.get(sku)
            found[sku] = Shortage(
                sku=sku,
                since=fact.at if before is None else before.since,
                restocking=before is not None and before.restocking,
                eta=None if before is None else before.eta,
                event_id=fact.event_id,
            )
        elif isinstance(said, content.Restock):
            sku = read_text(said.sku) or ""
            if fact.type == "stock.restock_received":
                found.pop(sku, None)
                continue
            # Nobody restocks for an order what is there: the plan says that goods are missing.
            before = found.get(sku)
            day = read_date(said.eta)
            found[sku] = Shortage(
                sku=sku,
                since=fact.at if before is None else before.since,
                restocking=True,
                eta=read_text(said.eta) if day is None else day.isoformat(),
                event_id=fact.event_id if before is None else before.event_id,
            )
        elif isinstance(said, content.Stock) and fact.type == "stock.reserved":
            found.pop(read_text(said.sku) or "", None)
    return tuple(found.values())
