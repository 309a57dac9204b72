"""Give up root, then become another program: PostgreSQL refuses to run as root.

Run as a plain file, with the standard library only:
`python -I -S privileges.py UID GID FOLDER PROGRAM ARGUMENT…`. It becomes UID and GID, checks that
this user can get to PROGRAM and FOLDER, and executes PROGRAM in its own place (same process id,
same open files).

The unprivileged user often may not enter the parents of the checkout or of the data (a home folder
and `mktemp -d` are 0700). So one capability stays where the kernel allows it: CAP_DAC_READ_SEARCH,
which reads and searches everything and writes nothing. All others are dropped, also from the
bounding set, and no program started later can gain any. Source: capabilities(7).
"""

import ctypes
import os
import sys
from pathlib import Path

REFUSED = 126
"""Exit status when the program was not started; the reason is the last line on stderr."""

_CAP_DAC_READ_SEARCH = 2
_CAPABILITY_VERSION_3 = 0x20080522

_PR_CAPBSET_DROP = 24
_PR_SET_SECUREBITS = 28
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 47, 2

# Keep capabilities across setuid, and let access(2) look at them: with the usual fix-up it answers
# for the bare user, and initdb and postgres ask it. Locked, so that nobody can turn it back.
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_SECBIT_NO_SETUID_FIXUP_LOCKED = 1 << 3


def become(uid: int, gid: int) -> None:
    """Turn this process, which is root, into the user `uid` with the group `gid` for good.

    Keeps CAP_DAC_READ_SEARCH as an ambient capability where the kernel has it and allows it, and
    no capability otherwise.

    Raises:
        OSError: this root may not become another user.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    linux = hasattr(libc, "prctl")
    keep = linux and _prctl(
        libc, _PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP | _SECBIT_NO_SETUID_FIXUP_LOCKED
    )
    if keep:
        for capability in range(64):
            if capability != _CAP_DAC_READ_SEARCH:
                _prctl(libc, _PR_CAPBSET_DROP, capability)
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    if not linux:
        return
    if not (
        keep
        and _set_capabilities(libc, 1 << _CAP_DAC_READ_SEARCH)
        and _prctl(libc, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_READ_SEARCH)
    ):
        _set_capabilities(libc, 0)
    _prctl(libc, _PR_SET_NO_NEW_PRIVS, 1)


def blocked_parent(path: Path) -> Path | None:
    """Give the topmost parent of the absolute `path` that this process may not enter, if any."""
    for parent in reversed(path.parents):
        if not os.access(parent, os.X_OK):
            return parent
    return None


def _prctl(libc: ctypes.CDLL, option: int, *arguments: int) -> bool:
    padded = (*arguments, 0, 0, 0, 0)[:4]
    return bool(libc.prctl(option, *(ctypes.c_ulong(a) for a in padded)) == 0)


def _set_capabilities(libc: ctypes.CDLL, low: int) -> bool:
    """Set effective, permitted and inheritable to the bits `low` (capabilities 0 to 31)."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    data = (ctypes.c_uint32 * 6)(low, low, low, 0, 0, 0)
    return bool(libc.capset(ctypes.byref(header), ctypes.byref(data)) == 0)


def _main(arguments: list[str]) -> str:
    """Start the program; what comes back is the reason why it did not start."""
    uid, gid, folder, program = int(arguments[0]), int(arguments[1]), arguments[2], arguments[3]
    try:
        become(uid, gid)
    except OSError as error:
        return (
            f"root may not become user {uid} here ({error.strerror}), and PostgreSQL refuses root. "
            "Next: run this as an ordinary user."
        )
    for path in (Path(program), Path(folder)):
        if blocked := blocked_parent(path):
            return (
                f"user {uid}, who runs PostgreSQL instead of root, may not enter {blocked}. "
                f"Next: allow it (chmod o+x), use another place, or run this as an ordinary user."
            )
    try:
        os.execv(program, arguments[3:])  # noqa: S606 - becoming this program is the purpose
    except OSError as error:
        return f"{program} cannot be executed: {error.strerror}"


if __name__ == "__main__":
    print(_main(sys.argv[1:]), file=sys.stderr)
    sys.exit(REFUSED)
