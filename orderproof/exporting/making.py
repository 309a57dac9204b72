"""Making an export: the file, its manifest, and the event that says it was handed out."""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from archive.durable import sync_folder
from domain.catalogue import OUR_SOURCE
from domain.event import Fact
from domain.stream import ACCESS_STREAM
from eventstore.pool import Pool
from eventstore.reading import Scope
from evidence.certificate import SigningKey
from orderproof import redelivered
from orderproof.exporting import files, manifest
from orderproof.exporting.manifest import SIGNATURE, SUFFIX, Manifest
from orderproof.exporting.rows import KINDS, Filter, Row

_STEP = 2_000


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for, by whom and why.

    Args:
        export_id: names it.
        kind: one of `rows.KINDS`.
        format: one of `files.FORMATS`.
        chosen: which rows.
        sees: what the reader may see.
        bom: whether a CSV file begins with a mark.
        by: who.
        role: as what.
        reason: what for.
        made_at: RFC 3339, UTC; the same export made again says the same.
    """

    export_id: str
    kind: str
    format: str
    chosen: Filter
    sees: Scope
    bom: bool = False
    by: str
    role: str
    reason: str
    made_at: str


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
    """Make an export. The file is there whole, with its manifest, or not at all.

    Args:
        path: of the file.
        wanted: what is asked for.
        pool: of connections in `eventstore.reading.ROLE`.
        key: signs the manifest.
        origin: name of the log.
        record: records that it was handed out.
        progress: called with the rows written so far; what it raises ends the export.

    Raises:
        DiffersError: it was recorded before, with other bytes.
    """
    kind = KINDS[wanted.kind]
    sees = wanted.chosen.narrows(wanted.sees)
    made_at = datetime.fromisoformat(wanted.made_at).astimezone(UTC)
    with tempfile.TemporaryDirectory(prefix=".export-", dir=path.parent) as folder:
        place = Path(folder) / path.name
        found = _counted(kind.rows(pool, sees, wanted.chosen.as_of), progress)
        written = files.write(
            place, wanted.format, wanted.kind, kind.columns, found, made_at, bom=wanted.bom
        )
        said = Manifest(
            export_id=wanted.export_id,
            kind=wanted.kind,
            format=wanted.format,
            file=path.name,
            rows=written.rows,
            size=written.size,
            sha256=written.sha256,
            columns=list(kind.columns),
            as_of=wanted.chosen.as_of,
            filter={
                "shop": wanted.chosen.shop,
                "from": wanted.chosen.first_day,
                "to": wanted.chosen.last_day,
            },
            sees={"shops": list(wanted.sees.shops) or "all", "from": wanted.sees.first_day,
                  "to": wanted.sees.last_day},
            masked="all personal data",
            guarded_cells=written.guarded,
            cut_cells=written.cut,
            by=wanted.by,
            role=wanted.role,
            reason=wanted.reason,
            made_at=wanted.made_at,
            origin=origin,
            certificate_sha256=key.fingerprint,
        )  # fmt: skip
        digest = manifest.write(place, said, key)
        recorded = _record(record, wanted, said, digest)
        # The manifest comes last: a file without one is incomplete.
        for suffix in ("", SIGNATURE, SUFFIX):
            place.with_name(place.name + suffix).chmod(0o600)
            place.with_name(place.name + suffix).rename(path.with_name(path.name + suffix))
        sync_folder(path.parent)
    return Made(manifest=said, manifest_sha256=digest, recorded=recorded)


def file_name(kind: str, format: str, as_of: int) -> str:
    """Return the name of an export's file."""
    return f"{kind}-{as_of}.{format}"


def _counted(rows: Iterable[Row], progress: Callable[[int], None]) -> Iterator[Row]:
    number = 0
    for number, row in enumerate(rows, 1):
        yield row
        if number % _STEP == 0:
            progress(number)
    progress(number)


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
