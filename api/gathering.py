"""Requests that come at the same time are recorded together: one thread and one commit for all.

A thread for each request would cost more than reading and recording its event: most of the time
would go into waking threads one after the other.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from starlette.concurrency import run_in_threadpool

from domain.event import Fact
from eventstore.errors import StoreUnavailableError
from eventstore.recording import Outcome

Record = Callable[[Sequence[Fact]], list[Outcome]]
"""Records facts and returns after the commit."""

Recorded = tuple[list[Fact], list[Outcome]]

_GROUPS = 2
"""Worked on at once: one is read while others wait for the disk."""

_REQUESTS = 200
_BYTES = 1024 * 1024
"""Of a group, if it has more than one request: nobody waits long for a neighbour's batch."""


class _Asked:
    """One request: what reads its facts, and who waits for what became of them."""

    __slots__ = ("answer", "facts", "size")

    def __init__(
        self, facts: Callable[[], list[Fact]], size: int, answer: "asyncio.Future[Recorded]"
    ) -> None:
        self.facts = facts
        self.size = size
        self.answer = answer


class Gathering:
    """Records the facts of requests, of those together that wait at the same time.

    Args:
        record: records facts.
    """

    def __init__(self, record: Record) -> None:
        self._record = record
        self._waiting: deque[_Asked] = deque()
        self._groups = 0
        self._tasks: set[asyncio.Task[None]] = set()  # the loop itself keeps none alive

    async def record(self, facts: Callable[[], list[Fact]], size: int) -> Recorded:
        """Record the facts of one request, and return them with what became of each.

        What it raises is the request's own: a neighbour's fault is never told.

        Args:
            facts: reads them; called in a thread.
            size: bytes that they are read from.
        """
        asked = _Asked(facts, size, asyncio.get_running_loop().create_future())
        self._waiting.append(asked)
        if self._groups < _GROUPS:
            self._groups += 1
            task = asyncio.create_task(self._work())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await asked.answer

    async def _work(self) -> None:
        try:
            while group := self._group():
                found = await run_in_threadpool(self._recorded, group)
                for asked, each in zip(group, found, strict=True):
                    if asked.answer.done():
                        continue  # nobody waits any more
                    if isinstance(each, Exception):
                        asked.answer.set_exception(each)
                    else:
                        asked.answer.set_result(each)
        finally:
            # Nothing comes between this and the look that found nobody waiting: not a callback of
            # the task, before which somebody may come who then waits for it in vain.
            self._groups -= 1

    def _group(self) -> list[_Asked]:
        group: list[_Asked] = []
        size = 0
        while self._waiting and len(group) < _REQUESTS:
            size += self._waiting[0].size
            if group and size > _BYTES:
                break
            group.append(self._waiting.popleft())
        return group

    def _recorded(self, group: list[_Asked]) -> list[Recorded | Exception]:
        """Return what each request gets. Nothing is raised, as then all would wait for ever."""
        found = [_try(asked.facts) for asked in group]
        whole = [fact for each in found if isinstance(each, list) for fact in each]
        try:
            outcomes = iter(self._record(whole) if whole else [])
        except StoreUnavailableError as error:
            return [each if isinstance(each, Exception) else error for each in found]
        except Exception as error:  # noqa: BLE001  # whatever it is, somebody waits to be told
            if len(group) == 1:
                return [error]
            # One request's fault, and no other's: what is offered again is stored once.
            return [each for asked in group for each in self._recorded([asked])]
        return [
            each if isinstance(each, Exception) else (each, [next(outcomes) for _ in each])
            for each in found
        ]


def _try(facts: Callable[[], list[Fact]]) -> list[Fact] | Exception:
    try:
        return facts()
    except Exception as error:  # noqa: BLE001  # told to the request that it is of
        return error
