"""What a pack shows of the log: signed states of it, how they follow, and who stamped them."""

from functools import partial

from archive import canonical, layout, merkle, strict_base64
from archive.checkpoint import Checkpoint
from archive.errors import ArchiveError
from archive.findings import finding
from archive.verify.keys import Keys
from archive.verify.report import Report
from evidence import attached as names
from evidence import collecting, signature
from evidence.opened import Opened
from evidence.outside import Said, listen, prove, when
from evidence.signature import Signed


def check_states(opened: Opened, keys: Keys, signed: Signed, report: Report) -> None:
    """Check the attached states of the log, and the tokens over them and over the signature.

    Args:
        opened: the pack.
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
    heard = listen(opened.files, keys.keyring)
    told = [
        f"size {size} existed before {when(proven.latest)} ({proven.authority})"
        for size, proven in sorted(heard.proven.items())
        if size in linked
    ]
    told += [
        f"size {size} was cosigned by {', '.join(sorted(by))}"
        for size, by in sorted(heard.witnessed.items())
        if size in linked
    ]
    report.count("tokens", sum(1 for path in opened.files if path.endswith(".tsr")))
    if any(size in linked for size in heard.proven):
        report.not_checked = [
            each for each in report.not_checked if not each.startswith("no outside time")
        ]
    told += _stamped_signature(signed, keys, heard, report)
    report.add(heard.findings)
    report.not_checked += heard.left
    report.steps[-1].summary = ", ".join([f"{len(said)} states", *told])


def _stamped_signature(signed: Signed, keys: Keys, heard: Said, report: Report) -> list[str]:
    if not signed.response:
        if signed.state == signature.GOOD:
            report.not_checked.append(
                "when the pack was signed: no authority stamped its signature"
            )
        return []
    roots = [each.certificate for each in keys.keyring.authorities] if keys.keyring else []
    check = partial(signed.stamped, roots)
    proven = prove(check, "the signature's timestamp", roots, heard)
    return [] if proven is None else [f"signed before {when(proven.latest)} ({proven.authority})"]


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
