"""Rotation, revocation and theft of the log's keys, as the how-to tells them."""

import gzip
import json

import pytest

from archive.keyring_log import PUBLISHED
from orderproof import keyring as keyrings
from orderproof.keys import Keys


@pytest.fixture
def shop(data, orderproof, tmp_path):
    """A data folder with one archived order, whose root key was taken away from it."""
    record(orderproof, data, tmp_path, "1")
    assert orderproof("archive", "--all", "--data", data).code == 0
    root = tmp_path / "root.pem"
    (data / "keys/root-1.pem").rename(root)
    return root


def record(orderproof, data, tmp_path, number):
    event = {
        "specversion": "1.0", "id": number, "source": "/example", "type": "refund.requested",
        "subject": f"de/{number}", "time": "2025-05-01T09:00:00Z",
        "data": {"refund_id": "r1", "amount": 100, "currency": "EUR", "reason_code": "late"},
    }  # fmt: skip
    file = tmp_path / f"{number}.json"
    file.write_text(json.dumps(event))
    assert orderproof("import", file, "--data", data).code == 0


def listed(orderproof, data):
    return orderproof("key", "list", "--data", data, "--json").json


def verdict(orderproof, data, *options):
    return orderproof("verify", data / "archive", *options, "--json").json["verdict"]


def archived(orderproof, data, tmp_path, number):
    record(orderproof, data, tmp_path, number)
    return orderproof("archive", "--all", "--data", data)


def test_new_keys_sign_after_a_rotation(shop, data, orderproof, tmp_path):
    before = listed(orderproof, data)

    assert orderproof("key", "rotate", "--root", shop, "--data", data).code == 0
    after = listed(orderproof, data)

    assert [key["status"] for key in after["keys"]] == ["retired", "retired", "active", "active"]
    assert after["keys"][2]["from_size"] == after["keys"][0]["to_size"] + 1
    assert after["fingerprint"] == before["fingerprint"]
    assert archived(orderproof, data, tmp_path, "2").code == 0
    assert (data / "archive/trust/keyring.2.json").exists()
    assert verdict(orderproof, data, "--keyring", before["fingerprint"]) == "intact"
    assert not list((data / "keys").glob("*.next"))


@pytest.mark.parametrize("moved", [0, 1])
def test_a_rotation_that_was_killed_is_finished(shop, data, orderproof, tmp_path, moved):
    keys = Keys(data / "keys")
    files = keyrings.read(data)
    proposed = keyrings.rotated(files, keys, listed_size(data))
    envelope = keyrings.sign(keyrings.trust.envelope(proposed), [shop])
    keyrings.write_secret(data / "trust/keyring.2.json", envelope.encode())
    for name in ["log-ed25519.pem"][:moved]:
        (data / f"keys/{name}.next").replace(data / f"keys/{name}")

    assert archived(orderproof, data, tmp_path, "2").code == 0

    assert verdict(orderproof, data) == "intact"
    assert not list((data / "keys").glob("*.next"))


def listed_size(data):
    return max(int(file.name) for file in (data / "archive/log/checkpoints").iterdir())


def test_keys_that_were_lost_are_replaced(shop, data, orderproof, tmp_path):
    for name in ("log-ed25519.pem", "log-mldsa44.pem"):
        (data / "keys" / name).unlink()

    done = orderproof("key", "rotate", "--root", shop, "--data", data)

    assert done.code == 0, done.err
    assert archived(orderproof, data, tmp_path, "2").code == 0
    assert verdict(orderproof, data) == "intact"


def test_a_stranger_cannot_rotate(shop, data, orderproof, tmp_path):
    other = tmp_path / "other.pem"
    assert orderproof("key", "new", "--role", "root", other).code == 0
    assert other.stat().st_mode & 0o777 == 0o600

    done = orderproof("key", "rotate", "--root", other, "--data", data, "--json")

    assert done.json["in_force"] is False
    assert listed(orderproof, data)["keyring"] == 1
    assert archived(orderproof, data, tmp_path, "2").code == 0
    assert verdict(orderproof, data) == "intact"


