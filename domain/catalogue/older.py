"""The fields of versions that are no longer current, as they were declared then.

Frozen: a repeated delivery of an event that was recorded under an older version is recognised by
splitting it in the same way again. Nothing here may lean on the shapes of today.
"""

from domain.catalogue.declaration import (
    CONTACT,
    Class,
    Each,
    Field,
    Fields,
    For,
    identifiers,
    ids,
    lists,
    money,
    plain,
    texts,
)

# Version 1 had one purpose only, `contact`.
_ADDRESS_1: Fields = {
    **identifiers("recipient", "phone", "lines"),
    **plain("city", "region", "postcode", "country"),
}
_INSTRUMENT_1: Fields = {
    **plain("kind", "brand", "last4", "country", "wallet"),
    "account_label": For(CONTACT, Class.P4),
}
_LINE_1: Fields = {
    **plain("line_no", "sku", "title", "quantity", "unit_price_exact"),
    "unit_price": Class.MONEY,
    "currency": Class.CURRENCY,
    **plain("spec", "colour", "invoiced_at", "country"),
    **ids("customer_id"),
    **texts("custom_text"),
    **lists("attributes"),
}
_PRESENTMENT_1: dict[str, Field] = {
    "presentment_amount": Class.MONEY,
    "presentment_currency": Class.CURRENCY,
}
_ORDER_1: dict[str, Field] = {
    **plain("placed_at", "source_channel", "payment_method", "rounding"),
    **plain("promised_ship_by", "promised_deliver_by", "delivery_appointment"),
    **plain("courier_preference", "invoice_wanted"),
    **ids("order_no", "customer_id", "account_id"),
    "buyer": {**identifiers("name", "phone", "email"), **plain("country", "language")},
    "ship_to": _ADDRESS_1,
    "bill_to": _ADDRESS_1,
    "lines": Each(_LINE_1),
    "currency": Class.CURRENCY,
    "total": Class.MONEY,
    "totals": money("items", "shipping", "tax", "discount", "grand"),
    **identifiers("invoice_title"),
    **texts("remarks"),
}
_PAYMENT_1: dict[str, Field] = {
    **ids("payment_id", "psp_payment_id", "capture_id"),
    **plain("psp", "method", "fx_rate", "settled_on", "network_reference"),
    "instrument": _INSTRUMENT_1,
    **_PRESENTMENT_1,
}
_REFUND_1: dict[str, Field] = {
    **ids("refund_id", "payment_id", "psp_refund_id"),
    **plain("psp"),
    "amount": Class.MONEY,
    "currency": Class.OPEN,
}

OLDER: dict[tuple[str, int], Fields] = {
    ("order.placed", 1): _ORDER_1,
    ("order.imported", 1): {
        **_ORDER_1,
        **plain("import_batch", "source_file_sha256", "row_no"),
        **lists("missing_dimensions"),
    },
    ("payment.captured", 1): {
        **_PAYMENT_1,
        "amount": Class.MONEY,
        "currency": Class.CURRENCY,
    },
    ("payment.confirmed_manually", 1): {
        **_PAYMENT_1,
        "amount": Class.MONEY,
        "currency": Class.OPEN,
        **plain("by"),
    },
    ("refund.settled", 1): {
        **_REFUND_1,
        "currency": Class.CURRENCY,
        **plain("settled_on", "fx", "source", "kind"),
        "destination": _INSTRUMENT_1,
        **_PRESENTMENT_1,
    },
    ("refund.redirected", 1): {
        **_REFUND_1,
        **ids("authorised_by"),
        "destination": _INSTRUMENT_1,
        "from": _INSTRUMENT_1,
        **plain("why"),
    },
    ("refund.offline_recorded", 1): {
        **_REFUND_1,
        **plain("method", "reference"),
        "approvers": Each(Class.P2),
        "payee": For(CONTACT, Class.P4),
    },
    ("stock.shortage_detected", 1): plain(
        "sku", "wanted", "available", "found_at_stage", "system_qty", "physical_qty"
    ),
}
"""Fields by type and version."""
