"""The pages of the signed log, and of what somebody may see."""

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response

from api import answers, proving
from api.access import Token
from api.pages.rendering import Pages, unless_missing, wants_json
from api.reading import asked, encoded
from api.record import engagement_of

_RUNS = 50
_VERIFICATIONS = 10


def router(pages: Pages, proofs: proving.Proofs) -> APIRouter:
    """Return the routes of these pages.

    Args:
        pages: renders them, and lets people in.
        proofs: proves from the archive.
    """
    routes = APIRouter(include_in_schema=False)

    @routes.get("/integrity.json")
    @routes.get("/integrity")
    async def integrity(request: Request) -> Response:
        async def page(token: Token) -> Response:
            size, runs = await asked(lambda: proofs.runs(None, _RUNS + 1))
            added = _added(runs)
            runs = runs[:_RUNS]
            checkpoint = await unless_missing(lambda: proofs.checkpoint(None))
            keys = await unless_missing(proofs.keys)
            verified = await asked(lambda: proofs.verifications(_VERIFICATIONS))
            locks = await asked(proofs.locks)
            if wants_json(request):
                return encoded(
                    {
                        "size": size,
                        "checkpoint": checkpoint,
                        "runs": runs,
                        "keys": keys,
                        "added": added,
                        "verifications": verified,
                        "locks": locks,
                    }
                )
            return pages.render(
                request, "integrity.html", token, size=size, runs=runs, checkpoint=checkpoint,
                keys=keys, verified=verified, locks=locks,
                most_locked=max((one.histories for one in locks.years), default=0), added=added,
                most=max(added, default=0), json_at="/integrity.json",
            )  # fmt: skip

        return await pages.show(request, page)

    @routes.get("/workspace.json")
    @routes.get("/workspace")
    async def workspace(request: Request) -> Response:
        async def page(token: Token) -> Response:
            me = engagement_of(token)
            if wants_json(request):
                return encoded(me)
            return pages.render(request, "workspace.html", token, me=me, json_at="/workspace.json")

        return await pages.show(request, page)

    return routes


def _added(runs: Sequence[answers.Run]) -> list[int]:
    """Return how many events each run brought into the archive, the newest run first."""
    before = [one.size for one in runs[1:]]
    if len(runs) <= _RUNS:
        before.append(0)
    return [one.size - size for one, size in zip(runs[:_RUNS], before[:_RUNS], strict=True)]
