"""The quarantine: input that was refused, kept with the reason and the raw bytes."""

import fcntl
import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec

from archive.durable import sync_folder
from domain.event import Fact
from eventstore.recording import Outcome
from orderproof.errors import PARTLY, CommandError
from sources.rejected import Rejected

MAX_BYTES = 1024 * 1024 * 1024
"""Bytes of one file. A small packed input can hold more broken lines than a disk has room for."""

_MISMATCH = "this source and id are recorded already, with another body"
_MISMATCH_ELSEWHERE = (
    "this source and id are recorded already with the same body, under another type or order"
)


class Mismatch(NamedTuple):
    """A fact whose source and id are recorded already with other content."""

    fact: Fact
    outcome: Outcome


class Quarantine:
    """A file of refused input, made with the first row and flushed with each.

    It is JSON Lines, readable by its owner alone, since raw input may be personal.

    Args:
        folder: where the file goes; made when it is needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: BinaryIO | None = None
        self.path: Path | None = None
        self.rows = 0

    def add_rejected(
        self, name: str, item: Rejected, kind: str = "cloudevents", shop: str | None = None
    ) -> None:
        """Keep what could not be read of the input `name`.

        Args:
            name: of the input.
            item: what was refused.
            kind: how it was read.
            shop: whose it is, where somebody said so.

        Raises:
            CommandError: the file is full.
        """
        row: dict[str, Any] = {
            "input": name,
            "format": kind,
            "shop": shop,
            "line": item.line,
            "place": item.place,
            "code": item.code,
            "message": item.message,
            "size": item.size,
        }
        if item.truncated:
            row["truncated"] = True
        self._add(row, item.raw)

    def add_mismatch(self, name: str, mismatch: Mismatch) -> None:
        """Keep an event of the input `name` that another event stands in the way of.

        Raises:
            CommandError: the file is full.
        """
        fact, outcome = mismatch
        same_body = outcome.digest == outcome.stored_digest
        row = {
            "input": name,
            "source": fact.source,
            "id": fact.id,
            "code": "idempotency-mismatch",
            "message": _MISMATCH_ELSEWHERE if same_body else _MISMATCH,
            "recorded_position": outcome.position,
            "digest": outcome.digest.hex(),
            "recorded_digest": outcome.stored_digest.hex() if outcome.stored_digest else None,
        }
        self._add(row, msgspec.json.encode(fact))

    def add_row(self, row: dict[str, Any]) -> None:
        """Keep a row of another file as it is.

        Raises:
            CommandError: the file is full.
        """
        self._add(row, None)

    def _add(self, row: dict[str, Any], raw: bytes | None) -> None:
        # Raw bytes are kept as text where they are UTF-8, else as hex.
        if self._file is None:
            self._file = self._create()
        if self._file.tell() >= MAX_BYTES:
            raise CommandError(
                f"more is refused of this input than a quarantine file holds; {self.path} has what "
                "was refused first. What was recorded stays. Look there for what is wrong with the "
                "input, mend it and run the same command again.",
                PARTLY,
            )
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
        descriptor = None
        while descriptor is None:
            stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
            self.path = self._folder / f"{stamp}.jsonl"
            with suppress(FileExistsError):  # another one was made in the same microsecond
                descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        # Held as long as rows are added: until then nobody reads the file again and deletes it.
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        sync_folder(self._folder)
        return os.fdopen(descriptor, "wb")
