"""Steps 2 and 3: the signed state of the log, and whether the log's files hash to it."""

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from archive import entry, layout, limits, tiles
from archive.checkpoint import Checkpoint
from archive.errors import FormatError
from archive.findings import CANNOT_TELL, Finding, finding
from archive.verify.files import Files
from archive.verify.keys import Keys
from archive.verify.log import Log, hash_entries, read_bundle, read_tile
from archive.verify.report import Report

_FINDINGS_KEPT = 100


@dataclass
class LogState:
    """What steps 2 and 3 establish.

    Args:
        log: the log's hashes and entries.
        cut: the checkpoint that everything is checked against.
        entries_hold: whether every entry could be read, and they are what was signed.
        events_of: number of events by tag, as a number; empty where entries are damaged, or
            where it is not needed.
        signed: roots of the stored checkpoints that verify, by size.
    """

    log: Log
    cut: Checkpoint
    entries_hold: bool = False
    events_of: dict[int, int] = field(default_factory=dict)
    signed: dict[int, bytes] = field(default_factory=dict)


def find_cut(folder: Files, keys: Keys) -> tuple[Checkpoint | None, list[Finding]]:
    """Step 2: read `log/checkpoint`; where it is damaged, go on with the newest stored one."""
    newest, findings = _read_checkpoint(folder, keys, layout.CHECKPOINT)
    if layout.CHECKPOINT not in folder and not folder.is_closed(layout.CHECKPOINT):
        findings = [
            finding("CHECKPOINT_MISSING", layout.CHECKPOINT, "the newest checkpoint is not there")
        ]
    if newest is not None and not findings:
        return newest, _compare_stored(folder, newest)
    stored = sorted(stored_sizes(folder), reverse=True)
    for size in stored:
        said, trouble = _read_checkpoint(folder, keys, layout.checkpoint_path(size))
        if said is not None and not trouble:
            return said, findings
        newest = newest or said
    return newest, findings


def stored_sizes(folder: Files) -> list[int]:
    """List the sizes that files in `log/checkpoints/` are named by."""
    sizes = (layout.checkpoint_size(name) for name in folder.under("log/checkpoints/"))
    return sorted(size for size in sizes if size is not None)


def _read_checkpoint(
    folder: Files, keys: Keys, name: str
) -> tuple[Checkpoint | None, list[Finding]]:
    said: list[Checkpoint | None] = [None]

    def look(data: bytes) -> list[Finding]:
        said[0], findings = keys.open_note(data, name)
        return findings

    findings = folder.examine(name, limits.NOTE, look)
    return said[0], findings


def _compare_stored(folder: Files, newest: Checkpoint) -> list[Finding]:
    """`log/checkpoint` is a copy of the stored checkpoint of its size."""
    name = layout.checkpoint_path(newest.size)
    if name not in folder:
        return []  # named as missing with the other checkpoints

    def look(data: bytes) -> list[Finding]:
        if folder.read(name, limits.NOTE) == data:
            return []
        return [finding("FILE_ALTERED", layout.CHECKPOINT, f"is not the same note as {name}")]

    return folder.examine(layout.CHECKPOINT, limits.NOTE, look)


def compare_given(path: Path, state: LogState, keys: Keys) -> list[Finding]:
    """Compare the log with a checkpoint that the caller kept from earlier."""
    name = str(path)
    try:
        with path.open("rb") as file:
            data = file.read(limits.NOTE)
    except OSError as error:
        reason = f"the checkpoint that you gave cannot be read: {error.strerror}"
        return [finding("FILE_UNREADABLE", name, reason, severity=CANNOT_TELL)]
    said, findings = keys.open_note(data, name)
    if said is None or findings or keys.keyring is None:
        # What is not verified accuses nobody.
        return [replace(each, severity=CANNOT_TELL) for each in findings]
    if said.size > state.cut.size:
        return [
            finding(
                "LOG_ROLLED_BACK",
                layout.CHECKPOINT,
                "the checkpoint that you gave is newer than this archive",
                expected=f"size {said.size} or more",
                found=f"size {state.cut.size}",
            )
        ]
    return compare_root(state.log, said, name)


def compare_root(log: Log, said: Checkpoint, name: str) -> list[Finding]:
    """Tell whether a verified checkpoint is a prefix of the log."""
    root = log.root(said.size)
    if root is None or root == said.root:
        return []
    return [
        finding(
            "LOG_FORKED",
            name,
            f"signs another content for the first {said.size} entries than the log holds",
            expected=said.root.hex(),
            found=root.hex(),
        )
    ]


def read_log(folder: Files, cut: Checkpoint, report: Report) -> LogState:
    """Step 3: hash the log's entries up to the cut and compare them with tiles and root."""
    state = LogState(Log(folder, cut.size), cut)
    log = state.log
    disputed: list[int] = []
    sequence = _Sequence()
    for index in log.bundles():
        entries, leaves, both = _read_both(folder, index, log.width(index), report)
        if leaves is None:
            break
        if entries is not None and not both:
            disputed.append(index)
        no_tile = entries is not None and not both
        log.append(index, leaves, from_tile=entries is None, no_tile=no_tile)
        sequence.take(index, entries)
        report.tell(log.readable, cut.size)
    report.count("log_entries", log.readable)
    if log.readable < cut.size:
        report.add(
            [
                finding(
                    "LOG_TRUNCATED",
                    layout.CHECKPOINT,
                    "the log's files end, or have a hole, before the signed size",
                    expected=f"{cut.size} entries",
                    found=f"{log.readable} entries",
                )
            ]
        )
    hold = _settle(log, cut, disputed, report)
    if hold and not sequence.broken:
        state.entries_hold = True
        state.events_of = sequence.last
        report.add(sequence.findings)
        for code, number in sequence.more.items():
            report.add_more(code, number)
    return state


