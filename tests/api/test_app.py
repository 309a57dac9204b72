"""What holds for every answer, and that the document names every route."""

import re

import pytest

from api.problem import KINDS


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/nothing", 404, "not-found"),
        ("GET", "/v1/events/../../etc/passwd", 404, "not-found"),
        ("DELETE", "/v1/events", 405, "method-not-allowed"),
        ("POST", "/healthz", 405, "method-not-allowed"),
        ("GET", "/problems/none", 404, "not-found"),
    ],
)
def test_what_is_not_there_is_told_as_a_problem(asked, method, path, status, kind):
    answer = asked.client.request(method, path)

    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{kind}")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/healthz", "/nothing", "/openapi.json"])
def test_each_answer_has_the_headers_of_all(asked, path):
    headers = asked.client.get(path).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert re.fullmatch("[0-9a-f]{16}", headers["x-request-id"])


def test_ready_is_another_question_than_alive(asked):
    assert asked.client.get("/readyz").status_code == 200

    def away():
        raise OSError("canary")

    asked.ready = away
    answer = asked.client.get("/readyz")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert "canary" not in answer.text
    examples = asked.client.get("/openapi.json").json()["components"]["examples"]
    assert answer.json() == examples["unavailable"]["value"]
    assert asked.client.get("/healthz").status_code == 200


def test_each_kind_of_problem_has_a_page(asked):
    for kind, known in KINDS.items():
        assert known.title in asked.client.get(f"/problems/{kind}").text


def routes_of(router):
    for route in router.routes:
        included = getattr(route, "original_router", None)
        if included is None:
            yield route
        else:
            yield from routes_of(included)


def test_a_page_describes_each_operation_to_who_has_no_token(asked):
    document = asked.client.get("/openapi.json").json()
    page = asked.client.get("/docs")

    assert page.headers["content-type"].startswith("text/html")
    for ways in document["paths"].values():
        for way in ways.values():
            assert f'<details id="{way["operationId"]}">' in page.text
    ways = [way for each in document["paths"].values() for way in each.values()]
    assert page.text.count('<pre class="mono" tabindex="0">curl ') == len(ways)
    examples = [one for way in ways for body in [way.get("requestBody", {})]
                for content in body.get("content", {}).values()
                for one in content.get("examples", {}).values()]  # fmt: skip
    assert examples
    for one in examples:
        assert f"<figcaption>{one['summary']}</figcaption>" in page.text
    for name in document["components"]["schemas"]:
        assert f'<details id="{name}">' in page.text
    assert asked.client.get("/docs.json").json() == document


#
def test_the_document_names_each_route_and_each_answer_that_is_a_problem(asked):
    document = asked.client.get("/openapi.json").json()

    served = {
        (re.sub(r":\w+}", "}", route.path), method.lower())
        for route in routes_of(asked.app)
        if route.include_in_schema
        for method in route.methods
    }
    described = {(path, method) for path, ways in document["paths"].items() for method in ways}
    assert described == served
    ids = [way["operationId"] for ways in document["paths"].values() for way in ways.values()]
    assert len(ids) == len(set(ids))
    answers = document["paths"]["/v1/events"]["post"]["responses"]
    assert set(answers) == {"202", "401", "403", "413", "415", "422", "429", "503"}
    for status, answer in answers.items():
        if status != "202":
            assert list(answer["content"]) == ["application/problem+json"]
