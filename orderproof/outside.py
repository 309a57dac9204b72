"""After a run: asking the configured timestamp authorities and witnesses about the archive."""

from datetime import date

from archive import checkpoint, clock, layout, note, trust
from archive.confirming import Confirmed, Outside, confirm
from archive.retention import retain_until
from archive.store import Reading, Store
from archive.verify.outside import Trusted, trusted_of
from eventstore.archive_log import ArchiveLog
from eventstore.connection import connect
from eventstore.writer import ROLE
from orderproof import bootstrap, settings
from orderproof.archiving import opened
from orderproof.terminal import counted


def confirm_runs(store: bootstrap.Store) -> Confirmed:
    """Have what is published stamped and cosigned. Nobody who does not answer ends it."""
    chosen = store.installation.settings
    authorities, witnesses = settings.urls(chosen.tsa_urls), settings.urls(chosen.witness_urls)
    if not authorities and not witnesses:
        return Confirmed()
    with opened(store.installation) as archive, connect(store.dsn, ROLE) as connection:
        source = ArchiveLog(connection)
        believed = trusted(archive)
        outside = Outside(
            authority_urls=authorities,
            roots=believed.roots,
            witness_urls=witnesses,
            witnesses=believed.witnesses,
            retain_until=retain_until(date.fromisoformat(clock.now(source)[:10])),
        )
        published = _published(archive)
        cuts = [line.position for line in source.stored_runs(0) if line.position <= published]
        return confirm(archive, cuts, outside)


def describe(confirmed: Confirmed) -> str:
    """Say for people what came of it; empty where there is nothing to say."""
    lines = list(confirmed.contradicted)
    if confirmed.tokens:
        lines.append(f"Stamped by timestamp authorities: {counted(confirmed.tokens, 'token')}.")
    if confirmed.cosignatures:
        lines.append(f"Cosigned by witnesses: {counted(confirmed.cosignatures, 'line')}.")
    lines += [f"Not confirmed: {problem}" for problem in confirmed.problems]
    if confirmed.waiting:
        lines.append(
            f"No timestamp yet for {counted(len(confirmed.waiting), 'checkpoint')}; the next run "
            "asks again."
        )
    return "\n".join(lines)


def trusted(archive: Store) -> Trusted:
    """Return whom the archive's newest keyring names."""
    numbers = (layout.keyring_number(f"trust/{name}") for name in archive.names("trust"))
    newest = max((number for number in numbers if number is not None), default=None)
    data = archive.get(layout.keyring_path(newest)) if newest is not None else None
    return trusted_of(trust.parse(data) if data is not None else None)


def _published(archive: Reading) -> int:
    data = archive.get(layout.CHECKPOINT)
    return checkpoint.parse(note.parse(data).text).size if data is not None else 0
