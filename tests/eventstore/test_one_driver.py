"""psycopg2 is the one driver: the service works where psycopg 3 is not installed."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

IMPORT_ALL = """
import importlib, pkgutil, sys
for name in ("psycopg", "psycopg_pool", "psycopg_c", "psycopg_binary"):
    sys.modules[name] = None  # an import of it fails
sys.path.insert(0, sys.argv[1])
count = 0
packages = "domain eventstore sources projections api archive evidence orderproof"
for package in packages.split():
    module = importlib.import_module(package)
    for found in pkgutil.walk_packages(module.__path__, package + "."):
        # Entry points and Alembic's environment do their work as they are imported.
        if not found.name.endswith("__main__") and found.name != "orderproof.migrations.env":
            importlib.import_module(found.name)
            count += 1
assert "eventsourcing.postgres" not in sys.modules
print(count)
"""


def test_no_module_of_ours_needs_psycopg_3():
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, str(ROOT)], capture_output=True, text=True, check=False
    )

    assert done.stderr == ""
    assert int(done.stdout) > 100
