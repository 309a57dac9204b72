"""Verifying a pack: its signature, its files, the history in it, and the answer against that.

1. Signature: the PDF, or the ZIP's list of files, is as the evidence key signed it.
2. Pack: every file that its list names is there with its digest.
3. History: by `archive.verify`, from the attached history, checkpoint and keyring alone.
4. Events: those that are in no history yet follow on the last one that is.
5. Log: the attached states of the log follow from each other; what authorities stamped.
6. Answer: claim.json says what the events say, judged anew.
7. Pages: they are those that these files make, as far as that can be seen here.
"""

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

from cryptography import x509

from archive import layout
from archive.errors import FormatError
from archive.findings import CANNOT_TELL, finding
from archive.line import EventLine, first_prev, line_hash, read
from archive.single_file import single_file
from archive.verify import read_history_lines
from archive.verify.files import Folder
from archive.verify.keys import settle_trust
from archive.verify.lone import Lone
from archive.verify.report import Report
from evidence import attached as names
from evidence import collecting, signature
from evidence.certificate import read_chain
from evidence.opened import PDF, Opened
from evidence.redrawing import same_pages
from evidence.rejudging import compare
from evidence.signature import Signed
from evidence.states import check_states
from evidence.typesetting import Typesetter

_PAGES = (
    "whether the pages say what the attached files say: another release or other fonts made them, "
    "or somebody changed them. Believe the answer above and the files, not the pages"
)

Lines = list[tuple[int, bytes]]


def check_pack(
    opened: Opened,
    subject: str,
    keyring: Path | None,
    trusted: str | x509.Certificate | None,
    typesetter: Typesetter,
) -> Report:
    """Verify a pack.

    Args:
        opened: its files.
        subject: what to call it.
        keyring: the keyring that the caller trusts, or the fingerprint of its root keys.
        trusted: the fingerprint of the evidence key's certificate that the caller trusts, or a
            certificate above it.
        typesetter: sets the pages anew.
    """
    report = Report(subject=subject)
    report.begin("signature")
    signed = signature.check(opened)
    believed = _signature(opened, signed, trusted, report)
    report.begin("pack")
    _pack(opened, report)
    with tempfile.TemporaryDirectory(prefix="orderproof-pack-") as place:
        folder = Path(place)
        _lay_out(opened, folder)
        lines = _history(opened, folder, keyring, report)
        report.begin("events")
        lines = _unsealed(opened, lines, report, believed=believed)
        report.begin("log")
        files = Folder(folder, opened.files)
        keys, _ = settle_trust(files, keyring)
        check_states(opened, keys, signed, report)
    report.begin("answer")
    answer = _answer(opened, lines, report)
    report.begin("pages")
    if answer is not None and same_pages(opened, answer, lines, signed, typesetter):
        report.steps[-1].summary = "as these files make them"
    else:
        report.steps[-1].summary = "not compared"
        report.not_checked.insert(0, _PAGES)
    report.checked["events"] = len(lines)
    return report


def _signature(
    opened: Opened, signed: Signed, trusted: str | x509.Certificate | None, report: Report
) -> bool:
    """Report on the signature; tell whether it is by whom the caller trusts."""
    step = report.steps[-1]
    what = "the PDF" if opened.kind == PDF else names.SUMS
    if signed.state == signature.BAD:
        report.add([finding("FILE_ALTERED", what, signed.detail)])
        return False
    if signed.state == signature.NONE:
        step.summary = "not signed"
        report.not_checked.append(
            "who put this pack together, and whether anybody changed it since: it is not signed"
        )
        if trusted is None:
            return False
        detail = "is not signed, and you named who should have signed it"
        report.add([finding("FILE_ALTERED", what, detail)])
        return False
    step.summary = f"by {signed.detail}"
    if not _is_named(opened.files.get(names.CERTIFICATE, b""), signed):
        detail = "is not the certificate of the key that signed the pack"
        report.add([finding("FILE_ALTERED", names.CERTIFICATE, detail)])
    if trusted is None:
        report.not_checked.append(
            "identity of the evidence key: compare this fingerprint of its certificate with one "
            f"that you got another way: {signed.fingerprint}"
        )
        return False
    if not signed.is_by(trusted):
        detail = "is signed by another evidence key than the one that you trust"
        expected = trusted if isinstance(trusted, str) else trusted.subject.rfc4514_string()
        report.add(
            [finding("FILE_ALTERED", what, detail, expected=expected, found=signed.fingerprint)]
        )
        return False
    return True


def _is_named(certificate: bytes, signed: Signed) -> bool:
    try:
        return read_chain(certificate)[0] == signed.chain[0]
    except (ValueError, IndexError):
        return False


def _pack(opened: Opened, report: Report) -> None:
    report.steps[-1].summary = f"{len(opened.files)} files"
    report.checked["files_named"] = len(opened.files)
    for path in opened.changed:
        detail = f"is not the file that {names.CONTENTS} names"
        report.add([finding("FILE_ALTERED", path, detail)])
    for path in opened.missing:
        report.add([finding("FILE_MISSING", path, f"is named by {names.CONTENTS}")])
    for path, data in opened.files.items():
        folder, _, digest = path.partition("/")
        if folder == names.LATER and hashlib.sha256(data).hexdigest() != digest:
            report.add([finding("FILE_ALTERED", path, "has another SHA-256 than its name says")])
    if opened.other:
        report.not_checked.append(f"further files, which no pack has: {', '.join(opened.other)}")
    if layout.VERIFIER in opened.files and opened.files[layout.VERIFIER] != single_file():
        report.not_checked.append(f"{layout.VERIFIER} in the pack: it is not that of this release")


