"""The archive run: seal what is due, sign the log, store both, in an order no kill can hurt."""

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import islice

from archive import clock, layout, limits, staging
from archive.checked_log import CheckedLog, Progress
from archive.continuity import Published, Unfinished, read_published, unfinished_run
from archive.errors import CannotContinueError
from archive.held_copies import HeldAt, nothing_held
from archive.index.writer import delete_superseded, publish_index
from archive.keyring_log import newest_keyring, record_keyrings, refuse_other_keyrings
from archive.layout import Layout
from archive.line import HEARTBEAT
from archive.log_source import LogSource
from archive.log_writer import Archive
from archive.open_writer import delete_older_open_lines, write_open_lines
from archive.placing import Maker
from archive.retention import TermsOf, default_terms
from archive.run_steps import RunResult, finish
from archive.seal_check import sealable
from archive.sealing import seal_streams
from archive.signed_leaves import SignedLeaves
from archive.signing import Signer
from archive.store import Store
from domain.stream import ARCHIVE_STREAM


def archive_run(
    source: LogSource,
    store: Store,
    *,
    signer: Signer,
    keyrings: Sequence[bytes],
    tag_key: bytes,
    streams: Iterable[str],
    terms_of: TermsOf = default_terms,
    chosen: Layout = Layout.PER_ORDER,
    held_at: HeldAt = nothing_held,
    maker: Maker | None = None,
    progress: Progress | None = None,
) -> RunResult | None:
    """Finish an interrupted run, then seal, sign and store what is new.

    Nothing is sealed or signed before every new line was read and found to go on from what the
    archive holds, and every older line that would be written out again to be the one in its log.

    The order of effects is the design. Seals come first, so the log is signed at a size A that
    holds them; the signed checkpoint A fixes that size for every later attempt; tiles, histories
    and the event that names their manifest follow; `log/checkpoint` comes last, so an archive
    that is being written still reads as the one before. Every step can be done again.

    Memory holds one batch of histories, for each history of the run a row of the manifest, and a
    hash for each of at most half a million streams that have new lines.

    Args:
        source: the event log.
        store: the archive's folder or bucket.
        signer: the log's private keys, under the log's name.
        keyrings: files of the keyrings 1 to n; the newest says which keys sign.
        tag_key: key of the tags that stand for streams in the log's entries.
        streams: streams to seal, in this order, where they have events since their last seal.
            One call does several runs where they are very many.
            `system/archive` is sealed in every run, and never causes one.
        terms_of: says how long histories are to be kept.
        chosen: how the histories of orders are stored.
        held_at: which streams are under legal hold; what lies in packs of them is copied.
        maker: makes histories elsewhere, where there are many; without it they are made here.
        progress: told how far the long steps are.

    Returns:
        What was done, or None if there was nothing to do: no stream to seal, and no event since
        the last run but the archive's own, heartbeats apart.

    Raises:
        CannotContinueError: the archive belongs to another log, origin or key, or is altered.
        LogAlteredError: a recorded line was changed, dropped or moved in the log.
        StoreError: the folder or bucket could not be written.
        TooLargeError: an event is longer than an archive can hold.
    """
    started = time.monotonic()
    keyring = newest_keyring(keyrings, signer.origin)
    archive = Archive(source, store, signer, keyring, tuple(keyrings), tag_key, progress or _silent)
    refuse_other_keyrings(store, keyrings)
    published = read_published(source, store, keyring, tag_key)
    leaves = SignedLeaves(store, published.size, tag_key)
    with closing(CheckedLog(source, leaves, published.edge, tag_key, archive.progress)) as checked:
        if published.size:
            checked.refuse_other_open_lines(store, published.log_size)
        one_run = partial(finish, archive, checked, chosen=chosen, held_at=held_at, maker=maker)
        newest, result = _all_runs(archive, checked, leaves, published, streams, terms_of, one_run)
    if newest.size != published.size:
        _publish(archive, newest)
    delete_older_open_lines(store, newest.size)
    delete_superseded(store)
    staging.clear(store, newest.log_size)
    return replace(result, seconds=time.monotonic() - started) if result else None


def _all_runs(
    archive: Archive,
    checked: CheckedLog,
    leaves: SignedLeaves,
    published: Published,
    streams: Iterable[str],
    terms_of: TermsOf,
    one_run: Callable[[Published, Unfinished], tuple[Published, RunResult]],
) -> tuple[Published, RunResult | None]:
    """Finish an interrupted run, then do as many as the streams need; none is published yet."""
    source, store = archive.source, archive.store
    result: RunResult | None = None
    while unfinished := unfinished_run(source, store, published, archive.origin):
        published, finished = one_run(published, unfinished)
        result = _together(result, finished)
    record_keyrings(source, archive.keyrings, archive.origin)
    names = (name for name in streams if name != ARCHIVE_STREAM)
    now = clock.now(source)
    left_open = 0
    more = True
    while more:
        # Seals of a killed run are waiting for their histories, and count.
        waiting = sum(1 for _ in source.seals(published.log_size, source.size()))
        room = max(limits.HISTORIES_IN_A_RUN - waiting, 0)
        batch = list(islice(names, room))
        more = len(batch) == room
        checked.root_at(source.size())
        due, too_long = sealable(source, leaves, [*batch, ARCHIVE_STREAM], checked.longest)
        left_open += too_long
        archive_due = ARCHIVE_STREAM in due
        sealed = seal_streams(
            source, (name for name in due if name != ARCHIVE_STREAM), now, terms_of
        )
        if sealed or _has_news(source, published):
            sealed += seal_streams(source, [ARCHIVE_STREAM] if archive_due else [], now)
            run = Unfinished(source.size(), None)
            published, finished = one_run(published, run)
            result = _together(result, replace(finished, sealed=sealed))
        elif not batch:
            break
    return published, replace(result, left_open=left_open) if result else None


def _publish(archive: Archive, published: Published) -> None:
    """Make the newest run what the archive says. The signature on it comes last."""
    store, size = archive.store, published.size
    leaves = SignedLeaves(store, size, archive.tag_key)
    write_open_lines(
        archive.source,
        store,
        leaves,
        origin=archive.origin,
        sealed_upto=published.log_size,
        size=size,
    )
    staging.put_in_place(store, published.log_size)
    note = store.get(layout.checkpoint_path(size))
    if note is None:
        raise CannotContinueError(f"{layout.checkpoint_path(size)} is not there any more")
    publish_index(archive, published, note)
    store.replace(layout.CHECKPOINT, [note])


def _has_news(source: LogSource, published: Published) -> bool:
    """Tell whether a heartbeat, or anything not the archive's, was recorded since the last run."""
    size = source.size()
    leaves = source.leaves(published.size, size)
    if any(leaf.stream != ARCHIVE_STREAM for leaf in leaves):
        return True
    # Of its own events there are only few.
    return any(line.type == HEARTBEAT for line in source.lines(published.size, size))


def _together(first: RunResult | None, second: RunResult) -> RunResult:
    if first is None:
        return second
    return replace(
        second,
        sealed=first.sealed + second.sealed,
        histories=first.histories + second.histories,
        files=first.files + second.files,
    )


def _silent(step: str, done: int, total: int) -> None:
    """Report nothing."""
