"""Waiting once for all that was written to a file system, where that tells whether it failed.

A sync for each of a thousand files makes the disk write its journal hundreds of times; `syncfs`
(Linux) writes everything that is waiting in one go. It may stand in for fsync only where a write
that failed since the descriptor was opened is told: from Linux 5.8 on, and on file systems that
are known to keep to it.
"""

import ctypes
import os
import re
import sys
from pathlib import Path

_TOLD_SINCE = (5, 8)
_KNOWN = {"ext4", "xfs"}


def open_file_system(folder: Path) -> int | None:
    """Open the file system of a folder for `sync_file_system`; None where fsync has to be used."""
    if not sys.platform.startswith("linux") or _release() < _TOLD_SINCE:
        return None
    if _kind(folder) not in _KNOWN:
        return None
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY)


def sync_file_system(descriptor: int) -> None:
    """Wait until the disk has all that was written to the file system.

    Args:
        descriptor: of `open_file_system`; a failure is told once for each descriptor.

    Raises:
        OSError: something that was written since the descriptor was opened is not on the disk.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syncfs(ctypes.c_int(descriptor)):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _release() -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", os.uname().release)[:2])


def _kind(folder: Path) -> str | None:
    """Return the kind of the file system that a folder lies on."""
    device = folder.stat().st_dev
    wanted = f"{os.major(device)}:{os.minor(device)}"
    try:
        mounts = Path("/proc/self/mountinfo").read_text(errors="replace").splitlines()
    except OSError:
        return None
    for mount in mounts:
        fields = mount.split(" ")
        if fields[2] == wanted:
            return fields[fields.index("-") + 1]
    return None
