"""Step 3, last part: what people outside said about the log, by tokens of time and cosignatures.

A token proves that the checkpoint of a size existed before a time, and with it every event up to
that size. A cosignature says that its witness saw the log grow to that size and never shrink.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.x509 import ocsp

from archive import layout, limits, note
from archive.errors import FormatError, SignatureBadError, SignatureMissingError
from archive.findings import INCOMPLETE, Finding, finding
from archive.layout import OutsideName
from archive.note import Note, VerifierKey
from archive.trust import Keyring
from archive.verify import certificates, tokens
from archive.verify.certificates import Revocations
from archive.verify.files import Files
from archive.verify.log_check import LogState
from archive.verify.report import Report
from archive.verify.times import CLOCKS_DIFFER, Times
from archive.verify.tokens import Proven

_ML_DSA_BYTES = 8 + 2420


@dataclass(frozen=True)
class Trusted:
    """Who outside is believed, as the keyring says.

    Args:
        roots: DER of the certificates of timestamp authorities.
        witnesses: keys of witnesses.
        quorum: how many witnesses have to cosign the newest checkpoint.
    """

    roots: Sequence[bytes] = ()
    witnesses: Sequence[VerifierKey] = ()
    quorum: int = 0


@dataclass
class Outside:
    """What was found.

    Args:
        trusted: who is believed.
        names: files that were looked at here.
        proven: by size, the token with the earliest time.
        witnessed: by size, names of the witnesses that cosigned it.
    """

    trusted: Trusted = field(default_factory=Trusted)
    names: set[str] = field(default_factory=set)
    proven: dict[int, Proven] = field(default_factory=dict)
    witnessed: dict[int, set[str]] = field(default_factory=dict)


def check_outside(folder: Files, state: LogState, trusted: Trusted, report: Report) -> Outside:
    """Verify every token and cosignature, and note the times that they prove.

    Without authorities in the keyring tokens are compared with their names only.
    """
    found = Outside(trusted)
    for size, names in _by_size(folder).items():
        stamped = _stamped(folder, state, size)
        if stamped is None:
            report.add(_without_checkpoint(name, size) for name in names)
            found.names.update(names)
            continue
        revocations = read_revocations(folder, names, report)
        for name, what in names.items():
            if what.kind == "tsr":
                report.add(_check_token(folder, name, what, stamped, trusted, revocations, found))
                report.count("tokens")
            elif what.kind == "cosignature":
                report.add(_check_cosignature(folder, name, what, stamped, trusted, found))
                report.count("cosignatures")
        found.names.update(names)
        report.add(_signed_later(stamped, size, found))
        report.add(_rolled_back(state, size, found))
    report.add(_quorum(state, trusted, found))
    _tell(state, found, report)
    return found


def missing_tokens(sizes: Iterable[int], found: Outside) -> list[Finding]:
    """Name the runs without a token: from the first on that has one, each needs its own.

    Args:
        sizes: cuts of the archive's runs.
        found: what `check_outside` found.
    """
    if not found.trusted.roots:
        return []
    runs = sorted(sizes)
    first = min(found.proven, default=runs[-1] if runs else 0)
    return [
        finding(
            "TIMESTAMP_MISSING",
            layout.checkpoint_path(size),
            "no authority of the keyring has stamped this state of the log",
        )
        for size in runs
        if size >= first and size not in found.proven
    ]


def _by_size(folder: Files) -> dict[int, dict[str, OutsideName]]:
    """Return the files in `log/tokens/` and `log/cosignatures/` by the size they are about."""
    found: dict[int, dict[str, OutsideName]] = {}
    for name in [*folder.under("log/tokens/"), *folder.under("log/cosignatures/")]:
        what = layout.parse_outside(name)
        if what is not None:
            found.setdefault(what.size, {})[name] = what
    return dict(sorted(found.items()))


def _stamped(folder: Files, state: LogState, size: int) -> bytes | None:
    """Return the checkpoint's bytes, if it was found right."""
    if size not in state.signed:
        return None
    kept: list[bytes] = []

    def look(data: bytes) -> list[Finding]:
        kept[:] = [data]
        return []

    folder.examine(layout.checkpoint_path(size), limits.NOTE, look)
    return kept[0] if kept else None


def _without_checkpoint(name: str, size: int) -> Finding:
    detail = f"is about the checkpoint of size {size}, which is not here or not right"
    return finding("FILE_UNEXPECTED", name, detail, severity=INCOMPLETE)


def read_revocations(folder: Files, names: dict[str, OutsideName], report: Report) -> Revocations:
    """Read lists and answers about certificates. Whose they are is asked when they are used."""
    stored = Revocations()
    for name, what in names.items():
        if what.kind not in ("crl", "ocsp"):
            continue

        def look(data: bytes, what: OutsideName = what, name: str = name) -> list[Finding]:
            hold_to_name(data, what)
            try:
                if what.kind == "crl":
                    stored.lists.append(x509.load_der_x509_crl(data))
                else:
                    stored.answers.append(ocsp.load_der_ocsp_response(data))
            except certificates.UNREADABLE:
                return [finding("TIMESTAMP_BAD", name, "is no revocation data")]
            return []

        report.add(folder.examine(name, limits.REVOCATION, look))
    return stored


