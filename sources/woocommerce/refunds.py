"""Refunds at WooCommerce.

Source: https://developer.woocommerce.com/docs/apis/rest-api/v3/order-refunds. `refunded_payment`
says whether the payment's gateway was asked to send the money, and took it; whether the money
arrived WooCommerce never learns. A refund names no currency, so its amount stands in its order.
"""

from collections.abc import Mapping
from typing import Any

from sources.message import Told
from sources.payload_values import first_time, integer, objects, text
from sources.provider_ids import provider_id
from sources.reading import Reading
from sources.woocommerce.reading import meta, moment, parent_links

# Keys under which the plug-ins of Stripe, WooPayments and PayPal leave the refund's id.
_PROVIDER = ("_stripe_refund_id", "_wcpay_refund_id", "_ppcp_refund_id", "_refund_id")


def read_refund(value: Mapping[str, Any]) -> Reading:
    """Read a refund: decided by the shop, and sent to the gateway or to be paid by hand."""
    at = moment(value, "date_created")
    own = text(value.get("id"))
    provider = provider_id(meta(value, *_PROVIDER))
    told = []
    if own is not None:
        data = {"refund_id": own, "psp_refund_id": provider}
        by = text(value.get("refunded_by"))
        sent = value.get("refunded_payment")
        approved = data | {
            "approver": by if by != "0" else None,
            "route": "offline" if sent is False else "original",
            "lines": _lines(value) or None,
        }
        told.append(Told(type="refund.approved", data=approved, occurred_at=at))
        if sent is True:
            accepted = data | {"psp_status": "refunded_payment"}
            told.append(Told(type="refund.accepted", data=accepted, occurred_at=at))
        elif sent is None:
            # The first API says nothing of it: whether the gateway has it must be looked up.
            unknown = data | {"error": "refunded_payment is not stated"}
            told.append(Told(type="refund.submission_unknown", data=unknown, occurred_at=at))
    return Reading(
        occurred_at=first_time(at),
        told=told,
        links=[
            *parent_links(value),
            *([provider] if provider else []),
            *([f"woocommerce:refund/{own}"] if own else []),
        ],
    )


def _lines(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    for each in objects(value.get("line_items")):
        quantity = integer(each.get("quantity"))
        line = {
            "sku": text(each.get("sku")),
            "title": text(each.get("name")),
            "quantity": None if quantity is None else abs(quantity),
        }
        if line["quantity"]:  # the first API lists what is not refunded too
            found.append({name: held for name, held in line.items() if held is not None})
    return found
