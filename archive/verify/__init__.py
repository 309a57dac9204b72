"""Offline verification: proves an archive, or one history, from its files alone."""

from archive.verify.folders import find_orders, read_order, verify_archive
from archive.verify.lone import read_history_lines, verify_history
from archive.verify.render import render
from archive.verify.report import Progress, Report

__all__ = [
    "Progress",
    "Report",
    "find_orders",
    "read_history_lines",
    "read_order",
    "render",
    "verify_archive",
    "verify_history",
]
