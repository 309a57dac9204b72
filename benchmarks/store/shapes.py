"""The shapes of work that are measured, by name."""

import functools
from collections.abc import Callable

from benchmarks.store import callers
from benchmarks.store.filled import Filled
from benchmarks.store.measuring import Bench, Figure
from benchmarks.store.workload import order_walks, zipf_walks

TITLES = {
    "callers-1": "1 caller, one event each",
    "callers-8": "8 callers, one event each",
    "callers-64": "64 callers, one event each",
    "processes-4x16": "4 processes of 16 callers, one event each",
    "zipf-64": "64 callers on streams drawn by Zipf's law",
    "load-and-append": "load a stream of 50 events and append one",
    "import": "import, whole process; peers save 12 events a call",
    "read": "read and decode the log",
    "rebuild-1": "make one read model again",
    "rebuild-3": "make three read models again in one pass",
}
"""What each shape is, in the order in which they are measured."""


def measure(bench: Bench, names: list[str]) -> list[Figure]:
    """Measure shapes and return all figures."""
    filled: Callable[[], Filled] = functools.cache(lambda: Filled(bench))
    work: dict[str, Callable[[str], list[Figure]]] = {
        "callers-1": lambda name: callers.threads(bench, name, 1, order_walks),
        "callers-8": lambda name: callers.threads(bench, name, 8, order_walks),
        "callers-64": lambda name: callers.threads(bench, name, 64, order_walks),
        "processes-4x16": lambda name: callers.processes(bench, name, 4, 16),
        "zipf-64": lambda name: callers.threads(bench, name, 64, zipf_walks),
        "load-and-append": lambda name: callers.load_and_append(bench, name),
        "import": lambda name: filled().import_(name),
        "read": lambda name: filled().read(name),
        "rebuild-1": lambda name: filled().rebuild(name, 1),
        "rebuild-3": lambda name: filled().rebuild(name, 3),
    }
    return [figure for name in names for figure in work[name](name)]
