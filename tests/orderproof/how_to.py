"""Runs the commands that a how-to shows, and compares what they print."""

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


def commands(name):
    """The commands of a how-to, each with the lines that it is shown to print."""
    text = (ROOT / "docs" / "how-to" / name).read_text()
    found = []
    for block in _BLOCK.findall(text):
        for line in block.splitlines():
            if line.startswith("$ orderproof "):
                found.append((shlex.split(line)[2:], []))
            else:
                found[-1][1].append(line)
    return found


def run(name, orderproof, data, monkeypatch):
    """Run them in a data folder; `…` in what is shown stands for anything on its line."""
    monkeypatch.chdir(ROOT)
    shown = commands(name)
    assert shown
    for arguments, lines in shown:
        done = orderproof(*arguments, "--data", data)
        pattern = "\n".join(re.escape(line).replace("…", ".*") for line in lines)
        assert re.fullmatch(pattern, done.out.rstrip("\n")), (arguments, done)
