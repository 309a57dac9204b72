"""Manifests: what one archive run wrote, with the digest of every file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from archive import canonical
from archive.errors import FormatError
from archive.history import FORMAT

_KEYS = {"files", "log_size", "orderproof", "origin"}
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class StoredFile:
    """A file as it was stored: SHA-256, hex, and size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Manifest:
    """What a run wrote.

    Args:
        origin: name of the log.
        log_size: size A of the log that the run's histories are proved against.
        files: every file of the run that is no tile, no checkpoint and no open file, by name.
    """

    origin: str
    log_size: int
    files: Mapping[str, StoredFile]


def encode(manifest: Manifest) -> bytes:
    """Return the bytes of a manifest: canonical JSON and a newline."""
    files = {
        name: {"sha256": file.sha256, "size": file.size} for name, file in manifest.files.items()
    }
    value = {
        "files": files,
        "log_size": manifest.log_size,
        "orderproof": FORMAT,
        "origin": manifest.origin,
    }
    return canonical.encode(value) + b"\n"


def parse(data: bytes) -> Manifest:
    """Read a manifest strictly.

    Raises:
        FormatError: the bytes are not in the form of `encode`.
    """
    if not data.endswith(b"\n"):
        raise FormatError("does not end with a newline")
    value = canonical.decode(data[:-1])
    if not isinstance(value, dict) or set(value) != _KEYS:
        raise FormatError("its keys are not those of a manifest")
    origin, log_size, files = value["origin"], value["log_size"], value["files"]
    if value["orderproof"] != FORMAT or type(value["orderproof"]) is not int:
        raise FormatError("it names a format that this version does not know")
    if not isinstance(origin, str) or type(log_size) is not int or log_size < 0:
        raise FormatError("its origin or log_size has the wrong type")
    if not isinstance(files, dict):
        raise FormatError("its files are not an object")
    return Manifest(origin, log_size, {name: _file(entry) for name, entry in files.items()})


def _file(entry: object) -> StoredFile:
    if not isinstance(entry, dict) or set(entry) != {"sha256", "size"}:
        raise FormatError("a file in it is not a digest and a size")
    digest, size = entry["sha256"], entry["size"]
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise FormatError("a digest in it is not SHA-256 in hex")
    if type(size) is not int or size < 0:
        raise FormatError("a size in it is not a number")
    return StoredFile(digest, size)
