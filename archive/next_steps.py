"""What to do next about a finding, in plain words."""

_OTHER_COPY = (
    "Keep this copy as it is; get the file from another one (a backup, the bucket, an auditor's) "
    "and verify again."
)
_BOTH_COPIES = (
    "Keep both: this archive and the signed state that contradicts it. Together they prove that "
    "the log was rewritten; ask the seller to explain, and an auditor or witness what they hold."
)
_RIGHT_KEYS = (
    "Get the seller's keyring, or its fingerprint, another way than with this archive, and verify "
    "again with --keyring."
)
_OPERATOR = "Tell whoever runs the archive: it can be put right, and what is proved stays proved."

NEXT: dict[str, str] = {
    "FILE_ALTERED": _OTHER_COPY,
    "FILE_MISSING": "Get the file from another copy, put it in its place, and verify again.",
    "FILE_UNEXPECTED": (
        "Do not rely on the file. After an interrupted archive run, let the seller finish the run "
        "and verify again; else find out who put it there."
    ),
    "FILE_UNREADABLE": "Make the file readable (permissions, disk, connection) and verify again.",
    "FILE_TOO_LARGE": _OTHER_COPY,
    "EVENT_MALFORMED": _OTHER_COPY,
    "EVENT_NOT_LOGGED": (
        "Get the order's history from another copy. If that verifies, answer the claim from it "
        "and keep this one as evidence of the change."
    ),
    "EVENT_OMITTED": (
        "Get the missing events from another copy. Until then answer no claim about this order as "
        "if its history were whole; if no copy has them, ask the seller who left them out."
    ),
    "EVENT_WRONG_ORDER": (
        "Answer no claim from this file. Get the order's history from another copy and verify it."
    ),
    "SEQUENCE_GAP": "Get the order's history from another copy and verify again.",
    "CHAIN_BROKEN": "Get the order's history from another copy and verify again.",
    "REVISION_GAP": (
        "Put the earlier revisions of this history (the files _r1, _r2 …) beside it and verify "
        "again."
    ),
    "ORDER_FORK": (
        "Ask the seller for both events and who recorded them. Keep this copy: it is signed and "
        "proves that there are two."
    ),
    "PROOF_INVALID": "Get the history anew, from the archive itself, and verify again.",
    "LOG_ALTERED": _OTHER_COPY,
    "LOG_TRUNCATED": "Get a newer copy of the archive, or let an interrupted run be finished.",
    "LOG_ROLLED_BACK": (
        "Ask for an archive of at least the size of the checkpoint that you have. Keep that "
        "checkpoint: it proves that more was recorded."
    ),
    "LOG_FORKED": _BOTH_COPIES,
    "LOG_STALLED": (
        "Find out why nothing was archived since, and answer claims about that time from the "
        "live store."
    ),
    "ORIGIN_MISMATCH": "Check that you have the right seller's file and keyring.",
    "CHECKPOINT_SIGNATURE_BAD": _OTHER_COPY,
    "CHECKPOINT_SIGNATURE_MISSING": _OTHER_COPY,
    "CHECKPOINT_MISSING": "Get the file from another copy, put it in its place, and verify again.",
    "WITNESS_QUORUM_MISSING": (
        "Ask the witnesses that the keyring names what they have seen; until enough of them "
        "confirm it, a fork of the log is not ruled out."
    ),
    "TIMESTAMP_MISSING": (
        "Rely on the seller's word for the time only, or let the missing time stamps be asked for "
        "by the next archive run."
    ),
    "TIMESTAMP_BAD": "Do not rely on this time stamp; others of the same size may be sound.",
    "BACKDATED": (
        "Take the time that the log and its time stamps prove, not the one that is claimed, and "
        "ask the seller why they differ."
    ),
    "KEYRING_UNTRUSTED": _RIGHT_KEYS,
    "KEY_OUT_OF_PERIOD": _RIGHT_KEYS,
    "KEY_COMPROMISED": (
        "Rely only on what a witness or a time stamp dates before the key was stolen; ask the "
        "seller for a copy that is signed with the new key."
    ),
    "KEY_COMMITMENT_MISMATCH": (
        "Do not rely on the personal data shown. The events themselves stay proved; ask for the "
        "right key."
    ),
    "ERASURE_INCONSISTENT": (
        "Have whoever is responsible for personal data find out what was erased, and what not."
    ),
    "RENEWAL_BAD": "Rely on the signatures that were renewed as far as they still hold.",
    "LOCK_WEAK": _OPERATOR,
    "RETENTION_TOO_SHORT": _OPERATOR,
    "HOLD_NOT_APPLIED": "Tell whoever runs the archive at once: what is held may be deleted.",
    "HIDDEN": (
        "Read the file by its version; whoever runs the bucket can take the delete marker away."
    ),
}
"""For every code of `archive.findings.CODES`."""
