"""C-08: an export that is killed at any moment goes on from there, and has the same bytes."""

import hashlib
import json
import os
import random
import resource
import signal
import sys
import time
from contextlib import closing
from itertools import count
from pathlib import Path

import httpx
import msgspec
import pytest

from eventstore import reading
from eventstore.pool import Pool
from orderproof import cli, evidence_key, installation
from orderproof.bootstrap import open_store
from orderproof.exporting import growing, making, rows, unfinished
from tests.api.conftest import cloudevent
from tests.orderproof.test_auditing import record, story  # noqa: F401
from tests.orderproof.test_exports import rows_of

FORMATS = ("jsonl", "csv", "xlsx", "parquet")
OURS = tuple(
    str(Path(making.__file__).with_name(f"{name}.py"))
    for name in ("making", "growing", "manifest", "unfinished", "sheets", "columnar")
)
TOUCHES = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod")


@pytest.fixture
def filled(data, record, monkeypatch):  # noqa: F811
    record(*(story(n, day=f"2025-03-{n:02}") for n in range(1, 6)))
    monkeypatch.setattr(rows, "_PAGE", 4)  # so that few rows have several pages
    monkeypatch.setattr(rows, "_ORDERS", 2)
    return data


def words(data, out, kind="events", *more):
    return [
        "export", kind, "--format", out.suffix[1:], "--out", str(out), "--to", "2025-03-31",
        "--by", "t.officer", "--reason", "kills", "--data", str(data), "--json", *more,
    ]  # fmt: skip


class Moments:
    """Counts lines of an export's code, and files that it touches, and may end it at one."""

    def __init__(self, folder, end, kinds):
        self.passed = 0
        self._kinds = kinds
        self._end = end
        self._folder = str(folder)

    def watch(self):
        sys.addaudithook(self._audit)
        if self._kinds == TOUCHES:
            sys.settrace(self._call)

    def _audit(self, event, arguments):
        if event in self._kinds and self._folder in str(arguments[0]):
            self._pass()

    def _call(self, frame, event, _):
        return self._line if frame.f_code.co_filename in OURS else None

    def _line(self, frame, event, _):
        if event == "line":
            self._pass()
        return self._line

    def _pass(self):
        self.passed += 1
        if self.passed == self._end:
            os.kill(os.getpid(), signal.SIGKILL)


def in_a_fork(work):
    """Run something in a child and return how it ended: an exit code, or minus a signal."""
    child = os.fork()
    if not child:
        try:
            with Path(os.devnull).open("w") as sys.stdout:
                os._exit(work())
        finally:
            os._exit(99)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed(data, out, end=0, kinds=TOUCHES):
    """Run an export in a process that ends at a moment; return how, and how many moments it had."""
    told = out.parent.with_name("moments")

    def work():
        sys.argv = ["orderproof", *words(data, out)]
        moments = Moments(out.parent, end, kinds)
        moments.watch()
        code = cli.run()
        sys.settrace(None)
        told.write_text(str(moments.passed))
        return code

    ended = in_a_fork(work)
    return ended, int(told.read_text()) if ended == 0 else 0


def undisturbed(data, out, place):
    """Return the bytes that the same export has when nothing happens to it."""
    said = json.loads(out.with_name(f"{out.name}.manifest.json").read_text())
    days = said["filter"]
    wanted = unfinished.Wanted(
        export_id="undisturbed2", kind=said["kind"], format=said["format"],
        chosen=rows.Filter(as_of=said["as_of"], last_day=days["to"]), sees=reading.Scope(),
        by=said["by"], role=said["role"], reason=said["reason"], made_at=said["made_at"],
    )  # fmt: skip
    with (
        open_store(installation.find(data)) as store,
        closing(Pool(store.dsn, reading.ROLE, size=1)) as pool,
    ):
        path = place / out.name
        key = evidence_key.signing_key(store.installation)
        making.make(path, wanted, pool, key, said["origin"], lambda _: [_Recorded()])
    return path.read_bytes()


