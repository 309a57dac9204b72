"""Lines of orders at Shopify."""

from typing import Any

from sources.payload_values import integer, minor_units, objects, text


def order_lines(value: Any, code: str | None) -> list[dict[str, Any]]:
    """Return the lines of an order, prices in minor units of the shop's currency."""
    found = []
    for each in objects(value):
        line = {
            "line_no": text(each.get("id")),
            "sku": text(each.get("sku")),
            "title": text(each.get("title")) or text(each.get("name")),
            "spec": text(each.get("variant_title")),
            "quantity": integer(each.get("quantity")),
            "unit_price": minor_units(each.get("price"), code),
            "custom_text": _custom(each.get("properties")),
        }
        found.append({name: held for name, held in line.items() if held is not None})
    return found


def _custom(value: Any) -> str | None:
    """Return what the customer asked to have made of the goods, such as an engraving."""
    pairs = [(text(each.get("name")), text(each.get("value"))) for each in objects(value)]
    return "; ".join(f"{name}: {wish}" for name, wish in pairs if name and wish) or None
