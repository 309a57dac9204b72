"""Addresses of archives: a folder, its `file:///…` address, or `s3://bucket/prefix`."""

import shlex
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from archive.s3_errors import BucketError
from archive.s3_place import Place, place_of
from archive.verify.files import Files, opened
from orderproof import terminal
from orderproof.errors import CommandError

if TYPE_CHECKING:
    from archive.expiry import ExpiringStore
    from orderproof.settings import BucketSettings

Where = Path | Place
"""A folder or a place in a bucket."""


def parse(address: str, data: Path | None = None) -> Where:
    """Read the address of an archive, or of one of its files.

    Args:
        address: what a person typed.
        data: data folder whose settings name the S3 server, where the environment does not and
            there are such settings.

    Raises:
        CommandError: it is an address of a kind that no archive has.
    """
    if address.startswith("s3:"):
        from orderproof import settings  # which takes long to import, and files need none

        return of_setting(address, settings.for_buckets(data))
    return _local(address)


def of_setting(url: str, chosen: "BucketSettings") -> Where:
    """Return where the archive is that a setting names."""
    if not url.startswith("s3:"):
        return _local(url)
    try:
        return place_of(
            url,
            chosen.s3_endpoint_url,
            encryption=chosen.s3_sse,
            kms_key=chosen.s3_sse_kms_key_id,
            patience=chosen.s3_wait,
        )
    except BucketError as error:
        raise CommandError(f"this is no address of a bucket: {error}") from error


def _local(address: str) -> Path:
    if address.startswith("file:"):
        parts = urlsplit(address)
        if parts.netloc not in ("", "localhost"):
            raise CommandError("a file:// address names a folder of this machine: file:///…")
        return Path(unquote(parts.path))
    if "://" in address:
        scheme = terminal.safe(address.partition(":")[0])
        raise CommandError(f"{scheme} addresses are not supported; say a folder or s3://…")
    return Path(address)


def reading(where: Where, names: Iterable[str] | None = None) -> Files:
    """Open an archive for reading.

    Args:
        where: the archive.
        names: look for these files only, which spares listing all.

    Raises:
        NoArchiveError: there is none.
    """
    if isinstance(where, Path):
        return opened(where, names)
    from archive.bucket_files import BucketFiles
    from archive.s3 import Bucket

    return BucketFiles(Bucket(where), names)


def writing(where: Where, *, create_once: bool = True) -> "AbstractContextManager[ExpiringStore]":
    """Open an archive for its one archiver.

    Args:
        where: the archive; a folder is made where missing.
        create_once: what the probe found of the bucket.
    """
    if isinstance(where, Path):
        from archive.folder import Folder

        return Folder(where)
    from archive.mirrored_bucket import MirroredBucket
    from archive.s3 import Bucket

    return MirroredBucket(Bucket(where), create_once=create_once)


def same(one: Where, other: Where) -> bool:
    """Tell whether two addresses lead to the same archive."""
    if isinstance(one, Path) and isinstance(other, Path):
        return one.resolve() == other.resolve()
    return name(one) == name(other)


def name(where: Where) -> str:
    """Return the place of an archive for programs."""
    return str(where) if isinstance(where, Path) else where.address


def shown(where: Where) -> str:
    """Return the place of an archive for people to read."""
    return terminal.shown(where) if isinstance(where, Path) else terminal.safe(name(where))


def typed(where: Where) -> str:
    """Return the place of an archive as a person types it in a shell."""
    return terminal.typed(where) if isinstance(where, Path) else shlex.quote(shown(where))