def _read_both(
    folder: Files, index: int, width: int, report: Report
) -> tuple[list[bytes] | None, bytes | None, bool]:
    """Read a bundle and its level 0 tile: entries, leaf hashes, and whether the two agree."""
    for last_try in (False, True):
        entries: list[list[bytes]] = []
        hashes: list[bytes] = []

        def bundle(into: list[list[bytes]] = entries) -> list[Finding]:
            into[:] = [read_bundle(folder, index, width)]
            return []

        def tile(into: list[bytes] = hashes) -> list[Finding]:
            into[:] = [read_tile(folder, index, width)]
            return []

        trouble = folder.twice(tiles.tile_path("entries", index, width), bundle)
        trouble += folder.twice(tiles.tile_path(0, index, width), tile)
        if trouble or hash_entries(entries[0]) == hashes[0] or last_try:
            break
    report.add(trouble)
    if not entries:
        return None, hashes[0] if hashes else None, False
    leaves = hash_entries(entries[0])
    return entries[0], leaves, not hashes or leaves == hashes[0]


def _settle(log: Log, cut: Checkpoint, disputed: list[int], report: Report) -> bool:
    """Find out by the signed root whom to believe. Return whether the entries are right."""
    root = log.root(cut.size)
    blamed: tiles.Level = 0
    if root is not None and root != cut.root and disputed:
        log.replace_from_tiles(disputed)
        root = log.root(cut.size)
        blamed = "entries"
    if root is not None and root != cut.root:
        report.add(
            [
                finding(
                    "LOG_ALTERED",
                    "log/tile",
                    f"the first {cut.size} entries do not hash to the root that was signed",
                    expected=cut.root.hex(),
                    found=root.hex(),
                )
            ]
        )
    for index in disputed:
        width = log.width(index)
        name = tiles.tile_path(blamed, index, width)
        other = tiles.tile_path("entries" if blamed == 0 else 0, index, width)
        detail = f"does not fit {other}, which hashes to the signed root"
        if root is None or root != cut.root:
            detail = f"does not fit {other}; the signed root fits neither"
        report.add([finding("FILE_ALTERED", name, detail)])
    return root == cut.root and blamed == 0


def check_stored_checkpoints(folder: Files, keys: Keys, state: LogState, report: Report) -> None:
    """Step 3, second half: every stored checkpoint is signed and a prefix of the log."""
    for name in folder.under("log/checkpoints/"):
        size = layout.checkpoint_size(name)
        if size is None:
            continue  # step 8 names it
        report.add(_check_stored(folder, keys, state, name, size))
        report.count("checkpoints")


def _check_stored(
    folder: Files, keys: Keys, state: LogState, name: str, size: int
) -> list[Finding]:
    def look(data: bytes) -> list[Finding]:
        said, findings = keys.open_note(data, name)
        if said is None or findings:
            return findings
        if said.size != size:
            return [
                finding(
                    "FILE_ALTERED",
                    name,
                    "holds the checkpoint of another size than its name says",
                    expected=str(size),
                    found=str(said.size),
                )
            ]
        state.signed[size] = said.root
        return compare_root(state.log, said, name)

    return folder.examine(name, limits.NOTE, look)


class _Sequence:
    """Versions under every tag, which must run 1, 2, 3 … in the order of the log."""

    def __init__(self) -> None:
        self.last: dict[int, int] = {}
        self.findings: list[Finding] = []
        self.more: Counter[str] = Counter()
        """How many findings of each code there are beyond those."""
        self._kept: Counter[str] = Counter()
        self.broken = False
        """Whether some entries could not be read, so that gaps say nothing."""

    def take(self, index: int, entries: list[bytes] | None) -> None:
        if entries is None:
            self.broken = True
            return
        read_at_once = entry.parse_all(entries)
        if read_at_once is not None and self._runs_on(read_at_once):
            return
        for offset, data in enumerate(entries):
            position = index * tiles.WIDTH + offset + 1
            try:
                read = entry.parse(data)
            except FormatError as error:
                self._add("EVENT_MALFORMED", position, str(error), "")
                continue
            tag = int(read.tag, 16)
            before = self.last.get(tag, 0)
            if read.version <= before:
                detail = f"the log holds version {read.version} of the tag {read.tag} again"
                self._add("ORDER_FORK", position, detail, str(read.version))
            elif read.version > before + 1:
                detail = f"the log skips versions of the tag {read.tag}"
                self._add("SEQUENCE_GAP", position, detail, str(read.version), str(before + 1))
            self.last[tag] = max(before, read.version)

    def _runs_on(self, tags_and_versions: list[tuple[bytes, bytes]]) -> bool:
        """Take in the entries of a bundle if every version is the next of its tag."""
        last = self.last
        before: dict[int, int] = {}
        for tag_hex, version in tags_and_versions:
            tag, number = int(tag_hex, 16), int(version)
            known = last.get(tag, 0)
            if number != known + 1:
                for tag, known in before.items():
                    last[tag] = known
                return False
            before.setdefault(tag, known)
            last[tag] = number
        return True

    def _add(self, code: str, position: int, detail: str, found: str, expected: str = "") -> None:
        if self._kept[code] == _FINDINGS_KEPT:
            self.more[code] += 1
        else:
            self._kept[code] += 1
            about = f"log position {position}"
            self.findings.append(finding(code, about, detail, expected=expected, found=found))
