"""C-19: an export needs as much memory for many rows as for few."""

import json

import pytest

from tests.api.conftest import cloudevent
from tests.orderproof.many_rows import MOST, export, fill

FORMATS = ("jsonl", "csv", "xlsx", "parquet")
FEW, MANY = 20_000, 200_000
_MORE = 50
"""10^6 bytes by which runs may differ; the rows that are more are 100."""


@pytest.fixture
def store(data, orderproof, migrated_database):
    assert orderproof("rebuild", "--data", data).code == 0
    return migrated_database


# C-19
def test_memory_does_not_grow_with_the_rows(store, data, tmp_path):
    fill(store, FEW)
    few = [export(data, tmp_path / f"few.{name}") for name in FORMATS]
    fill(store, MANY)
    many = [export(data, tmp_path / f"many.{name}") for name in FORMATS]

    assert [done.report()["rows"] // MANY for done in many] == [1, 1, 1, 1]
    peaks = {name: (low.mb, high.mb) for name, low, high in zip(FORMATS, few, many, strict=True)}
    print(peaks)
    assert max(high for _, high in peaks.values()) < MOST, peaks
    assert max(high - low for low, high in peaks.values()) < _MORE, peaks


# C-19
def test_memory_does_not_grow_with_what_is_in_an_event(store, data, tmp_path):
    fill(store, 300, more=900_000)
    for name in FORMATS:
        done = export(data, tmp_path / f"x.{name}")
        assert done.report()["rows"] >= 300
        assert done.mb < MOST, name


# C-19
def test_memory_does_not_grow_with_the_events_of_orders(store, data, orderproof, tmp_path):
    file = tmp_path / "events.jsonl"
    with file.open("w") as out:
        for n in range(120):
            said = {"refund_id": f"r{n}", "amount": 1, "currency": "EUR", "note": "x" * 900_000}
            event = cloudevent(id=f"e{n}", subject=f"de/{n}", type="refund.approved")
            out.write(json.dumps(event | {"data": said}) + "\n")
    assert orderproof("import", file, "--data", data).code == 0
    assert orderproof("rebuild", "--data", data).code == 0
    done = export(data, tmp_path / "x.jsonl", "refunds")
    assert (done.report()["rows"], done.mb < MOST) == (120, True), done.mb
