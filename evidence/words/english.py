"""The pack's own words in English."""

from evidence.words.page import Page

_LABELS = {
    "title": "Evidence: claim answer",
    "order": "Order {order}",
    "claim": "“refund not received”",
    "rules": "rules {version}",
    "next": "Next",
    "by": "by {day}",
    "amounts": "Amounts and references",
    "paid": "Paid",
    "paid_with": "Paid with",
    "provider_payment": "Payment at the provider",
    "refund": "Refund",
    "owed": "Owed",
    "approved": "Approved",
    "settled": "Settled",
    "destination": "Destination",
    "reference": "Reference",
    "no_reference": "none",
    "provider_refund": "Refund at {psp}",
    "provider": "the provider",
    "expected_by": "Expected by",
    "not_recorded": "not recorded",
    "money": "Where the money is",
    "contacts": "What the customer was told",
    "missing": "What is missing",
    "conflicts": "What conflicts",
    "findings": "What does not fit",
    "timeline": "Every recorded event",
    "proof": "Proof",
    "checks": "Checks made",
    "limits": "What this does not prove",
    "not_checked": "Not checked when this was made, in the program's own words",
    "keys": "Keys",
    "how": "How to check it without us",
    "files": "Attached files",
    "step": "Step",
    "when": "When",
    "who": "Reported by",
    "amount": "Amount",
    "event": "Event",
    "hash": "Line hash (SHA-256, first 16 bytes)",
    "way": "How",
    "what": "What",
    "sent": "to the customer",
    "received": "from the customer",
    "looked_for": "Looked for",
    "found": "Found",
    "meaning": "What it means",
    "type": "Type",
    "source": "Source and id",
    "file": "File",
    "digest": "SHA-256, first 16 bytes",
    "content": "Content",
    "state_missing": "Missing",
    "state_none": "None",
    "state_here": "Here",
    "corrected": "corrected by {numbers}",
    "corrects": "corrects {numbers}",
    "sealed": "personal data sealed",
    "date_only": "{day}, date only",
    "chain": "Chain",
    "chain_means": (
        "each line names the hash of the one before; {count} lines, numbers 1 to {count}"
    ),
    "checkpoint": "Checkpoint",
    "checkpoint_means": "the log held {size} events when its key signed this",
    "no_checkpoint": "none: the order is in no signed log yet",
    "time": "Outside time",
    "time_means": "the log's state of {size} events existed before {time}, says {authority}",
    "no_time": "none: when this was recorded is the seller's own word",
    "witness": "Witnesses",
    "witness_means": "{names} cosigned the log's state of {size} events",
    "head": "Head of the order",
    "record": "Record",
    "fingerprint": "Root keys: the fingerprint to compare",
    "key_line": "{name}, {algorithm}, for the log from size {first}",
    "key_active": "in use",
    "key_retired": "retired",
    "key_revoked": "revoked",
    "key_compromised": "reported stolen",
    "signed_by": "Signature of this document",
    "foot": "Head of the order {head} · personal data is not shown",
    "foot_empty": "No event of this order is recorded",
    "page": "page {page} of {pages}",
    "corrections_none": "No event of this order was corrected.",
    "corrections_some": "Corrected events stay readable, struck out: {count}.",
    "intact": "intact",
    "altered": "altered",
    "incomplete": "incomplete",
    "cannot_tell": "cannot tell",
    "more": "… {count} more",
}

_TEXTS = {
    "as_of": "As of {day}; the newest event of the order has position {position} in the log.",
    "view": (
        "This page is a view. The attached files are the evidence: the order's history, the "
        "signed checkpoint, and the answer as data."
    ),
    "data": (
        "Words of events are printed as they were recorded and never translated. Personal data "
        "is sealed in the events and is not shown here."
    ),
    "no_money": "No event of this order is about money.",
    "no_contacts": "No message to or from the customer is recorded.",
    "record_intact": "{events} events, none missing and none changed.",
    "record_bad": "The record did not pass verification. Do not rely on the answer above.",
    "record_cannot_tell": "The record could not be verified here.",
    "unsealed": (
        "{count} of these events are in no sealed history yet; they are attached as plain lines, "
        "and only this document's signature and the chain of hashes vouch for them."
    ),
    "signed_b_t": (
        "PAdES B-T: signed with the seller's evidence key, and a timestamp authority stamped the "
        "signature. Certificate: {subject}, SHA-256 {fingerprint}."
    ),
    "signed_b_b": (
        "PAdES B-B: signed with the seller's evidence key; the time of signing is the seller's "
        "own word, because {why}. Certificate: {subject}, SHA-256 {fingerprint}."
    ),
    "no_authority": "no timestamp authority is configured",
    "silent_authority": "the timestamp authority gave no token that can be used",
    "unsigned": (
        "This document is not signed: {why}. What is attached carries the log's own signature."
    ),
    "no_installation": "it was made from an archive, without the seller's evidence key",
    "in_zip": "in a ZIP, SHA256SUMS.sig signs the list of all files",
    "signature_means": (
        "The signature shows that this document was not changed since whoever holds that key "
        "signed it. That the events are as recorded, the log's signature shows, by another key."
    ),
    "how_pdf": (
        "Save the attached files into one folder. With Python 3.11 or newer, its package "
        "cryptography, and orderproof-verify.py (it lies in every archive, and in the ZIP of this "
        "pack): python3 orderproof-verify.py {history} --keyring {keyring}. Where Orderproof is "
        "installed: orderproof verify and this file, which checks signature, attached files and "
        "history. The signature alone: pdfsig, or any reader of PDF."
    ),
    "how_unsealed": (
        "Save the attached files into one folder. The order is in no sealed history yet, so only "
        "the chain can be followed: each line's prev is the SHA-256 of the line before it. Where "
        "Orderproof is installed: orderproof verify and this file."
    ),
    "how_compare": (
        "Compare the fingerprints of the root keys and of the certificate with ones that you got "
        "another way: whoever replaces this whole document can replace the keys in it, too."
    ),
    "signature_short": "signature, {bytes} bytes, in the attached file",
}

