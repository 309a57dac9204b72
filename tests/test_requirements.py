"""The page of requirements has every row once, and names only tests that there are."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "reference" / "requirements.md").read_text()
NAMED = sorted(set(re.findall(r"\[`(\w+)`\]\(\.\./\.\./(tests/[\w/]+\.py)\)", PAGE)))


def test_every_row_is_there_once_and_in_its_place():
    rows = re.findall(r"^\| (R\d{3}) \| [^|]+ \| .+ \|$", PAGE, re.MULTILINE)

    assert rows == [f"R{number:03}" for number in range(1, 175)]


@pytest.mark.parametrize(("name", "file"), NAMED, ids=[name for name, _ in NAMED])
def test_a_test_that_is_named_is_there(name, file):
    text = (ROOT / file).read_text()

    assert re.search(rf"^def {name}\(", text, re.MULTILINE)


def test_the_page_names_tests_at_all():
    assert len(NAMED) > 50
