"""The results on the benchmarks' page, written from the file that keeps them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import results
from benchmarks.store import memory, report
from benchmarks.store.participants import OURS
from benchmarks.store.shapes import TITLES

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "benchmarks.md"

_START = "<!-- results: written by make bench-store -->\n"
_END = "<!-- end -->\n"


def write() -> None:
    """Bring the page to the results that are kept."""
    kept = json.loads(results.FILE.read_text())
    PAGE.write_text(with_results(PAGE.read_text(), kept))


def with_results(page: str, kept: dict[str, Any]) -> str:
    """Return the page with these results instead of those that it has."""
    before, _, rest = page.partition(_START)
    _, _, after = rest.partition(_END)
    told = "".join(line + "\n" for line in _lines(kept))
    return f"{before}{_START}{told}{_END}{after}"


def _lines(kept: dict[str, Any]) -> Iterator[str]:
    if "store" in kept:
        yield from _store(msgspec.convert(kept["store"], report.Run), kept["store"]["date"])
    if "store_memory" in kept:
        run = msgspec.convert(kept["store_memory"], memory.Run)
        yield from _memory(run, kept["store_memory"]["date"])


def _store(run: report.Run, date: str) -> Iterator[str]:
    facts = run.facts
    before, after = facts["load average at start"], facts["load average at end"]
    yield (
        f"Measured on {date}: {facts['machine']}, Python {facts['python']}, PostgreSQL "
        f"{facts['postgresql']['server_version']}."
    )
    yield f"Load average {before} before the first turn, {after} after the last."
    yield ""
    yield "| shape | who | events/s | p50 ms | p99 ms | ours is |"
    yield "|---|---|--:|--:|--:|--:|"
    ours = {figure.shape: figure.rate for figure in run.figures if figure.who == OURS}
    for f in run.figures:
        title = TITLES[f.shape] if f.who == OURS else ""
        ratio = "" if f.who == OURS else f"{ours[f.shape] / f.rate:.2f} ×"
        latencies = f"{report.ms(f.p50_ms)} | {report.ms(f.p99_ms)}"
        yield f"| {title} | {f.who} | {f.rate:,.0f} | {latencies} | {ratio} |"
    yield ""
    yield "| shape | wanted | measured | |"
    yield "|---|---|--:|---|"
    for v in run.targets:
        yield f"| `{v.shape}` | {v.wanted} | {v.measured:.2f} | {report.word(v.reached)} |"
    yield ""


def _memory(run: memory.Run, date: str) -> Iterator[str]:
    yield f"Peak memory, measured on {date}; wanted: at most {memory.BOUND_MB} MB, flat."
    yield ""
    yield "| command | events | MB | |"
    yield "|---|--:|--:|---|"
    for p in run.peaks:
        yield f"| {p.command} | {p.events:,} | {p.mb} | {report.word(p.mb <= memory.BOUND_MB)} |"
    yield ""
