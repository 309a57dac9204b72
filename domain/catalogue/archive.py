"""Ours alone: archive, holds, retention, erasure, access, policy, wind-down.

Nobody outside may send these types; see `RESERVED_PREFIXES`.
"""

from domain.catalogue.declaration import (
    Declared,
    Each,
    event,
    identifiers,
    ids,
    lists,
    plain,
)

_CHECKED = {**plain("by", "verdict", "log_size", "findings", "at"), **lists("checks")}
_MOVED = plain("from", "to", "files", "log_size", "manifest_sha256", "at")
_HOLD = {**ids("hold_id"), **plain("scope", "reason", "authority", "by")}
_RETENTION = plain("jurisdiction", "rule", "until", "retention_class", "by")
_LAW = (
    "retention_class", "where", "law", "months", "lead_months", "from", "source", "checked_on",
    "applies",
)  # fmt: skip
_ERASURE = {
    **ids("erasure_id", "requested_by", "approved_by"),
    **plain("ground", "scope", "stays", "reason"),
    **lists("purposes"),
}
_ACCESS = {**ids("who"), **plain("role", "scope", "purpose", "until", "reason", "by")}
_WIND_DOWN = plain("plan", "milestone", "date", "open_orders", "open_refunds", "open_claims")
_TEMPLATE = {
    **plain("template", "template_version", "check_result", "by"),
    "texts": Each(plain("language", "text")),
}

ARCHIVE: dict[str, Declared] = {
    "history.sealed": event(
        "The order's history up to here was sealed.",
        plain("events", "first_version", "retain_until", "retention_class", "revision"),
    ),
    "archive.stored": event(
        "An archive run stored its files.",
        plain("files", "index_sha256", "layout", "log_size", "manifest", "manifest_sha256"),
        plain("origin"),
    ),
    "archive.heartbeat": event("The log was alive on this day.", plain("day")),
    "archive.replaced": event(
        "A newer archived version took the place of an older one.",
        plain("file", "manifest_sha256", "first_position", "last_position", "signature"),
        plain("key_id", "timestamp_token", "store", "object_version", "retain_until"),
    ),
    "archive.verified": event("The archive was checked and is intact.", _CHECKED),
    "archive.verification_failed": event("The archive was checked and is not intact.", _CHECKED),
    "archive.copied": event("The archive was copied to another place.", _MOVED),
    "archive.restored": event(
        "The event store was rebuilt from the archive of another log.", _MOVED, plain("root")
    ),
    "key.keyring_published": event(
        "A new keyring says which keys sign the log.", plain("keyring", "origin", "sha256")
    ),
    "key.revoked": event(
        "It was decided that a key of the log ends, and why; the keyring of this number says so.",
        plain("key", "reason", "compromised_since", "keyring", "origin"),
    ),
    "hold.placed": event("A legal order to keep.", _HOLD),
    "hold.released": event("A legal order to keep has ended.", _HOLD),
    "retention.set": event("How long the record is kept.", _RETENTION),
    "retention.extended": event("The record is kept longer.", _RETENTION),
    "retention.expired": event("The record need not be kept any longer.", _RETENTION),
    "policy.retention_set": event(
        "By these laws it is decided from now on how long orders are kept.",
        plain("seller_seat"),
        lists("vat_schemes"),
        {"laws": Each({**plain(*_LAW), **lists("countries", "schemes")})},
    ),
    "policy.check_rules_set": event(
        "The rules of the seller's own by which orders are checked from now on.",
        plain("rule_version", "by"),
        {
            "rules": Each(
                {
                    **plain("id", "title", "message", "severity", "class", "subtype"),
                    **plain("needs_human"),
                    "when": Each({**plain("field", "op", "value"), **lists("values")}),
                }
            )
        },
    ),
    "policy.retention_applied": event(
        "Orders whose retention had ended were deleted from the archive; a list says which.",
        plain("as_of", "list_sha256", "by"),
    ),
    "erasure.requested": event("Somebody wants personal data erased.", _ERASURE),
    "erasure.refused": event("Personal data was not erased, and why.", _ERASURE),
    "erasure.key_destroyed": event(
        "The keys to personal data were destroyed; nobody can read it any more.", _ERASURE
    ),
    "access.record_viewed": event("Somebody looked at a record.", _ACCESS, plain("subject")),
    "access.granted": event("An auditor may read.", _ACCESS),
    "access.revoked": event("An auditor may no longer read.", _ACCESS),
    "export.produced": event(
        "Records were handed out as files.",
        _ACCESS,
        ids("export_id"),
        plain("format", "count", "sha256", "manifest_sha256", "as_of"),
    ),
    "projection.event_skipped": event(
        "A read model leaves out an event that it cannot read, by decision of a person.",
        plain("projection", "stream_position", "reason", "by"),
    ),
    "template.published": event("A text for customers came into use.", _TEMPLATE),
    "template.retired": event("A text for customers went out of use.", _TEMPLATE),
    "wind_down.started": event("The seller began to close down.", _WIND_DOWN),
    "wind_down.milestone_reached": event("A step of closing down is done.", _WIND_DOWN),
    "wind_down.completed": event("The seller has closed down.", _WIND_DOWN),
    "wind_down.successor_named": event(
        "Who answers claims after the seller is gone.", plain("name"), identifiers("contact")
    ),
    "wind_down.unfinished_orders_exported": event(
        "The orders that are not finished were handed out.",
        plain("count", "seconds", "sha256", "format"),
    ),
}
