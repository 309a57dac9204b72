"""Orders of a person over HTTP: for who may see personal data, for a reason, and found whole."""

import pytest

from tests.api.test_intake import problem
from tests.orderproof.reading_scene import reading
from tests.orderproof.test_auditing import record, story  # noqa: F401

WHY = "claim C-118: no number is known"


@pytest.fixture
def served(data, record):  # noqa: F811
    record(story("1"), story("1", shop="fr"))
    with reading(data) as found:
        yield found


#
def test_a_person_is_found_whole_by_who_may_and_that_is_noted(served):
    def search(key, **who):
        return served.post(
            "/v1/search", {"key": key, "reason": WHY}, **(who or {"role": "support"})
        )

    found = search("TESTA@example.com")

    assert found.status_code == 200, found.text
    assert found.json()["understood"] == "person"
    assert {one["shop"] for one in found.json()["items"]} == {"de", "fr"}
    assert "testa" not in found.text.lower()
    french = search("testa@example.com", token=served.token("support", shops=["fr"])).json()
    assert [one["shop"] for one in french["items"]] == ["fr"]
    reads = served.get("/v1/reads", subject="de/1").json()["items"]
    assert [(read["fields"], read["reason"]) for read in reads] == [("found by person", WHY)]
    for part in ("testa", "testa@", "t*", "%", "@example.com", "Testa Muster"):
        assert search(part).json()["items"] == []
    assert search("fr/1").json()["understood"] == "reference"
    problem(search("testa@example.com", role="auditor"), 403, "scope-missing")
    problem(served.post("/v1/search", {"key": "x"}, role="support"), 422, "invalid")
