"""A sliding window: so often in so many seconds, and how long until there is more."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api import counting
from api.counting import Counter, Limit


@pytest.fixture
def clock(monkeypatch):
    now = [1_000 * 60.0]
    monkeypatch.setattr(counting, "_time", lambda: now[0])
    return now


def test_no_more_than_the_limit_and_each_key_has_its_own(clock):
    counter = Counter(Limit(3, 60))

    assert [counter.hit("a") for _ in range(5)] == [True, True, True, False, False]
    assert not counter.allows("a")
    assert counter.hit("b")
    assert counter.left("b")[0] == 2
    assert counter.allows("c")


def test_what_is_told_to_wait_is_long_enough_and_not_too_long(clock):
    counter = Counter(Limit(10, 60))
    clock[0] += 20
    while counter.hit("a"):
        pass

    left, wait = counter.left("a")

    assert left == 0
    clock[0] += wait - 0.5
    assert not counter.allows("a")
    clock[0] += 1
    assert counter.hit("a")


def test_the_window_before_fades_away(clock):
    counter = Counter(Limit(10, 60))
    for _ in range(10):
        assert counter.hit("a")

    clock[0] += 60 + 30  # half of the window before still counts

    assert counter.left("a")[0] == 5
    clock[0] += 60
    assert counter.left("a")[0] == 10


def test_quiet_keys_are_forgotten(clock):
    counter = Counter(Limit(10, 60))
    for n in range(1_000):
        counter.hit(str(n))

    clock[0] += 180
    counter.hit("a")

    assert set(counter._counts) == {"a"}


def test_to_ask_leaves_nothing_behind(clock):
    counter = Counter(Limit(10, 60))
    for n in range(100):
        assert counter.allows(str(n))
        assert counter.left(str(n))[0] == 10

    assert not counter._counts


@given(st.lists(st.floats(0, 30), max_size=200))
def test_in_no_window_are_there_more_than_twice_the_limit(steps):
    now = [0.0]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(counting, "_time", lambda: now[0])
        counter = Counter(Limit(5, 60))
        taken = []
        for step in steps:
            now[0] += step
            if counter.hit("a"):
                taken.append(now[0])
    for begin in taken:
        assert sum(begin <= one < begin + 60 for one in taken) <= 10


def test_threads_count_once_each():
    counter = Counter(Limit(1_000, 3_600))
    allowed = []

    def work():
        allowed.extend(counter.hit("a") for _ in range(300))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert sum(allowed) == 1_000