class _Recorded:
    result, position = "recorded", 1


def produced(data, orderproof):
    done = orderproof("export", "events", "--out", data / "all.jsonl", "--data", data)
    assert done.code == 0, done.err
    found = rows_of(data / "all.jsonl", "jsonl")
    return [row["data"] for row in found if row["type"] == "export.produced"]


def killed_and_run_again(data, orderproof, place, format, moment, kinds=TOUCHES):
    """Kill an export at a moment, run it again, and compare it with an undisturbed one."""
    place.mkdir()
    out = place / f"x.{format}"
    ended, _ = killed(data, out, moment, kinds)
    assert ended == -signal.SIGKILL, moment
    complete = out.with_name(f"{out.name}.manifest.json").exists()
    if complete:  # what has a manifest is whole
        told = json.loads(out.with_name(f"{out.name}.manifest.json").read_text())
        assert told["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
        assert out.with_name(f"{out.name}.manifest.p7s").exists()
    done = orderproof(*words(data, out))
    # Where nothing was left to do but to say so, it says that.
    assert done.code == 0 or (done.code == 2 and complete), (moment, done.err)
    files = [out.name, f"{out.name}.manifest.json", f"{out.name}.manifest.p7s"]
    assert sorted(file.name for file in place.iterdir()) == files, moment
    (other := place / "other").mkdir()
    assert out.read_bytes() == undisturbed(data, out, other), moment


def killed_at(data, orderproof, tmp_path, format, choose):
    (tmp_path / "counted").mkdir()
    ended, moments = killed(data, tmp_path / "counted" / f"x.{format}")
    assert (ended, moments > 100) == (0, True)
    runs = 1
    for moment in choose(moments):
        place = tmp_path / f"moment-{moment}"
        killed_and_run_again(data, orderproof, place, format, moment)
        runs += 1
    # Each is on the record once.
    told = produced(data, orderproof)
    assert len(told) == len({each["export_id"] for each in told}) == runs


# C-08
@pytest.mark.parametrize("format", FORMATS)
def test_killed_at_any_moment_and_run_again(filled, orderproof, tmp_path, format):
    seed = random.randrange(2**32)
    print("seed", seed)
    chosen = random.Random(seed)
    killed_at(
        filled, orderproof, tmp_path, format,
        lambda moments: chosen.sample(range(1, moments + 1), 8),
    )  # fmt: skip


# C-08
@pytest.mark.parametrize("format", ["csv", "parquet"])
@pytest.mark.parametrize("moment", [1, 2, 3])
def test_killed_between_the_file_and_its_manifest(filled, orderproof, tmp_path, format, moment):
    place = tmp_path / "placed"
    killed_and_run_again(filled, orderproof, place, format, moment, ("os.rename",))
    assert len(produced(filled, orderproof)) == 1


@pytest.mark.faults
@pytest.mark.parametrize("format", FORMATS)
def test_killed_at_every_moment(filled, orderproof, tmp_path, format, fault_seconds):
    end = time.monotonic() + fault_seconds
    done = []

    def choose(moments):
        for moment in random.sample(range(1, moments + 1), moments):
            if time.monotonic() > end:
                return
            done.append(moment)
            yield moment
        print(f"all {moments} moments of {format}")

    killed_at(filled, orderproof, tmp_path, format, choose)
    print(f"{len(done)} moments of {format}")
    assert done


def unfinished_at(data, out, pages):
    """Leave an export as a kill leaves it after so many pages; return its folder."""

    def work():
        sys.argv = ["orderproof", *words(data, out)]
        left = count(-pages)  # the head is a page, too
        add = growing.Growing.add

        def counted(*arguments, **more):
            add(*arguments, **more)
            if next(left) == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        growing.Growing.add = counted
        return cli.run()

    assert in_a_fork(work) == -signal.SIGKILL
    return unfinished.folder_of(out)


@pytest.fixture
def asked(monkeypatch):
    """After which positions the log was read."""
    found = []
    bodies = reading.bodies

    def read(cursor, after, *more):
        found.append(after)
        return bodies(cursor, after, *more)

    monkeypatch.setattr(reading, "bodies", read)
    return found


# C-08
def test_what_was_read_before_a_kill_is_not_read_again(filled, orderproof, tmp_path, asked):
    unfinished_at(filled, tmp_path / "x.csv", 2)
    assert orderproof(*words(filled, tmp_path / "x.csv")).code == 0
    assert asked == [8, 12]


# C-08
@pytest.mark.parametrize("format", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("damage", "first"),
    [
        (lambda rows, journal: (flipped(rows, -1), journal), 8),
        (lambda rows, journal: (flipped(rows, 1), journal), 0),
        (lambda rows, journal: (rows[:-1], journal), 8),
        (lambda rows, journal: (b"", journal), 0),
        (lambda rows, journal: (rows, journal[:-1]), 8),
        (lambda rows, journal: (rows, journal[:-40] + b"\n"), 8),
        (lambda rows, journal: (rows, b""), 0),
        (lambda rows, journal: (rows, flipped(journal, 30)), 0),
        (lambda rows, journal: (rows, bytes(len(journal))), 0),
        (lambda rows, journal: (rows + b"more", journal + b"{}\n"), 12),
        (lambda rows, journal: (rows, journal + mark(size=1)), 12),
        (lambda rows, journal: (rows, journal + mark(size=10**15)), 12),
    ],
)
def test_what_a_power_cut_took_is_made_again(
    filled, orderproof, tmp_path, asked, format, damage, first
):
    out = tmp_path / f"x.{format}"
    folder = unfinished_at(filled, out, 3)
    grows = folder / (out.name if format in ("jsonl", "csv") else "parts")
    journal = folder / unfinished.JOURNAL
    rows, notes = damage(grows.read_bytes(), journal.read_bytes())
    grows.write_bytes(rows)
    journal.write_bytes(notes)

    done = orderproof(*words(filled, out))

    assert done.code == 0, done.err
    assert asked[0] == first
    (tmp_path / "other").mkdir()
    assert out.read_bytes() == undisturbed(filled, out, tmp_path / "other")


def flipped(data, at):
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


def mark(**said):
    return msgspec.json.encode(growing.Mark(after=99, rows=99, **said)) + b"\n"


def test_another_export_to_the_same_file_begins_anew(filled, orderproof, tmp_path, asked):
    out = tmp_path / "x.csv"
    unfinished_at(filled, out, 2)
    done = orderproof(*words(filled, out, "events", "--shop", "de"))
    assert (done.code, asked[0]) == (0, 0)
    assert {row["shop"] for row in rows_of(out, "csv")} == {"de"}


def test_what_another_version_began_is_begun_anew(filled, orderproof, tmp_path, asked, monkeypatch):
    unfinished_at(filled, tmp_path / "x.csv", 2)
    monkeypatch.setattr(unfinished, "version", lambda _: "0.0.0")
    assert orderproof(*words(filled, tmp_path / "x.csv")).code == 0
    assert asked[0] == 0


def test_two_commands_do_not_make_the_same_file(filled, orderproof, tmp_path):
    out = tmp_path / "x.csv"
    with unfinished.held(out):
        done = orderproof(*words(filled, out))
    assert done.code == 2
    assert "another process" in done.err
    assert not out.exists()


def test_an_export_goes_on_when_the_disk_has_room_again(filled, orderproof, tmp_path):
    out = tmp_path / "x.csv"

    def work():
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, resource.RLIM_INFINITY))
        sys.argv = ["orderproof", *words(filled, out)]
        return cli.run()

    assert in_a_fork(work) == 2
    assert not out.exists()
    assert (unfinished.folder_of(out) / out.name).stat().st_size == 2_000
    assert orderproof(*words(filled, out)).code == 0
    (tmp_path / "other").mkdir()
    assert out.read_bytes() == undisturbed(filled, out, tmp_path / "other")


