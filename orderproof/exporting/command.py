"""`orderproof export orders|events|refunds|contacts`: made at once, on the command line."""

import secrets
from base64 import b32encode
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec

from eventstore import reading
from eventstore.connection import connect
from eventstore.pool import Pool
from eventstore.reading import Scope
from eventstore.recording import record
from eventstore.writer import ROLE
from orderproof import evidence_key, terminal
from orderproof.bootstrap import Store, catch_up
from orderproof.errors import CommandError
from orderproof.exporting import files, unfinished
from orderproof.exporting.making import Made, file_name, make
from orderproof.exporting.rows import MODELS, Filter, count
from orderproof.exporting.unfinished import NotOurOwnError, UnderWayError, Wanted
from orderproof.terminal import shown


def new_id() -> str:
    """Return an id for an export."""
    return b32encode(secrets.token_bytes(8)).decode().lower()[:12]


def export(
    store: Store,
    kind: str,
    format: str,
    shop: str | None,
    days: tuple[date | None, date | None],
    out: Path | None,
    by: str,
    reason: str,
    *,
    bom: bool,
) -> tuple[Path, Made]:
    """Export what is recorded by now, personal data masked.

    The same command goes on with what a kill left of it, as of when that was begun.

    Args:
        store: the open installation.
        kind: one of `rows.KINDS`.
        format: one of `files.FORMATS`.
        shop: only this shop's; None for all.
        days: first and last UTC day of the orders' first events.
        out: a new file; None for one in the current folder.
        by: who; recorded.
        reason: what for; recorded.
        bom: whether a CSV file begins with a mark.

    Raises:
        CommandError: the format is not known, or the file is there or under way elsewhere.
    """
    if format not in files.FORMATS:
        raise CommandError(f"--format: {', '.join(files.FORMATS)}")
    catch_up(store, only=MODELS)
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    with (
        closing(Pool(store.dsn, reading.ROLE, size=1)) as pool,
        connect(store.dsn, ROLE) as connection,
        terminal.progress(f"exporting {kind}", "rows") as progress,
    ):
        with reading.session(pool, Scope()) as cursor:
            as_of = reading.reached(cursor, MODELS)
        first, last = days
        chosen = Filter(
            as_of=as_of,
            shop=shop,
            first_day=None if first is None else first.isoformat(),
            last_day=None if last is None else last.isoformat(),
        )
        path = Path(file_name(kind, format, as_of)) if out is None else out
        wanted = Wanted(
            export_id=new_id(), kind=kind, format=format, chosen=chosen, sees=Scope(), bom=bom,
            by=by, role="operator", reason=reason, made_at=now,
        )  # fmt: skip
        wanted = _begun(path, wanted) or wanted
        counts = count(pool, Scope(), wanted.chosen)
        total = counts.events if kind == "events" else counts.orders
        try:
            made = make(
                path,
                wanted,
                pool,
                evidence_key.signing_key(store.installation),
                store.installation.settings.origin,
                lambda facts: record(connection, None, facts),
                lambda rows: progress(rows, max(total, rows)),
            )
        except FileExistsError:
            raise CommandError(f"{shown(path)} is there already; nothing was overwritten") from None
        except UnderWayError:
            raise CommandError(f"{shown(path)} is being made by another process") from None
        except NotOurOwnError:
            place = unfinished.folder_of(path)
            raise CommandError(f"{shown(place)} is not closed to others; remove it") from None
        except OSError as error:
            raise CommandError(f"{shown(path)} cannot be written: {error.strerror}") from None
    return path, made


def _begun(path: Path, wanted: Wanted) -> Wanted | None:
    """Return what was begun before, if it was asked for in the same words."""
    found = unfinished.begun(path)
    if found is None:
        return None
    same = msgspec.structs.replace(
        wanted,
        export_id=found.export_id,
        chosen=msgspec.structs.replace(wanted.chosen, as_of=found.chosen.as_of),
        made_at=found.made_at,
    )
    return found if found == same else None
