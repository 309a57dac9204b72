"""The archiver killed at its requests to a bucket, and a bucket that is away for a while."""

import os
import signal
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest

from archive.s3 import Bucket
from archive.s3_client import connect
from archive.s3_place import Place
from orderproof import s3_server
from tests.s3_proxy import proxy_of

CASES = Path(__file__).parents[1] / "data" / "claim_cases"


@pytest.fixture
def environment(bucket, s3, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.credentials.key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.credentials.secret)
    monkeypatch.setenv("ORDERPROOF_ARCHIVE_URL", bucket.place.address)
    monkeypatch.setenv("ORDERPROOF_S3_ENDPOINT_URL", s3.endpoint)


def contents(bucket, name):
    """Return the different contents that an object's versions have."""
    versions = [each for each in bucket.versions_of(name) if not each.marker]
    return {bucket.read(name, VersionId=each.id)[1] for each in versions}


# The numbers count what the archiver writes: its checkpoint, tiles, histories, the manifest, and
# what follows the event that is recorded of the run.
@pytest.mark.parametrize(
    ("moment", "numbers"), [("before", [1, 3, 8, 2]), ("after", [1, 4, 14, 1])]
)
def test_an_archiver_killed_at_its_writes_leaves_whole_objects_and_a_rerun_ends_it(
    environment, bucket, s3, data, orderproof, monkeypatch, moment, numbers
):  # C-06
    assert orderproof("import", CASES / "events.jsonl", "--data", data).code == 0
    assert orderproof("bucket", "doctor", "--data", data).code == 0
    with proxy_of(s3.endpoint) as proxy:
        monkeypatch.setenv("ORDERPROOF_S3_ENDPOINT_URL", proxy.endpoint)
        for number in numbers:
            kill_at(proxy, moment, number, bucket, data)

        monkeypatch.setenv("ORDERPROOF_S3_ENDPOINT_URL", s3.endpoint)
        done = orderproof("archive", "--all", "--data", data, "--json")
    verify = orderproof("verify", bucket.place.address, "--json")

    assert done.code == 0
    assert (verify.code, verify.json["findings"]) == (0, [])
    final = [n for n, _ in bucket.versions("") if not n.startswith("open/")]
    replaced = ("log/checkpoint", "README.txt")
    assert all(len(contents(bucket, name)) == 1 for name in final if name not in replaced)


def kill_at(proxy, moment, number, bucket, data):
    """Run the archiver and kill it at its n-th write, before or after the server has done it."""
    writes = count(1)
    running = []

    def rule(method, path):
        if method != "PUT" or bucket.place.prefix not in path or next(writes) != number:
            return None
        running[0].send_signal(signal.SIGKILL)
        return 0, ""

    proxy.before = proxy.after = lambda method, path: None
    setattr(proxy, moment, rule)
    command = [sys.executable, "-m", "orderproof", "archive", "--all", "--data", str(data)]
    process = subprocess.Popen(command, env=os.environ, stderr=subprocess.PIPE)
    running.append(process)
    _, said = process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL, said


def test_a_bucket_that_is_away_holds_up_nothing_but_the_archive(
    server_folder, data, orderproof, monkeypatch
):  # N-01
    monkeypatch.setenv("ORDERPROOF_S3_WAIT", "0")
    monkeypatch.setenv("ORDERPROOF_ARCHIVE_URL", "s3://proof-example/shop")
    with s3_server.running(server_folder / "s3") as first:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", first.credentials.key_id)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", first.credentials.secret)
        monkeypatch.setenv("ORDERPROOF_S3_ENDPOINT_URL", first.endpoint)
        client = connect(first.endpoint, first.credentials)
        client.create_bucket(Bucket="proof-example", ObjectLockEnabledForBucket=True)
        assert orderproof("archive", "--all", "--data", data).code == 0

    recorded = orderproof("import", CASES / "events.jsonl", "--data", data)
    lagging = orderproof("archive", "--all", "--data", data, "--json")
    answered = orderproof("claim", "C07", "--data", data, "--json")
    unverified = orderproof("verify", "s3://proof-example/shop", "--json")

    port = int(first.endpoint.rpartition(":")[2])
    with s3_server.running(server_folder / "s3", port) as again:
        caught_up = orderproof("archive", "--all", "--data", data, "--json")
        verified = orderproof("verify", "s3://proof-example/shop", "--json")
        place = Place("proof-example", "shop", again.endpoint)
        kept = Bucket(place, again.credentials).versions_of("trust/keyring.1.json")

    assert recorded.code == 0
    assert (lagging.code, unverified.code) == (5, 5)
    assert "the archive lags" in lagging.json["error"]
    assert (answered.code, answered.json["verdict"]) == (0, "FAILED_NOT_REISSUED")
    assert answered.json["integrity"]["not_checked"] == [
        "the archive cannot be read, or not all of it: verify it"
    ]
    assert caught_up.code == 0
    assert (verified.code, verified.json["findings"]) == (0, [])
    assert len(kept) == 1
