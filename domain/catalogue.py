"""The registry of event types: names, schema versions, fields and their personal-data classes."""

from collections.abc import Mapping
from enum import Enum
from typing import TypeAlias

import msgspec


class Class(Enum):
    """What a field holds, and so whether it is sealed.

    P1 (direct identifiers), P3 (free text that may hold anything) and P4 (payees' accounts) are
    sealed; the others stay open. Fields that nobody declared are sealed as P3.
    """

    OPEN = "open"
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"
    MONEY = "money"
    CURRENCY = "currency"


class Each(msgspec.Struct, frozen=True):
    """A list: of objects with these fields, or of plain values of this class."""

    of: "Class | Mapping[str, Field]"


Field: TypeAlias = "Class | Each | Mapping[str, Field]"
Fields: TypeAlias = Mapping[str, Field]


class EventType(msgspec.Struct, frozen=True):
    """A type of event that we know.

    Args:
        name: dotted and stable; it never changes.
        schema: version of the data's form, from 1.
        fields: what the data may hold. A missing field is never an error.
    """

    name: str
    schema: int
    fields: Fields


RESERVED_PREFIXES = ("history.", "archive.", "key.", "policy.", "hold.", "erasure.")
"""Beginnings of the types that this service alone records."""

OUR_SOURCE = "orderproof"
"""The source that this service alone uses."""


def find(name: str) -> EventType | None:
    """Return what is known of a type, or None for a type that nobody declared."""
    return CATALOGUE.get(name)


def is_reserved_type(name: str) -> bool:
    """Tell whether a type is ours alone, so that nobody outside may send it."""
    return name.startswith(RESERVED_PREFIXES)


def is_reserved_source(source: str) -> bool:
    """Tell whether a source is ours alone, written with a leading slash or a path behind it too."""
    return source.lstrip("/").partition("/")[0] == OUR_SOURCE


def _open(*names: str) -> dict[str, Field]:
    return dict.fromkeys(names, Class.OPEN)


def _ids(*names: str) -> dict[str, Field]:
    return dict.fromkeys(names, Class.P2)


# An amount in a type that promises its currency. Where a type names an amount without a currency,
# or promises nothing, its currency is `_open`: welcome, not demanded.
_AMOUNT: Fields = {"amount": Class.MONEY, "currency": Class.CURRENCY}
_BARE_AMOUNT: Fields = {"amount": Class.MONEY, "currency": Class.OPEN}

_ADDRESS: Fields = {
    "recipient": Class.P1,
    "phone": Class.P1,
    "lines": Class.P1,
    **_open("city", "region", "postcode", "country"),
}
_BUYER: Fields = {
    "name": Class.P1,
    "phone": Class.P1,
    "email": Class.P1,
    **_open("country", "language"),
}
_INSTRUMENT: Fields = {
    **_open("kind", "brand", "last4", "country", "wallet"),
    "account_label": Class.P4,
}
_LINE: Fields = {
    **_open("line_no", "sku", "title", "quantity", "unit_price_exact"),
    "unit_price": Class.MONEY,
    "currency": Class.CURRENCY,
    **_open("spec", "colour", "invoiced_at", "country"),
    "customer_id": Class.P2,
    "custom_text": Class.P3,
    "attributes": Each(Class.OPEN),
}
_LINES = Each(_LINE)
_TOTALS: Fields = dict.fromkeys(("items", "shipping", "tax", "discount", "grand"), Class.MONEY)

_PRESENTMENT: Fields = {
    "presentment_amount": Class.MONEY,
    "presentment_currency": Class.CURRENCY,
}

_ORDER: Fields = {
    **_open("placed_at", "source_channel", "payment_method", "rounding"),
    **_open("promised_ship_by", "promised_deliver_by", "delivery_appointment"),
    **_open("courier_preference", "invoice_wanted"),
    **_ids("order_no", "customer_id", "account_id"),
    "buyer": _BUYER,
    "ship_to": _ADDRESS,
    "bill_to": _ADDRESS,
    "lines": _LINES,
    "currency": Class.CURRENCY,
    "total": Class.MONEY,
    "totals": _TOTALS,
    "invoice_title": Class.P1,
    "remarks": Class.P3,
}
_PAYMENT: Fields = {
    **_ids("payment_id", "psp_payment_id", "capture_id"),
    **_open("psp", "method", "fx_rate", "settled_on", "network_reference"),
    "instrument": _INSTRUMENT,
    **_PRESENTMENT,
}

