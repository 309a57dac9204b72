"""Files of secret keys: readable by their owner alone, else they are refused."""

from pathlib import Path


def shared(file: Path) -> str | None:
    """Say what is wrong if others than its owner may read or write a file; None if nothing is."""
    if file.stat().st_mode & 0o077:
        return f"key file {file} can be read by others than its owner. Run: chmod 600 {file}"
    return None