# What lies in the folder is signed in the end: nobody else may put it there.
def test_a_folder_that_is_open_to_others_is_not_gone_on_with(filled, orderproof, tmp_path):
    out = tmp_path / "x.csv"
    folder = unfinished_at(filled, out, 2)
    folder.chmod(0o777)
    done = orderproof(*words(filled, out))
    assert (done.code, "closed to others" in done.err) == (2, True)
    folder.chmod(0o700)
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    assert orderproof(*words(filled, out)).code == 2
    assert not out.exists()


def test_a_file_that_somebody_put_there_meanwhile_stays(filled, orderproof, tmp_path):
    out = tmp_path / "x.csv"
    unfinished_at(filled, out, 2)
    out.write_text("my own")
    assert orderproof(*words(filled, out)).code == 2
    assert out.read_text() == "my own"


# C-08
@pytest.mark.parametrize("format", ["jsonl", "xlsx"])
def test_a_server_that_is_killed_goes_on_with_its_jobs(data, orderproof, serving, format, tmp_path):
    file = tmp_path / "events.jsonl"
    with file.open("w") as out:
        for n in range(15_000):
            out.write(json.dumps(cloudevent(id=f"e{n}", subject=f"de/{n % 3000}")) + "\n")
    assert orderproof("import", file, "--data", data).code == 0
    made = orderproof("token", "new", "--role", "auditor", "--data", data, "--json").json
    kept = {"Authorization": f"Bearer {made['token']}"}
    body = {"kind": "events", "format": format, "to": "2025-12-31", "reason": "killed often"}
    marks = [1]  # the line that says what is made

    def served():
        process, url = serving()
        return process, httpx.Client(base_url=url, headers=kept, timeout=30, trust_env=False)

    process, client = served()
    own = client.post("v1/exports", json=body).json()["id"]
    folder = data / "exports" / own
    while len(marks) < 4 and (here := pages_further(folder, marks[-1])):
        assert whole_or_nothing(client, own)
        process.kill()
        process.wait()
        client.close()
        marks.append(here)
        process, client = served()
    with client:
        assert len(marks) > 1
        whole = made_to_the_end(client, own)
        assert len(list(folder.iterdir())) == 3
        [path] = folder.glob(f"*.{format}")
        assert path.read_bytes() == whole
        assert len(rows_of(path, format)) == 15_000
        if format != "xlsx":  # a workbook says when it was made
            other = client.post("v1/exports", json=body).json()["id"]
            assert made_to_the_end(client, other) == whole


def whole_or_nothing(client, own):
    """Tell whether a file is not there, or all of it."""
    answer = client.get(f"v1/exports/{own}/data")
    if answer.status_code == 404:
        return True
    manifest = client.get(f"v1/exports/{own}/manifest").json()
    return manifest["sha256"] == hashlib.sha256(answer.content).hexdigest()


def made_to_the_end(client, own):
    while (job := client.get(f"v1/exports/{own}").json())["state"] != "done":
        assert job["state"] in ("queued", "running")
        time.sleep(0.02)
    assert whole_or_nothing(client, own)
    return client.get(f"v1/exports/{own}/data").content


def pages_further(folder, last):
    """Wait until an export has more pages than so many, and return how many; 0: it is there."""
    while not list(folder.glob("*.manifest.json")):
        if (here := pages_in(folder)) > last:
            return here
        time.sleep(0.001)
    return 0


def pages_in(folder):
    """Return how many pages the journal of an export has."""
    for journal in folder.glob(".*/journal"):
        try:
            return journal.read_bytes().count(b"\n")
        except FileNotFoundError:
            break
    return 0
