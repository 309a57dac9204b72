"""The tamper suite is complete: every code has a test that performs the tampering."""

import re
from pathlib import Path

from archive.findings import CODES
from tests.archive.tamper_attacks import ATTACKS

TESTS = Path(__file__).parents[1]
SOURCES = [Path(__file__).parents[2] / name for name in ("archive", "orderproof")]

NO_TAMPERING = {"test_findings.py", "test_tamper_complete.py"}
"""Tests that name codes without performing anything."""

MEANING_ONLY = {"findings.py", "next_steps.py"}
"""Modules that explain codes and raise none."""

NEVER_RAISED = {"RENEWAL_BAD"}
"""Codes of what no archive holds yet: nothing renews signatures, so nothing can tamper with it."""


def naming(folder, without):
    texts = [p.read_text() for p in folder.rglob("*.py") if p.name not in without]
    return {code for code in CODES if any(re.search(rf'"{code}"', text) for text in texts)}


def test_every_code_has_a_test_that_performs_the_tampering():
    assert set(CODES) - NEVER_RAISED - naming(TESTS, NO_TAMPERING) == set()


def test_the_codes_without_a_test_are_raised_by_nothing():
    raised = set().union(*(naming(folder, MEANING_ONLY) for folder in SOURCES))

    assert raised & NEVER_RAISED == set()
    assert set(CODES) - raised <= NEVER_RAISED


def test_attacks_name_codes_that_there_are():
    named = set().union(*(each.codes for each in ATTACKS.values()))

    assert named <= set(CODES)
