"""The key-encryption key from AWS KMS: made there, kept encrypted, asked for once a command."""

import logging
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from moto import mock_aws

from orderproof import keys, kms, postgres
from orderproof.keys import Keys
from tests.orderproof.erase_scene import DECISION, MAX, lines, placed, story

DISABLED = b'{"__type":"DisabledException","message":"arn of the key"}'


class Silent:
    """Takes connections, and says nothing."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return f"http://127.0.0.1:{one.getsockname()[1]}"


@contextmanager
def kms_that_answers(status, body):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def aws(monkeypatch):
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    with mock_aws():
        yield boto3.client("kms")


@pytest.fixture
def kms_key(aws):
    return aws.create_key()["KeyMetadata"]["Arn"]


@pytest.fixture
def asked(monkeypatch):
    """What KMS was asked, in order."""
    questions = []
    ask = kms.ask

    def counted(what, name, question):
        questions.append(what)
        return ask(what, name, question)

    monkeypatch.setattr(kms, "ask", counted)
    return questions


@pytest.fixture
def named(monkeypatch):
    """What KMS was asked about, in order."""
    questions = []
    ask = kms.ask

    def named(what, name, question):
        questions.append(f"{what} {name}")
        return ask(what, name, question)

    monkeypatch.setattr(kms, "ask", named)
    return questions


@pytest.fixture
def data(tmp_path, orderproof, migrated_database, monkeypatch, kms_key):
    monkeypatch.setenv("ORDERPROOF_DATABASE_URL", postgres.sqlalchemy_url(migrated_database))
    monkeypatch.setenv("ORDERPROOF_KMS_KEY_ID", kms_key)
    folder = tmp_path / "data"
    assert orderproof("init", "--data", folder).code == 0
    return folder


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "events.jsonl"
    file.write_text(lines(story()))
    return file


def test_kms_makes_the_key_and_the_folder_keeps_only_what_kms_encrypted(data):
    kept = data / "keys" / "personal-data.kms.json"

    key = Keys(data / "keys").personal_data

    assert not (data / "keys" / "personal-data.key").exists()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert len(key) == 32
    for file in (data / "keys").iterdir():
        assert key not in file.read_bytes()
        assert key.hex().encode() not in file.read_bytes()


def test_a_command_asks_kms_once_and_one_that_needs_no_key_asks_nothing(
    data, file, orderproof, asked
):
    assert orderproof("import", file, "--data", data).code == 0
    assert asked == ["decrypt"]

    asked.clear()
    shown = orderproof("order", "de/9", "--personal", "--data", data, "--json")
    assert shown.json["events"][0]["data"]["buyer"] == MAX
    assert asked == ["decrypt"]

    asked.clear()
    assert orderproof("init", "--data", data).code == 0
    assert orderproof("claim", "de/9", "--data", data).code == 0
    assert orderproof("order", "de/9", "--data", data).code == 0
    assert asked == []


def test_an_import_with_worker_processes_asks_once(data, tmp_path, orderproof, asked):
    large = tmp_path / "large.jsonl"
    buyer = {**MAX, "name": "Max Othername" * 20}
    large.write_text(lines(placed(f"de/{n}", buyer, "C-9") for n in range(10_000)))

    done = orderproof("import", large, "--data", data, "--json")

    assert (done.code, done.json["recorded"]) == (0, 10_000)
    assert asked == ["decrypt"]


def test_the_key_is_needed_no_longer_to_be_named(data, file, orderproof, monkeypatch):
    monkeypatch.delenv("ORDERPROOF_KMS_KEY_ID")

    assert orderproof("import", file, "--data", data).code == 0


def test_a_key_that_kms_disabled_stops_what_needs_it_and_nothing_else(
    data, file, orderproof, asked, monkeypatch
):
    orderproof("import", file, "--data", data)
    orderproof("archive", "--all", "--data", data)
    asked.clear()

    with kms_that_answers(400, DISABLED) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", url)
        refused = [
            orderproof("import", other(file), "--data", data),
            orderproof("order", MAX["email"], "--data", data),
            orderproof("order", "de/9", "--personal", "--data", data),
            orderproof("erase", "de/9", *DECISION, "--yes", "--data", data),
        ]

    assert [done.code for done in refused] == [5] * 4
    assert asked == ["decrypt"] * 4
    assert all("DisabledException" in done.err for done in refused)
    assert orderproof("claim", "de/9", "--data", data).code == 0
    assert orderproof("verify", data / "archive").code == 0
    monkeypatch.delenv("AWS_ENDPOINT_URL_KMS")
    assert orderproof("import", other(file), "--data", data).code == 0


def other(file):
    other = file.with_name("other.jsonl")
    other.write_text(lines([placed("de/77", MAX)]))
    return other


def test_init_makes_nothing_of_use_where_kms_refuses_and_goes_on_later(
    tmp_path, orderproof, kms_key, monkeypatch, migrated_database
):
    monkeypatch.setenv("ORDERPROOF_DATABASE_URL", postgres.sqlalchemy_url(migrated_database))
    monkeypatch.setenv("ORDERPROOF_KMS_KEY_ID", kms_key)

    with kms_that_answers(400, DISABLED) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", url)
        refused = orderproof("init", "--data", tmp_path / "new")

    assert refused.code == 5
    assert "AWS KMS refuses to make" in refused.err
    assert not (tmp_path / "new" / "settings.toml").exists()
    monkeypatch.delenv("AWS_ENDPOINT_URL_KMS")
    assert orderproof("init", "--data", tmp_path / "new").code == 0


def test_a_key_in_a_file_is_not_taken_for_one_of_kms(tmp_path, kms_key):
    folder = tmp_path / "keys"
    keys.make(folder)

    with pytest.raises(Exception, match="Unset it"):
        _ = Keys(folder, kms_key).personal_data


def test_a_damaged_ciphertext_is_refused_by_kms(data, orderproof, file):
    kept = data / "keys" / "personal-data.kms.json"
    kept.write_bytes(kept.read_bytes().replace(b'"ciphertext":"', b'"ciphertext":"AAAA'))

    done = orderproof("import", file, "--data", data)

    assert done.code == 5
    assert "AWS KMS refuses" in done.err


LOG_KEYS = ("log-ed25519", "log-mldsa44")


def test_kms_encrypts_the_keys_that_sign_each_by_its_name(data, aws):
    for name in LOG_KEYS:
        file = data / f"keys/{name}.kms.json"
        kept = kms.parse(file, file.read_bytes())
        assert file.stat().st_mode & 0o777 == 0o600
        assert load_pem_private_key(kms.decrypt(kept, f"{name} key", None), None)
        with pytest.raises(kms.KmsUnavailableError, match="InvalidCiphertext"):
            kms.decrypt(kept, "another key", None)
    assert not list((data / "keys").glob("log-*.pem*"))


def test_each_key_that_signs_costs_one_question(tmp_path, orderproof, data, named, file):
    assert orderproof("init", "--data", tmp_path / "other").code == 0
    assert named == [
        "make key-encryption key", *(f"encrypt {name} key" for name in LOG_KEYS),
    ]  # fmt: skip
    orderproof("import", file, "--data", data)
    orderproof("order", "de/9", "--data", data)  # the read models need the other key

    named.clear()
    assert orderproof("archive", "--all", "--data", data).code == 0
    assert sorted(named) == [f"decrypt {name} key" for name in LOG_KEYS]

    named.clear()
    assert orderproof("verify", data / "archive").code == 0
    assert orderproof("key", "list", "--data", data).code == 0
    assert orderproof("init", "--data", data).code == 0
    assert named == []


@pytest.mark.parametrize("lost", [False, True])
def test_keys_that_kms_keeps_are_rotated_also_where_they_were_lost(
    data, file, orderproof, named, monkeypatch, lost
):
    monkeypatch.delenv("ORDERPROOF_KMS_KEY_ID")  # the files name the KMS key
    orderproof("import", file, "--data", data)
    orderproof("archive", "--all", "--data", data)
    before = {name: (data / f"keys/{name}.kms.json").read_bytes() for name in LOG_KEYS}
    for name in LOG_KEYS if lost else ():
        (data / f"keys/{name}.kms.json").unlink()
    named.clear()

    rotated = orderproof("key", "rotate", "--root", data / "keys/root-1.pem", "--data", data)

    assert rotated.code == 0, rotated.err
    assert named == [f"encrypt {name} key" for name in LOG_KEYS]
    after = {name: (data / f"keys/{name}.kms.json").read_bytes() for name in LOG_KEYS}
    assert all(before[name] != after[name] for name in LOG_KEYS)
    assert {file.name for file in (data / "keys").glob("log-*")} == {
        f"{name}.kms.json" for name in LOG_KEYS
    }
    assert orderproof("archive", "--all", "--data", data).code == 0
    assert orderproof("verify", data / "archive").code == 0


def test_kms_that_is_disabled_stops_the_archive_and_nothing_that_signs_nothing(
    data, file, orderproof, monkeypatch
):
    orderproof("import", file, "--data", data)
    orderproof("order", "de/9", "--data", data)

    with kms_that_answers(400, DISABLED) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", url)
        refused = orderproof("archive", "--all", "--data", data)

    assert refused.code == 5
    assert "AWS KMS refuses to decrypt the log-ed25519 key (DisabledException)" in refused.err
    assert orderproof("claim", "de/9", "--data", data).code == 0
    monkeypatch.delenv("AWS_ENDPOINT_URL_KMS")
    assert orderproof("archive", "--all", "--data", data).code == 0


@pytest.mark.parametrize("name", ["personal-data.kms.json", "log-mldsa44.kms.json"])
def test_what_kms_encrypted_is_for_its_owner_alone_too(data, orderproof, name):
    (data / "keys" / name).chmod(0o644)

    done = orderproof("init", "--data", data)

    assert done.code == 5
    assert f"{name} can be read by others" in done.err


@pytest.fixture
def kms_folder(tmp_path, aws, kms_key, monkeypatch):
    keys.make(tmp_path / "keys", kms_key)
    return tmp_path / "keys"


READ = (
    "import sys, pathlib; from orderproof.keys import Keys; from eventstore.errors import *\n"
    "import orderproof.kms as k; k._CONNECT = k._READ = 1\n"
    "import logging; logging.basicConfig(level=logging.DEBUG)\n"
    "try: Keys(pathlib.Path(sys.argv[1])).personal_data\n"
    "except KeyMissingError as error: print(error)\n"
    "else: print('read')\n"
)


def read_in_a_process(folder, url, monkeypatch):
    """Read the key in a process of its own, in which nothing plays AWS."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", url)
    done = subprocess.run(
        [sys.executable, "-c", READ, str(folder)],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return done.stdout, done.stderr


@pytest.mark.parametrize("kind", ["closed", "silent"])
def test_a_kms_that_is_down_is_given_up_within_bounds_and_named(kind, kms_folder, monkeypatch):
    silent = Silent()

    url = silent.url if kind == "silent" else closed_port()
    out, _ = read_in_a_process(kms_folder, url, monkeypatch)

    assert "AWS KMS could not be asked" in out
    silent.socket.close()


def test_a_broken_kms_is_refused(kms_folder, monkeypatch):
    with kms_that_answers(500, b'{"__type":"KMSInternalException"}') as url:
        out, _ = read_in_a_process(kms_folder, url, monkeypatch)

    assert "AWS KMS refuses" in out


def test_no_log_shows_the_key_at_its_noisiest(kms_folder, monkeypatch):
    #
    plaintext = "Y2FuYXJ5LWtleS1jYW5hcnkta2V5LWNhbmFyeS1rZTE="  # 32 bytes in base64
    answer = f'{{"KeyId":"arn:aws:kms:x","Plaintext":"{plaintext}"}}'.encode()
    with kms_that_answers(200, answer) as url:
        out, err = read_in_a_process(kms_folder, url, monkeypatch)

    assert out == "read\n"
    assert plaintext not in err
    assert "canary" not in err
    assert logging.getLogger("botocore").level <= logging.INFO
