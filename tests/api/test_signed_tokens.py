"""Tokens of an identity provider: what counts, and every way to make one up."""

import hmac
import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

from api.problem import Problem
from api.signed_tokens import Provider, Shown, check, looks_like_one, read_keys

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
AT = int(NOW.timestamp())
PROVIDER = Provider("https://id.example.com/realms/shop", "orderproof")
RSA = RSAKey.generate_key(2048)
OTHER = RSAKey.generate_key(2048)
CURVE = ECKey.generate_key("P-256")
EDWARDS = OKPKey.generate_key("Ed25519")


def public(key, own, **more):
    return {**key.as_dict(private=False), "kid": own, **more}


KEYS = read_keys({"keys": [public(RSA, "rsa"), public(CURVE, "curve"), public(EDWARDS, "edwards")]})


def claims(**changes):
    said = {
        "iss": PROVIDER.issuer, "aud": "orderproof", "sub": "auditor-7", "azp": "cli",
        "exp": AT + 300, "iat": AT, "nbf": AT,
    }  # fmt: skip
    return {name: value for name, value in {**said, **changes}.items() if value is not None}


def made(said=None, key=RSA, algorithm="RS256", **header):
    head = {"alg": algorithm, "kid": "rsa", **header}
    head = {name: value for name, value in head.items() if value is not None}
    payload = json.dumps(claims() if said is None else said).encode()
    if algorithm in ("RS256", "HS256"):
        return by_hand(head, payload, SIGN[algorithm](key))
    return jws.serialize_compact(head, payload, key, algorithms=[algorithm])


def by_hand(header, payload=None, sign=lambda _: b""):
    head = json.dumps(header).encode()
    payload = json.dumps(claims()).encode() if payload is None else payload
    text = f"{encoded(head)}.{encoded(payload)}"
    return f"{text}.{encoded(sign(text.encode()))}"


def encoded(part):
    return urlsafe_b64encode(part).decode().rstrip("=")


SIGN = {
    "RS256": lambda key: lambda text: key.private_key.sign(text, PKCS1v15(), SHA256()),
    "HS256": lambda secret: lambda text: hmac.digest(secret, text, "sha256"),
}


def checked(text, provider=PROVIDER, keys=KEYS):
    return check(text, provider, lambda _: keys, NOW)


def refused(text, **more):
    with pytest.raises(Problem) as caught:
        checked(text, **more)
    assert caught.value.kind == "token-refused"


@pytest.mark.parametrize(
    ("key", "algorithm", "own"),
    [(RSA, "RS256", "rsa"), (RSA, "PS256", "rsa"), (CURVE, "ES256", "curve"),
     (EDWARDS, "Ed25519", "edwards")],
)  # fmt: skip
@pytest.mark.parametrize("kind", [None, "JWT", "at+jwt", "application/at+jwt"])
def test_a_token_that_the_provider_signed_says_who_it_is(key, algorithm, own, kind):
    text = made(key=key, algorithm=algorithm, kid=own, typ=kind)

    assert checked(text) == Shown("auditor-7", AT + 300)


def test_it_is_told_from_a_token_of_ours():
    assert looks_like_one(made())
    for other in ("", "oak_abcdefghijkl_" + "a" * 43, "a.b", "a.b.c.d.e", "a..c", "a.b.c\n"):
        assert not looks_like_one(other)


def test_it_may_be_for_several_and_a_little_late():
    assert checked(made(claims(aud=["other", "orderproof"])))
    assert checked(made(claims(exp=AT - 30, nbf=AT + 30, iat=AT + 30)))
    assert checked(made(claims(nbf=None, iat=None, azp=None)))


# A-07
def test_what_is_not_signed_is_refused():
    refused(by_hand({"alg": "none", "kid": "rsa"}))
    refused(by_hand({"alg": "None", "kid": "rsa"}))
    refused(by_hand({"alg": "RS256", "kid": "rsa"}, sign=lambda _: b"x" * 256))
    text = made()
    head, body, signature = text.split(".")
    other = encoded(json.dumps(claims(sub="root")).encode())
    refused(f"{head}.{other}.{signature}")
    refused(f"{head}.{body}.{signature[:-4]}AAAA")


# A-07
def test_the_public_key_is_no_secret():
    pem = RSA.raw_value.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for secret in (pem, pem.strip(), RSA.as_dict(private=False)["n"].encode()):
        refused(made(key=secret, algorithm="HS256"))


