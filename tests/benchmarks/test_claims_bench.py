"""The claims' benchmark does what it says, small; nothing here is timed."""

import json

from benchmarks.claims import __main__, measuring, workload
from benchmarks.figures import Figure


def test_it_measures_answers_packs_and_links(monkeypatch, tmp_path):
    monkeypatch.setattr(measuring, "_CLAIMS", 100)
    monkeypatch.setattr(measuring, "_PACKS", 2)
    for parent in [tmp_path, *tmp_path.parents]:
        if parent.name.startswith("pytest-"):
            parent.chmod(0o711)  # a root's server runs as another user
    before = Figure("claim on a warm store, p99", 1e9, "ms")

    done = __main__.run(40, before, str(tmp_path))

    works = [each["work"] for each in done["figures"]]
    assert works == [
        "claim on a warm store, p99",
        "claim on a warm store, median",
        "growth of p99",
        "evidence pack as a signed PDF",
        "messages of a PSP imported and linked",
    ]
    assert all(each["value"] > 0 for each in done["figures"] if each["unit"] != "×")
    assert (done["orders"], done["events"]) == (40, 4)


def test_the_messages_are_about_the_orders_and_name_none():
    told = [json.loads(line) for line in workload.messages(10, 40)]

    assert [each["data"]["object"]["payment_intent"] for each in told[:2]] == ["pi_0", "pi_4"]
    assert "bench/" not in json.dumps(told)
