"""The size of the log up to which a stolen key still counts: what is older than the theft."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

from cryptography import x509
from cryptography.x509 import ocsp

from archive import layout, note
from archive.errors import FormatError, SignatureBadError, SignatureMissingError
from archive.note import Note
from archive.store import Store
from archive.trust import Keyring
from archive.verify import certificates, tokens
from archive.verify.certificates import Revocations
from archive.verify.outside import Trusted, trusted_of


def size_before(store: Store, keyring: Keyring, day: date) -> tuple[int, bool]:
    """Return the largest size of the log that was signed before a day.

    A thief can sign any time, so what somebody outside says comes first: a timestamp authority or
    a witness of the keyring. Only where none of them confirmed a size before that day, the times
    count that the log itself claims in its second signatures.

    Args:
        store: the archive.
        keyring: the newest, which names authorities and witnesses.
        day: of the theft, in UTC.

    Returns:
        The size, 0 if there is none; and whether somebody outside says so.
    """
    limit = datetime(day.year, day.month, day.day, tzinfo=UTC)
    trusted = trusted_of(keyring)
    for size, signed in _checkpoints(store):
        if _stamped_before(store, size, signed, trusted, limit):
            return size, True
        if _witnessed_before(store, size, signed, trusted, limit):
            return size, True
    for size, signed in _checkpoints(store):
        for line in note.parse(signed).signatures[1:2]:
            if _time(line) < limit.timestamp():
                return size, False
    return 0, False


def _checkpoints(store: Store) -> Iterator[tuple[int, bytes]]:
    """Yield sizes and notes, the largest first."""
    names = (f"log/checkpoints/{name}" for name in store.names("log/checkpoints"))
    sizes = (layout.checkpoint_size(name) for name in names)
    for size in sorted((size for size in sizes if size is not None), reverse=True):
        signed = store.get(layout.checkpoint_path(size))
        if signed is not None:
            yield size, signed


def _stamped_before(
    store: Store, size: int, signed: bytes, trusted: Trusted, limit: datetime
) -> bool:
    if not trusted.roots:
        return False
    folder = layout.tokens_folder(size)
    files = {name: store.get(f"{folder}/{name}") or b"" for name in store.names(folder)}
    stored = _revocations(files)
    for name, data in files.items():
        if not name.endswith(".tsr"):
            continue
        try:
            proven = tokens.check(data, signed, trusted.roots, stored)
        except tokens.TokenBadError:
            continue
        if proven.latest < limit:
            return True
    return False


def _revocations(files: dict[str, bytes]) -> Revocations:
    stored = Revocations()
    for name, data in files.items():
        try:
            if name.endswith(".crl"):
                stored.lists.append(x509.load_der_x509_crl(data))
            elif name.endswith(".ocsp"):
                stored.answers.append(ocsp.load_der_ocsp_response(data))
        except certificates.UNREADABLE:
            continue
    return stored


def _witnessed_before(
    store: Store, size: int, signed: bytes, trusted: Trusted, limit: datetime
) -> bool:
    if not trusted.witnesses:
        return False
    folder = layout.cosignatures_folder(size)
    for name in store.names(folder):
        try:
            line = note.parse_line((store.get(f"{folder}/{name}") or b"").decode()[:-1])
            cosigned = Note(note.parse(signed).text, (line,))
        except (FormatError, UnicodeDecodeError):
            continue
        for witness in trusted.witnesses:
            try:
                witness.verify(cosigned)
            except (SignatureMissingError, SignatureBadError):
                continue
            if _time(line) < limit.timestamp():
                return True
    return False


def _time(line: note.Signature) -> int:
    return int.from_bytes(line.signature[:8], "big")
