"""Which purchases a cancellation invoice takes back.

The file does not say. A cancelled unit is taken to be the customer's newest earlier unit of the
product, and each purchased unit is taken back once.
"""

from collections.abc import Iterable

import msgspec

from sources.uci_rows import Row, time_and_line


class Credit(msgspec.Struct):
    """What one cancellation invoice takes back of one order.

    Args:
        cancellation: number of the cancellation invoice.
        order: number of the purchase, or the cancellation's own where none was found.
        units: cancelled lines with how many of their units are taken back here; negative for a
            line that adds units to a cancellation.
        original: `exact` where all prices are those of the purchase, `price_differs`, or `unknown`
            where there is no purchase.
    """

    cancellation: str
    order: str
    units: dict[Row, int]
    original: str


class _Lot(msgspec.Struct):
    """Purchased units of one line that nobody has taken back yet."""

    row: Row
    left: int


def is_cancellation(invoice: str) -> bool:
    """Tell whether an invoice cancels earlier ones."""
    return invoice.startswith("C")


def is_adjustment(invoice: str) -> bool:
    """Tell whether an invoice adjusts the books, such as for a bad debt."""
    return invoice.startswith("A")


def match_credits(rows: Iterable[Row]) -> dict[str, list[Credit]]:
    """Return the credits of every cancellation invoice, in the order in which they were found.

    Earlier is what has the lesser (time, line). Cancellations take their turn in the same order.
    """
    ordered = sorted(rows, key=time_and_line)
    # Few purchases are ever cancelled, and only theirs are kept in mind.
    lots: dict[tuple[str, str], list[_Lot]] = {
        (row.customer, row.sku): []
        for row in ordered
        if row.customer and is_cancellation(row.invoice)
    }
    found: dict[str, dict[str, Credit]] = {}
    for row in ordered:
        if is_adjustment(row.invoice):
            continue
        # Walking forward in time, the newest earlier purchase is always on top of its pile.
        pile = lots.get((row.customer, row.sku))
        if not is_cancellation(row.invoice):
            if pile is not None and row.quantity > 0:
                pile.append(_Lot(row, row.quantity))
            continue
        credits_ = found.setdefault(row.invoice, {})
        wanted = -row.quantity
        while wanted > 0 and pile:
            lot = pile[-1]
            units = min(wanted, lot.left)
            same_price = lot.row.price == row.price
            _add(credits_, row, lot.row.invoice, units, "exact" if same_price else "price_differs")
            wanted -= units
            lot.left -= units
            if lot.left == 0:
                pile.pop()
        if wanted or not row.quantity:
            _add(credits_, row, row.invoice, wanted, "unknown")
    return {invoice: list(by_order.values()) for invoice, by_order in found.items()}


def _add(credits_: dict[str, Credit], row: Row, order: str, units: int, original: str) -> None:
    credit = credits_.get(order)
    if credit is None:
        credit = credits_[order] = Credit(row.invoice, order, {}, original)
    elif original == "price_differs":
        credit.original = original
    credit.units[row] = credit.units.get(row, 0) + units
