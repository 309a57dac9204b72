"""Signing the log and storing its tiles, at one size after another."""

from dataclasses import dataclass
from datetime import date, datetime

from archive import clock, layout, merkle, note
from archive.checked_log import CheckedLog, Progress
from archive.checkpoint import Checkpoint
from archive.continuity import signed_checkpoint
from archive.errors import CannotContinueError
from archive.log_source import LogSource
from archive.retention import retain_until
from archive.signed_leaves import SignedLeaves
from archive.signing import Signer
from archive.store import Store
from archive.tree_writer import stored_nodes
from archive.trust import Keyring


@dataclass(frozen=True)
class Archive:
    """An archive that is being written: where from, where to, and with which keys.

    Args:
        source: the event log.
        store: the archive's folder or bucket.
        signer: the log's private keys.
        keyring: newest keyring of the log.
        keyrings: files of the keyrings 1 to n.
        tag_key: key of the tags that stand for streams in the log's entries.
        progress: told how far the long steps are.
    """

    source: LogSource
    store: Store
    signer: Signer
    keyring: Keyring
    keyrings: tuple[bytes, ...]
    tag_key: bytes
    progress: Progress

    @property
    def origin(self) -> str:
        """Return the log's name."""
        return self.signer.origin


@dataclass(frozen=True)
class SignedLog:
    """The log at one size, signed and stored.

    Args:
        checkpoint: its size and root.
        note: bytes of the signed checkpoint.
        embedded: the same note as histories hold it, with the Ed25519 line alone.
        node: reader of subtree hashes of the stored tiles.
        leaves: the stored leaf hashes, which every line that is written out must have.
    """

    checkpoint: Checkpoint
    note: bytes
    embedded: bytes
    node: merkle.Node
    leaves: SignedLeaves


def sign_then_extend(archive: Archive, checked: CheckedLog, size: int) -> SignedLog:
    """Sign the log at size A, then store its tiles.

    The signature comes first here: it fixes A, so that a rerun makes no other partial tiles.

    Raises:
        LogAlteredError: a line is not the one that was recorded.
        CannotContinueError: the size was signed before, with another root.
    """
    checkpoint = Checkpoint(archive.origin, size, checked.root_at(size))
    signed = _signed(archive, checkpoint)
    checked.store_tiles(archive.store, locked_until(archive))
    return _signed_log(archive, checkpoint, signed)


def extend_then_sign(archive: Archive, checked: CheckedLog, size: int) -> SignedLog:
    """Store the tiles at size B, which a recorded event has fixed, then sign; else as above."""
    checkpoint = Checkpoint(archive.origin, size, checked.root_at(size))
    checked.store_tiles(archive.store, locked_until(archive))
    return _signed_log(archive, checkpoint, _signed(archive, checkpoint))


def check_signed(archive: Archive, checked: CheckedLog, size: int) -> bytes:
    """Return the root at a size that was signed before.

    Raises:
        LogAlteredError: a line is not the one that was recorded.
        CannotContinueError: another root was signed.
    """
    checkpoint = Checkpoint(archive.origin, size, checked.root_at(size))
    _signed(archive, checkpoint)
    checked.forget_tiles()
    return checkpoint.root


def _signed_log(archive: Archive, checkpoint: Checkpoint, signed: bytes) -> SignedLog:
    size = checkpoint.size
    leaves = SignedLeaves(archive.store, size, archive.tag_key)
    embedded = note.only(signed, archive.keyring.signers_of(note.parse(signed))[0])
    return SignedLog(checkpoint, signed, embedded, stored_nodes(archive.store, size), leaves)


def _signed(archive: Archive, checkpoint: Checkpoint) -> bytes:
    """Return the note of a checkpoint: a size is signed once, and the stored note is reused."""
    name = layout.checkpoint_path(checkpoint.size)
    stored = archive.store.get(name)
    if stored is None:
        if archive.keyring.signers(checkpoint.size) != archive.signer.vkeys:
            raise CannotContinueError(
                f"{archive.signer.vkeys[0]} may not sign size {checkpoint.size}: the keyring "
                f"{archive.keyring.number} names other keys. Bring back the key files that belong "
                "to it, or rotate: orderproof key rotate"
            )
        now = datetime.fromisoformat(archive.source.now())
        signed = archive.signer.sign(checkpoint, int(now.timestamp()))
        return archive.store.put_new(name, signed, locked_until(archive)).data
    if signed_checkpoint(stored, name, archive.keyring) != checkpoint:
        raise CannotContinueError(
            f"{name} was signed with another root than the log has now: the log was set back to "
            "an older state, or changed"
        )
    return stored


def locked_until(archive: Archive) -> date:
    """Return until when the log itself is locked: as long as what is sealed today."""
    return retain_until(date.fromisoformat(clock.now(archive.source)[:10]))
