"""What commands print: results on stdout, progress and complaints on stderr."""

import json
import os
import shlex
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TextIO

from orderproof.errors import INTERNAL, CommandError

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


class Progress(Protocol):
    """Called with what is done and the total; 0 where the total is not known."""

    def __call__(self, done: int, total: int, step: str = "", /) -> None:
        """Show it, under the step's name if it has one."""


def safe(text: str) -> str:
    """Return text of outside origin so that it cannot steer a terminal.

    Control characters, bidirectional overrides and other invisible format characters are shown
    as escapes; everything else stays as it is.
    """
    return "".join(
        character.encode("unicode_escape", "surrogatepass").decode()
        if _is_invisible(character)
        else character
        for character in text
    )


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in _INVISIBLE


def shown(path: Path) -> str:
    """Return a path for people: relative where it lies below the working folder."""
    here = Path.cwd()
    return safe(str(path.relative_to(here) if path.is_relative_to(here) else path))


def typed(path: Path) -> str:
    """Return a path as it is typed in a shell, relative where it lies below the working folder."""
    return shlex.quote(shown(path))


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return `1 event`, `2 events`."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON object, and nothing else, on stdout.

    What could steer a terminal is written as JSON's own escapes, which mean the same characters.
    """
    say(_json_text(value))


def print_json_rows(
    head: dict[str, Any], name: str, rows: Iterable[dict[str, Any]], tail: dict[str, Any]
) -> None:
    """Print one JSON object with a member that holds many rows, a line each, as they come.

    Args:
        head: members before the rows; at least one.
        name: of the member with the rows.
        rows: in any number; they are not held in memory.
        tail: members after the rows, looked at when the rows are done.
    """
    say(f"{_json_text(head)[:-2]},\n {json.dumps(name)}: [")
    before = ""
    for row in rows:
        if before:
            say(f"{before},")
        before = "  " + " ".join(_json_text(row).split("\n "))
    more = "".join(f",\n {json.dumps(key)}: {_json_text(value)}" for key, value in tail.items())
    say(f"{before}\n ]{more}\n}}")


def _json_text(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=1)
    if text.isascii():
        return text
    return "".join(
        json.dumps(character)[1:-1]
        if not character.isascii() and _is_invisible(character)
        else character
        for character in text
    )


def say(text: str) -> None:
    """Print a line on stdout."""
    _write(sys.stdout, text)


def complain(text: str) -> None:
    """Print a line for people on stderr."""
    _write(sys.stderr, text)


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:
        return  # closed by who started us, who wants no output then
    # What a terminal or a file cannot show is escaped; a lone surrogate can come from an argument.
    encoding = stream.encoding or "utf-8"
    shown = text.encode(encoding, "backslashreplace").decode(encoding)
    try:
        stream.write(shown + "\n")
        stream.flush()
    except BrokenPipeError:
        # Whoever read has gone. The work goes on and ends with its own exit code.
        _discard(stream)
    except OSError as error:
        _discard(stream)
        raise CommandError(f"the output cannot be written: {error.strerror}", INTERNAL) from None


def _discard(stream: TextIO) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextmanager
def progress(what: str, unit: str) -> Iterator[Progress]:
    """Show progress with rate and time left on stderr while it is a terminal.

    Args:
        what: is being done, where the steps have no names of their own.
        unit: of what is counted.

    Yields:
        A function to call with what is done, the total, and the step's name if it has one.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda _done, _total, _step="": None
        return
    # Imported here: commands in pipes and scripts need no drawing.
    from rich.console import Console
    from rich.progress import BarColumn, ProgressColumn, Task, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar
    from rich.text import Text

    class Counted(ProgressColumn):
        def render(self, task: Task) -> Text:
            total = f" of {task.total:,.0f}" if task.total else ""
            rate = f", {task.speed:,.0f}/s" if task.speed else ""
            return Text(f"{task.completed:,.0f}{total} {unit}{rate}", no_wrap=True)

    columns = (TextColumn("{task.description}"), BarColumn(10), Counted(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)

        def show(done: int, total: int, step: str = "") -> None:
            if done < bar.tasks[task].completed:
                bar.reset(task)  # another step, which has another rate
            bar.update(task, completed=done, total=total or None, description=step or what)

        yield show
