"""Offline verification: proves an archive, or one history, from its files alone."""

from archive.verify.folders import find_orders, read_order, verify_archive
from archive.verify.lone import read_history_lines, verify_history
from archive.verify.render import render
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
    "render",
    "search_orders",
    "verify_archive",
    "verify_history",
]
