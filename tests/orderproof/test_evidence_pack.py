"""`claim --pdf`: the pack of an order, from the store and from an archive alone."""

import json
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

CASES = Path(__file__).parents[1] / "data" / "claim_cases"
DAY = ("--as-of", "2026-01-15")


@pytest.fixture
def recorded(data, orderproof):
    assert orderproof("import", CASES / "events.jsonl", "--data", data).code == 0
    return data


@pytest.fixture
def archived(recorded, orderproof):
    assert orderproof("archive", "--all", "--data", recorded).code == 0
    return recorded


@pytest.fixture
def attached(tool, tmp_path):
    """Return the files that are attached to a PDF."""

    def read(pdf):
        folder = tmp_path / "attached"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        command = [tool("pdfdetach"), "-saveall", "-o", folder, pdf]
        subprocess.run(command, check=True, capture_output=True)
        return {file.name: file.read_bytes() for file in folder.iterdir()}

    return read


def test_a_pack_from_the_store_carries_the_history_and_the_answer(
    archived, orderproof, attached, tmp_path
):
    done = orderproof(
        "claim", "C07", "--pdf", tmp_path / "p.pdf", *DAY, "--data", archived, "--json"
    )
    files = attached(tmp_path / "p.pdf")

    assert (done.code, done.json["verdict"]) == (0, "FAILED_NOT_REISSUED")
    said = json.loads(files["claim.json"])
    assert said | {"seconds": 0} == done.json | {"seconds": 0}
    assert said["seconds"] is None
    [history] = archived.glob("archive/orders/example/*/C07_*")
    assert files[history.name] == history.read_bytes()
    assert files["checkpoint"] == (archived / "archive/log/checkpoint").read_bytes()
    assert files["keyring.1.json"] == (archived / "archive/trust/keyring.1.json").read_bytes()
    assert files.keys() >= {"README.txt", "contents.json", "evidence.pem"}
    assert "unsealed.jsonl" not in files


def test_an_order_that_is_not_archived_yet_comes_as_lines(recorded, orderproof, attached, tmp_path):
    done = orderproof("claim", "C07", "--pdf", tmp_path / "p.pdf", "--data", recorded, "--json")
    files = attached(tmp_path / "p.pdf")

    lines = files["unsealed.jsonl"].splitlines()
    assert len(lines) == done.json["integrity"]["events"]
    assert not any(name.endswith(".gz") for name in files)


def test_the_evidence_key_is_made_by_the_first_pack_and_then_kept(archived, orderproof, tmp_path):
    keys = archived / "keys"
    assert not (keys / "evidence-key.pem").exists()

    orderproof("claim", "C07", "--pdf", tmp_path / "1.pdf", "--data", archived)
    made = {file.name: file.read_bytes() for file in keys.glob("evidence-*")}
    orderproof("claim", "C08", "--pdf", tmp_path / "2.pdf", "--data", archived)

    assert made.keys() == {"evidence-key.pem", "evidence-certificate.pem"}
    assert {file.name: file.read_bytes() for file in keys.glob("evidence-*")} == made
    assert stat.S_IMODE((keys / "evidence-key.pem").stat().st_mode) == 0o600


def test_a_bare_archive_gives_the_same_pack_unsigned(
    archived, orderproof, attached, tool, tmp_path, monkeypatch
):
    shutil.move(archived / "archive", tmp_path / "kept")
    shutil.rmtree(archived)
    monkeypatch.chdir(tmp_path)

    ask = ("claim", "C07", "--from-archive", tmp_path / "kept", *DAY)
    assert orderproof(*ask, "--pdf", tmp_path / "1.pdf").code == 0
    assert orderproof(*ask, "--pdf", tmp_path / "2.pdf").code == 0

    first = (tmp_path / "1.pdf").read_bytes()
    assert (tmp_path / "2.pdf").read_bytes() == first
    assert not list(tmp_path.glob(".1.pdf*"))
    files = attached(tmp_path / "1.pdf")
    assert "C07_20250303_r1.jsonl.gz" in files
    assert "evidence.pem" not in files
    text = subprocess.run(
        [tool("pdftotext"), tmp_path / "1.pdf", "-"], capture_output=True, check=True
    ).stdout.decode()
    assert "This document is not signed" in text


def test_what_cannot_be_written_is_said(archived, orderproof, tmp_path):
    done = orderproof("claim", "C07", "--pdf", tmp_path / "no" / "p.pdf", "--data", archived)
    assert done.code == 2
    assert "cannot be written: No such file or directory" in done.err

    nobody = orderproof("claim", "C99", "--pdf", tmp_path / "p.pdf", "--data", archived, "--json")
    assert (nobody.code, nobody.json["verdict"]) == (6, "ORDER_NOT_FOUND")
    assert "no pack" in nobody.err
    assert not (tmp_path / "p.pdf").exists()
