"""Files on their way into the store of attachments, and out of it."""

import hashlib
import os
import stat
from pathlib import Path

import msgspec

from domain import attachment
from domain.media_type import ContentRefusedError, media_type
from orderproof import errors
from orderproof.errors import CommandError
from orderproof.holding import refuse_unsaid
from orderproof.terminal import safe, shown

_MIB = 1 << 20
_LARGEST_ELSEWHERE = 2**53


class Content(msgspec.Struct, frozen=True):
    """What is attached.

    Args:
        data: the file; None for a digest alone.
        sha256: SHA-256, hex, of the file.
        size: in bytes.
        media_type: empty where it is not known.
        name: of the file; it is data, and never a path.
    """

    data: bytes | None
    sha256: str
    size: int
    media_type: str
    name: str | None


def read_file(path: Path, limit: int) -> Content:
    """Read a file that is to be attached.

    Args:
        path: where it is.
        limit: bytes that it may have.

    Raises:
        CommandError: it cannot be read, is empty or too large, or of a kind that is not kept.
    """
    try:
        # Not waiting keeps a pipe from holding the command up: it is refused below.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise CommandError(f"{shown(path.absolute())} is no file")
            data = file.read(limit + 1)
    except OSError as error:
        raise CommandError(f"{safe(str(path))} cannot be read: {error.strerror}") from None
    if not data:
        raise CommandError(f"{shown(path.absolute())} is empty")
    if len(data) > limit:
        raise CommandError(
            f"the file has more than {limit // _MIB} MiB. Next: attach a smaller one, or its "
            "digest alone (--digest, --size); ORDERPROOF_EVIDENCE_MAX_MIB raises the limit",
            errors.REFUSED,
        )
    name = os.fsencode(path.name).decode("utf-8", "backslashreplace")
    try:
        return of_bytes(data, name)
    except ContentRefusedError as error:
        raise CommandError(
            f"{error}. It was not attached; --digest and --size record a file that is kept "
            "elsewhere",
            errors.REFUSED,
        ) from None


def of_bytes(data: bytes, name: str | None) -> Content:
    """Return what a file's bytes say, at least one; the name is kept as it is.

    Raises:
        ContentRefusedError: it is of a kind that is not kept.
    """
    kind = media_type(data, name or "")
    return Content(data, hashlib.sha256(data).hexdigest(), len(data), kind, name)


def of_digest(digest: str, size: int | None, kind: str | None) -> Content:
    """Return what a digest alone says, of a file that is kept elsewhere.

    Raises:
        CommandError: it is no digest, or it has no size.
    """
    if not attachment.DIGEST.fullmatch(digest):
        raise CommandError("--digest takes a SHA-256 in 64 small hex digits, as sha256sum says it")
    if size is None or not 0 < size <= _LARGEST_ELSEWHERE:
        raise CommandError("say with --size how many bytes the file has")
    if kind is not None:
        refuse_unsaid(**{"media-type": kind})
    return Content(None, digest, size, kind or "", None)


def write(out: Path, data: bytes) -> None:
    """Write a file that only its owner reads, and never over another one.

    Raises:
        CommandError: there is something at `out`, or it cannot be written.
    """
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
    except FileExistsError:
        raise CommandError(
            f"{shown(out.absolute())} is there already. Name a new file with --out"
        ) from None
    except OSError as error:
        raise CommandError(f"{safe(str(out))} cannot be written: {error.strerror}") from None
