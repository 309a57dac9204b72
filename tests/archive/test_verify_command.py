"""`python -m archive verify`, as somebody types it who has nothing but files."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.archive.archive_attacks import only

ROOT = Path(__file__).parents[2]


def verify(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "archive", "verify", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def root(shop, tmp_path):
    return shop.write(tmp_path / "an archive")


def test_an_intact_archive_exits_0_with_the_verdict_last(root):
    done = verify(root)

    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.splitlines()[-2] == "INTACT"


def test_json_is_one_object(root):
    done = verify(root, "--json", "--order", "202405001")

    assert json.loads(done.stdout)["verdict"] == "intact"
    assert done.stdout.count("\n") == 1


def test_exit_codes_tell_the_verdicts(root, shop, tmp_path):
    name = only(shop.files, "202405002")
    lone = tmp_path / "lone.gz"
    lone.write_bytes(shop.files[name])

    assert verify(root, "--order", "999").returncode == 6
    assert verify(lone).returncode == 5
    assert verify(tmp_path / "nowhere").returncode == 2
    assert verify(lone, "--order", "1").returncode == 2
    (root / name).unlink()
    assert verify(root).returncode == 4
    (root / name).write_bytes(b"garbage")
    assert verify(root).returncode == 3


def test_a_keyring_and_a_checkpoint_can_be_given(root, shop, tmp_path):
    keyring, kept = tmp_path / "keyring", tmp_path / "kept"
    keyring.write_bytes(shop.keyring())
    kept.write_bytes(shop.files["log/checkpoints/14"])

    done = verify(root, "--keyring", keyring, "--checkpoint", kept)

    assert done.returncode == 0
    assert "identity of the signer" not in done.stdout


def test_the_verifier_imports_only_the_standard_library_and_cryptography():
    code = (
        "import sys; before = set(sys.modules); import archive.__main__;"
        "print(*sorted({m.partition('.')[0] for m in set(sys.modules) - before}))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    foreign = set(done.stdout.split()) - set(sys.stdlib_module_names)
    assert foreign - {"archive", "cryptography", "_cffi_backend", "_openssl"} == set()
