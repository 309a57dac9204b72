"""What a bucket really does with locks, found by trying it on a canary that is locked for a day.

Names and documents of servers prove nothing: some let a COMPLIANCE lock be shortened. Each
attempt is judged by what the bucket holds after it, not by how it was answered.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from archive.bucket_request import COMPLIANCE, digests_of
from archive.s3 import Bucket
from archive.s3_errors import RefusedError

CANARIES = "orderproof-doctor"
"""Prefix of the canaries, beside every archive in the bucket."""

_CONTENT = b"Orderproof tried whether this bucket keeps what is locked in it.\n"
_OTHER = b"another content\n"
_EXISTS = 412
_UPLOADS = 10_000


@dataclass(frozen=True)
class Check:
    """One thing that was tried.

    Args:
        name: what must be so.
        passed: whether it is.
        needed: whether nothing may be archived otherwise.
        detail: what was seen, and where it failed what to do.
    """

    name: str
    passed: bool
    needed: bool
    detail: str


@dataclass(frozen=True)
class Upload:
    """An upload in parts that was never finished: no object, but it costs room."""

    name: str
    begun: str


ONCE = "an object is created once"


def probe(bucket: Bucket) -> list[Check]:
    """Try a bucket and return every check, in order; a canary stays in it for a day.

    Raises:
        BucketError: the bucket cannot be asked at all.
    """
    checks = [_versions(bucket), _lock(bucket), _default(bucket)]
    if all(check.passed for check in checks):
        checks += _try_canary(bucket.beside(CANARIES), uuid4().hex)
    return checks


def has_passed(checks: list[Check]) -> bool:
    """Tell whether an archive may be written there."""
    return all(check.passed for check in checks if check.needed)


def creates_once(checks: list[Check]) -> bool:
    """Tell whether the bucket refuses a second version where it is asked to."""
    return any(check.name == ONCE and check.passed for check in checks)


def unfinished_uploads(bucket: Bucket) -> list[Upload]:
    """List the uploads in parts that nobody finished. An archiver begins none itself."""
    found: list[Upload] = []
    more: dict[str, Any] = {}
    while len(found) < _UPLOADS:
        page = bucket.ask("list_multipart_uploads", Prefix=bucket.place.start, **more)
        for each in page.get("Uploads", []):
            name = each["Key"][len(bucket.place.start) :]
            found.append(Upload(name, each["Initiated"].astimezone(UTC).isoformat()))
        if not page.get("IsTruncated"):
            break
        more = {
            "KeyMarker": page["NextKeyMarker"],
            "UploadIdMarker": page["NextUploadIdMarker"],
        }
    return found


def _versions(bucket: Bucket) -> Check:
    said = _answer(lambda: bucket.ask("get_bucket_versioning")).get("Status", "off")
    return Check("versions are kept", said == "Enabled", needed=True, detail=f"versioning: {said}")


def _lock(bucket: Bucket) -> Check:
    enabled = "ObjectLockConfiguration" in _answer(
        lambda: bucket.ask("get_object_lock_configuration")
    )
    detail = "" if enabled else "the bucket was made without Object Lock; make another one with it"
    return Check("the bucket has Object Lock", enabled, needed=True, detail=detail)


def _default(bucket: Bucket) -> Check:
    said = _answer(lambda: bucket.ask("get_object_lock_configuration"))
    rule = said.get("ObjectLockConfiguration", {}).get("Rule", {}).get("DefaultRetention", {})
    detail = ""
    if rule:
        length = f"{rule['Days']} days" if "Days" in rule else f"{rule.get('Years')} years"
        detail = (
            f"the bucket locks every object by itself ({rule.get('Mode')}, {length}), also those "
            "that each run replaces; take this default away, each object gets its own lock"
        )
    return Check("no default retention", not rule, needed=True, detail=detail)


def _answer(question: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return what a bucket says, nothing where it refuses to say it."""
    try:
        return question()
    except RefusedError:
        return {}


def _try_canary(bucket: Bucket, name: str) -> Iterator[Check]:
    until = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
    lock = {"ObjectLockMode": COMPLIANCE, "ObjectLockRetainUntilDate": until}
    digests = digests_of(_CONTENT)
    try:
        stored = bucket.ask(
            "put_object", name, Body=_CONTENT, IfNoneMatch="*", **digests, **lock, **_sse(bucket)
        )
    except RefusedError as error:
        yield Check("a locked object is stored", passed=False, needed=True, detail=str(error))
        return
    canary = _Canary(bucket, name, str(stored.get("VersionId", "null")), until)
    yield Check("a locked object is stored", passed=True, needed=True, detail="")
    yield canary.check("its lock is shown", lambda: None)
    yield _once(canary, lock)
    yield canary.check("it cannot be overwritten", canary.overwrite)
    yield canary.check("it cannot be deleted", canary.delete)
    yield canary.check("its lock cannot be shortened", canary.shorten)
    yield canary.check("its lock cannot be removed", canary.clear)
    yield canary.check("its lock cannot be weakened", canary.weaken)
    yield canary.check("a delete marker only hides it", canary.hide)
    yield _hold(canary)
    yield _digest(bucket)
    if bucket.place.encryption != "none":
        yield _encryption(canary)
    canary.clean()


