"""Renewals: the archive hashed and stamped anew, each time all of it and what was said before.

A list is accounted for by a right token over it. Where the keyring names no authority, a token
that is about the list's digest accounts for it, and nothing is held to the list.
"""

from collections.abc import Iterable, Set
from dataclasses import dataclass, field

from archive import layout, limits, member, renewal
from archive.errors import FormatError, TooLargeError
from archive.findings import INCOMPLETE, Finding, finding
from archive.layout import OutsideName
from archive.renewal import Header
from archive.verify import token, tokens
from archive.verify.certificates import Revocations
from archive.verify.files import Files
from archive.verify.log_check import LogState
from archive.verify.outside import Trusted, hold_to_name, read_revocations
from archive.verify.report import Report
from archive.verify.tokens import Proven


@dataclass
class _Renewal:
    """One of them, as it is found.

    Args:
        name: of its list.
        beside: its tokens and revocation data, by name.
        header: of its list, once it was read.
        digest: SHA-512 of its list.
        named: whether any token is about its list, whoever made it.
        proven: the token with the earliest time.
    """

    name: str
    beside: dict[str, OutsideName] = field(default_factory=dict)
    header: Header | None = None
    digest: bytes = b""
    named: bool = False
    proven: Proven | None = None


def check_renewals(
    folder: Files,
    state: LogState,
    trusted: Trusted,
    deleted: Set[str],
    report: Report,
    *,
    whole: bool,
) -> set[str]:
    """Check every renewal's token, and all files against the newest list that has a right one.

    Args:
        folder: the archive's files.
        state: the log.
        trusted: who outside is believed.
        deleted: files that are rightly not there.
        report: where findings go; its present step's summary tells when the archive was renewed.
        whole: whether the files are held to the list, which hashes all of them.

    Returns:
        Names of the renewals' files, which are accounted for or accused.
    """
    found = _find(folder)
    for number, each in found.items():
        report.add(_read(folder, each, number, state))
        if each.digest:
            revocations = read_revocations(folder, each.beside, report)
            for name, what in each.beside.items():
                if what.kind == "tsr":
                    report.add(_check_token(folder, name, what, each, trusted, revocations))
        report.add(_unstamped(each))
        report.add(_rolled_back(each, state))
        report.count("renewals")
    stamped = {number: each.proven for number, each in found.items() if each.proven is not None}
    summary = "none that an authority of the keyring has stamped"
    if stamped:
        newest = found[max(stamped)]
        older = {
            name
            for number, each in found.items()
            if number < max(stamped)
            for name in (each.name, *each.beside)
        }
        summary = _tell(newest, stamped[max(stamped)], report, whole=whole)
        if whole:
            _hold_to_list(folder, newest, older, deleted, report)
    elif found and not trusted.roots:
        report.not_checked.append(
            "renewals: the keyring names no authority that could have stamped them"
        )
    report.steps[-1].summary = summary
    return {name for each in found.values() for name in (each.name, *each.beside)}


def _find(folder: Files) -> dict[int, _Renewal]:
    """Return the renewals by number, from 1 to the highest that anything here is about."""
    beside: dict[int, dict[str, OutsideName]] = {}
    highest = 0
    for name in folder.under(f"{layout.RENEWALS}/"):
        what = layout.parse_renewal_token(name)
        if what is not None:
            beside.setdefault(what.size, {})[name] = what
        highest = max(highest, layout.renewal_number(name) or 0)
    numbers = {*beside, *range(1, min(highest, len(folder.sizes)) + 1)} | {highest} - {0}
    return {n: _Renewal(layout.renewal_path(n), beside.get(n, {})) for n in sorted(numbers)}


