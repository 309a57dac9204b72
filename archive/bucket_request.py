"""What a request to store an object says of its lock and its content."""

import base64
import hashlib
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from archive.store import NewObject

COMPLIANCE = "COMPLIANCE"
"""The mode of a lock that nobody can take away or shorten."""


def lock_of(new: NewObject) -> dict[str, Any]:
    """Return what a request to store an object says of its lock."""
    if new.retain_until is None or is_past(new.retain_until):
        return {}
    return {
        "ObjectLockMode": COMPLIANCE,
        "ObjectLockRetainUntilDate": end_of(new.retain_until),
    }


def is_locked(said: dict[str, Any], until: date) -> bool:
    """Tell whether a version has a lock that nobody can take away, at least until a day."""
    there = said.get("ObjectLockRetainUntilDate")
    return (
        said.get("ObjectLockMode") == COMPLIANCE
        and isinstance(there, datetime)
        and there >= end_of(until)
    )


def end_of(day: date) -> datetime:
    """Return when a day ends, in UTC: what is kept until then may go from then on."""
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def is_past(day: date) -> bool:
    """Tell whether a lock until the day would be over already; servers refuse to set it."""
    return end_of(day) <= datetime.now(UTC)


def digests_of(data: bytes) -> dict[str, str]:
    """Return the digests that go with a content, so that the server refuses a damaged one."""
    md5 = hashlib.md5(data, usedforsecurity=False)
    return digests(hashlib.sha256(data).digest(), md5.digest())


def digests(sha256: bytes, md5: bytes) -> dict[str, str]:
    """Return digests as a request carries them."""
    return {
        "ChecksumSHA256": base64.b64encode(sha256).decode(),
        "ContentMD5": base64.b64encode(md5).decode(),
    }
