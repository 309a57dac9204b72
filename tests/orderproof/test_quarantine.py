"""What was refused: listed, shown without what it says, tried again, deleted."""

import json
from contextlib import closing

import pytest

from orderproof import importing
from orderproof.quarantine import Quarantine
from tests.api.conftest import cloudevent


@pytest.fixture
def refused(data, orderproof, tmp_path):
    file = tmp_path / "events.jsonl"
    later = json.dumps(cloudevent(id="later"))
    file.write_text(f"{later[:-1]}\n{json.dumps(cloudevent())}\n")
    assert orderproof("import", file, "--data", data).code == 7

    def run(*words):
        return orderproof("quarantine", *words, "--data", data, "--json")

    return run


def test_what_was_refused_is_listed_and_shown_without_what_it_says(refused):
    [one] = refused("list").json["files"]
    assert one["rows"] == 1
    shown = refused("show", one["file"])
    assert shown.json["rows"][0]["line"] == 1
    assert "Test Buyer" not in shown.out
    assert "Test Buyer" in refused("show", one["file"], "--raw").out
    assert refused("show", "../../etc/passwd").code == 6


def test_what_can_be_read_by_now_leaves_the_quarantine(refused, data, orderproof):
    [one] = refused("list").json["files"]
    again = refused("retry", one["file"])
    assert (again.code, again.json["rejected"]) == (7, 1)
    [one] = refused("list").json["files"]

    # Somebody mends it.
    file = data / "rejects" / one["file"]
    row = json.loads(file.read_text())
    file.write_text(json.dumps(row | {"raw": row["raw"] + "}"}) + "\n")
    mended = refused("retry", one["file"])

    assert (mended.code, mended.json["recorded"]) == (0, 1)
    assert refused("list").json == {"files": []}
    events = orderproof("order", "de/1", "--data", data, "--json").json["events"]
    assert {event["id"] for event in events} == {"e1", "later"}


def test_a_kill_in_the_middle_of_a_retry_loses_nothing(refused, monkeypatch):
    [one] = refused("list").json["files"]
    with monkeypatch.context() as broken:
        broken.setattr(importing, "read", lambda *_: 1 / 0)
        assert refused("retry", one["file"]).code == 1
    assert one in refused("list").json["files"]


def test_a_file_is_deleted_only_when_that_is_said(refused):
    [one] = refused("list").json["files"]
    assert refused("discard", one["file"]).code == 2
    assert refused("discard", one["file"], "--yes").code == 0
    assert refused("list").json == {"files": []}


def test_a_file_to_which_rows_are_added_is_left_alone(refused, data):
    with closing(Quarantine(data / "rejects")) as open_one:
        open_one.add_row({"input": "still being read", "code": "x"})
        name = open_one.path.name
        assert refused("retry", name).code == 7
        assert refused("discard", name, "--yes").code == 7
        assert open_one.path.exists()
    assert refused("discard", name, "--yes").code == 0
