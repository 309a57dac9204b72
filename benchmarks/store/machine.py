"""Where a run takes place."""

import os
import platform
from collections.abc import Iterator
from importlib import metadata
from typing import Any

PEERS = ("eventsourcing", "psycopg", "umadb", "psycopg2-binary")


def facts() -> dict[str, Any]:
    """Return cores, load and versions, as they are before the first measurement."""
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "load average at start": load(),
        "packages": {name: _version(name) for name in PEERS},
    }


def load() -> float:
    """Return the load average of the last minute."""
    return round(os.getloadavg()[0], 2)


def lines(found: dict[str, Any]) -> Iterator[str]:
    """Yield facts as text, one a line."""
    for name, value in found.items():
        told = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
        yield f"{name}: {told}"


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
