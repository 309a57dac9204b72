"""What people outside said of the attached states of the log: when they existed, who saw them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

import msgspec
from cryptography import x509
from cryptography.x509 import ocsp

from archive import layout, note
from archive.errors import FormatError, SignatureBadError, SignatureMissingError
from archive.findings import INCOMPLETE, Finding, finding
from archive.layout import OutsideName
from archive.note import Note, VerifierKey
from archive.trust import Keyring
from archive.verify import certificates, tokens
from archive.verify.certificates import Revocations
from archive.verify.outside import hold_to_name


class Said(msgspec.Struct):
    """What was said.

    Args:
        proven: by size of the log, the token with the earliest time.
        witnessed: by size, names of the witnesses that cosigned it.
        findings: what is wrong.
        left: what could not be checked.
    """

    proven: dict[int, tokens.Proven] = {}
    witnessed: dict[int, set[str]] = {}
    findings: list[Finding] = []
    left: list[str] = []


def listen(files: Mapping[str, bytes], keyring: Keyring | None) -> Said:
    """Verify tokens and cosignatures.

    Args:
        files: of a pack, by path.
        keyring: says who outside is believed.
    """
    said = Said()
    named = {path: what for path in files if (what := layout.parse_outside(path))}
    revocations = _revocations(files, named, said)
    roots = [each.certificate for each in keyring.authorities] if keyring else []
    witnesses = keyring.witnesses if keyring else ()
    for path, what in sorted(named.items()):
        if what.kind in ("crl", "ocsp"):
            continue
        stamped = _state(files, what.size)
        if stamped is None:
            detail = "the state of the log that it is about is not here"
            said.findings.append(finding("CHECKPOINT_MISSING", path, detail, severity=INCOMPLETE))
            continue
        try:
            hold_to_name(files[path], what)
        except FormatError as error:
            said.findings.append(finding("FILE_ALTERED", path, str(error)))
            continue
        if what.kind == "cosignature":
            _cosigned(path, files[path], what.size, stamped, witnesses, said)
            continue
        check = partial(tokens.check, files[path], stamped, roots, revocations)
        proven = prove(check, path, roots, said)
        earlier = said.proven.get(what.size)
        if proven is not None and (earlier is None or proven.latest < earlier.latest):
            said.proven[what.size] = proven
    return said


def prove(
    check: Callable[[], tokens.Proven], what: str, roots: Sequence[bytes], said: Said
) -> tokens.Proven | None:
    """Return what a token proves; None where it proves nothing, which is noted."""
    if not roots:
        said.left.append(f"{what}: the keyring names no timestamp authority")
        return None
    try:
        return check()
    except tokens.TokenBadError as error:
        said.findings.append(finding("TIMESTAMP_BAD", what, str(error)))
        return None


def when(time: datetime) -> str:
    """Return a time to the second, UTC."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"


def _state(files: Mapping[str, bytes], size: int) -> bytes | None:
    return files.get(layout.checkpoint_path(size))


def _revocations(
    files: Mapping[str, bytes], named: Mapping[str, OutsideName], said: Said
) -> Revocations:
    stored = Revocations()
    for path, what in named.items():
        try:
            if what.kind == "crl":
                stored.lists.append(x509.load_der_x509_crl(files[path]))
            elif what.kind == "ocsp":
                stored.answers.append(ocsp.load_der_ocsp_response(files[path]))
        except certificates.UNREADABLE:
            said.findings.append(finding("TIMESTAMP_BAD", path, "is no revocation data"))
    return stored


def _cosigned(
    path: str, data: bytes, size: int, stamped: bytes, witnesses: Sequence[VerifierKey], said: Said
) -> None:
    """Verify one witness's line. By a key that the keyring does not name it says nothing."""
    try:
        line = note.parse_line(data.decode().removesuffix("\n"))
        cosigned = Note(note.parse(stamped).text, (line,))
    except (FormatError, UnicodeDecodeError):
        said.findings.append(finding("FILE_ALTERED", path, "is no signature line"))
        return
    for witness in witnesses:
        try:
            witness.verify(cosigned)
        except SignatureMissingError:
            continue
        except SignatureBadError as error:
            said.findings.append(finding("CHECKPOINT_SIGNATURE_BAD", path, str(error)))
            return
        said.witnessed.setdefault(size, set()).add(witness.name)
