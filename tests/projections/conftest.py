"""A store to project from."""

from contextlib import ExitStack

import pytest

from projections import fold
from tests.projections.projection_scene import Scene


@pytest.fixture
def scene(migrated_database):
    with ExitStack() as stack:
        yield Scene(migrated_database, stack)


@pytest.fixture(autouse=True)
def quick_back_off(monkeypatch):
    monkeypatch.setattr(fold, "BACK_OFF", 0.001)
