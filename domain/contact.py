"""What was said to the customer and by them, as far as it is not sealed."""

import msgspec

from domain.content import Message, MessageSent
from domain.occurrence import Facts
from domain.reading import read_text

SENT = "sent"
RECEIVED = "received"


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


def fold_contacts(facts: Facts) -> tuple[Contact, ...]:
    """Return the messages, in order."""
    return tuple(
        Contact(
            direction=SENT if isinstance(occurrence.data, MessageSent) else RECEIVED,
            when=occurrence.time,
            at=occurrence.at,
            channel=read_text(occurrence.data.channel),
            template=read_text(occurrence.data.template)
            if isinstance(occurrence.data, MessageSent)
            else None,
            language=read_text(occurrence.data.language),
            message_id=read_text(occurrence.data.message_id),
            event_id=occurrence.event_id,
        )
        for occurrence in facts.below(Message)
    )
