"""Orders: placed, checked, amended, planned, cancelled, closed."""

from domain.catalogue.declaration import (
    Class,
    Declared,
    Each,
    event,
    identifiers,
    ids,
    lists,
    plain,
    texts,
)
from domain.catalogue.shapes import BARE_LINE, ORDER, TOTALS

_CHECK = {
    **ids("check_id"),
    **plain("rule_version", "indicator", "observed", "expected", "severity", "needs_human"),
}
_LINE_CHANGE = {
    "line": BARE_LINE,
    **plain("line_no", "sku", "before", "after", "price_effect", "currency", "reason"),
}
_HOLD = {**plain("reason_code"), **ids("exception_id")}
_CANCELLATION = plain("by", "reason_code", "stage", "refund_due")
_DUPLICATE = {
    **ids("other_order_id"),
    **plain("same_account", "gap_minutes"),
    **lists("same_sku"),
}
_RELATED = {**ids("from"), "to": Each(Class.P2), **plain("reason")}

ORDERS: dict[str, Declared] = {
    "order.placed": event("The customer placed the order.", ORDER, schema=2),
    "order.imported": event(
        "The order entered the service after the fact, from a file.",
        ORDER,
        plain("import_batch", "source_file_sha256", "row_no"),
        lists("missing_dimensions"),
        schema=2,
    ),
    "cart.snapshot_archived": event(
        "A picture of the cart was kept as evidence.",
        {"parsed_lines": Each(BARE_LINE)},
    ),
    "order.check_passed": event("An automatic check found nothing.", _CHECK),
    "order.check_failed": event("An automatic check found something.", _CHECK),
    "order.manually_reviewed": event(
        "A person decided on what a check had found.",
        {"check_ids": Each(Class.P2)},
        plain("outcome"),
        ids("reviewer"),
        texts("note"),
    ),
    "order.confirmed": event(
        "The seller confirmed the order.",
        ids("order_track_no", "confirmed_by"),
        plain("service_requirement"),
        lists("synced_to"),
    ),
    "order.special_request_recorded": event(
        "The customer asked for something out of the ordinary.",
        texts("text"),
        plain("kind", "mandatory", "highlighted"),
    ),
    "customer.preference_recorded": event(
        "A wish of the customer was kept for later orders.",
        ids("customer_id", "source_order"),
        texts("preference"),
    ),
    "order.amended": event(
        "The order was changed; the values before and after are both kept.",
        {"change": Each({**plain("path"), **texts("before", "after")})},
        plain("reason", "requested_by", "currency"),
        {"new_totals": TOTALS},
    ),
    "order.line_added": event("A line was added to the order.", _LINE_CHANGE),
    "order.line_removed": event("A line was taken out of the order.", _LINE_CHANGE),
    "order.line_quantity_changed": event("The quantity of a line was changed.", _LINE_CHANGE),
    "order.shipping_address_changed": event(
        "The parcel shall go to another address.",
        identifiers("before", "after"),
        plain("reason", "stage_at_change"),
        ids("asked_via"),
    ),
    "order.recipient_contact_changed": event(
        "The recipient is to be reached in another way.", identifiers("before", "after")
    ),
    "order.split": event("The order was parted in several.", _RELATED),
    "order.merged": event("Several orders became one.", _RELATED),
    "order.note_added": event(
        "Somebody, or the shop's software, wrote a note to the order.",
        ids("note_id"),
        plain("customer_visible"),
        identifiers("author"),
        texts("text"),
    ),
    "order.linked": event(
        "It became known whose messages wait here; they stand in that order's history now.",
        ids("order"),
        plain("outcome"),
    ),
    "order.put_on_hold": event("Work on the order was stopped.", _HOLD),
    "order.hold_released": event("Work on the order goes on.", _HOLD),
    "order.cancellation_requested": event("Somebody asked to cancel the order.", _CANCELLATION),
    "order.cancelled": event("The order was cancelled.", _CANCELLATION),
    "order.cancellation_refused": event("The order was not cancelled as asked.", _CANCELLATION),
    "order.expired_unpaid": event(
        "The time to pay ran out.", plain("window_minutes", "last_payment_state")
    ),
    "order.duplicate_suspected": event("The order looks like another one.", _DUPLICATE),
    "order.duplicate_confirmed": event("The order is another one, placed twice.", _DUPLICATE),
    "order.duplicate_dismissed": event("The order only looked like another one.", _DUPLICATE),
    "order.priority_assigned": event(
        "The order got its place among the work.",
        plain("quadrant", "rule_version", "next_action", "due_at", "owner"),
    ),
    "order.next_action_set": event(
        "What is to be done next, and by when.", plain("action", "due_at", "owner", "department")
    ),
    "order.owner_assigned": event(
        "Somebody became responsible for the order.", plain("owner", "department")
    ),
    "order.planned_dispatch_set": event(
        "The day of dispatch was planned.", plain("date", "reason")
    ),
    "order.planned_dispatch_changed": event(
        "The planned day of dispatch was moved.", plain("date", "before", "after", "reason")
    ),
    "order.flag_changed": event(
        "The order became an exception, or normal again.", plain("flag"), ids("exception_id")
    ),
    "order.closed": event(
        "Nothing is left to do for the order.",
        plain("outcome", "reason"),
        lists("open_obligations"),
    ),
    "order.reopened": event(
        "A closed order is worked on again.",
        plain("outcome", "reason"),
        lists("open_obligations"),
    ),
}
