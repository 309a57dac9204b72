"""The desk's commands and the measures over HTTP."""

import re

import pytest

from tests.api.test_intake import problem
from tests.orderproof.reading_scene import reading
from tests.orderproof.test_auditing import record, story  # noqa: F401


@pytest.fixture
def served(data, record):  # noqa: F811
    record(story("1"), story("1", shop="fr"))
    with reading(data) as found:
        yield found


AT = "/v1/orders/de/1/commands"
ASSIGN = {"type": "order.owner_assigned", "data": {"owner": "staff-7"}, "command_id": "c1"}


def test_a_command_is_carried_out_once_and_says_who_gave_it(served):
    first = served.post(AT, ASSIGN, role="service")
    again = served.post(AT, ASSIGN, role="service")

    assert first.status_code == 200, first.text
    assert (first.json()["repeated"], again.json()["repeated"]) == (False, True)
    assert first.json()["position"] == again.json()["position"]
    [event] = served.get("/v1/events", type="order.owner_assigned").json()["items"]
    assert event["data"]["owner"] == "staff-7"
    other = {**ASSIGN, "data": {"owner": "staff-8"}}
    assert problem(served.post(AT, other, role="service"), 409, "refused")


def test_a_command_that_cannot_be_says_why(served):
    for wrong in (
        {"type": "order.nonsense", "data": {}},
        {"type": "order.next_action_set", "data": {}},
        {"type": "order.owner_assigned", "data": {"owner": 7}},
        {"type": "order.owner_assigned", "data": {"colour": "red"}},
        {"type": "order.owner_assigned", "data": {"staff": {"id": "somebody else"}}},
        {"data": {}},
    ):
        problem(served.post(AT, wrong, role="service"), 422, "invalid")
    problem(served.post("/v1/orders/de/none/commands", ASSIGN, role="service"), 404, "not-found")
    problem(served.post(AT, ASSIGN, role="auditor"), 403, "scope-missing")
    french = served.token("service", shops=["fr"])
    problem(served.post(AT, ASSIGN, token=french), 404, "not-found")


def test_nothing_that_was_sent_is_told_back(served):
    secret = "canary-7f3a"
    for role, address, body in (
        ("service", AT, {"type": secret, "data": {}}),
        ("service", AT, {"type": "order.owner_assigned", "data": {secret: "x"}}),
        ("service", AT, {"type": "order.owner_assigned", "data": {"owner": {secret: secret}}}),
        ("service", AT, {**ASSIGN, secret: secret}),
        ("compliance", "/v1/exports", {"kind": secret}),
        ("compliance", "/v1/exports", {"kind": "orders", "columns": [secret]}),
        ("compliance", "/v1/exports", {"kind": "orders", "format": secret}),
        ("compliance", "/v1/exports/preview", {"kind": "orders", "shops": {secret: 1}}),
        ("compliance", "/v1/orders/de/1/reveal", {"purpose": 7, "fields": [secret]}),
    ):
        answer = served.post(address, body, role=role)
        problem(answer, 422, "invalid")
        assert secret not in answer.text, answer.text
    for given in ({secret: "1"}, {"limit": secret}, {"from": secret}, {"as_of": secret}):
        answer = served.get("/v1/orders", **given)
        problem(answer, 422, "invalid")
        assert secret not in answer.text, answer.text


# A-22
def test_measures_name_routes_and_models_and_nobody(served):
    served.get("/v1/orders/de/1")
    served.client.get("/nowhere/testa@example.com")

    text = served.client.get("/metrics").text

    assert 'orderproof_requests_total{method="GET",route="/v1/orders/{shop}/{number}"' in text
    assert re.search(r'orderproof_model_lag_events{model="order_summary"} \d', text)
    assert re.search(r"orderproof_log_position [1-9]", text)
    assert "orderproof_archive_age_seconds -1.0" in text
    assert "testa" not in text
    assert "de/1" not in text
