"""The certificate of the key that signs packs: made by itself, or a chain that somebody issued."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

YEARS = 20
"""How long a certificate that the seller made is valid: packs are checked years later."""

_LONGEST_NAME = 64  # of a common name, by RFC 5280


class SigningKey(msgspec.Struct, frozen=True):
    """The key that signs packs, and its certificates, its own first."""

    key: EllipticCurvePrivateKey
    chain: tuple[x509.Certificate, ...]

    def __repr__(self) -> str:
        return "SigningKey(…)"

    @property
    def subject(self) -> str:
        """Name of the certificate's subject, as RFC 4514 writes it."""
        return self.chain[0].subject.rfc4514_string()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, hex: what people compare."""
        return fingerprint(self.chain[0])


def fingerprint(certificate: x509.Certificate) -> str:
    """Return the SHA-256 of a certificate's DER, hex."""
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


def self_signed(key: EllipticCurvePrivateKey, origin: str, now: datetime) -> x509.Certificate:
    """Make the certificate of a key for documents of the log named `origin`.

    It says no more than that: the key signs what it has signed. It may issue nothing.
    """
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, f"Evidence of {origin}"[:_LONGEST_NAME]),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "Orderproof"),
        ]
    )
    start = now.replace(microsecond=0)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start - timedelta(minutes=5))  # clocks differ
        .not_valid_after(start + timedelta(days=365 * YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def read_chain(data: bytes) -> tuple[x509.Certificate, ...]:
    """Read certificates in PEM, the key's own first, then those that issued it.

    Raises:
        ValueError: they are none.
    """
    return tuple(x509.load_pem_x509_certificates(data))


def write_chain(chain: Sequence[x509.Certificate]) -> bytes:
    """Return certificates as PEM."""
    return b"".join(each.public_bytes(Encoding.PEM) for each in chain)


def belongs(certificate: x509.Certificate, key: EllipticCurvePrivateKey) -> bool:
    """Tell whether a certificate is about a key."""
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return certificate.public_key().public_bytes(*form) == key.public_key().public_bytes(*form)


def _usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
