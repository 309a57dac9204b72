"""Anything may lie in the folder: it gives a finding, with bounded memory, and no traceback."""

import gzip
import json
import os
import random
import tempfile
import tracemalloc
from contextlib import contextmanager
from pathlib import Path

import pytest

from archive import member
from archive.verify import verify_archive, verify_history
from archive.verify.files import Folder
from tests.archive.archive_attacks import check, codes, only, put_together, take_apart
from tests.archive.archive_builder import canonical, gunzip, gz

SEED = random.SystemRandom().randrange(2**32)

DEEP = b"[" * 200_000 + b"]" * 200_000
GARBAGE = [
    b"",
    b"\0",
    b"\n\n\n",
    b"\xff" * 1000,
    b"{}\n",
    b"[]",
    b"null\n",
    b'"\\ud800"\n',
    DEEP,
    b"9" * 10_000 + b"\n",
    b"1e999\n",
    gz(b""),
    gz(DEEP),
    gz(b"{}\n\n"),
    gz(b"\n" * 1_000_000),
    gz(b"{}\n" * 300_000 + b"\n"),
    gzip.compress(b"x", mtime=1),
    b"proof.example.org/shop\n999999999999999999\n" + b"A" * 43 + b"=\n\n\xe2\x80\x94 a AAAAAAA=\n",
    b"proof.example.org/shop\n99999999999999999\n" + b"A" * 43 + b"=\n\n\xe2\x80\x94 a AAAAAAA=\n",
]


@pytest.mark.parametrize("garbage", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_in_place_of_any_file_is_a_finding(shop, tmp_path, garbage):
    for name in shop.files:
        report = check(dict(shop.files, **{name: garbage}), tmp_path)

        assert report.verdict in ("altered", "incomplete"), name
        json.dumps(report.as_dict()).encode()


def test_garbage_in_place_of_every_file_is_a_finding(shop, tmp_path):
    for garbage in GARBAGE:
        report = check(dict.fromkeys(shop.files, garbage), tmp_path)

        assert report.verdict in ("altered", "incomplete")


def test_json_of_the_wrong_shape_is_a_finding(shop, tmp_path):
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    wrong = [None, True, -1, 0, 10**30, "", "x" * 1000, [], [[]], {}, {"a": {}}, [1, 2, 3]]
    names = [n for n in shop.files if n.endswith(".json")]
    history = only(shop.files, "202405002")
    header, lines, proof = take_apart(shop.files[history])

    for _ in range(150):
        name = chance.choice(names)
        value = json.loads(shop.files[name])
        key, other = chance.choice(list(value)), chance.choice(wrong)
        if value[key] == other and type(value[key]) is type(other):
            continue
        value[key] = other
        report = check(dict(shop.files, **{name: canonical(value) + b"\n"}), tmp_path)
        assert report.verdict in ("altered", "incomplete"), (name, value)

        changed = header | {chance.choice(list(header)): chance.choice(wrong)}
        data = put_together(changed, lines, proof)
        report = check(dict(shop.files, **{history: data}), tmp_path)
        assert report.verdict in ("altered", "incomplete"), changed


def test_random_splices_of_texts_are_findings(shop, tmp_path):
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    names = [n for n in shop.files if n.endswith(".gz")]

    for _ in range(150):
        name = chance.choice(names)
        text = gunzip(shop.files[name])
        other = gunzip(shop.files[chance.choice(names)])
        start, end = sorted(chance.sample(range(len(text)), 2))
        piece = other[: chance.randrange(len(other))]
        spliced = text[:start] + piece + text[end:]
        if spliced == text:
            continue
        report = check(dict(shop.files, **{name: gz(spliced)}), tmp_path)

        assert report.verdict in ("altered", "incomplete"), name


def test_a_lone_file_may_hold_anything(shop, tmp_path):
    file = tmp_path / "file.gz"

    for garbage in GARBAGE:
        file.write_bytes(garbage)
        assert verify_history(file).verdict == "altered"
    file.write_bytes(shop.files["log/checkpoint"])
    assert verify_history(file).verdict == "altered"
    file.write_bytes(shop.files[f"open/{shop.cut}.jsonl.gz"])
    assert verify_history(file).verdict == "altered"


def test_bombs_are_not_blown_up(shop, files, tmp_path):
    bomb = member.compress(b"\0" * (200 << 20))
    files[only(files, "202405002")] = bomb
    files[f"open/{shop.cut}.jsonl.gz"] = bomb

    tracemalloc.start()
    report = check(files, tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert "FILE_TOO_LARGE" in codes(report)
    assert peak < 600 << 20


def test_a_file_that_is_too_large_is_not_read(shop, tmp_path):
    root = shop.write(tmp_path / "archive")
    with (root / "log/checkpoint").open("ab") as file:
        file.truncate(10 << 30)

    report = verify_archive(root)

    assert "FILE_TOO_LARGE" in codes(report)
    assert report.verdict == "altered"


@contextmanager
def as_an_ordinary_user():
    """Root may read everything, so a test that runs as root is somebody else for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize(
    "closed", ["README.txt", "log/checkpoint", "orders/de/e0", "open", "trust", "log", "manifests"]
)
def test_what_may_not_be_read_cannot_tell(shop, closed):
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        root = shop.write(Path(folder) / "archive")
        (root / closed).chmod(0)

        with as_an_ordinary_user():
            report = verify_archive(root)
        (root / closed).chmod(0o755)

    assert report.verdict == "cannot_tell"
    assert report.exit_code == 5
    assert "FILE_UNREADABLE" in codes(report)
    assert not {"FILE_MISSING", "FILE_ALTERED", "CHECKPOINT_MISSING"} & codes(report)


def test_a_passing_read_error_accuses_nobody(shop, tmp_path, monkeypatch):
    root = shop.write(tmp_path / "archive")
    right = Folder.read
    seen = set()

    def wrong_the_first_time(self, name, limit):
        data = right(self, name, limit)
        if name in seen:
            return data
        seen.add(name)
        return data[:-1]

    monkeypatch.setattr(Folder, "read", wrong_the_first_time)

    assert verify_archive(root).verdict == "intact"
