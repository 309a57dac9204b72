"""`orderproof verify`: finds what to check and prints the verifier's report."""

from dataclasses import dataclass
from pathlib import Path

from archive.errors import ArchiveError
from archive.verify import (
    Report,
    draw,
    exit_code_of,
    verify_archive,
    verify_history,
)
from archive.verify.keyrings import is_fingerprint
from archive.verify.personal_check import check_personal
from archive.verify.render import render
from orderproof import addresses, lone_file, terminal
from orderproof.addresses import Where
from orderproof.errors import CommandError


@dataclass(frozen=True)
class Depth:
    """How much of an archive is read, and how.

    Args:
        sample: share of the histories, such as `5%`; None: all.
        seed: of a sample that was drawn before.
        tag_key: key of the log's tags, to compute them anew.
        jobs: number of processes that check histories; None: one for each processor.
    """

    sample: str | None = None
    seed: str | None = None
    tag_key: Path | None = None
    jobs: int | None = None


def run(
    target: str | None,
    order: str | None,
    checkpoint: Path | None,
    keyring: Path | None,
    data: Path | None,
    *,
    depth: Depth,
    keys: Path | None = None,
    certificate: str | None = None,
    as_json: bool,
) -> int:
    """Verify an archive's folder or one history file, print the report, return the exit code.

    Args:
        target: folder, `file://` or `s3://` address, or file; without it the archive of the
            data folder.
        order: check the log whole and of the histories only this order's.
        checkpoint: a checkpoint that the caller kept.
        keyring: the keyring that the caller trusts, or the fingerprint of its root keys.
        data: data folder, where no target is named.
        depth: how much is read, and by how many processes.
        keys: a bundle of keys to personal data, to be compared with what is sealed.
        certificate: of an evidence pack: the evidence key's that the caller trusts.
        as_json: print one JSON object.
    """
    where = _where(target, data)
    for kept in (checkpoint, keyring, keys, depth.tag_key):
        if kept is not None and not kept.is_file():
            if kept is keyring and is_fingerprint(kept):
                continue
            raise CommandError(f"{terminal.safe(str(kept))} is not a file")
    with terminal.progress("verifying", "done") as progress:
        try:
            if isinstance(where, Path) and _is_pack(where):
                _refuse_for_one_file(order, checkpoint, depth)
                if keys is not None:
                    raise CommandError("--keys needs an archive's folder, not a pack")
                report = _verify_pack(where, keyring, certificate)
            else:
                if certificate is not None:
                    raise CommandError("--certificate goes with an evidence pack")
                report = _verify(where, order, checkpoint, keyring, depth, progress)
            if keys is not None:
                check_personal(addresses.reading(where), keys.read_bytes(), report)
        except ArchiveError as error:
            raise CommandError(str(error), exit_code_of(error)) from error
    if as_json:
        terminal.print_json(report.as_dict())
    else:
        terminal.say(render(report))
    return report.exit_code


def _verify(
    where: Where,
    order: str | None,
    checkpoint: Path | None,
    keyring: Path | None,
    depth: Depth,
    progress: terminal.Progress,
) -> Report:
    file = lone_file.named(where)
    if file is None:
        return verify_archive(
            addresses.reading(where),
            order=order,
            checkpoint=checkpoint,
            keyring=keyring,
            jobs=depth.jobs,
            sample=draw(depth.sample, depth.seed) if depth.sample else None,
            tag_key=depth.tag_key,
            progress=lambda step, done, total: progress(done, total, step),
        )
    _refuse_for_one_file(order, checkpoint, depth)
    return verify_history(file, keyring=keyring)


def _where(target: str | None, data: Path | None) -> Where:
    if target is None:
        # The settings are read only where no target is named: verification needs none.
        from orderproof import installation

        return installation.find(data).archive
    where = addresses.parse(target, data)
    if isinstance(where, Path) and not where.exists():
        raise CommandError(f"{terminal.safe(target)} does not exist")
    return where


def _is_pack(file: Path) -> bool:
    """Tell whether a file is an evidence pack, a PDF or a ZIP, by its first bytes."""
    if not file.is_file():
        return False
    try:
        with file.open("rb") as opened:
            return opened.read(5).startswith((b"%PDF-", b"PK\x03\x04"))
    except OSError:
        return False  # whoever reads it says so


def _verify_pack(file: Path, keyring: Path | None, certificate: str | None) -> Report:
    from orderproof.evidence_check import check_file  # which takes long to import

    return check_file(file, keyring, certificate)


def _refuse_for_one_file(order: str | None, checkpoint: Path | None, depth: Depth) -> None:
    if order is not None or checkpoint is not None or depth.sample or depth.tag_key:
        raise CommandError(
            "--order, --checkpoint, --sample and --tag-key need an archive's folder, not one file"
        )
