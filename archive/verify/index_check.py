"""The step that checks the index: it is the one that the newest run's event names, and it says
what the histories are."""

from collections.abc import Iterable

from archive import layout, limits
from archive.checkpoint import Checkpoint
from archive.errors import ArchiveError
from archive.findings import INCOMPLETE, Finding, finding
from archive.index import rows
from archive.index.growth import NO_ROWS, read_rows
from archive.index.root import Generation, Root, parse
from archive.verify.files import Files
from archive.verify.index_proof import prove_root
from archive.verify.keys import Keys
from archive.verify.open_orders import OpenOrders
from archive.verify.report import Report

_SUM = 1 << 256
_ASIDE = (
    "README.txt", "log/cosignatures/", "log/tokens/", "manifests/", "orderproof-verify.py",
    "renewals/", "spec/", "trust/", "viewer/",
)  # fmt: skip
"""Files about which something may be wrong while histories and open lines are what they were."""

_UNFINISHED = "an archive run was interrupted, or log/checkpoint was set back"


class Shown:
    """The histories that were found, as the index must list them; memory does not grow.

    Args:
        open_orders: what the open lines show of orders.
    """

    def __init__(self) -> None:
        self.open_orders = OpenOrders()
        self.number = 0
        self.sum = 0

    def add(self, row: bytes) -> None:
        """Take in the row that the index must have for a history, as `rows.comparable` has it."""
        self.number += 1
        self.sum = (self.sum + rows.digest_sum([row])) % _SUM


def check_index(
    folder: Files,
    keys: Keys,
    cut: Checkpoint,
    shown: Shown | None,
    keyring: int,
    report: Report,
) -> set[str]:
    """Check root and shards, and return the names of the index's files.

    Args:
        folder: the archive's files.
        keys: the keys to go by.
        cut: the newest checkpoint.
        shown: all histories that were found or rightly deleted; None: only some were looked at, so
            shards are not read.
        keyring: number of the newest keyring that the log names.
        report: where findings go.
    """
    read: list[Root] = []
    # The histories can be compared with the index only if nothing is wrong with them.
    listed = len(report.findings) == sum(report.total.values())
    complete = listed and all(each.object.startswith(_ASIDE) for each in report.findings)

    def look(data: bytes) -> list[Finding]:
        read[:] = [parse(data)]
        return _check_root(read[0], keys, None if truncated else cut)

    # Where log/checkpoint is not the end of a run, that is said already, and this is of another.
    truncated = "LOG_TRUNCATED" in report.total
    if truncated and layout.INDEX not in folder:
        return set(folder.under("index/"))
    wrong = report.add(folder.examine(layout.INDEX, limits.INDEX, look))
    names = {layout.INDEX}
    if not read:
        # Nothing tells which shards there should be.
        return names | set(folder.under("index/"))
    root = read[0]
    report.count("index_rows", root.rows)
    for generation in root.generations:
        names.update(_shard_names(generation))
    for name in folder.under("index/"):
        size = layout.index_shard_size(name)
        if size is not None and name not in names and (size in root.superseded or size > cut.size):
            detail = f"is a part of another index than {layout.INDEX}: {_UNFINISHED}"
            report.add([finding("FILE_UNEXPECTED", name, detail, severity=INCOMPLETE)])
            names.add(name)
    if wrong:
        return names
    report.add(_check_keyring(root, folder, keyring, report))
    if shown is not None:
        if complete:
            report.add(_check_open(root, shown.open_orders))
        _check_rows(root, folder, shown if complete else None, report)
    else:
        absent = [n for n in sorted(names) if n not in folder and not folder.is_closed(n)]
        report.add(_missing(name) for name in absent)
    return names


def _check_root(root: Root, keys: Keys, cut: Checkpoint | None) -> list[Finding]:
    said, findings = prove_root(root, keys)
    if said is None or said == cut or cut is None or findings:
        return findings
    if said.size > cut.size:
        detail = f"is of a newer state than log/checkpoint: {_UNFINISHED}"
        return [finding("FILE_UNEXPECTED", layout.INDEX, detail, severity=INCOMPLETE)]
    detail = "is not the index of the newest run"
    expected, found = _text(cut), _text(said)
    return [finding("FILE_ALTERED", layout.INDEX, detail, expected=expected, found=found)]


def _check_keyring(root: Root, folder: Files, keyring: int, report: Report) -> list[Finding]:
    numbers = [layout.keyring_number(name) or 0 for name in folder.under("trust/")]
    # A run that was interrupted may have stored a newer one.
    names = [layout.keyring_path(number) for number in sorted(numbers) if number >= keyring]
    accused = {about for _, about in report.accused}
    if not names or any(name in accused for name in names):
        return []  # it is wrong itself, or is missing and named already

    def check() -> list[Finding]:
        if any(root.keyring.encode() == folder.read(name, limits.KEYRING) for name in names):
            return []
        detail = f"its copy of the keyring is not {names[-1]}"
        return [finding("FILE_ALTERED", layout.INDEX, detail)]

    return folder.twice(layout.INDEX, check)


def _check_rows(root: Root, folder: Files, shown: Shown | None, report: Report) -> None:
    """Read every shard, and compare the sum over all rows with that over the histories."""
    total, number = 0, 0
    sound = True

    def count(some: Iterable[bytes]) -> None:
        nonlocal total, number
        for row in some:
            number += 1
            total = (total + rows.digest_sum([rows.comparable(row)])) % _SUM

    def read(name: str) -> bytes:
        return folder.read(name, limits.SHARD)

    count(rows.parse(root.inline))
    for generation in root.generations:
        for name in _shard_names(generation):
            sound = not report.add(folder.examine(name, limits.SHARD, lambda _: [])) and sound
        if not sound:
            continue
        try:
            count(read_rows(generation, read))
        except ArchiveError as error:
            sound = False
            place = layout.index_folder(generation.at)
            report.add([finding("FILE_ALTERED", place, str(error))])
    if shown and sound and (total, number) != (shown.sum, shown.number):
        detail = "does not list the histories as they are, so some would not be found by it"
        report.add(
            [
                finding(
                    "FILE_ALTERED",
                    layout.INDEX,
                    detail,
                    expected=f"{shown.number} histories",
                    found=f"{number} rows",
                )
            ]
        )


def _check_open(root: Root, open_orders: OpenOrders) -> list[Finding]:
    """Hold what the index says of open orders to the open lines: a claim passes over them by it."""
    expected = open_orders.upto(root.log_size)
    if expected == (root.open_lines, root.open_streams):
        return []
    detail = "does not tell which orders are open, so some would be taken for complete"
    lines, found = f"{expected[0]} open lines", f"{root.open_lines} open lines"
    return [finding("FILE_ALTERED", layout.INDEX, detail, expected=lines, found=found)]


def _shard_names(generation: Generation) -> list[str]:
    return [
        layout.index_shard_path(generation.at, shard)
        for shard, digest in enumerate(generation.digests)
        if digest != NO_ROWS
    ]


def _missing(name: str) -> Finding:
    return finding("FILE_MISSING", name, f"is named in {layout.INDEX} and is not there")


def _text(said: Checkpoint) -> str:
    return f"size {said.size}, root {said.root.hex()}"
