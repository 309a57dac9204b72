"""The archive's benchmark does what it says, small; nothing here is timed."""

import json
import sys

import pytest

from archive import member
from benchmarks import processes
from benchmarks.archive import limits, measuring, scene
from benchmarks.figures import Figure, marks, with_results


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench")
    for parent in [folder, *folder.parents]:
        if parent.name.startswith("pytest-"):
            parent.chmod(0o711)  # a root's server runs as another user
    with scene.orders(folder, 30) as orders:
        yield orders


def test_both_layouts_archive_the_same_orders(place):
    for layout in measuring.LAYOUTS:
        environment, archive = place.archived_from(layout.replace("-", "_"))
        command = place.command("archive", "--all", "--layout", layout, "--json")

        done = processes.run(command, environment)

        assert done.report()["run"]["histories"] == 30 + 2  # and those of the keys and the laws
        assert done.mb > 20
        assert bool(list(archive.glob("packs/*/*"))) == (layout == "pack")
        assert len(list(limits.texts(archive))) == (0 if layout == "pack" else 30)


def test_a_bucket_holds_the_orders_and_is_asked_with_few_requests(place):
    figures = []
    with place.bucket("in_bucket") as (environment, address):
        done = processes.run(place.command("archive", "--all", *measuring._PACKS), environment)
        measuring._claim(place, "bucket", address, environment, figures.append)

    assert done.report()["archive"] == address
    assert done.report()["run"]["histories"] == 30 + 2  # and those of the keys and the laws
    took, requests = figures
    assert (took.unit, requests.unit) == ("s", "requests")
    assert 1 <= requests.value <= 4


def test_the_limits_work_on_every_history_and_every_line(tmp_path):
    texts = [b"header\n" + b"line\n" * 12 + b"\nproof\n\nnote\n"] * 1500

    written, _ = limits.write(iter(texts), tmp_path / "limit")
    lines, _ = limits.chain_and_tree(iter(texts))

    assert (written, lines) == (1500, 1500 * 12)
    assert len(list((tmp_path / "limit").iterdir())) == 1500
    assert member.decompress((tmp_path / "limit/7").read_bytes(), 10_000) == texts[7]


def test_a_command_that_fails_ends_the_benchmark():
    with pytest.raises(AssertionError, match="ended with 3"):
        processes.run([sys.executable, "-c", "raise SystemExit(3)"], {})
    assert processes.run([sys.executable, "-c", "raise SystemExit(3)"], {}, 3).code == 3


def test_the_page_holds_what_was_measured():
    figure = Figure("verify", 60_000, "events/s", 0.31, 120, "≥ 50,000", reached=True)
    run = {
        "date": "2026-01-02", "machine": "a machine", "python": "3.11", "orders": 20_000,
        "events": 12,
        "facts": {"load average at start": 0.1, "load average at end": 0.2},
        "figures": [json.loads(json.dumps(_plain(figure)))],
    }  # fmt: skip
    start, end = marks("archive")
    before = f"above\n{start}old\n{end}below\n"

    told = with_results(before, {"archive_20000": run, "store": {}}, "archive")

    assert told.startswith("above\n")
    assert told.endswith("below\n")
    assert "old" not in told
    assert "| verify | 60,000 | events/s | 0.31 | 120 MB | ≥ 50,000 | reached |" in told
    assert with_results(told, {"archive_20000": run}, "archive") == told


def _plain(figure):
    return {name: getattr(figure, name) for name in figure.__struct_fields__}
