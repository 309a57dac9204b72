"""The parts of an RFC 3161 response: what was stamped, when, and what was signed by whom.

Sources: RFC 3161, section 2.4.2 (response, TSTInfo); RFC 5652, section 5 (SignedData);
RFC 5035, section 5.4 (SigningCertificate).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from archive.errors import FormatError
from archive.verify import der
from archive.verify.der import Element

_SIGNED_DATA = "1.2.840.113549.1.7.2"
_TST_INFO = "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"
_SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
_SHA1 = "1.3.14.3.2.26"
_SHA256 = "2.16.840.1.101.3.4.2.1"
DIGESTS = {
    _SHA1: "sha1",  # of a certificate only, which its signature protects too
    _SHA256: "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_GRANTED = (0, 1)


@dataclass(frozen=True)
class Algorithm:
    """An algorithm's identifier: its name, and its parameters as they stand."""

    oid: str
    parameters: Element | None


@dataclass(frozen=True)
class Stamp:
    """What an authority says: these bytes were there at this time.

    Args:
        imprint_algorithm: digest of what was stamped, as `hashlib` names it.
        imprint: that digest.
        time: when it stamped.
        accuracy: how far off that may be.
        serial: the token's number.
        nonce: what the request had, None where it had none.
    """

    imprint_algorithm: str
    imprint: bytes
    time: datetime
    accuracy: timedelta
    serial: int
    nonce: int | None

    @property
    def latest(self) -> datetime:
        """Return the time before which the stamped bytes existed, as far as the clock goes."""
        return self.time + self.accuracy


@dataclass(frozen=True)
class Token:
    """A response, taken apart; nothing in it is believed yet.

    Args:
        stamp: what it says.
        info: the bytes that it says it with, of which the signed attributes give the digest.
        certificates: DER of those that came along.
        digest: algorithm of that digest.
        attributes: bytes that are signed.
        message_digest: digest of `info`, as the signed attributes say.
        signer_digest: algorithm and digest of the signer's certificate, as they say.
        algorithm: of the signature.
        signature: its bytes.
    """

    stamp: Stamp
    info: bytes
    certificates: tuple[bytes, ...]
    digest: str
    attributes: bytes
    message_digest: bytes
    signer_digest: tuple[str, bytes]
    algorithm: Algorithm
    signature: bytes


def parse(response: bytes) -> Token:
    """Take a response apart.

    Raises:
        FormatError: it is no response, is a refusal, or is not built as the RFCs demand.
    """
    whole = der.parts(der.read(response), der.SEQUENCE)
    if not whole:
        raise FormatError("a response is empty")
    status = der.parts(whole[0], der.SEQUENCE)
    if not status or der.integer(status[0]) not in _GRANTED:
        raise FormatError("the authority refused to stamp")
    info_part, certificates, signer = _signed_data(_exactly(whole, 2)[1])
    info = der.octets(der.read(info_part.content))
    attributes = _attributes(signer[3])
    if der.oid(_single(attributes, _CONTENT_TYPE)) != _TST_INFO:
        raise FormatError("the signature is about something other than a time")
    return Token(
        stamp=_stamp(info),
        info=info,
        certificates=certificates,
        digest=_digest(_algorithm(signer[2])),
        # RFC 5652, section 5.4: they are signed as a SET OF, not under the tag they stand with.
        attributes=bytes([der.SET]) + signer[3].encoded[1:],
        message_digest=der.octets(_single(attributes, _MESSAGE_DIGEST)),
        signer_digest=_signer_digest(attributes),
        algorithm=_algorithm(signer[4]),
        signature=der.octets(signer[5]),
    )


def _signed_data(content_info: Element) -> tuple[Element, tuple[bytes, ...], list[Element]]:
    """Return content, certificates and the one signer's parts."""
    kind, wrapped = _exactly(der.parts(content_info, der.SEQUENCE), 2)
    if der.oid(kind) != _SIGNED_DATA or wrapped.tag != 0xA0:
        raise FormatError("a token is no signed data")
    data = der.parts(der.read(wrapped.content), der.SEQUENCE)
    if len(data) < 4:
        raise FormatError("signed data lacks a part")
    _, _, content, *optional = data
    kind, info = _exactly(der.parts(content, der.SEQUENCE), 2)
    if der.oid(kind) != _TST_INFO or info.tag != 0xA0:
        raise FormatError("a token is not about a time")
    tags = [part.tag for part in optional]
    if tags not in ([der.SET], [0xA0, der.SET], [0xA1, der.SET], [0xA0, 0xA1, der.SET]):
        raise FormatError("signed data has its parts in another order")
    certificates = der.parts(optional[0]) if tags[0] == 0xA0 else []
    (signer,) = _exactly(der.parts(optional[-1]), 1)
    parts = der.parts(signer, der.SEQUENCE)
    if len(parts) == 7 and parts[6].tag == 0xA1:
        del parts[6]  # unsigned attributes prove nothing
    if len(parts) != 6 or parts[3].tag != 0xA0:
        raise FormatError("a signer has other parts than a token's")
    return info, tuple(part.encoded for part in certificates), parts


