"""Who outside is believed, in the keyring: timestamp authorities, witnesses, and how many of them.

Each function makes the next keyring from the one it is given, or refuses; nothing is written.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from archive import layout, note
from archive.errors import FormatError
from archive.note import ED25519, VerifierKey
from archive.renewing import is_stamped
from archive.store import Store
from archive.trust import Authority, Keyring
from archive.verify import certificates, tokens
from orderproof.errors import REFUSED, CommandError

_LONGEST_NAME = 200
_LARGEST_CERTIFICATE = 65_536
_PEM = b"-----BEGIN"


def digest(authority: Authority) -> str:
    """Return what people compare of an authority: SHA-256, hex, of its certificate."""
    return hashlib.sha256(authority.certificate).hexdigest()


def lines(keyring: Keyring) -> list[str]:
    """Say whom a keyring names outside, a line for each."""
    said = [
        f"Stamps time      {each.name} (SHA-256 {digest(each)})" for each in keyring.authorities
    ]
    said += [
        f"Witness          {each} ({note.TYPE_NAMES[each.type]})" for each in keyring.witnesses
    ]
    if keyring.witnesses:
        said.append(f"Needed of those  {keyring.quorum}")
    return said


def with_authority(keyring: Keyring, name: str, certificate: Path) -> Keyring:
    """Name a timestamp authority by the certificate of its root.

    Raises:
        CommandError: the file is no certificate of an authority in force, or it is there already.
    """
    if not name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME:
        raise CommandError(f"say a --name of 1 to {_LONGEST_NAME} characters on one line")
    if any(each.name == name for each in keyring.authorities):
        raise CommandError(f"the keyring has an authority named {name}. See: orderproof key list")
    added = Authority(name, _root_certificate(certificate))
    for each in keyring.authorities:
        if each.certificate == added.certificate:
            raise CommandError(f"the keyring has this certificate already, as {each.name}")
    return replace(keyring, authorities=(*keyring.authorities, added))


def without_authority(keyring: Keyring, name: str) -> Keyring:
    """Name a timestamp authority no longer.

    Raises:
        CommandError: none is named so.
    """
    kept = tuple(each for each in keyring.authorities if each.name != name)
    if kept == keyring.authorities:
        raise CommandError(f"no authority of the keyring is named {name}. See: orderproof key list")
    return replace(keyring, authorities=kept)


def refuse_stamped(store: Store, before: Keyring, after: Keyring) -> None:
    """Refuse to forget an authority whose tokens are in the archive: they would prove nothing.

    Raises:
        CommandError: a token is good by the keyring before, and bad by the one after.
    """
    told = [_roots(before), _roots(after)]
    for text in store.names("log/checkpoints"):
        size = layout.checkpoint_size(f"log/checkpoints/{text}")
        stamped = store.get(layout.checkpoint_path(size)) if size is not None else None
        if size is None or stamped is None:
            continue
        folder = layout.tokens_folder(size)
        for name in store.names(folder):
            data = store.get(f"{folder}/{name}") if name.endswith(".tsr") else None
            if data and [_is_good(data, stamped, roots) for roots in told] == [True, False]:
                raise _stamped(f"{folder}/{name} in the archive is its token", "TIMESTAMP_BAD")
    for text in store.names(layout.RENEWALS):
        number = layout.renewal_number(f"{layout.RENEWALS}/{text}")
        if number and [is_stamped(store, number, roots) for roots in told] == [True, False]:
            raise _stamped(f"{layout.RENEWALS}/{text} in the archive has its token", "RENEWAL_BAD")


def _stamped(what: str, code: str) -> CommandError:
    return CommandError(
        f"{what}: without the authority it proves no time, and next to other authorities verify "
        f"calls it {code}. To be stamped by it no more, take its address out of "
        "ORDERPROOF_TSA_URLS. If it is not to be believed any more: the same with "
        "--although-it-stamped",
        REFUSED,
    )


def with_witness(keyring: Keyring, vkey: str) -> Keyring:
    """Name a witness by its verifier key.

    Raises:
        CommandError: it is no key of a witness, or the witness is there already.
    """
    try:
        added = VerifierKey.parse(vkey.strip())
    except FormatError as error:
        raise CommandError(
            f"this is no verifier key: {error}. `orderproof witness` prints its own as it starts"
        ) from None
    if added.type == ED25519:
        raise CommandError(
            f"{added} is a key of type {note.TYPE_NAMES[ED25519]}, which signs no time, as a log's "
            "does. Ask the witness for its cosignature key"
        )
    if added.name == keyring.origin:
        raise CommandError(f"{added} has the name of the log, which cannot be its own witness")
    for each in keyring.witnesses:
        if each.name == added.name:
            raise CommandError(
                f"the keyring has a witness of this name, {each}. If its key changed: orderproof "
                f"key witness remove {each}, then the same again"
            )
    return replace(keyring, witnesses=(*keyring.witnesses, added))


def without_witness(keyring: Keyring, named: str) -> Keyring:
    """Name a witness no longer.

    Args:
        keyring: what it was.
        named: verifier key, name and id, or name.

    Raises:
        CommandError: none is named so, or too few stay for the quorum.
    """
    kept = tuple(
        each for each in keyring.witnesses if named not in (each.vkey(), str(each), each.name)
    )
    if kept == keyring.witnesses:
        raise CommandError(f"no witness of the keyring is {named}. See: orderproof key list")
    if keyring.quorum > len(kept):
        raise CommandError(
            f"the keyring asks for {keyring.quorum} witnesses, and {len(kept)} would be left. "
            f"Next: orderproof key witness quorum {len(kept)}, or add another witness first"
        )
    return replace(keyring, witnesses=kept)


def with_quorum(keyring: Keyring, quorum: int) -> Keyring:
    """Say how many witnesses must cosign the newest checkpoint.

    Raises:
        CommandError: there are not so many, or it is so already.
    """
    if not 0 <= quorum <= len(keyring.witnesses):
        raise CommandError(
            f"the keyring names {len(keyring.witnesses)} witnesses: say 0 to "
            f"{len(keyring.witnesses)}, or first: orderproof key witness add VKEY"
        )
    if quorum == keyring.quorum:
        raise CommandError(f"the quorum is {quorum} already")
    return replace(keyring, quorum=quorum)


def _root_certificate(file: Path) -> bytes:
    """Read the DER of an authority's certificate, from DER or PEM."""
    try:
        with file.open("rb") as opened:
            data = opened.read(_LARGEST_CERTIFICATE + 1)
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}") from None
    try:
        if len(data) > _LARGEST_CERTIFICATE:
            raise ValueError("too long")
        found = x509.load_pem_x509_certificates(data) if _PEM in data else [certificates.load(data)]
    except certificates.UNREADABLE:
        raise CommandError(f"{file} is no certificate, neither PEM nor DER") from None
    if len(found) != 1:
        raise CommandError(f"{file} holds {len(found)} certificates: say the root's alone")
    (certificate,) = found
    if not certificates.may_issue(certificate, below=0):
        raise CommandError(
            f"{file} is no certificate of an authority: it may not issue others. Say the root's, "
            "not that of the key that stamps"
        )
    now = datetime.now(UTC)
    if now > certificate.not_valid_after_utc:
        raise CommandError(f"{file} has ended, on {certificate.not_valid_after_utc:%Y-%m-%d}")
    if now < certificate.not_valid_before_utc:
        raise CommandError(f"{file} begins only on {certificate.not_valid_before_utc:%Y-%m-%d}")
    return certificate.public_bytes(Encoding.DER)


def _roots(keyring: Keyring) -> list[bytes]:
    return [each.certificate for each in keyring.authorities]


def _is_good(token: bytes, stamped: bytes, roots: Sequence[bytes]) -> bool:
    try:
        tokens.check(token, stamped, roots)
    except tokens.TokenBadError:
        return False
    return True
