"""`orderproof serve`: HTTP on one address until it is stopped."""

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version

import anyio.to_thread
import uvicorn
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from fastapi import FastAPI

from api.access import Gate, Identify
from api.app import Service, make
from api.limiting import Limits
from api.signed_tokens import Provider
from api.webhooks import Door
from eventstore import reading
from eventstore.pool import Pool
from eventstore.writer import Writer
from orderproof import access_notes, errors, terminal, tokens
from orderproof.auditing import MODELS, LiveAnswers
from orderproof.bootstrap import Store
from orderproof.claim_service import ClaimService
from orderproof.desk import open_desk
from orderproof.desk_service import DeskService
from orderproof.desk_table import DeskTable
from orderproof.errors import CommandError
from orderproof.evidence_service import EvidenceService
from orderproof.exporting.jobs import Jobs
from orderproof.http_protocol import Connection
from orderproof.page_sessions import PageSessions
from orderproof.provider_keys import ProviderKeys
from orderproof.proving import ArchiveProofs
from orderproof.sessions import Sessions, catch_up_a_little
from orderproof.settings import Settings
from orderproof.store_state import state
from orderproof.webhooks import Webhooks

_DRAIN = 8
"""Seconds for what is under way when the service is stopped; then it is left alone."""

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
    with listening, application(store) as app:
        url = f"http://{host}:{listening.getsockname()[1]}/"
        if as_json:
            terminal.print_json({"url": url})
        else:
            terminal.say(f"Serving at {url}; SIGTERM ends it")
        config = configuration(app, store.installation.settings.trusted_proxies)
        server = _Server(config)
        server.run(sockets=[listening])


def configuration(app: FastAPI, proxies: str = "") -> uvicorn.Config:
    """Return how an application is served.

    Args:
        app: the application.
        proxies: addresses that are believed who asks, with commas; by default nobody is.
    """
    return uvicorn.Config(
        app,
        http=Connection,
        timeout_graceful_shutdown=_DRAIN,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies or None,
    )


@contextmanager
def application(
    store: Store,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    limits: Limits = Limits(),  # noqa: B008  # it does not change
) -> Iterator[FastAPI]:
    """Have the application of an installation.

    Args:
        store: the open installation.
        clock: the time by which tokens expire.
        limits: how often somebody may ask.
    """
    with ExitStack() as stack:
        writer = stack.enter_context(Writer(store.dsn, store.ring))
        pool = stack.enter_context(closing(Pool(store.dsn, access_notes.GATE)))
        readers = stack.enter_context(closing(Pool(store.dsn, reading.ROLE)))
        sessions = stack.enter_context(closing(Sessions(store)))
        with sessions.one() as own:
            catch_up_a_little(own, MODELS)  # of a new store they are made here
        webhooks = Webhooks(store.installation, sessions, writer.record)
        record = LiveAnswers(readers, sessions, writer.record)
        desk = stack.enter_context(open_desk(store.dsn, store.ring))
        jobs = Jobs(store.installation, pool, readers, sessions, writer.record)
        stack.enter_context(closing(jobs))
        yield make(
            Service(
                gate=Gate(
                    lambda own: tokens.find(pool, own),
                    clock,
                    _identify(store.installation.settings, pool),
                ),
                record=writer.record,
                door=Door(webhooks.is_signed, webhooks.receive),
                answers=record,
                revealer=record,
                searcher=record,
                exports=jobs,
                sessions=PageSessions(pool),
                proofs=ArchiveProofs(store.installation, readers, sessions, record),
                cursor_key=_cursor_key(store.keys.tag),
                desk=DeskService(desk, readers, sessions),
                tracking=DeskTable(readers, sessions),
                claims=ClaimService(sessions),
                evidence=EvidenceService(store.installation, sessions),
                state=lambda: state(sessions, pool),
                check=lambda: _check(pool),
                version=version("orderproof"),
                limits=limits,
            )
        )


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


def _identify(settings: Settings, pool: Pool) -> Identify | None:
    if not settings.oidc_issuer:
        return None
    clients = tuple(one.strip() for one in settings.oidc_clients.split(",") if one.strip())
    provider = Provider(settings.oidc_issuer, settings.oidc_audience, clients)
    return partial(
        tokens.identify, pool, provider, ProviderKeys(settings.oidc_issuer, settings.oidc_keys_url)
    )


def _check(pool: Pool) -> None:
    with pool.statement() as cursor:
        cursor.execute("SELECT 1")


def _cursor_key(tag_key: bytes) -> bytes:
    """Return what signs cursors: the same after a restart, and in each process that serves."""
    return HKDF(SHA256(), 32, None, b"orderproof/1 cursors").derive(tag_key)
