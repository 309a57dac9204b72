"""Renewing an archive: all of it is hashed with SHA-512, and the list of that stamped.

The list comes first and is final; what was killed before anybody stamped it is stamped next time.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from archive import checkpoint, layout, limits, member, note, renewal
from archive.errors import CannotContinueError
from archive.store import Store
from archive.timestamping import StampError, stamp_digest
from archive.verify import tokens
from archive.verify.files import Files


@dataclass(frozen=True)
class Asked:
    """Who stamps, and who is believed.

    Args:
        urls: timestamp authorities.
        roots: DER of the certificates of the keyring's authorities.
        retain_until: day until which what is written is locked.
    """

    urls: Sequence[str]
    roots: Sequence[bytes]
    retain_until: date | None = None


@dataclass
class Renewed:
    """What came of it.

    Args:
        number: of the renewal.
        size: of the log that it covers.
        files: how many files it covers.
        resumed: whether its list was there already.
        tokens: tokens stored now.
        problems: who did not stamp, and why.
    """

    number: int
    size: int
    files: int
    resumed: bool
    tokens: int = 0
    problems: list[str] = field(default_factory=list)


def renew(
    store: Store,
    files: Files,
    asked: Asked,
    *,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Renewed:
    """Hash every final file of an archive and have the list stamped. Safe to repeat.

    Args:
        store: the archive, open for writing.
        files: the same archive, for reading.
        asked: who stamps.
        progress: told how many files are hashed, of how many.

    Raises:
        CannotContinueError: nothing is published yet.
    """
    numbers = (layout.renewal_number(f"renewals/{name}") for name in store.names(layout.RENEWALS))
    newest = max((number for number in numbers if number is not None), default=0)
    resumed = bool(newest) and not is_stamped(store, newest, asked.roots)
    number = newest if resumed else newest + 1
    path = layout.renewal_path(number)
    if not resumed:
        store.put_large(path, _list(store, files, number, progress), asked.retain_until)
    with store.reading(path) as file:
        header, _ = renewal.read(member.chunks(file, limits.RENEWAL))
    result = Renewed(number, header.size, header.files, resumed)
    digest = _digest(store, path)
    for url in asked.urls:
        try:
            stamped = stamp_digest(renewal.HASH, digest, url, asked.roots)
        except StampError as error:
            result.problems.append(str(error))
            continue
        # The token comes last: where it is, its revocation data is.
        for kind, data in [*stamped.revocation, ("tsr", stamped.response)]:
            name = layout.renewal_token_path(number, data, kind)
            store.put_new(name, data, asked.retain_until)
        result.tokens += 1
    return result


def _list(
    store: Store, files: Files, number: int, progress: Callable[[int, int], None]
) -> Iterator[bytes]:
    published = store.get(layout.CHECKPOINT)
    if published is None:
        raise CannotContinueError("nothing is archived yet. Next: orderproof archive")
    said = checkpoint.parse(note.parse(published).text)
    names = sorted(name for name in files.names("") if renewal.is_covered(name))

    def text() -> Iterator[bytes]:
        yield renewal.Header(len(names), said.origin, number, said.size).encode()
        for done, name in enumerate(names, 1):
            with files.open(name) as file:
                yield renewal.encode_row(name, renewal.digest(file).hex())
            progress(done, len(names))

    return member.compressed(text())


def is_stamped(store: Store, number: int, roots: Sequence[bytes]) -> bool:
    """Tell whether a right token lies beside a list."""
    digest = tokens.only(renewal.HASH, _digest(store, layout.renewal_path(number)))
    folder = layout.renewal_folder(number)
    for name in store.names(folder):
        data = store.get(f"{folder}/{name}") if name.endswith(".tsr") else None
        if data is not None:
            try:
                tokens.check_digest(data, digest, roots)
            except tokens.TokenBadError:
                continue
            return True
    return False


def _digest(store: Store, path: str) -> bytes:
    with store.reading(path) as file:
        return renewal.digest(file)
