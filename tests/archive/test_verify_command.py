"""`python -m archive verify`, as somebody types it who has nothing but files."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from archive.errors import ArchiveError, NoArchiveError, UnreadableFileError
from archive.verify import exit_code_of
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


ALONE = """
import sys

allowed = {*sys.stdlib_module_names, "archive", "cryptography", "cffi", "_cffi_backend"}

class NothingElse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in allowed:
            raise ImportError(f"{name} is not there where the verifier is all that is installed")

sys.meta_path.insert(0, NothingElse())
from archive.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("options", [[], ["--order", "202405001"], ["--json"]])
def test_the_verifier_needs_only_the_standard_library_and_cryptography(root, options):
    done = subprocess.run(
        [sys.executable, "-c", ALONE, "verify", str(root), *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "intact" in done.stdout.lower()


def test_errors_without_a_report_have_the_exit_code_of_their_kind():
    assert exit_code_of(NoArchiveError()) == 2
    assert exit_code_of(UnreadableFileError()) == 5
    assert exit_code_of(ArchiveError()) == 5
