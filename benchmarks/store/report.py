"""The tables that a run prints."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from benchmarks.store import machine
from benchmarks.store.measuring import Figure
from benchmarks.store.participants import OURS
from benchmarks.store.shapes import TITLES
from benchmarks.store.targets import Verdict


class Run(msgspec.Struct, frozen=True):
    """All that is known of a run.

    Args:
        facts: where and when it was, by name.
        figures: what was measured.
        targets: what became of them.
    """

    facts: dict[str, Any]
    figures: Sequence[Figure]
    targets: Sequence[Verdict]


def lines(run: Run) -> Iterator[str]:
    """Yield what is to be read: where it was measured, the figures, and the targets."""
    yield from machine.lines(run.facts)
    ours = {figure.shape: figure.rate for figure in run.figures if figure.who == OURS}
    shape = None
    for figure in run.figures:
        if figure.shape != shape:
            shape = figure.shape
            yield ""
            yield f"{TITLES[shape]}  [{shape}]"
            yield f"  {'':18}{'events/s':>10}{'p50 ms':>10}{'p99 ms':>10}{'ours is':>12}"
        ratio = "" if figure.who == OURS else f"{ours[shape] / figure.rate:.2f} ×"
        yield (
            f"  {figure.who:18}{figure.rate:>10,.0f}{ms(figure.p50_ms):>10}"
            f"{ms(figure.p99_ms):>10}{ratio:>12}"
        )
    if run.targets:
        yield ""
        yield "Targets"
    for verdict in run.targets:
        measured = f"{verdict.measured:>10,.2f}   {word(verdict.reached)}"
        yield f"  {verdict.shape:18}{verdict.wanted:24}{measured}"


def word(reached: bool) -> str:  # noqa: FBT001
    """Say whether a number was reached."""
    return "reached" if reached else "MISSED"


def ms(value: float | None) -> str:
    """Write milliseconds, nothing where none were taken."""
    return "" if value is None else f"{value:.2f}"
