"""How an operation is called, and what comes back, as text for a person: from its examples."""

import json
import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

URL = "http://127.0.0.1:8080"
_PLAIN = ("application/json", "text/plain")


def curl(method: str, path: str, operation: Mapping[str, Any]) -> str:
    """Return the command that sends an operation's first example, for a shell.

    What is required is given, and nothing else; `$TOKEN` is the reader's own.
    """
    query: dict[str, Any] = {}
    for each in operation.get("parameters", ()):
        value = each.get("example", "")
        if each["in"] == "path":
            path = path.replace(f"{{{each['name']}}}", quote(str(value), safe=""))
        elif each.get("required"):
            query[each["name"]] = value
    words = ["curl", f"{URL}{path}?{urlencode(query)}" if query else f"{URL}{path}"]
    security = operation.get("security")
    lines = ['-H "Authorization: Bearer $TOKEN"'] if security and {} not in security else []
    bodies = bodies_of(operation)
    if bodies:
        media_type, _, example = bodies[0]
        headers = {"Content-Type": media_type, **example.get("x-headers", {})}
        lines += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items()]
        body = text_of(example["value"], indent=None)
        lines.append(f"--data-binary {shlex.quote(body)}")
    elif _saves(operation):
        words.append("--remote-name --remote-header-name")
    first = " ".join([words[0], shlex.quote(words[1]), *words[2:]])
    if method == "POST" and not bodies:
        first += " -X POST"
    return " \\\n  ".join([first, *lines])


def bodies_of(operation: Mapping[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Return media type, name and example of each body that may be sent."""
    return [
        (media_type, name, example)
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items()
        for name, example in content.get("examples", {}).items()
    ]


def text_of(value: object, indent: int | None = 1) -> str:
    """Return an example's value as it is sent: text as it is, all else as JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _saves(operation: Mapping[str, Any]) -> bool:
    """Tell whether what comes back is a file to be kept."""
    good = next(iter(operation["responses"].values()))
    return not any(kind in _PLAIN for kind in good.get("content", {}))
