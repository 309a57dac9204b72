"""One item of a standard webhook, read: who it is about, how much, and whether it came true.

Source: Adyen's specification Webhooks v1, https://docs.adyen.com/api-explorer/Webhooks/1/overview,
and https://docs.adyen.com/development-resources/webhooks/webhook-types.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from sources.adyen.money import amount
from sources.payload_values import currency, first_time, member, text, time

PSP = "adyen"

_MOST_TEXT = 200  # of a reason; Adyen's are short, and what is longer is no reason


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """What every item has. What is missing, or is not what it should be, is None.

    Args:
        code: `eventCode`.
        reference: `pspReference`: of the authorisation, the modification or the dispute.
        original: `originalReference`: of the payment that is modified or disputed.
        merchant_reference: `merchantReference`, the shop's own number.
        success: whether what the code says came true. For a code that names a failure, such as
            REFUND_FAILED, `true` means that it failed.
        amount: minor units of ISO 4217, None where the currency is not known.
        currency: its code, None where the amount is not known.
        reason: why, in Adyen's or the bank's words.
        at: `eventDate`.
        method: `paymentMethod`, such as `visa` or `ideal`.
        more: `additionalData`, flat, all of it text.
    """

    code: str
    reference: str | None
    original: str | None
    merchant_reference: str | None
    success: bool | None
    amount: int | None
    currency: str | None
    reason: str | None
    at: str
    method: str | None
    more: Mapping[str, Any]

    @property
    def payment(self) -> str | None:
        """The reference of the payment: the original one's of a modification, else its own."""
        return self.original or self.reference

    @property
    def order(self) -> str | None:
        """The number of the order, as far as the item names it.

        A modification that was sent with a reference of its own brings that one as
        `merchantReference`; the payment's is then in `originalMerchantReference`, if at all.
        """
        return self.original_order or self.merchant_reference

    @property
    def original_order(self) -> str | None:
        """The number of the order, where the item says which of its references that is."""
        return self.said("originalMerchantReference")

    def said(self, name: str) -> str | None:
        """Return a member of `additionalData`."""
        found = text(self.more.get(name))
        return None if found is None else found.strip() or None

    def money(self) -> dict[str, Any]:
        """Return the amount as events name it."""
        return {"amount": self.amount, "currency": self.currency}


def read_item(payload: Mapping[str, Any]) -> Item:
    """Read an item, whatever it holds."""
    more = payload.get("additionalData")
    code = currency(member(payload, "amount", "currency"))
    minor = amount(member(payload, "amount", "value"), code)
    return Item(
        code=text(payload.get("eventCode")) or "",
        reference=text(payload.get("pspReference")),
        original=text(payload.get("originalReference")),
        merchant_reference=text(payload.get("merchantReference")),
        success=_truth(payload.get("success")),
        amount=minor,
        currency=None if minor is None else code,
        reason=_reason(payload.get("reason")),
        at=first_time(time(payload.get("eventDate"))),
        method=text(payload.get("paymentMethod")),
        more=more if isinstance(more, dict) else {},
    )


def _truth(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None


def _reason(value: Any) -> str | None:
    said = (text(value) or "").strip()
    return said[:_MOST_TEXT] if said and said != "null" else None
