"""Shapes of a filled log: filling it, reading it, making read models from it."""

import tempfile
import time
from collections.abc import Callable

from benchmarks.store import limits, ours, participants, rebuilding, workload
from benchmarks.store.commands import Installation
from benchmarks.store.measuring import Bench, Figure, Turn, take_turns
from benchmarks.store.participants import EVENTSOURCING, UMADB, Participant
from benchmarks.store.workload import EVENTS

COPY = "text COPY"
COPY_OUT = "COPY OUT"
RUNNER = "ProjectionRunner"


class Filled:
    """Logs with the same orders: ours, imported, and the peer's, saved order by order.

    Args:
        bench: the run.
    """

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._ours: str | None = None
        self._peer: Participant | None = None
        self._orders = [workload.order(str(number)) for number in range(bench.sizes.orders)]
        self._events = bench.sizes.orders * EVENTS
        self._file = bench.folder / "events.jsonl"
        workload.write_file(self._file, bench.sizes.orders)
        self.installation = Installation(bench.folder / "data")

    def import_(self, shape: str) -> list[Figure]:
        """Measure the import, saving twelve events a call, and COPY of what was imported."""
        work: dict[str, Callable[[int], Turn]] = {participants.OURS: self._import}
        if self._bench.with_peer(EVENTSOURCING):
            work[EVENTSOURCING] = self._save_in_peer
        for participant in self._bench.participants:
            if participant.name == UMADB:
                work[UMADB] = lambda number: self._save(participant, number)  # noqa: B023
        work[COPY] = self._copy
        return take_turns(self._bench, shape, work)

    def read(self, shape: str) -> list[Figure]:
        """Measure reading and decoding the log, and COPY OUT of the table."""
        self._fill()
        work = {participants.OURS: self._read}
        if self._peer is not None:
            work[EVENTSOURCING] = self._read_peer
        work[COPY_OUT] = self._copy_out
        return take_turns(self._bench, shape, work)

    def rebuild(self, shape: str, count: int) -> list[Figure]:
        """Measure making read models, all in one pass, and the peer's runner feeding one."""
        self._fill()

        def ours_turn(_: int) -> Turn:
            seconds = rebuilding.rebuild(self._ours, self.installation.key, count)
            return Turn(self._events, seconds)

        work: dict[str, Callable[[int], Turn]] = {participants.OURS: ours_turn}
        if self._bench.with_peer(EVENTSOURCING):
            work[RUNNER] = self._run_peer
        return take_turns(self._bench, shape, work)

    def _fill(self) -> None:
        if self._ours is None:
            self._import(0)
        if self._peer is None and self._bench.with_peer(EVENTSOURCING):
            self._save_in_peer(0)

    def _import(self, _: int) -> Turn:
        self._ours = self._bench.server.database(migrated=True)
        started = time.perf_counter()
        tally = self.installation.import_file(self._ours, self._file)
        seconds = time.perf_counter() - started
        if tally["recorded"] != self._events:
            raise AssertionError(tally)
        return Turn(self._events, seconds)

    def _save_in_peer(self, number: int) -> Turn:
        address = {"dsn": self._bench.server.database(migrated=False)}
        self._peer = Participant(EVENTSOURCING, address)
        return self._save(self._peer, number)

    def _save(self, participant: Participant, _: int) -> Turn:
        with participant.opened() as store:
            store.fill(workload.order("first"))
            latencies = []
            started = time.perf_counter()
            for items in self._orders:
                before = time.perf_counter()
                store.fill(items)
                latencies.append(time.perf_counter() - before)
            seconds = time.perf_counter() - started
        return Turn(self._events, seconds, latencies)

    def _copy(self, _: int) -> Turn:
        with limits.rows_of(self._ours, self._bench.folder) as files:
            target = self._bench.server.database(migrated=True)
            return Turn(self._events, limits.copy_in(target, files))

    def _read(self, _: int) -> Turn:
        started = time.perf_counter()
        count = ours.read(self._ours)
        return Turn(count, time.perf_counter() - started)

    def _read_peer(self, _: int) -> Turn:
        with self._peer.opened() as store:
            started = time.perf_counter()
            count = store.read()
            return Turn(count, time.perf_counter() - started)

    def _copy_out(self, _: int) -> Turn:
        with tempfile.TemporaryFile(dir=self._bench.folder) as file:
            return Turn(self._events, limits.copy_out(self._ours, "events", file))

    def _run_peer(self, _: int) -> Turn:
        # Imported here: the peer is not in every environment.
        from benchmarks.store import runner_peer

        orders = self._orders[: self._bench.sizes.runner_orders]
        dsn = self._bench.server.database(migrated=False)
        return Turn(len(orders) * EVENTS, runner_peer.run(dsn, orders))
