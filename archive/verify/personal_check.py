"""Personal data against the keys that are left: is it what was recorded, is what was erased gone?

Optional, for whoever was given a bundle of keys. Lines are believed here; the other steps check
them.

Sources: HKDF (RFC 5869), AES-256-GCM (NIST SP 800-38D).
"""

import base64
import hmac
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from archive import canonical
from archive.errors import FormatError
from archive.findings import Finding, finding
from archive.verify.events import SOURCE, event_name
from archive.verify.every_line import every_line
from archive.verify.files import Files
from archive.verify.report import Report

DESTROYED = "erasure.key_destroyed"

_KEY = re.compile(r"[0-9a-f]{64}")

Bundle = Mapping[tuple[str, str], bytes]
"""Keys by stream and purpose."""


def encode_bundle(keys: Iterable[tuple[str, str, bytes]]) -> Iterator[bytes]:
    """Yield the lines of a bundle: for each stream and purpose its key, in the clear."""
    for stream, purpose, key in keys:
        row = {"key": key.hex(), "purpose": purpose, "stream": stream}
        yield canonical.encode(row) + b"\n"


def parse_bundle(data: bytes) -> dict[tuple[str, str], bytes]:
    """Read a bundle strictly.

    Raises:
        FormatError: it is not in the form of `encode_bundle`. Keys are never in the message.
    """
    keys: dict[tuple[str, str], bytes] = {}
    for number, text in enumerate(data.splitlines(), 1):
        row = canonical.decode(text)
        if not isinstance(row, dict) or set(row) != {"key", "purpose", "stream"}:
            raise FormatError(f"line {number} is not a key with its stream and purpose")
        if not all(isinstance(value, str) for value in row.values()):
            raise FormatError(f"line {number} holds something that is not text")
        if not _KEY.fullmatch(row["key"]):
            raise FormatError(f"line {number} holds a key that is not 64 hex digits")
        keys[row["stream"], row["purpose"]] = bytes.fromhex(row["key"])
    return keys


def check_personal(folder: Files, data: bytes, report: Report) -> None:
    """Check the personal data of an archive against the keys that are left.

    Args:
        folder: the archive's files, which were verified.
        data: the bundle.
        report: where findings go.

    Raises:
        FormatError: the bundle cannot be read.
    """
    bundle = parse_bundle(data)
    step = report.begin("personal data")
    erasures = Erasures()
    for line in every_line(folder):
        report.add(erasures.take(line))
    for line in every_line(folder):
        opened, findings = check_line(line, bundle, erasures)
        report.count("personal_data_opened", opened)
        report.add(findings)
    step.summary = f"{report.checked.get('personal_data_opened', 0)} parts open with their keys"


@dataclass
class Erasures:
    """What was erased, by the events that say so: versions of these, by stream and purpose."""

    versions: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    def take(self, line: bytes) -> list[Finding]:
        """Take in a line, and accuse an erasure that no two persons decided."""
        envelope = canonical.decode_ordered(line)
        if not isinstance(envelope, dict) or envelope.get("type") != DESTROYED:
            return []
        body = envelope["event"]
        data, purposes = body["data"], body["data"].get("purposes")
        if body["source"] != SOURCE or not isinstance(purposes, list):
            return []
        for purpose in purposes:
            place = (envelope["stream"], str(purpose))
            self.versions.setdefault(place, []).append(envelope["version"])
        by = (data.get("requested_by"), data.get("approved_by"))
        if all(isinstance(one, str) and one.strip() for one in by) and by[0] != by[1]:
            return []
        about = event_name(envelope["stream"], envelope["version"])
        detail = "the erasure does not name two persons who decided it"
        return [finding("ERASURE_INCONSISTENT", about, detail)]


def check_line(line: bytes, bundle: Bundle, erasures: Erasures) -> tuple[int, list[Finding]]:
    """Check the personal data of one line.

    Args:
        line: an event's line.
        bundle: the keys that are left.
        erasures: of all lines.

    Returns:
        How many parts were opened, and what is wrong.
    """
    envelope = canonical.decode_ordered(line)
    if not isinstance(envelope, dict):
        return 0, []
    stream, version, body = envelope["stream"], envelope["version"], envelope["event"]
    opened = 0
    findings: list[Finding] = []
    boxes = body.get("pii")
    for purpose, box in boxes.items() if isinstance(boxes, dict) else ():
        key = bundle.get((stream, purpose))
        if key is None:
            continue
        about = event_name(stream, version)
        erased = any(version < at for at in erasures.versions.get((stream, purpose), ()))
        opens = _opens(key, purpose, stream, body["source"], body["id"], box)
        opened += opens is True
        if opens is True and erased:
            detail = f"{purpose} data was recorded as erased, and a key that is left opens it"
            findings.append(finding("ERASURE_INCONSISTENT", about, detail))
        elif opens is False or (opens is None and not erased):
            detail = (
                f"{purpose} data does not open with the key that the event commits to"
                if opens is False
                else f"the key given for {purpose} data is not the one that the event commits to"
            )
            findings.append(finding("KEY_COMMITMENT_MISMATCH", about, detail))
    return opened, findings


def _opens(
    key: bytes, purpose: str, stream: str, source: str, id_: str, box: object
) -> bool | None:
    """Tell whether a key opens a box; None where it is not the one that the box commits to."""
    info = b"\0".join([b"orderproof/1 event", purpose.encode(), source.encode(), id_.encode()])
    derived = HKDF(algorithm=SHA256(), length=96, salt=None, info=info).derive(key)
    if not isinstance(box, dict) or not all(isinstance(text, str) for text in box.values()):
        return False
    if not hmac.compare_digest(derived[64:].hex(), str(box.get("commitment"))):
        return None
    try:
        nonce = base64.b64decode(box["nonce"], validate=True)
        data = base64.b64decode(box["box"], validate=True)
        AESGCM(derived[:32]).decrypt(nonce, data, stream.encode())
    except (InvalidTag, ValueError, KeyError):
        return False
    return True
