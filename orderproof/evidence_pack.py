"""`orderproof claim --pdf` and `--zip`: wires an answer, the archive, and the evidence key."""

import json
import os
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec

from archive import layout, trust
from archive.errors import ArchiveError
from archive.outbound import OutboundError
from archive.single_file import single_file
from archive.timestamping import StampError, stamp_digest
from archive.verify.keyrings import is_fingerprint
from archive.verify.lone import lone_at
from archive.verify.outside import trusted_of
from domain.sentences import language_for
from domain.stream import order_stream
from evidence import packing, recorded
from evidence.attached import Attached
from evidence.certificate import SigningKey, write_chain
from evidence.claimed import B_B, B_T, Claimed, Proof, Seal
from evidence.collecting import Collected, collect, collect_lone
from evidence.signing import Stamp, StampFailedError, sign
from evidence.typesetting import GlyphMissingError, Typesetter
from evidence.words import PAGES
from evidence.zipped import zipped
from orderproof import addresses, errors, lone_file, settings, terminal
from orderproof.addresses import Where
from orderproof.claiming import Answer
from orderproof.errors import CommandError
from orderproof.evidence_key import signing_key
from orderproof.installation import Installation

_MANY = 2_000
"""Events from which on a pack is worth a warning: no history of one order comes near."""


class Wanted(msgspec.Struct, frozen=True):
    """What was asked for.

    Args:
        pdf: where the PDF goes.
        as_zip: where the ZIP goes.
        language: `en` or `zh`; None for the customer's.
        from_archive: the archive or history file that the answer is from; None: the live store.
        keyring: for a history file that lies alone.
    """

    pdf: Path | None
    as_zip: Path | None
    language: str | None
    from_archive: str | None = None
    keyring: Path | None = None


def write_pack(answer: Answer, wanted: Wanted, installation: Installation | None) -> None:
    """Write the pack of an answer; says on stderr where it went.

    Args:
        answer: the claim's.
        wanted: what to write.
        installation: whose evidence key signs; None: nobody's, and the pages say so.

    Raises:
        CommandError: it cannot be made or written.
    """
    if answer.order is None:
        terminal.complain("orderproof: no order was found, so there is no pack of it")
        return
    if len(answer.lines) > _MANY:
        terminal.complain(
            f"the history has {len(answer.lines):,} events, so the pack becomes large (some 5 MB a"
            " thousand events) and takes a while; nothing is left out"
        )
    try:
        made = Made(answer, wanted, installation)
        if wanted.pdf is not None:
            _write(wanted.pdf, made.pdf())
        if wanted.as_zip is not None:
            _write(wanted.as_zip, made.zip())
    except GlyphMissingError as error:
        raise CommandError(str(error), errors.CANNOT_TELL) from None
    except ArchiveError as error:
        raise CommandError(f"the archive cannot be read: {error}", errors.CANNOT_TELL) from error


