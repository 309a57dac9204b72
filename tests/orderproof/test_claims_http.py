"""Claims that staff answer over HTTP: on the record, once, and for the order's customer alone."""

import pytest

from tests.api.test_intake import problem
from tests.orderproof.reading_scene import reading
from tests.orderproof.test_auditing import record, story  # noqa: F401

AT = "/v1/orders/de/1/claims"
ASKED = {"claim_id": "C-118", "customer": "TESTA@example.com", "language": "en", "agent": "Mia"}


@pytest.fixture
def served(data, record):  # noqa: F811
    record(story("1"), story("1", shop="fr"))
    with reading(data) as found:
        yield found


def recorded(served):
    return served.get("/v1/events", type="claim.verdict_computed").json()["items"]


def test_a_claim_is_recorded_once_and_answered_as_the_command_does(served, orderproof, data):
    token = served.token("support")

    first = served.post(AT, ASKED, token=token)
    again = served.post(AT, {**ASKED, "language": "zh", "agent": "Ada"}, token=token)

    assert first.status_code == 200, first.text
    told, repeated = first.json(), again.json()
    assert (told["repeated"], repeated["repeated"]) == (False, True)
    assert (told["claim_id"], told["answer"]) == ("C-118", 1) == (
        repeated["claim_id"], repeated["answer"],
    )  # fmt: skip
    assert told["letter"] == repeated["letter"]
    assert "Mia" in told["letter"]["text"]
    assert told["verdict"] == told["claim"]["verdict"]
    [event] = recorded(served)
    assert event["order"] == "1"
    command = ("claim", "de/1", "--record", "--claim-id", "C-118", "--data", data, "--json")
    by_command = orderproof(*command).json
    assert by_command["recorded"] == {**by_command["recorded"], "answer": 1, "repeated": True}
    assert by_command["verdict"] == told["verdict"]
    reads = served.get("/v1/reads", subject="de/1").json()["items"]
    assert ("support", token.split("_")[1]) in [(read["role"], read["who"]) for read in reads]
    [letter] = orderproof("claims", "letters", "--data", data, "--json").json["letters"]
    assert letter["body"] == told["letter"]["text"]
    assert letter["to"] == "testa@example.com"


def test_a_claim_of_somebody_else_is_as_one_of_no_order(served):
    nowhere = served.post("/v1/orders/de/none/claims", ASKED, role="support")
    hidden = served.post(AT, ASKED, token=served.token("support", shops=["fr"]))
    for stranger in ("other@example.com", "a*", "testa@example.com,x@example.com", "1", " "):
        answer = served.post(AT, {**ASKED, "customer": stranger}, role="support")
        assert answer.content == nowhere.content == hidden.content
        problem(answer, 404, "not-found")
    assert recorded(served) == []


def test_a_claim_that_cannot_be_is_refused_and_told_back_nothing(served, orderproof, data):
    canary = "canary-7f3a"
    for wrong in (
        {"kind": canary},
        {"language": canary},
        {"agent": f"{canary}\nBcc: x"},
        {"claim_id": ""},
        {"claim_id": "x" * 201},
        {canary: 1},
    ):
        answer = served.post(AT, wrong, role="support")
        problem(answer, 422, "invalid")
        assert canary not in answer.text
    problem(served.post(AT, ASKED, role="auditor"), 403, "scope-missing")
    assert recorded(served) == []
    assert served.post(AT, {"claim_id": canary}, role="support").status_code == 200
    orderproof("claims", "close", "de/1", canary, "--by", "mia", "--outcome", "x", "--data", data)
    answer = served.post(AT, {"claim_id": canary}, role="support")
    assert problem(answer, 409, "refused")["code"] == "claim-refused"
    assert canary not in answer.text
