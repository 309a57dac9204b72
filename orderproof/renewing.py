"""`orderproof renew`: needs the archive and timestamp authorities, and no database."""

from collections.abc import Callable
from datetime import UTC, datetime

from archive.errors import NoArchiveError
from archive.findings import ALTERED
from archive.renewing import Asked, Renewed, renew
from archive.retention import retain_until
from archive.verify import verify_archive
from orderproof import addresses, errors, outside, settings
from orderproof.archiving import opened
from orderproof.errors import CommandError
from orderproof.installation import Installation
from orderproof.terminal import counted


def run(found: Installation, *, progress: Callable[[str, int, int], None]) -> Renewed:
    """Verify an archive, hash all of it, and have the list stamped.

    Args:
        found: the installation.
        progress: called with step, done and total.

    Raises:
        CommandError: no authority is configured or believed, or the archive is not as it was.
    """
    urls = settings.urls(found.settings.tsa_urls)
    if not urls:
        raise CommandError(
            "no timestamp authority is configured, and without one nothing says when the archive "
            "was renewed. Next: set ORDERPROOF_TSA_URLS",
            errors.REFUSED,
        )
    try:
        addresses.reading(found.archive).list_all()
    except NoArchiveError:
        raise CommandError(
            "nothing is archived yet. Next: orderproof archive", errors.NOT_FOUND
        ) from None
    with opened(found) as store:
        roots = outside.trusted(store).roots
        if not roots:
            raise CommandError(
                "the keyring names no timestamp authority, so nobody could tell a right token from "
                "a wrong one. Next: orderproof key authority add",
                errors.REFUSED,
            )
        files = addresses.reading(found.archive)
        report = verify_archive(files, progress=progress)
        if report.verdict == ALTERED:
            raise CommandError(
                "the archive is not as it was stored, and nothing was renewed. Next: orderproof "
                f"verify {addresses.typed(found.archive)}",
                errors.ALTERED,
            )
        asked = Asked(urls, roots, retain_until(datetime.now(UTC).date()))
        return renew(
            store, files, asked, progress=lambda done, total: progress("hashing", done, total)
        )


def describe(renewed: Renewed) -> str:
    """Say for people what came of it."""
    begun = "Went on with renewal" if renewed.resumed else "Renewal"
    lines = [
        f"{begun} {renewed.number}: {counted(renewed.files, 'file')} up to position {renewed.size}."
    ]
    if renewed.tokens:
        lines.append(f"Stamped by timestamp authorities: {counted(renewed.tokens, 'token')}.")
    lines += [f"Not stamped: {problem}" for problem in renewed.problems]
    if not renewed.tokens:
        lines.append("The list is stored and nobody has stamped it yet. Next: orderproof renew")
    return "\n".join(lines)
