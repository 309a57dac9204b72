"""The keyrings of an installation: public files, each signed by the root keys.

They lie in `trust/` of the data folder; the next archive run copies them into the archive.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive import dsse, layout, trust
from archive.durable import sync_folder
from archive.errors import FormatError, SignatureBadError
from archive.signing import Signer
from archive.store import Store
from archive.trust import ACTIVE, COMPROMISED, RETIRED, REVOKED, Keyring, Roots, TrustedKey
from orderproof import key_files
from orderproof.errors import CANNOT_TELL, CommandError
from orderproof.key_files import write_secret
from orderproof.keys import Keys

FOLDER = "trust"
ROOT = "root-1.pem"


def make_first(data: Path, origin: str, keys: Keys) -> None:
    """Make the root key and the first keyring of a new data folder, where they are missing.

    Raises:
        CommandError: the log's keys cannot be read.
    """
    folder = data / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    if _file(folder, 1).exists():
        return
    root = data / "keys" / ROOT
    new_root(root)
    key = root_key(root)
    roots = Roots((key.public_key().public_bytes_raw(),))
    named = tuple(map(TrustedKey, keys.log(origin).vkeys))
    keyring = Keyring(origin, named, roots)
    write_secret(_file(folder, 1), trust.envelope(keyring).signed(key).encode(), folder)


def begin(data: Path, origin: str, keys: Keys) -> None:
    """Make the first keyring of a log with a new name; those of another log are put aside.

    Raises:
        CommandError: the log has a keyring under this name, or its keys cannot be read.
    """
    folder = data / FOLDER
    if _file(folder, 1).exists():
        if newest(read(data)).origin == origin:
            raise CommandError("the log has a keyring under this name. See: orderproof key rotate")
        aside = (folder.with_name(f"{FOLDER}.before.{number}") for number in count(1))
        folder.rename(next(each for each in aside if not each.exists()))
        sync_folder(data)
    make_first(data, origin, keys)


def is_of(data: Path, origin: str) -> bool:
    """Tell whether a data folder has keyrings of a log."""
    return _file(data / FOLDER, 1).exists() and newest(read(data)).origin == origin


def new_root(file: Path) -> str:
    """Make a root key, unless the file exists, and return its id."""
    write_secret(file, key_files.pem(Ed25519PrivateKey.generate()))
    return dsse.key_id(root_key(file).public_key().public_bytes_raw())


def root_key(file: Path) -> Ed25519PrivateKey:
    """Read a root key.

    Raises:
        CommandError: it is missing, can be read by others, or is no such key.
    """
    key = key_files.parse_pem(file, key_files.content(file))
    if not isinstance(key, Ed25519PrivateKey):
        raise CommandError(f"{file} is not an Ed25519 key", CANNOT_TELL)
    return key


def read(data: Path) -> list[bytes]:
    """Return the files of keyring 1 to the newest.

    Raises:
        CommandError: there is none.
    """
    files: list[bytes] = []
    while (file := _file(data / FOLDER, len(files) + 1)).exists():
        files.append(file.read_bytes())
    if not files:
        raise CommandError(
            f"{data / FOLDER} holds no keyring. Bring the folder back from its backup, or from "
            "trust/ of the archive; for a log with a new name: orderproof key new --role log",
            CANNOT_TELL,
        )
    return files


def bring_back(data: Path, store: Store) -> None:
    """Copy the keyrings of an archive into a data folder that has none: one that was restored."""
    folder = data / FOLDER
    if _file(folder, 1).exists():
        return
    folder.mkdir(mode=0o700, exist_ok=True)
    found: list[bytes] = []
    while (stored := store.get(layout.keyring_path(len(found) + 1))) is not None:
        found.append(stored)
    for number in range(len(found), 0, -1):  # the first last: without it the others count nothing
        write_secret(_file(folder, number), found[number - 1], folder)


def ready(data: Path, store: Store, origin: str, keys: Keys) -> tuple[Signer, list[bytes]]:
    """Return the log's private keys and its keyrings, as an archive run needs them.

    Raises:
        CommandError: a key or a keyring is missing or damaged, or the log has another name.
    """
    bring_back(data, store)
    files = read(data)
    last = newest(files)
    if last.origin != origin:
        raise CommandError(
            f"the keyring in {data / FOLDER} is of the log {last.origin}, and this one is named "
            f"{origin}. A log under a new name needs a keyring of its own. Next: orderproof key "
            "new --role log",
            CANNOT_TELL,
        )
    return signer(last, keys), files


def newest(files: list[bytes]) -> Keyring:
    """Check the chain of keyrings and return the last.

    Raises:
        CommandError: one of them is damaged.
    """
    try:
        return trust.chain(files)[-1]
    except (FormatError, SignatureBadError) as error:
        raise CommandError(f"the keyrings in {FOLDER}/ are damaged: {error}", CANNOT_TELL) from None


def signer(keyring: Keyring, keys: Keys) -> Signer:
    """Return the log's private keys; what a killed rotation left undone is done now."""
    active = {each.key for each in keyring.keys if each.status == ACTIVE}
    if keys.of_log.has_following():  # looked at first: the old ones may be lost
        following = keys.of_log.signer(keyring.origin, following=True)
        if set(following.vkeys) == active:
            keys.of_log.take_following()
            return following
    return keys.log(keyring.origin)


