"""`orderproof hold`, end to end."""

import pytest

from archive import held
from archive.folder import Folder
from domain.stream import order_stream
from tests.orderproof.erase_scene import MAX, lines, placed


@pytest.fixture
def archived(data, orderproof, tmp_path):
    file = tmp_path / "events.jsonl"
    file.write_text(lines([placed("de/1", MAX), placed("de/2", MAX)]))
    assert orderproof("import", file, "--data", data).code == 0
    assert orderproof("archive", "--all", "--data", data).code == 0
    return data


@pytest.fixture
def hold(archived, orderproof):
    def hold(verb, *arguments, **options):
        named = {"reason": "court order 7", "by": "staff-1"} if verb != "list" else {}
        flags = [x for name, value in (named | options).items() for x in (f"--{name}", value)]
        return orderproof("hold", verb, *arguments, *flags, "--data", archived, "--json")

    return hold


#
def test_a_hold_is_listed_until_it_is_released(hold):
    done = hold("add", "de/1")
    listed = hold("list").json["holds"]
    released = hold("release", done.json["hold_id"])

    assert done.code == released.code == 0
    assert [(one["order"], one["reason"], one["by"]) for one in listed] == [
        ("1", "court order 7", "staff-1")
    ]
    assert listed[0]["hold_id"] == done.json["hold_id"]
    assert hold("list").json == {"holds": []}


def test_a_hold_stands_in_the_orders_own_timeline(hold, archived, orderproof):
    done = hold("add", "de/1")
    hold("release", done.json["hold_id"], reason="case closed", by="staff-2")

    events = orderproof("order", "de/1", "--data", archived, "--json").json["events"][-2:]
    assert [(e["type"], e["data"]["by"], e["data"]["reason"]) for e in events] == [
        ("hold.placed", "staff-1", "court order 7"),
        ("hold.released", "staff-2", "case closed"),
    ]
    assert orderproof("archive", "--all", "--data", archived).code == 0
    assert orderproof("verify", archived / "archive").code == 0


def test_releasing_twice_records_it_once(hold, archived, orderproof):
    id_ = hold("add", "de/1").json["hold_id"]

    assert hold("release", id_).code == hold("release", id_).code == 0

    events = orderproof("order", "de/1", "--data", archived, "--json").json["events"]
    assert [e["type"] for e in events].count("hold.released") == 1


def test_a_hold_is_released_by_its_order_unless_there_are_several(hold):
    first = hold("add", "de/1").json["hold_id"]
    assert hold("release", "de/1").json["hold_id"] == first
    assert hold("release", "de/1").code == 6
    ids = {hold("add", "de/1").json["hold_id"] for _ in range(2)}

    several = hold("release", "de/1")

    assert (several.code, set(several.json["candidates"])) == (2, ids)


def test_what_is_archived_later_of_a_held_order_is_held_too(
    hold, archived, orderproof, monkeypatch
):
    told = []
    monkeypatch.setattr(Folder, "hold", lambda _, path, *, on: told.append((path, on)))
    hold("add", "de/1")
    assert [on for _, on in told] == [True]

    assert orderproof("archive", "--all", "--data", archived).code == 0

    assert [path.rpartition("_")[2] for path, on in told[1:] if on] == [
        "r1.jsonl.gz", "r2.jsonl.gz",
    ]  # fmt: skip


@pytest.mark.parametrize("options", [{"reason": " "}, {"by": ""}, {"reason": "two\nlines"}])
def test_a_hold_says_why_and_by_whom_in_one_line(hold, options):
    assert hold("add", "de/1", **options).code == 2
    assert hold("list").json == {"holds": []}


def test_what_nobody_knows_cannot_be_held_or_released(hold):
    assert hold("add", "de/77").code == 6
    assert hold("release", "abc").code == 6


class Watched:
    """A store that knows its names and is told about holds."""

    def __init__(self, names):
        self.all = names
        self.calls = []

    def names(self, folder):
        start = f"{folder}/"
        return sorted(n[len(start):] for n in self.all if n.startswith(start)
                      and "/" not in n[len(start):])  # fmt: skip

    def get(self, path):
        return None  # no index: no packs

    def hold(self, path, *, on):
        self.calls.append((path, on))


def test_every_revision_of_a_held_order_is_held_and_nothing_else():
    stream = order_stream("de", "1")
    mine = "orders/de/6b/1_20240502_r{}.jsonl.gz"
    store = Watched(
        [mine.format(10), mine.format(2), mine.format(1), f"holds/{mine.format(1)}",
         "orders/de/6b/1_20240502_x.jsonl.gz", "orders/de/6b/11_20240502_r1.jsonl.gz"]
    )  # fmt: skip

    assert held.put_on(store, [stream], []) == 4

    assert sorted(store.calls) == sorted([
        (mine.format(1), True), (mine.format(2), True), (mine.format(10), True),
        (f"holds/{mine.format(1)}", True),
    ])  # fmt: skip
