"""Signing packs: PAdES by pyHanko, B-T where an authority stamps the signature, else B-B."""

import io
from collections.abc import Callable

from asn1crypto import cms, tsp
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.general import SigningError
from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from evidence.certificate import SigningKey

FIELD = "Evidence"
_DIGEST = "sha256"
_SPACE = 4096  # a signature by P-256 with its certificate takes 1,300 bytes
_TOKENS = (12_288, 131_072)

Stamp = Callable[[bytes], bytes]
"""Has a SHA-256 digest stamped; returns the RFC 3161 response, or raises StampFailedError."""


class StampFailedError(Exception):
    """No timestamp authority gave a token that can be used."""


def sign(pdf: bytes, key: SigningKey, stamp: Stamp | None = None) -> bytes:
    """Return a PDF signed as a whole, with no change allowed after it (DocMDP level 1).

    Args:
        pdf: not signed yet.
        key: what signs.
        stamp: who stamps the signature; None: nobody, which is PAdES B-B.

    Raises:
        StampFailedError: nobody stamped it.
    """
    certificates = sum(len(each.public_bytes(Encoding.DER)) for each in key.chain)
    sizes = [_SPACE + certificates + (0 if stamp is None else more) for more in _TOKENS]
    for size in sizes:
        try:
            return _sign(pdf, key, stamp, 2 * size)
        except SigningError:
            if stamp is None or size == sizes[-1]:
                raise  # the token is longer than any should be
    raise AssertionError


def sign_bytes(data: bytes, key: SigningKey) -> bytes:
    """Return the ECDSA signature, DER, over bytes: the same for the same bytes (RFC 6979)."""
    return key.key.sign(data, ECDSA(hashes.SHA256(), deterministic_signing=True))


def _sign(pdf: bytes, key: SigningKey, stamp: Stamp | None, reserved: int) -> bytes:
    own, *others = (
        asn1_x509.Certificate.load(each.public_bytes(Encoding.DER)) for each in key.chain
    )
    secret = key.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signer = signers.SimpleSigner(
        signing_cert=own,
        signing_key=asn1_keys.PrivateKeyInfo.load(secret),
        cert_registry=SimpleCertificateStore.from_certs(others),  # type: ignore[no-untyped-call]
    )
    how = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm=_DIGEST,
        subfilter=fields.SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
    )
    stamper = None if stamp is None else _Stamper(stamp)
    output = signers.PdfSigner(how, signer, timestamper=stamper).sign_pdf(
        _Writer(io.BytesIO(pdf)), bytes_reserved=reserved
    )
    return bytes(output.getvalue())


class _Writer(IncrementalPdfFileWriter):
    """Leaves the document's metadata as typst wrote it.

    pyHanko would write it anew, with today's date and in another form of RDF than PDF/A asks for.
    """

    def _update_meta(self) -> None:
        pass


class _Stamper(TimeStamper):
    """Asks with our own requests, which have limits and check what comes back."""

    def __init__(self, stamp: Stamp) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # pyHanko has few types
        self._stamp = stamp

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        if md_algorithm != _DIGEST:
            raise StampFailedError(f"signatures are stamped by {_DIGEST}")
        response = tsp.TimeStampResp.load(self._stamp(message_digest))
        return response["time_stamp_token"]
