"""The numbers that the store is to reach, and whether it does."""

from collections.abc import Sequence

import msgspec

from benchmarks.store.filled import COPY, RUNNER
from benchmarks.store.measuring import Figure
from benchmarks.store.participants import EVENTSOURCING, OURS, UMADB


class Target(msgspec.Struct, frozen=True):
    """One number to reach.

    Args:
        shape: where it is measured.
        bound: the number.
        than: whose rate ours is divided by, and the ratio is to be at least the bound. Without a
            name our p99 in milliseconds is to be at most the bound.
    """

    shape: str
    bound: float
    than: str | None = None


class Verdict(msgspec.Struct, frozen=True):
    """What became of a target."""

    shape: str
    wanted: str
    measured: float
    reached: bool


TARGETS = (
    Target("callers-64", 7, EVENTSOURCING),
    Target("callers-64", 1, UMADB),
    Target("callers-64", 12),
    Target("processes-4x16", 20),
    Target("import", 6, EVENTSOURCING),
    Target("import", 0.35, COPY),
    Target("read", 3, EVENTSOURCING),
    Target("rebuild-1", 20, RUNNER),
    Target("rebuild-3", 10, RUNNER),
)


def judge(figures: Sequence[Figure]) -> list[Verdict]:
    """Compare figures with the targets, as far as both sides were measured."""
    found = {(figure.shape, figure.who): figure for figure in figures}
    verdicts = []
    for target in TARGETS:
        ours = found.get((target.shape, OURS))
        other = found.get((target.shape, target.than or OURS))
        if ours is None or other is None:
            continue
        if target.than is None:
            if ours.p99_ms is not None:
                wanted = f"p99 ≤ {target.bound} ms"
                reached = ours.p99_ms <= target.bound
                verdicts.append(Verdict(target.shape, wanted, ours.p99_ms, reached))
        else:
            ratio = round(ours.rate / other.rate, 2)
            wanted = f"≥ {target.bound} × {target.than}"
            verdicts.append(Verdict(target.shape, wanted, ratio, ratio >= target.bound))
    return verdicts
