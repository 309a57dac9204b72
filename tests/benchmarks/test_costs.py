"""What keeping an archive costs, against sums done by hand."""

import pytest

from benchmarks.costs import (
    COLD,
    PAGE,
    STANDARD,
    Archive,
    histories,
    index_and_manifests,
    log,
    measured,
    page,
)

GIB = 2**30


def archive(**changes):
    given = {
        "orders": 1_000_000, "events": 12, "years": 3, "runs_a_year": 365, "pack": False,
        "history": 4_096,
    }  # fmt: skip
    return Archive(**given | changes)


def test_a_file_for_each_order_costs_its_requests():
    kept = histories(archive(), STANDARD)

    assert (kept.objects, kept.size) == (1_000_000, 4_096_000_000)
    storage = 4_096_000_000 / GIB * 0.023 * 36
    requests = 1_000_000 / 1_000 * (0.005 + 0.0004 + 3 * 0.0004)
    assert kept.usd == pytest.approx(storage + requests)


def test_packs_cost_little_but_their_bytes():
    kept = histories(archive(pack=True), STANDARD)

    # 914 histories a day: one pack a run
    assert kept.objects == 3 * 365
    storage = 4_096_000_000 / GIB * 0.023 * 36
    assert kept.usd == pytest.approx(storage, rel=0.01)
    assert kept.usd < histories(archive(), STANDARD).usd


def test_small_objects_in_cold_storage_are_billed_as_larger_ones():
    files, packs = archive(), archive(pack=True)

    assert histories(files, COLD).usd > histories(files, STANDARD).usd
    assert histories(packs, COLD).usd < histories(packs, STANDARD).usd


def test_the_log_has_a_tile_and_a_bundle_for_every_256_events():
    once = archive(orders=65_536, events=1, years=1, runs_a_year=1)

    # 65,536 seals and a few of the run's own: 256 full tiles and bundles, one full tile above
    # them, and partial ones, checkpoints and tokens at the two sizes of the run.
    full = 256 + 256 + 1
    partial = 2 * (2 + 1 + 1)
    assert log(once, STANDARD).objects == full + partial + 2 + 2


def test_everything_grows_linearly():
    for part in (histories, log, index_and_manifests):
        small, large = (
            part(archive(orders=n, runs_a_year=1), STANDARD).usd for n in (10**6, 10**7)
        )
        assert large == pytest.approx(10 * small, rel=0.02)


def test_the_page_says_what_was_measured():
    assert PAGE.read_text() == page(1_000_000, 3, 12, measured())