def rotated(files: list[bytes], keys: Keys, size: int) -> Keyring:
    """Return the next keyring, in which new keys sign what is larger than a size.

    Args:
        files: the keyrings so far.
        keys: where the new keys are made.
        size: largest size that was signed.
    """
    keys.of_log.make_following()
    last = newest(files)
    today = _today()
    retired = [
        replace(each, to_size=size, status=RETIRED, since=today) if each.status == ACTIVE else each
        for each in last.keys
    ]
    following = keys.of_log.signer(last.origin, following=True).vkeys
    added = [TrustedKey(key, from_size=size + 1) for key in following]
    return _after(files, last, (*retired, *added))


def following(files: list[bytes]) -> Keyring:
    """Return the next keyring with what the newest one says, for others to change."""
    last = newest(files)
    return _after(files, last, last.keys)


def revoked(
    files: list[bytes], keys: Keys, size: int, named: str, stolen: tuple[str, int] | None
) -> Keyring:
    """Return the next keyring, in which a key is revoked or reported stolen.

    Args:
        files: the keyrings so far.
        keys: where new keys are made if the key was in use.
        size: largest size that was signed.
        named: key id, name and id, or the whole verifier key.
        stolen: since which day, and up to which size what it signed still counts; None if the
            key was not stolen.

    Raises:
        CommandError: no key is named so.
    """
    last = newest(files)
    wanted = [each.key for each in last.keys if is_named(each, named)]
    if not wanted:
        raise CommandError(f"no key of the log is {named}. See: orderproof key list")
    in_use = any(each.key in wanted and each.status == ACTIVE for each in last.keys)
    keyring = rotated(files, keys, size) if in_use else _after(files, last, last.keys)
    changed = []
    for each in keyring.keys:
        upto = size if each.to_size is None else each.to_size
        if each.key not in wanted:
            changed.append(each)
        elif stolen is None:
            changed.append(replace(each, to_size=upto, status=REVOKED, since=_today()))
        else:
            day, until = stolen
            limit = max(min(upto, until), each.from_size)
            changed.append(replace(each, to_size=limit, status=COMPROMISED, since=day))
    return replace(keyring, keys=tuple(changed))


def is_named(trusted: TrustedKey, named: str) -> bool:
    """Tell whether somebody means a key: by key id, name and id, or the whole verifier key."""
    return named in (str(trusted.key), trusted.key.vkey(), trusted.key.key_id.hex())


def sign(proposal: dsse.Envelope, roots: Iterable[Path]) -> dsse.Envelope:
    """Add the signatures of root keys to a proposed keyring.

    Raises:
        CommandError: a root key cannot be read.
    """
    for file in roots:
        proposal = proposal.signed(root_key(file))
    return proposal


def missing(files: list[bytes], proposal: dsse.Envelope) -> str | None:
    """Say what a proposed keyring lacks to follow the newest one; None if it is complete."""
    try:
        trust.follow(proposal.encode(), files[-1])
    except (FormatError, SignatureBadError) as error:
        return str(error)
    return None


def accept(data: Path, proposal: dsse.Envelope, keys: Keys) -> Keyring:
    """Make a complete keyring the newest one, and let the keys it names sign from now on."""
    files = read(data)
    file = _file(data / FOLDER, len(files) + 1)
    write_secret(file, proposal.encode(), data / FOLDER)
    sync_folder(data / FOLDER)
    keyring = newest(read(data))
    signer(keyring, keys)
    return keyring


def _after(files: list[bytes], last: Keyring, keys: tuple[TrustedKey, ...]) -> Keyring:
    previous = hashlib.sha256(files[-1]).hexdigest()
    return replace(last, keys=keys, number=last.number + 1, previous=previous)


def _file(folder: Path, number: int) -> Path:
    return folder / f"keyring.{number}.json"


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
