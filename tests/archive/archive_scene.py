"""What the archiver's tests share: a log with orders in it, runs, and the files they leave."""

import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from archive import note, trust
from archive.archiver import archive_run
from archive.folder import Folder
from archive.signing import Signer

ORIGIN = "proof.example.org/shop"
SIGNER = Signer(
    ORIGIN,
    Ed25519PrivateKey.from_private_bytes(b"k" * 32),
    MLDSA44PrivateKey.from_seed_bytes(b"k" * 32),
)
TAG_KEY = b"t" * 32
ROOT = Ed25519PrivateKey.from_private_bytes(b"r" * 32)


def first_keyring(signer, root=ROOT):
    """Return the file of the first keyring of a log."""
    keys = tuple(map(trust.TrustedKey, signer.vkeys))
    roots = trust.Roots((root.public_key().public_bytes_raw(),))
    return trust.envelope(trust.Keyring(signer.origin, keys, roots)).signed(root).encode()


KEYRING = first_keyring(SIGNER)


def rotated(log_size):
    """New keys, and the log's two keyrings: in the second they sign from a size on."""
    new = Signer(
        ORIGIN,
        Ed25519PrivateKey.from_private_bytes(b"n" * 32),
        MLDSA44PrivateKey.from_seed_bytes(b"n" * 32),
    )
    old = [trust.TrustedKey(key, 0, log_size, trust.RETIRED, "2024-05-01") for key in SIGNER.vkeys]
    added = [trust.TrustedKey(key, log_size + 1) for key in new.vkeys]
    previous = hashlib.sha256(KEYRING).hexdigest()
    roots = trust.Roots((ROOT.public_key().public_bytes_raw(),))
    keyring = trust.Keyring(ORIGIN, (*old, *added), roots, 2, previous)
    return new, [KEYRING, trust.envelope(keyring).signed(ROOT).encode()]


def run(log, root, streams, *, folder=Folder, **changes):
    """Run the archiver once over a log in memory and a real folder."""
    settings = {"signer": SIGNER, "keyrings": [KEYRING], "tag_key": TAG_KEY} | changes
    with folder(root) as store:
        return archive_run(log, store, streams=streams, **settings)


def order(log, number, events=3, placed_at="2024-05-01T10:00:00+02:00"):
    """Record an order: its placement and messages about it."""
    stream = f"order/de/{number}"
    log.record(stream, "order.placed", placed_at=placed_at, total=100)
    for count in range(events - 1):
        log.record(stream, "message.received", count=count)
    return stream


def files(root):
    """Return every file of an archive by its name."""
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def comparable(found):
    """Leave out of every signed note the line that is another one each time it is signed."""
    return {
        name: note.only(data, SIGNER.vkeys[0]) if name.startswith("log/checkpoint") else data
        for name, data in found.items()
    }


def notes(found):
    """Return the stored notes by name."""
    return {name: data for name, data in found.items() if name.startswith("log/checkpoints/")}
