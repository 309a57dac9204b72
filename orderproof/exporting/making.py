"""Making an export: the file, its manifest, and the event that says it was handed out."""

import errno
import hashlib
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from archive.durable import sync_folder
from domain.catalogue import OUR_SOURCE
from domain.event import Fact
from domain.stream import ACCESS_STREAM
from eventstore.pool import Pool
from evidence.certificate import SigningKey
from orderproof import redelivered
from orderproof.exporting import files, manifest, unfinished
from orderproof.exporting.cells import Encoded
from orderproof.exporting.growing import Mark, growing
from orderproof.exporting.manifest import SIGNATURE, SUFFIX, Manifest
from orderproof.exporting.rows import KINDS
from orderproof.exporting.unfinished import Wanted

_PARTS = "parts"


class DiffersError(Exception):
    """An export that is made again came out otherwise than the one that is on the record."""


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What was made: the manifest, its digest, and the position of the event."""

    manifest: Manifest
    manifest_sha256: str
    recorded: int


def make(
    path: Path,
    wanted: Wanted,
    pool: Pool,
    key: SigningKey,
    origin: str,
    record: redelivered.Record,
    progress: Callable[[int], None] = lambda _rows: None,
) -> Made:
    """Make an export, or go on with it where a kill ended it; the bytes are the same.

    The file is there whole, with its manifest, or it is incomplete. What is under way lies in a
    hidden folder beside it.

    Args:
        path: of the file.
        wanted: what is asked for.
        pool: of connections in `eventstore.reading.ROLE`.
        key: signs the manifest.
        origin: name of the log.
        record: records that it was handed out.
        progress: called with the rows written so far; what it raises ends the export.

    Raises:
        FileExistsError: something else is at the path.
        UnderWayError: another process makes it.
        NotOurOwnError: others could have written to the folder in which it is made.
        DiffersError: it was recorded before, with other bytes.
    """
    with unfinished.held(path) as folder:
        made = _placed(path, folder, wanted, record)
        if made is None:
            if path.exists():
                shutil.rmtree(folder)
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
            made = _written(path, folder, wanted, pool, key, origin, record, progress)
        _place(path, folder)
        shutil.rmtree(folder)
    return made


def _placed(path: Path, folder: Path, wanted: Wanted, record: redelivered.Record) -> Made | None:
    """Return an export that a kill ended after its record, with its file in place."""
    found = manifest.read(path) or manifest.read(folder / path.name)
    if found is None or found[0].export_id != wanted.export_id or not path.is_file():
        return None
    said, digest = found
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != said.sha256:
            return None
    return Made(
        manifest=said, manifest_sha256=digest, recorded=_record(record, wanted, said, digest)
    )


def _written(
    path: Path, folder: Path, wanted: Wanted, pool: Pool, key: SigningKey, origin: str,
    record: redelivered.Record, progress: Callable[[int], None],
) -> Made:  # fmt: skip
    columns = KINDS[wanted.kind].columns
    place = folder / path.name
    bind = files.binder(wanted.format)
    grows = place if bind is None else folder / _PARTS
    mark = _grown(grows, folder, wanted, pool, progress)
    if bind is not None:
        made_at = datetime.fromisoformat(wanted.made_at).astimezone(UTC)
        bind(grows, place, wanted.kind, columns, mark.rows, made_at)
    with place.open("rb") as file:
        os.fsync(file.fileno())
        size = os.fstat(file.fileno()).st_size
        # What has grown was followed byte by byte.
        sha256 = mark.sha256 if bind is None else hashlib.file_digest(file, "sha256").hexdigest()
    said = Manifest(
        export_id=wanted.export_id,
        kind=wanted.kind,
        format=wanted.format,
        file=path.name,
        rows=mark.rows,
        size=size,
        sha256=sha256,
        columns=list(columns),
        as_of=wanted.chosen.as_of,
        filter={
            "shop": wanted.chosen.shop,
            "from": wanted.chosen.first_day,
            "to": wanted.chosen.last_day,
        },
        sees={"shops": list(wanted.sees.shops) or "all", "from": wanted.sees.first_day,
              "to": wanted.sees.last_day},
        masked="all personal data",
        guarded_cells=mark.guarded,
        cut_cells=mark.cut,
        by=wanted.by,
        role=wanted.role,
        reason=wanted.reason,
        made_at=wanted.made_at,
        origin=origin,
        certificate_sha256=key.fingerprint,
    )  # fmt: skip
    digest = manifest.write(place, said, key)
    try:
        recorded = _record(record, wanted, said, digest)
    except DiffersError:
        shutil.rmtree(folder)  # it would come out so again
        raise
    return Made(manifest=said, manifest_sha256=digest, recorded=recorded)


def _grown(
    grows: Path, folder: Path, wanted: Wanted, pool: Pool, progress: Callable[[int], None]
) -> Mark:
    """Write the rows that are not there yet, page by page."""
    kind = KINDS[wanted.kind]
    sees = wanted.chosen.narrows(wanted.sees)
    encode = files.encoder(wanted.format)
    with growing(grows, folder / unfinished.JOURNAL, unfinished.line(wanted)) as out:
        if out.mark == Mark():
            head = files.head(wanted.format, kind.columns, bom=wanted.bom)
            out.add(Encoded(head), 0, None, whole=False)
        progress(out.mark.rows)
        if not out.mark.whole:
            pages = kind.pages(pool, sees, wanted.chosen.as_of, out.mark.after)
            for page in pages:
                rows = page.rows
                encoded = encode(kind.columns, rows, out.mark.rows) if rows else Encoded(b"")
                out.add(encoded, len(rows), page.after, whole=page.after is None)
                progress(out.mark.rows)
        return out.mark


def _place(path: Path, folder: Path) -> None:
    """Move what is not in its place yet. The manifest comes last: without one it is incomplete."""
    for suffix in ("", SIGNATURE, SUFFIX):
        each = folder / f"{path.name}{suffix}"
        if each.exists():
            each.chmod(0o600)
            each.rename(path.with_name(each.name))
    sync_folder(path.parent)


def file_name(kind: str, format: str, as_of: int) -> str:
    """Return the name of an export's file."""
    return f"{kind}-{as_of}.{format}"


def _record(
    record: redelivered.Record, wanted: Wanted, said: Manifest, manifest_sha256: str
) -> int:
    """Record the export before anybody gets it. Made again after a kill, it is the same event."""
    fact = Fact(
        stream=f"{ACCESS_STREAM}/{wanted.made_at[:10]}",
        type="export.produced",
        source=OUR_SOURCE,
        id=f"export.produced/{wanted.export_id}",
        occurred_at=wanted.made_at,
        data={
            "who": wanted.by,
            "role": wanted.role,
            "purpose": wanted.reason,
            "scope": f"{wanted.kind}, {said.rows} rows",
            "export_id": wanted.export_id,
            "format": wanted.format,
            "count": said.rows,
            "sha256": said.sha256,
            "manifest_sha256": manifest_sha256,
            "as_of": wanted.chosen.as_of,
        },
        actor={"kind": "staff", "id": wanted.by},
    )
    [outcome] = record([fact])
    if outcome.result == "mismatch":
        raise DiffersError(wanted.export_id)
    return outcome.position or 0
