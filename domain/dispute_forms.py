"""A dispute's papers in the forms that payment providers ask for. Nothing is sent from here.

Sources, read on 2026-11-26 where nothing else is said:
Stripe: https://docs.stripe.com/api/disputes/evidence_object (fields),
https://docs.stripe.com/api/disputes/update (150,000 characters in all; `submit`); the length of
each field is `maxLength` of `dispute_evidence_params` in https://github.com/stripe/openapi, which
was not read again.
Adyen: https://docs.adyen.com/risk-management/disputes-api (the order of calls),
`retrieve_applicable_defense_reasons_res.json` below it (codes of reasons and documents), and
`SupplyDefenseDocumentRequest` of the Disputes API, version 30.
"""

import base64
from collections.abc import Mapping
from typing import Any

from domain.dispute_case import Case
from domain.dispute_papers import CONTACTS, RECEIPT, REFUNDS, SHIPPING

STRIPE = "stripe"
ADYEN = "adyen"

LONG, SHORT = 20_000, 5_000
STRIPE_TEXTS: dict[str, int] = {
    "billing_address": SHORT,
    "customer_email_address": SHORT,
    "customer_name": SHORT,
    "product_description": LONG,
    "refund_policy_disclosure": LONG,
    "refund_refusal_explanation": LONG,
    "shipping_address": SHORT,
    "shipping_carrier": SHORT,
    "shipping_date": SHORT,
    "shipping_tracking_number": SHORT,
    "uncategorized_text": LONG,
}
"""The text fields of Stripe's form that a record can fill, with their longest length."""

STRIPE_TOTAL = 150_000
"""Characters of all fields of Stripe's form together."""

STRIPE_FILES = {
    "receipt": RECEIPT,
    "uncategorized_file": REFUNDS,
    "shipping_documentation": SHIPPING,
    "customer_communication": CONTACTS,
}
"""Fields of Stripe's form that take the id of an uploaded file, with the paper for it."""

ADYEN_REASON = "SupplyDefenseMaterial"
"""The defense reason that Adyen's own example answer names."""

ADYEN_DOCUMENTS = {"TIDorInvoice": (RECEIPT,), "DefenseMaterial": (REFUNDS, SHIPPING, CONTACTS)}
"""Adyen's document types, with the papers that one document of the type is made of."""

_CUT = " [cut]"


def stripe_evidence(case: Case) -> tuple[dict[str, str], list[str]]:
    """Return the texts of Stripe's `evidence` hash, and the fields that had to be cut.

    What the record does not say is left out: an empty field would erase what is there already.
    """
    known = {
        "billing_address": case.person.billing_address,
        "customer_email_address": case.person.email,
        "customer_name": case.person.name,
        "product_description": case.goods,
        "refund_policy_disclosure": case.policy,
        "refund_refusal_explanation": case.refusal,
        "shipping_address": case.person.shipping_address,
        "shipping_carrier": case.carriers,
        "shipping_date": case.shipped_on,
        "shipping_tracking_number": case.tracking_numbers,
        "uncategorized_text": case.summary,
    }
    texts: dict[str, str] = {}
    cut = []
    for name, most in STRIPE_TEXTS.items():
        text = known[name]
        if text is None:
            continue
        texts[name] = text if len(text) <= most else text[: most - len(_CUT)] + _CUT
        if texts[name] != text:
            cut.append(name)
    return texts, cut


def stripe_form(case: Case, files: Mapping[str, str]) -> dict[str, Any]:
    """Return what Stripe's form takes, as it is uploaded.

    Args:
        case: the dispute's.
        files: name of the file of each paper that there is.
    """
    texts, cut = stripe_evidence(case)
    return {
        "dispute": case.dispute.dispute_id,
        "payment": case.psp_payment_id,
        "evidence": texts,
        # To be uploaded first, with the purpose `dispute_evidence`; the ids go beside the texts.
        "files": {
            field: {"file": files[paper], "purpose": "dispute_evidence"}
            for field, paper in STRIPE_FILES.items()
            if paper in files
        },
        "submit": False,
        "not_known": sorted(STRIPE_TEXTS.keys() - texts.keys()),
        "cut": cut,
    }


def adyen_forms(
    case: Case, documents: Mapping[str, bytes], merchant: str, reason: str = ADYEN_REASON
) -> dict[str, dict[str, Any]]:
    """Return the requests to Adyen's Disputes API, by the name of the call, in their order.

    Args:
        case: the dispute's.
        documents: the PDF of each document type.
        merchant: the merchant account.
        reason: the defense reason.
    """
    about = {
        "disputePspReference": case.dispute.dispute_id,
        "merchantAccountCode": merchant,
    }
    return {
        # Which reasons and documents this dispute takes is Adyen's to say.
        "retrieveApplicableDefenseReasons": about,
        "supplyDefenseDocument": {
            "defenseDocuments": [
                {
                    "content": base64.b64encode(pdf).decode(),
                    "contentType": "application/pdf",
                    "defenseDocumentTypeCode": code,
                }
                for code, pdf in documents.items()
            ],
            **about,
        },
        "defendDispute": {"defenseReasonCode": reason, **about},
    }
