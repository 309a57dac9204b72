"""What the demos share: a folder of their own, and real commands that are shown as they run."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from orderproof import errors
from orderproof.errors import CommandError
from orderproof.settings import plain_environment
from orderproof.terminal import say

_MARKER = ".made-by-orderproof-demo"
_ORIGIN = "demo.example.com/orders"


def make_anew(folder: Path) -> None:
    """Empty the folder of a demo, or make it.

    Raises:
        CommandError: it holds something that no demo made.
    """
    if folder.exists():
        if not (folder / _MARKER).exists():
            raise CommandError(f"{folder} was not made by a demo. Name another with --folder.")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / _MARKER).touch()


def tell(text: str) -> None:
    """Say what comes next."""
    say(f"── {text}")


def do(
    *arguments: str | Path, expect: int = errors.OK, settings: Mapping[str, str] | None = None
) -> None:
    """Run a command as anybody would, show it with what it prints, and insist on its exit code."""
    words = [str(argument) for argument in arguments]
    shown = [Path(word).name if Path(word).is_absolute() else word for word in words]
    say(f"   $ orderproof {' '.join(shown)}")
    sys.stdout.flush()
    done = subprocess.run(  # noqa: S603  # our own command
        [sys.executable, "-m", "orderproof", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env=plain_environment(_ORIGIN) | dict(settings or {}),
    )
    for line in done.stdout.splitlines():
        say(f"   {line}".rstrip())
    say(f"   (exit code {done.returncode})\n" if done.returncode else "")
    if done.returncode != expect:
        raise CommandError(
            f"this step should have ended with {expect} and ended with {done.returncode}",
            errors.INTERNAL,
        )