# A-07
@pytest.mark.parametrize(
    "header",
    [
        {"jwk": OTHER.as_dict(private=False)},
        {"jku": "https://evil.example/keys"},
        {"x5u": "https://evil.example/cert"},
        {"x5c": ["MIIB"]},
        {"crit": ["exp"], "exp": 1},
        {"b64": False, "crit": ["b64"]},
        {"zip": "DEF"},
        {"typ": "dpop+jwt"},
        {"typ": "logout+jwt"},
        {"typ": 7},
    ],
    ids=lambda header: " ".join(header),
)
def test_what_a_token_would_like_to_be_believed_by_is_not_followed(header):
    refused(made(key=OTHER, **header))
    refused(by_hand({"alg": "RS256", "kid": "rsa", **header}, sign=lambda _: b"x" * 256))


# A-07
@pytest.mark.parametrize(
    "own",
    ["../../../dev/null", "/dev/null", "rsa' OR '1'='1", "rsa; DROP TABLE access_tokens", "",
     "https://evil.example/keys", None, 7, ["rsa"], {"rsa": 1}, "curve", "edwards", "r" * 400],
    ids=str,
)  # fmt: skip
def test_a_key_is_found_by_its_own_name_alone(own):
    asked = []

    def keys(wanted):
        asked.append(wanted)
        return KEYS

    header = {"alg": "RS256"} if own is None else {"alg": "RS256", "kid": own}
    with pytest.raises(Problem):
        check(by_hand(header, sign=lambda _: b"x" * 256), PROVIDER, keys, NOW)
    assert all(isinstance(each, str) for each in asked)
    if isinstance(own, str) and len(own) < 300:
        refused(made(key=OTHER, kid=own))


# A-07
@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "HS256", "ES384", "RS1", "dir", 5, [], {}])
def test_other_algorithms_are_not_taken(algorithm):
    refused(by_hand({"alg": algorithm, "kid": "rsa"}, sign=lambda _: b"x" * 256))


# A-07
def test_a_key_is_used_for_what_it_is_for():
    for keys in (
        [public(RSA, "rsa", use="enc")],
        [public(RSA, "rsa", key_ops=["encrypt"])],
        [public(RSA, "rsa", alg="PS256")],
        [public(CURVE, "rsa")],
        [{"kty": "oct", "k": "c2VjcmV0", "kid": "rsa"}],
        [{**public(RSA, "rsa"), "n": "AQAB"}],
        [public(RSA, 7), "text", None, {"kid": "rsa"}, {"kty": "RSA", "kid": "rsa"}],
    ):
        refused(made(), keys=read_keys({"keys": keys}))
    for wrong in ({}, {"keys": 7}, [], None, "keys"):
        with pytest.raises(ValueError, match="no set of keys"):
            read_keys(wrong)


def test_a_private_key_in_the_set_is_taken_for_its_public_part():
    [key] = read_keys({"keys": [RSA.as_dict(private=True) | {"kid": "rsa"}]}).values()

    assert not key.is_private


# A-08
@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "cli"}, {"aud": ["cli"]}, {"aud": []}, {"aud": None}, {"aud": {"orderproof": 1}},
        {"aud": "orderproof2"}, {"aud": ["Orderproof"]},
        {"iss": "https://id.example.com/realms/other"}, {"iss": "https://id.example.com"},
        {"iss": PROVIDER.issuer + "/"}, {"iss": None}, {"iss": [PROVIDER.issuer]},
        {"exp": AT - 61}, {"exp": None}, {"exp": str(AT + 300)}, {"exp": True}, {"exp": -1},
        {"nbf": AT + 61}, {"nbf": "now"}, {"iat": AT + 61}, {"iat": True},
        {"sub": None}, {"sub": ""}, {"sub": 7}, {"sub": "s" * 256}, {"sub": "a\nb"},
        {"sub": ["auditor-7"]},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_not_for_us_or_not_for_now_is_refused(changes):
    refused(made(claims(**changes)))


# A-08
def test_only_clients_that_are_named_may_ask():
    named = Provider(PROVIDER.issuer, "orderproof", ("cli", "desk"))

    assert checked(made(), provider=named)
    assert checked(made(claims(azp=None, client_id="desk")), provider=named)
    for changes in (
        {"azp": "evil"},
        {"azp": None},
        {"azp": ["cli"]},
        {"azp": "evil", "client_id": "cli"},
    ):
        refused(made(claims(**changes)), provider=named)


def test_garbage_is_refused_whatever_it_is():
    sign = SIGN["RS256"](RSA)
    for payload in (b"[]", b"7", b"null", b"{", b"\xff", b'{"exp": NaN}', b"[" * 4000, b""):
        refused(by_hand({"alg": "RS256", "kid": "rsa"}, payload, sign))
    for header in ([], 7, None, "x", {"alg": "RS256", "kid": "rsa", "x": "y" * 9000}):
        refused(by_hand(header))
    refused("a.b.c")
    refused(made(claims(sub="s" * 9000)))
