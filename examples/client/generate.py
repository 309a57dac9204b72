"""Writes `client.py` from `docs/reference/openapi.json` and nothing else: `make docs` runs it.

Types are TypedDicts, so an answer is the JSON as it came; a method stands for each operation.
"""

import json
import keyword
import re
from pathlib import Path

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[1] / "docs" / "reference" / "openapi.json"
JSON = "application/json"
FILE = "application/octet-stream"
PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}

HEAD = '''"""A typed client of the HTTP API, written by generate.py from docs/reference/openapi.json."""

from typing import Any, Literal, NotRequired, TypedDict
from urllib.parse import quote

import httpx


class ProblemError(Exception):
    """An answer that tells of a problem (RFC 9457)."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('type')}: {problem.get('title')}")
        self.status = status
        self.problem = problem

'''
CLIENT = '''
class Client:
    """Asks a service with a token.

    Args:
        url: of the service, such as `http://127.0.0.1:8080`.
        token: of the role that is needed.
    """

    def __init__(self, url: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=60)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _ask(
        self, method: str, path: str, parameters: dict[str, Any], body: object = None
    ) -> httpx.Response:
        given = {name: value for name, value in parameters.items() if value is not None}
        if isinstance(body, bytes):
            answer = self._http.request(method, path, params=given, content=body)
        else:
            answer = self._http.request(method, path, params=given, json=body)
        if answer.is_error:
            raise ProblemError(answer.status_code, answer.json())
        return answer
'''


def type_of(schema):
    """Return a schema as a Python type."""
    if "$ref" in schema:
        return f'"{schema["$ref"].rpartition("/")[2]}"'
    if "anyOf" in schema or "oneOf" in schema:
        parts = [type_of(each) for each in schema.get("anyOf") or schema["oneOf"]]
        quoted = [each for each in parts if each.startswith('"')]
        joined = " | ".join(dict.fromkeys(each.strip('"') for each in parts))
        return f'"{joined}"' if quoted else joined
    if "const" in schema:
        return f"Literal[{schema['const']!r}]"
    if "enum" in schema:
        return f"Literal[{', '.join(map(repr, schema['enum']))}]"
    kind = schema.get("type")
    if kind == "array":
        inner = type_of(schema.get("items", {}))
        return f'"list[{inner.strip(chr(34))}]"' if inner.startswith('"') else f"list[{inner}]"
    if kind == "object":
        return "dict[str, Any]"
    return PLAIN.get(kind, "Any")


def typed_dict(name, schema):
    """Return the declaration of a type; an object's names may be words of the language."""
    if "enum" in schema:
        return f"{name} = {type_of(schema)}\n"
    required = schema.get("required", [])
    fields = []
    for field, each in schema.get("properties", {}).items():
        kind = type_of(each)
        fields.append((field, kind if field in required else f"NotRequired[{kind}]"))
    if any(keyword.iskeyword(field) for field, _ in fields):
        rows = "".join(f'        "{field}": {kind},\n' for field, kind in fields)
        return f'{name} = TypedDict(\n    "{name}",\n    {{\n{rows}    }},\n)\n'
    rows = "".join(f"    {field}: {kind}\n" for field, kind in fields) or "    pass\n"
    said = schema.get("description", name).split("\n")[0]
    return f'class {name}(TypedDict):\n    """{said}"""\n\n{rows}'


def method(verb, path, operation):
    """Return the method of an operation."""
    name = re.sub(r"(?<!^)([A-Z])", r"_\1", operation["operationId"]).lower()
    inside, query = [], []
    for each in operation.get("parameters", []):
        own = each["name"] + "_" * keyword.iskeyword(each["name"])
        (inside if each["in"] == "path" else query).append((own, each))
    arguments = [f"{own}: {type_of(each['schema'])}" for own, each in inside]
    taken = operation.get("requestBody", {}).get("content", {})
    body = JSON in taken or FILE in taken
    if FILE in taken:
        arguments.append("body: bytes")
    elif body:
        arguments.append(f"body: {type_of(operation['requestBody']['content'][JSON]['schema'])}")
    needed = [(own, each) for own, each in query if each.get("required")]
    arguments += [f"{own}: {type_of(each['schema'])}" for own, each in needed]
    free = [(own, each) for own, each in query if not each.get("required")]
    if free:
        arguments.append("*")
    for own, each in free:
        kind = type_of(each["schema"])
        free_kind = f'"{kind.strip(chr(34))} | None"' if kind.startswith('"') else f"{kind} | None"
        arguments.append(f"{own}: {kind if 'None' in kind else free_kind} = None")
    good = next(answer for status, answer in operation["responses"].items() if status < "300")
    content = good.get("content", {})
    as_json = content.get(JSON)
    returns = type_of(as_json["schema"]) if as_json else "bytes"
    address = re.sub(r"{(\w+)}", r"{quote(str(\1), safe='')}", path)
    asked = ", ".join(f'"{each["name"]}": {own}' for own, each in query)
    lines = "".join(f"        {each},\n" for each in ["self", *arguments])
    mark = "f" if "{" in address else ""
    call = f'self._ask("{verb.upper()}", {mark}"{address}", {{{asked}}}{", body" if body else ""})'
    end = "        return answer.content\n"
    if as_json:
        end = f"        found: {returns} = answer.json()\n        return found\n"
    said = operation["description"].split("\n")[0]
    return (
        f"\n    def {name}(\n{lines}    ) -> {returns}:\n"
        f'        """{said}"""\n        answer = {call}\n{end}'
    )


def render(document):
    """Return the client's text."""
    schemas = document["components"]["schemas"]
    kinds = "\n\n".join(typed_dict(name, each) for name, each in sorted(schemas.items()))
    methods = "".join(
        method(verb, path, operation)
        for path, operations in sorted(document["paths"].items())
        for verb, operation in operations.items()
        if path.startswith("/v1/") and "webhooks" not in path
    )
    return f"{HEAD}\n{kinds}\n{CLIENT}{methods}"


if __name__ == "__main__":
    (HERE / "client.py").write_text(render(json.loads(DOCUMENT.read_text())))
