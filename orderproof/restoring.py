"""`orderproof restore`: the event store again, from an archive alone."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from archive import contents
from archive.checkpoint import Checkpoint
from archive.findings import INCOMPLETE
from archive.verify import Report, verify_archive
from archive.verify.files import Files
from archive.verify.render import render
from domain.event import Fact
from domain.stream import ARCHIVE_STREAM
from eventstore import attaching, bulk, log, recording, refilling
from eventstore.connection import Connection, connect, open_connection
from eventstore.errors import StoreAlteredError
from orderproof import addresses, errors, key_bundle, terminal
from orderproof import keyring as keyrings
from orderproof.addresses import Where
from orderproof.bootstrap import Store, catch_up, open_store
from orderproof.errors import CommandError
from orderproof.installation import Installation
from projections.rebuild import rebuild

RESTORED = "archive.restored"
SOURCE = "orderproof"

_NOT_ABOUT_EVENTS = {
    "FILE_UNEXPECTED",
    "HOLD_NOT_APPLIED",
    "LOCK_WEAK",
    "LOG_STALLED",
    "TIMESTAMP_MISSING",
    "WITNESS_QUORUM_MISSING",
}


class Restored(msgspec.Struct, frozen=True):
    """What a restore did.

    Args:
        origin: of the archive's log.
        size: the cut; every event up to it is in the store.
        root: of the archive's log there, hex.
        events: that were stored now; 0 where all of them were there.
        attachments: sealed files that the events name.
        continues: whether the store goes on with the archive's log; else it has a log of its
            own, whose first event names the old one.
        keys: to personal data that were taken over.
        seconds: how long it took.
    """

    origin: str
    size: int
    root: str
    events: int
    attachments: int
    continues: bool
    keys: int
    seconds: float


def run(
    installation: Installation,
    archive: Where,
    checkpoint: Path | None,
    keyring: Path | None,
    keys: Path | None,
    *,
    as_json: bool,
) -> int:
    """Rebuild the event store in an empty database, and its read models.

    Args:
        installation: the data folder, initialised, its database empty.
        archive: folder or bucket of the archive.
        checkpoint: one that the caller kept: the archive must not be older.
        keyring: that the caller trusts.
        keys: a bundle of the keys to personal data.
        as_json: print one JSON object.
    """
    started = time.monotonic()
    with terminal.progress("restoring", "done") as show:

        def progress(step: str, done: int, total: int) -> None:
            show(done, total, step)

        files = addresses.reading(archive)
        report = verify_archive(files, checkpoint=checkpoint, keyring=keyring, progress=progress)
        if report.exit_code != errors.OK and not _holds_every_event(report):
            if not as_json:
                terminal.complain(render(report))
            raise CommandError(
                f"the archive is {report.verdict.replace('_', ' ')}, so nothing was restored from "
                "it. Next: mend it from another copy, verify, and restore again.",
                report.exit_code,
                **report.as_dict(),
            )
        _refuse_gaps(report, archive)
        said = contents.newest_checkpoint(files)
        with open_store(installation) as store:
            continues = _continues(store, files, said, archive)
            events = _fill(store, files, said, progress)
            attached = _bring_attachments(store, files)
            taken_over = key_bundle.take_over(store, keys) if keys else 0
            if not continues:
                _name_the_old_log(store.connection, said)
            if taken_over and not events:
                # People were not found before, since their data did not open.
                rebuild(store.views, store.log, store.projections)
            catch_up(store, lambda done, total: show(done, total, "read models"))
    result = Restored(
        origin=said.origin,
        size=said.size,
        root=said.root.hex(),
        events=events,
        attachments=attached,
        continues=continues,
        keys=taken_over,
        seconds=round(time.monotonic() - started, 3),
    )
    if as_json:
        terminal.print_json(_as_dict(result))
    else:
        terminal.say(_describe(result))
        if not continues and not keyrings.is_of(installation.data, installation.settings.origin):
            terminal.say(
                "The new name has no keyring yet. Next: orderproof key new --role log, then "
                "orderproof archive."
            )
    return errors.OK


def _refuse_gaps(report: Report, archive: Where) -> None:
    """Do nothing where the archive holds every event.

    Raises:
        CommandError: histories were deleted after their retention had ended. A store has no gaps,
            and what is gone cannot be brought back.
    """
    deleted = report.checked.get("deleted_after_retention", 0)
    if not deleted:
        return
    histories = terminal.counted(deleted, "history", "histories")
    raise CommandError(
        f"from this archive {histories} were deleted after their retention had ended, and an event "
        "store is rebuilt from every event or not at all; nothing was changed. Next: restore a "
        "backup of the database; or read single orders out of the archive (orderproof claim ORDER "
        f"--from-archive {addresses.typed(archive)}), which stays intact, and begin a new "
        "installation with a name and an archive of its own.",
        errors.REFUSED,
        deleted_after_retention=deleted,
    )


def _holds_every_event(report: Report) -> bool:
    """Tell whether all that is wrong leaves the events whole.

    So it is with a run that was killed, since the archive before it is there, and with what says
    how well the archive is kept and witnessed.
    """
    return report.total.keys() <= _NOT_ABOUT_EVENTS and report.severities == {INCOMPLETE}


def _fill(store: Store, files: Files, said: Checkpoint, progress: refilling.Progress) -> int:
    connection = open_connection(
        store.dsn,
        bulk.ROLE,
        # Between two batches the archive is read, which may be far away.
        "-c idle_in_transaction_session_timeout=0",
    )
    try:
        lines = contents.numbered_lines(files, said.size)
        refilling.refill(connection, lines, _logged(files, said), said.size, progress)
    except refilling.NotEmptyError as error:
        _refuse_other_log(connection, files, said, error.position, progress)
        return 0
    except StoreAlteredError as error:
        raise CommandError(
            f"the archive changed while it was read ({error}); nothing was restored. Next: verify "
            "it and restore again.",
            errors.ALTERED,
        ) from error
    finally:
        connection.close()
    return said.size


def _bring_attachments(store: Store, files: Files) -> int:
    """Store the sealed files that the events name, and return how many there are."""
    count = 0
    with connect(store.dsn, bulk.ROLE) as connection:
        for sealed in contents.attachments(files):
            attaching.put(connection, [sealed])
            count += 1
    return count


def _refuse_other_log(
    connection: Connection,
    files: Files,
    said: Checkpoint,
    position: int,
    progress: refilling.Progress,
) -> None:
    """Do nothing where the store holds the archive's events already."""
    if position >= said.size:
        try:
            refilling.compare(connection, _logged(files, said), said.size, progress)
        except StoreAlteredError:
            pass
        else:
            return
    raise CommandError(
        f"the database holds {position} events that are not the archive's; nothing was changed. "
        "Next: restore into an empty database (orderproof init --data NEW-FOLDER, or another "
        "ORDERPROOF_DATABASE_URL).",
        errors.REFUSED,
    )


