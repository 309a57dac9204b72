"""Adds the recorded examples to the description of the API, once, when it is built."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from api.problem import KINDS, MEDIA_TYPE, Problem

FOLDER = Path(__file__).parent
METHODS = ("get", "post")
_ALSO = {"token-missing": "token-refused"}
"""Kinds of problems that an operation that names the one answers with, too."""


@cache
def recorded() -> Mapping[str, Any]:
    """Return what was asked and answered in the recorded run, by the id of the operation.

    Each has `parameters` by their names, `requests` by media type and name, and `answers` by
    status, media type and name.
    """
    found: dict[str, Any] = {}
    for file in sorted(FOLDER.glob("*.json")):
        found |= json.loads(file.read_text(encoding="utf-8"))
    return found


def add_examples(document: dict[str, Any]) -> None:
    """Add to each parameter, body and answer of a description what it was in the recorded run."""
    document["components"]["examples"] = {kind: _problem(kind) for kind in KINDS}
    for operation in _operations(document):
        known = recorded().get(operation["operationId"], {})
        for each in operation.get("parameters", ()):
            if each["name"] in known.get("parameters", {}):
                each["example"] = known["parameters"][each["name"]]
        body = operation.get("requestBody", {}).get("content", {})
        for media_type, examples in known.get("requests", {}).items():
            body[media_type]["examples"] = examples
        for status, answer in operation["responses"].items():
            _add_answers(answer, known.get("answers", {}).get(status, {}))


def _operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for ways in document["paths"].values():
        for method in METHODS:
            if method in ways:
                yield ways[method]


def _problem(kind: str) -> dict[str, Any]:
    known = KINDS[kind]
    return {"summary": known.title, "value": json.loads(bytes(Problem(kind).response().body))}


def _add_answers(answer: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    for media_type, content in answer.get("content", {}).items():
        examples = content.get("examples", {}) | known.get(media_type, {})
        if media_type == MEDIA_TYPE:
            for kind in [_ALSO[one] for one in examples if one in _ALSO]:
                examples[kind] = {"$ref": f"#/components/examples/{kind}"}
        if examples:
            content["examples"] = examples
