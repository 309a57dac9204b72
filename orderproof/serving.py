"""`orderproof serve`: HTTP on one address until it is stopped."""

import signal
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from importlib.metadata import version

import anyio.to_thread
import uvicorn

from api.access import Gate
from api.app import Service, make
from api.webhooks import Door
from eventstore.pool import Pool
from eventstore.writer import Writer
from orderproof import errors, terminal, tokens
from orderproof.bootstrap import Store
from orderproof.errors import CommandError
from orderproof.webhooks import Webhooks

_THREADS = 128
"""Requests that are worked on at once; events of all that wait share a commit."""


def run(store: Store, host: str, port: int, *, as_json: bool) -> None:
    """Serve until SIGTERM or SIGINT; what is under way is finished.

    Args:
        store: the open installation.
        host: address to listen on.
        port: to listen on; 0: any that is free.
        as_json: print the address as one JSON object.

    Raises:
        CommandError: the address cannot be listened on.
    """
    try:
        listening = socket.create_server((host, port))
    except OSError as error:
        raise CommandError(
            f"{host}:{port} cannot be listened on: {error.strerror}", errors.CANNOT_TELL
        ) from error
    with listening, Writer(store.dsn, store.ring) as writer:
        pool = Pool(store.dsn, tokens.GATE)
        with closing(pool), closing(Webhooks(store, writer.record)) as webhooks:
            app = make(
                Service(
                    gate=Gate(lambda own: tokens.find(pool, own), lambda: datetime.now(UTC)),
                    record=writer.record,
                    door=Door(webhooks.is_signed, webhooks.receive),
                    check=lambda: _check(pool),
                    version=version("orderproof"),
                )
            )
            url = f"http://{host}:{listening.getsockname()[1]}/"
            if as_json:
                terminal.print_json({"url": url})
            else:
                terminal.say(f"Serving at {url}; SIGTERM ends it")
            config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
            server = _Server(config)
            server.run(sockets=[listening])


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End with what is under way, and with exit code 0: to be stopped is no failure."""
        before = {
            number: signal.signal(number, self.handle_exit)
            for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        anyio.to_thread.current_default_thread_limiter().total_tokens = _THREADS
        await super().startup(sockets)


def _check(pool: Pool) -> None:
    with pool.statement() as cursor:
        cursor.execute("SELECT 1")
