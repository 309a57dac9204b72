"""Objects of PayPal in the form of its specifications, with ids and persons made up."""

ORDER = "5O190127TN364715T"
CAPTURE = "3C679366HH908993F"
AUTHORIZATION = "0VF52814937998046"
REFUND = "1JU08902781691411"
DISPUTE = "PP-D-4012"
API = "https://api-m.paypal.com"


def money(value="128.00", code="EUR"):
    return {"currency_code": code, "value": value}


def link(rel, path):
    return {"href": f"{API}{path}", "rel": rel, "method": "GET"}


def capture(status="COMPLETED", **changes):
    value = {
        "id": CAPTURE,
        "amount": money(),
        "final_capture": True,
        "invoice_id": "T01",
        "seller_receivable_breakdown": {
            "gross_amount": money(),
            "paypal_fee": money("4.00"),
            "net_amount": money("124.00"),
        },
        "supplementary_data": {
            "related_ids": {"order_id": ORDER, "authorization_id": AUTHORIZATION}
        },
        "status": status,
        "create_time": "2025-03-03T09:01:00Z",
        "update_time": "2025-03-03T09:01:00Z",
        "links": [
            link("self", f"/v2/payments/captures/{CAPTURE}"),
            link("refund", f"/v2/payments/captures/{CAPTURE}/refund"),
            link("up", f"/v2/checkout/orders/{ORDER}"),
        ],
    }
    return value | changes


def authorization(status="CREATED", **changes):
    value = {
        "id": AUTHORIZATION,
        "status": status,
        "amount": money(),
        "invoice_id": "T01",
        "expiration_time": "2025-04-01T09:00:00Z",
        "create_time": "2025-03-03T09:00:30Z",
        "update_time": "2025-03-03T09:00:30Z",
        "links": [link("self", f"/v2/payments/authorizations/{AUTHORIZATION}")],
    }
    return value | changes


def refund(status="COMPLETED", update="2025-03-05T12:00:00Z", **changes):
    value = {
        "id": REFUND,
        "amount": money(),
        "invoice_id": "T01",
        "seller_payable_breakdown": {
            "gross_amount": money(),
            "paypal_fee": money("3.65"),
            "net_amount": money("124.35"),
            "total_refunded_amount": money(),
        },
        "status": status,
        "create_time": "2025-03-05T12:00:00Z",
        "update_time": update,
        "links": [
            link("self", f"/v2/payments/refunds/{REFUND}"),
            link("up", f"/v2/payments/captures/{CAPTURE}"),
        ],
    }
    return value | changes


def dispute(status="OPEN", stage="CHARGEBACK", update="2025-03-10T12:00:00Z", **changes):
    value = {
        "dispute_id": DISPUTE,
        "create_time": "2025-03-10T12:00:00Z",
        "update_time": update,
        "disputed_transactions": [
            {
                "buyer_transaction_id": "5BB69397LU2063221",
                "seller_transaction_id": CAPTURE,
                "gross_amount": money(),
                "invoice_number": "T01",
                "buyer": {"name": "Test Buyer"},
                "seller": {"merchant_id": "5U29WL78XSAEL"},
            }
        ],
        "reason": "CREDIT_NOT_PROCESSED",
        "status": status,
        "dispute_amount": money(),
        "dispute_life_cycle_stage": stage,
        "dispute_channel": "INTERNAL",
        "seller_response_due_date": "2025-03-20T12:00:00Z",
        "links": [link("self", f"/v1/customer/disputes/{DISPUTE}")],
    }
    return value | changes


def resolved(outcome, update="2025-03-20T12:00:00Z", refunded=None, **changes):
    told = {"outcome_code": outcome}
    if refunded is not None:
        told["amount_refunded"] = refunded
    return dispute("RESOLVED", update=update, dispute_outcome=told, **changes)


