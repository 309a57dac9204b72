"""Every real payload at hand imports: nothing of it is rejected, and what it tells is typed."""

import json
from collections import Counter
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
HERE = Path(__file__).parents[1] / "data"

# What must have become typed events, by the folder of real files.
TOLD = {
    "adyen_webhook_examples": {"payment.captured", "refund.succeeded", "dispute.opened"},
    "amazon_sp_api_examples": {"order.placed", "payment.captured", "shipment.dispatched"},
    "easypost_python_cassettes": {"tracking.scan_received"},
    "pay_rails": {"payment.captured", "refund.succeeded"},
    "paypal_openapi_examples": {"payment.authorised"},
    "shopify_python_api_fixtures": {"order.placed", "refund.succeeded", "dispute.opened"},
    "stripe_cli_triggers": set(),  # scripts of requests; nothing in them has happened
    "stripe_openapi_fixtures": {"refund.succeeded", "payment.authorised"},
    "woocommerce_rest_docs": {"order.placed"},
}


def files(folder):
    for root in (SHARED, HERE):
        found = sorted(
            path for path in (root / folder).glob("*.json") if path.name != "ORIGIN.json"
        )
        if found:
            return found
    return []


@pytest.mark.parametrize("folder", TOLD)
def test_all_files_of_a_source_import(folder, data, orderproof):
    paths = files(folder)
    assert paths

    done = orderproof("import", *paths, "--shop", "de", "--data", data, "--json")
    again = orderproof("import", *paths, "--shop", "de", "--data", data, "--json")

    tally, repeated = done.json, again.json
    assert (done.code, tally["rejected"]) == (0, 0), tally
    assert tally["read"] == tally["recorded"] + tally["duplicates"]
    assert (again.code, repeated["recorded"]) == (0, 0)
    assert repeated["duplicates"] == tally["read"]
    types = Counter(event["type"] for event in _all_events(data))
    assert TOLD[folder] <= types.keys(), types


def _all_events(data):
    from eventstore import log
    from orderproof import installation
    from orderproof.bootstrap import open_store

    with open_store(installation.find(data)) as store:
        for line in log.lines(store.connection, 0, log.size(store.connection)):
            yield json.loads(line.encode())
