"""What the documents promise is what the program does."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from orderproof import cli
from orderproof.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
SHOWN = re.search(r"<!-- demo.*?-->\n```\n(.*?)\n```", README, re.DOTALL)


def normal(text: str) -> str:
    """Leave out what differs from run to run: keys, hashes, positions in random orders."""
    return re.sub(r"[0-9a-f]{16,}", "…", text)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    done = subprocess.run(
        [sys.executable, "-m", "orderproof", "demo"],
        cwd=tmp_path_factory.mktemp("demo"), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_demo_prints_what_the_readme_shows(told):
    parts = SHOWN.group(1).split("\n[…]\n")
    lines = normal("\n".join(line.removeprefix("   ") for line in told.splitlines()))

    assert len(parts) >= 2
    for part in parts:
        assert normal(part) in lines


def test_the_demo_tells_the_whole_story(told):
    for verdict in ["SETTLED_REFERENCE_GIVEN", "FAILED_NOT_REISSUED", "APPROVED_NOT_SUBMITTED"]:
        assert verdict in told
    assert "the original purchase is not in this record" in told
    assert "0 recorded, 502 were there already" in told
    assert "\n   INTACT\n" in told
    assert "\n   ALTERED\n" in told
    assert "refund.settled, id demo-037" in told


def test_every_setting_is_documented_and_nothing_else():
    table = (ROOT / "docs" / "reference" / "settings.md").read_text()
    documented = set(re.findall(r"^\| `ORDERPROOF_(\w+)` \|", table, re.MULTILINE))

    assert documented == {name.upper() for name in Settings.model_fields} | {"DATA", "SECRETS"}


def test_every_verb_is_in_the_readme_and_nothing_else():
    block = README.split("## Commands")[1].split("```")[1]
    shown = set(re.findall(r"^orderproof ([a-z-]+)", block, re.MULTILINE))
    known = {(c.name or c.callback.__name__).strip("_") for c in cli.app.registered_commands}
    known |= {group.typer_instance.info.name for group in cli.app.registered_groups}

    assert shown == known


def test_every_link_between_documents_leads_somewhere():
    for document in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_decisions_are_numbered_without_a_gap():
    numbers = sorted(int(file.name[:4]) for file in (ROOT / "docs" / "adr").glob("*.md"))

    assert numbers == list(range(1, len(numbers) + 1))
