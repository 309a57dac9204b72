"""What was said to the customer and by them, as far as it is not sealed."""

from collections.abc import Iterable

import msgspec

from domain.occurrence import Occurrence
from domain.reading import read_text

SENT = "sent"
RECEIVED = "received"

_DIRECTIONS = {"message.sent": SENT, "message.received": RECEIVED}


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """One message.

    Args:
        direction: sent (by us) or received.
        when: when it happened, RFC 3339 as reported.
        at: `when` as an instant; None where it cannot be read.
        channel: e-mail, SMS, letter …
        template: the template it was made from.
        language: its language.
        message_id: its id.
        event_id: the event that reports it.
    """

    direction: str
    when: str
    at: int | None
    channel: str | None
    template: str | None
    language: str | None
    message_id: str | None
    event_id: str


def fold_contacts(occurrences: Iterable[Occurrence]) -> tuple[Contact, ...]:
    """Return the messages, in order."""
    return tuple(
        Contact(
            direction=_DIRECTIONS[occurrence.type],
            when=occurrence.time,
            at=occurrence.at,
            channel=read_text(occurrence.data, "channel"),
            template=read_text(occurrence.data, "template"),
            language=read_text(occurrence.data, "language"),
            message_id=read_text(occurrence.data, "message_id"),
            event_id=occurrence.event_id,
        )
        for occurrence in occurrences
        if occurrence.type in _DIRECTIONS
    )
