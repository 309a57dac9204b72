"""What is measured: importing messages, claims one after the other, signed evidence packs."""

import statistics
import time
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random

from benchmarks.claims import workload
from benchmarks.figures import Figure
from orderproof import importing, installation
from orderproof.bootstrap import Store, catch_up, open_store
from orderproof.claim_on_store import claim_on_store
from orderproof.claiming import Answer
from orderproof.evidence_pack import Made, Wanted

_CLAIMS = 1_000
_WARM = 50
_PACKS = 20
_MESSAGES = 10_000
_ANSWERED = 0.05
_SIGNED = 0.5
_GROWTH = 1.5


def measure(
    place: Path, orders: int, small: Figure | None, say: Callable[[Figure], None]
) -> list[Figure]:
    """Fill a store, have messages linked to its orders, and ask it."""
    found, _ = installation.initialise(place / "data")
    figures: list[Figure] = []
    with open_store(found) as store:
        _import(store, place / "orders.jsonl", workload.orders(orders), "cloudevents")
        catch_up(store)
        count = min(_MESSAGES, orders)
        seconds = _import(
            store, place / "messages.jsonl", workload.messages(count, orders), "stripe", "bench"
        )
        today = datetime.now(UTC).date()
        figures += _claims(store, orders, today, small)
        figures.append(_packs(store, today))
        rate = round(count / seconds)
        figures.append(
            Figure(
                "messages of a PSP imported and linked",
                rate,
                "messages/s",
                wanted="≥ 10,000",
                reached=rate >= 10_000,
            )
        )
    for figure in figures:
        say(figure)
    return figures


def _import(
    store: Store, file: Path, lines: Iterable[str], format_: str, shop: str | None = None
) -> float:
    with file.open("w") as opened:
        opened.writelines(lines)
    started = time.perf_counter()
    tally, _ = importing.import_files(store, [str(file)], format_, shop)
    seconds = time.perf_counter() - started
    file.unlink()
    if tally.rejected or tally.recorded != tally.read:
        raise AssertionError(tally)
    return seconds


def _claims(store: Store, orders: int, today: date, small: Figure | None) -> list[Figure]:
    """Ask for orders at random, a first few not counted; the order that has messages among them."""
    chance = Random(orders)  # which orders are asked for is no secret
    taken = []
    for _ in range(_WARM + _CLAIMS):
        started = time.perf_counter()
        _ask(store, chance.randrange(orders), today)
        taken.append(time.perf_counter() - started)
    taken = taken[_WARM:]
    slowest = statistics.quantiles(taken, n=100)[98]
    found = [
        Figure(
            "claim on a warm store, p99",
            round(slowest * 1000, 2),
            "ms",
            wanted="< 50 ms",
            reached=slowest < _ANSWERED,
        ),
        Figure("claim on a warm store, median", round(statistics.median(taken) * 1000, 2), "ms"),
    ]
    if small is not None:
        growth = round(found[0].value / small.value, 2)
        wanted = f"≤ {_GROWTH} × {small.value} ms"
        found.append(Figure("growth of p99", growth, "×", wanted=wanted, reached=growth <= _GROWTH))
    return found


def _ask(store: Store, order: int, today: date) -> Answer:
    answer = claim_on_store(store, f"bench/{order}", None, today)
    if answer.order is None:
        raise AssertionError(order)
    return answer


def _packs(store: Store, today: date) -> Figure:
    """Make the signed pack of several orders; the first one, which loads the fonts, apart."""
    taken = []
    for order in range(_PACKS + 1):
        answer = _ask(store, order, today)
        started = time.perf_counter()
        wanted = Wanted(pdf=None, as_zip=None, language="en")
        Made(answer, wanted, store.installation).pdf()
        taken.append(time.perf_counter() - started)
    seconds = statistics.median(taken[1:])
    return Figure(
        "evidence pack as a signed PDF",
        round(seconds, 3),
        "s",
        wanted=f"< {_SIGNED} s",
        reached=seconds < _SIGNED,
    )
