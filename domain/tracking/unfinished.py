"""The full information of an unfinished order: thirteen fields in five groups (R002)."""

from domain.time import instant_text
from domain.tracking.listed import ListedOrder, last_of
from domain.tracking.row import country_name
from domain.words.desk import DeskWords

FIELDS: dict[str, tuple[str, ...]] = {
    "customer": ("name", "contact", "country", "language"),
    "status": ("order_status",),
    "goods": ("sku", "quantity", "stock_location", "production_progress"),
    "logistics": ("tracking_no", "eta", "transport_status"),
    "aftersales": ("demand",),
}
"""By group: the order's number and missing groups stand beside them."""


def unfinished_row(
    order: ListedOrder, name: str | None, contact: str | None, words: DeskWords
) -> dict[str, object]:
    """Return an order's fields by group, with the groups of which nothing is known.

    What is not known is None; text is as a person reads it.

    Args:
        order: the order.
        name: of the customer; None where it is not to be shown, which masks it.
        contact: the same.
        words: of the reader's language.
    """
    masked = words.phrases["masked"] if order.customer_known else None
    parcel = last_of(order.parcels)
    quantities = [line.quantity for line in order.goods]
    return {
        "order": order.number,
        "customer": {
            "name": name or masked,
            "contact": contact or masked,
            "country": order.country and country_name(order.country, words.code),
            "language": order.language,
        },
        "status": {"order_status": words.labels[order.label]},
        "goods": {
            "sku": _joined([line.sku or line.name for line in order.goods], words),
            # One line is counted as a number, several stand in the sequence of their SKUs.
            "quantity": quantities[0]
            if len(quantities) == 1
            else _joined(["" if one is None else str(one) for one in quantities], words),
            "stock_location": order.location,
            "production_progress": None if order.production is None else f"{order.production} %",
        },
        "logistics": {
            "tracking_no": _joined([p.tracking_no or "" for p in order.parcels], words),
            "eta": None if order.eta is None else instant_text(order.eta)[:10],
            "transport_status": None if parcel is None else words.parcels[parcel.state],
        },
        "aftersales": {
            "demand": _joined([words.demands.get(kind, kind) for kind in order.demands], words)
        },
        "missing": list(order.missing),
    }


def _joined(parts: list[str], words: DeskWords) -> str | None:
    return words.joined.join(parts) if any(parts) else None
