"""Exports as files: JSON Lines, CSV, XLSX, Parquet. The same rows give the same bytes.

A format turns a page of rows into bytes, which stand one behind the other in a file that grows. Of
JSON Lines and CSV that is the file; a workbook and a Parquet file, whose directories come last, are
bound from it at the end.
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from orderproof.exporting.cells import Columns, Encoded, table
from orderproof.exporting.rows import Row

JSONL, CSV, XLSX, PARQUET = "jsonl", "csv", "xlsx", "parquet"

MEDIA_TYPES: Mapping[str, str] = {
    JSONL: "application/jsonl",
    CSV: "text/csv",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    PARQUET: "application/vnd.apache.parquet",
}
"""By format."""

FORMATS = tuple(MEDIA_TYPES)

Encode = Callable[[Columns, Sequence[Row], int], Encoded]
"""Turns rows, after so many others, into bytes."""
Bind = Callable[[Path, Path, str, Columns, int, datetime], None]
"""Makes a file of what has grown: from where, the file, a name, columns, number of rows, when."""


def head(format: str, columns: Columns, *, bom: bool) -> bytes:
    """Return what a file begins with.

    Args:
        format: one of `FORMATS`.
        columns: their names are the head of a CSV file.
        bom: begin a CSV file with the mark by which Excel knows UTF-8.
    """
    if format != CSV:
        return b""
    return ("\ufeff" if bom else "").encode() + _lines([columns])


def encoder(format: str) -> Encode:
    """Return what turns rows into bytes of a format."""
    if format == XLSX:
        from orderproof.exporting import sheets

        return sheets.encode
    if format == PARQUET:
        from orderproof.exporting import columnar  # here: its library is large

        return columnar.encode
    return _csv if format == CSV else _jsonl


def binder(format: str) -> Bind | None:
    """Return what binds a file of a format; None: what has grown is the file."""
    if format == XLSX:
        from orderproof.exporting import sheets

        return sheets.bind
    if format == PARQUET:
        from orderproof.exporting import columnar

        return columnar.bind
    return None


def _jsonl(columns: Columns, rows: Sequence[Row], _: int) -> Encoded:
    line = _line(tuple(columns))
    return Encoded(msgspec.json.Encoder().encode_lines([line(*row) for row in rows]))


@lru_cache
def _line(names: tuple[str, ...]) -> Any:
    return msgspec.defstruct("Line", [(name, Any) for name in names])


def _csv(columns: Columns, rows: Sequence[Row], _: int) -> Encoded:
    found, guarded = table(columns, rows)
    return Encoded(_lines(zip(*found, strict=True)), guarded)


def _lines(rows: Any) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
