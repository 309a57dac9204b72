"""What is missing in numbers and in time."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.gap_finding import HOUR, Hole, holes, is_series, silences

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
NOW = 100 * 24 * HOUR


def hours(*numbers):
    return [number * HOUR for number in numbers]


def found(spoke, now):
    return [
        (each.start // HOUR, each.end // HOUR, each.is_open)
        for each in silences(hours(*spoke), now * HOUR)
    ]


def test_a_source_that_speaks_every_hour_and_stops_is_silent():
    assert found(range(100), 108) == [(99, 108, True)]
    assert found(range(100), 105) == []  # six hours are not much for anybody


def test_nights_weekends_and_daily_batches_are_no_silence():
    working = [day * 24 + hour for day in range(84) if day % 7 < 5 for hour in range(8, 18)]
    assert found(working, 84 * 24 + 7) == []
    assert found(working, 84 * 24 + 24 * 4) == [(working[-1], 84 * 24 + 24 * 4, True)]
    daily = [day * 24 for day in range(40)]
    assert found(daily, 40 * 24 + 20) == []
    assert found(daily, 42 * 24) == [(39 * 24, 42 * 24, True)]


def test_a_silence_that_has_ended_is_found_too():
    assert found([*range(50), *range(90, 140)], 140) == [(49, 90, False)]


def test_of_a_source_that_is_hardly_known_nothing_is_said():
    assert found(range(20), 1000) == []
    assert found(range(21), 1000) == [(20, 1000, True)]
    assert found([], 1000) == []


def test_what_is_said_to_happen_later_than_now_does_not_count():
    assert found([*range(100), 5000], 120) == [(99, 120, True)]


@unhurried
@given(
    st.lists(st.integers(0, 2_000), min_size=21, max_size=80, unique=True),
    st.integers(0, 3_000),
    st.randoms(use_true_random=False),
)
def test_silences_lie_between_neighbours_and_filling_one_ends_it(numbers, now, shuffle):
    spoke = hours(*numbers)
    all_of = silences(spoke, now * HOUR)
    shuffled = spoke * 2
    shuffle.shuffle(shuffled)

    assert silences(shuffled, now * HOUR) == all_of
    for each in all_of:
        assert each.start in spoke
        assert each.end in spoke or each.end == now * HOUR
        assert not [at for at in spoke if each.start < at < each.end]
        assert each.end - each.start > max(2 * each.usual, 6 * HOUR)
        filled = [*spoke, *range(each.start, each.end, HOUR)]
        assert each not in silences(filled, now * HOUR)


@pytest.mark.parametrize(
    ("numbers", "missing"),
    [
        ([], []),
        ([7], []),
        ([1, 2, 3], []),
        ([1, 1, 2, 2, 4], [(3, 3)]),
        ([1, 5, 6, 9], [(2, 4), (7, 8)]),
    ],
)
def test_holes_are_what_numbers_leave_out(numbers, missing):
    assert list(holes(numbers)) == [Hole(*each) for each in missing]


@unhurried
@given(st.sets(st.integers(0, 200)))
def test_numbers_and_holes_together_leave_nothing_out(numbers):
    missing = [n for hole in holes(sorted(numbers)) for n in range(hole.first, hole.last + 1)]

    assert numbers.isdisjoint(missing)
    if numbers:
        assert numbers | set(missing) == set(range(min(numbers), max(numbers) + 1))


def test_what_counts_has_enough_numbers_and_few_holes():
    assert is_series(10, 1, 11)
    assert not is_series(9, 1, 9)
    assert not is_series(10, 1, 12)
    assert not is_series(1_000, 1, 450_789_469)
