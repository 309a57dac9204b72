"""The signature of 17TRACK's pushes: SHA-256 of the body, a slash and the key. No time is signed.

Source: asset.17track.net/api/document/v2.2_zh (read in part only); the formula is the one by which
several public programs check the header `sign`. No push was recorded to try it on.
"""

import hashlib
from collections.abc import Sequence

from sources.format import Headers
from sources.signing import header, require_one


def check(raw: bytes, headers: Headers, secrets: Sequence[str], now: int) -> None:  # noqa: ARG001
    """Check the header `sign`; see `Format.check`."""
    given = header(headers, "sign").lower().encode(errors="replace")
    require_one([given], [_sign(raw, each) for each in secrets])


def _sign(raw: bytes, key: str) -> bytes:
    return hashlib.sha256(raw + b"/" + key.encode()).hexdigest().encode()
