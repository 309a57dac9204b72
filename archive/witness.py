"""A witness: cosigns checkpoints of one log as long as the log only grows.

Its state is the newest checkpoint that it has cosigned, as a note: whoever runs it can hold an
archive to that file (`orderproof verify --checkpoint`). It is on the disk before the cosignature
leaves the house, so that no crash makes the witness forget what it has vouched for.

Source: https://c2sp.org/tlog-witness (server side)
"""

import fcntl
import os
import re
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import BinaryIO, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive import checkpoint, limits, merkle, note, signing, strict_base64
from archive.checkpoint import Checkpoint
from archive.durable import sync_folder
from archive.errors import ArchiveError, FormatError, SignatureBadError, SignatureMissingError
from archive.note import COSIGNATURE, VerifierKey
from archive.witnessing import SIZE_KIND

REQUEST = limits.NOTE + 8192
"""Longest request: a note, and 63 lines of proof."""

_OLD = re.compile(rb"old (0|[1-9][0-9]{0,17})")
_LONGEST_PROOF = 63


class WitnessStateError(ArchiveError):
    """A witness must not start: its memory is missing, damaged or in use."""


class Reply(NamedTuple):
    """What a witness answers: HTTP status, media type and body."""

    status: int
    kind: str
    content: str


@dataclass(frozen=True)
class _Asked:
    """A request taken apart."""

    old: int
    proof: list[bytes]
    signed: note.Note
    said: Checkpoint


class Witness:
    """A witness of one log. Only one process at a time has its state.

    Args:
        name: of its key, an address without scheme.
        key: signs.
        log: Ed25519 key of the log.
        state: file with its memory; empty for a witness that has cosigned nothing yet.

    Raises:
        WitnessStateError: the state is not there, is not such a file, or another process has it.
    """

    def __init__(self, name: str, key: Ed25519PrivateKey, log: VerifierKey, state: Path) -> None:
        note.check_name(name)
        self.public = VerifierKey(name, key.public_key().public_bytes_raw(), COSIGNATURE)
        self._key, self._log, self._state = key, log, state
        self._turn = Lock()
        self._held: BinaryIO | None = _hold(state)
        try:
            self._seen = _read(state, log)
        except WitnessStateError:
            self.close()
            raise

    def close(self) -> None:
        """Let another process have the state."""
        if self._held is not None:
            self._held.close()
            self._held = None

    def add_checkpoint(self, body: bytes, now: int) -> Reply:
        """Answer a request to cosign.

        Args:
            body: of the request.
            now: seconds since 1970.
        """
        try:
            asked = _parse(body)
        except FormatError as error:
            return Reply(400, "text/plain", f"{error}\n")
        if asked.said.origin != self._log.name:
            return Reply(404, "text/plain", "this witness does not know the log\n")
        try:
            self._log.verify(asked.signed)
        except (SignatureMissingError, SignatureBadError):
            return Reply(403, "text/plain", "not signed by the log's key\n")
        with self._turn:
            return self._consider(asked, now)

    def _consider(self, asked: _Asked, now: int) -> Reply:
        """Compare with what was seen, remember, and only then sign. One at a time."""
        said, seen = asked.said, self._seen
        if asked.old > said.size:
            return Reply(400, "text/plain", "the old size is above the checkpoint's\n")
        if asked.old != seen.size or (said.size == seen.size and said.root != seen.root):
            return Reply(409, SIZE_KIND, f"{seen.size}\n")
        proof = (asked.old, said.size, asked.proof, seen.root, said.root)
        if not merkle.verify_consistency(*proof):
            return Reply(422, "text/plain", "the proof does not lead from the old state here\n")
        if said != seen:
            lines = [line for line in asked.signed.signatures if line.name == said.origin]
            _remember(self._state, note.write(asked.signed.text, lines))
            self._seen = said
        line = signing.cosignature(asked.signed.text, self.public.name, self._key, now)
        return Reply(200, "text/plain; charset=utf-8", line.line())


def _parse(body: bytes) -> _Asked:
    head, separator, rest = body.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    match = _OLD.fullmatch(first)
    if not separator or match is None or len(lines) > _LONGEST_PROOF:
        raise FormatError("a request is an old size, proof lines, an empty line and a checkpoint")
    try:
        proof = [strict_base64.decode(line.decode()) for line in lines]
    except UnicodeDecodeError as error:
        raise FormatError("a proof line is base64") from error
    if any(len(each) != len(merkle.EMPTY_ROOT) for each in proof):
        raise FormatError("a proof line is a hash")
    signed = note.parse(rest)
    return _Asked(int(match[1]), proof, signed, checkpoint.parse(signed.text))


def _hold(state: Path) -> BinaryIO:
    """Lock the state against other processes; the end of this one lets it go."""
    try:
        file = (state.parent / f".{state.name}.lock").open("ab")
    except OSError as error:
        raise WitnessStateError(f"{state} cannot be used: {error.strerror}") from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise WitnessStateError(f"another witness works with {state}") from error
    return file


def _read(state: Path, log: VerifierKey) -> Checkpoint:
    try:
        data = state.read_bytes()
    except OSError as error:
        raise WitnessStateError(
            f"{state} cannot be read ({error.strerror}): a witness without its memory must not "
            "sign. Next: bring the file back, or begin with a new key and a new file."
        ) from error
    if not data:
        return Checkpoint(log.name, 0, merkle.EMPTY_ROOT)
    try:
        said = signing.open_checkpoint(data, [log])
    except ArchiveError as error:
        raise WitnessStateError(f"{state} is not this witness's memory: {error}") from error
    if said.origin != log.name:
        raise WitnessStateError(f"{state} is about the log {said.origin}")
    return said


def _remember(state: Path, signed: bytes) -> None:
    """Replace the state: the old or the new one is there, and on the disk when this returns."""
    temporary = state.with_name(f".{state.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(signed)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(state)
    sync_folder(state.parent)
