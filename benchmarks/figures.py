"""What a benchmark measured, each with its bound, for people and for the page of results."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import results

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "benchmarks.md"


class Figure(msgspec.Struct, frozen=True):
    """One result.

    Args:
        work: what was done.
        value: the figure.
        unit: what it counts.
        of_limit: ratio to what the machine could do, where that was measured.
        mb: the most memory of all processes together, where it matters.
        wanted: the bound, as text; nothing where there is none.
        reached: whether the bound, and the one on the ratio, are kept.
    """

    work: str
    value: float
    unit: str
    of_limit: float | None = None
    mb: int | None = None
    wanted: str = ""
    reached: bool = True


def line(figure: Figure) -> str:
    """Write a result for people."""
    ratio = "" if figure.of_limit is None else f"{figure.of_limit:.2f} × limit"
    memory = "" if figure.mb is None else f"{figure.mb} MB"
    told = "" if not figure.wanted else "reached" if figure.reached else "MISSED"
    return (
        f"{figure.work:40}{number(figure.value):>10} {figure.unit:12}{ratio:>14}{memory:>9}"
        f"   {figure.wanted} {told}"
    ).rstrip()


def number(value: float) -> str:
    """Write a figure as people do."""
    return f"{round(value):,}" if value == round(value) else f"{value:,.2f}"


def write(benchmark: str) -> None:
    """Bring a benchmark's results on the page to those that are kept.

    Args:
        benchmark: `archive` or `claims`; its results are kept as `archive_<number of orders>`.
    """
    PAGE.write_text(with_results(PAGE.read_text(), json.loads(results.FILE.read_text()), benchmark))


def with_results(page: str, kept: dict[str, Any], benchmark: str) -> str:
    """Return the page with these results of a benchmark instead of those that it has."""
    start, end = marks(benchmark)
    before, _, rest = page.partition(start)
    _, _, after = rest.partition(end)
    keys = sorted(key for key in kept if key.startswith(f"{benchmark}_"))
    told = "".join(f"{each}\n" for key in keys for each in _lines(kept[key]))
    return f"{before}{start}{told}{end}{after}"


def marks(benchmark: str) -> tuple[str, str]:
    """Return the lines between which a benchmark's results stand."""
    return f"<!-- results: written by make bench-{benchmark} -->\n", f"<!-- end: {benchmark} -->\n"


def _lines(run: dict[str, Any]) -> Iterator[str]:
    facts = run["facts"]
    yield (
        f"Measured on {run['date']}: {run['orders']:,} orders of {run['events']} events, "
        f"{run['machine']}, Python {run['python']}; "
        f"load average {facts['load average at start']} before, "
        f"{facts['load average at end']} after."
    )
    yield ""
    yield "| work | | unit | of the limit | peak memory | wanted | |"
    yield "|---|--:|---|--:|--:|---|---|"
    for each in msgspec.convert(run["figures"], list[Figure]):
        ratio = "" if each.of_limit is None else f"{each.of_limit:.2f}"
        memory = "" if each.mb is None else f"{each.mb} MB"
        told = "" if not each.wanted else "reached" if each.reached else "MISSED"
        yield (
            f"| {each.work} | {number(each.value)} | {each.unit} | {ratio} | {memory} "
            f"| {each.wanted} | {told} |"
        )
    yield ""
