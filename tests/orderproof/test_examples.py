"""The examples of the API: there are some everywhere, they are valid, and a service answers so."""

import json
import os
import subprocess
from contextlib import contextmanager

import jsonschema
import pytest

from api.examples.adding import FOLDER
from api.limiting import Limits
from api.pages import calling
from orderproof import http_reference
from tests.orderproof import example_requests as sent
from tests.orderproof.examples_scene import LARGEST, PROBLEM, tell
from tests.orderproof.reading_scene import reading

PACKED = {"downloadHistory": "a gzip file is no text"}
_UNLIMITED = Limits(refused=10**6)


def operations():
    return [
        pytest.param(way, id=f"{method.upper()} {path}")
        for path, ways in sorted(http_reference.document()["paths"].items())
        for method, way in ways.items()
    ]


@pytest.fixture(scope="module")
def document():
    return http_reference.document()


def valid(document, schema, value):
    with_parts = {**schema, "components": document["components"]}
    jsonschema.Draft202012Validator(with_parts).validate(value)


def examples_of(document, content):
    for name, each in content.get("examples", {}).items():
        if "$ref" in each:
            each = document["components"]["examples"][each["$ref"].rpartition("/")[2]]
        yield name, each["value"]


@pytest.mark.parametrize("way", operations())
def test_each_parameter_has_an_example_that_is_valid(document, way):
    for each in way.get("parameters", ()):
        valid(document, each["schema"], each["example"])


@pytest.mark.parametrize("way", operations())
def test_each_body_and_answer_has_examples_that_are_valid(document, way):
    bodies = [("body", way.get("requestBody", {})), *way["responses"].items()]
    for place, body in bodies:
        for media_type, content in body.get("content", {}).items():
            found = dict(examples_of(document, content))
            if not found:
                assert way["operationId"] in PACKED, (place, media_type)
            for value in found.values():
                valid(document, content["schema"], value)
                if media_type == PROBLEM:
                    assert str(value["status"]) == place


def shape(value):
    """Return the keys of a value and of what is in it; a list is known by its first item."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return "null" if value is None else type(value).__name__


def said(problem):
    """Return a problem; digests among its errors are of the run."""
    return {**problem, "errors": shape(problem.get("errors"))}


def comparable(kept):
    """Return of what was kept what is the same each time that the story is told."""
    return {
        name: {
            "parameters": sorted(one["parameters"]),
            "requests": {
                kind: {
                    key: (each["summary"], sorted(each.get("x-headers", {})),
                          each["value"] if "urlencoded" not in kind else "")
                    for key, each in examples.items()
                }
                for kind, examples in one["requests"].items()
            },
            "answers": {
                status: {
                    kind: {key: said(each["value"]) if kind == PROBLEM else shape(each["value"])
                           for key, each in examples.items()}
                    for kind, examples in answers.items()
                }
                for status, answers in one["answers"].items()
            },
        }
        for name, one in kept.items()
    }  # fmt: skip


@contextmanager
def told(data, orderproof, tmp_path):
    for source, secret in sent.SECRETS.items():
        file = tmp_path / f"{source}.txt"
        file.write_text(secret)
        words = ("webhook", "add", source, "--shop", sent.SHOP, "--file", file, "--data", data)
        assert orderproof(*words).code == 0
    with reading(data, _UNLIMITED) as served:

        def archive():
            done = orderproof("archive", "--all", "--data", data)
            assert done.code == 0, done.err

        yield served, tell(served, archive)


def write(to):
    """Write the examples, a file for each kind of operation."""
    areas = {}
    for name, (_, _, way) in to.operations.items():
        areas.setdefault(way["tags"][0].replace(" ", "-"), {})[name] = to.kept[name]
    for area, kept in areas.items():
        text = json.dumps(kept, ensure_ascii=False, indent=1) + "\n"
        (FOLDER / f"{area}.json").write_text(text, encoding="utf-8")


def test_a_service_answers_as_the_examples_say(data, orderproof, tmp_path, monkeypatch):
    """`make examples` writes them anew."""
    monkeypatch.setenv("ORDERPROOF_EVIDENCE_MAX_MIB", str(LARGEST >> 20))
    with told(data, orderproof, tmp_path) as (served, to):
        if os.environ.get("ORDERPROOF_EXAMPLES"):
            write(to)
        known = {}
        for file in FOLDER.glob("*.json"):
            known |= json.loads(file.read_text(encoding="utf-8"))
        assert comparable(known) == comparable(to.kept), "run make examples, if this is meant"
        _nobody_and_wrong_roles(served, to)


def _nobody_and_wrong_roles(served, to):
    shared = to.document["components"]["examples"]
    other = {"intake": to.tokens["auditor"]}
    for name, (_, _, way) in to.operations.items():
        known = to.kept[name]
        needed = {each["name"]: known["parameters"][each["name"]]
                  for each in way.get("parameters", ()) if each.get("required")}  # fmt: skip
        if "token-missing" in way["responses"].get("401", {}).get("content", {}).get(
            PROBLEM, {}
        ).get("examples", {}):
            assert to.send(name, needed, token=None).json() == shared["token-missing"]["value"]
            revoked = "oak_aaaaaaaaaaaa_" + "A" * 43
            answer = to.send(name, needed, token=revoked).json()
            assert answer == shared["token-refused"]["value"]
            wrong = other.get(way["tags"][0], to.tokens["intake"])
            answer = to.send(name, needed, token=wrong).json()
            assert answer == shared["scope-missing"]["value"]


def test_who_asks_too_often_is_told_as_the_example_says(data, document):
    with reading(data, Limits(other=1)) as served:
        token = served.token()
        answers = [served.get("/v1/orders", token=token) for _ in range(2)]

    assert answers[1].json() == document["components"]["examples"]["too-many"]["value"]


def test_the_command_of_the_page_does_what_it_says(data, document, tool):
    said = {}
    for path, ways in document["paths"].items():
        for method, way in ways.items():
            said[way["operationId"]] = calling.curl(method.upper(), path, way)
    with reading(data) as served:

        def run(name, role):
            line = said[name].replace("curl", f"{tool('curl')} --silent", 1)
            done = subprocess.run(
                ["/bin/sh", "-c", line.replace(calling.URL, served.url)],
                env={"TOKEN": served.token(role)}, capture_output=True, text=True, check=True,
            )  # fmt: skip
            return json.loads(done.stdout)

        assert run("recordEvents", "intake")["events"][0]["id"] == sent.PLACED["id"]
        assert run("getOrder", "auditor")["order"]["order"] == sent.NUMBER
        assert run("previewExport", "compliance")["events"] == 1
        assert run("listReads", "auditor")["items"]
