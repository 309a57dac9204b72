"""What commands print: results on stdout, progress and complaints on stderr."""

import json
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Progress = Callable[[int, int], None]
"""Called with what is done and the total; 0 where the total is not known."""


def safe(text: str) -> str:
    """Return text of outside origin so that it cannot steer a terminal.

    Control characters, bidirectional overrides and other invisible format characters are shown
    as escapes; everything else stays as it is.
    """
    return "".join(
        character
        if unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
        else character.encode("unicode_escape", "surrogatepass").decode()
        for character in text
    )


def shown(path: Path) -> str:
    """Return a path for people: relative where it lies below the working folder."""
    here = Path.cwd()
    return safe(str(path.relative_to(here) if path.is_relative_to(here) else path))


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON object, and nothing else, on stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def say(text: str) -> None:
    """Print a line for people on stdout."""
    sys.stdout.write(text + "\n")


def complain(text: str) -> None:
    """Print a line for people on stderr."""
    sys.stderr.write(text + "\n")


@contextmanager
def progress(what: str, unit: str) -> Iterator[Progress]:
    """Show progress with rate and time left on stderr while it is a terminal.

    Yields:
        A function to call with what is done and the total, in `unit`.
    """
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    # Imported here: commands in pipes and scripts need no drawing.
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(show_speed=True),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)
