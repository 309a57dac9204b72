"""`orderproof export keys` and `verify --keys`, end to end."""

import pytest

from tests.orderproof.erase_scene import DECISION, lines, story


@pytest.fixture
def archived(data, orderproof, tmp_path):
    file = tmp_path / "events.jsonl"
    file.write_text(lines(story()))
    assert orderproof("import", file, "--data", data).code == 0
    assert orderproof("archive", "--all", "--data", data).code == 0
    return data


@pytest.fixture
def verified(archived, orderproof, tmp_path):
    def verified(bundle):
        assert orderproof("archive", "--all", "--data", archived).code == 0
        return orderproof("verify", archived / "archive", "--keys", bundle, "--json")

    return verified


def export(orderproof, data, file):
    done = orderproof("export", "keys", "--out", file, "--by", "staff-1", "--data", data)
    assert done.code == 0, done.err
    return file


def test_every_key_that_is_left_opens_what_it_sealed(archived, orderproof, tmp_path, verified):
    bundle = export(orderproof, archived, tmp_path / "keys.jsonl")

    done = verified(bundle)

    assert (done.code, done.json["verdict"]) == (0, "intact")
    assert done.json["checked"]["personal_data_opened"] >= 7
    assert bundle.stat().st_mode & 0o777 == 0o600


#
def test_after_an_erasure_no_key_of_the_person_is_in_the_bundle_and_all_is_consistent(
    archived, orderproof, tmp_path, verified
):
    orderproof("erase", "de/3", *DECISION, "--yes", "--data", archived)

    bundle = export(orderproof, archived, tmp_path / "keys.jsonl")

    assert b"order/de/3" not in bundle.read_bytes()
    assert verified(bundle).json["verdict"] == "intact"


def test_a_key_that_was_kept_beyond_its_erasure_is_found(archived, orderproof, tmp_path, verified):
    kept = export(orderproof, archived, tmp_path / "kept.jsonl")
    orderproof("erase", "de/3", *DECISION, "--yes", "--data", archived)

    done = verified(kept)

    assert (done.code, {f["code"] for f in done.json["findings"]}) == (3, {"ERASURE_INCONSISTENT"})
    assert {f["object"] for f in done.json["findings"]} == {
        "order de/1, event 1", "order de/1, event 3", "order de/2, event 1", "order de/3, event 1",
    }  # fmt: skip


def test_a_key_of_another_order_does_not_fit(archived, orderproof, tmp_path, verified):
    bundle = export(orderproof, archived, tmp_path / "keys.jsonl")
    bundle.write_bytes(bundle.read_bytes().replace(b"order/de/9", b"order/de/0").replace(
        b"order/de/3", b"order/de/9"))  # fmt: skip

    done = verified(bundle)

    assert (done.code, {f["code"] for f in done.json["findings"]}) == (
        3, {"KEY_COMMITMENT_MISMATCH"},
    )  # fmt: skip


def test_no_file_is_overwritten(archived, orderproof, tmp_path):
    (tmp_path / "keys.jsonl").write_text("mine")
    out = ("--out", tmp_path / "keys.jsonl", "--by", "staff-1")

    assert orderproof("export", "keys", *out, "--data", archived).code == 2
    assert (tmp_path / "keys.jsonl").read_text() == "mine"
