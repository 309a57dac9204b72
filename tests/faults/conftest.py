"""The command line, as tests/orderproof has it."""

from tests.orderproof.conftest import data, orderproof

__all__ = ["data", "orderproof"]
