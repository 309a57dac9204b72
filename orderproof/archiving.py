"""Archiving: which orders are due, and a run of the archiver over the store."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from archive.archiver import archive_run
from archive.expiry import ExpiringStore
from archive.folder import Folder
from archive.heartbeat import beat
from archive.layout import Layout
from archive.placing import Maker
from archive.run_steps import RunResult
from eventstore import bulk, keeping
from eventstore.archive_log import ArchiveLog
from eventstore.connection import connect
from eventstore.writer import ROLE
from orderproof import addresses, archive_pool, keyring, one_writer, policy_record, retaining
from orderproof.addresses import Where
from orderproof.bootstrap import Store, catch_up
from orderproof.claiming import the_one
from orderproof.due import Policy, due
from orderproof.errors import NOT_FOUND, CommandError
from orderproof.finding import LOOKED_UP, find_streams
from orderproof.holding import held_at, put_on
from orderproof.installation import Installation
from orderproof.terminal import counted, safe
from projections.order_summary import ORDER_SUMMARY


def run(
    store: Store,
    policy: Policy,
    *,
    chosen: Layout | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> RunResult | None:
    """Seal what is due, publish, sign, store. Goes on where an interrupted run stopped.

    Args:
        store: the open installation.
        policy: which orders are sealed.
        chosen: how histories are stored; None as the settings say.
        progress: called with step, done and total.

    Returns:
        What was done, or None if there was nothing to do.
    """
    installation = store.installation
    retention = retaining.policy(installation)
    # The locks come first, so that a second run neither seals nor writes.
    with (
        opened(installation) as folder,
        connect(store.dsn, ROLE) as connection,
        connect(store.dsn, bulk.ROLE) as beside,
    ):
        source = ArchiveLog(connection, beside)
        one_writer.begin(source)
        beat(source)
        if not (policy.everything or policy.orders):
            catch_up(store, only=(ORDER_SUMMARY.name,))  # says which orders are closed
        origin = installation.settings.origin
        signer, keyrings = keyring.ready(installation.data, folder, origin, store.keys)
        result = archive_run(
            source,
            folder,
            signer=signer,
            keyrings=keyrings,
            tag_key=store.keys.tag,
            streams=policy_record.before_seals(
                due(store, policy, source.unsealed_streams()), source, connection, retention
            ),
            terms_of=retaining.terms_of(connection, retention),
            chosen=chosen or installation.settings.layout,
            held_at=held_at(connection),
            maker=_maker(store, folder),
            progress=progress,
        )
        # What was stored of a held order just now is held as well.
        put_on(folder, keeping.hold_events(connection), result.size if result else source.size())
        return result


def _maker(store: Store, archive: ExpiringStore) -> Maker:
    """Return what makes histories in other processes, which read the tiles in a folder."""
    where = store.installation.archive
    if isinstance(archive, Folder):
        return archive_pool.maker(store.dsn, where, archive.root, store.keys.tag)
    from archive.mirrored_bucket import MirroredBucket

    assert isinstance(archive, MirroredBucket)  # noqa: S101  # see `addresses.writing`
    return archive_pool.maker(store.dsn, where, archive.copies.folder, store.keys.tag)


def named(store: Store, keys: Sequence[str]) -> frozenset[str]:
    """Return the streams of the orders that somebody names.

    Raises:
        CommandError: a key names no order, or several.
    """
    if not keys:
        return frozenset()
    catch_up(store, only=LOOKED_UP)
    return frozenset(_named(store, key) for key in keys)


def opened(installation: Installation) -> AbstractContextManager[ExpiringStore]:
    """Open the archive for writing; a bucket only if it keeps what is locked in it."""
    where = installation.archive
    if isinstance(where, Path):
        return addresses.writing(where)
    from orderproof import bucket_doctor

    return addresses.writing(where, create_once=bucket_doctor.require(installation, where))


def describe(result: RunResult | None, where: Where, policy: Policy) -> str:
    """Say for people what a run did."""
    if result is None:
        hint = (
            f" (closed and quiet for {counted(policy.quiet_days, 'day')}; --all seals every order)"
        )
        hint = hint if policy.is_usual else ""
        return f"Nothing to archive: no order is due{hint}, and nothing is new since the last run."
    left = ""
    if result.left_open:
        orders = counted(result.left_open, "order")
        left = f"Too long for one history, so they stay in open/: {orders}.\n"
    sealed = counted(result.sealed, "history", "histories")
    return (
        f"{left}Sealed {sealed}, stored {result.histories} in {addresses.shown(where)}\n"
        f"The archive holds every event up to position {result.size}; root {result.root}\n"
        f"{result.seconds:.1f} s. Check it with: orderproof verify {addresses.typed(where)}"
    )


def _named(store: Store, key: str) -> str:
    streams = find_streams(store, key)
    if not streams:
        raise CommandError(f"no order is known as {safe(key)}", NOT_FOUND)
    return the_one(streams, key)
