"""What a bucket refuses, in words that say what to do next."""

from archive.errors import StoreError


class BucketError(StoreError):
    """A bucket refuses what was asked, or cannot be asked."""


class RefusedError(BucketError):
    """The server answered with an error.

    Args:
        operation: what was asked.
        code: the server's code, such as `AccessDenied`.
        status: HTTP status.
        about: the object or bucket.
    """

    def __init__(self, operation: str, code: str, status: int, about: str) -> None:
        super().__init__(f"{about}: {operation} was refused with {status} {code}{_advice(code)}")
        self.code = code
        self.status = status


class AwayError(BucketError):
    """The server does not answer, or answers that it is too busy, longer than was waited."""


def _advice(code: str) -> str:
    if code in ("AccessDenied", "403", "Forbidden"):
        return ". Next: compare the rights of the access key with docs/how-to/archive-to-s3.md"
    if code in ("InvalidAccessKeyId", "SignatureDoesNotMatch"):
        return ". Next: look at the access key that boto3 finds (environment, ~/.aws)"
    if code == "NoSuchBucket":
        return ". Next: make the bucket with Object Lock, as docs/how-to/archive-to-s3.md says"
    return ""
