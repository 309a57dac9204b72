"""The page that shows a history, and checks it, in a browser: no server of ours is needed.

Its parts are plain modules, a style and a frame. An archive gets them as one page, since a browser
loads no module beside a page that was opened from a disk; nothing else is done to them. The page
may run this one script, show this one style, and read from where it lies: its policy says so.
"""

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files

_IMPORT = re.compile(r'^import (\{[^}]*\}|\* as \w+) from "\./(\w+)\.mjs";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?(?:function|const|class) (\w+))", re.MULTILINE)
_FIRST = "app"


def viewer_files() -> dict[str, bytes]:
    """Return the viewer's files by their names in an archive."""
    return {"viewer/index.html": page().encode()}


@cache
def page() -> str:
    """Return the whole page: frame, style and modules."""
    script, style = _script(), _read("style.css")
    parts = {
        "sha256-SCRIPT": f"sha256-{_digest(script)}",
        "sha256-STYLE": f"sha256-{_digest(style)}",
        "/*SCRIPT*/": script,
        "/*STYLE*/": style,
    }
    whole = _read("frame.html")
    for mark, text in parts.items():
        whole = whole.replace(mark, text, 1)
    return whole


def _script() -> str:
    """Put the modules together, each in a scope of its own and after those that it imports."""
    found: dict[str, str] = {}
    _add(_FIRST, found)
    return "\n".join(found.values())


def _add(name: str, found: dict[str, str]) -> None:
    source = _read(f"{name}.mjs")
    for match in _IMPORT.finditer(source):
        if match[2] not in found:
            _add(match[2], found)
    exports = ", ".join(match[2] for match in _EXPORT.finditer(source))
    body = _EXPORT.sub(r"\1", _IMPORT.sub(_bind, source))
    found[name] = (
        f"// {name}.mjs\nconst ${name} = (() => {{\n{body}return {{ {exports} }};\n}})();\n"
    )


def _bind(match: re.Match[str]) -> str:
    names, module = match[1], match[2]
    return f"const {names.removeprefix('* as ').replace(' as ', ': ')} = ${module};\n"


def _read(name: str) -> str:
    return files(__name__).joinpath(name).read_text("utf-8")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
