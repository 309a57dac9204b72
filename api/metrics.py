"""Measures for Prometheus: requests by route, and how far behind anything is.

Labels are names of routes, methods and read models, never of orders or people.
"""

import time
from collections.abc import Callable, Mapping

import msgspec
from fastapi import APIRouter, Response
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.concurrency import run_in_threadpool

from api.problem import Problem, problems

_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.08, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Model(msgspec.Struct, frozen=True):
    """A read model: how many events it lacks, when it was looked after, and what it goes without.

    Args:
        lag: events.
        heartbeat: seconds since somebody looked after it; None where nobody did.
        set_aside: orders.
        stopped: whether it stands still until somebody sees to it.
    """

    lag: int
    heartbeat: float | None
    set_aside: int
    stopped: bool = False


class Verification(msgspec.Struct, frozen=True):
    """The newest verification of the archive that is on record, and how many seconds ago."""

    intact: bool
    ago: float


class State(msgspec.Struct, frozen=True):
    """The state of a store.

    Args:
        position: of the newest event.
        archived: events in the newest signed run of the archive.
        archived_ago: seconds since that run; None where there was none.
        models: read models by name.
        quarantined: files of refused input.
        exports: jobs that wait or are being made.
        verified: see `Verification`; None where none is on record.
        break_glass: tokens that somebody took within a day when nobody who may was there.
    """

    position: int
    archived: int
    archived_ago: float | None
    models: Mapping[str, Model]
    quarantined: int
    exports: int
    verified: Verification | None = None
    break_glass: int = 0


class Metrics:
    """Counts requests, and tells the state of the store when it is asked."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        labels = ["method", "route", "status"]
        self._requests = Counter(
            "orderproof_requests", "Requests answered.", labels, registry=self._registry
        )
        self._seconds = Histogram(
            "orderproof_request_seconds", "Time to the first byte of an answer.", ["route"],
            buckets=_SECONDS, registry=self._registry,
        )  # fmt: skip
        gauge = self._gauge
        self._position = gauge("orderproof_log_position", "Newest position of the log.")
        self._archived = gauge("orderproof_archived_size", "Events in the newest archive run.")
        self._ago = gauge("orderproof_archive_age_seconds", "Since the newest archive run.")
        self._lag = gauge("orderproof_model_lag_events", "Events a read model lacks.", "model")
        self._beat = gauge("orderproof_model_heartbeat_seconds", "Since it was looked after.",
                           "model")  # fmt: skip
        self._aside = gauge("orderproof_model_set_aside", "Orders it goes without.", "model")
        self._refused = gauge("orderproof_quarantine_files", "Files of refused input.")
        self._exports = gauge("orderproof_exports_open", "Exports that are not done.")

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, labels, registry=self._registry)

    def count(self, method: str, route: str, status: int, began: float) -> None:
        """Count a request that began at a time of `time.perf_counter`."""
        known = method if method in _METHODS else "other"  # a client may make up any number
        self._requests.labels(known, route, status).inc()
        self._seconds.labels(route).observe(time.perf_counter() - began)

    def text(self, state: State) -> bytes:
        """Return all measures as Prometheus reads them."""
        self._position.set(state.position)
        self._archived.set(state.archived)
        self._ago.set(-1 if state.archived_ago is None else state.archived_ago)
        for name, model in state.models.items():
            self._lag.labels(name).set(model.lag)
            self._beat.labels(name).set(-1 if model.heartbeat is None else model.heartbeat)
            self._aside.labels(name).set(model.set_aside)
        self._refused.set(state.quarantined)
        self._exports.set(state.exports)
        return generate_latest(self._registry)


def router(metrics: Metrics, state: Callable[[], State]) -> APIRouter:
    """Return the route of the measures.

    Args:
        metrics: counts.
        state: tells the state of the store.
    """
    routes = APIRouter(tags=["health"])

    @routes.get(
        "/metrics",
        operation_id="measures",
        response_class=Response,
        responses={
            200: {
                "description": "The measures; -1 where there is nothing to measure yet.",
                "content": {"text/plain": {"schema": {"type": "string"}}},
            },
            **problems("unavailable"),
        },
    )
    async def measures() -> Response:
        """Tell requests, lags and ages, for Prometheus."""
        try:
            found = await run_in_threadpool(state)
        except Exception as error:
            raise Problem("unavailable", headers={"Retry-After": "1"}) from error
        return Response(metrics.text(found), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return routes
