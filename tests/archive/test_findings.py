"""Every code leads to a verdict, and says what it means and what to do."""

import re
from pathlib import Path

import pytest

from archive.findings import CODES, VERDICTS
from archive.next_steps import NEXT
from archive.verify.render import render
from tests.archive.archive_attacks import check

SPECIFIED = """
FILE_ALTERED FILE_MISSING FILE_UNEXPECTED FILE_UNREADABLE FILE_TOO_LARGE EVENT_MALFORMED
EVENT_NOT_LOGGED EVENT_OMITTED EVENT_WRONG_ORDER SEQUENCE_GAP CHAIN_BROKEN REVISION_GAP ORDER_FORK
PROOF_INVALID LOG_ALTERED LOG_TRUNCATED LOG_ROLLED_BACK LOG_FORKED LOG_STALLED ORIGIN_MISMATCH
CHECKPOINT_SIGNATURE_BAD CHECKPOINT_SIGNATURE_MISSING CHECKPOINT_MISSING WITNESS_QUORUM_MISSING
TIMESTAMP_MISSING TIMESTAMP_BAD BACKDATED KEYRING_UNTRUSTED KEY_OUT_OF_PERIOD KEY_COMPROMISED
KEY_COMMITMENT_MISMATCH ERASURE_INCONSISTENT RENEWAL_BAD LOCK_WEAK RETENTION_TOO_SHORT
HOLD_NOT_APPLIED HIDDEN
"""


def test_the_codes_are_those_of_the_format():
    assert set(SPECIFIED.split()) <= set(CODES)
    assert set(NEXT) == set(CODES)


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_code_says_what_it_means_and_what_to_do(code):
    verdict, meaning = CODES[code]

    assert verdict in VERDICTS
    for text in (meaning, NEXT[code]):
        assert re.fullmatch(r"[A-Z].{15,}\.", text)
        assert not re.search(r"\b(leaf|tile|Merkle|hash|canonical)\b", text), "plain words"


def test_the_text_says_what_to_do_about_each_finding(files, tmp_path):
    del files["README.txt"]

    text = render(check(files, tmp_path))

    assert f"  Next: {NEXT['FILE_MISSING']}" in text.splitlines()


def test_no_module_of_the_verifier_uses_a_code_that_is_not_there():
    package = Path(__file__).parents[2] / "archive"
    used = set()
    for module in package.rglob("*.py"):
        used.update(re.findall(r'finding\(\s*"([A-Z_]+)"', module.read_text(encoding="utf-8")))

    assert "FILE_ALTERED" in used
    assert used <= set(CODES)
