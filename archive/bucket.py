"""The archive in a bucket with Object Lock: objects are created once, locked, and read back.

One PutObject for one object: some servers drop the lock of what is uploaded in parts. Threads
make up for the time that each request takes.
"""

import hashlib
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import date
from typing import IO, Any, BinaryIO, Self, TypeVar

from archive.bucket_request import (
    COMPLIANCE,
    digests,
    digests_of,
    end_of,
    is_locked,
    is_past,
    lock_of,
)
from archive.s3 import Bucket, Version
from archive.s3_errors import BucketError, RefusedError
from archive.store import (
    DELETED,
    EXPIRED,
    REPLACED,
    NewObject,
    ObjectDiffersError,
    Stored,
    parts_of,
    refuse_final,
    same_text,
)

_IN_MEMORY = 16 * 1024 * 1024
_MISSING = (404,)
_THERE = 412

_T = TypeVar("_T")
_R = TypeVar("_R")


class BucketStore:
    """A bucket, open for the one archiver that writes it. Close it after use.

    That there is only one is for the caller to see to: a bucket has no lock for that. Two would
    do no harm but a second version of the objects that are replaced.

    Args:
        bucket: where the archive is.
        create_once: whether the bucket was found to refuse a second version on
            `If-None-Match: *`. Without it every object is looked for before and after.
        threads: how many objects are written at once.
    """

    def __init__(self, bucket: Bucket, *, create_once: bool = True, threads: int = 16) -> None:
        self._bucket = bucket
        self._create_once = create_once
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="archive-bucket")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def address(self) -> str:
        """The bucket and the prefix."""
        return self._bucket.place.address

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(cancel_futures=True)

    def get(self, path: str) -> bytes | None:
        """Return the bytes of an object, or None if there is none.

        One that is hidden by a delete marker is there: its bytes are those below the marker.
        """
        into = io.BytesIO()
        return into.getvalue() if self._fetch(path, into) else None

    def has(self, path: str) -> bool:
        """Tell whether there is an object."""
        parts_of(path)
        try:
            self._bucket.ask("head_object", path)
        except RefusedError as error:
            if error.status not in _MISSING:
                raise
            return self._hidden(path) is not None
        return True

    @contextmanager
    def reading(self, path: str) -> Iterator[BinaryIO]:
        """Open an object that may be larger than memory.

        Raises:
            BucketError: there is none, or it cannot be read.
        """
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
            if not self._fetch(path, file):
                raise BucketError(f"{self.address}/{path} is not there")
            file.seek(0)
            yield file  # type: ignore[misc]  # it reads as any file does

    def names(self, folder: str) -> list[str]:
        """List the names of the objects directly in a folder, sorted; hidden ones as well."""
        parts_of(folder)
        found = self._bucket.versions(f"{folder}/", delimiter="/")
        return [
            name.rpartition("/")[2]
            for name, versions in found
            if not all(each.marker for each in versions)
        ]

    def put_new(self, path: str, data: bytes, retain_until: date | None = None) -> Stored:
        """Store one object that never changes; as `put_batch`."""
        return self.put_batch([NewObject(path, data, retain_until)])[0]

    def put_batch(self, objects: Sequence[NewObject]) -> list[Stored]:
        """Store objects that never change; they are there and locked when this returns.

        Raises:
            ObjectDiffersError: an object is there with another text. Of the others some may have
                been stored.
            BucketError: the server does not confirm an object or its lock, or cannot be reached.
        """
        for each in objects:
            parts_of(each.path)
        return self._all(self._create, objects)

    def put_large(
        self, path: str, pieces: Iterable[bytes], retain_until: date | None = None
    ) -> None:
        """Store one object that never changes, may be larger than memory, and is not there yet.

        Raises:
            ObjectDiffersError: there is one.
            BucketError: the server does not confirm the object or its lock.
        """
        if self.has(path):
            raise ObjectDiffersError(path)
        new = NewObject(path, b"", retain_until)
        with _spooled(pieces) as (file, sent):
            try:
                version = self._put(path, file, sent, IfNoneMatch="*", **lock_of(new))
            except RefusedError as error:
                if error.status != _THERE:
                    raise
                raise ObjectDiffersError(path) from error
            self._ensure_locked(new, version, self._check_version(path, version, file.tell()))

    def replace(self, path: str, pieces: Iterable[bytes]) -> None:
        """Store one of the objects that are replaced: old or new is read, nothing between.

        Its older versions stay; they carry no lock, and a rule of the bucket may expire them.
        """
        refuse_final(path, REPLACED, "replaced")
        parts_of(path)
        with _spooled(pieces) as (file, sent):
            self._check_version(path, self._put(path, file, sent), file.tell())

    def delete(self, path: str) -> None:
        """Delete an object whose name `DELETED` matches, every version of it."""
        refuse_final(path, DELETED, "deleted")
        self._delete_versions(path)

    def expire(self, path: str) -> None:
        """Delete an object whose name `EXPIRED` matches, every version of it, for good.

        Raises:
            StoreError: the bucket keeps a version: its lock has not ended, or it is under hold.
        """
        refuse_final(path, EXPIRED, "deleted")
        self._delete_versions(path)

    def extend(self, path: str, retain_until: date) -> None:
        """Lock an object up to a later day, if it is not locked for so long already."""
        new = NewObject(path, b"", retain_until)
        for version in self._contents(path):
            said = self._bucket.ask("head_object", path, VersionId=version.id)
            self._ensure_locked(new, version.id, said)

    def hold(self, path: str, *, on: bool) -> None:
        """Put every version of an object under legal hold, or release it, and read it back.

        Raises:
            BucketError: there is no such object, or the server does not confirm the hold.
        """
        wanted = "ON" if on else "OFF"
        for version in self._contents(path):
            self._bucket.ask(
                "put_object_legal_hold",
                path,
                VersionId=version.id,
                LegalHold={"Status": wanted},
            )
            said = self._bucket.ask("head_object", path, VersionId=version.id)
            if said.get("ObjectLockLegalHoldStatus", "OFF") != wanted:
                raise BucketError(
                    f"{self.address}/{path}: the bucket took the legal hold {wanted} and does not "
                    "show it; do not rely on it"
                )

    def _delete_versions(self, path: str) -> None:
        parts_of(path)
        for version in self._bucket.versions_of(path):
            self._bucket.ask("delete_object", path, VersionId=version.id)

    def _contents(self, path: str) -> list[Version]:
        """List the versions of an object that have a content.

        Raises:
            BucketError: there is none.
        """
        parts_of(path)
        found = [each for each in self._bucket.versions_of(path) if not each.marker]
        if not found:
            raise BucketError(f"{self.address}/{path} is not there")
        return found

    def _create(self, new: NewObject) -> Stored:
        """Store one object unless it is there, and make sure of its lock."""
        if not self._create_once and (there := self._first(new.path)):
            return self._keep(new, there)
        sent = digests_of(new.data)
        try:
            version = self._put(new.path, new.data, sent, IfNoneMatch="*", **lock_of(new))
        except RefusedError as error:
            if error.status != _THERE:
                raise
            there = self._first(new.path)
            if there is None:
                raise BucketError(
                    f"{self.address}/{new.path} is there and cannot be read"
                ) from error
            return self._keep(new, there)
        self._ensure_locked(new, version, self._check_version(new.path, version, len(new.data)))
        if not self._create_once:
            first = self._first(new.path)
            if first is not None and first.version != version:
                return self._keep(new, first)  # somebody else wrote it at the same time
        return Stored(new.data, version)

    def _put(self, path: str, body: bytes | IO[bytes], sent: dict[str, str], **more: Any) -> str:
        """Write a version and return its id."""
        place = self._bucket.place
        if place.encryption != "none":
            more["ServerSideEncryption"] = place.encryption
        if place.kms_key is not None:
            more["SSEKMSKeyId"] = place.kms_key
        if not isinstance(body, bytes):
            body.seek(0)
        answer = self._bucket.ask("put_object", path, Body=body, **sent, **more)
        return str(answer.get("VersionId", "null"))

    def _keep(self, new: NewObject, there: Stored) -> Stored:
        """Keep what is there, if it says the same."""
        if not same_text(new.path, there.data, new.data):
            raise ObjectDiffersError(new.path)
        version = there.version or "null"
        said = self._bucket.ask("head_object", new.path, VersionId=version)
        self._ensure_locked(new, version, said)
        return there

    def _check_version(self, path: str, version: str, length: int) -> dict[str, Any]:
        """Make sure that a version is there as it was written; return what is said of it.

        Raises:
            BucketError: it has no id, another length, or is not encrypted as asked.
        """
        if version == "null":
            raise BucketError(
                f"{self.address} keeps no versions, so nothing in it can be locked. Next: "
                "orderproof bucket doctor"
            )
        said = self._bucket.ask("head_object", path, VersionId=version)
        if said.get("ContentLength") != length:
            raise BucketError(f"{self.address}/{path} does not have the length that was written")
        wanted = self._bucket.place.encryption
        if wanted != "none" and said.get("ServerSideEncryption") != wanted:
            raise BucketError(f"{self.address}/{path} is not encrypted with {wanted} as asked")
        return said

    def _ensure_locked(self, new: NewObject, version: str, said: dict[str, Any]) -> None:
        """Where the lock is missing or ends too early, set it once more and read it back.

        Args:
            new: the object, with the lock that it is to have.
            version: which version of it.
            said: what the server said of that version.

        Raises:
            BucketError: the lock is not there after that either.
        """
        if new.retain_until is None or is_past(new.retain_until):
            return
        if is_locked(said, new.retain_until):
            return
        lock = {"Mode": COMPLIANCE, "RetainUntilDate": end_of(new.retain_until)}
        self._bucket.ask("put_object_retention", new.path, VersionId=version, Retention=lock)
        said = self._bucket.ask("head_object", new.path, VersionId=version)
        if not is_locked(said, new.retain_until):
            raise BucketError(
                f"{self.address}/{new.path}: the bucket does not show the lock until "
                f"{new.retain_until.isoformat()} that it was asked for. Next: orderproof bucket "
                "doctor"
            )

    def _fetch(self, path: str, into: IO[bytes]) -> bool:
        """Write the content of an object into a file; False if there is none."""
        parts_of(path)
        try:
            self._bucket.get(path, into)
        except RefusedError as error:
            if error.status not in _MISSING:
                raise
            hidden = self._hidden(path)
            if hidden is None:
                return False
            self._bucket.get(path, into, VersionId=hidden.id)
        return True

    def _hidden(self, path: str) -> Version | None:
        """Return the version below a delete marker: of a final object the first."""
        found = [each for each in self._bucket.versions_of(path) if not each.marker]
        if not found:
            return None
        return found[-1] if REPLACED.fullmatch(path) else found[0]

    def _first(self, path: str) -> Stored | None:
        first = next((v for v in self._bucket.versions_of(path) if not v.marker), None)
        if first is None:
            return None
        return Stored(self._bucket.read(path, VersionId=first.id)[1], first.id)

    def _all(self, work: Callable[[_T], _R], items: Sequence[_T]) -> list[_R]:
        """Do the work for every item, several at a time, and wait until all of it is done."""
        jobs = [self._threads.submit(work, item) for item in items]
        wait(jobs)
        return [job.result() for job in jobs]


@contextmanager
def _spooled(pieces: Iterable[bytes]) -> Iterator[tuple[IO[bytes], dict[str, str]]]:
    """Keep a content that may be larger than memory, with the digests that are sent with it."""
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
        for piece in pieces:
            sha256.update(piece)
            md5.update(piece)
            file.write(piece)
        yield file, digests(sha256.digest(), md5.digest())
