"""The sealed files that events name as attached: each is there, under the digest of its bytes.

What is in them only the keys tell, which no archive holds.
"""

from collections.abc import Iterator

from archive import layout
from archive.findings import Finding, finding
from archive.verify.attached import OPEN, Attached
from archive.verify.files import Files
from archive.verify.manifests import Named
from archive.verify.report import Report


def not_looked_for(count: int) -> Iterator[str]:
    """Say for a report that attachments were not checked, where histories name any."""
    if count:
        files = "1 sealed file that is" if count == 1 else f"{count} sealed files that are"
        yield f"attachments: {files} named here; whether they are there was not looked for"


def check_attached(folder: Files, attached: Attached, named: Named, report: Report) -> None:
    """Check that every sealed file that an event names is there, and is what it was.

    Args:
        folder: the archive's files.
        attached: which they are.
        named: told what was read; what only open lines name no manifest does.
        report: where findings go.
    """
    for name, rows in attached.files():
        report.count("attachments")
        if folder.is_closed(name):
            continue
        if name not in folder:
            detail = "an event names it as attached to its order, and it is not there"
            report.add([finding("FILE_MISSING", name, detail)])
            continue
        wrong = report.add(_check(folder, name, {row.size for row in rows}))
        if not wrong:
            digest = rows[0].sha256
            until = max(row.until for row in rows)
            named.was_read(name, digest, max(row.proved_at for row in rows), until)
        if wrong or any(row.key == OPEN for row in rows):
            named.add(name)


def _check(folder: Files, name: str, sizes: set[int]) -> list[Finding]:
    said = " or ".join(map(str, sorted(sizes)))
    if {folder.sizes[name]} != sizes:  # told without reading, however large it is
        detail = "has another size than the event says that attached it"
        found = str(folder.sizes[name])
        return [finding("FILE_ALTERED", name, detail, expected=said, found=found)]

    def check() -> list[Finding]:
        found = folder.digest(name)
        if name == layout.evidence_path(found):
            return []
        return [finding("FILE_ALTERED", name, "its digest is not in its name", found=found)]

    return folder.twice(name, check)
