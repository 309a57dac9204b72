import base64
import hmac
import json

import pytest

from sources.adyen import FORMAT
from sources.format import SignatureError

# The example of Adyen's documentation on verifying HMAC signatures: key, item and signature.
KEY = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"
OTHER = "DFB1EB5485895CFA84146406857104ABB4CBCABDC8AAF103A624C8F6A3EAAB00"
DOCUMENTED = {
    "additionalData": {"hmacSignature": "coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0="},
    "amount": {"currency": "EUR", "value": 1130},
    "eventCode": "AUTHORISATION",
    "eventDate": "2014-08-06T17:15:34.121+02:00",
    "merchantAccountCode": "TestMerchant",
    "merchantReference": "TestPayment-1407325143704",
    "paymentMethod": "visa",
    "pspReference": "7914073381342284",
    "success": "true",
}
NOW = 1_750_000_000


def signed(text, key=KEY):
    return base64.b64encode(hmac.digest(bytes.fromhex(key), text, "sha256")).decode()


def refund(key=KEY, **changes):
    text = b"R1:P1:TestMerchant:T01:500:EUR:REFUND:true"
    item = {
        "additionalData": {"hmacSignature": signed(text, key)},
        "amount": {"currency": "EUR", "value": 500},
        "eventCode": "REFUND",
        "eventDate": "2025-03-05T12:00:00+01:00",
        "merchantAccountCode": "TestMerchant",
        "merchantReference": "T01",
        "originalReference": "P1",
        "pspReference": "R1",
        "success": "true",
    }
    return item | changes


def body(*items, **more):
    wrapped = [{"NotificationRequestItem": each} for each in items]
    return json.dumps({"live": "true", "notificationItems": wrapped, **more}).encode()


def check(raw, *secrets, **headers):
    FORMAT.check(raw, headers, secrets or (KEY,), NOW)


def refused(raw, *secrets, **headers):
    with pytest.raises(SignatureError) as error:
        check(raw, *secrets, **headers)
    assert KEY not in error.value.message
    return error.value.code


def test_the_documented_signature_is_genuine():
    check(body(DOCUMENTED))


def test_a_batch_is_genuine_where_each_item_is():
    check(body(DOCUMENTED, refund()))


# O-14
@pytest.mark.parametrize("secrets", [(KEY, OTHER), (OTHER, KEY)])
def test_either_key_of_a_rotation_counts(secrets):
    check(body(DOCUMENTED, refund(key=OTHER)), *secrets)


def test_a_key_in_small_letters_is_the_same():
    check(body(DOCUMENTED), KEY.lower())


@pytest.mark.parametrize(
    "changes",
    [
        {"success": "false"},
        {"eventCode": "REFUND_FAILED"},
        {"amount": {"currency": "EUR", "value": 501}},
        {"amount": {"currency": "USD", "value": 500}},
        {"amount": None},
        {"pspReference": "R2"},
        {"originalReference": "P2"},
        {"merchantReference": "T02"},
        {"merchantAccountCode": "Other"},
    ],
)
def test_one_forged_item_spoils_the_batch(changes):
    assert refused(body(DOCUMENTED, refund(**changes))) == "signature-wrong"


def test_a_forged_item_beside_the_list_is_found_too():
    # The translator looks for items everywhere, so the check does as well.
    forged = refund(pspReference="R2")
    assert refused(body(DOCUMENTED, extra={"deep": [forged]})) == "signature-wrong"
    inside = DOCUMENTED | {"more": forged}
    assert refused(body(inside)) == "signature-wrong"


def test_one_flipped_byte_of_the_signature_is_refused():
    given = base64.b64decode(refund()["additionalData"]["hmacSignature"])
    for place in (0, 15, 31):
        flipped = bytearray(given)
        flipped[place] ^= 1
        data = {"hmacSignature": base64.b64encode(flipped).decode()}
        assert refused(body(refund(additionalData=data))) == "signature-wrong"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (None, "signature-missing"),
        ({}, "signature-missing"),
        ({"hmacSignature": ""}, "signature-missing"),
        ({"hmacSignature": 7}, "signature-missing"),
        ({"hmacSignature": "b0ea55c2fe60d4d1d605e9c385e0e7..."}, "signature-form"),
        ({"hmacSignature": "AAAA"}, "signature-wrong"),
    ],
)
def test_a_missing_or_garbled_signature_is_refused(data, code):
    assert refused(body(refund(additionalData=data))) == code


@pytest.mark.parametrize("secrets", [("",), ("no key",), (OTHER,), ("abc",)])
def test_a_secret_that_is_no_key_proves_nothing(secrets):
    assert refused(body(DOCUMENTED), *secrets) == "signature-wrong"


def test_a_body_without_items_is_refused():
    assert refused(b'{"live": "true", "notificationItems": []}') == "signature-missing"
    assert refused(b"[]") == "signature-missing"
    assert refused(b"not json") == "signature-form"
    assert refused(b"") == "signature-form"


def test_a_member_that_is_there_twice_is_refused():
    # Signed is one, and read might be the other.
    raw = body(refund()).replace(b'"success": "true"', b'"success": "false", "success": "true"')
    assert refused(raw) == "signature-form"


def test_a_colon_cannot_move_from_one_member_to_the_next():
    text = b"R1:P1:TestMerchant:a:b:500:EUR:REFUND:true"
    data = {"hmacSignature": signed(text)}
    check(body(refund(additionalData=data, merchantReference="a:b")))
    moved = refund(additionalData=data, merchantAccountCode="TestMerchant:a", merchantReference="b")
    assert refused(body(moved)) == "signature-form"


def test_a_notice_about_a_bank_account_is_signed_as_a_whole():
    notice = {"type": "ach.notificationOfChange", "data": {"pspReference": "P1"}}
    raw = json.dumps(notice).encode()

    check(raw, hmacsignature=signed(raw))
    assert refused(raw) == "signature-missing"
    assert refused(raw + b" ", hmacsignature=signed(raw)) == "signature-wrong"
