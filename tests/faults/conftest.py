"""A server that a test may end and start again, and the command line of tests/orderproof."""

import pytest

from tests.faults.own_server import OwnServer
from tests.orderproof.conftest import data, orderproof, serving

__all__ = ["data", "orderproof", "own_server", "serving"]


@pytest.fixture
def own_server(server_folder, programs):
    """A migrated server of the test's own."""
    server = OwnServer(server_folder, programs)
    server.start()
    try:
        server.migrate()
        yield server
    finally:
        server.stop()
