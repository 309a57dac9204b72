"""Requests to a bucket: with patience that ends, and with words for what went wrong.

botocore's own retries are off: how long an archiver waits is ours to say. Secrets and whole
answers of the server never come into a message, only its error code.
"""

import copy
import io
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import IO, Any

from botocore.exceptions import (  # type: ignore[import-untyped]
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
    SSLError,
)

from archive.errors import TooLargeError
from archive.s3_client import Credentials, connect
from archive.s3_errors import AwayError, BucketError, RefusedError
from archive.s3_place import Place

_RETRIED_CODES = {"SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "Throttling"}
_CONFLICTS = {"ConditionalRequestConflict", "OperationAborted"}
_RETRIED_STATUS = (500, 502, 503, 504, 429)
_LONGEST_WAIT = 20.0
_LEAST_TRIES = 3
_MOST_TRIES = 1000
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Version:
    """One version of an object, as the bucket lists it.

    Args:
        name: the object's name in the archive.
        id: of the version.
        newest: whether a plain read gets this one.
        marker: whether it only hides the object: a delete marker, which has no content.
        size: in bytes.
        etag: the server's own digest.
        at: when it was written, by the server's clock, in seconds since 1970.
    """

    name: str
    id: str
    newest: bool
    marker: bool
    size: int
    etag: str
    at: float


class Bucket:
    """A bucket that is asked with patience.

    Args:
        place: where the archive is.
        credentials: None: boto3's usual chain.
        connections: how many requests may run at once.
        first_wait: seconds before the second try; doubled, and spread at random, before each
            next. No more tries are begun after `place.patience`, but three are made at least.
    """

    def __init__(
        self,
        place: Place,
        credentials: Credentials | None = None,
        *,
        connections: int = 16,
        first_wait: float = 0.25,
    ) -> None:
        self.place = place
        self._credentials = credentials
        self._connections = connections
        self._first_wait = first_wait
        self._client = self._connect()

    def __getstate__(self) -> dict[str, Any]:
        """Leave connections behind on the way to another process."""
        return {name: value for name, value in vars(self).items() if name != "_client"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._client = self._connect()

    def _connect(self) -> Any:
        place = self.place
        try:
            return connect(place.endpoint, self._credentials, connections=self._connections)
        except (BotoCoreError, ValueError) as error:
            raise BucketError(f"{place.address} cannot be opened: {_words(error)}") from error

    def beside(self, prefix: str) -> "Bucket":
        """Return the same bucket with another prefix."""
        other = copy.copy(self)
        other.place = replace(self.place, prefix=prefix)
        return other

    def key(self, path: str) -> str:
        """Return the key of an object of the archive."""
        return self.place.start + path

    def ask(self, operation: str, path: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Make one request, again and again where that can help.

        Args:
            operation: name of a method of boto3's client.
            path: the object, unless it is about the bucket.
            parameters: the others of the method.

        Raises:
            RefusedError: the server refuses it for good.
            AwayError: the server cannot be reached, or stays too busy.
            BucketError: it cannot be asked.
        """
        if path is not None:
            parameters["Key"] = self.key(path)
        about = self.place.address + (f"/{path}" if path is not None else "")
        reason = ""
        for _ in self._attempts():
            try:
                answer: dict[str, Any] = getattr(self._client, operation)(
                    Bucket=self.place.bucket, **parameters
                )
            except ClientError as error:
                code, status = _code(error)
                if not (code in _RETRIED_CODES or code in _CONFLICTS or status in _RETRIED_STATUS):
                    raise RefusedError(operation, code, status, about) from error
                reason = f"it answers {status} {code}"
            except SSLError as error:
                raise BucketError(
                    f"the server of {self.place.address} "
                    f"({self.place.endpoint or 'AWS'}) cannot be trusted: {_words(error)}. Nothing "
                    "was sent to it. Let its certificate be renewed or its authority be installed"
                ) from error
            except (NoCredentialsError, PartialCredentialsError) as error:
                raise BucketError(
                    f"there are no credentials for {self.place.address}. Next: set "
                    "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile in ~/.aws"
                ) from error
            except (HTTPClientError, EndpointConnectionError, IncompleteReadError) as error:
                reason = _words(error)
            except BotoCoreError as error:
                raise BucketError(f"{about} cannot be asked: {_words(error)}") from error
            else:
                return answer
        raise AwayError(
            f"the archive lags: {about} did not answer as it should for as long as was waited "
            f"({reason}). "
            "Nothing is lost, and events are recorded all the same. Run `orderproof archive` "
            "again when the bucket answers"
        )

    def get(
        self, path: str, into: IO[bytes], limit: int | None = None, **parameters: Any
    ) -> dict[str, Any]:
        """Write an object's content into a file, and return what the server says of it.

        Args:
            path: the object.
            into: an empty file.
            limit: most bytes that are wanted.
            parameters: of `get_object`.

        Raises:
            TooLargeError: it is longer than `limit`; nothing was written.
        """
        reason = ""
        for _ in self._attempts():
            answer = self.ask("get_object", path, **parameters)
            if limit is not None and answer["ContentLength"] > limit:
                answer["Body"].close()
                raise TooLargeError(f"is larger than {limit} bytes")
            try:
                while chunk := answer["Body"].read(_CHUNK):
                    into.write(chunk)
            except (HTTPClientError, IncompleteReadError) as error:
                reason = _words(error)
                into.seek(0)
                into.truncate()
            else:
                return answer
        raise AwayError(f"{self.place.address}/{path} breaks off while it is read: {reason}")

    def read(self, path: str, **parameters: Any) -> tuple[dict[str, Any], bytes]:
        """Get an object whole: what the server says of it, and its bytes."""
        into = io.BytesIO()
        return self.get(path, into, **parameters), into.getvalue()

    def versions(
        self, start: str, delimiter: str | None = None
    ) -> Iterator[tuple[str, list[Version]]]:
        """List the objects whose names start so, with every version, the oldest first.

        Args:
            start: how the names start.
            delimiter: `/`: only objects with no further `/` in their names.
        """
        waiting: dict[str, list[Version]] = {}
        more: dict[str, Any] = {"Delimiter": delimiter} if delimiter else {}
        while True:
            page = self.ask("list_object_versions", Prefix=self.key(start), **more)
            for kind in ("Versions", "DeleteMarkers"):
                for each in page.get(kind, []):
                    version = self._version(each, marker=kind == "DeleteMarkers")
                    waiting.setdefault(version.name, []).append(version)
            # The versions of the last name of a page may go on in the next.
            last = page["NextKeyMarker"] if page.get("IsTruncated") else None
            upto = None if last is None else last[len(self.place.start) :]
            for name in sorted(waiting):
                if upto is None or name < upto:
                    yield name, _oldest_first(waiting.pop(name))
            if last is None:
                return
            more["KeyMarker"] = last
            if page.get("NextVersionIdMarker"):
                more["VersionIdMarker"] = page["NextVersionIdMarker"]

    def versions_of(self, path: str) -> list[Version]:
        """List the versions of one object, the oldest first."""
        return next((found for name, found in self.versions(path) if name == path), [])

    def _version(self, listed: dict[str, Any], *, marker: bool) -> Version:
        return Version(
            name=listed["Key"][len(self.place.start) :],
            id=listed["VersionId"],
            newest=listed["IsLatest"],
            marker=marker,
            size=listed.get("Size", 0),
            etag=listed.get("ETag", ""),
            at=listed["LastModified"].timestamp(),
        )

    def _attempts(self) -> Iterator[None]:
        """Yield for each try, after waits that double and do not come when those of others do."""
        until = time.monotonic() + self.place.patience
        wait = self._first_wait
        for attempt in range(_MOST_TRIES):
            if attempt:
                time.sleep(wait * random.uniform(0.5, 1))  # noqa: S311  # it spreads the load
                wait = min(2 * wait, _LONGEST_WAIT)
            yield
            if attempt + 1 >= _LEAST_TRIES and time.monotonic() + wait > until:
                return


def _oldest_first(versions: list[Version]) -> list[Version]:
    # The server lists the newest first; of versions of one second that order is what counts.
    versions.reverse()
    return sorted(versions, key=lambda each: each.at)


def _code(error: ClientError) -> tuple[str, int]:
    answer = error.response
    status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    return str(answer.get("Error", {}).get("Code", "")), status


def _words(error: Exception) -> str:
    """Return a reason without what the request held."""
    cause = getattr(error, "kwargs", {}).get("error")
    return " ".join(str(cause if cause is not None else error).split())[:300]
