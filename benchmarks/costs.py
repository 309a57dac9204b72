"""What it costs to keep an archive in a bucket: objects, bytes, requests and money.

Counted from the format and from measured bytes, for orders that are archived evenly over some years
and kept as long each. Prices are parameters; taxes, traffic out of the cloud and the time of people
are not in it.

    python -m benchmarks.costs            writes docs/reference/costs.md
    python -m benchmarks.costs --orders 10000000 --years 10
"""

import argparse
import json
from dataclasses import dataclass, fields
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference" / "costs.md"
RESULTS = ROOT / "benchmarks" / "results.json"

_TILE = 256
_GB = 2**30
_NOTE = 3_700  # bytes of a checkpoint with both signatures
_TOKEN = 6_000  # bytes of an RFC 3161 response with its certificates
_ENTRY = 2 + 113  # a leaf's entry in a bundle, with its length
_INDEX_ROW = 48
_MANIFEST_ROW = 190  # a name, a digest, a length, a version, a day
_SMALLEST_BILLED = 128 << 10  # of an object in Glacier Instant Retrieval


@dataclass(frozen=True)
class Prices:
    """List prices in USD, of one storage class.

    Args:
        name: of the class.
        gb_month: for a GiB and a month.
        put: for 1,000 PUT requests.
        get: for 1,000 GET or HEAD requests.
        retrieval: for each GiB that is read.
        smallest: bytes that an object is billed as, at least.
    """

    name: str
    gb_month: float
    put: float
    get: float
    retrieval: float = 0.0
    smallest: int = 0


STANDARD = Prices("S3 Standard", gb_month=0.023, put=0.005, get=0.0004)
COLD = Prices(
    "S3 Glacier Instant Retrieval",
    gb_month=0.004,
    put=0.02,
    get=0.01,
    retrieval=0.03,
    smallest=_SMALLEST_BILLED,
)


@dataclass(frozen=True)
class Amount:
    """What one part of an archive comes to: objects, their bytes, and what is billed."""

    objects: int
    size: int
    usd: float


@dataclass(frozen=True)
class Archive:
    """How an archive grows.

    Args:
        orders: histories in all.
        events: of a history, with its seal.
        years: that orders come for, and that each is kept.
        runs_a_year: archive runs.
        pack: whether histories lie in packs.
        history: bytes of a history as it is stored.
        in_a_pack: histories of a pack.
        verifications_a_year: full verifications.
    """

    orders: int
    events: int
    years: int
    runs_a_year: int
    pack: bool
    history: int
    in_a_pack: int = 2_048
    verifications_a_year: int = 1

    @property
    def runs(self) -> int:
        """How many runs there are."""
        return self.runs_a_year * self.years


