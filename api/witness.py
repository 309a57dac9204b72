"""The HTTP side of a witness: `POST /add-checkpoint`, and nothing else."""

import time

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from archive.witness import REQUEST, Witness


def app(witness: Witness) -> FastAPI:
    """Return the application that answers for a witness."""
    served = FastAPI(title="orderproof witness", openapi_url=None)

    @served.post("/add-checkpoint")
    async def add_checkpoint(request: Request) -> Response:
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > REQUEST:
                return Response("the request is too long\n", 413, media_type="text/plain")
        reply = await run_in_threadpool(witness.add_checkpoint, bytes(body), int(time.time()))
        # Set as a header: a media type of the parameter would get a charset added.
        return Response(reply.content, reply.status, headers={"Content-Type": reply.kind})

    return served
