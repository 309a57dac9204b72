"""A claim on a cold archive: little is read, little is imported, and nothing wrong is believed."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

CASES = Path(__file__).parents[1] / "data" / "claim_cases"
HEAVY = {"boto3", "eventsourcing", "fastapi", "multiprocessing", "psycopg2", "rich", "sqlalchemy"}


@pytest.fixture
def archived(data, orderproof, tmp_path):
    """An archive whose installation is gone."""
    assert orderproof("import", CASES / "events.jsonl", "--data", data).code == 0
    assert orderproof("archive", "--all", "--data", data).code == 0
    shutil.move(data / "archive", tmp_path / "kept")
    shutil.rmtree(data)
    return tmp_path / "kept"


def cold(archive, order, *options):
    """Answer a claim in a process of its own, which says what it imports."""
    command = ["-X", "importtime", "-m", "orderproof", "claim", order, "--json"]
    kept = {name: v for name, v in os.environ.items() if not name.startswith("ORDERPROOF_")}
    done = subprocess.run(
        [sys.executable, *command, "--from-archive", archive, *options],
        capture_output=True,
        env=kept,
        text=True,
        check=False,
    )
    imported = {
        line.rpartition("|")[2].strip().partition(".")[0]
        for line in done.stderr.splitlines()
        if line.startswith("import time:")
    }
    return done.returncode, json.loads(done.stdout), imported


def test_a_cold_process_answers_with_two_requests_and_few_imports(archived):
    started = time.perf_counter()
    code, answer, imported = cold(archived, "example/C07")
    print(f"claim from a cold process: {time.perf_counter() - started:.2f} s, of which in the")
    print(f"command itself: {answer['seconds']} s")

    assert (code, answer["verdict"]) == (0, "FAILED_NOT_REISSUED")
    assert answer["integrity"]["requests"] == 2
    assert "archive" in imported
    assert not imported & HEAVY


def test_an_answer_through_the_index_says_as_of_when_it_is(archived, orderproof):
    done = orderproof("claim", "C07", "--from-archive", archived, "--json")

    integrity = done.json["integrity"]
    said = "\n".join(integrity["not_checked"])
    assert (integrity["verdict"], integrity["findings"]) == ("intact", [])
    for part in (
        f"as of log size {integrity['checkpoint']['size'] - 1}",
        "not searched for a fork",
        "cannot be seen",
        "identity of the signer",
        "second signature",
    ):
        assert part in said


def test_what_the_index_does_not_know_is_asked_of_the_whole_archive(archived, orderproof):
    by_number = orderproof("claim", "C08", "--from-archive", archived, "--json").json
    by_reference = orderproof("claim", "re_r1_C08", "--from-archive", archived, "--json").json
    nowhere = orderproof("claim", "C99", "--from-archive", archived, "--json").json

    assert by_number["integrity"]["requests"] == 2
    assert by_reference["integrity"]["requests"] is None
    assert nowhere["integrity"]["requests"] is None
    for answer in (by_number, by_reference):
        del answer["integrity"], answer["seconds"]
    assert by_number == by_reference


@pytest.mark.parametrize("name", ["index/root.json", "orders/example/*/C07_*"])
@pytest.mark.parametrize("change", ["deleted", "altered"])
def test_where_a_file_is_wrong_the_whole_archive_says_so(archived, orderproof, name, change):
    [path] = archived.glob(name)
    data = path.read_bytes()
    path.unlink()
    if change == "altered":
        path.write_bytes(data[:-40] + bytes(40))

    done = orderproof("claim", "C07", "--from-archive", archived, "--json")

    assert done.code == {"deleted": 4, "altered": 3}[change]
    assert done.json["verdict"] == "EVIDENCE_CONFLICT"
    assert done.json["integrity"]["requests"] is None
    assert done.json["integrity"]["findings"]


def test_a_keyring_got_from_elsewhere_says_who_signed(archived, orderproof, tmp_path):
    keyring = archived / "trust" / "keyring.1.json"
    shown = orderproof("verify", archived).out
    fingerprint = re.search(r"\b[0-9a-f]{64}\b", shown.partition("identity of the signer")[2])[0]
    ask = ["claim", "C07", "--from-archive", archived, "--json", "--keyring"]

    for trusted in (keyring, fingerprint):
        done = orderproof(*ask, trusted)
        assert (done.code, done.json["integrity"]["verdict"]) == (0, "intact")
        assert done.json["integrity"]["requests"] <= 4
        assert not any("identity" in text for text in done.json["integrity"]["not_checked"])

    other = orderproof(*ask, "ab" * 32)
    assert (other.code, other.json["integrity"]["verdict"]) == (3, "altered")
    assert orderproof(*ask, tmp_path / "nothing").code == 2
    assert orderproof("claim", "C07", "--keyring", keyring).code == 2
