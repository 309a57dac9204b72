"""C-19: an export needs as much memory for many rows as for few."""

import pytest

from tests.orderproof.many_rows import MOST, export, fill

FEW, MANY = 20_000, 200_000
_MORE = 50
"""10^6 bytes by which runs may differ; the rows that are more are 100."""


@pytest.fixture
def store(data, orderproof, migrated_database):
    assert orderproof("rebuild", "--data", data).code == 0
    return migrated_database


# C-19
def test_memory_does_not_grow_with_the_rows(store, data, tmp_path):
    formats = ("jsonl", "csv", "xlsx", "parquet")
    fill(store, FEW)
    few = [export(data, tmp_path / f"few.{name}") for name in formats]
    fill(store, MANY)
    many = [export(data, tmp_path / f"many.{name}") for name in formats]

    assert [done.report()["rows"] // MANY for done in many] == [1, 1, 1, 1]
    peaks = {name: (low.mb, high.mb) for name, low, high in zip(formats, few, many, strict=True)}
    print(peaks)
    assert max(high for _, high in peaks.values()) < MOST, peaks
    assert max(high - low for low, high in peaks.values()) < _MORE, peaks
