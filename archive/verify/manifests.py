"""Step 7: manifests, each named by a logged event, and every file that they name."""

import hashlib
from collections.abc import Callable, Set
from datetime import date

from archive import layout, limits, manifest
from archive.errors import ArchiveError
from archive.findings import CANNOT_TELL, INCOMPLETE, Finding, finding, printable
from archive.manifest import Manifest, StoredFile
from archive.store import REPLACED
from archive.verify import locks
from archive.verify.events import StoredRun
from archive.verify.files import Files
from archive.verify.report import Report
from archive.verify.streams import Streams
from archive.verify.table import Table

_KEY = 16
_DIGEST = 16
_ROW = _KEY + _DIGEST + 8 + 4


class Named:
    """Which files are accounted for, and what is known of the histories that were read.

    Memory: 44 bytes for each file of histories; digests are cut to 16 bytes, as hashes of
    histories are.
    """

    def __init__(self) -> None:
        self.manifests: set[str] = set()
        """Names of the manifests themselves."""
        self.replaced: dict[str, tuple[StoredFile, str]] = {}
        """Files that runs replace, as the newest manifest has them, and the manifest's name."""
        self.later: dict[str, set[str]] = {}
        """Digests of such files in the manifests of runs that were not published."""
        self._read = Table(_ROW)
        self._others: set[str] = set()

    def was_read(self, name: str, digest: bytes, proved_at: int, until: int = 0) -> None:
        """Note a file of histories.

        Args:
            name: the file.
            digest: its SHA-256.
            proved_at: log size that it is proved against; 0 where anything is wrong with it.
            until: last day on which its seals want it kept, as an ordinal; 0 where not known.
        """
        self._read.add(
            _key(name) + digest[:_DIGEST] + proved_at.to_bytes(8, "big") + until.to_bytes(4, "big")
        )

    def until(self, name: str) -> date | None:
        """Return the last day on which the seals in a file of histories want it kept."""
        found = self._read.find(_key(name))
        until = int.from_bytes(found[0][-4:], "big") if found else 0
        return date.fromordinal(until) if until else None

    def fits(self, name: str, sha256: str) -> bool | None:
        """Tell whether a file of histories has a SHA-256, hex; None where none was read."""
        found = self._read.find(_key(name))
        if not found:
            return None
        return sha256.startswith(found[0][_KEY : _KEY + _DIGEST].hex())

    def add(self, name: str) -> None:
        """Note that a file is accounted for."""
        if not self._read.mark(_key(name)):
            self._others.add(name)

    def add_proved(self, size: int | None) -> None:
        """Account for the histories that are proved at a log size without a finding; None: any."""
        for row in self._read.rows():
            proved_at = int.from_bytes(row[_KEY + _DIGEST : -4], "big")
            if proved_at and proved_at == (size or proved_at):
                self._read.mark(row[:_KEY])

    def __contains__(self, name: str) -> bool:
        return self._read.is_marked(_key(name)) or name in self._others or name in self.manifests


def _key(name: str) -> bytes:
    return hashlib.sha256(name.encode(errors="surrogateescape")).digest()[:_KEY]


def check_manifests(
    folder: Files,
    origin: str,
    streams: Streams,
    named: Named,
    report: Report,
    passed_over: Callable[[str], bool],
    deleted: Set[str] = frozenset(),
    *,
    sampled: bool = False,
) -> None:
    """Check every manifest that an event names, and the files in it.

    Args:
        folder: the archive's files.
        origin: name of the log.
        streams: what was shown, with the archive runs.
        named: digests known already; told what the manifests name.
        report: where findings go.
        passed_over: tells which files are not looked at.
        deleted: files that are rightly not there.
        sampled: whether those that are not looked at must be there all the same.
    """
    for done, (position, run) in enumerate(sorted(streams.runs.items()), 1):
        name = layout.manifest_path(position)
        read: list[Manifest] = []
        named.manifests.add(name)
        report.count("manifests")
        if report.add(_check_manifest(folder, name, run, origin, read)):
            believe_proofs(named, run, first=done == 1)
        else:
            report.count("files_named", len(read[-1].files))
            _check_files(
                folder, name, read[-1], named, report, passed_over, deleted, sampled=sampled
            )
        report.tell(done, len(streams.runs))


def believe_proofs(named: Named, run: StoredRun | None = None, *, first: bool = True) -> None:
    """Where a manifest is damaged, account for the histories that are proved without it.

    What it says about digests is not believed, and they are not accused in its place.

    Args:
        named: what the manifests name; extended.
        run: the run whose manifest is damaged; None where it is not known which runs there were.
        first: whether it is the first run, which stores what tells how to read the archive, too.
    """
    named.add_proved(None if run is None else run.log_size)
    if first:
        for name in (layout.README, layout.VERIFIER, layout.KEYRING):
            named.add(name)


def check_last_run(streams: Streams, cut: int) -> list[Finding]:
    """Check that the newest checkpoint is where a run ended, as `log/checkpoint` always is."""
    if not cut or cut in streams.runs:
        return []
    detail = "is not the end of an archive run: the archive was cut back, or a run did not end"
    return [finding("LOG_TRUNCATED", layout.CHECKPOINT, detail, found=f"size {cut}")]


