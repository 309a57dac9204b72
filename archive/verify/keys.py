"""Step 1, trust: which keys speak for the log; and reading what they signed."""

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

from archive import checkpoint, layout, note, trust
from archive.checkpoint import Checkpoint
from archive.errors import (
    FormatError,
    SignatureBadError,
    UnreadableFileError,
)
from archive.findings import CANNOT_TELL, Finding, finding
from archive.verify.files import Files
from archive.verify.keyrings import read_chain, read_pinned

_REMEMBERED = 1024
_TAG_KEY = re.compile(rb"[0-9a-f]{64}")
_TAG_KEY_LONGEST = 80

LOG_NOTE = (note.ED25519, note.ML_DSA_44)
"""Types of the log's signature lines on a stored checkpoint, in their order."""

HISTORY_NOTE = (note.ED25519,)
"""And on the checkpoint that a history holds."""


@dataclass
class Keys:
    """The keys that a verification goes by.

    Args:
        keyring: what was pinned, else the archive's own; None if there is none to go by.
        pinned: whether the caller named the keyring.
        tag_key: key of the tags that stand for streams in the log, for whoever has it.
    """

    keyring: trust.Keyring | None
    pinned: bool
    tag_key: bytes | None = None
    _right: dict[tuple[bytes, tuple[int, ...]], Checkpoint] = field(default_factory=dict)

    def open_note(
        self, data: bytes, name: str, types: tuple[int, ...] = LOG_NOTE
    ) -> tuple[Checkpoint | None, list[Finding]]:
        """Read a signed checkpoint, and verify it if there are keys.

        Args:
            data: the note.
            name: what to call it in findings.
            types: types of the log's signature lines that it must have, and no others of the log.

        Returns:
            What the note says, None if it is no checkpoint; and what is wrong with it. Without
            keys a note is read but not verified, which is no finding here.
        """
        # Thousands of histories carry the same note, so those found right are remembered.
        digest = hashlib.sha256(data).digest(), types
        known = self._right.get(digest)
        if known is not None:
            return known, []
        said, findings = self._open(data, name, types)
        if said is not None and not findings:
            if len(self._right) >= _REMEMBERED:
                self._right.clear()
            self._right[digest] = said
        return said, findings

    def _open(
        self, data: bytes, name: str, types: tuple[int, ...]
    ) -> tuple[Checkpoint | None, list[Finding]]:
        try:
            signed = note.parse(data)
            said = checkpoint.parse(signed.text)
        except FormatError as error:
            return None, [finding("FILE_ALTERED", name, f"is not a signed checkpoint: {error}")]
        if self.keyring is None:
            return said, []
        if said.origin != self.keyring.origin:
            wrong = finding(
                "ORIGIN_MISMATCH",
                name,
                "is a checkpoint of another log",
                expected=self.keyring.origin,
                found=said.origin,
            )
            return said, [wrong]
        return said, self._signatures(signed, said, name, self.keyring, types)

    def _signatures(
        self,
        signed: note.Note,
        said: Checkpoint,
        name: str,
        keyring: trust.Keyring,
        types: tuple[int, ...],
    ) -> list[Finding]:
        findings = []
        by_id = {(k.key.name, k.key.key_id): k for k in keyring.keys}
        witnesses = {(key.name, key.key_id): key for key in keyring.witnesses}
        signers = [by_id.get((line.name, line.key_id)) for line in signed.signatures]
        ids = [(line.name, line.key_id) for line in signed.signatures]
        for trusted in dict.fromkeys(signer for signer in signers if signer):
            try:
                trusted.key.verify(signed)
            except SignatureBadError as error:
                findings.append(finding("CHECKPOINT_SIGNATURE_BAD", name, str(error)))
                continue
            findings += _out_of_period(trusted, said, name)
        for key in {witnesses[each] for each in ids if each in witnesses}:
            try:
                key.verify(signed)
            except SignatureBadError as error:
                findings.append(finding("CHECKPOINT_SIGNATURE_BAD", name, str(error)))
        strangers = {
            f"{key_name}+{key_id.hex()}"
            for key_name, key_id in ids
            if (key_name, key_id) not in by_id.keys() | witnesses.keys()
        }
        findings += [
            finding(
                "KEYRING_UNTRUSTED",
                name,
                "is signed by a key that the keyring does not name",
                found=stranger,
            )
            for stranger in sorted(strangers)
        ]
        found = [signer.key.type for signer in signers if signer]
        findings += [
            finding(
                "CHECKPOINT_SIGNATURE_MISSING",
                name,
                f"has no {note.TYPE_NAMES[each]} signature by a key of the keyring",
            )
            for each in types
            if each not in found
        ]
        of_log = list(types) == [signer.key.type for signer in signers[: len(types)] if signer]
        if set(types) <= set(found) and not (
            of_log and (len(signers) == len(types) or (types == LOG_NOTE and found == list(types)))
        ):
            detail = "has other signature lines than one of each kind, or in another order"
            findings.append(finding("FILE_ALTERED", name, detail))
        return findings


