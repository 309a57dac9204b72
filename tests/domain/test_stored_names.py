"""What is stored under a name is found by that name, whatever the code calls it."""

import msgspec
import pytest

from domain import upcasting
from domain.catalogue import CATALOGUE
from domain.decision import DESK_SOURCE, Decision, read_decision
from domain.event import Event

DECISIONS = Decision.__subclasses__()


# E-04
def test_there_are_decisions():
    assert len(DECISIONS) > 3, "the search finds nothing any more"


# E-04
@pytest.mark.parametrize("kind", DECISIONS)
def test_a_decision_is_stored_under_a_declared_name_with_declared_fields(kind):
    declared = CATALOGUE[kind.TYPE].fields

    assert [name for name in kind.__struct_fields__ if name not in declared] == []


# E-04
@pytest.mark.parametrize("kind", DECISIONS)
def test_a_stored_decision_is_read_by_the_name_that_it_is_stored_under(kind):
    samples = {int: 1, bool: True, str: "x", tuple[str, ...]: ("x",)}
    wanted = [field for field in msgspec.structs.fields(kind) if field.required]
    decision = kind(**{field.name: samples[field.type] for field in wanted})
    event = Event(
        stream="order/de/1",
        version=1,
        type=kind.TYPE,
        source=DESK_SOURCE,
        id="e1",
        occurred_at="2025-03-03T09:00:00Z",
        recorded_at="2025-03-03T09:00:00.000000Z",
        data=decision.data(),
    )

    assert read_decision(event) == decision


# E-04
def test_each_stored_name_belongs_to_one_decision():
    assert len({kind.TYPE for kind in DECISIONS}) == len(DECISIONS)


# E-04
def test_every_upcast_starts_from_a_version_that_was_declared_and_is_left_behind():
    for name, version in upcasting._UPCASTS:
        assert 1 <= version < CATALOGUE[name].schema
