"""Claims, reviews, and what corrects or completes the record.

All may come from outside but `evidence.attached`, which promises that the file is kept here.
"""

from domain.catalogue.declaration import Class, Declared, Each, event, ids, lists, plain, texts

_CLAIM = {
    **ids("claim_id", "refund_id", "message_id"),
    **plain("kind", "verdict", "rule_version", "seconds"),
    "evidence": Each(Class.P2),
}
_GAP = plain("source", "from", "to")

CLAIMS: dict[str, Declared] = {
    "claim.received": event("Somebody asserts something to be answered.", _CLAIM),
    "claim.verdict_computed": event("What the record says about the claim.", _CLAIM),
    "claim.answered": event("The claim was answered.", _CLAIM, plain("language")),
    "claim.closed": event("The claim needs no more.", _CLAIM, plain("outcome")),
    "claim.counter_evidence": event(
        "Evidence against the record, such as a customer's bank statement.",
        ids("claim_id", "refund_id"),
        plain("evidence_digest"),
        texts("statement"),
    ),
    "evidence.attached": event(
        "A file, or the digest of one that is kept elsewhere, was attached as evidence.",
        ids("attachment_id", "claim_id", "refund_id"),
        plain("kind", "media_type", "size", "sha256", "sealed_size", "sealed_sha256", "by"),
        texts("name", "note"),
    ),
    "source.message_received": event(
        "A message of another system came in; it is kept as it was.",
        plain("format", "message_type", "sha256", "size", "media_type"),
        {"links": Each(Class.P2)},
        texts("raw"),
    ),
    "source.gap_detected": event("Messages of a source are missing.", _GAP),
    "source.gap_filled": event("Missing messages of a source came in.", _GAP),
    "correction.recorded": event(
        "An earlier event was wrong, and what is right; the event itself stays.",
        ids("event_id"),
        plain("event_source"),
        texts("wrong", "right"),
        plain("reason"),
    ),
    "survey.sent": event(
        "The customer was asked questions.",
        ids("message_id"),
        plain("campaign", "questions_version"),
    ),
    "survey.answered": event(
        "The customer answered questions.",
        plain("campaign", "questions_version"),
        lists("answers"),
        texts("text"),
    ),
    "review.held": event(
        "The team looked back at its work.",
        ids("review_id"),
        {"answers": Each(Class.P3)},
    ),
    "review.note_added": event("A note to a review.", ids("review_id"), texts("note")),
    "review.self_assessment_scored": event(
        "The team scored itself.", ids("review_id"), lists("scores"), plain("total", "band")
    ),
    "drill.performed": event(
        "A way of working was rehearsed.", plain("kind", "seconds", "result", "at")
    ),
    "drill.sample_drawn": event(
        "Unfinished orders were drawn by lot, classified, and their next action named.",
        plain("seed", "count", "at"),
        {"sample": Each({**ids("order"), **plain("quadrant", "status", "next_action")})},
    ),
}
