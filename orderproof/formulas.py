"""Cells that a spreadsheet would take for formulas."""

# ＝ and its like are read as ASCII by some.
_FIRST = frozenset("=+-@\t\r\n＝＋－＠")


def guarded(text: str) -> str:
    """Return a cell's text so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text[:1] in _FIRST else text
