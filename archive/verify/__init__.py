"""Offline verification: proves an archive, or one history, from its files alone."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archive.verify.folders import find_orders, read_order, verify_archive
    from archive.verify.lone import read_history_lines, verify_history
    from archive.verify.report import Progress, Report, exit_code_of
    from archive.verify.sample import Sample, draw
    from archive.verify.search import read_checkpoint, search_orders

__all__ = [
    "Progress",
    "Report",
    "Sample",
    "draw",
    "exit_code_of",
    "find_orders",
    "read_checkpoint",
    "read_history_lines",
    "read_order",
    "search_orders",
    "verify_archive",
    "verify_history",
]

_MODULES = {
    "folders": ("find_orders", "read_order", "verify_archive"),
    "lone": ("read_history_lines", "verify_history"),
    "report": ("Progress", "Report", "exit_code_of"),
    "sample": ("Sample", "draw"),
    "search": ("read_checkpoint", "search_orders"),
}


def __getattr__(name: str) -> object:
    """Import what is asked for first: one order is read with a small part of all this."""
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"archive.verify.{module}"), name)
    raise AttributeError(name)
