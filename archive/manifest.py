"""Manifests: what one archive run wrote, with the digest of every file."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from archive import canonical
from archive.errors import FormatError
from archive.history import FORMAT

_KEYS = {"files", "log_size", "orderproof", "origin"}
_FILE_KEYS = {"sha256", "size"}
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class StoredFile:
    """A file as it was stored.

    Args:
        sha256: SHA-256 of its bytes, hex.
        size: in bytes.
        retain_until: day until which it is to be kept; None for one that is replaced.
        version: id of its version in a bucket; None in a folder.
    """

    sha256: str
    size: int
    retain_until: date | None = None
    version: str | None = None


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


class Listing:
    """A manifest that is being made; memory holds nothing but its bytes."""

    def __init__(self) -> None:
        self._rows: list[bytes] = []

    def __len__(self) -> int:
        return len(self._rows)

    def add(
        self, name: str, data: bytes, retain_until: date | None = None, version: str | None = None
    ) -> None:
        """Name a file that was stored."""
        stored = StoredFile(hashlib.sha256(data).hexdigest(), len(data), retain_until, version)
        self._rows.append(_row(name, stored))

    def encode(self, origin: str, log_size: int) -> bytes:
        """Return the manifest's bytes."""
        # A name's closing quote comes before all that names are made of, so rows sort like names.
        self._rows.sort()
        tail = canonical.encode({"log_size": log_size, "orderproof": FORMAT, "origin": origin})
        return b'{"files":{%b},%b\n' % (b",".join(self._rows), tail[1:])


def encode(manifest: Manifest) -> bytes:
    """Return the bytes of a manifest: canonical JSON and a newline."""
    value = {
        "files": {name: _value(file) for name, file in manifest.files.items()},
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


def _row(name: str, stored: StoredFile) -> bytes:
    return b"%b:%b" % (canonical.encode(name), canonical.encode(_value(stored)))


def _value(stored: StoredFile) -> dict[str, object]:
    value: dict[str, object] = {"sha256": stored.sha256, "size": stored.size}
    if stored.retain_until is not None:
        value["retain_until"] = stored.retain_until.isoformat()
    if stored.version is not None:
        value["version"] = stored.version
    return value


def _file(entry: object) -> StoredFile:
    if not isinstance(entry, dict) or set(entry) - {"retain_until", "version"} != _FILE_KEYS:
        raise FormatError("a file in it is not a digest and a size")
    digest, size = entry["sha256"], entry["size"]
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise FormatError("a digest in it is not SHA-256 in hex")
    if type(size) is not int or size < 0:
        raise FormatError("a size in it is not a number")
    version = entry.get("version")
    if "version" in entry and not isinstance(version, str):
        raise FormatError("a version in it is not text")
    return StoredFile(digest, size, _day(entry), version)


def _day(entry: dict[str, object]) -> date | None:
    if "retain_until" not in entry:
        return None
    text = entry["retain_until"]
    try:
        day = date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise FormatError("a day in it is not written as YYYY-MM-DD")
    return day
