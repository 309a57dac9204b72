"""A client that costs nearly nothing, so that the server is what is measured: raw HTTP/1.1."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks import processes


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """Return the bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: bench", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return status, await reader.readexactly(length)


async def _send(port: int, requests: Iterator[bytes], done: Callable[[float], None]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for each in requests:
            started = time.perf_counter()
            writer.write(each)
            status, body = await _answer(reader)
            if status >= 300:
                raise AssertionError((status, body[:300]))
            done(time.perf_counter() - started)
    finally:
        writer.close()


def all_of(port: int, each: list[Iterator[bytes]]) -> tuple[float, list[float]]:
    """Send requests over so many connections; return the seconds in all, and of each request."""
    times: list[float] = []

    async def run() -> float:
        started = time.perf_counter()
        await asyncio.gather(*(_send(port, requests, times.append) for requests in each))
        return time.perf_counter() - started

    return asyncio.run(run()), times


def p95(times: list[float]) -> float:
    """Return the 95th percentile, in milliseconds."""
    return round(sorted(times)[int(len(times) * 0.95)] * 1000, 1)


@contextmanager
def ended(process: "processes.subprocess.Popen[bytes]") -> Iterator[None]:
    """End a process at the end."""
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)
        if process.stdout is not None:
            process.stdout.close()
