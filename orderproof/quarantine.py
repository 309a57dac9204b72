"""The quarantine: input that was refused, kept with the reason and the raw bytes."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from orderproof.installation import Installation
from orderproof.keys import sync_folder


class Quarantine:
    """A file of refused input, made with the first row and flushed with each.

    It is JSON Lines, readable by its owner alone, since raw input may be personal.
    """

    def __init__(self, installation: Installation) -> None:
        self._folder = installation.rejects
        self._file: BinaryIO | None = None
        self.path: Path | None = None
        self.rows = 0

    def add(self, row: dict[str, Any], raw: bytes | None) -> None:
        """Write one row. Raw bytes are kept as text where they are UTF-8, else as hex."""
        if self._file is None:
            self._file = self._create()
        if raw is not None:
            try:
                row = {**row, "raw": raw.decode()}
            except UnicodeDecodeError:
                row = {**row, "raw_hex": raw.hex()}
        self._file.write(json.dumps(row, ensure_ascii=False).encode("utf-8", "backslashreplace"))
        self._file.write(b"\n")
        self._file.flush()
        self.rows += 1

    def sync(self) -> None:
        """Make sure that what was added is on the disk."""
        if self._file is not None:
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Finish the file."""
        if self._file is not None:
            self.sync()
            self._file.close()

    def _create(self) -> BinaryIO:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(self._folder.parent)
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        self.path = self._folder / f"{stamp}.jsonl"
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        sync_folder(self._folder)
        return os.fdopen(descriptor, "wb")
