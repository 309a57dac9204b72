"""Access tokens that an identity provider signed: who somebody is, by RFC 7519 and RFC 9068.

Nothing that a token says is followed: its key is one of those at hand, by the key's own kind and
id, and what it would like to be fetched, or to be believed by itself, is a reason to refuse it.
"""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from api.problem import Problem

ALGORITHMS: Mapping[str, tuple[str, str]] = {
    "RS256": ("RSA", ""),
    "PS256": ("RSA", ""),
    "ES256": ("EC", "P-256"),
    "Ed25519": ("OKP", "Ed25519"),
}
"""Algorithms that are taken, each with the one kind of key and the curve that go with it. All have
two keys: one that is known to both sides could be taken for another's public one."""

LARGEST = 8 * 1024
"""Characters of a token."""

SUBJECT = 255
"""Characters of an issuer's name for somebody, at most, as OpenID Connect has it."""

_FORM = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_HEADER = frozenset(("alg", "kid", "typ", "x5t", "x5t#S256"))
_TYPES = ("at+jwt", "application/at+jwt", "jwt")
_LEEWAY = 60  # seconds by which clocks may differ
_BITS = 2048  # of an RSA key at least

Key = RSAKey | ECKey | OKPKey


class Provider(msgspec.Struct, frozen=True):
    """Whose tokens are taken.

    Args:
        issuer: as it stands in each of them.
        audience: what they have to be for: the name of this service, never that of a client.
        clients: by whom they have to be asked for; none for anybody.
    """

    issuer: str
    audience: str
    clients: tuple[str, ...] = ()


class Shown(msgspec.Struct, frozen=True):
    """What a token shows.

    Args:
        subject: who it is, by the issuer's name for them.
        expires_at: from when on it counts no more, in seconds since 1970.
    """

    subject: str
    expires_at: int


def looks_like_one(text: str) -> bool:
    """Tell a signed token from one of ours."""
    return _FORM.fullmatch(text) is not None


def read_keys(document: object) -> dict[str, Key]:
    """Return the public keys, by their ids, of a set (RFC 7517) that signatures are checked with.

    Keys for something else, of other kinds, too short, or without an id are passed over.

    Raises:
        ValueError: it is no set of keys.
    """
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise ValueError("no set of keys")
    found: dict[str, Key] = {}
    for each in document["keys"]:
        key = _key(each)
        if key is not None:
            found[each["kid"]] = key
    return found


def check(
    text: str,
    provider: Provider,
    keys: Callable[[str], Mapping[str, Key]],
    now: datetime,
) -> Shown:
    """Check a token and return what it shows.

    Args:
        text: the token.
        provider: whose it has to be.
        keys: returns the keys at hand, told the id of the one that is wanted.
        now: the time.

    Raises:
        Problem: 401; it is not told why, as who made it up would learn from that.
    """
    try:
        return _checked(text, provider, keys, now)
    except (JoseError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
        raise Problem("token-refused") from None


def _checked(
    text: str,
    provider: Provider,
    keys: Callable[[str], Mapping[str, Key]],
    now: datetime,
) -> Shown:
    if len(text) > LARGEST:
        raise ValueError
    header = jws.extract_compact(text.encode()).headers()
    if not set(header) <= _HEADER or str(header.get("typ", "jwt")).lower() not in _TYPES:
        raise ValueError
    algorithm, own = header["alg"], header["kid"]
    if algorithm not in ALGORITHMS or not isinstance(own, str):
        raise ValueError
    key = keys(own)[own]
    if not _goes_with(key, algorithm):
        raise ValueError
    signed = jws.deserialize_compact(text, key, algorithms=[algorithm])
    return _claims(msgspec.json.decode(signed.payload), provider, int(now.timestamp()))


def _claims(said: Any, provider: Provider, now: int) -> Shown:
    audience = said["aud"]
    subject, ends = said["sub"], said["exp"]
    client = said.get("azp", said.get("client_id"))
    in_time = (
        _seconds(ends) > now - _LEEWAY
        and _seconds(said.get("nbf", now)) <= now + _LEEWAY
        and _seconds(said.get("iat", now)) <= now + _LEEWAY
    )
    if (
        said["iss"] != provider.issuer
        or provider.audience not in (audience if isinstance(audience, list) else [audience])
        or (provider.clients and client not in provider.clients)
        or not isinstance(subject, str)
        or not 0 < len(subject) <= SUBJECT
        or not subject.isprintable()
        or not in_time
    ):
        raise ValueError
    return Shown(subject, int(ends))


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return value


def _key(said: Any) -> Key | None:
    if not isinstance(said, dict) or not isinstance(said.get("kid"), str):
        return None
    if said.get("use", "sig") != "sig" or not _allows(said.get("key_ops", ["verify"]), "verify"):
        return None
    public = {
        name: said[name] for name in ("kty", "crv", "n", "e", "x", "y", "alg") if name in said
    }
    try:
        key: Key
        match public.get("kty"):
            case "RSA":
                key = RSAKey.import_key(public)
                return key if key.raw_value.key_size >= _BITS else None
            case "EC":
                key = ECKey.import_key(public)
            case "OKP":
                key = OKPKey.import_key(public)
            case _:
                return None
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return key


def _allows(named: object, one: str) -> bool:
    return isinstance(named, Collection) and one in named


def _goes_with(key: Key, algorithm: str) -> bool:
    kind, curve = ALGORITHMS[algorithm]
    said = key.as_dict(private=False)
    return (
        said["kty"] == kind
        and (not curve or said.get("crv") == curve)
        and said.get("alg", algorithm) == algorithm
    )
