"""Contact: what was said to the customer and by the customer, and what was promised."""

from domain.catalogue.declaration import Declared, event, identifiers, ids, plain, texts

_FATE = {**ids("message_id", "provider_id"), **plain("channel", "reason", "at")}
_PROMISE = {**ids("promise_id", "message_id"), **plain("what", "due_at")}

CONTACT_EVENTS: dict[str, Declared] = {
    "message.sent": event(
        "The customer was written to.",
        ids("message_id"),
        plain("channel", "template", "template_version", "language", "category", "body_sha256"),
        identifiers("to"),
        texts("subject", "body", "params"),
        {"related": ids("refund_id", "exception_id")},
    ),
    "message.delivered": event("The message arrived.", _FATE),
    "message.bounced": event("The message did not arrive.", _FATE),
    "message.opened": event("The message was opened.", _FATE),
    "message.received": event(
        "The customer wrote.",
        ids("message_id"),
        plain("channel", "language", "intent", "body_sha256"),
        identifiers("from"),
        texts("subject", "body"),
    ),
    "call.logged": event(
        "There was a telephone call.",
        ids("call_id"),
        plain("direction", "duration_s", "outcome", "recording_sha256"),
        texts("note"),
    ),
    "promise.made": event("The customer was promised something by a day.", _PROMISE),
    "promise.kept": event("A promise was kept.", _PROMISE),
    "promise.broken": event("A promise was not kept in time.", _PROMISE),
    "customer.option_chosen": event(
        "The customer chose between waiting, cancelling and exchanging.",
        plain("option"),
        ids("message_id"),
    ),
}
