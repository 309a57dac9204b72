"""C-19: five million rows are exported at constant memory, as far as the time goes."""

import time
import zipfile

import pytest

from orderproof import postgres
from tests.orderproof.many_rows import MOST, export, fill

ROWS = 5_000_000
FIRST = 50_000
FORMATS = ("jsonl", "csv", "xlsx", "parquet")


@pytest.fixture
def store(own_server, orderproof, tmp_path, monkeypatch):
    monkeypatch.setenv("ORDERPROOF_DATABASE_URL", postgres.sqlalchemy_url(own_server.dsn))
    data = tmp_path / "data"
    assert orderproof("init", "--data", data).code == 0
    assert orderproof("rebuild", "--data", data).code == 0
    return own_server.dsn, data


# C-19
@pytest.mark.faults
def test_millions_of_rows_are_exported_at_constant_memory(store, tmp_path, fault_seconds):
    dsn, data = store
    end = time.monotonic() + fault_seconds

    def export_all(rows):
        fill(dsn, rows)
        for name in FORMATS:
            out = tmp_path / f"{rows}.{name}"
            done = export(data, out)
            print(f"{name}: {done.report()['rows']:,} rows, {done.seconds} s, {done.mb} MB")
            assert done.report()["rows"] >= rows
            assert done.mb < MOST
            if name == "xlsx":
                with zipfile.ZipFile(out) as book:
                    sheets = [each for each in book.namelist() if "/sheet" in each]
                assert len(sheets) == -(-done.report()["rows"] // 1_048_575)
            out.unlink()

    began = time.monotonic()
    export_all(FIRST)
    now = time.monotonic()
    rows = min(ROWS, int(FIRST * (end - now) / (now - began) * 0.9))
    if rows > FIRST:
        export_all(rows)
