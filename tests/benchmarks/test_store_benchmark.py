"""The store's benchmark does what it says, small and without the peers; nothing here is timed."""

import json

import msgspec
import pytest

from benchmarks import results
from benchmarks.store import memory, page, report, shapes, targets
from benchmarks.store.__main__ import run, run_memory
from benchmarks.store.filled import COPY, COPY_OUT, RUNNER
from benchmarks.store.load import quantile
from benchmarks.store.measuring import QUICK, Figure
from benchmarks.store.participants import EVENTSOURCING, OURS, UMADB
from benchmarks.store.workload import EVENTS

CALLERS = {"callers-1", "callers-8", "callers-64", "processes-4x16", "zipf-64", "load-and-append"}
LIMITS = {"import": COPY, "read": COPY_OUT}


@pytest.fixture(scope="module")
def quick():
    return run(QUICK, list(shapes.TITLES), peers=False)


def test_each_shape_gives_a_figure_of_ours_and_of_its_limit(quick):
    measured = [(figure.shape, figure.who) for figure in quick.figures]

    expected = [(shape, who) for shape in shapes.TITLES for who in (OURS, LIMITS.get(shape)) if who]
    assert measured == expected
    for figure in quick.figures:
        assert figure.rate > 0
        assert len(figure.rates) == QUICK.rounds


def test_callers_have_latencies_and_whole_runs_have_none(quick):
    for figure in quick.figures:
        if figure.shape in CALLERS:
            assert 0 < figure.p50_ms <= figure.p99_ms
        else:
            assert figure.p50_ms is figure.p99_ms is None


def test_the_server_of_a_run_is_durable_and_named(quick):
    assert quick.facts["postgresql"]["fsync"] == "on"
    assert quick.facts["postgresql"]["synchronous_commit"] == "on"
    assert quick.facts["postgresql"]["server_version"]


def test_targets_without_a_peer_are_judged_and_the_others_left_out(quick):
    wanted = {(verdict.shape, verdict.wanted) for verdict in quick.targets}

    assert wanted == {
        ("callers-64", "p99 ≤ 12 ms"),
        ("processes-4x16", "p99 ≤ 20 ms"),
        ("import", f"≥ 0.35 × {COPY}"),
    }


def test_the_report_names_every_shape(quick):
    told = "\n".join(report.lines(quick))

    for title in shapes.TITLES.values():
        assert title in told


def test_memory_is_that_of_a_whole_process_tree():
    found = run_memory(QUICK)

    small, large = (orders * EVENTS for orders in QUICK.memory_orders)
    assert [(peak.command, peak.events) for peak in found.peaks] == [
        ("import", small),
        ("rebuild", small),
        ("import", large),
        ("rebuild", large),
    ]
    assert all(20 < peak.mb < 2_000 for peak in found.peaks)
    # Four chunks and more are stored by worker processes, whose memory counts.
    assert found.peaks[2].mb > 1.5 * found.peaks[0].mb
    assert f"{large:,} events" in "\n".join(memory.lines(found))


def test_a_target_is_reached_at_its_bound_and_missed_below():
    def figures(ours, peer, p99_ms):
        return [
            Figure("callers-64", OURS, ours, [ours], 1.0, p99_ms),
            Figure("callers-64", EVENTSOURCING, peer, [peer]),
            Figure("callers-64", UMADB, ours, [ours]),
            Figure("rebuild-1", RUNNER, peer, [peer]),  # ours was not measured
        ]

    assert [v.reached for v in targets.judge(figures(700, 100, 12.0))] == [True, True, True]
    assert [v.reached for v in targets.judge(figures(699, 100, 12.1))] == [False, True, False]


def test_a_quantile_is_a_latency_that_was_measured():
    hundred = [float(n) for n in range(100, 0, -1)]

    assert quantile(hundred, 0.50) == 51.0
    assert quantile(hundred, 0.99) == 100.0
    assert quantile([3.0], 0.99) == 3.0


def test_results_of_one_benchmark_leave_the_others_as_they_are(tmp_path):
    file = tmp_path / "results.json"
    results.keep("main_job", {"rows": [1]}, file)
    results.keep("store", {"figures": [2]}, file)
    results.keep("store", {"figures": [3]}, file)

    kept = json.loads(file.read_text())
    assert kept["main_job"]["rows"] == [1]
    assert kept["store"]["figures"] == [3]
    assert kept["store"]["date"]


def test_the_page_shows_the_results_that_are_kept():
    kept = json.loads(results.FILE.read_text())

    assert page.PAGE.read_text() == page.with_results(page.PAGE.read_text(), kept)


def test_a_page_gets_the_figures_of_a_run(quick):
    kept = {"store": {"date": "2025-01-31", **msgspec.to_builtins(quick)}}

    written = page.with_results(page.PAGE.read_text(), kept)

    assert "Measured on 2025-01-31" in written
    for title in shapes.TITLES.values():
        assert f"| {title} | ours |" in written
    assert page.with_results(written, {}) == page.with_results(page.PAGE.read_text(), {})