def _check_token(
    folder: Files,
    name: str,
    what: OutsideName,
    stamped: bytes,
    trusted: Trusted,
    revocations: Revocations,
    found: Outside,
) -> list[Finding]:
    proven: list[Proven] = []

    def look(data: bytes) -> list[Finding]:
        hold_to_name(data, what)
        if not trusted.roots:
            return []
        try:
            proven[:] = [tokens.check(data, stamped, trusted.roots, revocations)]
        except tokens.TokenBadError as error:
            return [finding("TIMESTAMP_BAD", name, f"its token {error}")]
        return []

    findings = folder.examine(name, limits.TOKEN, look)
    for each in proven if not findings else []:
        earlier = found.proven.get(what.size)
        if earlier is None or each.latest < earlier.latest:
            found.proven[what.size] = each
    return findings


def _check_cosignature(
    folder: Files,
    name: str,
    what: OutsideName,
    stamped: bytes,
    trusted: Trusted,
    found: Outside,
) -> list[Finding]:
    """Verify one line. By a key that the keyring does not name it says nothing, and is left."""
    signer: list[str] = []

    def look(data: bytes) -> list[Finding]:
        hold_to_name(data, what)
        try:
            line = note.parse_line(data.decode().removesuffix("\n"))
        except UnicodeDecodeError as error:
            raise FormatError("is no signature line") from error
        if line.line().encode() != data:
            raise FormatError("is no signature line")
        cosigned = Note(note.parse(stamped).text, (line,))
        for witness in trusted.witnesses:
            try:
                witness.verify(cosigned)
            except SignatureMissingError:
                continue
            except SignatureBadError as error:
                detail = f"{error} over this checkpoint: the witness saw another state of the log"
                return [finding("CHECKPOINT_SIGNATURE_BAD", name, detail)]
            signer[:] = [witness.name]
        return []

    findings = folder.examine(name, limits.NOTE, look)
    if signer and not findings:
        found.witnessed.setdefault(what.size, set()).update(signer)
    return findings


def hold_to_name(data: bytes, what: OutsideName) -> None:
    """Do nothing for bytes whose digest is in their name.

    Raises:
        FormatError: it is not.
    """
    digest = hashlib.sha256(data).hexdigest()
    if digest != what.digest:
        raise FormatError(f"its name is not its digest, which is {digest}")


def _signed_later(stamped: bytes, size: int, found: Outside) -> list[Finding]:
    """Accuse a checkpoint whose second signature says a later time than a token proves."""
    proven = found.proven.get(size)
    if proven is None:
        return []
    signed = note.parse(stamped)
    origin = signed.text.partition("\n")[0]
    times = [
        int.from_bytes(line.signature[:8], "big")
        for line in signed.signatures
        if line.name == origin and len(line.signature) == _ML_DSA_BYTES
    ]
    limit = (proven.latest + CLOCKS_DIFFER).timestamp()
    return [
        finding(
            "BACKDATED",
            layout.checkpoint_path(size),
            "was signed at a later time than its token proves",
            expected=f"up to {int(limit)} seconds since 1970",
            found=str(time),
        )
        for time in times
        if time > limit
    ]


def _rolled_back(state: LogState, size: int, found: Outside) -> list[Finding]:
    """Accuse an archive that ends before a state which somebody outside has seen."""
    if size <= state.cut.size or not (size in found.proven or size in found.witnessed):
        return []
    who = "a timestamp authority" if size in found.proven else "a witness"
    return [
        finding(
            "LOG_ROLLED_BACK",
            layout.CHECKPOINT,
            f"{who} has confirmed a newer state of this log",
            expected=f"size {size} or more",
            found=f"size {state.cut.size}",
        )
    ]


def _quorum(state: LogState, trusted: Trusted, found: Outside) -> list[Finding]:
    witnessed = found.witnessed.get(state.cut.size, set())
    if len(witnessed) >= trusted.quorum:
        return []
    return [
        finding(
            "WITNESS_QUORUM_MISSING",
            layout.checkpoint_path(state.cut.size),
            "too few witnesses of the keyring have cosigned the newest state of the log",
            expected=f"{trusted.quorum} witnesses",
            found=", ".join(sorted(witnessed)) or "none",
        )
    ]


def _tell(state: LogState, found: Outside, report: Report) -> None:
    """Let events be held to the times, and say the newest of them."""
    latest = {size: each.latest for size, each in found.proven.items()}
    state.log.times = Times(latest)
    known = [size for size in latest if size <= state.cut.size]
    if known:
        report.checked["proven_size"] = max(known)
        report.checked["proven_at"] = int(latest[max(known)].timestamp())


def not_checked(found: Outside) -> list[str]:
    """Say what remains open about time and witnesses."""
    texts = []
    if not found.trusted.roots:
        texts.append("no outside time: when this was signed is the seller's own word")
        if any(name.endswith(".tsr") for name in found.names):
            texts[0] += ", for the keyring names no authority to hold the tokens here to"
    elif not found.proven:
        texts.append("no outside time: no token of the keyring's authorities is right")
    else:
        size = max(found.proven)
        proven = found.proven[size]
        texts.append(
            f"outside time reaches to size {size}, which existed before "
            f"{proven.latest:%Y-%m-%d %H:%M:%S} UTC ({proven.authority}); the time of what came "
            "later is the seller's own word"
        )
    if not found.trusted.quorum:
        texts.append("no witness: nobody outside saw whether others were shown another log")
    return texts


def trusted_of(keyring: Keyring | None) -> Trusted:
    """Return whom a keyring names outside."""
    if keyring is None:
        return Trusted()
    roots = [each.certificate for each in keyring.authorities]
    return Trusted(roots, keyring.witnesses, keyring.quorum)
