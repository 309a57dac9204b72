"""The manifest of an export: what it holds, as of when, for whom and why; signed.

`<file>.manifest.json` is readable; `<file>.manifest.p7s` is a detached CMS signature over it
(RFC 5652) by the evidence key, which holds the certificate:
`openssl cms -verify -binary -inform DER -in F.manifest.p7s -content F.manifest.json -noverify`.
"""

import hashlib
import os
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import (
    PKCS7Options,
    PKCS7SignatureBuilder,
)

from archive import canonical
from evidence.certificate import SigningKey

SUFFIX = ".manifest.json"
SIGNATURE = ".manifest.p7s"


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What an export is.

    Args:
        export_id: names it; its event holds it, with the digest of this manifest.
        kind: orders, events, refunds, contacts.
        format: of the file.
        file: its name.
        rows: without the head.
        size: of the file, bytes.
        sha256: of the file.
        columns: their names.
        as_of: position of the log that it is pinned to.
        filter: shop, from and to, as asked for.
        sees: shops and days that its reader may see; what lies outside is not in it.
        masked: what is not shown.
        guarded_cells: that begin with an apostrophe, so that none is taken for a formula.
        cut_cells: that are longer than a cell can be.
        by: who asked for it.
        role: as what.
        reason: what for.
        made_at: when, UTC.
        origin: name of the log.
        certificate_sha256: of the key that signs this.
    """

    export_id: str
    kind: str
    format: str
    file: str
    rows: int
    size: int
    sha256: str
    columns: list[str]
    as_of: int
    filter: dict[str, str | None]
    sees: dict[str, Any]
    masked: str
    guarded_cells: int
    cut_cells: int
    by: str
    role: str
    reason: str
    made_at: str
    origin: str
    certificate_sha256: str

    def encode(self) -> bytes:
        """Return its bytes: canonical JSON (RFC 8785) and a newline."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return canonical.encode(found) + b"\n"


def sign(data: bytes, key: SigningKey) -> bytes:
    """Return a detached signature over a manifest's bytes, DER."""
    builder = PKCS7SignatureBuilder().set_data(data)
    builder = builder.add_signer(key.chain[0], key.key, SHA256())
    for each in key.chain[1:]:
        builder = builder.add_certificate(each)
    options = [PKCS7Options.DetachedSignature, PKCS7Options.Binary]
    return builder.sign(Encoding.DER, options)


def write(file: Path, manifest: Manifest, key: SigningKey) -> str:
    """Write manifest and signature beside a file, and return the manifest's SHA-256."""
    data = manifest.encode()
    for suffix, content in ((SUFFIX, data), (SIGNATURE, sign(data, key))):
        with file.with_name(file.name + suffix).open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
    return hashlib.sha256(data).hexdigest()


def read(file: Path) -> tuple[Manifest, str] | None:
    """Return the manifest beside a file and its SHA-256; None: there is none that is whole."""
    try:
        data = file.with_name(file.name + SUFFIX).read_bytes()
        return msgspec.json.decode(data, type=Manifest), hashlib.sha256(data).hexdigest()
    except (FileNotFoundError, msgspec.DecodeError):
        return None
