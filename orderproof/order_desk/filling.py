"""How many of the fields of unfinished orders are filled (R061, R163)."""

from collections import Counter
from collections.abc import Callable

from domain.tracking.unfinished import FIELDS, unfinished_row
from domain.words.desk import DeskWords
from orderproof.bootstrap import Store
from orderproof.order_desk import lists
from orderproof.order_desk.lists import Selection, Standing
from orderproof.order_desk.report import Report


def fill_rates(
    store: Store,
    shop: str | None,
    standing: Standing,
    words: DeskWords,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Report:
    """Count the filled fields of all unfinished orders.

    Args:
        store: the open installation.
        shop: of this shop alone.
        standing: what the list is of.
        words: of the reader's language.
        progress: called with the orders looked at and their number.
    """
    chosen = Selection(shop=shop)
    expected = lists.count(store.views, chosen, standing.at)
    filled: Counter[str] = Counter()
    total = 0
    for page in lists.pages(store.views, chosen, standing.at):
        for listing in page:
            row = unfinished_row(listing.order, None, None, words)
            for group, fields in FIELDS.items():
                values = row[group]
                for field in fields:
                    # Personal data is masked, so there, where anything is known of the customer.
                    known = isinstance(values, dict) and values[field] not in (None, "")
                    filled[f"{group}/{field}"] += known
        total += len(page)
        progress(total, expected)
    names = [f"{group}/{field}" for group, fields in FIELDS.items() for field in fields]
    return Report(
        name="fields",
        columns=("field", "filled", "orders", "share"),
        rows=tuple(
            (
                words.fields[name],
                filled[name],
                total,
                round(100 * filled[name] / total, 1) if total else None,
            )
            for name in names
        ),
        label=("field",),
        bar="share",
        total=len(names),
    )
