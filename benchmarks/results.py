"""The file in which results are kept, one key for each benchmark."""

import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("results.json")


def keep(key: str, values: dict[str, Any], file: Path = FILE) -> dict[str, Any]:
    """Write results under their key, with date and machine, and leave the others' as they are."""
    results = json.loads(file.read_text()) if file.exists() else {}
    kept = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        **values,
    }
    file.write_text(json.dumps({**results, key: kept}, indent=1) + "\n")
    return kept
