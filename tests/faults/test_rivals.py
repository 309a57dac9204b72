"""C-04: two of each at once. A lock or a row puts them in line; no number comes twice.

Two writers are in tests/eventstore/test_writer.py, two workers in tests/orderproof.
"""

import json
import subprocess
import sys

from eventstore.connection import connect
from tests.faults.invariants import check_log

COMMAND = [sys.executable, "-m", "orderproof"]
EVENTS = 18_000  # several chunks, which worker processes store


def write_events(file, count):
    with file.open("w") as out:
        for n in range(count):
            event = {
                "specversion": "1.0", "id": f"e{n}", "source": "/shop", "type": "order.closed",
                "subject": f"de/{n % 300}", "time": "2025-03-03T09:00:00Z",
                "data": {"outcome": "x" * 150},
            }  # fmt: skip
            out.write(json.dumps(event) + "\n")


def at_once(*commands):
    """Run commands at once and return exit code and JSON of each."""
    processes = [
        subprocess.Popen([*COMMAND, *map(str, arguments)], stdout=subprocess.PIPE, text=True)
        for arguments in commands
    ]
    try:
        outs = [process.communicate(timeout=120)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
    return [
        (process.returncode, json.loads(out)) for process, out in zip(processes, outs, strict=True)
    ]


def test_two_imports_of_one_file_at_once_record_each_event_for_one_of_them(
    data, migrated_database, tmp_path
):
    file = tmp_path / "events.jsonl"
    write_events(file, EVENTS)
    command = ["import", file, "--data", data, "--json"]

    done = at_once(command, command)

    assert [code for code, _ in done] == [0, 0]
    assert [tally["recorded"] + tally["duplicates"] for _, tally in done] == [EVENTS, EVENTS]
    assert sum(tally["recorded"] for _, tally in done) == EVENTS
    with connect(migrated_database) as connection:
        assert check_log(connection) == EVENTS


def test_two_archivers_at_once_leave_one_archive_and_one_log(
    data, orderproof, migrated_database, tmp_path
):
    file = tmp_path / "events.jsonl"
    write_events(file, 2_000)
    assert orderproof("import", file, "--data", data).code == 0
    command = ["archive", "--all", "--data", data, "--json"]

    done = at_once(command, command, command)

    assert 0 in [code for code, _ in done]
    for code, answer in done:
        assert code == 0 or "another archiver is writing" in answer["error"]
    assert sum(answer.get("run") is not None for code, answer in done if code == 0) == 1
    assert orderproof("archive", "--all", "--data", data, "--json").json["run"] is None
    assert orderproof("verify", "--data", data, "--json").json["verdict"] == "intact"
    with connect(migrated_database) as connection:
        assert check_log(connection) > 2_000