def _read(folder: Files, each: _Renewal, number: int, state: LogState) -> list[Finding]:
    """Read a list's header and digest, and say what is wrong with them."""

    def look() -> list[Finding]:
        with folder.open(each.name) as file:
            each.digest = renewal.digest(file)
        try:
            with folder.open(each.name) as file:
                header, _ = renewal.read(member.chunks(file, limits.RENEWAL))
        except (FormatError, TooLargeError) as error:
            return [finding("RENEWAL_BAD", each.name, str(error))]
        if (header.renewal, header.origin) != (number, state.cut.origin):
            detail = "is another renewal than its name says, or of another log"
            expected = f"{number} of {state.cut.origin}"
            shown = f"{header.renewal} of {header.origin}"
            return [finding("RENEWAL_BAD", each.name, detail, expected=expected, found=shown)]
        each.header = header
        return []

    return folder.twice(each.name, look)


def _check_token(
    folder: Files,
    name: str,
    what: OutsideName,
    each: _Renewal,
    trusted: Trusted,
    revocations: Revocations,
) -> list[Finding]:
    digest_of = tokens.only(renewal.HASH, each.digest)

    def look(data: bytes) -> list[Finding]:
        try:
            hold_to_name(data, what)
            if trusted.roots:
                proven = tokens.check_digest(data, digest_of, trusted.roots, revocations)
                if each.proven is None or proven.latest < each.proven.latest:
                    each.proven = proven
            else:
                said = token.parse(data).stamp
                if digest_of(said.imprint_algorithm) != said.imprint:
                    raise FormatError("is about other bytes")
        except FormatError as error:
            detail = f"its token over {each.name}: {error}"
            return [finding("RENEWAL_BAD", name, detail)]
        each.named = True
        return []

    return folder.examine(name, limits.TOKEN, look)


def _unstamped(each: _Renewal) -> list[Finding]:
    """Accuse a list that nobody stamped; where a token is there and wrong, that was accused."""
    if each.named or not each.digest or any(w.kind == "tsr" for w in each.beside.values()):
        return []
    detail = "a renewal was interrupted before an authority had stamped its list"
    return [finding("FILE_UNEXPECTED", each.name, detail, severity=INCOMPLETE)]


def _rolled_back(each: _Renewal, state: LogState) -> list[Finding]:
    if each.proven is None or each.header is None or each.header.size <= state.cut.size:
        return []
    return [
        finding(
            "LOG_ROLLED_BACK",
            layout.CHECKPOINT,
            f"{each.name}, which a timestamp authority has stamped, covers a newer state",
            expected=f"size {each.header.size} or more",
            found=f"size {state.cut.size}",
        )
    ]


def _tell(newest: _Renewal, proven: Proven, report: Report, *, whole: bool) -> str:
    """Note the time of a renewal, and return it for people."""
    latest = proven.latest
    report.checked["renewed_at"] = int(latest.timestamp())
    said = f"renewed on {latest:%Y-%m-%d} ({proven.authority})"
    if not whole:
        report.not_checked.append(
            f"renewals: {said}, which is right; the files were not held to {newest.name}, since "
            "not all of the archive was looked at"
        )
    return said


def _hold_to_list(
    folder: Files, newest: _Renewal, older: Iterable[str], deleted: Set[str], report: Report
) -> None:
    """Hold every file to the digest that a list has of it, and older renewals to being in it."""
    uncovered = set(older)
    try:
        with folder.open(newest.name) as listing:
            header, rows = renewal.read(member.chunks(listing, limits.RENEWAL))
            for done, (name, expected) in enumerate(rows, 1):
                uncovered.discard(name)
                report.tell(done, header.files)
                if name in deleted or ("FILE_MISSING", name) in report.accused:
                    continue
                report.add(_check_file(folder, name, expected))
                report.count("files_renewed")
    except (FormatError, TooLargeError) as error:
        report.add([finding("RENEWAL_BAD", newest.name, str(error))])
        return
    report.add(
        finding("RENEWAL_BAD", name, f"is not covered by the newer renewal {newest.name}")
        for name in sorted(uncovered)
    )


def _check_file(folder: Files, name: str, expected: str) -> list[Finding]:
    def look() -> list[Finding]:
        with folder.open(name) as file:
            found = renewal.digest(file).hex()
        if found == expected:
            return []
        detail = "is not as it was when the archive was renewed"
        return [finding("RENEWAL_BAD", name, detail, expected=expected, found=found)]

    return folder.twice(name, look)
