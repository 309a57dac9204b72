"""Shopify and WooCommerce sign a body in the same way, under headers of their own.

The vectors were made with `openssl dgst -sha256 -hmac <secret> -binary | base64`.
"""

import pytest

from sources.format import SignatureError
from sources.formats import FORMATS

BODY = b'{"id":450789469,"name":"#1001"}'
NEW, OLD = "hush-new", "hush-old"
WITH_NEW = "ezMf3qSAtl8kuCbZyvKr2L4F71O8x+YjZhgXFsvC9d8="
WITH_OLD = "ffXuldcZzf8ssndaP1zVEHBH9l78+XkgZ7lWgbm10v8="

each_shop = pytest.mark.parametrize(
    ("source", "header"),
    [("shopify", "x-shopify-hmac-sha256"), ("woocommerce", "x-wc-webhook-signature")],
)


def refusal(source, headers, secrets=(NEW, OLD), body=BODY):
    with pytest.raises(SignatureError) as caught:
        FORMATS[source].check(body, headers, secrets, 0)
    assert "hush" not in caught.value.message
    return caught.value.code


# O-14
@each_shop
def test_either_secret_of_a_rotation_may_have_signed(source, header):
    for signature in (WITH_NEW, WITH_OLD):
        FORMATS[source].check(BODY, {header: signature}, [NEW, OLD], 0)
    FORMATS[source].check(BODY, {header: WITH_OLD}, ["", OLD], 0)
    assert refusal(source, {header: WITH_OLD}, [NEW]) == "signature-wrong"
    assert refusal(source, {header: WITH_OLD}, []) == "signature-wrong"


@each_shop
def test_one_flipped_bit_is_refused(source, header):
    for index in range(len(BODY)):
        body = bytearray(BODY)
        body[index] ^= 1
        assert refusal(source, {header: WITH_NEW}, body=bytes(body)) == "signature-wrong"


@each_shop
@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("", "signature-missing"),
        ("no base64!", "signature-form"),
        ("é", "signature-form"),
        (WITH_NEW[:-4], "signature-wrong"),
        (WITH_NEW + "\n", "signature-form"),
        ("AAAA", "signature-wrong"),
    ],
)
def test_a_garbled_header_is_refused(source, header, given, code):
    assert refusal(source, {header: given}) == code


@each_shop
def test_a_missing_header_is_refused(source, header):
    assert refusal(source, {"x-other": WITH_NEW}) == "signature-missing"


@each_shop
def test_an_empty_secret_signs_nothing(source, header):
    empty = "b3e73JDoiZv2LgPFDWI/AMbr4RlBdYn58tXgyXwuhGY="
    assert refusal(source, {header: empty}, [""]) == "signature-wrong"
