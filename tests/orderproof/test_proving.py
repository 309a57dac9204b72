"""Proofs over HTTP, checked by code that is not ours alone: by hashing, and offline as files."""

import hashlib

import psycopg2
import pytest

from archive import checkpoint, merkle, note
from tests.api.test_intake import problem
from tests.orderproof.reading_scene import reading
from tests.orderproof.test_auditing import record, story  # noqa: F401


@pytest.fixture(params=["per-order", "pack"])
def archived(request, data, record, orderproof):  # noqa: F811
    record(*(story(n) for n in range(1, 6)), story("1", shop="fr"))
    assert orderproof("archive", "--all", "--layout", request.param, "--data", data).code == 0
    record(story("new"))
    with reading(data) as found:
        yield found


def test_an_events_proof_leads_to_the_signed_root_by_hashing_alone(archived):
    for own in ("de-1-1", "de-5-3", "fr-1-2"):
        proof = archived.get(f"/v1/events/{own}/proof").json()

        line = hashlib.sha256(proof["line"].encode()).hexdigest()
        assert line == proof["hash"]
        assert proof["entry"].split()[3] == line
        leaf = hashlib.sha256(b"\0" + proof["entry"].encode()).digest()
        signed = checkpoint.parse(note.parse(proof["checkpoint"].encode()).text)
        path = [bytes.fromhex(step) for step in proof["path"]]
        assert merkle.verify_inclusion(
            leaf, proof["leaf_index"], proof["tree_size"], path, signed.root
        )
        assert (signed.size, signed.root.hex()) == (proof["tree_size"], proof["root"])


def test_what_came_after_the_checkpoint_is_said_to_be_in_none(archived):
    problem(archived.get("/v1/events/de-new-1/proof"), 404, "not-published")
    problem(archived.get("/v1/orders/de/new/history"), 404, "not-published")
    problem(archived.get("/v1/events/nowhere/proof"), 404, "not-found")


def test_without_an_archive_nothing_is_proved(data, record):  # noqa: F811
    record(story("1"))
    with reading(data) as found:
        for path in ("checkpoints/latest", "events/de-1-1/proof", "orders/de/1/history"):
            problem(found.get(f"/v1/{path}"), 404, "not-published")
        assert found.get("/v1/checkpoints").json()["items"] == []


def test_a_history_is_a_file_that_verifies_offline(archived, orderproof, tmp_path):
    answer = archived.get("/v1/orders/de/1/history")

    assert answer.headers["content-type"] == "application/gzip"
    assert answer.headers["orderproof-revisions"] == "1"
    assert "immutable" in answer.headers["cache-control"]
    file = tmp_path / answer.headers["content-disposition"].rpartition("'")[2]
    file.write_bytes(answer.content)
    keyring = tmp_path / "keyring.json"
    keyring.write_text(archived.get("/v1/keys").json()["envelope"])
    verified = orderproof("verify", file, "--keyring", keyring, "--json")
    assert (verified.code, verified.json["verdict"]) == (0, "intact"), verified.out
    again = archived.get(
        "/v1/orders/de/1/history", headers={"If-None-Match": answer.headers["etag"]}
    )
    assert again.status_code == 304
    problem(archived.get("/v1/orders/de/1/history", revision=2), 404, "not-found")
    mine = archived.token(shops=["fr"])
    problem(archived.get("/v1/orders/de/1/history", token=mine), 404, "not-found")


def test_the_log_only_grew_between_checkpoints(archived, orderproof, data):
    first = archived.get("/v1/checkpoints/latest").json()
    assert orderproof("archive", "--all", "--data", data).code == 0
    second = archived.get("/v1/checkpoints/latest").json()

    proof = archived.get(
        f"/v1/checkpoints/{second['size']}/consistency", **{"from": first["size"]}
    ).json()

    assert merkle.verify_consistency(
        first["size"], second["size"], [bytes.fromhex(step) for step in proof["path"]],
        bytes.fromhex(first["root"]), bytes.fromhex(second["root"]),
    )  # fmt: skip
    assert (proof["from_root"], proof["to_root"]) == (first["root"], second["root"])
    runs = archived.get("/v1/checkpoints", limit=1).json()
    sizes = [run["size"] for run in runs["items"]]
    more = archived.get("/v1/checkpoints", limit=1, cursor=runs["next"]).json()
    sizes += [run["size"] for run in more["items"]]
    kept = [archived.get(f"/v1/checkpoints/{size}").json()["size"] for size in sizes]
    assert kept == sizes == sorted(sizes, reverse=True)
    problem(archived.get("/v1/checkpoints/5/consistency", **{"from": 6}), 422, "invalid")
    problem(archived.get("/v1/checkpoints/99999/consistency", **{"from": 6}), 404, "not-published")
    problem(archived.get("/v1/checkpoints/3"), 404, "not-published")


def test_the_keys_are_those_that_the_checkpoint_is_signed_with(archived, orderproof, data):
    keys = archived.get("/v1/keys").json()

    listed = orderproof("key", "list", "--data", data, "--json").json
    assert [key["vkey"] for key in keys["keys"]] == [key["vkey"] for key in listed["keys"]]
    assert keys["fingerprint"] == listed["fingerprint"]
    signed = note.parse(archived.get("/v1/checkpoints/latest").json()["note"].encode())
    assert {each.key_id.hex() for each in signed.signatures} <= {
        key["vkey"].split("+")[1] for key in keys["keys"]
    }


def test_a_line_that_somebody_changed_is_not_proved(archived):
    connection = psycopg2.connect(archived.store.dsn)
    with connection, connection.cursor() as cursor:
        cursor.execute("ALTER TABLE events DISABLE TRIGGER ALL")
        cursor.execute(
            "UPDATE events SET body = convert_to(replace(convert_from(body, 'UTF8'), '12800',"
            " '1'), 'UTF8') WHERE position = 3"
        )
    connection.close()

    problem(archived.get("/v1/events/3/proof"), 409, "altered")
