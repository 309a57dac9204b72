"""How a run measures: sizes, rounds in which all take turns, and the figures that come of it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

import msgspec

from benchmarks.store import load
from benchmarks.store.load import Load
from benchmarks.store.participants import Participant
from benchmarks.store.server import Server


class Sizes(msgspec.Struct, frozen=True):
    """How much is done.

    Args:
        rounds: in each, everybody has one turn; figures are medians of the rounds.
        warm_up: seconds before a turn of callers counts.
        seconds: that a turn of callers counts.
        orders: that are imported, read and rebuilt, twelve events each.
        runner_orders: that `ProjectionRunner` reads; fewer, since it takes so long.
        streams: of 50 events, that are loaded and appended to.
        memory_orders: of the two imports whose memory is compared.
    """

    rounds: int
    warm_up: float
    seconds: float
    orders: int
    runner_orders: int
    streams: int
    memory_orders: tuple[int, int]


FULL = Sizes(3, 0.3, 1.5, 20_000, 250, 150, (20_000, 83_334))
QUICK = Sizes(1, 0.05, 0.2, 50, 2, 5, (50, 1_300))


class Bench(msgspec.Struct):
    """A run.

    Args:
        folder: for files, open to pass through.
        server: of the run.
        participants: ours first.
        sizes: how much is done.
        say: shows progress.
    """

    folder: Path
    server: Server
    participants: Sequence[Participant]
    sizes: Sizes
    say: Callable[[str], None]

    def with_peer(self, name: str) -> bool:
        """Tell whether a peer takes part."""
        return any(participant.name == name for participant in self.participants)


class Turn(msgspec.Struct, frozen=True):
    """What one turn got done. Latencies in seconds, none where only the whole was timed."""

    events: int
    seconds: float
    latencies: Sequence[float] = ()


class Figure(msgspec.Struct, frozen=True):
    """What was measured of one participant in one shape.

    Args:
        shape: name of the shape.
        who: participant or limit.
        rate: events a second, the rounds' median.
        rates: of each round.
        p50_ms: median latency in milliseconds, the rounds' median; None where none was taken.
        p99_ms: latency that 99 of 100 calls do not exceed, the rounds' median.
    """

    shape: str
    who: str
    rate: float
    rates: Sequence[float]
    p50_ms: float | None = None
    p99_ms: float | None = None


def turn_of(measured: Load) -> Turn:
    """Return callers' work as a turn."""
    return Turn(len(measured.latencies), measured.seconds, measured.latencies)


def take_turns(bench: Bench, shape: str, work: Mapping[str, Callable[[int], Turn]]) -> list[Figure]:
    """Have everybody do their work once in each round, and return their figures.

    Args:
        bench: the run.
        shape: name of the shape.
        work: by participant or limit; called with the number of the round.
    """
    turns: dict[str, list[Turn]] = {who: [] for who in work}
    for number in range(bench.sizes.rounds):
        for who, do in work.items():
            bench.server.settle()
            turn = do(number)
            turns[who].append(turn)
            bench.say(f"{shape}, round {number + 1}: {who} {turn.events / turn.seconds:,.0f}/s")
    return [_figure(shape, who, of_one) for who, of_one in turns.items()]


def _figure(shape: str, who: str, turns: Sequence[Turn]) -> Figure:
    rates = [round(turn.events / turn.seconds, 1) for turn in turns]
    return Figure(
        shape, who, round(median(rates), 1), rates, _latency(turns, 0.50), _latency(turns, 0.99)
    )


def _latency(turns: Sequence[Turn], share: float) -> float | None:
    taken = [load.quantile(turn.latencies, share) for turn in turns if turn.latencies]
    return round(1000 * median(taken), 3) if taken else None
