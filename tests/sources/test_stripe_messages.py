import hashlib
import hmac
import json

import pytest
from hypothesis import HealthCheck, given, settings

from domain.catalogue import CATALOGUE
from sources.format import SignatureError
from sources.formats import FORMATS
from sources.stripe.signature import check
from tests.sources.garbled import GARBAGE, documented, garbled
from tests.sources.payload_story import (
    ROOT,
    assert_translates,
    files,
    load,
    messages,
    told,
    types,
)

FOLDERS = ("stripe_openapi_fixtures", "stripe_cli_triggers", "pay_rails")
STRIPE = FORMATS["stripe"]
ORIGINALS = [json.loads(path.read_text()) for folder in FOLDERS[:2] for path in files(folder)] + [
    load("pay_rails", f"charge.{name}.json") for name in ("succeeded", "updated", "refunded")
]
EVENTS = [
    {"id": "evt_1", "object": "event", "type": f"{each['object']}.updated", "created": 1714460400,
     "data": {"object": each, "previous_attributes": {"status": "succeeded"}}}
    for each in ORIGINALS if isinstance(each.get("object"), str)
]  # fmt: skip
unhurried = settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])

TYPED = {
    "stripe_openapi_fixtures": {
        "balance_transaction.json", "charge.json", "checkout.session.json", "dispute.json",
        "payment_intent.json", "radar.early_fraud_warning.json", "refund.json",
    },
    "pay_rails": {"charge.refunded.json", "charge.succeeded.json", "charge.updated.json"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("folder", "path"),
    [pytest.param(name, path, id=path.name) for name in FOLDERS[:2] for path in files(name)],
)
def test_every_file_of_stripes_is_taken_and_told_where_it_tells_something(folder, path):
    found = messages(json.loads(path.read_text()))

    [(message, _, form)] = found
    assert form.name == "stripe"
    assert bool(message.told) == (path.name in TYPED.get(folder, ()))
    assert all(each.type in CATALOGUE for each in message.told)


def test_a_script_of_the_command_line_is_kept_and_tells_nothing():
    for path in files("stripe_cli_triggers"):
        [(message, _, _)] = messages(json.loads(path.read_text()))
        assert (message.type, message.told) == ("cli.script", [])
        assert message.id == message.links[0]


def test_an_object_inside_a_script_is_told():
    script = load("stripe_cli_triggers", "charge.refund.updated.json")
    script["fixtures"][1]["response"] = load("stripe_openapi_fixtures", "refund.json")

    [(message, _, _)] = messages(script)

    assert "refund.succeeded" in types(script)
    assert message.links == ["ch_1PgafuB7WZ01zgkWXYmPNZs8", "re_1Pgc72B7WZ01zgkWqPvrRrPE"]


def test_pages_of_lists_hold_objects():
    page = {"object": "list", "data": [load("stripe_openapi_fixtures", "refund.json")] * 2,
            "has_more": False, "url": "/v1/refunds"}  # fmt: skip

    assert [message.type for message, _, _ in messages(page)] == ["refund", "refund"]


@pytest.mark.parametrize("type", ["payout.paid", "payout.failed", "balance.available"])
def test_events_that_are_about_no_order_are_kept(type):
    thing = {"object": "balance", "available": [], "livemode": True}
    if type.startswith("payout"):
        thing = load("stripe_openapi_fixtures", "payout.json")
    value = {
        "id": "evt_1",
        "object": "event",
        "type": type,
        "created": 1,
        "data": {"object": thing},
    }

    [(message, _, _)] = messages(value)

    assert (message.id, message.type, list(message.told)) == ("evt_1", type, [])


def test_objects_of_any_other_kind_are_kept():
    plan = load("stripe_openapi_fixtures", "event.json")["data"]["object"]

    [(message, _, form)] = messages(plan)

    assert (form.name, message.type, list(message.told)) == ("stripe", "plan", [])


def test_the_id_of_an_object_that_was_asked_for_changes_with_its_state():
    first = load("stripe_openapi_fixtures", "refund.json")

    [(one, _, _)], [(same, _, _)] = messages(first), messages(dict(first))
    [(other, _, _)] = messages(first | {"status": "failed"})

    assert one.id == same.id != other.id
    assert one.id.startswith("refund/re_1Pgc72B7WZ01zgkWqPvrRrPE/")


@pytest.mark.parametrize(
    "item",
    [
        {"object": "refund", "id": "rfnd_1", "amount": 1},  # of another source: no time in seconds
        {"object": "charge", "id": "chrg_1", "livemode": False, "created_at": "2024-04-30"},
        {"object": "tracker", "id": "trk_1", "created_at": "2024-04-30"},
        {"object": "list", "data": [], "url": "/v1/refunds"},
        {"object": "event"},
        {"object": "event", "type": "charge.refunded", "data": {"object": "ch_1"}},
        {"object": {"id": "unknown_1"}},
        {"object": {}},
        {"fixtures": []},
        {"_meta": {"template_version": 0}, "fixtures": {}},
    ],
)
def test_what_is_not_stripes_is_left_to_others(item):
    assert STRIPE.kind_of(item) is None


@unhurried
@given(garbled(ORIGINALS + EVENTS))
def test_no_change_of_a_real_payload_makes_an_exception(value):
    assert_translates(STRIPE, value)


@unhurried
@given(GARBAGE)
def test_no_garbage_makes_an_exception(value):
    assert_translates(STRIPE, {"object": value, "data": {"object": value}})
    assert_translates(STRIPE, {"object": "event", "type": "x", "data": {"object": value}})


def test_no_personal_data_stands_open_in_what_is_told():
    for path in files("stripe_openapi_fixtures"):
        for fact in told(json.loads(path.read_text())):
            assert "Jenny" not in json.dumps(fact.data)
            assert "@" not in json.dumps(fact.data)


# Signatures

SECRETS = ["whsec_new", "whsec_old"]
BODY = b'{"id": "evt_1", "object": "event"}'
NOW = 1714460400


def signed(secret=SECRETS[0], at=NOW, body=BODY):
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def refused(header, body=BODY, now=NOW):
    with pytest.raises(SignatureError) as refusal:
        check(body, {} if header is None else {"stripe-signature": header}, SECRETS, now)
    return refusal.value.code


# O-14
@pytest.mark.parametrize("secret", SECRETS)
def test_either_secret_of_a_rotation_may_have_signed(secret):
    check(BODY, {"stripe-signature": f"t={NOW},v1={signed(secret)}"}, SECRETS, NOW)


def test_one_signature_of_several_is_enough():
    header = f"t={NOW},v1={signed('whsec_theirs')},v1={signed()},v0={'0' * 64}"

    check(BODY, {"stripe-signature": header}, SECRETS, NOW + 299)


# O-13
def test_a_replay_is_refused():
    header = f"t={NOW},v1={signed()}"

    assert refused(header, now=NOW + 600) == "signature-old"
    assert refused(header, now=NOW - 600) == "signature-old"
    check(BODY, {"stripe-signature": header}, SECRETS, NOW + 300)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "signature-missing"),
        ("", "signature-missing"),
        ("garbage", "signature-form"),
        (f"t={NOW}", "signature-form"),
        (f"v1={signed()}", "signature-form"),
        (f"t={NOW},t={NOW},v1={signed()}", "signature-form"),
        (f"t={NOW},v0={signed()}", "signature-form"),
        (f"t={NOW},v1={signed('whsec_theirs')}", "signature-wrong"),
        (f"t={NOW + 1},v1={signed()}", "signature-wrong"),
        (f"t={NOW},v1=ü{signed()}", "signature-wrong"),
        (f"t=now,v1={signed(at='now')}", "signature-form"),
    ],
)
def test_no_other_header_passes(header, code):
    assert refused(header) == code


def test_one_flipped_bit_is_refused():
    header = f"t={NOW},v1={signed()}"

    for place in range(len(BODY)):
        body = bytearray(BODY)
        body[place] ^= 1
        assert refused(header, bytes(body)) == "signature-wrong"


def test_a_vector_that_was_computed_elsewhere():
    # printf '%s' '1714460400.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_test
    digest = "a4b86b3dcb738eeeecbfa3880cb94a80bde3e180a0e0b141a6d59f93bf2fa8ca"

    check(b'{"id":"evt_1"}', {"stripe-signature": f"t={NOW},v1={digest}"}, ["whsec_test"], NOW)


# The reference page


def test_the_page_names_what_stripe_can_tell():
    code = "".join(path.read_text() for path in (ROOT / "sources" / "stripe").glob("*.py"))
    names = {name for name in CATALOGUE if f'"{name}"' in code}
    names |= {"dispute.funds_withdrawn", "dispute.funds_reinstated"}

    assert documented("Stripe") == names
