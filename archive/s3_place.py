"""Addresses of archives in buckets."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from archive.s3_errors import BucketError


@dataclass(frozen=True)
class Place:
    """Where in which bucket an archive is, and how its objects are encrypted there.

    Args:
        bucket: name of the bucket.
        prefix: what every object's name starts with, without slash at its end; may be empty.
        endpoint: address of the server; None: that of AWS.
        encryption: `none`, `AES256` or `aws:kms`, what the server is asked to encrypt with.
        kms_key: id of the KMS key; None: the account's own.
        patience: seconds that are waited for the server to answer.
    """

    bucket: str
    prefix: str = ""
    endpoint: str | None = None
    encryption: str = "none"
    kms_key: str | None = None
    patience: float = field(default=30.0, compare=False)

    @property
    def address(self) -> str:
        """The place as people name it."""
        return f"s3://{self.bucket}" + (f"/{quote(self.prefix)}" if self.prefix else "")

    @property
    def start(self) -> str:
        """What the names of all objects of the archive start with."""
        return f"{self.prefix}/" if self.prefix else ""


def place_of(address: str, endpoint: str | None = None, **more: Any) -> Place:
    """Read an address `s3://bucket/prefix`.

    Raises:
        BucketError: it is none.
    """
    parts = urlsplit(address)
    prefix = unquote(parts.path).strip("/")
    if parts.scheme != "s3" or not parts.hostname or parts.query or parts.fragment:
        raise BucketError("say s3://bucket or s3://bucket/prefix")
    if parts.netloc != parts.hostname:
        raise BucketError("say s3://bucket/prefix, without user, password, port or capitals")
    if any(part in ("", ".", "..") for part in prefix.split("/")) and prefix:
        raise BucketError("the prefix has an empty part")
    return Place(parts.netloc, prefix, endpoint, **more)