# A webhook often knows a refund that nobody here asked for, so any step may bring all of these.
_REFUND: Fields = {
    **_ids("refund_id", "payment_id", "psp_refund_id"),
    **_open("psp"),
    **_BARE_AMOUNT,
}
_COMPENSATION: Fields = {
    **_ids("compensation_id", "instead_of", "message_id"),
    **_open("kind", "level", "condition"),
    **_BARE_AMOUNT,
}

# What a credit invoice adds to a refund.
_CREDIT: Fields = {
    "lines": _LINES,
    **_ids("cancellation", "customer_id"),
    **_open("original", "rounding", "country"),
}
_DISPUTE: Fields = {
    **_ids("dispute_id", "payment_id", "psp_dispute_id"),
    **_open("kind", "reason", "network_code", "respond_by", "at"),
}
_EXCEPTION: Fields = {
    **_ids("exception_id"),
    **_open("class", "subtype", "level", "priority", "detected_by"),
}

_DATA: dict[str, Fields] = {
    # Orders
    "order.placed": _ORDER,
    "order.imported": {
        **_ORDER,
        **_open("import_batch", "source_file_sha256", "row_no"),
        "missing_dimensions": Each(Class.OPEN),
    },
    "order.confirmed": {
        **_ids("order_track_no", "confirmed_by"),
        **_open("service_requirement"),
        "synced_to": Each(Class.OPEN),
    },
    "order.cancelled": _open("by", "reason_code", "stage", "refund_due"),
    "order.expired_unpaid": _open("window_minutes", "last_payment_state"),
    "order.closed": {**_open("outcome", "reason"), "open_obligations": Each(Class.OPEN)},
    "order.planned_dispatch_set": _open("date", "reason"),
    "order.owner_assigned": _open("owner", "department"),
    "order.next_action_set": _open("action", "due_at", "owner", "department"),
    # Payment
    "payment.captured": {**_PAYMENT, **_AMOUNT},
    "payment.confirmed_manually": {**_PAYMENT, **_BARE_AMOUNT, **_open("by")},
    "psp_account.closed": {**_ids("account_ref"), **_open("psp", "at", "open_refunds")},
    # Invoices that adjust the books and belong to no order
    "invoice.adjusted": {
        **_AMOUNT,
        "lines": _LINES,
        **_ids("customer_id"),
        **_open("rounding", "country"),
    },
    # Shipment
    "shipment.dispatched": {
        **_ids("shipment_id", "tracking_no"),
        **_open("carrier", "service", "marked_shipped_at", "pushed_to_storefront_at"),
    },
    "shipment.delivered": {
        **_ids("shipment_id", "tracking_no", "consent_message_id"),
        "signed_by": Class.P1,
        **_open("signed_by_kind", "consent"),
    },
    "tracking.scan_received": {
        **_ids("shipment_id", "tracking_no"),
        **_open("carrier", "carrier_status", "carrier_substatus", "normalised"),
        **_open("location", "scan_at", "scan_hash"),
        # A carrier's words are where the name of the neighbour stands who took the parcel.
        "message": Class.P3,
    },
    # Stock and production
    "stock.reserved": _open("sku", "quantity", "warehouse", "location"),
    "stock.shortage_detected": _open(
        "sku", "wanted", "available", "found_at_stage", "system_qty", "physical_qty"
    ),
    "stock.restock_planned": _open("sku", "quantity", "eta"),
    "production.progress_reported": {
        **_ids("work_no"),
        **_open("percent"),
        "custom_text": Class.P3,
    },
    # After-sales and refunds
    "aftersales.requested": {
        **_ids("case_id"),
        **_open("kind", "reason_code"),
        **_BARE_AMOUNT,
        "lines": _LINES,
        "text": Class.P3,
    },
    "refund.requested": {
        **_REFUND,
        **_AMOUNT,
        **_ids("case_id", "message_id"),
        **_open("reason_code", "requested_by"),
        **_CREDIT,
    },
    "refund.approved": {
        **_REFUND,
        **_AMOUNT,
        **_ids("approver"),
        **_open("route", "policy_version", "due_by"),
        "deductions": Each({**_open("kind"), "amount": Class.MONEY}),
        **_CREDIT,
    },
    "refund.rejected": {
        **_REFUND,
        **_ids("message_id"),
        **_open("reason_code", "policy_version"),
    },
    "refund.submitted": {
        **_REFUND,
        **_AMOUNT,
        **_ids("idempotency_key"),
        **_open("attempt_no"),
    },
    "refund.submission_unknown": {
        **_REFUND,
        **_ids("idempotency_key"),
        **_open("error", "at"),
    },
    "refund.accepted": {**_REFUND, **_open("psp_status", "pending_reason")},
    "refund.succeeded": {
        **_REFUND,
        **_ids("balance_transaction"),
        **_open("kind", "psp_at"),
    },
    "refund.customer_action_required": {**_REFUND, **_open("how", "expires_at")},
    "refund.offline_recorded": {
        **_REFUND,
        **_open("method", "reference"),
        "approvers": Each(Class.P2),
        "payee": Class.P4,
    },
    "refund.reference_recorded": {
        **_REFUND,
        **_open("reference_type", "reference", "reference_status", "obtained_at"),
    },
    "refund.reference_unavailable": {**_REFUND, **_open("reason")},
    "refund.settled": {
        **_REFUND,
        **_AMOUNT,
        **_open("settled_on", "fx", "source", "kind"),
        "destination": _INSTRUMENT,
        **_PRESENTMENT,
    },
    "refund.failed": {**_REFUND, **_open("failure_reason", "returned_to", "funds_back_at")},
    "refund.bounced": {**_REFUND, **_open("reason")},
    "refund.cancelled": {**_REFUND, **_open("reason", "by")},
    "refund.reissued": {**_REFUND, **_ids("new_refund_id"), **_open("route", "why")},
    "refund.redirected": {
        **_REFUND,
        **_ids("authorised_by"),
        "destination": _INSTRUMENT,
        "from": _INSTRUMENT,
        **_open("why"),
    },
    "refund.customer_notified": {**_ids("refund_id", "message_id"), **_open("wording")},
    "refund.customer_confirmed": _ids("refund_id", "message_id"),
    "exchange.agreed": {**_ids("new_order_id"), "lines": _LINES},
    # Compensation and disputes
    "compensation.offered": {**_COMPENSATION, **_AMOUNT},
    "compensation.accepted": {**_COMPENSATION, **_AMOUNT},
    "compensation.declined": {**_COMPENSATION, **_open("reason")},
    "compensation.issued": {**_COMPENSATION, **_open("code_digest")},
    "dispute.opened": {**_DISPUTE, **_AMOUNT},
    **{
        f"dispute.{outcome}": {**_DISPUTE, **_BARE_AMOUNT}
        for outcome in ("lost", "accepted", "won", "withdrawn")
    },
    # Claims and gaps
    "claim.counter_evidence": {
        **_ids("claim_id", "refund_id"),
        **_open("evidence_digest"),
        "statement": Class.P3,
    },
    **{f"source.{what}": _open("source", "from", "to") for what in ("gap_detected", "gap_filled")},
    # Contact
    "message.sent": {
        **_ids("message_id"),
        **_open("channel", "template", "template_version", "language", "category", "body_sha256"),
        "to": Class.P1,
        "subject": Class.P3,
        "body": Class.P3,
        "params": Class.P3,
        "related": _ids("refund_id", "exception_id"),
    },
    "message.received": {
        **_ids("message_id"),
        **_open("channel", "language", "intent", "body_sha256"),
        "from": Class.P1,
        "subject": Class.P3,
        "body": Class.P3,
    },
    # Exceptions and tickets
    "exception.raised": _EXCEPTION,
    "exception.classified": {**_EXCEPTION, **_open("guidance_id")},
    "exception.assigned": {**_ids("exception_id"), **_open("department", "owner", "notified_at")},
    "exception.measure_taken": {
        **_ids("exception_id"),
        "measure": Class.P3,
        **_open("by", "at"),
    },
    "exception.resolved": {
        **_ids("exception_id"),
        **_open("cause", "resumed_at_stage", "minutes_open"),
    },
    "ticket.opened": {
        **_ids("ticket_id", "exception_id"),
        **_open("department"),
        "demand": Class.P3,
    },
    "ticket.resolved": {**_ids("ticket_id"), "result": Class.P3},
    # Ours
    "history.sealed": _open(
        "events", "first_version", "retain_until", "retention_class", "revision"
    ),
    "archive.stored": _open("files", "log_size", "manifest", "manifest_sha256"),
}

CATALOGUE: Mapping[str, EventType] = {
    name: EventType(name, 1, fields) for name, fields in _DATA.items()
}
"""Every type that is known, by name."""
