"""One order checked by hand, as the document has it: its own commands, on a real archive."""

import re
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.archive.archive_attacks import put_together, take_apart
from tests.archive.archive_builder import gunzip, gz
from tests.archive.archive_scene import order, run
from tests.archive.memory_log import MemoryLog

DOCUMENT = Path(__file__).parents[2] / "docs/how-to/verify-with-standard-tools.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")
SCRIPT = "\n".join(re.findall(r"^   ```sh\n(.*?)^   ```$", TEXT, re.DOTALL | re.MULTILINE))

GOOD = [
    "chain: whole, 6 events of order/de/1002",
    "path: leads to the signed root",
    "Signature Verified Successfully",
    "checkpoint: the one in the archive",
]


@pytest.fixture(autouse=True)
def _standard_tools(tool):
    for name in ("bash", "openssl", "xxd", "zcat", "sha256sum"):
        tool(name)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """An archive that the archiver wrote: two runs, the order sealed in the first."""
    log, root = MemoryLog(), tmp_path_factory.mktemp("by-hand") / "archive"
    streams = [order(log, number, events=5) for number in range(1000, 1010)]
    run(log, root, streams)
    run(log, root, [order(log, "later")])
    return root


@pytest.fixture
def history(root):
    (file,) = root.glob("orders/de/*/1002_*_r1.jsonl.gz")
    return file.read_bytes()


def by_hand(root, file):
    """Run the document's commands; return what they print."""
    done = subprocess.run(
        ["bash", "-c", SCRIPT],
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "ARCHIVE": str(root), "FILE": str(file)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def verdict(root, data, tmp_path):
    file = tmp_path / "history.jsonl.gz"
    file.write_bytes(data)
    return [line for line in GOOD if line in by_hand(root, file)]


def test_the_commands_of_the_document_find_a_real_history_good(root, history, tmp_path):
    (file,) = root.glob("orders/de/*/1002_*_r1.jsonl.gz")

    printed = by_hand(root, file)

    for line in GOOD:
        assert line in printed
    assert "second signature: valid" in printed or "openssl is older than 3.5" in printed
    assert "signed by proof.example.org/shop+" in printed
    assert "NOT VALID" not in printed
    assert "command not found" not in printed


def test_each_of_its_checks_fails_on_a_changed_byte(root, history, tmp_path):
    header, lines, proof = take_apart(history)
    path, checkpoint = proof.split(b"\n\n", 1)
    steps = path.split(b"\n")
    changed = [
        put_together(header | {"tag": "0" + header["tag"][1:]}, lines, proof)
        if not header["tag"].startswith("0")
        else put_together(header | {"tag": "1" + header["tag"][1:]}, lines, proof)
    ]
    changed += [
        put_together(
            header, [*lines[:n], line.replace(b"2024", b"2025", 1), *lines[n + 1 :]], proof
        )
        for n, line in enumerate(lines)
    ]
    changed += [put_together(header, [*lines[:n], *lines[n + 1 :]], proof) for n in range(6)]
    for n in range(1, len(steps)):
        other = steps[n].replace(steps[n][:1], b"B" if steps[n][:1] != b"B" else b"C", 1)
        other = b"index 7" if n == 1 else other
        new = b"\n".join([*steps[:n], other, *steps[n + 1 :]])
        changed.append(put_together(header, lines, new + b"\n\n" + checkpoint))
    said = checkpoint.split(b"\n")
    for n in (1, 2):
        first = b"7" if said[n][:1] != b"7" else b"8"
        new = b"\n".join([*said[:n], first + said[n][1:], *said[n + 1 :]])
        changed.append(put_together(header, lines, path + b"\n\n" + new))
    signature = said[4].rpartition(b" ")[2]
    for place in (10, 50, 80):
        other = bytearray(signature)
        other[place] = ord("A") if other[place] != ord("A") else ord("B")
        new = checkpoint.replace(signature, bytes(other))
        changed.append(put_together(header, lines, path + b"\n\n" + new))

    assert verdict(root, gz(gunzip(history)), tmp_path) == GOOD
    assert len(changed) > 20
    for number, data in enumerate(changed):
        assert data != history, number
        assert verdict(root, data, tmp_path) != GOOD, number


def test_the_document_knows_how_an_ml_dsa_key_is_wrapped():
    key = MLDSA44PrivateKey.generate().public_key()
    wrapped = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    prefix = wrapped.removesuffix(key.public_bytes_raw()).hex()

    assert f"echo {prefix} | xxd -r -p" in TEXT
