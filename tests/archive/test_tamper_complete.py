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


def naming(folder, without):
    texts = [p.read_text() for p in folder.rglob("*.py") if p.name not in without]
    return {code for code in CODES if any(re.search(rf'"{code}"', text) for text in texts)}


def test_every_code_has_a_test_that_performs_the_tampering():
    assert set(CODES) - naming(TESTS, NO_TAMPERING) == set()


def test_every_code_is_raised_by_something():
    raised = set().union(*(naming(folder, MEANING_ONLY) for folder in SOURCES))

    assert raised == set(CODES)


def test_attacks_name_codes_that_there_are():
    named = set().union(*(each.codes for each in ATTACKS.values()))

    assert named <= set(CODES)
