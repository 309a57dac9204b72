"""A real worker process, and waiting for what it does."""

import signal
import subprocess
import sys
import time

COMMAND = [sys.executable, "-m", "orderproof"]


class Worker:
    """A real worker process and what it says."""

    def __init__(self, data, role, errors):
        self.errors = errors
        with errors.open("w") as file:
            self.process = subprocess.Popen(
                [*COMMAND, "worker", role, "--data", str(data)],
                stdout=subprocess.DEVNULL, stderr=file,
            )  # fmt: skip

    @property
    def said(self):
        return self.errors.read_text()

    def says(self, text, seconds=30):
        return until(lambda: text in self.said, seconds)

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        try:
            self.process.wait(15)
        finally:
            self.process.kill()
        return self.process.returncode


def until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()
