"""Looking through an archive for an order, where nothing may hang or mislead the reader."""

import os

import pytest

from archive import checkpoint, note
from archive.errors import NoArchiveError
from archive.verify import read_checkpoint, search_orders
from tests.archive.archive_attacks import only


@pytest.fixture
def root(shop, tmp_path):
    return shop.write(tmp_path / "archive")


def test_orders_are_found_in_histories_and_in_open_lines(root):
    told = []

    found = search_orders(
        root, lambda text: b"r-20240500" in text, progress=lambda *s: told.append(s)
    )

    assert found == ["order/de/202405001", "order/de/202405002", "order/fr/202405003"]
    assert told[-1] == ("search", 4, 4)
    assert search_orders(root, lambda text: b"r-202405002" in text) == ["order/de/202405002"]
    assert search_orders(root, lambda text: b"r-202405003" in text) == ["order/fr/202405003"]
    assert search_orders(root, lambda text: False) == []


def test_the_archives_own_streams_are_no_orders(root):
    assert search_orders(root, lambda text: b"system/policy" in text) == []


@pytest.mark.parametrize("where", ["orders/de/aa/1_20240501_r1.jsonl.gz", "open/7.jsonl.gz"])
def test_what_is_no_plain_file_is_not_opened(root, where, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes((root / only(os_files(root), "202405002")).read_bytes())
    trap = root / where
    trap.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(trap)
    (root / "orders/de/link_20240501_r1.jsonl.gz").symlink_to(secret)
    (root / only(os_files(root), "202405002")).unlink()

    assert search_orders(root, lambda text: b"r-202405002" in text) == []


def os_files(root):
    return [str(path.relative_to(root)) for path in root.rglob("*_r1.jsonl.gz") if path.is_file()]


def test_damaged_files_are_passed_over(root):
    for file in [*root.glob("orders/de/*/*202405001*"), *root.glob("open/*.gz")]:
        file.write_bytes(b"garbage")

    assert search_orders(root, lambda text: True) == [
        "order/de/202405002",
        "order/fr/王/../5 ",
    ]


def test_a_file_larger_than_any_history_is_not_read(root, monkeypatch):
    monkeypatch.setattr("archive.limits.HISTORY", 100)

    assert search_orders(root, lambda text: True) == ["order/fr/202405003"]


def test_no_archive_is_an_error(tmp_path):
    with pytest.raises(NoArchiveError):
        search_orders(tmp_path, lambda text: True)


def test_the_newest_checkpoint_is_read_without_a_key(root, shop):
    said = read_checkpoint(root)

    assert said == checkpoint.parse(note.parse(shop.files["log/checkpoint"]).text)


@pytest.mark.parametrize("content", [None, b"", b"garbage", b"x" * 100_000])
def test_where_no_checkpoint_can_be_read_there_is_none(root, content):
    (root / "log/checkpoint").unlink()
    if content is not None:
        (root / "log/checkpoint").write_bytes(content)

    assert read_checkpoint(root) is None


def test_a_checkpoint_that_is_a_pipe_or_a_link_is_none(root):
    newest = root / "log/checkpoint"
    newest.unlink()
    os.mkfifo(newest)

    assert read_checkpoint(root) is None

    newest.unlink()
    newest.symlink_to(next(root.glob("log/checkpoints/*")))
    assert read_checkpoint(root) is None
