"""The page of whoever keeps the service running: what is well, what is not, what cannot be told."""

from collections.abc import Callable, Iterator

import msgspec
from fastapi import APIRouter, Request, Response

from api.access import OPERATE, Token
from api.metrics import Model, State
from api.pages.rendering import Pages, wants_json
from api.reading import asked, encoded

GOOD, ATTENTION, BAD, CANNOT_TELL = "good", "attention", "bad", "unknown"
_RANK = (BAD, ATTENTION, CANNOT_TELL, GOOD)

_MINUTE, _DAY = 60.0, 86_400.0
_QUIET = 5 * _MINUTE  # a read model that lags and that nobody looked after for so long stands still
_UNARCHIVED = _DAY
_UNVERIFIED = 31 * _DAY


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is watched.

    Args:
        name: what, a key of the words; a read model's own name where `model`.
        level: good, attention, bad, or unknown for what cannot be told.
        reason: a key of the words.
        number: that the reason is about; None for none.
        seconds: age or lag; None where there is none.
        model: whether it is a read model.
    """

    name: str
    level: str
    reason: str
    number: int | None = None
    seconds: float | None = None
    model: bool = False


class Operations(msgspec.Struct, frozen=True, kw_only=True):
    """The lines, the worst first; `level` is that of the worst."""

    as_of: int
    level: str
    lines: list[Line]


def judge(state: State) -> Operations:
    """Return what the state of a store means."""
    lines = [
        *(_model(name, model) for name, model in sorted(state.models.items())),
        _archive(state),
        _verification(state),
        *_counts(state),
    ]
    lines.sort(key=lambda line: _RANK.index(line.level))
    # What is never measured here comes last: it makes nothing worse.
    dark = [
        Line(name=name, level=CANNOT_TELL, reason="not_measured")
        for name in ("disk", "clock", "bucket")
    ]
    return Operations(as_of=state.position, level=lines[0].level, lines=[*lines, *dark])


def _model(name: str, model: Model) -> Line:
    level, reason, number = GOOD, "up_to_date", model.lag
    if model.stopped:
        level, reason = BAD, "stands_still"
    elif model.set_aside:
        level, reason, number = ATTENTION, "set_aside", model.set_aside
    elif model.lag and model.heartbeat is None:
        level, reason = CANNOT_TELL, "never_looked_after"
    elif model.lag and model.heartbeat is not None and model.heartbeat > _QUIET:
        level, reason = ATTENTION, "behind_and_alone"
    elif model.lag:
        reason = "catching_up"
    return Line(name=name, level=level, reason=reason, number=number, seconds=model.heartbeat,
                model=True)  # fmt: skip


def _archive(state: State) -> Line:
    left = max(state.position - state.archived, 0)
    if state.archived_ago is None:
        return Line(name="archive", level=ATTENTION, reason="never_archived", number=left)
    late = left > 0 and state.archived_ago > _UNARCHIVED
    return Line(name="archive", level=ATTENTION if late else GOOD, reason="not_archived",
                number=left, seconds=state.archived_ago)  # fmt: skip


def _verification(state: State) -> Line:
    if state.verified is None:
        return Line(name="verification", level=CANNOT_TELL, reason="never_verified")
    found = state.verified
    if not found.intact:
        return Line(name="verification", level=BAD, reason="not_intact", seconds=found.ago)
    old = found.ago > _UNVERIFIED
    return Line(name="verification", level=ATTENTION if old else GOOD, reason="was_intact",
                seconds=found.ago)  # fmt: skip


def _counts(state: State) -> Iterator[Line]:
    for name, number, wrong in (
        ("quarantine", state.quarantined, True),
        ("break_glass", state.break_glass, True),
        ("exports", state.exports, False),
    ):
        level = ATTENTION if wrong and number else GOOD
        yield Line(name=name, level=level, reason=f"{name}_number", number=number)


def router(pages: Pages, state: Callable[[], State]) -> APIRouter:
    """Return the route of this page.

    Args:
        pages: renders it, and lets people in.
        state: tells the state of the store.
    """
    routes = APIRouter(include_in_schema=False)

    @routes.get("/operations.json")
    @routes.get("/operations")
    async def operations(request: Request) -> Response:
        async def page(token: Token) -> Response:
            found = judge(await asked(state))
            if wants_json(request):
                return encoded(found)
            return pages.render(
                request, "operations.html", token, page=found, json_at="/operations.json"
            )

        return await pages.show(request, page, OPERATE)

    return routes
