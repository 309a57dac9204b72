"""One file, told from the archive that it lies in by its address."""

from dataclasses import replace
from pathlib import Path

from archive import layout
from archive.s3_place import Place
from archive.verify.files import Files
from archive.verify.lone import HISTORY_PARTS, Lone, is_archive
from orderproof import addresses
from orderproof.addresses import Where
from orderproof.errors import CommandError

_OTHER_PARTS = (
    "README.txt", "evidence", "index", "log", "manifests", "open", "orderproof-verify.py", "packs",
    "renewals", "retired", "spec", "trust", "viewer",
)  # fmt: skip


def named(where: Where) -> Path | Lone | None:
    """Return the history file that an address names; None where it is no file's.

    Raises:
        CommandError: it is another part of an archive.
    """
    if isinstance(where, Path):
        if not where.is_file():
            return None
        _refuse_part(where, _archive_that_names(where))
        return where
    return _in_bucket(where)


def _archive_that_names(file: Path) -> Path | None:
    """Return the archive that a file is another part of than a history."""
    for folder in file.absolute().parents:
        if (folder / layout.CHECKPOINT).is_file():
            first = file.absolute().relative_to(folder).parts[0]
            return folder if first in _OTHER_PARTS else None
    return None


def _in_bucket(place: Place) -> Lone | None:
    *folders, name = place.prefix.split("/")
    if not name.endswith(".gz"):
        return None  # which spares the look at the bucket where an archive is named
    beside = replace(place, prefix="/".join(folders))
    if name not in _files(beside).only([name]):
        return None
    for depth in reversed(range(len(folders))):
        around = replace(place, prefix="/".join(folders[:depth]))
        part = folders[depth]
        if part in (*HISTORY_PARTS, *_OTHER_PARTS) and is_archive(files := _files(around)):
            _refuse_part(place, around if part in _OTHER_PARTS else None)
            return Lone(files, "/".join([*folders[depth:], name]), placed=True)
    return Lone(_files(beside), name, placed=False)


def _files(place: Place) -> Files:
    return addresses.reading(place, [])


def _refuse_part(file: Where, around: Where | None) -> None:
    if around is not None:
        raise CommandError(
            f"{addresses.shown(file)} is no history but a part of an archive. Verify all of it: "
            f"orderproof verify {addresses.typed(around)}"
        )