def _lay_out(opened: Opened, folder: Path) -> None:
    """Write the files as they lie in an archive, which is where its verifier looks for them."""
    for path, data in opened.files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def _history(opened: Opened, folder: Path, keyring: Path | None, report: Report) -> Lines:
    newest = collecting.newest(opened.files)
    if newest is None:
        detail = "the order is in no sealed history, so no signed log vouches for its events"
        report.begin("history")
        report.add([finding("CHECKPOINT_MISSING", names.UNSEALED, detail, severity=CANNOT_TELL)])
        return []
    lines, inner = _read_history(opened, folder, newest, keyring)
    report.steps += inner.steps
    report.findings += inner.findings
    report.total.update(inner.total)
    report.severities |= inner.severities
    report.accused |= inner.accused
    report.checked |= inner.checked
    report.not_checked += inner.not_checked
    return lines


def _read_history(
    opened: Opened, folder: Path, newest: str, keyring: Path | None
) -> tuple[Lines, Report]:
    if layout.CHECKPOINT in opened.files:
        return read_history_lines(folder / newest, keyring=keyring)
    # It came from one history file: the states of the log are not here, perhaps a keyring is.
    lone = Lone(Folder(folder, []), newest, placed=False)
    own = [path for path in opened.files if layout.keyring_number(path) is not None]
    if keyring is not None or not own:
        return read_history_lines(lone, keyring=keyring)
    lines, report = read_history_lines(lone, keyring=folder / own[-1])
    report.not_checked.append(
        "identity of the signer: the pack's own keyring was used. Compare the fingerprint in it "
        "with one that you got another way"
    )
    return lines, report


def _unsealed(opened: Opened, lines: Lines, report: Report, *, believed: bool) -> Lines:
    """Follow the chain of the events that are in no history yet."""
    data = opened.files.get(names.UNSEALED)
    if data is None:
        report.steps[-1].summary = f"{len(lines)}, all of them sealed"
        return lines
    found = list(lines)
    last = _read(lines[-1][1]) if lines else None
    prev = line_hash(lines[-1][1]).hex() if lines else ""
    version, stream = (last.version, last.stream) if last else (0, "")
    places = json.loads(opened.files[names.CONTENTS]).get("unsealed")
    for number, raw in enumerate(data.removesuffix(b"\n").split(b"\n"), 1):
        line = _read(raw)
        if line is None:
            report.add([finding("EVENT_MALFORMED", f"{names.UNSEALED}, line {number}", "no event")])
            return found
        stream = stream or line.stream
        prev = prev or first_prev(stream)
        if line.stream != stream:
            detail = "is an event of another order"
            report.add([finding("EVENT_WRONG_ORDER", f"{names.UNSEALED}, line {number}", detail)])
        if line.version != version + 1 or line.prev != prev:
            detail = "does not follow on the event before it"
            report.add(
                [
                    finding(
                        "CHAIN_BROKEN",
                        f"{names.UNSEALED}, line {number}",
                        detail,
                        expected=f"event {version + 1} after {prev}",
                        found=f"event {line.version} after {line.prev}",
                    )
                ]
            )
        version, prev = line.version, line_hash(raw).hex()
        found.append((_position(places, number), raw))
    count = len(found) - len(lines)
    report.steps[-1].summary = f"{len(lines)} sealed, {count} not"
    told = f"{count} events are in no sealed history: only the pack's signature vouches for them"
    report.not_checked.append(told)
    if lines and not believed:
        detail = (
            "its events are in no sealed history, and you did not say whose evidence key you "
            "trust (--certificate), so nobody vouches for them"
        )
        report.add([finding("CHECKPOINT_MISSING", names.UNSEALED, detail, severity=CANNOT_TELL)])
    return found


def _answer(opened: Opened, lines: Lines, report: Report) -> dict[str, Any] | None:
    """Hold the answer to the events; return it where it says what they say."""
    data = opened.files.get(names.CLAIM)
    if data is None:
        report.add([finding("FILE_MISSING", names.CLAIM, "the answer is not here")])
        return None
    try:
        said: Any = json.loads(data)
        if not isinstance(said, dict):
            raise TypeError
    except (ValueError, TypeError, RecursionError):
        report.add([finding("FILE_ALTERED", names.CLAIM, "is no answer")])
        return None
    differences, left = compare(said, lines)
    report.not_checked += left
    report.steps[-1].summary = f"{said.get('verdict')}, judged anew" if not left else "events only"
    report.add(
        finding("FILE_ALTERED", names.CLAIM, detail, expected=expected, found=found)
        for detail, expected, found in differences
    )
    return None if differences or left else said


def _position(places: object, number: int) -> int:
    """Return where the pack says that an unsealed event stands in the log; nothing proves it."""
    if isinstance(places, list) and len(places) >= number and type(places[number - 1]) is int:
        return int(places[number - 1])
    return 0


def _read(line: bytes) -> EventLine | None:
    try:
        return read(line)
    except FormatError:
        return None
