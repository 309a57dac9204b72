"""Keyrings in the log: each new one is an event, and a file of the run that signs the event."""

import hashlib
from collections.abc import Sequence

from archive import layout, trust
from archive.errors import CannotContinueError, FormatError, SignatureBadError
from archive.line import KEYRING_PUBLISHED as PUBLISHED
from archive.log_source import LogSource
from archive.sealing import SOURCE
from archive.store import NewObject, Store
from archive.trust import Keyring
from domain.event import Fact
from domain.line import decode
from domain.stream import KEYS_STREAM


def newest_keyring(files: Sequence[bytes], origin: str) -> Keyring:
    """Check the chain of keyrings and return the last.

    Raises:
        CannotContinueError: one is damaged, or they are of another log.
    """
    try:
        newest = trust.chain(files)[-1]
    except (FormatError, SignatureBadError) as error:
        raise CannotContinueError(f"the keyrings of this installation: {error}") from error
    if newest.origin != origin:
        raise CannotContinueError(
            f"the keyring is of the log {newest.origin!r}, not {origin!r}: it belongs to "
            "another installation or key"
        )
    return newest


def record_keyrings(source: LogSource, files: Sequence[bytes], origin: str) -> int:
    """Record every keyring but the first, which the first manifest names, unless it is recorded.

    Args:
        source: the event log.
        files: the keyrings 1 to n.
        origin: name of the log.

    Returns:
        How many were recorded now.

    Raises:
        CannotContinueError: another keyring was recorded under a number.
    """
    recorded = {number: digest for _, number, digest in _events(source, origin)}
    facts = []
    for number, data in enumerate(files, 1):
        digest = hashlib.sha256(data).hexdigest()
        if number > 1 and number not in recorded:
            facts.append(_fact(origin, number, digest, source.now()))
        elif recorded.get(number, digest) != digest:
            raise CannotContinueError(
                f"the log names another keyring {number} than this installation has. Bring back "
                "the right trust folder from its backup"
            )
    if facts:
        source.append(facts, [None] * len(facts))
    return len(facts)


def keyrings_of_run(
    source: LogSource, files: Sequence[bytes], origin: str, after: int, upto: int
) -> list[NewObject]:
    """Return the keyrings that a run stores: those whose events lie in it, and the first.

    Args:
        source: the event log.
        files: the keyrings 1 to n.
        origin: name of the log.
        after: size A of the run before, 0 if there was none.
        upto: size A of this run.

    Raises:
        CannotContinueError: one of them is not at hand.
    """
    found = _events(source, origin)
    numbers = [number for position, number, _ in found if after < position <= upto]
    if not after:
        numbers = [1, *numbers]
    if any(number > len(files) for number in numbers):
        raise CannotContinueError(
            f"the log names keyring {max(numbers)}, and this installation has {len(files)} of "
            "them. Bring back the trust folder from its backup"
        )
    return [NewObject(layout.keyring_path(number), files[number - 1]) for number in numbers]


def refuse_other_keyrings(store: Store, files: Sequence[bytes]) -> None:
    """Refuse an archive whose keyrings are not those of this installation.

    Raises:
        CannotContinueError: it has another or a newer one.
    """
    for number, data in enumerate([*files, None], 1):
        stored = store.get(layout.keyring_path(number))
        if stored is not None and stored != data:
            raise CannotContinueError(
                f"{layout.keyring_path(number)} is not the keyring of this log: the archive "
                "belongs to another installation or key"
            )


def _events(source: LogSource, origin: str) -> list[tuple[int, int, str]]:
    """Return position, number and digest of every keyring of a log that was recorded."""
    heads = source.heads([KEYS_STREAM])
    lines = source.stream_lines(KEYS_STREAM, 1, heads[0].version) if heads else iter(())
    found = [
        (line.position, decode(line.encode()).data) for line in lines if line.type == PUBLISHED
    ]
    return [
        (position, int(data["keyring"]), str(data["sha256"]))
        for position, data in found
        if data["origin"] == origin  # not of the log that this one was restored from
    ]


def _fact(origin: str, number: int, digest: str, now: str) -> Fact:
    return Fact(
        stream=KEYS_STREAM,
        type=PUBLISHED,
        source=SOURCE,
        id=f"{PUBLISHED}/{origin}/{number}",
        occurred_at=now,
        data={"keyring": number, "origin": origin, "sha256": digest},
    )
