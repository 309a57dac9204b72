"""The time budget of `make test-faults`, shared by the long tests that are still to run."""

import os
import time

LEAST = 5.0
"""Seconds that a test gets even when others took longer than their share."""


class Budget:
    """Divides what is left of the time fairly; a test that needs less leaves more to the others."""

    def __init__(self, tests: int) -> None:
        seconds = float(os.environ.get("ORDERPROOF_FAULTS_SECONDS", "900"))
        self._end = time.monotonic() + seconds
        self._waiting = tests

    def share(self) -> float:
        """Return the seconds that the test that runs now may take."""
        return max(LEAST, (self._end - time.monotonic()) / max(self._waiting, 1))

    def finish_one(self) -> None:
        """Take a test off those that share what is left."""
        self._waiting -= 1
