"""The results on the benchmarks' page, written from the file that keeps them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import results
from benchmarks.archive.measuring import Figure, number

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "benchmarks.md"

_START = "<!-- results: written by make bench-archive -->\n"
_END = "<!-- end of the archive's -->\n"


def write() -> None:
    """Bring the page to the results that are kept."""
    PAGE.write_text(with_results(PAGE.read_text(), json.loads(results.FILE.read_text())))


def with_results(page: str, kept: dict[str, Any]) -> str:
    """Return the page with these results instead of those that it has."""
    before, _, rest = page.partition(_START)
    _, _, after = rest.partition(_END)
    told = "".join(f"{line}\n" for key in sorted(kept) if key.startswith("archive_")
                   for line in _lines(kept[key]))  # fmt: skip
    return f"{before}{_START}{told}{_END}{after}"


def _lines(run: dict[str, Any]) -> Iterator[str]:
    facts = run["facts"]
    yield (
        f"Measured on {run['date']}: {run['histories']:,} orders of 12 events, {run['machine']}, "
        f"Python {run['python']}; load average {facts['load average at start']} before, "
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
