"""Rows as cells of a table, and as bytes of a file."""

from collections.abc import Mapping, Sequence
from operator import is_not
from typing import Any

import msgspec

from orderproof.exporting.rows import JSON, TEXT, Row
from orderproof.formulas import guarded

Columns = Mapping[str, str]
"""The type of each column, by name."""


class Encoded(msgspec.Struct, frozen=True):
    """Rows as bytes, and how many of their cells are otherwise.

    Args:
        data: what a file grows by.
        guarded: cells that begin with an apostrophe, so that no spreadsheet takes them for a
            formula.
        cut: cells that are longer than a cell can be.
    """

    data: bytes
    guarded: int = 0
    cut: int = 0


def table(columns: Columns, rows: Sequence[Row]) -> tuple[list[Sequence[Any]], int]:
    """Return rows as columns, JSON as its text and formulas guarded, and how many cells were."""
    found: list[Sequence[Any]] = []
    count = 0
    for kind, cells in zip(columns.values(), zip(*rows, strict=True), strict=True):
        column: Sequence[Any] = texts(cells) if kind == JSON else cells
        if kind in (JSON, TEXT):
            safe = [cell if cell is None else guarded(cell) for cell in column]
            count += sum(map(is_not, column, safe))
            column = safe
        found.append(column)
    return found, count


def texts(cells: Sequence[Any]) -> list[str | None]:
    """Return cells of JSON as their text."""
    return [None if cell is None else bytes(cell).decode() for cell in cells]
