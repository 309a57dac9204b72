"""Exports: the same rows in every format, guarded, masked, signed, on the record, and as jobs."""

import csv
import hashlib
import json
import shutil
import subprocess
import time
import zipfile
from datetime import date

import openpyxl
import pytest
from openpyxl.utils.escape import unescape
from pyarrow import parquet

from orderproof.exporting import files, jobs
from tests.api.conftest import cloudevent
from tests.api.test_intake import problem
from tests.orderproof.reading_scene import reading
from tests.orderproof.test_auditing import record, story  # noqa: F401

HOSTILE = ("=1+1", "+1", "-1", "@x", "\tx", "\rx", "＝1", 'a"b,c\nd', "x" * 40_000, "退款 \u202ex")


@pytest.fixture
def filled(data, record):  # noqa: F811
    sent = cloudevent(
        id="m1", subject="de/1", type="message.sent", time="2025-03-05T09:00:00Z",
        data={"message_id": "m1", "channel": "email", "template": "refund-sent", "language": "en",
              "to": "testa@example.com", "subject": "Your refund", "body": "Dear Testa Muster"},
    )  # fmt: skip
    hostile = [
        cloudevent(id=f"h{n}", source=text[:500], subject=f"de/{text[:60]}")
        for n, text in enumerate(HOSTILE)
    ]
    record(*(story(n, day=f"2025-03-{n:02}") for n in range(1, 6)), story("1", shop="fr"))
    record([sent], hostile)
    return data


@pytest.fixture
def export(orderproof, tmp_path):
    def run(data, kind, format, *more, out=None):
        path = out or tmp_path / f"{kind}-{len(list(tmp_path.iterdir()))}.{format}"
        done = orderproof(
            "export", kind, "--format", format, "--out", path, "--data", data, "--json", *more
        )
        assert done.code == 0, done.err
        return path, done.json

    return run


def rows_of(path, format):
    if format == "jsonl":
        return [json.loads(line) for line in path.read_text().splitlines()]
    if format == "parquet":
        return parquet.read_table(path).to_pylist()
    if format == "csv":
        with path.open(newline="") as file:
            return list(csv.DictReader(file))
    sheet = openpyxl.load_workbook(path).worksheets[0]
    head, *rest = list(sheet.iter_rows(values_only=True))
    return [
        dict(zip(head, (unescape(c) if isinstance(c, str) else c for c in row), strict=True))
        for row in rest
    ]


def as_text(value):
    if value is None or isinstance(value, str):
        return (value or "").removeprefix("'")
    if isinstance(value, dict):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return str(value)


@pytest.mark.parametrize("kind", ["orders", "events", "refunds", "contacts"])
def test_every_format_has_the_same_rows(filled, export, kind):
    path, said = export(filled, kind, "jsonl", "--to", "2025-03-31")
    wanted = [
        {name: as_text(value) for name, value in row.items()} for row in rows_of(path, "jsonl")
    ]
    assert said["rows"] == len(wanted) > 0
    for other_format in ("csv", "xlsx", "parquet"):
        other, more = export(filled, kind, other_format, "--to", "2025-03-31")
        found = [
            {name: as_text(value) for name, value in row.items()}
            for row in rows_of(other, other_format)
        ]
        if kind == "events":  # each export is an event, of a later day
            assert more["rows"] == said["rows"]
        assert [{n: v[:32_766] for n, v in row.items()} for row in found] == [
            {n: v[:32_766] for n, v in row.items()} for row in wanted
        ]


