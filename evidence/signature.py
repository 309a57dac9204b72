"""Whether a pack is as the holder of an evidence key signed it, and what that key is."""

import hashlib
import logging
from collections.abc import Sequence
from typing import Any

import msgspec
from asn1crypto import cms, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from archive.verify import tokens
from archive.verify.tokens import Proven, TokenBadError
from evidence import attached as names
from evidence.certificate import fingerprint, read_chain
from evidence.opened import ZIP, Opened, reader_of

NONE, GOOD, BAD = "none", "good", "bad"

# It says on its own what is out of form in a PDF; the report says that here.
logging.getLogger("pyhanko").addHandler(logging.NullHandler())
logging.getLogger("pyhanko").propagate = False
logging.getLogger("pyhanko_certvalidator").propagate = False


class Signed(msgspec.Struct, frozen=True):
    """What a pack's signature says.

    Args:
        state: `NONE`, `GOOD` or `BAD`.
        detail: why it is bad, in a clause; else who signed.
        chain: certificates, the signer's first.
        value: the signature's bytes, which a token stamps.
        response: RFC 3161 response over them; empty where there is none.
    """

    state: str
    detail: str = ""
    chain: tuple[x509.Certificate, ...] = ()
    value: bytes = b""
    response: bytes = b""

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the signer's certificate, hex; empty where there is none."""
        return fingerprint(self.chain[0]) if self.chain else ""

    def is_by(self, trusted: str | x509.Certificate) -> bool:
        """Tell whether the signer is, or was named by, who the caller trusts.

        Args:
            trusted: SHA-256 of the signer's certificate, or a certificate: it, or one above it.
        """
        if isinstance(trusted, str):
            return self.fingerprint == trusted
        for place, each in enumerate(self.chain):
            if each == trusted:
                return True
            above = self.chain[place + 1] if place + 1 < len(self.chain) else trusted
            try:
                each.verify_directly_issued_by(above)
            except (ValueError, TypeError, InvalidSignature):
                return False
            if above == trusted:
                return True
        return False

    def stamped(self, roots: Sequence[bytes]) -> Proven:
        """Return the time that its token proves.

        Args:
            roots: DER of the certificates of authorities that are believed.

        Raises:
            TokenBadError: it proves none.
        """
        return tokens.check_digest(
            self.response, lambda name: hashlib.new(name, self.value).digest(), roots
        )


def check(opened: Opened) -> Signed:
    """Check the signature of a pack; whom it is by is another question."""
    if opened.kind == ZIP:
        return _check_zip(opened)
    try:
        return _check_pdf(opened.data)
    except Exception:  # noqa: BLE001  # a hostile PDF makes the reader fail in any way
        return Signed(BAD, "the signature cannot be read")


def _check_zip(opened: Opened) -> Signed:
    files = opened.files
    sums, signature = files.get(names.SUMS), files.get(names.SIGNATURE)
    if sums is None or signature is None:
        return Signed(NONE)
    listed = {}
    for line in sums.decode(errors="replace").splitlines():
        digest, _, path = line.partition("  ")
        listed[path] = digest
    for path, data in files.items():
        if path in (names.SUMS, names.SIGNATURE):
            continue
        if listed.get(path) != hashlib.sha256(data).hexdigest():
            return Signed(BAD, f"{path} is not the file that {names.SUMS} names")
    try:
        chain = read_chain(files.get(names.CERTIFICATE, b""))
        key = chain[0].public_key()
        if not isinstance(key, EllipticCurvePublicKey):
            return Signed(BAD, f"{names.CERTIFICATE} has a key of another kind", chain)
        key.verify(signature, sums, ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return Signed(BAD, f"{names.SIGNATURE} is not a signature of {names.SUMS}", chain)
    except (ValueError, IndexError):
        return Signed(BAD, f"{names.CERTIFICATE} holds no certificate")
    return Signed(GOOD, chain[0].subject.rfc4514_string(), chain)


def _check_pdf(pdf: bytes) -> Signed:
    reader = reader_of(pdf)
    signatures = list(reader.embedded_regular_signatures)
    if not signatures:
        return Signed(NONE)
    first = signatures[0]
    certificates = [first.signer_cert, *first.other_embedded_certs]
    chain = _ordered([x509.load_der_x509_certificate(each.dump()) for each in certificates])
    # Whether it fits is what is asked here; whom it is by, the caller's trust decides.
    context = ValidationContext(trust_roots=certificates, allow_fetching=False)
    status = validate_pdf_signature(first, signer_validation_context=context)
    if not status.intact or not status.valid:
        return Signed(BAD, "the PDF is not the one that was signed", chain)
    later = [each for each in reader.embedded_signatures if each is not first]
    stamps = [each for each in later if each.sig_object_type == "/DocTimeStamp"]
    whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    # Only what keeps the signature verifiable for longer may come after it, and must be stamped.
    kept_longer = status.modification_level == ModificationLevel.LTA_UPDATES and bool(stamps)
    if not (whole or kept_longer) or not status.docmdp_ok or len(later) > len(stamps):
        return Signed(BAD, "something was added to the PDF after it was signed", chain)
    info = first.signer_info
    return Signed(
        GOOD, chain[0].subject.rfc4514_string(), chain, info["signature"].native, _response(info)
    )


def _ordered(certificates: list[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """Return a signer's certificate and those above it, each followed by its issuer."""
    chain, left = certificates[:1], certificates[1:]
    while above := next((each for each in left if each.subject == chain[-1].issuer), None):
        chain.append(above)
        left.remove(above)
    return tuple(chain)


def _response(info: Any) -> bytes:
    """Return the token over the signature as the response that it came in; empty without one."""
    attributes: cms.CMSAttributes = info["unsigned_attrs"]
    for each in attributes if attributes.native else ():
        if each["type"].native == "signature_time_stamp_token":
            granted = {"status": {"status": "granted"}, "time_stamp_token": each["values"][0]}
            return bytes(tsp.TimeStampResp(granted).dump())
    return b""


__all__ = ["BAD", "GOOD", "NONE", "Signed", "TokenBadError", "check"]
