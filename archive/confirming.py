"""After a run: what people outside say about the log's newest state, stored beside it.

It never holds a run up, nor ends one: who does not answer is asked again after the next run. So
that nothing is forgotten, the checkpoints without a token are the queue, and the oldest of them is
stamped first: below a stamped size, from the first one on, every run's size is stamped.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from archive import checkpoint, layout, merkle, note
from archive.checkpoint import Checkpoint
from archive.note import VerifierKey
from archive.store import Store
from archive.timestamping import StampError, stamp
from archive.tree_writer import stored_nodes
from archive.witnessing import WitnessContradictsError, WitnessError, cosign

_LOOKED_BACK = 400
"""Runs without a token that are remembered: a year of daily ones."""

_STAMPED_AT_ONCE = 50
"""Checkpoints that one run stamps at most, so that authorities are not flooded after an outage."""


@dataclass(frozen=True)
class Outside:
    """Who is asked, and who is believed.

    Args:
        authority_urls: timestamp authorities.
        roots: DER of the certificates of the keyring's authorities.
        witness_urls: submission prefixes of witnesses.
        witnesses: keys of the keyring's witnesses.
        retain_until: day until which what they say is locked.
    """

    authority_urls: Sequence[str] = ()
    roots: Sequence[bytes] = ()
    witness_urls: Sequence[str] = ()
    witnesses: Sequence[VerifierKey] = ()
    retain_until: date | None = None


@dataclass
class Confirmed:
    """What came of it.

    Args:
        tokens: tokens stored now.
        cosignatures: lines of witnesses stored now.
        waiting: sizes of the log that have no token yet.
        problems: who did not confirm, and why.
        contradicted: what a witness said that must not be passed over.
    """

    tokens: int = 0
    cosignatures: int = 0
    waiting: list[int] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    contradicted: list[str] = field(default_factory=list)


def confirm(store: Store, sizes: Sequence[int], outside: Outside) -> Confirmed:
    """Have the checkpoints of runs stamped, and the newest one cosigned.

    Args:
        store: the archive.
        sizes: cuts of its published runs, rising.
        outside: who is asked.
    """
    result = Confirmed()
    if not sizes:
        return result
    if outside.authority_urls:
        _stamp(store, sizes, outside, result)
    if outside.witness_urls:
        _cosign(store, sizes[-1], outside, result)
    return result


def unstamped(store: Store, sizes: Sequence[int]) -> list[int]:
    """Return the sizes that wait for a token, rising: those above the newest that has one.

    Where none has one, it is the newest alone: authorities were named only now.
    """
    waiting: list[int] = []
    for size in reversed(sizes[-_LOOKED_BACK:]):
        if any(name.endswith(".tsr") for name in store.names(layout.tokens_folder(size))):
            return waiting[::-1]
        waiting.append(size)
    return waiting[:1]


def _stamp(store: Store, sizes: Sequence[int], outside: Outside, result: Confirmed) -> None:
    waiting = unstamped(store, sizes)
    down: set[str] = set()
    for size in waiting[:_STAMPED_AT_ONCE]:
        data = store.get(layout.checkpoint_path(size))
        if data is None:
            result.problems.append(f"the checkpoint of size {size} is not in the archive")
            break
        before = result.tokens
        for url in outside.authority_urls:
            if url not in down and not _stamp_one(store, size, data, url, outside, result):
                down.add(url)
        if result.tokens == before:
            break  # nobody stamps now, and a newer size must not be stamped before this one
        waiting = waiting[1:]
    result.waiting = waiting


def _stamp_one(
    store: Store, size: int, data: bytes, url: str, outside: Outside, result: Confirmed
) -> bool:
    try:
        stamped = stamp(data, url, outside.roots)
    except StampError as error:
        result.problems.append(str(error))
        return False
    # The token comes last: where it is, its revocation data is.
    for kind, content in [*stamped.revocation, ("tsr", stamped.response)]:
        store.put_new(layout.token_path(size, content, kind), content, outside.retain_until)
    result.tokens += 1
    return True


def _cosign(store: Store, size: int, outside: Outside, result: Confirmed) -> None:
    signed = store.get(layout.checkpoint_path(size))
    if signed is None:
        result.problems.append(f"the checkpoint of size {size} is not in the archive")
        return
    said = checkpoint.parse(note.parse(signed).text)
    # Each time a witness is asked it gives another line, and one is enough.
    if len(_cosigners(store, size)) >= len(outside.witness_urls):
        return
    for url in outside.witness_urls:
        try:
            lines = cosign(signed, said, url, outside.witnesses, prover(store, said))
        except WitnessContradictsError as error:
            result.contradicted.append(str(error))
            continue
        except WitnessError as error:
            result.problems.append(str(error))
            continue
        for line in lines:
            data = line.line().encode()
            store.put_new(layout.cosignature_path(size, data), data, outside.retain_until)
            result.cosignatures += 1


def _cosigners(store: Store, size: int) -> set[str]:
    """Return the names of those whose lines are stored."""
    folder = layout.cosignatures_folder(size)
    lines = (store.get(f"{folder}/{name}") or b"" for name in store.names(folder))
    return {note.parse_line(line.decode().removesuffix("\n")).name for line in lines}


def prover(store: Store, said: Checkpoint) -> Callable[[int], list[bytes]]:
    """Return a maker of consistency proofs from older sizes to a checkpoint, by stored tiles."""
    node = stored_nodes(store, said.size)
    return lambda old: merkle.consistency_path(old, said.size, node)