#
def test_no_cell_is_a_formula_and_json_lines_are_exact(filled, export):
    path, said = export(filled, "events", "csv", "--shop", "de")
    assert said["guarded_cells"] >= 7
    with path.open(newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝"))]
    path, said = export(filled, "events", "xlsx", "--shop", "de")
    assert said["cut_cells"] == 0
    book = openpyxl.load_workbook(path)
    assert not [c for row in book.worksheets[0].iter_rows() for c in row if c.data_type == "f"]
    path, said = export(filled, "events", "jsonl", "--shop", "de")
    assert said["guarded_cells"] == 0
    sources = {row["source"] for row in rows_of(path, "jsonl")}
    assert {text[:500] for text in HOSTILE} <= sources


#
@pytest.mark.parametrize("format", ["jsonl", "csv", "xlsx", "parquet"])
def test_personal_data_is_in_no_part_of_a_file(filled, export, tmp_path, format):
    for kind in ("orders", "events", "refunds", "contacts"):
        path, _ = export(filled, kind, format)
        parts = [file.read_bytes() for file in tmp_path.glob(f"{path.name}*")]
        if format == "xlsx":
            with zipfile.ZipFile(path) as archive:
                parts += [archive.read(name) for name in archive.namelist()]
        if format == "parquet":
            parts.append(str(parquet.read_table(path).to_pylist()).encode())
        assert len(parts) >= 3
        assert not [part for part in parts if b"Testa" in part or b"testa@" in part]


def test_the_manifest_is_signed_and_the_export_is_on_the_record(filled, export, orderproof):
    path, said = export(filled, "orders", "csv", "--by", "t.officer", "--reason", "FY2025")
    manifest = path.with_name(f"{path.name}.manifest.json")

    checked = subprocess.run(
        ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-noverify", "-in",
         str(path.with_name(f"{path.name}.manifest.p7s")), "-content", str(manifest)],
        capture_output=True, check=False,
    )  # fmt: skip

    assert checked.returncode == 0, checked.stderr
    told = json.loads(manifest.read_text())
    assert told["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (told["by"], told["reason"], told["rows"]) == ("t.officer", "FY2025", said["rows"])
    with reading(filled) as served:
        [event] = served.get("/v1/events", type="export.produced").json()["items"]
    assert event["data"]["manifest_sha256"] == hashlib.sha256(manifest.read_bytes()).hexdigest()
    assert event["data"]["sha256"] == told["sha256"]


@pytest.mark.parametrize("format", ["jsonl", "csv", "xlsx", "parquet"])
def test_the_same_rows_give_the_same_bytes(filled, format, tmp_path):
    body = {"kind": "orders", "format": format, "reason": "made twice"}
    with reading(filled) as served:
        token = served.token()
        first = finished(served, served.post("/v1/exports", body, token=token).json(), token)
        made = served.get(f"/v1/exports/{first['id']}/data", token=token).content
        again(served, filled, first)
        served.post("/v1/exports", body, token=token)  # wakes the maker
        time.sleep(0.2)
        finished(served, first, token)
        assert served.get(f"/v1/exports/{first['id']}/data", token=token).content == made


def again(served, data, job):
    """Have a job made again from nothing."""
    shutil.rmtree(data / "exports" / job["id"])
    with served.store.connection as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE exports SET state = 'running' WHERE id = %s", (job["id"],))


def finished(served, job, token):
    for _ in range(200):
        job = served.get(f"/v1/exports/{job['id']}", token=token).json()
        if job["state"] not in ("queued", "running"):
            return job
        time.sleep(0.05)
    raise AssertionError(job)


def test_an_export_is_a_job_of_its_own_token(filled):
    with reading(filled) as served:
        own = served.engagement(shops=["de"], days=(date(2025, 3, 4), date(2025, 3, 5)))
        mine, other = served.token(engagement=own), served.token()
        body = {"kind": "orders", "format": "jsonl", "reason": "sample of March"}

        preview = served.post("/v1/exports/preview", body, token=mine).json()
        started = served.post("/v1/exports", body, token=mine)

        assert started.status_code == 202
        job = finished(served, started.json(), mine)
        assert started.headers["location"] == f"/v1/exports/{job['id']}"
        assert (job["state"], job["rows"], preview["orders"]) == ("done", 2, 2)
        data = served.get(f"/v1/exports/{job['id']}/data", token=mine)
        found = [json.loads(line) for line in data.text.splitlines()]
        assert [row["order"] for row in found] == ["5", "4"]
        assert found[:5] == preview["sample"]
        assert f'filename="{job["file"]}"' in data.headers["content-disposition"]
        manifest = served.get(f"/v1/exports/{job['id']}/manifest", token=mine).json()
        assert manifest["sha256"] == hashlib.sha256(data.content).hexdigest()
        assert manifest["sees"]["shops"] == ["de"]
        assert served.get(f"/v1/exports/{job['id']}/signature", token=mine).status_code == 200
        part = served.get(
            f"/v1/exports/{job['id']}/data", token=mine, headers={"Range": "bytes=10-19"}
        )
        assert (part.status_code, part.content) == (206, data.content[10:20])
        for path in ("", "/data", "/manifest"):
            problem(served.get(f"/v1/exports/{job['id']}{path}", token=other), 404, "not-found")
        assert [each["id"] for each in served.get("/v1/exports", token=mine).json()["items"]] == [
            job["id"]
        ]
        problem(served.post("/v1/exports", body, role="support"), 403, "scope-missing")
        for wrong in ({"reason": ""}, {"kind": "keys"}, {"format": "exe"}, {"from": "2025-02-30"},
                      {"email": "x"}):  # fmt: skip
            problem(served.post("/v1/exports", body | wrong, token=mine), 422, "invalid")


# C-08
def test_a_job_that_a_kill_interrupted_is_made_again_and_no_part_of_it_is_given_out(filled):
    body = {"kind": "events", "format": "csv", "reason": "interrupted"}
    with reading(filled) as served:
        token = served.token()
        job = finished(served, served.post("/v1/exports", body, token=token).json(), token)
        whole = served.get(f"/v1/exports/{job['id']}/data", token=token).content
        with served.store.connection as connection, connection.cursor() as cursor:
            cursor.execute("UPDATE exports SET state = 'running' WHERE id = %s", (job["id"],))
        # As a kill leaves it: half a file under the file's own name, and no manifest.
        folder = filled / "exports" / job["id"]
        for file in folder.iterdir():
            file.unlink()
        (folder / job["file"]).write_bytes(whole[:100])
        problem(served.get(f"/v1/exports/{job['id']}/data", token=token), 404, "not-found")
    with reading(filled) as served:
        again = finished(served, job, token)
        assert again["state"] == "done"
        assert served.get(f"/v1/exports/{job['id']}/data", token=token).content == whole
        assert len(list(folder.iterdir())) == 3
        [event] = served.get("/v1/events", type="export.produced").json()["items"]
        assert event["data"]["manifest_sha256"] == again["manifest_sha256"]


def test_a_job_that_fails_says_so_and_the_next_one_is_made(filled, monkeypatch):
    monkeypatch.setattr(jobs.evidence_key, "signing_key", lambda _: 1 / 0)
    body = {"kind": "orders", "reason": "no key to sign"}
    with reading(filled) as served:
        token = served.token()
        job = finished(served, served.post("/v1/exports", body, token=token).json(), token)
        assert (job["state"], job["error"]) == ("failed", "ZeroDivisionError")
        monkeypatch.undo()
        job = finished(served, served.post("/v1/exports", body, token=token).json(), token)
        assert job["state"] == "done"


def test_a_job_that_nobody_can_make_holds_up_no_other(filled):
    with reading(filled) as served:
        token = served.token()
        own = "aaaaaaaaaaaa"
        with served.store.connection as connection, connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO exports (id, token, wanted, total, created_at)"
                " VALUES (%s, %s, '{}', 0, now() - interval '1 day')",
                (own, token.split("_")[1]),
            )
        body = {"kind": "orders", "reason": "behind the other one"}
        job = finished(served, served.post("/v1/exports", body, token=token).json(), token)
        assert job["state"] == "done"
        with served.store.connection as connection, connection.cursor() as cursor:
            cursor.execute("SELECT state, error FROM exports WHERE id = %s", (own,))
            assert cursor.fetchall() == [("failed", "ValidationError")]


