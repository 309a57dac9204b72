import base64
import zlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from sources.format import SignatureError
from sources.paypal import FORMAT

WEBHOOK = "1JE4291016473214C"
NOW = 1_750_000_000
SENT = "2025-06-15T15:06:40Z"  # the same instant
BODY = b'{"id":"WH-1","event_type":"PAYMENT.CAPTURE.COMPLETED","resource":{}}'


def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(private, begins=-86400, ends=86400):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "messages.example.org")])
    now = datetime.fromtimestamp(NOW, UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(7)
        .not_valid_before(now + timedelta(seconds=begins))
        .not_valid_after(now + timedelta(seconds=ends))
        .sign(private, SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode()


@pytest.fixture(scope="module")
def signer():
    return key()


@pytest.fixture(scope="module")
def secret(signer):
    return f"{WEBHOOK}:{certificate(signer)}"


@pytest.fixture(scope="module")
def other():
    return f"{WEBHOOK}:{certificate(key())}"


def headers(signer, raw=BODY, webhook=WEBHOOK, sent=SENT, **changes):
    """The headers of a webhook, signed as PayPal's documentation says."""
    text = f"69cd13f0-d67a|{sent}|{webhook}|{zlib.crc32(raw)}"
    signature = signer.sign(text.encode(), padding.PKCS1v15(), SHA256())
    found = {
        "paypal-transmission-id": "69cd13f0-d67a",
        "paypal-transmission-time": sent,
        "paypal-transmission-sig": base64.b64encode(signature).decode(),
        "paypal-auth-algo": "SHA256withRSA",
        "paypal-cert-url": "https://attacker.example/cert.pem",
    }
    found |= {f"paypal-{name.replace('_', '-')}": value for name, value in changes.items()}
    return {name: value for name, value in found.items() if value is not None}


def check(found, *secrets, raw=BODY, now=NOW):
    FORMAT.check(raw, found, secrets, now)


def refused(found, *secrets, raw=BODY, now=NOW):
    with pytest.raises(SignatureError) as error:
        check(found, *secrets, raw=raw, now=now)
    assert WEBHOOK not in error.value.message
    return error.value.code


def test_a_genuine_webhook_is_believed_whatever_address_its_header_names(signer, secret):
    check(headers(signer), secret)


def test_a_secret_may_stand_on_one_line(signer, secret):
    check(headers(signer), secret.replace("\n", "\\n"))


# O-14
def test_either_secret_of_a_rotation_counts(signer, secret, other):
    check(headers(signer), secret, other)
    check(headers(signer), other, secret)


def test_the_next_certificate_may_stand_beside_the_one_in_use(signer, other):
    check(headers(signer), other + certificate(signer))


def test_another_certificate_proves_nothing(signer, other):
    assert refused(headers(signer), other) == "signature-wrong"


def test_another_webhooks_signature_proves_nothing(signer, secret):
    assert refused(headers(signer, webhook="8PT597110X687430L"), secret) == "signature-wrong"


def test_one_flipped_byte_of_the_body_is_refused(signer, secret):
    found = headers(signer)
    for place in (0, len(BODY) // 2, len(BODY) - 1):
        flipped = bytearray(BODY)
        flipped[place] ^= 1
        assert refused(found, secret, raw=bytes(flipped)) == "signature-wrong"


def test_one_flipped_byte_of_the_signature_is_refused(signer, secret):
    given = base64.b64decode(headers(signer)["paypal-transmission-sig"])
    for place in (0, 128, 255):
        flipped = bytearray(given)
        flipped[place] ^= 1
        found = headers(signer, transmission_sig=base64.b64encode(flipped).decode())
        assert refused(found, secret) == "signature-wrong"


def test_another_time_or_id_than_was_signed_is_refused(signer, secret):
    moved = headers(signer, transmission_time="2025-06-15T15:06:41Z")
    assert refused(moved, secret) == "signature-wrong"
    assert refused(headers(signer, transmission_id="other"), secret) == "signature-wrong"


# O-13
@pytest.mark.parametrize("away", [-80_000, -301, 301, 80_000])
def test_a_replay_is_refused(signer, secret, away):
    assert refused(headers(signer), secret, now=NOW + away) == "signature-old"


@pytest.mark.parametrize("away", [-300, 0, 300])
def test_five_minutes_off_are_allowed(signer, secret, away):
    check(headers(signer), secret, now=NOW + away)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"transmission_id": None}, "signature-missing"),
        ({"transmission_time": None}, "signature-missing"),
        ({"transmission_sig": None}, "signature-missing"),
        ({"transmission_sig": ""}, "signature-missing"),
        ({"transmission_sig": "not base64!"}, "signature-form"),
        ({"transmission_sig": "AAAA"}, "signature-wrong"),
        ({"transmission_time": "yesterday"}, "signature-form"),
        ({"transmission_id": "a|b"}, "signature-form"),
        ({"auth_algo": "SHA1withRSA"}, "signature-form"),
    ],
)
def test_a_missing_or_garbled_header_is_refused(signer, secret, changes, code):
    assert refused(headers(signer, **changes), secret) == code


def test_the_algorithm_need_not_be_named(signer, secret):
    check(headers(signer, auth_algo=None), secret)


@pytest.mark.parametrize(
    "secret",
    ["", ":", WEBHOOK, f"{WEBHOOK}:", f"{WEBHOOK}:no certificate", "\udcff:\udcff"],
)
def test_a_secret_that_is_none_proves_nothing(signer, secret):
    assert refused(headers(signer), secret) == "signature-wrong"


def test_no_secret_at_all_proves_nothing(signer):
    assert refused(headers(signer)) == "signature-wrong"


def test_a_certificate_that_is_not_valid_at_the_time_proves_nothing(signer):
    expired = certificate(signer, ends=-1)
    early = certificate(signer, begins=1)
    for each in (expired, early):
        assert refused(headers(signer), f"{WEBHOOK}:{each}") == "signature-wrong"


def test_a_certificate_of_another_kind_of_key_is_passed_over(signer, secret):
    curve = certificate(ec.generate_private_key(ec.SECP256R1()))
    check(headers(signer), f"{WEBHOOK}:{curve}{secret.partition(':')[2]}")
