"""Asking timestamp authorities (RFC 3161) to stamp the log's checkpoints.

What they answer is stored as it came, beside lists of revoked certificates from that moment:
whoever verifies the archive in ten years can no longer ask for them.
"""

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID
from rfc3161_client import (
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from archive import limits, outbound
from archive.errors import ArchiveError
from archive.outbound import OutboundError
from archive.verify import certificates, tokens
from archive.verify.tokens import Proven, TokenBadError

_QUERY = "application/timestamp-query"
_REPLY = "application/timestamp-reply"


class StampError(ArchiveError):
    """An authority did not stamp; the message names it and says why."""


@dataclass(frozen=True)
class Stamped:
    """What an authority gave.

    Args:
        response: its answer, as it came.
        proven: what it proves.
        revocation: revocation data from the certificates' own pointers: kind (`crl`, `ocsp`) and
            bytes.
    """

    response: bytes
    proven: Proven
    revocation: list[tuple[str, bytes]] = field(default_factory=list)


def stamp(data: bytes, url: str, roots: Sequence[bytes]) -> Stamped:
    """Have bytes stamped by their SHA-256; as `stamp_digest`."""
    return stamp_digest("sha256", hashlib.sha256(data).digest(), url, roots)


def stamp_digest(algorithm: str, digest: bytes, url: str, roots: Sequence[bytes]) -> Stamped:
    """Have a digest stamped by the authority at an address that somebody configured.

    Only an answer that a verification would accept is returned: what lies in an archive stays.

    Args:
        algorithm: of the digest, `sha256` or `sha512`.
        digest: of what to stamp.
        url: of the authority.
        roots: DER of the certificates of the keyring's authorities.

    Raises:
        StampError: it does not answer, refuses, or answers with what proves nothing.
    """
    host = outbound.host_of(url)
    nonce = secrets.randbits(64)
    try:
        answer = outbound.ask(
            "POST",
            url,
            configured=[host],
            limit=limits.TOKEN,
            content=_request(algorithm, digest, nonce),
            headers={"Content-Type": _QUERY, "Accept": _REPLY},
        )
    except OutboundError as error:
        raise StampError(f"timestamp authority: {error}") from error
    if answer.status != 200 or answer.kind != _REPLY:
        raise StampError(
            f"timestamp authority {host[0]} answers with status {answer.status}, "
            f"{answer.kind or 'no media type'}"
        )
    try:
        proven = tokens.check_digest(answer.content, tokens.only(algorithm, digest), roots)
        read = decode_timestamp_response(sorted_certificates(answer.content))
        peer = VerifierBuilder().nonce(nonce)
        for root in roots:
            peer = peer.add_root_certificate(certificates.load(root))
        peer.build().verify(read, digest)
    except (TokenBadError, VerificationError, ValueError) as error:
        raise StampError(f"timestamp authority {host[0]}: its token {error}") from error
    return Stamped(answer.content, proven, list(_revocation(proven, host)))


def _request(algorithm: str, digest: bytes, nonce: int) -> bytes:
    imprint = {"hash_algorithm": {"algorithm": algorithm}, "hashed_message": digest}
    request = {"version": 1, "message_imprint": imprint, "nonce": nonce, "cert_req": True}
    return bytes(tsp.TimeStampReq(request).dump())


def sorted_certificates(response: bytes) -> bytes:
    """Return a response with its certificates in the order of DER.

    OpenSSL writes them in another; no signature covers it, and strict readers refuse it.

    Raises:
        ValueError: it is no response.
    """
    read = tsp.TimeStampResp.load(response, strict=True)
    token = read["time_stamp_token"]
    if token.native is None:
        raise ValueError("is a refusal")
    read["time_stamp_token"]["content"]["certificates"] = sorted(
        token["content"]["certificates"], key=lambda each: bytes(each.dump())
    )
    return bytes(read.dump())


def _revocation(proven: Proven, configured: tuple[str, int]) -> Iterator[tuple[str, bytes]]:
    """Yield what the issuers of a token's certificates say of them now, where they can be asked."""
    for certificate, issuer in pairwise(proven.chain):
        found = _listed(certificate, issuer, configured) or _asked(certificate, issuer, configured)
        if found is not None:
            yield found


def _listed(
    certificate: x509.Certificate, issuer: x509.Certificate, configured: tuple[str, int]
) -> tuple[str, bytes] | None:
    for url in _points(certificate):
        try:
            answer = outbound.ask("GET", url, configured=[configured], limit=limits.REVOCATION)
            listed = x509.load_der_x509_crl(answer.content)
        except (OutboundError, ValueError):
            continue
        if listed.issuer == issuer.subject and certificates.signs_list(issuer, listed):
            return "crl", answer.content
    return None


def _asked(
    certificate: x509.Certificate, issuer: x509.Certificate, configured: tuple[str, int]
) -> tuple[str, bytes] | None:
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1())  # noqa: S303  # RFC 6960 names keys by it
    query = builder.build().public_bytes(Encoding.DER)
    for url in _responders(certificate):
        try:
            answer = outbound.ask(
                "POST",
                url,
                configured=[configured],
                limit=limits.REVOCATION,
                content=query,
                headers={"Content-Type": "application/ocsp-request"},
            )
            read = ocsp.load_der_ocsp_response(answer.content)
            right = (
                read.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL
                and read.serial_number == certificate.serial_number
                and certificates.signs_answer(issuer, read)
            )
        except (OutboundError, ValueError):
            continue
        if right:
            return "ocsp", answer.content
    return None


def _points(certificate: x509.Certificate) -> Iterator[str]:
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except (x509.ExtensionNotFound, ValueError):
        return
    for point in points:
        for name in point.full_name or []:
            if isinstance(name, x509.UniformResourceIdentifier):
                yield name.value


def _responders(certificate: x509.Certificate) -> Iterator[str]:
    try:
        access = certificate.extensions.get_extension_for_class(
            x509.AuthorityInformationAccess
        ).value
    except (x509.ExtensionNotFound, ValueError):
        return
    for way in access:
        name = way.access_location
        if way.access_method == AuthorityInformationAccessOID.OCSP and isinstance(
            name, x509.UniformResourceIdentifier
        ):
            yield name.value
