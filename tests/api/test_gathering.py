"""Requests that wait together are recorded together, and each hears of its own events alone."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from api import gathering
from api.gathering import Gathering
from eventstore.errors import EventRefusedError, StoreUnavailableError
from eventstore.recording import Outcome
from tests.api.conftest import cloudevent
from tests.api.test_intake import problem


class Store:
    """Counts its calls; the first ones wait until it is opened."""

    def __init__(self):
        self.calls = []
        self.open = threading.Event()
        self.fault = lambda _facts: None

    def record(self, facts):
        assert self.open.wait(30)
        self.calls.append(list(facts))
        if error := self.fault(facts):
            raise error
        return [Outcome("recorded", n, 1, b"", None) for n in facts]


def together(store, *requests):
    """Return what each request gets, all of which begin before the store does anything."""

    async def run():
        its = Gathering(store.record)
        asked = [asyncio.ensure_future(its.record(facts, 100)) for facts in requests]
        await asyncio.sleep(0.1)
        store.open.set()
        return await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 30)

    return asyncio.run(run())


def of(*facts):
    return lambda: list(facts)


def test_who_waits_at_the_same_time_shares_a_call():
    store = Store()

    answers = together(store, *(of(n) for n in range(30)))

    assert [[one.position for one in outcomes] for _, outcomes in answers] == [
        [n] for n in range(30)
    ]
    assert len(store.calls) < 10
    assert sorted(n for call in store.calls for n in call) == list(range(30))


def test_a_request_of_no_event_and_one_of_many_get_their_own():
    answers = together(Store(), of(1, 2, 3), of(), of(4))

    assert [[one.position for one in outcomes] for _, outcomes in answers] == [[1, 2, 3], [], [4]]


def test_a_fault_is_told_to_whom_it_is_of():
    store = Store()
    store.fault = lambda facts: EventRefusedError("no") if 7 in facts else None

    def unreadable():
        raise ValueError("own")

    answers = together(store, *(of(n) for n in range(10)), unreadable, of(11))

    assert isinstance(answers[7], EventRefusedError)
    assert isinstance(answers[10], ValueError)
    told = [answer for answer in answers if not isinstance(answer, Exception)]
    assert [outcomes[0].position for _, outcomes in told] == [*range(7), 8, 9, 11]


def test_a_store_that_is_away_is_asked_once_for_all():
    store = Store()
    store.fault = lambda _: StoreUnavailableError("away")

    answers = together(store, *(of(n) for n in range(20)))

    assert {type(answer) for answer in answers} == {StoreUnavailableError}
    assert len(store.calls) < 10


def test_who_goes_away_holds_up_nobody():
    store = Store()

    async def run():
        its = Gathering(store.record)
        asked = [asyncio.ensure_future(its.record(of(n), 100)) for n in range(9)]
        await asyncio.sleep(0.1)
        asked[0].cancel()
        asked[5].cancel()
        store.open.set()
        return await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 30)

    answers = asyncio.run(run())

    assert [n for n, one in enumerate(answers) if isinstance(one, asyncio.CancelledError)] == [0, 5]
    # What was begun goes on: whether somebody still listens is not known before it is recorded.
    assert sorted(n for call in store.calls for n in call) == list(range(9))


@pytest.mark.parametrize("size", [600_000, 2_000_000])
def test_a_large_request_waits_for_no_other_large_one(size):
    store = Store()

    async def run():
        its = Gathering(store.record)
        asked = [asyncio.ensure_future(its.record(of(n), size)) for n in range(6)]
        store.open.set()
        await asyncio.wait_for(asyncio.gather(*asked), 30)

    asyncio.run(run())

    assert {len(call) for call in store.calls} == {1}


def test_nobody_who_comes_as_the_last_group_ends_waits_in_vain(monkeypatch):
    monkeypatch.setattr(gathering, "_GROUPS", 1)
    store = Store()
    store.open.set()

    async def run():
        # Each answer wakes its sender before the loop is told that the group's task has ended.
        its = Gathering(store.record)
        for n in range(20):
            await its.record(of(n), 100)

    asyncio.run(asyncio.wait_for(run(), 10))

    assert store.calls == [[n] for n in range(20)]


def test_many_senders_at_once_each_hear_of_their_own_event(asked):
    token = asked.token()

    def send(n):
        if n % 7 == 0:
            return asked.post(
                cloudevent(id=f"e{n}", subject=f"de/{n}", time="yesterday"), token=token
            )
        return asked.post(cloudevent(id=f"e{n % 40}", subject=f"de/{n % 40}"), token=token)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(send, range(200)))

    positions = {}
    for n, answer in enumerate(answers):
        if n % 7 == 0:
            problem(answer, 422, "invalid")
            continue
        assert answer.status_code == 202
        [event] = answer.json()["events"]
        assert event["id"] == f"e{n % 40}"
        assert positions.setdefault(n % 40, event["position"]) == event["position"]
    assert len(set(positions.values())) == len(positions) == asked.size()