def test_a_proposal_is_signed_elsewhere_and_put_in_force_here(shop, data, orderproof, tmp_path):
    proposal = tmp_path / "proposal.json"
    done = orderproof("key", "rotate", "--proposal", proposal, "--data", data, "--json")
    assert (done.json["in_force"], done.json["proposal"]) == (False, str(proposal))
    elsewhere = tmp_path / "elsewhere"
    signed = orderproof("key", "sign", proposal, "--root", shop, "--data", elsewhere)
    assert signed.code == 0, signed.err

    done = orderproof("key", "sign", proposal, "--data", data, "--json")

    assert done.json["in_force"] is True
    assert archived(orderproof, data, tmp_path, "2").code == 0
    assert verdict(orderproof, data) == "intact"


def test_a_proposal_that_the_log_outgrew_is_refused(shop, data, orderproof, tmp_path):
    proposal = tmp_path / "proposal.json"
    orderproof("key", "rotate", "--proposal", proposal, "--data", data)
    assert archived(orderproof, data, tmp_path, "2").code == 0

    done = orderproof("key", "sign", proposal, "--root", shop, "--data", data)

    assert done.code == 5
    assert "since this keyring was proposed" in done.err


def test_what_a_stolen_key_signed_since_does_not_count(shop, data, orderproof, tmp_path):
    named = listed(orderproof, data)["keys"][0]["key"]
    options = ("--compromised-since", "2020-01-01", "--reason", "laptop lost", "--root", shop)

    assert orderproof("key", "revoke", named, *options, "--data", data).code == 0
    assert archived(orderproof, data, tmp_path, "2").code == 0

    report = orderproof("verify", data / "archive", "--json").json
    assert report["verdict"] == "altered"
    assert "KEY_COMPROMISED" in {finding["code"] for finding in report["findings"]}


def test_why_a_key_ended_is_in_the_log(shop, data, orderproof, tmp_path):
    named = listed(orderproof, data)["keys"][1]["key"]
    command = ("key", "revoke", named, "--reason", "laptop lost", "--data", data)
    since = ("--compromised-since", "2026-03-01")

    waiting = [orderproof(*command, *since, "--json") for _ in range(2)]  # no root at hand
    assert [done.json["in_force"] for done in waiting] == [False, False]
    assert orderproof(*command, "--root", shop).code == 0
    assert archived(orderproof, data, tmp_path, "2").code == 0

    (history,) = (data / "archive/system").glob("keys_*_r1.jsonl.gz")
    lines = [json.loads(line) for line in gzip.decompress(history.read_bytes()).split(b"\n")[1:4]]
    said = {"key": named, "keyring": 2, "origin": listed(orderproof, data)["origin"]}
    assert [line["type"] for line in lines] == ["key.revoked", "key.revoked", PUBLISHED]
    assert [line["event"]["data"] for line in lines[:2]] == [
        said | {"reason": "laptop lost", "compromised_since": "2026-03-01"},
        said | {"reason": "laptop lost"},
    ]
    assert verdict(orderproof, data) == "intact"


def test_a_revoked_key_still_speaks_for_what_it_signed(shop, data, orderproof, tmp_path):
    named = listed(orderproof, data)["keys"][0]["key"]

    done = orderproof(
        "key", "revoke", named, "--reason", "staff left", "--root", shop, "--data", data
    )

    assert done.code == 0, done.err
    assert listed(orderproof, data)["keys"][0]["status"] == "revoked"
    assert archived(orderproof, data, tmp_path, "2").code == 0
    assert verdict(orderproof, data) == "intact"


def test_the_fingerprint_is_printed_in_groups(data, orderproof):
    fingerprint = listed(orderproof, data)["fingerprint"]

    shown = orderproof("key", "show", "--data", data).out

    assert " ".join(fingerprint[n : n + 8] for n in range(0, 64, 8)) in shown
    assert f"orderproof verify --keyring {fingerprint}" in shown


def test_a_key_that_others_can_read_is_refused(shop, data, orderproof):
    (data / "keys/log-ed25519.pem").chmod(0o640)

    done = orderproof("archive", "--all", "--data", data)

    assert done.code == 5
    assert "chmod 600" in done.err


def test_the_key_to_personal_data_is_for_its_owner_alone(shop, data, orderproof):
    (data / "keys/personal-data.key").chmod(0o644)

    assert orderproof("claim", "de/1", "--data", data).code == 0  # needs nothing personal
    done = orderproof("init", "--data", data)

    assert done.code == 5
    assert "chmod 600" in done.err
