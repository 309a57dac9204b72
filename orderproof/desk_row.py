"""A row of the desk's tracking table as the API gives it: the eight columns and their marks."""

from api.tracking import Row
from domain.tracking.row import table_row
from domain.words.desk import DeskWords
from orderproof.order_desk.lists import Listing

HOUR = 3_600_000_000
"""Microseconds."""


def row_of(listing: Listing, words: DeskWords, at: int) -> Row:
    """Return the row of an order, the customer masked.

    Args:
        listing: the order.
        words: of the reader's language.
        at: the instant by which hours are counted, microseconds since 1970.
    """
    order = listing.order
    news = order.updated_at
    return Row(
        **table_row(order, None, words),
        shop=order.shop,
        quadrant=order.quadrant,
        overdue_days=listing.overdue_days,
        silent_hours=None if news is None else max((at - news) // HOUR, 0),
        next_action_set=bool(order.action),
    )