_STEPS = {
    "payment.initiated": "Payment begun",
    "payment.authorised": "Authorised",
    "payment.captured": "Paid",
    "payment.failed": "Payment failed",
    "payment.voided": "Authorisation voided",
    "payment.authorisation_expired": "Authorisation expired",
    "payment.amount_mismatch_detected": "Amount differs",
    "payment.confirmed_manually": "Payment confirmed by hand",
    "refund.requested": "Refund requested",
    "refund.approved": "Approved",
    "refund.rejected": "Refused",
    "refund.submitted": "Sent to be paid",
    "refund.submission_unknown": "Sent, outcome not known",
    "refund.accepted": "Accepted by the provider",
    "refund.customer_action_required": "Customer has to act",
    "refund.succeeded": "Paid back",
    "refund.reference_recorded": "Reference",
    "refund.reference_unavailable": "No reference",
    "refund.settled": "Settled",
    "refund.failed": "Failed",
    "refund.bounced": "Came back",
    "refund.cancelled": "Refund cancelled",
    "refund.reissued": "Replaced by another",
    "refund.redirected": "Sent elsewhere",
    "refund.offline_recorded": "Paid offline",
    "refund.customer_notified": "Customer told",
    "refund.customer_confirmed": "Receipt confirmed",
    "dispute.inquiry_opened": "Bank inquires",
    "dispute.opened": "Dispute opened",
    "dispute.funds_withdrawn": "Dispute: money taken",
    "dispute.funds_reinstated": "Dispute: money given back",
    "dispute.won": "Dispute won by the seller",
    "dispute.lost": "Dispute lost",
    "dispute.accepted": "Dispute accepted",
    "dispute.withdrawn": "Dispute withdrawn",
    "compensation.offered": "Compensation offered",
    "compensation.accepted": "Compensation accepted",
    "compensation.declined": "Compensation declined",
    "compensation.issued": "Compensation issued",
    "order.cancelled": "Order cancelled",
    "invoice.adjusted": "Invoice adjusted",
    "claim.counter_evidence": "Customer's bank statement",
    "evidence.attached": "Evidence attached",
}

_SOUGHT = {
    "placement": "Beginning of the order",
    "approval": "Approval of the refund",
    "settlement": "Settlement of the refund",
    "reference": "Reference for the bank",
    "told": "Message to the customer",
    "confirmation": "Customer's confirmation of receipt",
    "statement": "Customer's bank statement",
    "bounce": "Failure or return of the money",
    "second": "Second refund",
    "dispute": "Dispute with the bank",
    "gap": "Gap in the provider's messages",
    "closure": "Closed account at the provider",
}

_FOUND = {
    "placement:missing": "The record begins later; what was ordered is not in it.",
    "approval:missing": "The provider's messages know a refund that nobody here approved.",
    "settlement:missing": "The provider says that it paid; no bank settlement is recorded.",
    "reference:missing": "Ask the provider for it; the customer's bank searches by it.",
    "reference:none": "This way of payment gives no reference; that is normal.",
    "told:missing": "No message to the customer is recorded; they may not know.",
    "confirmation:missing": "The customer did not say that the money came. Nobody has to.",
    "statement:missing": "Ask for it; it is kept as evidence against the record.",
    "statement:here": "The customer's evidence against the record; see it in the events.",
    "bounce:none": "No failed or returned refund is known up to position {position}.",
    "bounce:here": "A refund failed or came back; the money line shows it.",
    "second:none": "Nothing was paid twice, as far as is recorded.",
    "second:here": "Several refunds are recorded; the money line shows each.",
    "dispute:none": "The bank did not take the money back, as far as is recorded.",
    "dispute:here": "A dispute on the payment is recorded; the money line shows it.",
    "gap:none": "No messages are known to be missing.",
    "gap:here": "Messages are known to be missing; what they said is not known here.",
    "closure:none": "The provider can still be asked, as far as is recorded.",
    "closure:here": "The account is closed; nothing can be asked there any more.",
}

_FILES = {
    "claim": "the answer as data",
    "contents": "list of these files with their digests",
    "readme": "what these files are and how to check them",
    "unsealed": "events that are in no sealed history yet, one line each",
    "history": "sealed history of the order, with the proof that the log holds it",
    "checkpoint": "signed state of the log",
    "keyring": "public keys of the log, signed by its root keys",
    "consistency": "proof that later states of the log only added to earlier ones",
    "tsr": "timestamp token of an authority over a state of the log",
    "crl": "revoked certificates of that authority, as of then",
    "ocsp": "what that authority said of its certificate then",
    "cosignature": "signature of a witness over a state of the log",
    "certificate": "certificate of the key that signs evidence",
}

_LIMITS = (
    "That something nobody ever recorded did not happen.",
    "That what was reported was true: the record shows what was said, when, and by whom.",
    "That the log was not forked, as long as you have only this copy: compare the checkpoint.",
    "Who the signers are, unless you have their fingerprints from elsewhere.",
    "The time of recording, beyond the seller's own word, where no timestamp token is attached.",
    "That the order has no later events: this is the record as of the head named below.",
)

ENGLISH = Page(_LABELS, _TEXTS, _STEPS, _SOUGHT, _FOUND, _FILES, _LIMITS)