def test_a_job_whose_folder_is_open_to_others_fails_and_holds_up_no_other(filled):
    body = {"kind": "orders", "format": "csv", "reason": "made twice"}
    with reading(filled) as served:
        token = served.token()
        job = finished(served, served.post("/v1/exports", body, token=token).json(), token)
        again(served, filled, job)
        folder = filled / "exports" / job["id"] / f".{job['file']}.part"
        folder.mkdir(parents=True)
        folder.chmod(0o777)
        other = served.post("/v1/exports", body, token=token).json()
        assert finished(served, other, token)["state"] == "done"
        found = served.get(f"/v1/exports/{job['id']}", token=token).json()
        assert (found["state"], found["error"]) == ("failed", "NotOurOwnError")


def test_an_export_that_comes_out_otherwise_is_not_given_out(filled, monkeypatch):
    body = {"kind": "orders", "format": "csv", "reason": "made twice"}
    with reading(filled) as served:
        token = served.token()
        job = finished(served, served.post("/v1/exports", body, token=token).json(), token)
        again(served, filled, job)
        monkeypatch.setattr(files.csv, "writer", lambda file: _Louder(csv_writer(file)))
        served.post("/v1/exports", {**body, "format": "jsonl"}, token=token)
        found = finished(served, job, token)
        assert (found["state"], found["error"]) == ("failed", "DiffersError")
        assert not (filled / "exports" / job["id"]).exists()
        problem(served.get(f"/v1/exports/{job['id']}/data", token=token), 404, "not-found")


csv_writer = csv.writer


class _Louder:
    def __init__(self, inner):
        self.writerows = lambda rows: inner.writerows([f"{cell}!" for cell in row] for row in rows)


#
def test_an_event_that_somebody_changed_ends_the_export(filled, orderproof, tmp_path):
    with (
        reading(filled) as served,
        served.store.connection as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("ALTER TABLE events DISABLE TRIGGER ALL")
        cursor.execute("UPDATE events SET body = 'no json' WHERE position = 3")
    out = tmp_path / "x.jsonl"
    done = orderproof("export", "events", "--out", out, "--data", filled)
    assert done.code == 3, done.err
    assert "position 3" in done.err
    assert not out.exists()


def test_files_are_deleted_after_a_week(filled, monkeypatch):
    body = {"kind": "orders", "reason": "kept for a week"}
    with reading(filled) as served:
        token = served.token()
        job = finished(served, served.post("/v1/exports", body, token=token).json(), token)
        monkeypatch.setattr(jobs, "KEPT", -jobs.KEPT)
        finished(served, served.post("/v1/exports", body, token=token).json(), token)
        assert served.get(f"/v1/exports/{job['id']}", token=token).json()["state"] == "expired"
        assert not (filled / "exports" / job["id"]).exists()


def test_a_file_that_is_there_is_not_overwritten(filled, export, orderproof):
    path, _ = export(filled, "orders", "csv")
    before = path.read_bytes()
    done = orderproof("export", "orders", "--format", "csv", "--out", path, "--data", filled)
    assert done.code == 2
    assert path.read_bytes() == before
    assert orderproof("export", "orders", "--format", "pdf", "--data", filled).code == 2
    nowhere = path.with_name("nowhere") / "x.csv"
    done = orderproof("export", "orders", "--format", "csv", "--out", nowhere, "--data", filled)
    assert (done.code, "cannot be written" in done.err) == (2, True)
