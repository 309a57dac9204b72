import re
from collections.abc import Mapping

import pytest

from domain import catalogue
from domain.catalogue import CATALOGUE, Class, Each

# The names that the interface promises, written out so that a renamed type fails here.
PROMISED = """
order.placed order.confirmed order.cancelled order.closed payment.captured shipment.dispatched
shipment.delivered refund.requested refund.approved refund.rejected refund.submitted
refund.submission_unknown refund.accepted refund.succeeded refund.customer_action_required
refund.offline_recorded refund.reference_recorded refund.reference_unavailable refund.settled
refund.failed refund.bounced refund.cancelled refund.reissued refund.redirected
refund.customer_confirmed dispute.opened dispute.lost dispute.accepted dispute.won
dispute.withdrawn aftersales.requested source.gap_detected psp_account.closed
claim.counter_evidence compensation.accepted message.sent message.received
order.planned_dispatch_set order.owner_assigned order.next_action_set stock.reserved
stock.shortage_detected stock.restock_planned production.progress_reported
tracking.scan_received exception.raised exception.classified exception.assigned
exception.measure_taken exception.resolved ticket.opened ticket.resolved compensation.offered
compensation.issued history.sealed archive.stored invoice.adjusted
"""
PROMISED_FROM_OUTSIDE = set(PROMISED.split()) - {"history.sealed", "archive.stored"}
READ_BY_CLAIMS = """
order.imported order.expired_unpaid payment.confirmed_manually refund.customer_notified
exchange.agreed compensation.declined source.gap_filled
"""


def fields_of(fields, path=()):
    for name, field in fields.items():
        yield (*path, name), field
        inner = field.of if isinstance(field, Each) else field
        if isinstance(inner, Mapping):
            yield from fields_of(inner, (*path, name))


def test_the_catalogue_has_the_promised_types_and_those_that_claims_read():
    assert set(CATALOGUE) >= {*PROMISED.split(), *READ_BY_CLAIMS.split()}


def test_every_type_is_named_area_dot_phrase_and_has_a_schema_version():
    for name, known in CATALOGUE.items():
        assert re.fullmatch(r"[a-z_]+\.[a-z_]+", name)
        assert known.name == name
        assert known.schema == len(known.older) + 1
        assert known.meaning.endswith(".")


@pytest.mark.parametrize(
    "path",
    [
        ("order.placed", "buyer", "name"),
        ("order.placed", "buyer", "phone"),
        ("order.placed", "buyer", "email"),
        ("order.placed", "ship_to", "recipient"),
        ("order.placed", "ship_to", "phone"),
        ("order.placed", "ship_to", "lines"),
        ("shipment.delivered", "signed_by"),
        ("message.sent", "to"),
        ("message.received", "from"),
    ],
)
def test_direct_identifiers_are_declared_as_such(path):
    fields = dict(fields_of(CATALOGUE[path[0]].fields))

    assert fields[path[1:]] is Class.P1


@pytest.mark.parametrize(
    "path",
    [
        ("payment.captured", "instrument", "last4"),
        ("payment.captured", "network_reference"),
        ("refund.settled", "destination", "brand"),
        ("refund.settled", "destination", "last4"),
        ("refund.reference_recorded", "reference"),
        ("order.placed", "ship_to", "postcode"),
    ],
)
def test_what_a_verdict_or_a_bank_needs_is_open(path):
    fields = dict(fields_of(CATALOGUE[path[0]].fields))

    assert fields[path[1:]] is Class.OPEN


@pytest.mark.parametrize(
    "name",
    [
        "history.sealed",
        "archive.x",
        "key.rotated",
        "policy.changed",
        "hold.placed",
        "erasure.done",
        "retention.set",
        "access.record_viewed",
        "export.produced",
        "projection.event_skipped",
        "template.published",
        "wind_down.started",
    ],
)
def test_types_of_ours_are_reserved(name):
    assert catalogue.is_reserved_type(name)


@pytest.mark.parametrize(
    "name", ["order.placed", "historical.fact", "keyboard.sold", *sorted(PROMISED_FROM_OUTSIDE)]
)
def test_other_types_are_not_reserved(name):
    assert not catalogue.is_reserved_type(name)


@pytest.mark.parametrize(
    "source", ["orderproof", "/orderproof", "//orderproof", "/orderproof/worker"]
)
def test_our_source_is_reserved_however_it_is_dressed(source):
    assert catalogue.is_reserved_source(source)


@pytest.mark.parametrize("source", ["/psp/stripe", "/orderproofs", "/shop/orderproof"])
def test_other_sources_are_not_reserved(source):
    assert not catalogue.is_reserved_source(source)
