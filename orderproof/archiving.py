"""Archiving: which orders are due, and a run of the archiver over the store."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from archive.archiver import RunResult, archive_run
from archive.folder import Folder
from archive.layout import Layout
from domain.stream import split_order_stream
from domain.time import instant
from eventstore.archive_log import ArchiveLog
from eventstore.connection import connect
from eventstore.writer import ROLE
from orderproof import retaining
from orderproof.bootstrap import Store, catch_up
from orderproof.terminal import counted, shown, typed
from projections.order_summary import closed_orders

QUIET_DAYS = 30
"""An order is due when it is closed and nothing was recorded of it for so many days."""


def run(
    store: Store,
    *,
    everything: bool,
    closed_before: date | None,
    chosen: Layout | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> RunResult | None:
    """Seal what is due, publish, sign, store. Goes on where an interrupted run stopped.

    Args:
        store: the open installation.
        everything: seal every order, open ones too.
        closed_before: seal the orders that were closed before this day.
        chosen: how histories are stored; None as the settings say.
        progress: called with step, done and total.

    Returns:
        What was done, or None if there was nothing to do.
    """
    installation = store.installation
    policy = retaining.policy(installation)
    # The folder's lock comes first, so that a second run neither seals nor writes.
    with Folder(installation.archive) as folder, connect(store.dsn, ROLE) as connection:
        source = ArchiveLog(connection)
        due = list(source.unsealed_streams())
        if not everything:
            closed = _closed(store, closed_before)
            due = [s for s in due if s in closed or split_order_stream(s) is None]
        return archive_run(
            source,
            folder,
            signer=store.keys.log(installation.settings.origin),
            tag_key=store.keys.tag,
            streams=due,
            terms_of=retaining.terms_of(connection, policy),
            chosen=chosen or installation.settings.layout,
            progress=progress,
        )


def describe(result: RunResult | None, folder: Path, *, everything: bool) -> str:
    """Say for people what a run did."""
    if result is None:
        hint = (
            ""
            if everything
            else f" (closed and quiet for {QUIET_DAYS} days; --all seals every order)"
        )
        return f"Nothing to archive: no order is due{hint}, and nothing is new since the last run."
    left = ""
    if result.left_open:
        orders = counted(result.left_open, "order")
        left = f"Too long for one history, so they stay in open/: {orders}.\n"
    sealed = counted(result.sealed, "history", "histories")
    return (
        f"{left}Sealed {sealed}, stored {result.histories} in {shown(folder)}\n"
        f"The archive holds every event up to position {result.size}; root {result.root}\n"
        f"{result.seconds:.1f} s. Check it with: orderproof verify {typed(folder)}"
    )


def _closed(store: Store, before: date | None) -> set[str]:
    catch_up(store)
    if before is not None:
        limit = datetime(before.year, before.month, before.day, tzinfo=UTC)
        return {o.stream for o in closed_orders(store.views) if _is_before(o.closed_at, limit)}
    limit = datetime.now(UTC) - timedelta(days=QUIET_DAYS)
    return {o.stream for o in closed_orders(store.views) if _is_before(o.recorded_at, limit)}


def _is_before(text: str | None, limit: datetime) -> bool:
    if text is None:
        return False
    return instant(text) < int(limit.timestamp()) * 1_000_000
