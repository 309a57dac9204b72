"""A store that goes away while it is asked over HTTP, comes back, and many who ask at once."""

from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest
from psycopg2.extensions import make_dsn, parse_dsn

from tests.api.conftest import cloudevent
from tests.api.test_intake import problem
from tests.orderproof.reading_scene import reading
from tests.orderproof.test_auditing import record, story  # noqa: F401
from tests.orderproof.test_pages import Visitor

READS = (
    "/v1/orders", "/v1/orders/de/1", "/v1/orders/de/1/events", "/v1/orders/de/1/claim",
    "/v1/events", "/v1/events/de-1-1", "/v1/reads?subject=de/1", "/v1/exports", "/metrics",
)  # fmt: skip


@pytest.fixture
def served(data, record):  # noqa: F811
    record(story("1"))
    with reading(data) as found:
        found.browser = found.client
        yield found


def administer(served, *statements):
    parts = parse_dsn(served.store.dsn)
    connection = psycopg2.connect(make_dsn(**{**parts, "dbname": "postgres"}))
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement.format(name=parts["dbname"]))
    connection.close()


END = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    " AND pid <> pg_backend_pid()"
)


def test_what_asks_a_store_that_is_away_is_told_to_come_again_and_then_answered(served):
    visitor = Visitor(served)
    token = served.token("intake")
    reader = served.token()
    assert served.get("/v1/orders", token=reader).status_code == 200
    # Others that were never shown, so that they have to be looked up.
    unknown = served.token("support")
    administer(served, 'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false', END)
    try:
        for path in READS:
            problem(served.get(path, token=reader), 503, "unavailable")
            assert int(served.get(path, token=reader).headers["retry-after"]) >= 1
        problem(served.get("/v1/orders", token=unknown), 503, "unavailable")
        problem(served.post("/v1/events", cloudevent(), token=token,
                            headers={"Content-Type": "application/cloudevents+json"}),
                503, "unavailable")  # fmt: skip
        for path in ("/", "/orders/de/1", "/integrity"):
            page = visitor.get(path)
            assert (page.status_code, page.headers["content-type"][:9]) == (503, "text/html")
            assert "Nothing is lost" in page.text
        assert visitor.post("/login", token="oak_" + "a" * 12 + "_" + "A" * 43).status_code == 503
    finally:
        administer(served, 'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true')
    for path in READS:
        assert served.get(path, token=reader).status_code == 200, path
    assert visitor.get("/orders/de/1").status_code == 200


def test_a_restart_of_the_server_costs_no_request(served):
    for path in READS:
        assert served.get(path).status_code == 200
    administer(served, END)
    assert [served.get(path).status_code for path in READS] == [200] * len(READS)


def test_many_who_ask_at_once_wait_for_one_another_and_all_are_answered(served):
    reader = served.token()
    with ThreadPoolExecutor(64) as threads:
        asked = [
            threads.submit(served.get, path, token=reader) for path in READS for _ in range(20)
        ]
        assert {each.result().status_code for each in asked} == {200}
    connection = psycopg2.connect(served.store.dsn)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        [(count,)] = cursor.fetchall()
    connection.close()
    assert count < 80
