"""The benchmark of HTTP does what it says, small; nothing here is timed."""

from benchmarks.http import __main__, measuring


def test_it_measures_intake_lists_pages_and_exports(monkeypatch, tmp_path):
    monkeypatch.setattr(measuring, "_SECONDS", 0.3)
    monkeypatch.setattr(measuring, "_PAGES", 3)
    monkeypatch.setattr(measuring, "_CLAIMS", 3)
    monkeypatch.setattr(measuring, "_CALLERS", 4)
    for parent in [tmp_path, *tmp_path.parents]:
        if parent.name.startswith("pytest-"):
            parent.chmod(0o711)  # a root's server runs as another user

    done = __main__.run(30, str(tmp_path))

    assert [each["work"] for each in done["figures"]] == [
        "export of events, jsonl",
        "export of events, parquet",
        "export of orders, xlsx",
        "64 callers of the store, one event each",
        "events in over HTTP, 64 connections",
        "events in over HTTP, batches of 100",
        "page of 200 orders, 3 deep, p95",
        "claim page, p95",
    ]
    assert done["orders"] == 30
