"""Parts of a page as data: the template sets them as they are."""

from collections.abc import Iterable, Sequence
from typing import Any

Block = dict[str, Any]
Cell = dict[str, Any]


def cell(
    text: str,
    *,
    more: str = "",
    icon: str | None = None,
    mono: bool = False,
    strong: bool = False,
    struck: bool = False,
) -> Cell:
    """Return a cell; `more` stands small below."""
    return {
        "text": text,
        "more": more,
        "icon": icon,
        "mono": mono,
        "strong": strong,
        "struck": struck,
    }


def column(head: str, width: float | None = None, *, right: bool = False) -> dict[str, Any]:
    """Return a column; without a width, a share of what is left, it is as wide as its cells."""
    return {"head": head, "width": "auto" if width is None else str(width), "right": right}


def table(columns: Sequence[dict[str, Any]], rows: Iterable[Sequence[Cell]]) -> Block:
    """Return a table."""
    return {"kind": "table", "columns": list(columns), "rows": [list(row) for row in rows]}


def facts(rows: Iterable[tuple[str, Cell]]) -> Block:
    """Return pairs of a label and a cell."""
    return {"kind": "facts", "rows": [[cell(label), value] for label, value in rows]}


def text(words: str, *, label: str = "", strong: bool = False) -> Block:
    """Return a paragraph; a label stands bold at its beginning."""
    return {"kind": "text", "text": words, "label": label, "strong": strong}


def bullets(items: Iterable[str]) -> Block:
    """Return a list."""
    return {"kind": "list", "items": list(items)}


def note(lines: Iterable[str]) -> Block:
    """Return lines in a frame, as they are signed."""
    return {"kind": "note", "lines": list(lines)}
