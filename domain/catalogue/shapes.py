"""Groups of fields that several types share.

A change here changes every type that uses the group, so each of them becomes a new version; the
test of the recorded digests names them. Older versions have tables of their own in `older`.
"""

from domain.catalogue.declaration import (
    TAX,
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

# An amount in a type that promises its currency. Where a type names an amount without a currency,
# or promises nothing, its currency is open: welcome, not demanded.
AMOUNT: Fields = {"amount": Class.MONEY, "currency": Class.CURRENCY}
BARE_AMOUNT: Fields = {"amount": Class.MONEY, "currency": Class.OPEN}
PRESENTMENT: Fields = {
    "presentment_amount": Class.MONEY,
    "presentment_currency": Class.CURRENCY,
}

ADDRESS: Fields = {
    **identifiers("recipient", "phone", "lines"),
    **plain("city", "region", "postcode", "country"),
}
BILLING_ADDRESS = For(TAX, {**ADDRESS, **identifiers("name", "company", "email", "tax_id")})
BUYER: Fields = {**identifiers("name", "phone", "email"), **plain("country", "language")}
INSTRUMENT: Fields = {
    **plain("kind", "brand", "last4", "country", "wallet"),
    "account_label": Class.P4,
}

LINE: Fields = {
    **plain("line_no", "sku", "title", "quantity", "unit_price_exact"),
    "unit_price": Class.MONEY,
    "currency": Class.CURRENCY,
    **plain("spec", "colour", "invoiced_at", "country"),
    **ids("customer_id"),
    **texts("custom_text"),
    **lists("attributes"),
}
LINES: dict[str, Field] = {"lines": Each(LINE)}
# Lines of types that promise no money: what a price is in may be left out.
BARE_LINE: Fields = {**LINE, "currency": Class.OPEN}
TOTALS: Fields = money("items", "shipping", "tax", "discount", "grand")

ORDER: Fields = {
    **plain("placed_at", "source_channel", "payment_method", "rounding"),
    **plain("promised_ship_by", "promised_deliver_by", "delivery_appointment"),
    **plain("courier_preference", "invoice_wanted"),
    **ids("order_no", "customer_id", "account_id"),
    "buyer": BUYER,
    "ship_to": ADDRESS,
    "bill_to": BILLING_ADDRESS,
    **LINES,
    "currency": Class.CURRENCY,
    "total": Class.MONEY,
    "totals": TOTALS,
    "invoice_title": For(TAX, Class.P1),
    **texts("remarks"),
}
