"""Keyrings as a verification finds them: the archive's chain, the log's, the one that is pinned."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from archive import layout, limits, trust
from archive.errors import ArchiveError, SignatureBadError
from archive.findings import CANNOT_TELL, INCOMPLETE, Finding, finding
from archive.verify.events import KeyringNote
from archive.verify.files import Files

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Pin:
    """What the caller trusts: a set of root keys, and perhaps the keyring that names it."""

    fingerprint: str
    keyring: trust.Keyring | None

    def vouches_for(self, chain: list[trust.Keyring]) -> bool:
        """Tell whether a chain of keyrings, checked by itself, leads through these root keys."""
        if self.keyring is not None and self.keyring.number <= len(chain):
            return chain[self.keyring.number - 1] == self.keyring
        return self.fingerprint in {each.roots.fingerprint() for each in chain}


def is_fingerprint(given: Path) -> bool:
    """Tell whether what the caller names is the fingerprint of root keys and no file."""
    return bool(_FINGERPRINT.fullmatch(str(given))) and not given.exists()


def read_pinned(path: Path) -> tuple[Pin | None, list[Finding]]:
    """Read the keyring that the caller names. Never falls back to another one."""
    if is_fingerprint(path):
        return Pin(str(path), None), []
    try:
        with path.open("rb") as file:
            keyring = trust.parse(file.read(limits.KEYRING))
        return Pin(keyring.roots.fingerprint(), keyring), []
    except OSError as error:
        reason = f"the keyring that you gave cannot be read: {error.strerror}"
    except ArchiveError as error:
        reason = f"what you gave is not a keyring: {error}"
    return None, [finding("FILE_UNREADABLE", str(path), reason, severity=CANNOT_TELL)]


def read_chain(folder: Files) -> tuple[list[trust.Keyring], list[Finding]]:
    """Read keyring 1 and those that follow from it, up to the first that is not as it must be."""
    names = {layout.keyring_number(name): name for name in folder.under("trust/")}
    numbers = sorted(number for number in names if number is not None)
    files: list[bytes] = []
    keyrings: list[trust.Keyring] = []
    for number in numbers or [1]:
        name = layout.keyring_path(number)
        if number != len(files) + 1:
            detail = f"does not follow: {layout.keyring_path(len(files) + 1)} is not there"
            return keyrings, [finding("KEYRING_UNTRUSTED", name, detail, severity=INCOMPLETE)]
        before = files[-1] if files else None

        def look(
            data: bytes, name: str = name, before: bytes | None = before, number: int = number
        ) -> list[Finding]:
            del files[number - 1 :], keyrings[number - 1 :]
            try:
                keyrings.append(trust.follow(data, before))
            except SignatureBadError as error:
                return [finding("KEYRING_UNTRUSTED", name, str(error))]
            files.append(data)
            return []

        if findings := folder.examine(name, limits.KEYRING, look):
            return keyrings, findings
    return keyrings, []


def newest_published(notes: Iterable[KeyringNote], origin: str) -> int:
    """Return the number of the newest keyring of a log that its events name; the first has none."""
    return max((number for number, _, of in notes if of == origin), default=1)


def check_published(folder: Files, notes: Iterable[KeyringNote], origin: str) -> Iterator[Finding]:
    """Hold every keyring that an event in the log names to the file of its number.

    Who has the log's keys and not the root keys could hide that a key was reported stolen: by
    leaving the newest keyring away, or with another one that the roots signed once.

    Args:
        folder: the archive's files.
        notes: what the events say.
        origin: of the log. Keyrings of the log that it was restored from lie elsewhere.
    """
    for number, digest, of in sorted(notes):
        name = layout.keyring_path(number)
        if of != origin:
            continue
        if name not in folder:
            yield finding("FILE_MISSING", name, "is named by an event in the log and is not there")
            continue

        def look(data: bytes, name: str = name, digest: str = digest) -> list[Finding]:
            found = hashlib.sha256(data).hexdigest()
            if found == digest:
                return []
            detail = "is not the keyring that the log names"
            return [finding("FILE_ALTERED", name, detail, expected=digest, found=found)]

        yield from folder.examine(name, limits.KEYRING, look)
