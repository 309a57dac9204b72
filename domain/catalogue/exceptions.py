"""Exceptions and tickets: what went wrong inside the house, and who sees to it."""

from domain.catalogue.declaration import Declared, event, ids, plain, texts

_EXCEPTION = {
    **ids("exception_id"),
    **plain("class", "subtype", "level", "priority", "detected_by"),
}
_ASSIGNMENT = {**ids("exception_id"), **plain("department", "owner", "notified_at")}
_RESOLUTION = {**ids("exception_id"), **plain("cause", "resumed_at_stage", "minutes_open")}
_IMPROVEMENT = {**ids("exception_id"), **plain("cause", "suggestion")}
_TICKET = {
    **ids("ticket_id", "exception_id"),
    **plain("department", "owner", "progress"),
    **texts("demand"),
}

EXCEPTIONS: dict[str, Declared] = {
    "exception.raised": event("Something is wrong with the order.", _EXCEPTION),
    "exception.classified": event(
        "What kind of trouble it is, and how urgent.", _EXCEPTION, plain("guidance_id")
    ),
    "exception.reclassified": event(
        "It is another kind of trouble than thought.", _EXCEPTION, plain("guidance_id")
    ),
    "exception.assigned": event("Somebody is to see to it.", _ASSIGNMENT),
    "exception.accepted": event("Somebody took it on.", _ASSIGNMENT),
    "exception.measure_taken": event(
        "Something was done about it.",
        ids("exception_id"),
        texts("measure"),
        plain("by", "at"),
    ),
    "exception.customer_feedback_received": event(
        "What the customer says about it.", ids("exception_id", "message_id"), texts("text")
    ),
    "exception.progress_published": event(
        "The customer was told how it stands.",
        ids("exception_id", "message_id"),
        texts("text"),
        plain("promised_by"),
    ),
    "exception.resolved": event("It is put right.", _RESOLUTION),
    "exception.reopened": event("It was not put right after all.", _RESOLUTION),
    "clock.fired": event(
        "The time ran out in which something had to happen.",
        plain("clock", "since", "deadline", "rule_version"),
        ids("subject"),
    ),
    "root_cause.attributed": event(
        "Where the trouble came from.",
        ids("exception_id"),
        plain("stage", "department", "cause"),
    ),
    "improvement.suggested": event("How to avoid it next time.", _IMPROVEMENT),
    "improvement.adopted": event("A suggestion was taken up.", _IMPROVEMENT),
    "ticket.opened": event(
        "A task for a department.",
        ids("ticket_id", "exception_id"),
        plain("department"),
        texts("demand"),
    ),
    "ticket.assigned": event("Somebody is to do the task.", _TICKET),
    "ticket.transferred": event("Another department does the task.", _TICKET),
    "ticket.updated": event("How the task stands.", _TICKET),
    "ticket.resolved": event("The task is done.", ids("ticket_id"), texts("result")),
    "ticket.reopened": event("The task is not done after all.", _TICKET),
}
