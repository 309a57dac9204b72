"""A PostgreSQL of a test's own, to be stopped in the ways in which servers stop."""

import os
import signal
from contextlib import ExitStack
from pathlib import Path

from orderproof import migrations, postgres
from tests.faults.blocking import until


class OwnServer:
    """Runs in a folder, with the supervisor that the program has.

    Args:
        folder: an empty one.
        programs: PostgreSQL's.
    """

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder = folder
        self._programs = programs
        self._stack = ExitStack()
        self.dsn = ""

    def start(self) -> None:
        """Start it, or start it again; what the next command of ours does by itself."""
        # Data that is thrown away need not reach the disk: no test here cuts the power.
        running = postgres.running(
            self.folder / "pg", self.folder / "password", self._programs, {"fsync": "off"}
        )
        self.dsn = self._stack.enter_context(running)

    def migrate(self) -> None:
        """Make the tables, in the server's own first database."""
        migrations.migrate(self.dsn)

    def kill(self, number: signal.Signals) -> None:
        """End it: SIGQUIT is PostgreSQL's immediate shutdown, SIGKILL lets nobody say anything."""
        pid = self._pid()
        os.kill(pid, number)
        until(lambda: self.is_down)

    @property
    def is_down(self) -> bool:
        """Whether the server's own process is gone or a zombie."""
        pid = self._pid()
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        return state == "Z"

    def stop(self) -> None:
        """Stop it for good."""
        self._stack.close()

    def _pid(self) -> int:
        try:
            return int((self.folder / "pg/cluster/postmaster.pid").read_text().split("\n")[0])
        except FileNotFoundError:
            return 0
