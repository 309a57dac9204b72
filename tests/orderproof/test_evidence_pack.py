"""`claim --pdf`: the pack of an order, from the store and from an archive alone."""

import gzip
import json
import shutil
import stat
import subprocess
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from archive import member
from evidence import signature
from evidence.opened import open_pack
from evidence.typesetting import Typesetter
from orderproof import evidence_pack, postgres

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


def test_a_pack_from_a_bucket_is_that_of_a_folder(address, recorded, bucket, orderproof, tmp_path):
    assert orderproof("archive", "--all", "--data", recorded).code == 0
    [name] = [each for each, _ in bucket.versions("orders/") if "/C07_" in each]
    for place, file in ((address, "1.zip"), (f"{address}/{name}", "2.zip")):
        done = orderproof(
            "claim", "C07", "--from-archive", place, "--zip", tmp_path / file, *DAY,
            "--data", recorded,
        )  # fmt: skip
        assert done.code == 0, done.err
    copy = tmp_path / "copy"
    for each, _ in bucket.versions(""):
        (copy / each).parent.mkdir(parents=True, exist_ok=True)
        (copy / each).write_bytes(bucket.read(each)[1])
    ask = ("claim", "C07", "--from-archive", copy, "--zip", tmp_path / "3.zip", *DAY)
    assert orderproof(*ask, "--data", recorded).code == 0

    packs = [open_pack((tmp_path / f"{n}.zip").read_bytes()).files for n in (1, 2, 3)]
    proofs = [{p: d for p, d in files.items() if p.startswith(("orders/", "log/", "trust/"))}
              for files in packs]  # fmt: skip
    assert proofs[0] == proofs[1] == proofs[2]
    assert proofs[0][name] == bucket.read(name)[1]
    assert orderproof("verify", tmp_path / "1.zip").code == 0


def test_a_pack_of_evidence_that_is_not_intact_says_so_and_is_not_intact(
    archived, orderproof, tool, tmp_path
):
    [history] = archived.glob("archive/orders/example/*/C07_*")
    text = gzip.decompress(history.read_bytes())
    history.chmod(0o644)
    history.write_bytes(member.compress(text.replace(b"12800", b"12801", 1)))
    archive = archived / "archive"

    done = orderproof(
        "claim", "C07", "--from-archive", archive, "--pdf", tmp_path / "p.pdf", "--data", archived
    )
    shown = subprocess.run(
        [tool("pdftotext"), tmp_path / "p.pdf", "-"], capture_output=True, check=True
    ).stdout.decode()

    assert done.code == 3
    assert "altered · The record did not pass verification" in " ".join(shown.split())
    assert orderproof("verify", tmp_path / "p.pdf").code == 3


def test_fonts_come_from_the_folder_that_is_named(
    archived, orderproof, chinese_font, monkeypatch, tmp_path
):
    fonts = tmp_path / "fonts"
    fonts.mkdir()
    shutil.copy(chinese_font, fonts)
    monkeypatch.setenv("ORDERPROOF_FONT_PATH", str(fonts))
    ask = ("claim", "C07", "--lang", "zh", "--pdf", tmp_path / "p.pdf", "--data", archived)
    monkeypatch.setattr(
        evidence_pack, "Typesetter", lambda path: Typesetter(path, system_fonts=False)
    )
    evidence_pack.typesetter.cache_clear()
    try:
        with_fonts = orderproof(*ask)
        monkeypatch.delenv("ORDERPROOF_FONT_PATH")
        (tmp_path / "p.pdf").unlink()
        without = orderproof(*ask)
    finally:
        evidence_pack.typesetter.cache_clear()

    monkeypatch.setenv("ORDERPROOF_FONT_PATH", str(tmp_path / "nothing"))
    nowhere = orderproof(*ask)

    assert with_fonts.code == 0
    assert (nowhere.code, "which is no folder" in nowhere.err) == (2, True)
    assert without.code == 5
    assert "fonts-noto-cjk" in without.err
    assert not (tmp_path / "p.pdf").exists()


def test_nothing_personal_is_in_a_pack(archived, orderproof, tool, tmp_path):
    orderproof("claim", "C07", "--zip", tmp_path / "p.zip", "--data", archived)
    files = open_pack((tmp_path / "p.zip").read_bytes()).files
    [history] = [data for path, data in files.items() if path.startswith("orders/")]
    pages = tmp_path / "pages.pdf"
    pages.write_bytes(files["evidence.pdf"])
    text = subprocess.run([tool("pdftotext"), pages, "-"], capture_output=True, check=True).stdout

    whole = b"".join([*files.values(), gzip.decompress(history), text])
    for secret in (b"Test Buyer", b"+49301234567", b"k14@example.org", b"Musterweg"):
        assert secret not in whole
    key = (archived / "keys" / "evidence-key.pem").read_bytes()
    assert b"PRIVATE" not in whole
    assert key.splitlines()[1] not in whole


def test_the_evidence_key_is_encrypted_by_kms_where_the_others_are(
    tmp_path, orderproof, migrated_database, monkeypatch
):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("ORDERPROOF_DATABASE_URL", postgres.sqlalchemy_url(migrated_database))
    folder = tmp_path / "data"
    with mock_aws():
        arn = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
        monkeypatch.setenv("ORDERPROOF_KMS_KEY_ID", arn)
        assert orderproof("init", "--data", folder).code == 0
        assert orderproof("import", CASES / "events.jsonl", "--data", folder).code == 0
        for _ in range(2):
            done = orderproof("claim", "C07", "--pdf", tmp_path / "p.pdf", "--data", folder)
            assert done.code == 0, done.err
        file = tmp_path / "p.pdf"
        assert signature.check(open_pack(file.read_bytes())).state == signature.GOOD

    keys = folder / "keys"
    assert not (keys / "evidence-key.pem").exists()
    assert stat.S_IMODE((keys / "evidence-key.kms.json").stat().st_mode) == 0o600
    assert b"PRIVATE" not in (keys / "evidence-key.kms.json").read_bytes()


def test_a_key_that_others_can_read_or_that_is_another_is_refused(archived, orderproof, tmp_path):
    ask = ("claim", "C07", "--pdf", tmp_path / "p.pdf", "--data", archived)
    assert orderproof(*ask).code == 0
    key = archived / "keys" / "evidence-key.pem"
    key.chmod(0o644)
    shared = orderproof(*ask)
    key.chmod(0o600)
    key.write_bytes((archived / "keys" / "log-ed25519.pem").read_bytes())
    other = orderproof(*ask)
    key.unlink()
    unlike = orderproof(*ask)

    assert (shared.code, other.code, unlike.code) == (5, 5, 5)
    assert "can be read by others" in shared.err
    assert "is no ECDSA key on P-256" in other.err
    assert "certificate of another key" in unlike.err
