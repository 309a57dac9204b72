"""Stock, production and the warehouse, up to the label on the parcel."""

from domain.catalogue.declaration import Declared, Each, event, ids, lists, plain, texts

_STOCK = plain("sku", "quantity", "warehouse", "location")
_RESTOCK = plain("sku", "quantity", "eta")
_ALLOCATION = plain("warehouse", "courier", "rule_version", "reason")
_PRODUCTION = {**ids("work_no"), **plain("percent"), **texts("custom_text")}
_PICKING = {
    **ids("pick_id", "picker"),
    **plain("percent"),
    "lines": Each(plain("line_no", "sku", "quantity", "batch", "location", "scanned")),
}
_QC = {**plain("result", "delivery_note", "waybill", "goods"), **lists("mismatch")}
_LABEL = {
    **ids("shipment_id", "tracking_no"),
    **plain("label_sha256", "carrier", "service", "rate", "currency", "reason"),
}

STOCK: dict[str, Declared] = {
    "stock.reserved": event("Goods were set aside for the order.", _STOCK),
    "stock.reservation_released": event("Goods set aside became free again.", _STOCK),
    "stock.shortage_detected": event(
        "There are fewer goods than wanted, or than the system says.",
        plain("sku", "wanted", "available", "found_at_stage"),
        plain("system_quantity", "physical_quantity"),
        schema=2,
    ),
    "stock.stocktake_adjusted": event(
        "A count corrected the stock.",
        plain("sku", "before", "after", "reason", "warehouse", "location"),
    ),
    "stock.restock_planned": event("New goods are expected.", _RESTOCK),
    "stock.restock_received": event("New goods came in.", _RESTOCK),
    "warehouse.pre_allocated": event("A warehouse and a courier were chosen.", _ALLOCATION),
    "warehouse.reallocated": event(
        "The order goes through another warehouse or courier.", _ALLOCATION
    ),
    "production.ordered": event("Something is to be made for the order.", _PRODUCTION),
    "production.progress_reported": event("How far the making is.", _PRODUCTION),
    "production.completed": event("What was to be made is made.", _PRODUCTION),
    "picking.list_created": event("The goods to fetch were listed.", _PICKING),
    "picking.claimed": event("Somebody took the list to fetch the goods.", _PICKING),
    "picking.progress_reported": event("How far the fetching is.", _PICKING),
    "picking.completed": event("All goods are fetched.", _PICKING),
    "picking.late_flagged": event("The fetching takes too long.", _PICKING),
    "consolidation.checked": event(
        "First review: the goods of one order are together.", plain("result"), ids("pick_id")
    ),
    "qc.verified": event("Second review: delivery note, waybill and goods agree.", _QC),
    "qc.rejected": event("Second review: delivery note, waybill and goods differ.", _QC),
    "parcel.packed": event(
        "A parcel was packed.",
        ids("shipment_id"),
        plain("materials", "weight_g", "dims", "piece_no", "piece_total"),
        lists("inserts"),
    ),
    "label.printed": event("A shipping label was made.", _LABEL),
    "label.voided": event("A shipping label counts no more.", _LABEL),
    "label.mismatch_detected": event(
        "A parcel has the label of another order.",
        ids("shipment_id", "tracking_no", "expected_order", "found_order"),
    ),
    "outbound.failed": event(
        "The parcel could not leave the house as it should.",
        ids("shipment_id"),
        plain("cause", "found_by"),
    ),
}