def histories(archive: Archive, prices: Prices) -> Amount:
    """Return what the histories come to, or the packs."""
    per_run = -(-archive.orders // archive.runs)
    packs = -(-per_run // archive.in_a_pack) * archive.runs
    objects = packs if archive.pack else archive.orders
    return _amount(archive, prices, objects, archive.orders * archive.history)


def log(archive: Archive, prices: Prices) -> Amount:
    """Return what tiles, entry bundles, checkpoints and tokens come to; nothing is pruned."""
    entries = archive.orders * archive.events + 3 * archive.runs
    objects = size = 0
    nodes, level = entries, 0
    while nodes:
        full = nodes // _TILE
        objects += full + 2 * archive.runs  # a partial tile at each of a run's two sizes
        size += full * _TILE * 32 + 2 * archive.runs * (_TILE // 2) * 32
        if level == 0:
            objects += full + 2 * archive.runs
            size += full * _TILE * _ENTRY + 2 * archive.runs * (_TILE // 2) * _ENTRY
        nodes //= _TILE
        level += 1
    objects += 2 * archive.runs + 2 * archive.runs  # checkpoints, tokens
    size += 2 * archive.runs * (_NOTE + _TOKEN)
    return _amount(archive, prices, objects, size)


def index_and_manifests(archive: Archive, prices: Prices) -> Amount:
    """Return what finding an order and naming every file come to, at the end of the time."""
    named = histories(archive, prices).objects
    shards = -(-archive.orders * _INDEX_ROW // (64 << 10))
    size = archive.orders * _INDEX_ROW + named * _MANIFEST_ROW
    return _amount(archive, prices, shards + archive.runs, size)


def _amount(archive: Archive, prices: Prices, objects: int, size: int) -> Amount:
    """Bill objects that are each kept, and verified, for all of the years."""
    billed = max(size, objects * prices.smallest)
    months = archive.years * 12
    storage = billed / _GB * prices.gb_month * months
    written = objects * (prices.put + prices.get) / 1_000  # the lock is read back once
    read = archive.verifications_a_year * archive.years * objects * prices.get / 1_000
    read += archive.verifications_a_year * archive.years * size / _GB * prices.retrieval
    return Amount(objects, size, storage + written + read)


def total(parts: list[Amount]) -> Amount:
    """Add parts up."""
    return Amount(*(sum(getattr(part, f.name) for part in parts) for f in fields(Amount)))


def page(orders: int, years: int, events: int, bytes_of: dict[str, int]) -> str:
    """Return the page of docs/reference."""
    rows = []
    for layout, prices, log_prices in (
        ("per-order", STANDARD, STANDARD),
        ("pack", STANDARD, STANDARD),
        ("pack", COLD, STANDARD),
    ):
        archive = Archive(orders, events, years, 365, layout == "pack", bytes_of[layout])
        kept = histories(archive, prices)
        rest = total([log(archive, log_prices), index_and_manifests(archive, log_prices)])
        both = total([kept, rest])
        rows.append(
            f"| {layout} | {prices.name} | {kept.objects:,} | {kept.size / _GB:.2f} | "
            f"{rest.objects:,} | {rest.size / _GB:.2f} | {kept.usd:.2f} | {rest.usd:.2f} | "
            f"**{both.usd:.2f}** |"
        )
    return _PAGE.format(
        head=_HEAD,
        orders=orders,
        years=years,
        events=events,
        rows="\n".join(rows),
        per_order=bytes_of["per-order"],
        pack=bytes_of["pack"],
        standard=_prices(STANDARD),
        cold=_prices(COLD),
    )


def _prices(prices: Prices) -> str:
    retrieval = f", {prices.retrieval} for each GiB read" if prices.retrieval else ""
    return (
        f"{prices.name}: {prices.gb_month} USD for a GiB and month, {prices.put} for 1,000 PUT, "
        f"{prices.get} for 1,000 GET or HEAD{retrieval}"
    )


def measured() -> dict[str, int]:
    """Return the measured bytes of a history, by layout."""
    results = json.loads(RESULTS.read_text())
    largest = max((key for key in results if key.startswith("archive_")), key=_size)
    figures = {each["work"]: each["value"] for each in results[largest]["figures"]}
    return {name: round(figures[f"of which its own, {name}"]) for name in ("per-order", "pack")}


def _size(key: str) -> int:
    return int(key.removeprefix("archive_"))


_HEAD = (
    "| layout | histories in | objects | GiB | log, index and manifests: objects | GiB "
    "| histories, USD | the rest, USD | all, USD |"
)
_PAGE = """\
# What keeping an archive costs

Written by `python -m benchmarks.costs`; change the parameters there for your own numbers
(`--orders`, `--years`, `--events`).

{orders:,} orders of {events} events each, archived daily over {years} years, each kept for
{years} years, with one full verification a year. A history takes {per_order:,} bytes as a file
and {pack:,} bytes in a pack (measured by `make bench-archive`).

{head}
|---|---|---|---|---|---|---|---|---|
{rows}

The log, the index and the manifests stay in S3 Standard, since each run reads them.

- A file for each order costs mostly requests: it is written and its lock read back, and every
  full verification reads it. From about 100,000 orders on, packs are cheaper and quicker
  (`ORDERPROOF_LAYOUT=pack`).
- The log is the same in both layouts. Nothing of it is pruned: its older partial tiles are what
  older checkpoints are checked with.
- Glacier Instant Retrieval bills an object as 128 KiB at least, so it pays for packs only.

Prices are parameters at the top of that program, set to what AWS listed for us-east-1 in 2025
(<https://aws.amazon.com/s3/pricing/>); put in yours. {standard}. {cold}. Not in it: traffic out
of the cloud, taxes, KMS, the database.
"""


def main() -> None:
    """Write the page, or print it for other numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--years", type=int, default=3)
    parser.add_argument("--events", type=int, default=12)
    given = parser.parse_args()
    text = page(given.orders, given.years, given.events, measured())
    defaults = parser.parse_args([])
    if given == defaults:
        PAGE.write_text(text)
    else:
        print(text)


if __name__ == "__main__":
    main()
