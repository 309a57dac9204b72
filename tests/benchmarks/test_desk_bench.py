"""The order desk's benchmark does what it says, small; nothing here is timed."""

import json

from benchmarks.desk import __main__, measuring, workload


def test_it_measures_the_read_model_lists_clocks_and_exports(monkeypatch, tmp_path):
    monkeypatch.setattr(measuring, "_CALLS", 3)
    monkeypatch.setattr(measuring, "_CHECKED", 50)
    monkeypatch.setattr(workload, "DUE", 6)
    for parent in [tmp_path, *tmp_path.parents]:
        if parent.name.startswith("pytest-"):
            parent.chmod(0o711)  # a root's server runs as another user

    done = __main__.run(60, str(tmp_path))

    assert [each["work"] for each in done["figures"]] == [
        "orders checked, without a store",
        "tracking table made from events",
        "a list with its count, p99",
        "a list with its count, median",
        "a round of the clocks in which 14 fire",
        "a round of the clocks in which none fires",
        "all unfinished orders exported, csv",
        "all unfinished orders exported, xlsx",
    ]
    assert (done["orders"], done["events"]) == (60, 3)


def test_the_orders_of_the_read_model_have_as_many_events_as_is_said():
    told = [json.loads(line) for line in workload.lives(300)]

    assert len(told) / 300 == workload.LIVED
    assert len({each["id"] for each in told}) == len(told)


def test_each_third_of_the_orders_stands_elsewhere():
    told = [json.loads(line) for line in workload.orders(6)]

    types = [[each["type"] for each in told[n : n + 3]] for n in range(0, 9, 3)]
    assert types == [
        ["order.placed", "order.planned_dispatch_set", "order.owner_assigned"],
        ["order.placed", "payment.captured", "order.planned_dispatch_set"],
        ["order.placed", "payment.captured", "shipment.dispatched"],
    ]
