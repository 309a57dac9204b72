"""Signatures of Standard Webhooks, beside those that the scheme's own library makes."""

import base64
from datetime import UTC, datetime

import pytest
import standardwebhooks

from sources.format import SignatureError
from sources.standard_webhooks import check

NOW = 1_764_000_000
BODY = '{"text":"退款"}'.encode()
NEW = "whsec_" + base64.b64encode(b"new " * 8).decode()
OLD = "whsec_" + base64.b64encode(b"old " * 8).decode()


def headers(secret, at=NOW, own="msg_1", **changes):
    signature = standardwebhooks.Webhook(secret).sign(
        own, datetime.fromtimestamp(at, UTC), BODY.decode()
    )
    found = {
        "webhook-id": own,
        "webhook-timestamp": str(at),
        "webhook-signature": signature,
    }
    return found | {name.replace("_", "-"): value for name, value in changes.items()}


def refusal(given, secrets=(NEW, OLD), body=BODY):
    with pytest.raises(SignatureError) as caught:
        check(body, given, secrets, NOW)
    return caught.value.code


@pytest.mark.parametrize("secret", [NEW, OLD, NEW.removeprefix("whsec_")])
def test_what_the_library_signs_is_taken_during_a_rotation(secret):
    check(BODY, headers(secret), [NEW, OLD], NOW)


def test_one_of_several_signatures_is_enough():
    good = headers(NEW)["webhook-signature"]
    check(BODY, headers(NEW, webhook_signature=f"v1a,AAAA v1,AAAA {good}"), [NEW], NOW)


def test_what_the_library_refuses_is_refused():
    assert refusal(headers(NEW), [OLD]) == "signature-wrong"
    assert refusal(headers(NEW), ["no base64!", ""]) == "signature-wrong"
    assert refusal(headers(NEW), body=BODY + b" ") == "signature-wrong"
    assert refusal(headers(NEW, webhook_id="msg_2")) == "signature-wrong"
    assert refusal(headers(NEW, at=NOW - 301)) == "signature-old"
    assert refusal(headers(NEW, at=NOW + 301)) == "signature-old"
    assert refusal(headers(NEW, webhook_timestamp="1e9")) == "signature-wrong"
    assert refusal(headers(NEW, webhook_signature="v2,AAAA")) == "signature-form"
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        assert refusal({**headers(NEW), name: ""}) == "signature-missing"


def test_an_empty_secret_signs_nothing():
    """Whoever knows that a shop has no secret could sign with it."""
    forged = standardwebhooks.Webhook(base64.b64encode(b"").decode() or "AA==")
    signature = forged.sign("msg_1", datetime.fromtimestamp(NOW, UTC), BODY.decode())
    assert refusal(headers(NEW, webhook_signature=signature), ["", "whsec_"]) == "signature-wrong"
