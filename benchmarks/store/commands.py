"""Commands of ours as processes of their own, with the run's server as their database."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from orderproof import postgres, settings
from orderproof.keys import Keys

_ORIGIN = "bench.example.com/orders"


class Installation:
    """A data folder of ours, whose database is elsewhere and may be another one each time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._run([*self.command("init")], None)
        self.key = Keys(folder / "keys").personal_data

    def command(self, *words: str) -> list[str]:
        """Return the command line of a verb."""
        return [sys.executable, "-m", "orderproof", *words, "--data", str(self.folder)]

    def environment(self, dsn: str | None) -> dict[str, str]:
        """Return the environment in which a command meets nothing but this database."""
        found = settings.plain_environment(_ORIGIN)
        # An installed program has its byte code, and is not compiled at each start.
        found.pop("PYTHONDONTWRITEBYTECODE", None)
        if dsn is not None:
            found["ORDERPROOF_DATABASE_URL"] = postgres.sqlalchemy_url(dsn)
        return found

    def import_file(self, dsn: str, file: Path) -> dict[str, Any]:
        """Import a file and return the tally."""
        return json.loads(self._run(self.command("import", str(file), "--json"), dsn))

    def _run(self, command: list[str], dsn: str | None) -> str:
        done = subprocess.run(
            command, env=self.environment(dsn), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise AssertionError(done.stdout + done.stderr)
        return done.stdout
