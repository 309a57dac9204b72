"""Webhooks: whose they are, and what is recorded of them."""

import io
import sys
import time
from collections.abc import Sequence
from contextlib import closing

import msgspec

from api.webhooks import Hook, Received
from domain.errors import InvalidInputError
from domain.event import Fact
from domain.linking import is_waiting_place
from eventstore import log
from eventstore.errors import StoreUnavailableError
from orderproof import linking, redelivered, webhook_secrets
from orderproof.bootstrap import Store
from orderproof.errors import CommandError
from orderproof.finding import LOOKED_UP
from orderproof.installation import Installation
from orderproof.quarantine import Quarantine
from orderproof.sessions import Sessions, catch_up_a_little
from sources import cloudevents, payloads, standard_webhooks
from sources.format import SignatureError
from sources.formats import FORMATS
from sources.message import Message, facts, identity
from sources.payloads import Payload
from sources.rejected import Rejected

EVENTS = "cloudevents"
"""Source of those who send CloudEvents and sign them by Standard Webhooks."""

SOURCES = (EVENTS, *FORMATS)


class Webhooks:
    """Takes webhooks in.

    Args:
        installation: its data folder holds the secrets and the quarantine.
        sessions: lends open stores.
        record: records facts and returns after the commit.
    """

    def __init__(
        self, installation: Installation, sessions: Sessions, record: redelivered.Record
    ) -> None:
        self._keys = installation.keys_folder
        self._sessions = sessions
        self._record = record
        self._rejects = installation.rejects

    def is_signed(self, hook: Hook) -> bool:
        """Check a webhook's signature; False where nobody has to have signed it.

        Raises:
            LookupError: there is no such source.
            SignatureError: it does not come from its source.
        """
        if hook.source not in SOURCES:
            raise LookupError(hook.source)
        format_ = FORMATS.get(hook.source)
        secrets = self._secrets(hook)
        check = format_.check if format_ is not None and format_.check else None
        if check is None and not secrets:
            return False
        try:
            (check or standard_webhooks.check)(hook.raw, hook.headers, secrets, int(time.time()))
        except SignatureError as error:
            if not secrets:
                sys.stderr.write(
                    f"a webhook of {hook.source} was refused: its shop has no secret of that"
                    " source. Next: orderproof webhook add\n"
                )
            raise error from None
        return True

    def receive(self, hook: Hook) -> Received:
        """Record what a webhook says, and return after the commit.

        Raises:
            InvalidInputError: it cannot be read; it is in the quarantine.
        """
        with self._sessions.one() as store:
            found = _events(hook) if hook.source == EVENTS else self._messages(store, hook)
            rejected = [each for each in found if isinstance(each, Rejected)]
            if rejected:
                self._set_aside(hook, rejected)
            told = [each for each in found if isinstance(each, Fact)]
            outcomes = redelivered.record(self._record, store.connection, told)
            return Received(
                told,
                [
                    msgspec.structs.replace(one, result="duplicate")
                    if one.result == "mismatch" and redelivered.is_reread(fact)
                    else one
                    for fact, one in zip(told, outcomes, strict=True)
                ],
            )

    def _secrets(self, hook: Hook) -> list[str]:
        try:
            return webhook_secrets.read(self._keys, hook.source, hook.shop)
        except CommandError as error:
            sys.stderr.write(f"{error}\n")
            raise StoreUnavailableError("the secrets of webhooks cannot be read") from None

    def _messages(self, store: Store, hook: Hook) -> Sequence[Fact | Rejected]:
        format_ = FORMATS[hook.source]
        raw = hook.raw
        if format_.opened is not None:
            raw = format_.opened(raw, self._secrets(hook))
        items = list(payloads.read(io.BytesIO(raw), (format_,)))
        found = [each for each in items if isinstance(each, Payload)]
        if len(found) < len(items) or not found:
            return [each for each in items if isinstance(each, Rejected)] or [_nothing(raw)]
        named = [(each.name, each.message()) for each in found]
        # What is not looked up yet waits for its order.
        catch_up_a_little(store, LOOKED_UP)
        now = log.clock(store.connection)
        return [
            fact
            for payload, (name, message), stream in zip(
                found, named, _places(store, hook.shop, named), strict=True
            )
            for fact in facts(
                message, payload.raw, name, stream, payload.media_type, received_at=now
            )
        ]

    def _set_aside(self, hook: Hook, rejected: Sequence[Rejected]) -> None:
        # A file of its own, which can be retried at once.
        with closing(Quarantine(self._rejects)) as quarantine:
            for each in rejected:
                name = f"webhook {hook.source}/{hook.shop}"
                quarantine.add_rejected(name, each, hook.source, hook.shop)
        first = rejected[0]
        raise InvalidInputError(first.code, first.place, first.message)


def _places(store: Store, shop: str, named: Sequence[tuple[str, Message]]) -> list[str]:
    """Return where messages are recorded; one that came before and had to wait, there again.

    So the answer to a repeat is the first one, though the message is linked by now.
    """
    wanted = [_unlinked(identity(message, name, shop)) for name, message in named]
    waiting = log.streams_of(store.connection, wanted)
    found = linking.streams(store, shop, named)
    return [
        stream if is_waiting_place(stream) else waiting.get(before, stream)
        for before, stream in zip(wanted, found, strict=True)
    ]


def _unlinked(known: tuple[str, str]) -> tuple[str, str]:
    source, own = known
    return f"/unlinked{source}", own


def _events(hook: Hook) -> Sequence[Fact | Rejected]:
    found = list(cloudevents.read(io.BytesIO(hook.raw)))
    wrong = [
        each
        for each in found
        if isinstance(each, Fact) and not each.stream.startswith(f"order/{hook.shop}/")
    ]
    if wrong:
        raise InvalidInputError("subject-form", "/subject", "the order is not of this shop")
    broken = [each for each in found if isinstance(each, Rejected)]
    return broken or found or [_nothing(hook.raw)]


def _nothing(raw: bytes) -> Rejected:
    return Rejected(
        line=1, code="payload-unknown", place="", message="the body holds no payload", raw=raw,
        size=len(raw),
    )  # fmt: skip
