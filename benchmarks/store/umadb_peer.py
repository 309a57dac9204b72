"""UmaDB: its server in a process of its own, its Python client in ours."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import umadb

from benchmarks.store.workload import STEPS, Item, cloud_event

_PATIENCE = 30.0


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Have a server with its own settings run on a free port of the loopback; yield its URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    program = [sys.executable, "-c", "from umadb import umadb_server_cli as s; s.main()"]
    folder.mkdir()
    with (folder / "server.log").open("wb") as said:
        process = subprocess.Popen(
            [*program, "--listen", address, "--db-path", str(folder / "log.db")],
            stdout=said,
            stderr=said,
        )
    try:
        url = f"http://{address}"
        _wait_for(url, process)
        yield url
    finally:
        process.terminate()
        process.wait()


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            umadb.Client(url).head()
        except Exception:  # it is not there yet
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


class Store:
    """One process's way into UmaDB."""

    def __init__(self, client: umadb.Client, *, once: bool) -> None:
        self._client = client
        self._once = once

    def append(self, item: Item) -> None:
        """Append one event: without a condition, or unless its id is there already, as ours."""
        if not self._once:
            self.fill([item])
            return
        tag = f"{item.stream}/{item.version}"
        condition = umadb.AppendCondition(umadb.Query([umadb.QueryItem(tags=[tag])]))
        self._client.append([_event(item, tag)], condition)

    def fill(self, items: list[Item]) -> None:
        """Append events in one call."""
        self._client.append([_event(item) for item in items])

    def load_and_append(self, stream: str) -> None:
        """Read a stream, and append one event unless the stream has moved on meanwhile."""
        query = umadb.Query([umadb.QueryItem(tags=[stream])])
        events, head = self._client.read(query).collect_with_head()
        item = Item(stream, len(events) + 1)
        condition = umadb.AppendCondition(query, head)
        self._client.append([_event(item)], condition)


def _event(item: Item, *tags: str) -> umadb.Event:
    return umadb.Event(STEPS[item.step][0], cloud_event(item), [item.stream, *tags], uuid4())


@contextmanager
def opened(url: str, *, once: bool = False) -> Iterator[Store]:
    """Open a client; `once` has each event's id recorded once at most."""
    with umadb.Client(url) as client:
        yield Store(client, once=once)
