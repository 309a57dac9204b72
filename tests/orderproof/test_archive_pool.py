"""Histories that are made in worker processes are those that the archiver would have made."""

import json
import os
import signal
from pathlib import Path

import pytest

from archive import file_writer
from archive.archiver import archive_run
from archive.folder import Folder
from archive.layout import Layout
from archive.log_source import LogAlteredError
from archive.placing import Batch
from eventstore.archive_log import ArchiveLog
from eventstore.connection import connect, transaction
from eventstore.recording import record
from orderproof import archive_pool, worker_process
from orderproof.errors import ALTERED, CommandError
from tests.archive.archive_scene import KEYRING, SIGNER, TAG_KEY, comparable, files
from tests.faults.facts import fact

ORDERS = 40
CASES = Path(__file__).parents[1] / "data" / "claim_cases"
VERDICTS = json.loads((CASES / "verdicts.json").read_text())


@pytest.fixture
def source(migrated_database):
    with connect(migrated_database) as opened:
        facts = [fact(f"{order}-{n}", order) for n in range(3) for order in range(ORDERS)]
        record(opened, None, facts)
        yield ArchiveLog(opened)


@pytest.fixture
def many(monkeypatch):
    """Let few histories be many, in several batches."""
    monkeypatch.setattr(file_writer, "_MANY", 1)
    monkeypatch.setattr("archive.placing._FILED_TOGETHER", 7)
    monkeypatch.setattr("archive.placing._PACKED_TOGETHER", 9)


def run(source, root, **changes):
    streams = list(source.unsealed_streams())
    with Folder(root) as folder:
        return archive_run(
            source,
            folder,
            signer=SIGNER,
            keyrings=[KEYRING],
            tag_key=TAG_KEY,
            streams=streams,
            **changes,
        )


def pool(database, root):
    return archive_pool.maker(database, root, root, TAG_KEY)


@pytest.mark.parametrize("layout", Layout)
def test_workers_make_the_same_files(source, many, migrated_database, tmp_path, layout):
    run(source, tmp_path / "here", chosen=layout)
    there = tmp_path / "there"

    result = run(source, there, chosen=layout, maker=pool(migrated_database, there))

    assert result.histories == ORDERS
    assert comparable(files(there)) == comparable(files(tmp_path / "here"))


def test_workers_make_the_histories_of_a_bucket_from_copies_of_its_tiles(
    data, address, bucket, orderproof, many, monkeypatch
):
    def stored():
        return {name: each.size for name, [each] in bucket.versions("orders/")}

    orderproof("import", CASES / "events.jsonl", "--data", data)
    orderproof("archive", "--order", "example/C07", "--data", data)
    used = []
    real = worker_process._start
    monkeypatch.setattr(worker_process, "_start", lambda *a: used.append(a) or real(*a))
    assert orderproof("archive", "--all", "--data", data).code == 0

    assert len(used) == archive_pool.WORKERS
    assert len(stored()) == len(VERDICTS)
    done = orderproof("verify", address, "--json")
    assert (done.code, done.json["findings"]) == (0, [])


def test_a_line_that_was_changed_is_refused_by_the_worker(
    source, many, migrated_database, tmp_path
):
    class Changing(Folder):
        """Changes the database once the log is signed."""

        def put_batch(self, objects):
            if objects[0].path.startswith("log/tile"):
                with connect(migrated_database) as other, transaction(other) as cursor:
                    cursor.execute("ALTER TABLE events DISABLE TRIGGER ALL")
                    cursor.execute(
                        "UPDATE events SET recorded_at = recorded_at + interval '1 second'"
                        " WHERE position = 7"
                    )
            return super().put_batch(objects)

    root = tmp_path / "archive"
    streams = list(source.unsealed_streams())

    with Changing(root) as folder, pytest.raises(CommandError, match=r"position 7 .*changed") as e:
        archive_run(
            source, folder, signer=SIGNER, keyrings=[KEYRING], tag_key=TAG_KEY, streams=streams,
            maker=pool(migrated_database, root),
        )  # fmt: skip

    assert e.value.exit_code == ALTERED
    assert "log/checkpoint" not in files(root)


def test_a_worker_that_is_killed_ends_the_run_and_the_next_goes_on(
    source, many, migrated_database, tmp_path, monkeypatch
):
    root = tmp_path / "archive"
    real = worker_process.Worker.receive
    killed = []

    def killing(worker, kind):
        if not killed:
            killed.append(worker._process.pid)
            os.kill(worker._process.pid, signal.SIGKILL)
            worker._process.wait()
        return real(worker, kind)

    monkeypatch.setattr(worker_process.Worker, "receive", killing)
    with pytest.raises(CommandError, match="worker process of the archive run ended with -9"):
        run(source, root, maker=pool(migrated_database, root))
    monkeypatch.undo()

    run(source, root, maker=pool(migrated_database, root))
    run(source, tmp_path / "undisturbed")

    assert comparable(files(root)) == comparable(files(tmp_path / "undisturbed"))


def test_workers_end_when_the_archiver_stops_asking(source, migrated_database, tmp_path):
    run(source, tmp_path / "archive")
    started = []
    real = worker_process._start

    def noting(*arguments):
        started.append(real(*arguments))
        return started[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker_process, "_start", noting)
        made = pool(migrated_database, tmp_path / "archive")(_log(), [Batch(None)] * 5)
        with pytest.raises(StopIteration):
            next(made)

    assert [each._process.returncode for each in started] == [0, 0]


def _log():
    from archive.checkpoint import Checkpoint
    from archive.log_writer import SignedLog

    return SignedLog(Checkpoint("o", 1, bytes(32)), b"", b"", lambda level, index: b"", None)


def test_the_error_of_an_altered_log_is_what_a_worker_tells():
    message, code = worker_process.explain(LogAlteredError(7, "order/de/1", "changed"))

    assert "position 7" in message
    assert code == ALTERED
