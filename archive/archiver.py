"""The archive run: seal what is due, sign the log, store both, in an order no kill can hurt."""

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice

from archive import layout, limits, manifest
from archive.checked_log import CheckedLog, Progress
from archive.continuity import Published, Unfinished, read_published, unfinished_run
from archive.errors import CannotContinueError, TooLargeError
from archive.file_writer import store_first_files, store_histories
from archive.layout import Layout
from archive.log_source import LogAlteredError, LogSource
from archive.log_writer import Archive, extend_then_sign, sign_then_extend
from archive.manifest import Manifest
from archive.open_writer import delete_older_open_lines, write_open_lines
from archive.retention import TermsOf, default_terms, retain_until
from archive.seal_check import sealable
from archive.sealing import SOURCE, seal_streams
from archive.signed_leaves import SignedLeaves
from archive.signing import Signer
from archive.store import Store
from domain.event import Fact
from domain.line import decode
from domain.stream import ARCHIVE_STREAM

STORED = "archive.stored"


@dataclass(frozen=True)
class RunResult:
    """What a call of `archive_run` did. Of several runs, all of them together.

    Args:
        sealed: seals recorded now.
        histories: histories in the runs' manifests.
        files: files in the runs' manifests.
        log_size: size A, that the newest histories are proved against.
        size: size B, the cut: the archive holds every position up to it.
        root: root of the checkpoint at B, hex.
        seconds: how long it took.
        left_open: streams that were not sealed since their history would be longer than an
            archive can hold; their lines are in `open/`.
    """

    sealed: int
    histories: int
    files: int
    log_size: int
    size: int
    root: str
    seconds: float
    left_open: int = 0


def archive_run(
    source: LogSource,
    store: Store,
    *,
    signer: Signer,
    tag_key: bytes,
    streams: Iterable[str],
    terms_of: TermsOf = default_terms,
    chosen: Layout = Layout.PER_ORDER,
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
        tag_key: key of the tags that stand for streams in the log's entries.
        streams: streams to seal, in this order, where they have events since their last seal.
            One call does several runs where they are very many.
            `system/archive` is sealed in every run, and never causes one.
        terms_of: says how long histories are to be kept.
        chosen: how the histories of orders are stored.
        progress: told how far the long steps are.

    Returns:
        What was done, or None if there was nothing to do: no stream to seal, and no event since
        the last run but the archive's own.

    Raises:
        CannotContinueError: the archive belongs to another log, origin or key, or is altered.
        LogAlteredError: a recorded line was changed, dropped or moved in the log.
        StoreError: the folder or bucket could not be written.
        TooLargeError: an event is longer than an archive can hold.
    """
    started = time.monotonic()
    archive = Archive(source, store, signer, tag_key, progress or _silent)
    published = read_published(source, store, signer.vkeys, tag_key)
    leaves = SignedLeaves(store, published.size, tag_key)
    checked = CheckedLog(source, leaves, published.edge, tag_key, archive.progress)
    if published.size:
        checked.refuse_other_open_lines(store, published.log_size)
    result: RunResult | None = None
    while unfinished := unfinished_run(source, store, published, signer.origin):
        published, finished = _finish(archive, checked, published, unfinished, chosen)
        result = _together(result, finished)
    names = (name for name in streams if name != ARCHIVE_STREAM)
    now = source.now()
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
            published, finished = _finish(archive, checked, published, run, chosen)
            result = _together(result, replace(finished, sealed=sealed))
        elif not batch:
            break
    delete_older_open_lines(store, published.size)
    if result is None:
        return None
    return replace(result, left_open=left_open, seconds=time.monotonic() - started)


def _finish(
    archive: Archive,
    checked: CheckedLog,
    published: Published,
    run: Unfinished,
    chosen: Layout,
) -> tuple[Published, RunResult]:
    """Do every step of a run that comes after its seals."""
    store, source = archive.store, archive.source
    edge = published.edge.copy()
    resumed = store.get(layout.checkpoint_path(run.log_size)) is not None
    log = sign_then_extend(archive, checked, edge, run.log_size)
    files = {} if published.size else store_first_files(archive, resumed=resumed)
    stored, histories = store_histories(archive, log, published.log_size, chosen)
    files |= stored
    listing = manifest.encode(Manifest(archive.origin, run.log_size, files))
    if len(listing) > limits.MANIFEST:
        raise TooLargeError(
            f"the run has {histories} histories, more than one manifest can name; nothing "
            "was published of it"
        )
    size = _record_run(archive, run, listing, len(files))
    until = retain_until(date.fromisoformat(source.now()[:10]))
    store.put_new(layout.manifest_path(size), listing, until)
    newest = extend_then_sign(archive, checked, edge, size)
    write_open_lines(
        source,
        store,
        newest.leaves,
        origin=archive.origin,
        sealed_upto=run.log_size,
        size=size,
    )
    store.replace(layout.CHECKPOINT, [newest.note])
    result = RunResult(
        sealed=0,
        histories=histories,
        files=len(files),
        log_size=run.log_size,
        size=size,
        root=newest.checkpoint.root.hex(),
        seconds=0.0,
    )
    return Published(size, run.log_size, edge), result


def _record_run(archive: Archive, run: Unfinished, listing: bytes, files: int) -> int:
    """Record what the run wrote, and return the event's position, which is size B."""
    digest = hashlib.sha256(listing).hexdigest()
    data = {
        "files": files,
        "log_size": run.log_size,
        "manifest_sha256": digest,
        "origin": archive.origin,
    }
    if run.stored is not None:
        if decode(run.stored.encode()).data != data:
            raise CannotContinueError(
                f"the run recorded at position {run.stored.position} wrote other files than can "
                "be written now; files of the archive were lost or changed since"
            )
        return run.stored.position
    fact = Fact(
        stream=ARCHIVE_STREAM,
        type=STORED,
        source=SOURCE,
        id=f"{STORED}/{run.log_size}",
        occurred_at=archive.source.now(),
        data=data,
    )
    (position,) = archive.source.append([fact], [None])
    if position is None:
        raise LogAlteredError(run.log_size, ARCHIVE_STREAM, "the run could not be recorded")
    return position


def _has_news(source: LogSource, published: Published) -> bool:
    """Tell whether anything but the archive's own events was recorded since the last run."""
    leaves = source.leaves(published.size, source.size())
    return any(leaf.stream != ARCHIVE_STREAM for leaf in leaves)


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
