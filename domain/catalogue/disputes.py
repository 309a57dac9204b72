"""Disputes: inquiries and chargebacks about a payment."""

from domain.catalogue.declaration import Declared, event, ids, lists, plain
from domain.catalogue.shapes import AMOUNT, BARE_AMOUNT

_DISPUTE = {
    **ids("dispute_id", "payment_id", "psp_dispute_id"),
    **plain("kind", "reason", "network_code", "respond_by", "at"),
}
_PAPERS = {**_DISPUTE, **plain("package_sha256"), **lists("documents")}

DISPUTES: dict[str, Declared] = {
    "dispute.inquiry_opened": event(
        "The bank asks about a payment; no money moves yet.", _DISPUTE, BARE_AMOUNT
    ),
    "dispute.opened": event("The customer's bank takes the payment back.", _DISPUTE, AMOUNT),
    "dispute.evidence_compiled": event("The papers for the bank are ready.", _PAPERS),
    "dispute.evidence_submitted": event("The papers went to the bank.", _PAPERS),
    "dispute.funds_withdrawn": event("The money was taken out.", _DISPUTE, BARE_AMOUNT),
    "dispute.funds_reinstated": event("The money was given back.", _DISPUTE, BARE_AMOUNT),
    "dispute.won": event("The seller keeps the money.", _DISPUTE, BARE_AMOUNT),
    "dispute.lost": event("The customer keeps the money.", _DISPUTE, BARE_AMOUNT),
    "dispute.accepted": event("The seller gave in.", _DISPUTE, BARE_AMOUNT),
    "dispute.withdrawn": event("The customer gave in.", _DISPUTE, BARE_AMOUNT),
}
