"""The verifier as one file, `orderproof-verify.py`, which lies in every archive.

It holds the sources of all modules that verification needs, word for word, so that what is read
in it is what runs, and what runs is what the tests have tried.
"""

import ast
from functools import cache
from importlib.resources import files

_ENTRY = "archive.verify.command"
_QUOTES = "'''"

_HEAD = '''\
#!/usr/bin/env python3
"""Checks an archive of orders, or one order's history, from its files alone.

    python3 orderproof-verify.py                    the archive that this file lies in
    python3 orderproof-verify.py FOLDER             another one
    python3 orderproof-verify.py FILE.jsonl.gz      one order's history
    python3 orderproof-verify.py --help             everything else

It needs Python 3.11 or newer and its package `cryptography` (python3 -m pip install cryptography),
no network, no database and nothing else of the shop that wrote the archive. It only reads.
It answers intact, altered, incomplete or cannot_tell, and the exit code is 0, 3, 4 or 5 (2: wrong
use, 6: no such order).

Whoever could change the archive could change this file, too. If that matters, take it from
elsewhere: the archive's logged manifests name its SHA-256, and below stands all that it does.

本文件只凭档案中的文件核验订单档案或单个订单的记录：需要 Python 3.11 以上及 cryptography 软件包，
不需要网络、数据库或商家的任何其他东西；只读不写。结果为 intact（完好）、altered（被改动）、
incomplete（不完整）或 cannot_tell（无法判断）。
能改动档案的人也能改动本文件；如有疑虑，请从别处取得。
"""

import sys

if sys.version_info < (3, 11):
    sys.exit("orderproof-verify.py needs Python 3.11 or newer; this is " + sys.version.split()[0])

import importlib.abc
import importlib.machinery
import importlib.util
from pathlib import Path

MODULES = {}
'''

_TAIL = '''
class Modules(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules above, and no others."""

    def find_spec(self, name, path=None, target=None):
        """Return what Python needs to load a module that is here."""
        if name not in MODULES:
            return None
        package = any(other.startswith(name + ".") for other in MODULES)
        return importlib.machinery.ModuleSpec(name, self, is_package=package)

    def exec_module(self, module):
        """Run a module's source."""
        name = module.__name__
        exec(compile(MODULES[name], "orderproof-verify.py: " + name, "exec"), module.__dict__)


# Not below the last line: processes that check histories beside this one need it as well.
sys.meta_path.insert(0, Modules())

if importlib.util.find_spec("cryptography") is None:
    print(
        "orderproof-verify.py needs Python's package `cryptography` to check signatures.\\n"
        "Install it (python3 -m pip install cryptography) and start this again.",
        file=sys.stderr,
    )
    sys.exit(5)

if __name__ == "__main__":
    from archive.verify.command import main

    sys.exit(main(sys.argv[1:], Path(__file__).resolve().parent))
'''


@cache
def single_file() -> bytes:
    """Return the bytes of `orderproof-verify.py`: the same for the same release."""
    sources: dict[str, str] = {}
    _collect(_ENTRY, sources)
    parts = [_HEAD]
    parts += [_embedded(name, source) for name, source in sorted(sources.items())]
    return "".join([*parts, _TAIL]).encode()


def _embedded(name: str, source: str) -> str:
    if _QUOTES in source:
        raise ValueError(f"{name} holds three single quotes in a row, which quote it here")
    rule = "# " + "-" * 98
    return f"\n{rule}\n# {name}\n\nMODULES[{name!r}] = r{_QUOTES}{source}{_QUOTES}\n"


def _collect(name: str, sources: dict[str, str]) -> None:
    """Add a module's source, and those of all modules of ours that it imports."""
    source = _source(name)
    if name in sources or source is None:
        return
    sources[name] = source
    package = name.rpartition(".")[0]
    if package:
        _collect(package, sources)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            imported = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported = [node.module, *(f"{node.module}.{each.name}" for each in node.names)]
        else:
            continue
        for each in imported:
            if each == "archive" or each.startswith("archive."):
                _collect(each, sources)


def _source(name: str) -> str | None:
    """Return the source of a module of ours; None for a name that is none."""
    path = name.split(".")[1:]
    place = files("archive").joinpath(*path)
    if place.is_dir():
        place = place.joinpath("__init__.py")
    else:
        place = files("archive").joinpath(*path[:-1], f"{path[-1]}.py")
    return place.read_text(encoding="utf-8") if place.is_file() else None
