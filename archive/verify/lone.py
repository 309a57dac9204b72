"""Verifying one history file by itself: its chain, its seal, and the proof it carries."""

from dataclasses import dataclass
from pathlib import Path

from archive import layout, limits
from archive.checkpoint import Checkpoint
from archive.findings import Finding, finding
from archive.verify.attached_files import not_looked_for
from archive.verify.events import stream_name
from archive.verify.facts import HistoryFacts, seen_of
from archive.verify.files import Files, opened
from archive.verify.histories import check_history
from archive.verify.keyrings import read_pinned
from archive.verify.keys import Keys, identity, settle_trust, summary, unverified
from archive.verify.report import Progress, Report
from archive.verify.streams import Streams, names_of

HISTORY_PARTS = ("orders", "system", layout.HELD)
"""The folders of an archive that hold histories in files of their own."""

_REVISIONS = 100_000


@dataclass(frozen=True)
class Lone:
    """A history file, wherever it is.

    Args:
        files: what is around it; only those asked for are looked at.
        name: its name there.
        placed: whether that is an archive, and the file lies in it where it would.
    """

    files: Files
    name: str
    placed: bool


def verify_history(
    file: Path | Lone, *, keyring: Path | None = None, progress: Progress | None = None
) -> Report:
    """Verify one history file, with the earlier revisions that lie beside it.

    Keys come from `keyring`, else from the archive that the file lies in. With neither, no
    signature can be checked and the verdict is `cannot_tell` at best.

    Args:
        file: the history, in a folder or wherever it is.
        keyring: the keyring that the caller trusts.
        progress: told the step and how far it is.
    """
    return read_history_lines(file, keyring=keyring, progress=progress)[1]


def read_history_lines(
    file: Path | Lone, *, keyring: Path | None = None, progress: Progress | None = None
) -> tuple[list[tuple[int, bytes]], Report]:
    """Read the lines of a history file and of the revisions before it, and verify them.

    Returns:
        The lines with their positions, as the files show them, and the report.
    """
    lone = lone_at(file) if isinstance(file, Path) else file
    name, placed = lone.name, lone.placed
    address = f"{lone.files.address}/{name}"
    report = Report(subject=address, progress=progress)
    report.begin("trust")  # 1
    keys, findings = _trust(lone, keyring)
    report.add(findings + unverified(keys))
    report.steps[-1].summary = summary(keys)
    report.begin("history")  # 4
    facts = _check(lone, name, keys, report)
    lines = []
    attached = 0
    if facts is not None:
        report.subject = f"{stream_name(facts.stream)}, revision {facts.revision}, in {address}"
        report.steps[-1].summary = f"{len(facts.lines)} events, up to event {facts.events}"
        earlier = _earlier(lone, facts, keys, report)
        report.begin("revisions")
        together = [*earlier, (facts, name)]
        streams = Streams(0, names_of((its_name, each.stream) for each, its_name in together))
        for number, (each, its_name) in enumerate(together):
            report.add(streams.take(seen_of(each, [], None), its_name, number))
            lines += each.lines
            attached += len(each.attached)
        report.add(wrong for _, wrong in streams.join())
        report.steps[-1].summary = f"{len(earlier) + 1} of {facts.revision}"
        report.checked["size"] = facts.size
        if placed:
            report.begin("checkpoint")
            report.add(_compare_stored(lone.files, facts, keys))
            report.steps[-1].summary = f"as stored in the archive for size {facts.size}"
    report.checked["events"] = len(lines)
    report.not_checked += [*_not_checked(keys, facts), *not_looked_for(attached)]
    return sorted(lines), report


def is_archive(files: Files) -> bool:
    """Tell whether files are those of an archive; a folder of another kind may have alike names."""
    return bool(files.only([layout.CHECKPOINT, layout.KEYRING]).sizes)


def lone_at(file: Path) -> Lone:
    """Return a history file with what is around it."""
    file = file.resolve()
    for folder in file.parents:
        name = file.relative_to(folder)
        if name.parts[0] in HISTORY_PARTS and is_archive(files := opened(folder, [])):
            return Lone(files, name.as_posix(), placed=True)
    return Lone(opened(file.parent, []), file.name, placed=False)


def _trust(lone: Lone, keyring: Path | None) -> tuple[Keys, list[Finding]]:
    if lone.placed:
        names = [layout.KEYRING, *filter(layout.keyring_number, lone.files.directly("trust"))]
        return settle_trust(lone.files.only(names), keyring)
    if keyring is None:
        return Keys(None, pinned=False), []
    pin, findings = read_pinned(keyring)
    return Keys(pin.keyring if pin else None, pinned=True), findings


def _check(lone: Lone, name: str, keys: Keys, report: Report) -> HistoryFacts | None:
    seen: list[HistoryFacts | None] = []

    def look(data: bytes) -> list[Finding]:
        facts, findings = check_history(data, name, keys, None, placed=lone.placed)
        seen.append(facts)
        return findings

    file = lone.files.only([name])
    report.add(file.odd)
    report.add(file.examine(name, limits.HISTORY, look))
    report.count("files")
    return seen[-1] if seen else None


def _earlier(
    lone: Lone, facts: HistoryFacts, keys: Keys, report: Report
) -> list[tuple[HistoryFacts, str]]:
    """Check the revisions before this one that lie beside it."""
    parsed = layout.parse_history_path(lone.name)
    if parsed is None or facts.revision > _REVISIONS:
        return []
    names = [f"{parsed.stem}_{parsed.date}_r{n}.jsonl.gz" for n in range(1, facts.revision)]
    beside = lone.files.only(names)
    found = []
    for each in names:
        if each in beside:
            seen = _check(lone, each, keys, report)
            if seen is not None and seen.stream == facts.stream:
                found.append((seen, each))
    return found


def _compare_stored(files: Files, facts: HistoryFacts, keys: Keys) -> list[Finding]:
    """Compare the checkpoint in the history with the stored one of the same size."""
    name = layout.checkpoint_path(facts.size)
    folder = files.only([name])
    if name not in folder:
        detail = "the checkpoint that the history is proved against is not in the archive"
        return [finding("CHECKPOINT_MISSING", name, detail)]

    def look(data: bytes) -> list[Finding]:
        said, findings = keys.open_note(data, name)
        if said is None or findings or said == facts.said:
            return findings
        detail = "signs another root than the checkpoint in the history"
        return [finding("LOG_FORKED", name, detail, expected=_root(facts.said), found=_root(said))]

    return folder.examine(name, limits.NOTE, look)


def _root(said: Checkpoint | None) -> str:
    return f"size {said.size}, root {said.root.hex()}" if said else ""


def _not_checked(keys: Keys, facts: HistoryFacts | None) -> list[str]:
    size = facts.size if facts else 0
    return [
        *identity(keys),
        "no outside time: when this was signed is the seller's own word",
        f"the log was not searched for a fork; this is as of size {size}",
        "whether the order has events after this seal: only the whole archive shows that",
        "where the events before the seal stand in the log: the log itself was not read",
        "an event that nobody ever recorded cannot be seen here",
        "the order's tag was taken from the history's header",
    ]
