"""The public keys of an identity provider: asked for now and then, and kept while it is away."""

import sys
import threading
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from api.problem import Problem
from api.signed_tokens import Key, read_keys
from archive import outbound
from archive.outbound import OutboundError

FRESH = 300.0
"""Seconds for which keys are taken without asking."""

KEPT = 3600.0
"""Seconds for which they count while the provider does not answer."""

PAUSE = 10.0
"""Seconds between two questions, however many tokens name keys that are not known."""

_DISCOVERY = "/.well-known/openid-configuration"
_LARGEST = 256 * 1024


class ProviderKeys:
    """Keeps the keys of a provider, for any number of threads.

    Args:
        issuer: address of the provider; its configuration says where the keys are.
        keys_url: where the keys are, if somebody configured that; else empty.
    """

    def __init__(self, issuer: str, keys_url: str = "") -> None:
        self._issuer = issuer
        self._keys_url = keys_url
        self._lock = threading.Lock()
        self._keys: dict[str, Key] = {}
        self._read_at = -KEPT
        self._asked_at = -PAUSE

    def __call__(self, wanted: str) -> Mapping[str, Key]:
        """Return the keys at hand, by their ids.

        Args:
            wanted: the id of the key that a token names. It is looked for and never asked for: at
                most it makes the provider's list be read once more.

        Raises:
            Problem: 503 where the keys are too old to be believed.
        """
        # One asks; the others wait for it only where they have nothing to go by.
        if not self._is_fresh(wanted) and self._lock.acquire(blocking=self._is_too_old()):
            try:
                if not self._is_fresh(wanted) and _now() - self._asked_at >= PAUSE:
                    self._ask()
            finally:
                self._lock.release()
        if self._is_too_old():
            raise Problem(
                "unavailable", "the identity provider does not answer", {"Retry-After": "10"}
            )
        return self._keys

    def _is_fresh(self, wanted: str) -> bool:
        return _now() - self._read_at < FRESH and wanted in self._keys

    def _is_too_old(self) -> bool:
        return _now() - self._read_at >= KEPT

    def _ask(self) -> None:
        self._asked_at = _now()
        try:
            self._keys = read_keys(self._document(self._keys_url or self._discovered()))
            self._read_at = _now()
        except (OutboundError, ValueError, RecursionError) as error:  # also JSON that is none
            # Those at hand count for a while.
            sys.stderr.write(f"the keys of the identity provider cannot be read: {error}\n")

    def _discovered(self) -> str:
        said = self._document(self._issuer.rstrip("/") + _DISCOVERY)
        if not isinstance(said, dict) or said.get("issuer") != self._issuer:
            raise ValueError("the configuration is of another issuer")
        url = said.get("jwks_uri")
        if not isinstance(url, str) or _place(url) != _place(self._issuer):
            raise ValueError("they are at another host. Next: set oidc_keys_url")
        return url

    def _document(self, url: str) -> object:
        answer = outbound.ask(
            "GET", url, configured=[outbound.host_of(url)], limit=_LARGEST,
            headers={"Accept": "application/json"},
        )  # fmt: skip
        if answer.status != 200:
            raise ValueError(f"the answer is {answer.status}")
        return msgspec.json.decode(answer.content)


def _place(url: str) -> tuple[str, str, int]:
    return (urlsplit(url).scheme, *outbound.host_of(url))


_now = time.monotonic