def check_unnamed_manifests(
    folder: Files, named: Named, report: Report, *, cut: int, runs_known: bool, all_read: bool
) -> None:
    """Accuse manifests that no event names; what they list is not accused once more.

    Args:
        folder: the archive's files.
        named: what the other manifests name; extended.
        report: where findings go.
        cut: size of the newest checkpoint.
        runs_known: whether all events about archive runs were shown.
        all_read: whether every file could be read.
    """
    for name in folder.under("manifests/"):
        size = layout.manifest_size(name)
        if size is None or name in named.manifests:
            continue
        if size > cut:
            detail = "belongs to a run that log/checkpoint does not cover"
            found = [finding("FILE_UNEXPECTED", name, detail, severity=INCOMPLETE)]
        elif not runs_known:
            detail = "the event that would name it is missing"
            severity = INCOMPLETE if all_read else CANNOT_TELL
            found = [finding("FILE_UNEXPECTED", name, detail, severity=severity)]
        else:
            found = [finding("FILE_UNEXPECTED", name, "no event in the log names this manifest")]
        report.add(found)
        named.manifests.add(name)
        try:
            listed = manifest.parse(folder.read(name, limits.UNNAMED_MANIFEST))
        except ArchiveError:
            continue
        for path, stored in listed.files.items():
            if path in folder:
                named.add(path)
            if size > cut and REPLACED.fullmatch(path):
                named.later.setdefault(path, set()).add(stored.sha256)


def check_replaced(folder: Files, named: Named, report: Report) -> None:
    """Check the files that runs replace against the newest manifest that names each."""
    for path, (stored, name) in named.replaced.items():
        if folder.is_closed(path):
            continue
        if path not in folder:
            detail = f"is named in {name} and is not there"
            report.add([finding("FILE_MISSING", path, detail, expected=stored.sha256)])
            continue
        wrong = _check_file(folder, path, stored, name)
        if wrong and path in named.later and folder.digest(path) in named.later[path]:
            detail = "is the one of a run that was interrupted before log/checkpoint"
            wrong = [finding("FILE_UNEXPECTED", path, detail, severity=INCOMPLETE)]
        report.add(wrong)


def _check_manifest(
    folder: Files, name: str, run: StoredRun, origin: str, read: list[Manifest]
) -> list[Finding]:
    def look(data: bytes) -> list[Finding]:
        digest = hashlib.sha256(data).hexdigest()
        if digest != run.manifest_sha256:
            detail = f"is not the manifest that the event at log position {run.position} names"
            return [
                finding("FILE_ALTERED", name, detail, expected=run.manifest_sha256, found=digest)
            ]
        listed = manifest.parse(data)
        read.append(listed)
        expected = (origin, run.log_size, run.files)
        said = (listed.origin, listed.log_size, len(listed.files))
        if said == expected:
            return []
        detail = "does not agree with the event that names it"
        return [finding("FILE_ALTERED", name, detail, expected=_text(expected), found=_text(said))]

    return folder.examine(name, limits.MANIFEST, look)


def _check_files(
    folder: Files,
    name: str,
    listed: Manifest,
    named: Named,
    report: Report,
    passed_over: Callable[[str], bool],
    deleted: Set[str],
    *,
    sampled: bool,
) -> None:
    for path, stored in listed.files.items():
        if REPLACED.fullmatch(path):
            named.add(path)
            named.replaced[path] = (stored, name)
            continue
        passed = passed_over(path)
        if passed and (not sampled or path in folder):
            continue
        if folder.is_closed(path):
            continue  # the folder is named already
        fits = named.fits(path, stored.sha256)
        if fits:
            named.add(path)
            report.add(_check_kept(folder, path, stored, report, named.until(path)))
            continue
        if fits is None and path not in folder:
            if path in deleted:
                continue
            if ("FILE_MISSING", printable(path)) in report.accused:
                continue  # an event names it, too
            detail = f"is named in {name} and is not there"
            report.add([finding("FILE_MISSING", path, detail, expected=stored.sha256)])
            continue
        named.add(path)
        if ("FILE_ALTERED", printable(path)) not in report.accused:
            report.add(_check_file(folder, path, stored, name))
            report.add(_check_kept(folder, path, stored, report))


def _check_kept(
    folder: Files, path: str, stored: StoredFile, report: Report, until: date | None = None
) -> list[Finding]:
    """Check how long a file is kept, and count it where it is another version than was stored.

    Args:
        folder: the archive's files.
        path: the file.
        stored: what its manifest says of it.
        report: counts.
        until: last day on which the seals in it want it kept; None where it holds none.
    """
    if stored.version is not None and folder.version(path) != stored.version:
        report.count("other_versions")
    said = stored.retain_until
    if until is None or (said is not None and until <= said):
        return locks.check_lock(folder, path, said)
    detail = "was stored to be kept for a shorter time than its seal says"
    wrong = finding("RETENTION_TOO_SHORT", path, detail, expected=str(until), found=str(said))
    return [wrong, *locks.check_lock(folder, path, until)]


def _check_file(folder: Files, path: str, stored: StoredFile, name: str) -> list[Finding]:
    if folder.sizes[path] != stored.size:  # told without reading, however large it is
        detail = f"has another size than {name} says"
        expected, size = f"{stored.size} bytes", f"{folder.sizes[path]} bytes"
        return [finding("FILE_ALTERED", path, detail, expected=expected, found=size)]

    def check() -> list[Finding]:
        found = folder.digest(path)
        if found == stored.sha256:
            return []
        detail = f"has another digest than {name} says"
        return [finding("FILE_ALTERED", path, detail, expected=stored.sha256, found=found)]

    return folder.twice(path, check)


def _text(said: tuple[str, int, int]) -> str:
    return f"{said[0]}, log size {said[1]}, {said[2]} files"
