"""Histories that are checked in several processes, and what is kept of very many of them."""

import os
import signal

import pytest

from archive.verify import verify_archive, workers
from archive.verify.files import Folder
from archive.verify.keys import Keys
from archive.verify.log import Log
from archive.verify.sizes import Sizes
from archive.verify.table import Table
from tests.archive.archive_attacks import check, codes, only, put_together, take_apart
from tests.archive.archive_builder import Installation, sha, small


def many(orders=70):
    """An archive with more histories than one process gets at once."""
    shop = Installation()
    shop.run(*[shop.order(str(number), events=2) for number in range(orders)])
    return shop


def test_two_processes_say_what_one_says(files, tmp_path):
    name = only(files, "202405002")
    header, lines, proof = take_apart(files[name])
    files[name] = put_together(header, [lines[0].replace(b"4200", b"4299"), *lines[1:]], proof)
    files["orders/de/aa/9_20240101_r1.jsonl.gz"] = b"garbage"

    one, two = (check(files, tmp_path, jobs=jobs) for jobs in (1, 2))

    assert "EVENT_NOT_LOGGED" in codes(one)
    assert one.as_dict() == two.as_dict()


def test_many_histories_are_intact_in_two_processes(tmp_path):
    report = check(many().files, tmp_path, jobs=2)

    assert report.verdict == "intact"
    assert report.checked["histories"] == 70


class Deadly(workers.Checker):
    """Kills the process that is to read a file whose name ends so."""

    def read(self, name):
        if name.endswith("/7_20240501_r1.jsonl.gz"):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().read(name)


def test_a_process_that_dies_leaves_its_file_unread_and_the_others_read(tmp_path):
    root = many().write(tmp_path / "archive")
    names = [n for n in Folder(root).sizes if n.startswith("orders/")]
    log = Log(Folder(root), 0)
    checker = Deadly(Folder(root), Keys(None, pinned=False), log, frozenset())

    read = dict(workers.read_all(checker, names, len(names), 2))

    assert sorted(read) == sorted(names)
    dead = [n for n in names if not read[n].digest]
    assert dead == [n for n in names if n.endswith("/7_20240501_r1.jsonl.gz")]
    (found,) = read[dead[0]].histories[0].findings
    assert (found.code, found.severity) == ("FILE_UNREADABLE", "cannot_tell")


class Hopeless(workers.Checker):
    """Cannot be received by any other process."""

    def __reduce__(self):
        return os._exit, (1,)


def test_where_no_process_can_be_started_this_one_reads(tmp_path):
    root = small().write(tmp_path / "archive")
    names = [n for n in Folder(root).sizes if n.startswith("orders/")]
    checker = Hopeless(Folder(root), Keys(None, pinned=False), Log(Folder(root), 0), frozenset())

    read = dict(workers.read_all(checker, names, len(names), 2))

    assert sorted(read) == sorted(names)
    assert all(file.digest for file in read.values())


def test_a_log_that_changes_while_it_is_read_accuses_nobody(shop, tmp_path, monkeypatch):
    root = shop.write(tmp_path / "archive")
    honest = workers.read_all

    def swap(*arguments):
        tile = root / only(shop.files, f"log/tile/0/000.p/{shop.cut}")
        tile.write_bytes(tile.read_bytes()[::-1])
        return honest(*arguments)

    monkeypatch.setattr("archive.verify.run.read_all", swap)

    report = verify_archive(root, jobs=2)

    assert "EVENT_NOT_LOGGED" not in codes(report)
    assert report.verdict != "intact"


def test_a_table_finds_rows_by_their_beginning():
    table = Table(20)
    rows = [
        sha(str(number % 900).encode())[:16] + number.to_bytes(4, "big") for number in range(1000)
    ]
    for row in rows:
        table.add(row)

    assert list(table.rows()) == sorted(rows)
    assert len(table) == 1000
    assert table.find(rows[5][:16]) == [rows[5], rows[905]]
    assert table.find(sha(b"other")[:16]) == []
    assert table.mark(rows[950][:16])
    assert not table.mark(sha(b"other")[:16])
    assert [r for r in rows if table.is_marked(r[:16])] == [rows[50], rows[950]]


def test_names_and_sizes_are_a_mapping():
    sizes, plain = Sizes(), {}
    for number in range(500):
        name = f"orders/{number % 3}/{number}\udcff\n.gz" if number % 7 else f"top{number}"
        sizes[name] = plain[name] = number
    del sizes["top7"], plain["top7"]

    assert dict(sizes) == plain
    assert len(sizes) == len(plain)
    assert "orders/1/1\udcff\n.gz" in sizes
    assert "orders/1/none" not in sizes
    assert "nowhere/none" not in sizes
    assert sorted(sizes.under("orders/1/2")) == sorted(
        n for n in plain if n.startswith("orders/1/2")
    )
    assert list(sizes.under("orders/9")) == []
    with pytest.raises(KeyError):
        sizes["orders/1/none"]