def read_tag_key(path: Path) -> bytes:
    """Read the key of the log's tags: 64 hex digits, as a data folder's `keys/tag.key` holds it.

    Raises:
        UnreadableFileError: there is none in the file. What is in it is never in the message.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_TAG_KEY_LONGEST + 1).strip()
    except OSError as error:
        raise UnreadableFileError(f"the tag key cannot be read: {error.strerror}") from error
    if not _TAG_KEY.fullmatch(text):
        raise UnreadableFileError(f"{path} is no tag key, which is 64 hex digits")
    return bytes.fromhex(text.decode())


def _out_of_period(trusted: trust.TrustedKey, said: Checkpoint, name: str) -> list[Finding]:
    if trusted.covers(said.size):
        return []
    code, what = "KEY_OUT_OF_PERIOD", "that was not in force for this size"
    if trusted.status == trust.COMPROMISED and said.size >= trusted.from_size:
        code, what = "KEY_COMPROMISED", f"that was reported stolen as of {trusted.since}"
    upto = "" if trusted.to_size is None else f" to {trusted.to_size}"
    return [
        finding(
            code,
            name,
            f"is signed by {trusted.key}, {what}",
            expected=f"size {trusted.from_size}{upto}",
            found=f"size {said.size}",
        )
    ]


def settle_trust(folder: Files, pinned: Path | None) -> tuple[Keys, list[Finding]]:
    """Choose the keyring: the archive's newest, if its chain leads to what the caller pinned.

    Args:
        folder: the archive's files.
        pinned: a keyring's file, or the fingerprint of its root keys; None if the caller named
            none.
    """
    own, findings = read_chain(folder)
    whole = own if own and not findings else []
    if pinned is None:
        return Keys(whole[-1] if whole else None, pinned=False), findings
    pin, trouble = read_pinned(pinned)
    findings += trouble
    if pin is None:
        return Keys(None, pinned=True), findings
    if whole and not pin.vouches_for(whole):
        findings.append(
            finding(
                "KEYRING_UNTRUSTED",
                layout.keyring_path(whole[-1].number),
                "does not follow from the keyring or the root keys that you gave",
                expected=pin.fingerprint,
                found=whole[-1].roots.fingerprint(),
            )
        )
        return Keys(pin.keyring, pinned=True), findings
    known = [each for each in (pin.keyring, *whole[-1:]) if each is not None]
    newest = max(known, key=lambda each: each.number, default=None)
    return Keys(newest, pinned=True), findings


def summary(keys: Keys) -> str:
    """Say in a few words which keyring is gone by."""
    if keys.keyring is None:
        return "no keyring"
    whose = "the keyring that you gave" if keys.pinned else "the archive's own keyring"
    count = len(keys.keyring.keys)
    return f"{whose}, {count} key{'s' if count > 1 else ''} of {keys.keyring.origin}"


def unverified(keys: Keys) -> list[Finding]:
    """Return the finding that no signature could be checked, if there are no keys."""
    if keys.keyring is not None:
        return []
    return [
        finding(
            "KEYRING_UNTRUSTED",
            layout.KEYRING,
            "there is no keyring to check signatures with, so no signature was checked",
            severity=CANNOT_TELL,
            meaning="Whether the seller really signed this could not be checked. Give the "
            "seller's keyring to find out.",
        )
    ]


def identity(keys: Keys) -> list[str]:
    """Say what is not known about who signed, with the fingerprints to compare."""
    if keys.keyring is None:
        return ["signatures: there was no usable keyring"]
    if keys.pinned:
        return []
    fingerprint = keys.keyring.roots.fingerprint()
    return [
        (
            "identity of the signer: the archive's own keyring was used. Compare this fingerprint "
            f"with one that you got another way: {fingerprint}"
        )
    ]