class _Canary:
    """A locked object, and what somebody with the archiver's key may try on it."""

    def __init__(self, bucket: Bucket, name: str, version: str, until: datetime) -> None:
        self.bucket = bucket
        self.name = name
        self.version = version
        self.until = until

    def check(self, what: str, attempt: Callable[[], object]) -> Check:
        """Make an attempt, then look whether the canary is as it was."""
        answer = "it was accepted"
        try:
            attempt()
        except RefusedError as error:
            answer = f"it was refused with {error.status} {error.code}"
        wrong = self._damage()
        return Check(what, not wrong, needed=True, detail=f"{wrong}; {answer}" if wrong else "")

    def overwrite(self) -> None:
        self.bucket.ask("put_object", self.name, Body=_OTHER)

    def delete(self) -> None:
        self.bucket.ask("delete_object", self.name, VersionId=self.version)

    def shorten(self) -> None:
        self._retain({"Mode": COMPLIANCE, "RetainUntilDate": self.until - timedelta(hours=12)})

    def clear(self) -> None:
        self._retain({})

    def weaken(self) -> None:
        self._retain({"Mode": "GOVERNANCE", "RetainUntilDate": self.until}, bypass=True)

    def hide(self) -> None:
        self.bucket.ask("delete_object", self.name)

    def clean(self) -> None:
        """Delete what the attempts left behind; the canary itself stays until its lock is over."""
        for version in self.bucket.versions_of(self.name):
            if version.id != self.version:
                _answer(
                    lambda v=version: self.bucket.ask(  # type: ignore[misc]
                        "delete_object", self.name, VersionId=v.id
                    )
                )

    def head(self) -> dict[str, Any]:
        return self.bucket.ask("head_object", self.name, VersionId=self.version)

    def _retain(self, retention: dict[str, Any], *, bypass: bool = False) -> None:
        more = {"BypassGovernanceRetention": True} if bypass else {}
        self.bucket.ask(
            "put_object_retention",
            self.name,
            VersionId=self.version,
            Retention=retention,
            **more,
        )

    def _damage(self) -> str:
        """Say what is not as it was, in words; nothing where all is."""
        try:
            said, content = self.bucket.read(self.name, VersionId=self.version)
        except RefusedError as error:
            return f"the version is gone ({error.status} {error.code})"
        if content != _CONTENT:
            return "the version has another content"
        mode, until = said.get("ObjectLockMode"), said.get("ObjectLockRetainUntilDate")
        if mode != COMPLIANCE:
            return f"the lock is {mode or 'gone'}"
        if not isinstance(until, datetime) or until < self.until:
            return f"the lock ends at {until}"
        return ""


def _once(canary: _Canary, lock: dict[str, Any]) -> Check:
    try:
        canary.bucket.ask("put_object", canary.name, Body=_OTHER, IfNoneMatch="*", **lock)
    except RefusedError as error:
        if error.status == _EXISTS:
            return Check(ONCE, passed=True, needed=False, detail="")
        return Check(ONCE, passed=False, needed=False, detail=str(error))
    detail = "If-None-Match is ignored: each object is looked for before and after it is written"
    return Check(ONCE, passed=False, needed=False, detail=detail)


def _hold(canary: _Canary) -> Check:
    seen = []
    try:
        for wanted in ("ON", "OFF"):
            canary.bucket.ask(
                "put_object_legal_hold",
                canary.name,
                VersionId=canary.version,
                LegalHold={"Status": wanted},
            )
            seen.append(canary.head().get("ObjectLockLegalHoldStatus", "OFF"))
    except RefusedError as error:
        return Check("a legal hold can be put on", passed=False, needed=True, detail=str(error))
    detail = "" if seen == ["ON", "OFF"] else f"on and off read back as {seen}"
    return Check("a legal hold can be put on", not detail, needed=True, detail=detail)


def _digest(bucket: Bucket) -> Check:
    """Send a content with the digests of another one."""
    name = f"{uuid4().hex}-damaged"
    try:
        stored = bucket.ask("put_object", name, Body=_OTHER, **digests_of(_CONTENT))
    except RefusedError:
        return Check("damage on the way is noticed", passed=True, needed=False, detail="")
    _answer(lambda: bucket.ask("delete_object", name, VersionId=stored.get("VersionId", "null")))
    detail = "the bucket does not compare digests; verify soon after archiving"
    return Check("damage on the way is noticed", passed=False, needed=False, detail=detail)


def _encryption(canary: _Canary) -> Check:
    wanted, seen = canary.bucket.place.encryption, canary.head().get("ServerSideEncryption", "none")
    return Check(
        "it is encrypted as asked", seen == wanted, needed=True, detail=f"{wanted} became {seen}"
    )


def _sse(bucket: Bucket) -> dict[str, str]:
    place = bucket.place
    asked = {} if place.encryption == "none" else {"ServerSideEncryption": place.encryption}
    return asked | ({"SSEKMSKeyId": place.kms_key} if place.kms_key else {})
