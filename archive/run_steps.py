"""One archive run, from its seals to the checkpoint that ends it; it is not published yet."""

import hashlib
from dataclasses import dataclass
from datetime import date

from archive import clock, layout, staging
from archive.checked_log import CheckedLog
from archive.continuity import Published, Unfinished
from archive.errors import CannotContinueError
from archive.file_writer import store_histories, store_keyrings
from archive.held_copies import HeldAt, nothing_held, store_copies
from archive.index.writer import extend_index
from archive.layout import Layout
from archive.log_source import LogAlteredError
from archive.log_writer import Archive, check_signed, extend_then_sign, sign_then_extend
from archive.manifest import Listing
from archive.placing import Maker
from archive.replaced import replaced_files
from archive.retention import retain_until
from archive.sealing import SOURCE
from archive.store import Store
from domain.event import Fact
from domain.line import Line, decode
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


def finish(
    archive: Archive,
    checked: CheckedLog,
    published: Published,
    run: Unfinished,
    chosen: Layout,
    held_at: HeldAt = nothing_held,
    maker: Maker | None = None,
) -> tuple[Published, RunResult]:
    """Do every step of a run that comes after its seals, up to its last checkpoint.

    Args:
        archive: what is written.
        checked: the log as far as it was read.
        published: where the run before ended.
        run: its log size, and its event if an earlier attempt recorded it.
        chosen: how a new run stores histories.
        held_at: which streams are under legal hold.
        maker: makes histories elsewhere, where there are many.

    Returns:
        Where this run ended, and what it did.
    """
    if run.stored is not None and _has_ended(archive.store, run.stored):
        return _ended_before(archive, checked, run.log_size, run.stored)
    store, source = archive.store, archive.source
    resumed = store.has(layout.checkpoint_path(run.log_size))
    listing = Listing()
    store_keyrings(archive, published.log_size, run.log_size, listing)
    log = sign_then_extend(archive, checked, run.log_size)
    if run.stored is None:
        chosen = staging.stage_layout(store, run.log_size, chosen, resumed=resumed)
    else:
        chosen = Layout(decode(run.stored.encode()).data["layout"])
    added = store_histories(archive, log, published.log_size, chosen, listing, maker)
    sizes = (published.log_size, run.log_size)
    store_copies(archive, published.stored, added, sizes, held_at, listing)
    wanted = replaced_files()
    recorded = run.stored is not None
    for name, data in staging.stage(store, run.log_size, wanted, recorded=recorded).items():
        listing.add(name, data)
    index = extend_index(archive, log, published.stored, added)
    encoded = listing.encode(archive.origin, run.log_size)
    said: dict[str, object] = {
        "files": len(listing),
        "index_sha256": index.digest(),
        "layout": chosen.value,
        "log_size": run.log_size,
        "manifest_sha256": hashlib.sha256(encoded).hexdigest(),
        "origin": archive.origin,
    }
    stored = _record_run(archive, run, said)
    size = stored.position
    until = retain_until(date.fromisoformat(clock.now(source)[:10]))
    store.put_new(layout.manifest_path(size), encoded, until)
    newest = extend_then_sign(archive, checked, size)
    result = RunResult(
        sealed=0,
        histories=len(added),
        files=len(listing),
        log_size=run.log_size,
        size=size,
        root=newest.checkpoint.root.hex(),
        seconds=0.0,
    )
    return Published(size, run.log_size, checked.edge(), stored), result


def _has_ended(store: Store, stored: Line) -> bool:
    """Tell whether an earlier attempt did a recorded run to its end: its manifest is there too."""
    size = stored.position
    listing = store.get(layout.manifest_path(size))
    if listing is None or not store.has(layout.checkpoint_path(size)):
        return False
    named: str = decode(stored.encode()).data["manifest_sha256"]
    return hashlib.sha256(listing).hexdigest() == named


def _ended_before(
    archive: Archive, checked: CheckedLog, log_size: int, stored: Line
) -> tuple[Published, RunResult]:
    """Return where a run ended that an earlier attempt did to its end, and did not publish."""
    size = stored.position
    check_signed(archive, checked, log_size)
    root = check_signed(archive, checked, size)
    done = RunResult(0, 0, 0, log_size, size, root.hex(), 0.0)
    return Published(size, log_size, checked.edge(), stored), done


def _record_run(archive: Archive, run: Unfinished, data: dict[str, object]) -> Line:
    """Record what the run wrote, and return the event, whose position is size B."""
    if run.stored is not None:
        if decode(run.stored.encode()).data != data:
            raise CannotContinueError(
                f"the run recorded at position {run.stored.position} wrote other files than can "
                "be written now; files of the archive were lost or changed since"
            )
        return run.stored
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
    (stored,) = archive.source.lines(position - 1, position)
    return stored