def event(name, resource, at="2025-03-05T12:00:05Z", id="WH-1AB23456CD789012E"):
    return {
        "id": id,
        "event_version": "1.0",
        "create_time": at,
        "resource_type": name.split(".")[1].lower(),
        "resource_version": "2.0",
        "event_type": name,
        "summary": "Something happened",
        "resource": resource,
        "links": [link("self", "/v1/notifications/webhooks-events/WH-1AB23456CD789012E")],
    }


def order(status="COMPLETED", **changes):
    unit = {
        "reference_id": "default",
        "amount": money(),
        "invoice_id": "T01",
        "payments": {
            "authorizations": [authorization("CAPTURED")],
            "captures": [capture("REFUNDED")],
            "refunds": [refund()],
        },
        "shipping": {
            "name": {"full_name": "Test Buyer"},
            "trackers": [
                {
                    "id": f"{CAPTURE}-00340434161094",
                    "status": "SHIPPED",
                    "create_time": "2025-03-04T08:00:00Z",
                    "update_time": "2025-03-04T08:00:00Z",
                }
            ],
        },
    }
    value = {
        "id": ORDER,
        "intent": "CAPTURE",
        "status": status,
        "payment_source": {
            "card": {"name": "Test Buyer", "brand": "VISA", "last_digits": "4242", "type": "CREDIT"}
        },
        "purchase_units": [unit],
        "create_time": "2025-03-03T09:00:00Z",
        "update_time": "2025-03-03T09:01:00Z",
        "links": [link("self", f"/v2/checkout/orders/{ORDER}")],
    }
    return value | changes


def tracker(status="SHIPPED", **changes):
    value = {
        "transaction_id": CAPTURE,
        "tracking_number": "00340434161094",
        "status": status,
        "carrier": "DHL",
        "shipment_date": "2025-03-04",
        "last_updated_time": "2025-03-04T18:00:00Z",
        "links": [link("self", f"/v1/shipping/trackers/{CAPTURE}-00340434161094")],
    }
    return value | changes


def transaction(code, value, status="S", own="9HK27391BN105874X", **changes):
    info = {
        "paypal_account_id": "6STWC2LSUYYYE",
        "transaction_id": own,
        "paypal_reference_id": CAPTURE,
        "paypal_reference_id_type": "TXN",
        "transaction_event_code": code,
        "transaction_initiation_date": "2025-03-05T12:00:00+0000",
        "transaction_updated_date": "2025-03-05T12:00:00+0000",
        "transaction_amount": money(value),
        "transaction_status": status,
        "invoice_id": "T01",
    }
    payer = {"email_address": "test.buyer@example.org", "payer_name": {"surname": "Buyer"}}
    return {"transaction_info": info | changes, "payer_info": payer}


def sale(state="completed", **changes):
    """A payment of version 1."""
    value = {
        "id": "80021663DE681814L",
        "state": state,
        "amount": {"total": "128.00", "currency": "EUR", "details": {"subtotal": "128.00"}},
        "payment_mode": "INSTANT_TRANSFER",
        "parent_payment": "PAY-1PA12106FU478450MKRETS4A",
        "invoice_number": "T01",
        "create_time": "2015-03-03T09:01:00Z",
        "update_time": "2015-03-03T09:01:00Z",
        "links": [link("self", "/v1/payments/sale/80021663DE681814L")],
    }
    return value | changes


def refunded_sale(state="completed", **changes):
    """A refund of version 1."""
    value = {
        "id": "6YX43824R4443062K",
        "state": state,
        "amount": {"total": "-128.00", "currency": "EUR"},
        "sale_id": "80021663DE681814L",
        "parent_payment": "PAY-1PA12106FU478450MKRETS4A",
        "create_time": "2015-03-05T12:00:00Z",
        "update_time": "2015-03-05T12:00:00Z",
        "links": [
            link("self", "/v1/payments/refund/6YX43824R4443062K"),
            link("sale", "/v1/payments/sale/80021663DE681814L"),
        ],
    }
    return value | changes
