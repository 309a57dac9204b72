"""Whether an authority's certificate was good at one moment: chain, purpose, revocation.

Sources: RFC 5280, sections 4 and 5; RFC 6960 (OCSP); RFC 3161, sections 2.3 and 4.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

_LONGEST_CHAIN = 8

_SINCE_ONLY = (
    x509.ReasonFlags.unspecified,
    x509.ReasonFlags.affiliation_changed,
    x509.ReasonFlags.superseded,
    x509.ReasonFlags.cessation_of_operation,
)
"""With these reasons what was stamped before the revocation stays good (RFC 3161, section 4)."""


UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What `cryptography` raises about certificates that are garbage, some only on a closer look."""


class CertificateError(ValueError):
    """A certificate was not good, or nothing leads from it to an authority that is trusted."""


@dataclass
class Revocations:
    """What is stored of lists and answers that tell which certificates were revoked."""

    lists: list[x509.CertificateRevocationList] = field(default_factory=list)
    answers: list[ocsp.OCSPResponse] = field(default_factory=list)


def load(encoded: bytes) -> x509.Certificate:
    """Read a certificate.

    Raises:
        CertificateError: it is none.
    """
    try:
        return x509.load_der_x509_certificate(encoded)
    except UNREADABLE as error:
        raise CertificateError("is not a certificate") from error


def check_purpose(certificate: x509.Certificate) -> None:
    """Hold a certificate to stamping time, critically, and nothing else.

    Raises:
        CertificateError: it may do something else, or does not say.
    """
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except (x509.ExtensionNotFound, *UNREADABLE) as error:
        raise CertificateError("the certificate does not say that it stamps time") from error
    if not usage.critical or list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise CertificateError("the certificate is not for stamping time alone")


def chain(
    certificate: x509.Certificate,
    others: Iterable[x509.Certificate],
    roots: Iterable[x509.Certificate],
    when: datetime,
) -> list[x509.Certificate]:
    """Return the certificates from the signer's to a trusted root's, all good at `when`.

    Raises:
        CertificateError: there is no such chain.
    """
    pool, trusted = list(others), list(roots)
    if not _in_force(certificate, when):
        raise CertificateError("the certificate was not in force at the token's time")
    found = next(_chains([certificate], pool, trusted, when), None)
    if found is None:
        raise CertificateError("no chain leads to an authority of the keyring")
    return found


def _chains(
    begun: list[x509.Certificate],
    pool: list[x509.Certificate],
    trusted: list[x509.Certificate],
    when: datetime,
) -> Iterator[list[x509.Certificate]]:
    last = begun[-1]
    if last in trusted:
        yield begun
        return
    if len(begun) == _LONGEST_CHAIN:
        return
    for issuer in [*trusted, *pool]:
        if (
            issuer not in begun
            and issuer.subject == last.issuer
            and _in_force(issuer, when)
            and may_issue(issuer, below=len(begun) - 1)
            and _is_issued_by(last, issuer)
        ):
            yield from _chains([*begun, issuer], pool, trusted, when)


def _in_force(certificate: x509.Certificate, when: datetime) -> bool:
    return certificate.not_valid_before_utc <= when <= certificate.not_valid_after_utc


def may_issue(certificate: x509.Certificate, *, below: int) -> bool:
    """Tell whether it is an authority's, over `below` others between it and the signer's."""
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (x509.ExtensionNotFound, *UNREADABLE):
        return False
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        usage = None
    except UNREADABLE:
        return False
    length = constraints.path_length
    fits = length is None or below <= length
    return constraints.ca and fits and (usage is None or usage.key_cert_sign)


def _is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, *UNREADABLE):
        return False
    return True


def check_revocation(links: list[x509.Certificate], stored: Revocations, when: datetime) -> None:
    """Refuse a chain of which a certificate was revoked, as far as stored data says.

    Raises:
        CertificateError: one was revoked before `when`, or for a reason that reaches back.
    """
    for certificate, issuer in pairwise(links):
        for date, reason in _revoked(certificate, issuer, stored):
            if date <= when or reason not in _SINCE_ONLY:
                raise CertificateError(
                    f"the certificate {certificate.serial_number:x} was revoked on {date:%Y-%m-%d}"
                )


def _revoked(
    certificate: x509.Certificate, issuer: x509.Certificate, stored: Revocations
) -> Iterator[tuple[datetime, x509.ReasonFlags | None]]:
    """Yield dates and reasons from lists and answers that the issuer vouches for."""
    for listed in stored.lists:
        if listed.issuer != issuer.subject or not signs_list(issuer, listed):
            continue
        entry = listed.get_revoked_certificate_by_serial_number(certificate.serial_number)
        if entry is not None:
            yield entry.revocation_date_utc, _reason(entry)
    for answer in stored.answers:
        if answer.serial_number != certificate.serial_number or not signs_answer(issuer, answer):
            continue
        if answer.certificate_status is ocsp.OCSPCertStatus.REVOKED:
            date = answer.revocation_time_utc
            if date is not None:
                yield date, answer.revocation_reason


def _reason(entry: x509.RevokedCertificate) -> x509.ReasonFlags | None:
    try:
        return entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except (x509.ExtensionNotFound, *UNREADABLE):
        return None


def signs_list(issuer: x509.Certificate, listed: x509.CertificateRevocationList) -> bool:
    """Tell whether a list of revoked certificates is signed by an issuer."""
    try:
        return listed.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    except UNREADABLE:
        return False


def signs_answer(issuer: x509.Certificate, answer: ocsp.OCSPResponse) -> bool:
    """Tell whether an OCSP answer is signed by an issuer, or by whom it gave that task to."""
    return any(_signed(answer, signer) for signer in _answerers(issuer, answer))


def _answerers(issuer: x509.Certificate, answer: ocsp.OCSPResponse) -> Iterator[x509.Certificate]:
    yield issuer
    for certificate in answer.certificates:
        try:
            usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        except (x509.ExtensionNotFound, *UNREADABLE):
            continue
        if ExtendedKeyUsageOID.OCSP_SIGNING in usage and _is_issued_by(certificate, issuer):
            yield certificate


def _signed(answer: ocsp.OCSPResponse, signer: x509.Certificate) -> bool:
    key, algorithm = signer.public_key(), answer.signature_hash_algorithm
    if algorithm is None:
        return False
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(answer.signature, answer.tbs_response_bytes, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(algorithm))
        else:
            return False
    except (InvalidSignature, *UNREADABLE):
        return False
    return True
