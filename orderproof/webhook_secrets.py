"""Secrets that webhooks are signed with: files of a source and shop, several during a rotation.

`keys/webhooks/<source>/<shop>/<id>.secret`, each readable by its owner alone. What a file holds is
what the source gives out: a shared secret, or a public key or certificate where it signs with one.
"""

import secrets
from pathlib import Path
from urllib.parse import quote

from orderproof import errors, key_files
from orderproof.errors import CommandError

_FOLDER = "webhooks"
_ENDING = ".secret"
_LONGEST = 64 * 1024
_NAME = 200  # bytes of a file name, after escaping


def _folder(keys: Path, source: str, shop: str) -> Path | None:
    name = quote(shop, safe="").replace(".", "%2E")
    return keys / _FOLDER / source / name if shop and len(name) <= _NAME else None


def add(keys: Path, source: str, shop: str, secret: str) -> str:
    """Keep a secret beside those that are there, and return its id.

    Args:
        keys: the keys folder.
        source: name of the format.
        shop: whose webhooks it signs.
        secret: as the source gives it out.

    Raises:
        CommandError: it is empty or too long, or no shop can have that name.
    """
    folder = _folder(keys, source, shop)
    if folder is None or "/" in shop:
        raise CommandError("--shop: a shop's name has no slash, is not empty and not that long")
    if not secret.strip() or len(secret) > _LONGEST:
        raise CommandError(f"a secret is text of 1 to {_LONGEST:,} characters")
    for each in (keys / _FOLDER, keys / _FOLDER / source, folder):
        each.mkdir(mode=0o700, exist_ok=True)
    own = secrets.token_hex(4)
    key_files.write_secret(folder / f"{own}{_ENDING}", secret.strip().encode() + b"\n")
    return own


def remove(keys: Path, source: str, shop: str, own: str) -> None:
    """Delete a secret: what is signed with it is refused from then on.

    Raises:
        CommandError: there is none of this id.
    """
    folder = _folder(keys, source, shop)
    found = [file for file in _files(folder) if file.stem == own]
    if not found:
        raise CommandError("there is no secret of this id", errors.NOT_FOUND)
    found[0].unlink()


def read(keys: Path, source: str, shop: str) -> list[str]:
    """Return the secrets of a source and shop, the oldest first; none where it has none.

    Raises:
        CommandError: one can be read by others, or not by us.
    """
    return [
        key_files.content(file).decode().strip() for file in _files(_folder(keys, source, shop))
    ]


def ids(keys: Path) -> list[tuple[str, str, str]]:
    """Return source, escaped shop and id of all secrets."""
    return [
        (file.parent.parent.name, file.parent.name, file.stem)
        for file in sorted((keys / _FOLDER).glob(f"*/*/*{_ENDING}"))
    ]


def _files(folder: Path | None) -> list[Path]:
    if folder is None:
        return []
    return sorted(folder.glob(f"*{_ENDING}"), key=lambda file: file.stat().st_mtime)