def _stamp(info: bytes) -> Stamp:
    """Read a TSTInfo."""
    parts = der.parts(der.read(info), der.SEQUENCE)
    if len(parts) < 5 or der.integer(parts[0]) != 1:
        raise FormatError("a TSTInfo lacks a part or has another version")
    der.oid(parts[1])
    algorithm, imprint = _exactly(der.parts(parts[2], der.SEQUENCE), 2)
    accuracy = timedelta()
    nonce = None
    last = -1
    for part in parts[5:]:
        order = (der.SEQUENCE, der.BOOLEAN, der.INTEGER, 0xA0, 0xA1)
        if part.tag not in order or order.index(part.tag) <= last:
            raise FormatError("a TSTInfo has its parts in another order")
        last = order.index(part.tag)
        if part.tag == der.SEQUENCE:
            accuracy = _accuracy(part)
        elif part.tag == der.INTEGER:
            nonce = der.integer(part)
    return Stamp(
        imprint_algorithm=_digest(_algorithm(algorithm)),
        imprint=der.octets(imprint),
        serial=der.integer(parts[3]),
        time=der.moment(parts[4]),
        accuracy=accuracy,
        nonce=nonce,
    )


def _accuracy(part: Element) -> timedelta:
    units = {der.INTEGER: "seconds", 0x80: "milliseconds", 0x81: "microseconds"}
    found: dict[str, int] = {}
    for number in der.parts(part):
        if number.tag not in units or units[number.tag] in found or len(number.content) > 4:
            raise FormatError("an accuracy has other parts than seconds, millis and micros")
        value = der.integer(number._replace(tag=der.INTEGER))
        if value < 0:
            raise FormatError("an accuracy is negative")
        found[units[number.tag]] = value
    return timedelta(**found)


def _attributes(part: Element) -> dict[str, list[Element]]:
    """Return the values of signed attributes by their type."""
    found: dict[str, list[Element]] = {}
    for attribute in der.parts(part):
        kind, values = _exactly(der.parts(attribute, der.SEQUENCE), 2)
        name = der.oid(kind)
        if name in found:
            raise FormatError("a signed attribute stands twice")
        found[name] = der.parts(values, der.SET)
    return found


def _single(attributes: dict[str, list[Element]], name: str) -> Element:
    values = attributes.get(name, [])
    if len(values) != 1:
        raise FormatError(f"the signed attribute {name} is missing or has several values")
    return values[0]


def _signer_digest(attributes: dict[str, list[Element]]) -> tuple[str, bytes]:
    """Return what the signed attributes say of the signer's certificate, the newer form first."""
    if _SIGNING_CERTIFICATE_V2 in attributes:
        first = _first_id(_single(attributes, _SIGNING_CERTIFICATE_V2))
        if first and first[0].tag == der.SEQUENCE:
            algorithm = _digest(_algorithm(first.pop(0)))
        else:
            algorithm = DIGESTS[_SHA256]
    else:
        first = _first_id(_single(attributes, _SIGNING_CERTIFICATE))
        algorithm = DIGESTS[_SHA1]
    if not first:
        raise FormatError("the signer's certificate is not named")
    return algorithm, der.octets(first[0])


def _first_id(value: Element) -> list[Element]:
    signing_certificate = der.parts(value, der.SEQUENCE)
    ids = der.parts(signing_certificate[0], der.SEQUENCE) if signing_certificate else []
    return der.parts(ids[0], der.SEQUENCE) if ids else []


def _algorithm(part: Element) -> Algorithm:
    pieces = der.parts(part, der.SEQUENCE)
    if not 1 <= len(pieces) <= 2:
        raise FormatError("an algorithm is a name and parameters")
    return Algorithm(der.oid(pieces[0]), pieces[1] if len(pieces) == 2 else None)


def _digest(algorithm: Algorithm) -> str:
    if algorithm.oid not in DIGESTS:
        raise FormatError(f"the digest {algorithm.oid} is not known")
    return DIGESTS[algorithm.oid]


def _exactly(elements: list[Element], number: int) -> list[Element]:
    if len(elements) != number:
        raise FormatError(f"{len(elements)} parts stand where {number} are needed")
    return elements