def _logged(files: Files, said: Checkpoint) -> Iterator[refilling.Logged]:
    return ((entry.version, entry.digest) for entry in contents.entries(files, said.size))


def _continues(store: Store, files: Files, said: Checkpoint, archive: Where) -> bool:
    """Tell whether the store may sign under the archive's origin.

    Two logs under one name are a fork. So only the store that ends where the log was last signed
    goes on under its name, and every other one takes a name of its own.

    Raises:
        CommandError: the settings ask for one of both that cannot be.
    """
    installation = store.installation
    if installation.settings.origin != said.origin:
        if addresses.same(installation.archive, archive):
            raise CommandError(
                f"{addresses.shown(archive)} is the archive of {said.origin} and this installation "
                f"is {installation.settings.origin}, which needs an archive of its own. Next: set "
                "ORDERPROOF_ARCHIVE_URL to another place.",
                errors.REFUSED,
            )
        return False
    signed = contents.largest_signed(files)
    if signed > said.size:
        raise CommandError(
            f"{said.origin} was signed at size {signed} and this archive ends at {said.size}, so "
            "going on under that name would fork its log. Next: restore from the newest copy, or "
            "choose another name (ORDERPROOF_ORIGIN, or origin in the settings file).",
            errors.REFUSED,
        )
    return True


def _name_the_old_log(connection: Connection, said: Checkpoint) -> None:
    """Record, once, from which log the events up to here came."""
    root = said.root.hex()
    fact = Fact(
        stream=ARCHIVE_STREAM,
        type=RESTORED,
        source=SOURCE,
        id=f"{RESTORED}/{said.origin}/{said.size}/{root}",
        occurred_at=log.clock(connection),
        data={"from": said.origin, "log_size": said.size, "root": root},
    )
    # A second restore says it at another time, which the store answers with what is there.
    recording.record(connection, None, [fact])


def _as_dict(result: Restored) -> dict[str, Any]:
    return msgspec.structs.asdict(result)


def _describe(result: Restored) -> str:
    what = (
        f"Restored {terminal.counted(result.events, 'event')}; every line is the one in the "
        "archive's log."
        if result.events
        else f"Nothing to restore: the store holds all {result.size} events of the archive."
    )
    goes_on = (
        f"The log {result.origin} goes on from size {result.size}."
        if result.continues
        else f"The log has a new name; its first event names {result.origin}, size {result.size}, "
        f"root {result.root}."
    )
    keys = (
        f"{terminal.counted(result.keys, 'key')} to personal data taken over."
        if result.keys
        else "Personal data stays sealed without its keys (restore --keys FILE)."
    )
    attached = ""
    if result.attachments:
        count = terminal.counted(result.attachments, "attachment")
        attached = f"The store holds the archive's {count}, sealed.\n"
    return f"{what}\n{attached}{goes_on}\n{keys}"
