"""What a pack shows of the log: signed states of it, how they follow, and who stamped them."""

from collections.abc import Callable, Sequence
from datetime import UTC
from functools import partial

from archive import canonical, layout, merkle, strict_base64
from archive.checkpoint import Checkpoint
from archive.errors import ArchiveError
from archive.findings import INCOMPLETE, finding
from archive.verify import tokens
from archive.verify.files import Files
from archive.verify.keys import Keys
from archive.verify.outside import read_revocations
from archive.verify.report import Report
from evidence import attached as names
from evidence import collecting, signature
from evidence.opened import Opened
from evidence.signature import Signed


def check_states(opened: Opened, folder: Files, keys: Keys, signed: Signed, report: Report) -> None:
    """Check the attached states of the log, and the tokens over them and over the signature.

    Args:
        opened: the pack.
        folder: its files as in an archive.
        keys: to go by.
        signed: the pack's signature.
        report: to add to.
    """
    said: dict[int, Checkpoint] = {}
    for path, data in sorted(opened.files.items()):
        if path == layout.CHECKPOINT or layout.checkpoint_size(path) is not None:
            read_note, findings = keys.open_note(data, path)
            report.add(findings)
            if read_note is not None and not findings:
                said[read_note.size] = read_note
    histories = {path: data for path, data in opened.files.items() if path.startswith("orders/")}
    _, sizes = collecting.reach(histories)
    linked = sizes | _consistency(opened.files.get(names.CONSISTENCY), said, sizes, report)
    if apart := sorted(said.keys() - linked):
        report.not_checked.append(
            f"whether the log's states of {', '.join(map(str, apart))} events grew out of the "
            "history's: there is no proof of it"
        )
    roots = [each.certificate for each in keys.keyring.authorities] if keys.keyring else []
    proven = _tokens(opened, folder, roots, linked, report)
    proven += _stamped_signature(signed, roots, report)
    report.steps[-1].summary = ", ".join([f"{len(said)} states", *proven])
    if proven:
        report.not_checked = [
            each for each in report.not_checked if not each.startswith("no outside time")
        ]


def _consistency(
    data: bytes | None, said: dict[int, Checkpoint], sizes: set[int], report: Report
) -> set[int]:
    """Return the states that are proved to have grown out of one that a history names."""
    if data is None:
        return set()
    try:
        value = canonical.decode(data.removesuffix(b"\n"))
        proofs = [
            (one["from"], one["to"], [strict_base64.decode(step) for step in one["path"]])
            for one in value["proofs"]  # type: ignore[index]
        ]
    except (ArchiveError, KeyError, TypeError):
        report.add([finding("FILE_ALTERED", names.CONSISTENCY, "holds no proofs")])
        return set()
    linked = set()
    for old, new, path in proofs:
        if old not in said or new not in said or old not in sizes:
            continue
        if merkle.verify_consistency(old, new, path, said[old].root, said[new].root):
            linked.add(new)
            continue
        detail = f"the state of size {new} did not grow out of that of size {old}"
        report.add([finding("LOG_FORKED", names.CONSISTENCY, detail)])
    return linked


def _tokens(
    opened: Opened, folder: Files, roots: Sequence[bytes], linked: set[int], report: Report
) -> list[str]:
    """Verify the tokens over states of the log; return what each proves."""
    parsed = {path: what for path in opened.files if (what := layout.parse_outside(path))}
    revocations = read_revocations(folder, parsed, report)
    proven = []
    for path, what in sorted(parsed.items()):
        if what.kind != "tsr":
            continue
        stamped = opened.files.get(layout.checkpoint_path(what.size))
        if stamped is None:
            detail = "the state of the log that it stamps is not here"
            report.add([finding("CHECKPOINT_MISSING", path, detail, severity=INCOMPLETE)])
            continue
        report.count("tokens")
        response = opened.files[path]
        check = partial(tokens.check, response, stamped, roots, revocations)
        told = _prove(check, path, roots, report)
        if told and what.size in linked:
            proven.append(f"size {what.size} existed before {told}")
    return proven


def _stamped_signature(signed: Signed, roots: Sequence[bytes], report: Report) -> list[str]:
    if not signed.response:
        if signed.state == signature.GOOD:
            report.not_checked.append(
                "when the pack was signed: no authority stamped its signature"
            )
        return []
    told = _prove(lambda: signed.stamped(roots), "the signature's timestamp", roots, report)
    return [f"signed before {told}"] if told else []


def _prove(
    check: Callable[[], tokens.Proven], what: str, roots: Sequence[bytes], report: Report
) -> str:
    """Return the time that a token proves; empty where it proves none, which the report says."""
    if not roots:
        report.not_checked.append(f"{what}: the keyring names no timestamp authority")
        return ""
    try:
        proven = check()
    except tokens.TokenBadError as error:
        report.add([finding("TIMESTAMP_BAD", what, str(error))])
        return ""
    return f"{proven.latest.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} ({proven.authority})"
