"""RFC 3161 tokens: whether an authority that is trusted stamped these bytes, and when."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from archive.errors import FormatError
from archive.verify import certificates, der, token
from archive.verify.certificates import CertificateError, Revocations
from archive.verify.token import Algorithm, Token

_RSA = "1.2.840.113549.1.1.1"
_RSA_PSS = "1.2.840.113549.1.1.10"
_MGF1 = "1.2.840.113549.1.1.8"
_RSA_WITH = {
    "1.2.840.113549.1.1.11": "sha256",
    "1.2.840.113549.1.1.12": "sha384",
    "1.2.840.113549.1.1.13": "sha512",
}
_ECDSA_WITH = {
    "1.2.840.10045.4.3.2": "sha256",
    "1.2.840.10045.4.3.3": "sha384",
    "1.2.840.10045.4.3.4": "sha512",
}
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


class TokenBadError(FormatError):
    """A token does not prove the time of these bytes; the message says why, in a clause."""


@dataclass(frozen=True)
class Proven:
    """That bytes existed at a time.

    Args:
        time: the authority's clock.
        latest: the same and its possible error: they existed before this.
        authority: subject of the trusted certificate that vouches for it.
        chain: from the signer's certificate to the trusted one.
    """

    time: datetime
    latest: datetime
    authority: str
    chain: tuple[x509.Certificate, ...]


def check(
    response: bytes,
    stamped: bytes,
    roots: Sequence[bytes],
    stored: Revocations | None = None,
) -> Proven:
    """Verify a response over bytes; as `check_digest`.

    Args:
        response: RFC 3161 response as it came.
        stamped: the bytes that it should be about.
        roots: DER of the trusted authorities' certificates.
        stored: revocation data from the time of stamping.
    """
    return check_digest(response, lambda name: hashlib.new(name, stamped).digest(), roots, stored)


def check_digest(
    response: bytes,
    digest_of: Callable[[str], bytes],
    roots: Sequence[bytes],
    stored: Revocations | None = None,
) -> Proven:
    """Verify a response, at the response's own time.

    So it is good years after the certificates have ended.

    Args:
        response: RFC 3161 response as it came.
        digest_of: returns the digest of what it should be about, by the algorithm's name.
        roots: DER of the trusted authorities' certificates.
        stored: revocation data from the time of stamping.

    Raises:
        TokenBadError: it proves nothing about these bytes.
    """
    try:
        read = token.parse(response)
        said = read.stamp
        if digest_of(_strong(said.imprint_algorithm)) != said.imprint:
            raise TokenBadError("is about other bytes")
        pool = [certificates.load(each) for each in read.certificates]
        trusted = [certificates.load(each) for each in roots]
        signer = _signer(read, [*pool, *trusted])
        _check_signature(read, signer)
        certificates.check_purpose(signer)
        links = certificates.chain(signer, pool, trusted, said.time)
        certificates.check_revocation(links, stored or Revocations(), said.time)
    except TokenBadError:
        raise
    except (FormatError, CertificateError) as error:
        raise TokenBadError(str(error)) from error
    except certificates.UNREADABLE as error:
        raise TokenBadError("holds a certificate that cannot be read") from error
    return Proven(said.time, said.latest, links[-1].subject.rfc4514_string(), tuple(links))


def only(algorithm: str, digest: bytes) -> Callable[[str], bytes]:
    """Return what `check_digest` wants where one digest is known and no other will do."""
    return lambda name: digest if name == algorithm else b""


def _signer(read: Token, pool: list[x509.Certificate]) -> x509.Certificate:
    """Return the certificate that the signed attributes name."""
    algorithm, wanted = read.signer_digest
    for certificate in pool:
        encoded = certificate.public_bytes(Encoding.DER)
        if hashlib.new(algorithm, encoded).digest() == wanted:
            return certificate
    raise TokenBadError("the signer's certificate is not with it")


def _check_signature(read: Token, signer: x509.Certificate) -> None:
    if hashlib.new(_strong(read.digest), read.info).digest() != read.message_digest:
        raise TokenBadError("the time in it is not what was signed")
    key = signer.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            scheme, algorithm = _rsa_scheme(read.algorithm, read.digest)
            key.verify(read.signature, read.attributes, scheme, algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            algorithm = _HASHES[_named(_ECDSA_WITH, read.algorithm)]
            key.verify(read.signature, read.attributes, ec.ECDSA(algorithm))
        else:
            raise TokenBadError("the signer's key is of a kind that is not known")
    except (InvalidSignature, *certificates.UNREADABLE) as error:
        raise TokenBadError("the signature does not verify") from error


def _rsa_scheme(
    algorithm: Algorithm, digest: str
) -> tuple[padding.PKCS1v15 | padding.PSS, hashes.HashAlgorithm]:
    if algorithm.oid == _RSA_PSS:
        return _pss(algorithm)
    if algorithm.oid == _RSA:
        return padding.PKCS1v15(), _HASHES[_strong(digest)]
    return padding.PKCS1v15(), _HASHES[_named(_RSA_WITH, algorithm)]


def _pss(algorithm: Algorithm) -> tuple[padding.PSS, hashes.HashAlgorithm]:
    """Read RSASSA-PSS parameters. Their defaults mean SHA-1, which is refused (RFC 4055)."""
    if algorithm.parameters is None:
        raise TokenBadError("the signature's parameters are missing")
    given = {part.tag: der.read(part.content) for part in der.parts(algorithm.parameters)}
    if not {0xA0, 0xA1} <= given.keys() <= {0xA0, 0xA1, 0xA2, 0xA3}:
        raise TokenBadError("the signature's parameters are not those of RSASSA-PSS")
    digest = _HASHES[_strong(_digest_of(given[0xA0]))]
    name, inner = [*der.parts(given[0xA1], der.SEQUENCE), given[0xA1]][:2]
    if der.oid(name) != _MGF1:
        raise TokenBadError("the signature's mask is of a kind that is not known")
    mask = _HASHES[_strong(_digest_of(inner))]
    salt = der.integer(given[0xA2]) if 0xA2 in given else 20
    return padding.PSS(padding.MGF1(mask), salt), digest


def _digest_of(identifier: der.Element) -> str:
    pieces = der.parts(identifier, der.SEQUENCE)
    return token.DIGESTS.get(der.oid(pieces[0]), "") if pieces else ""


def _named(known: dict[str, str], algorithm: Algorithm) -> str:
    if algorithm.oid not in known:
        raise TokenBadError(f"the signature algorithm {algorithm.oid} is not known")
    return known[algorithm.oid]


def _strong(digest: str) -> str:
    if digest not in _HASHES:
        raise TokenBadError(f"the digest {digest or 'in it'} is too weak or not known")
    return digest