class Made:
    """The parts of one pack, put together."""

    def __init__(self, answer: Answer, wanted: Wanted, installation: Installation | None) -> None:
        if answer.order is None:
            raise ValueError("there is no order to make a pack of")
        words = language_for(answer.order, wanted.language)
        self.claimed = Claimed(
            shop=answer.shop,
            number=answer.number,
            order=answer.order,
            verdict=answer.verdict,
            integrity=answer.integrity,
            recorded=tuple(recorded.read(answer.lines)),
            words=words,
            page=PAGES[words.code],
        )
        self._installation = installation
        collected = _collected(answer, wanted, installation)
        self.key = _key(collected, wanted, installation)
        certificate = None if self.key is None else write_chain(self.key.chain)
        said = json.loads(json.dumps(answer.as_dict(words.code)))
        self.files: Sequence[Attached] = packing.files_of(
            self.claimed, said, collected, answer.lines, certificate
        )
        unsealed = packing.unsealed_of(self.claimed, collected, answer.lines)
        self.proof: Proof = packing.proof_of(collected, len(unsealed))

    def pages(self, seal: Seal) -> bytes:
        """Return the PDF, not signed yet."""
        return packing.pages(
            typesetter(fonts(self._installation)), self.claimed, self.proof, seal, self.files
        )

    def pdf(self) -> bytes:
        """Return the PDF, signed where there is a key."""
        if self.key is None:
            return self.pages(Seal(level=None, why="no_installation"))
        authorities = self._authorities()
        for url in authorities:
            try:
                return sign(self.pages(_seal(self.key, B_T)), self.key, self._stamp(url))
            except StampFailedError as error:
                terminal.complain(f"orderproof: {error}")
        why = "silent_authority" if authorities else "no_authority"
        return sign(self.pages(_seal(self.key, B_B, why=why)), self.key)

    def zip(self) -> bytes:
        """Return the ZIP, whose list of files is signed where there is a key."""
        why = "no_installation" if self.key is None else "in_zip"
        pages = self.pages(Seal(level=None, why=why))
        return zipped(self.files, pages, single_file(), self.key)

    def _authorities(self) -> list[str]:
        if self._installation is None:
            return []
        return settings.urls(self._installation.settings.tsa_urls)

    def _stamp(self, url: str) -> Stamp:
        roots = trusted_of(self.proof.keyring).roots

        def stamp(digest: bytes) -> bytes:
            try:
                return stamp_digest("sha256", digest, url, roots).response
            except (StampError, OutboundError) as error:
                raise StampFailedError(str(error)) from None

        return stamp


def _key(
    collected: Collected, wanted: Wanted, installation: Installation | None
) -> SigningKey | None:
    """Return the evidence key, unless the archive is somebody else's."""
    if installation is None:
        return None
    origin = packing.proof_of(collected, 0).origin
    if wanted.from_archive is not None and origin != installation.settings.origin:
        return None
    return signing_key(installation)


def fonts(installation: Installation | None) -> Path | None:
    """Return the folder of fonts that is named, if one is."""
    chosen = settings.wanted_fonts() if installation is None else installation.settings.font_path
    if chosen is not None and not chosen.is_dir():
        raise CommandError(
            f"ORDERPROOF_FONT_PATH names {terminal.shown(chosen)}, which is no folder"
        )
    return chosen


@cache
def typesetter(font_path: Path | None) -> Typesetter:
    """Return the typesetter of this process: looking for fonts takes longer than a page."""
    return Typesetter(font_path)


def _seal(key: SigningKey, level: str, *, why: str = "") -> Seal:
    return Seal(
        level=level,
        why=why,
        subject=key.subject,
        fingerprint=key.fingerprint,
    )


def _collected(answer: Answer, wanted: Wanted, installation: Installation | None) -> Collected:
    stream = order_stream(answer.shop, answer.number)
    if wanted.from_archive is not None:
        where = addresses.parse(wanted.from_archive)
        file = lone_file.named(where)
        if file is None:
            return collect(addresses.reading(where, []), stream)
        found = collect_lone(lone_at(file) if isinstance(file, Path) else file, stream)
        _add_keyring(found, wanted.keyring)
        return found
    if installation is None or not _is_there(installation.archive):
        return Collected()
    return collect(addresses.reading(installation.archive, []), stream)


def _is_there(where: Where) -> bool:
    return not isinstance(where, Path) or where.is_dir()


def _add_keyring(found: Collected, keyring: Path | None) -> None:
    """Add the keyring that the caller named, where there is no archive that has one."""
    named = any(layout.keyring_number(name) is not None for name in found.proofs)
    if named or keyring is None or is_fingerprint(keyring):
        return
    data = keyring.read_bytes()
    found.proofs[layout.keyring_path(trust.parse(data).number)] = data


def _write(file: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    try:
        handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name[:80]}.")
        try:
            with os.fdopen(handle, "wb") as opened:
                opened.write(data)
                opened.flush()
                os.fsync(opened.fileno())
            Path(temporary).replace(file)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise CommandError(
            f"{terminal.shown(file)} cannot be written: {error.strerror}", errors.USAGE
        ) from None
    terminal.complain(f"Wrote {terminal.shown(file)}, {terminal.counted(len(data), 'byte')}.")
