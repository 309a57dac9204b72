"""The record read over HTTP: who sees what, walks that can be repeated, and what is noted."""

import base64
import json
from datetime import date

import pytest

from api import access
from api.limiting import Limits
from orderproof import engagements
from tests.api.conftest import cloudevent
from tests.api.test_intake import problem
from tests.orderproof.reading_scene import reading


def story(number, shop="de", day="2025-03-03", **placed):
    """Return an order with a refund that settled."""
    subject = f"{shop}/{number}"
    own = f"{shop}-{number}"
    return [
        cloudevent(id=f"{own}-1", subject=subject, time=f"{day}T09:00:00Z",
                   data={"total": 12800, "currency": "EUR", "placed_at": f"{day}T09:00:00Z",
                         "buyer": {"name": "Testa Muster", "email": "testa@example.com"}} | placed),
        cloudevent(id=f"{own}-2", subject=subject, type="refund.approved",
                   time=f"{day}T10:00:00Z",
                   data={"refund_id": "r1", "amount": 12800, "currency": "EUR"}),
        cloudevent(id=f"{own}-3", subject=subject, type="refund.settled",
                   time=f"{day}T11:00:00Z",
                   data={"refund_id": "r1", "amount": 12800, "currency": "EUR",
                         "settled_on": day}),
    ]  # fmt: skip


@pytest.fixture
def record(data, orderproof, tmp_path):
    def run(*events):
        file = tmp_path / "events.json"
        file.write_text(json.dumps([each for one in events for each in one]))
        assert orderproof("record", file, "--data", data).code == 0

    return run


@pytest.fixture
def filled(data, record):
    record(*(story(n, day=f"2025-03-{n:02}") for n in range(1, 8)))
    record(story("1", shop="fr", day="2025-06-01"), story("a/b?c", shop="fr", day="2025-06-02"))
    with reading(data) as found:
        yield found


def orders(answer):
    assert answer.status_code == 200, answer.text
    return [(item["shop"], item["order"]) for item in answer.json()["items"]]


def test_orders_are_listed_newest_first_and_masked(filled):
    answer = filled.get("/v1/orders", limit=3)

    assert orders(answer) == [("fr", "a/b?c"), ("fr", "1"), ("de", "7")]
    body = answer.json()
    assert body.keys() == {
        "as_of", "items", "next", "window", "outside_window", "masked_fields",
    }  # fmt: skip
    assert body["items"][0]["refunded"] == 12800
    assert "Testa" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["ratelimit-policy"].startswith('"requests";q=')


def test_a_walk_shows_the_state_of_its_first_page_and_can_be_repeated(filled, record):
    first = filled.get("/v1/orders", limit=4).json()
    record(story("later", day="2025-03-04"))
    record([cloudevent(id="close", subject="de/1", type="order.closed", time="2025-04-01T00:00:00Z",
                       data={"outcome": "done"})])  # fmt: skip

    def walk(page):
        found = page["items"]
        while page["next"]:
            page = filled.get("/v1/orders", limit=4, cursor=page["next"]).json()
            found = found + page["items"]
        return found

    seen = walk(first)

    assert len(seen) == 9
    assert all(item["closed_at"] is None for item in seen)
    again = filled.get("/v1/orders", limit=4, as_of=first["as_of"]).json()
    assert walk(again) == seen
    assert len(walk(filled.get("/v1/orders", limit=4).json())) == 10


def test_a_list_says_how_much_lies_outside_its_days(filled):
    answer = filled.get("/v1/orders", **{"from": "2025-03-02", "to": "2025-03-03"})

    assert orders(answer) == [("de", "3"), ("de", "2")]
    assert answer.json()["window"] == {"from": "2025-03-02", "to": "2025-03-03"}
    assert answer.json()["outside_window"] == 7


def test_an_order_is_found_by_a_reference_of_its_shop(filled):
    assert orders(filled.get("/v1/orders", q="7")) == [("de", "7")]
    assert orders(filled.get("/v1/orders", q="nothing")) == []


#
@pytest.mark.parametrize("path", [
    "/v1/orders/fr/1", "/v1/orders/fr/1/events", "/v1/orders/fr/1/claim", "/v1/orders/fr/1/history",
    "/v1/events/fr-1-2", "/v1/events/22", "/v1/events/fr-1-2/proof",
])  # fmt: skip
def test_what_is_of_another_shop_is_not_there(filled, path):
    mine = filled.token(shops=["de"])
    unsealed = "history" in path or "proof" in path
    assert filled.get(path).status_code == (404 if unsealed else 200)

    hidden = filled.get(path, token=mine)
    nowhere = filled.get("/v1/orders/de/nowhere", token=mine)

    problem(hidden, 404, "not-found")
    assert hidden.content == nowhere.content


def test_a_token_of_a_shop_lists_and_walks_only_that(filled):
    mine = filled.token(shops=["de"])

    assert {shop for shop, _ in orders(filled.get("/v1/orders", token=mine))} == {"de"}
    assert orders(filled.get("/v1/orders", token=mine, shop="fr")) == []
    assert {shop for shop, _ in orders(filled.get("/v1/events", token=mine))} == {"de"}
    assert orders(filled.get("/v1/events", token=mine, shop="fr")) == []
    assert orders(filled.get("/v1/orders", token=mine, q="1")) == [("de", "1")]


def test_an_engagement_limits_shops_days_and_time(filled):
    days = (date(2025, 3, 2), date(2025, 3, 4))
    own = filled.engagement(shops=["de"], days=days, purpose="FY2025 refunds")
    mine = filled.token(engagement=own)

    listed = filled.get("/v1/orders", token=mine)
    assert orders(listed) == [("de", "4"), ("de", "3"), ("de", "2")]
    assert listed.json()["window"] == {"from": "2025-03-02", "to": "2025-03-04"}
    assert listed.json()["outside_window"] == 4
    assert filled.get("/v1/orders/de/3", token=mine).status_code == 200
    for path in (
        "/v1/orders/de/5",
        "/v1/orders/de/5/events",
        "/v1/events/de-5-1",
        "/v1/orders/fr/1",
    ):
        problem(filled.get(path, token=mine), 404, "not-found")
    assert {n for _, n in orders(filled.get("/v1/events", token=mine))} == {"2", "3", "4"}
    me = filled.get("/v1/engagements/me", token=mine).json()
    assert (me["purpose"], me["shops"]) == ("FY2025 refunds", ["de"])


def test_an_engagement_that_ended_lets_nobody_in(filled, orderproof, monkeypatch):
    own = filled.engagement()
    mine = filled.token(engagement=own)
    assert filled.get("/v1/orders", token=mine).status_code == 200

    engagements.revoke(filled.store, own, "tester")
    monkeypatch.setattr(access, "KEPT", 0)

    problem(filled.get("/v1/orders", token=mine), 401, "token-refused")


#
def test_a_cursor_counts_for_its_list_reader_and_filter_alone(filled):
    cursor = filled.get("/v1/orders", limit=1).json()["next"]
    raw = bytearray(base64.urlsafe_b64decode(cursor + "=="))
    raw[-2] ^= 1
    edited = base64.urlsafe_b64encode(raw).decode()

    assert filled.get("/v1/orders", cursor=cursor).status_code == 200
    for answer in (
        filled.get("/v1/orders", cursor=edited),
        filled.get("/v1/orders", cursor="AAAA"),
        filled.get("/v1/orders", cursor="no base64!"),
        filled.get("/v1/orders", cursor=cursor, shop="de"),
        filled.get("/v1/events", cursor=cursor),
        filled.get("/v1/orders", cursor=cursor, token=filled.token(shops=["fr"])),
    ):
        problem(answer, 400, "cursor-refused")


#
@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("/v1/orders", {"email": "a*"}),
        ("/v1/orders", {"sort": "buyer"}),
        ("/v1/orders", {"limit": 10**9}),
        ("/v1/orders", {"limit": 0}),
        ("/v1/orders", {"as_of": -1}),
        ("/v1/orders", {"from": "yesterday"}),
        ("/v1/orders", {"shop": "a/b"}),
        ("/v1/orders", {"q": "\0"}),
        ("/v1/events", {"type": "\0"}),
        ("/v1/reads", {}),
    ],
)
def test_a_filter_that_is_not_there_or_asks_too_much_is_refused(filled, path, parameters):
    problem(filled.get(path, **parameters), 422, "invalid")


def test_hostile_text_is_looked_for_and_nothing_else(filled):
    for text in ("'; DROP TABLE events;--", "%", "_", "../../x", "\u202e", "x" * 5000):
        assert orders(filled.get("/v1/orders", q=text)) == []
        assert filled.get("/v1/orders/de/" + "%2e%2e", token=None).status_code == 404


def test_an_orders_timeline_has_pages_hashes_and_a_tag(filled):
    answer = filled.get("/v1/orders/de/1/events", limit=2)

    page = answer.json()
    assert [item["type"] for item in page["items"]] == ["order.placed", "refund.approved"]
    assert page["masked_fields"] == 1
    assert page["items"][0]["sealed"]
    assert "Testa" not in answer.text
    more = filled.get("/v1/orders/de/1/events", limit=2, cursor=page["next"]).json()
    assert [item["type"] for item in more["items"]] == ["refund.settled"]
    assert more["next"] is None
    assert answer.headers["etag"] == f'"{more["items"][0]["hash"]}"' == f'"{page["head"]}"'
    unchanged = filled.get("/v1/orders/de/1", headers={"If-None-Match": answer.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


def test_an_order_number_with_slashes_and_marks_is_one_order(filled):
    answer = filled.get("/v1/orders/fr/a%2Fb%3Fc")
    assert answer.json()["order"]["order"] == "a/b?c"
    assert len(filled.get("/v1/orders/fr/a%2Fb%3Fc/events").json()["items"]) == 3


def test_the_claim_is_the_commands_answer_and_what_is_missing(filled, orderproof, data):
    shown = filled.get("/v1/orders/de/1/claim", day="2025-05-01").json()
    asked = orderproof("claim", "de/1", "--as-of", "2025-05-01", "--data", data, "--json").json

    for one in (shown, asked):
        one.pop("seconds")
    assert {one["state"] for one in shown.pop("missing")} >= {"missing", "none"}
    assert shown == asked


def test_an_event_is_found_by_id_or_position_and_told_apart_by_source(filled, record):
    one = filled.get("/v1/events/de-1-1").json()
    assert one["event"]["position"] == 1
    assert json.loads(one["line"])["stream"] == "order/de/1"
    assert filled.get("/v1/events/1").json() == one
    record([cloudevent(id="de-1-1", source="/other", subject="de/2")])
    several = problem(filled.get("/v1/events/de-1-1"), 409, "several")
    assert several["sources"] == ["/other", "/test"]
    assert filled.get("/v1/events/de-1-1", source="/test").json() == one


def test_who_looked_is_recorded_and_readable_by_those_who_may_see_the_order(filled):
    own = filled.engagement(shops=["de"], purpose="FY2025 refunds")
    auditor, french = filled.token(engagement=own), filled.token(shops=["fr"])
    for _ in range(3):
        assert filled.get("/v1/orders/de/1/events", token=auditor).status_code == 200

    found = filled.get("/v1/reads", subject="de/1").json()["items"]

    assert [(one["role"], one["fields"]) for one in found] == [("auditor", "masked")]
    assert filled.get("/v1/reads", subject="de/2").json()["items"] == []
    problem(filled.get("/v1/reads", token=french, subject="de/1"), 404, "not-found")


@pytest.mark.parametrize("path", [
    "/v1/orders/de/2", "/v1/orders/de/2/events", "/v1/orders/de/2/claim", "/v1/orders/de/2/history",
    "/v1/events/de-2-1", "/v1/events/de-2-1/proof", "/v1/events?shop=de",
])  # fmt: skip
def test_every_way_to_an_orders_content_is_noted(filled, orderproof, data, path):
    assert orderproof("archive", "--all", "--data", data).code == 0
    assert filled.get("/v1/reads", subject="de/2").json()["items"] == []
    reader = filled.token()

    assert filled.get(path, token=reader).status_code == 200

    [read] = filled.get("/v1/reads", subject="de/2").json()["items"]
    assert read["who"] == reader.split("_")[1]


#
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_is_written_here(filled, method):
    token = filled.token()
    for path in ("/v1/orders", "/v1/orders/de/1", "/v1/checkpoints", "/v1/keys", "/v1/reads"):
        answer = filled.client.request(
            method, path,
            headers={"Authorization": f"Bearer {token}", "X-HTTP-Method-Override": "GET"},
        )  # fmt: skip
        problem(answer, 405, "method-not-allowed")


#
def test_who_asks_too_often_or_guesses_has_to_wait(data, record):
    record(story("1"), story("2"))
    limits = Limits(other=8, refused=3, orders=1)
    with reading(data, limits) as found:
        mine = found.token()
        assert found.get("/v1/orders/de/1", token=mine).status_code == 200
        assert found.get("/v1/orders/de/1", token=mine).status_code == 200
        wait = problem(found.get("/v1/orders/de/2", token=mine), 429, "too-many")
        assert wait
        answers = [found.get("/v1/orders", token=mine) for _ in range(8)]
        assert [answer.status_code for answer in answers][-1] == 429
        assert int(answers[-1].headers["retry-after"]) >= 1
        assert answers[0].headers["ratelimit"].startswith('"requests";r=')
        guesses = [found.get("/v1/orders", token="oak_guess").status_code for _ in range(5)]
        assert guesses == [401, 401, 401, 429, 429]


#
def test_who_opens_very_many_orders_is_stopped_with_all_their_tokens_and_told_of(
    data, record, caplog
):
    record(*(story(n) for n in range(1, 5)))
    with reading(data, Limits(orders=2)) as found:
        own = found.engagement(shops=["de"])
        first, second = found.token(engagement=own), found.token(engagement=own)
        assert found.get("/v1/orders/de/1", token=first).status_code == 200
        assert found.get("/v1/orders/de/2", token=second).status_code == 200
        for token in (first, second, first):
            problem(found.get("/v1/orders/de/3", token=token), 429, "too-many")
        assert found.get("/v1/orders/de/1", token=second).status_code == 200
        assert found.get("/v1/orders/de/3").status_code == 200  # somebody else
    [alarm] = [said.getMessage() for said in caplog.records if said.name == "orderproof.http"]
    assert alarm.startswith(f"engagement {own} opened 2 orders within a day")


def test_personal_data_is_shown_to_who_says_why(filled):
    path, why = "/v1/orders/de/1/reveal", {"reason": "claim C-1: the customer asks for a call"}

    shown = filled.post(path, why, role="support")

    assert shown.json()["items"][0]["data"]["buyer"]["email"] == "testa@example.com"
    [read] = filled.get("/v1/reads", role="compliance", subject="de/1").json()["items"]
    assert (read["fields"], read["reason"]) == ("contact", why["reason"])
    problem(filled.post(path, why, role="auditor"), 403, "scope-missing")
    problem(filled.post(path, why, role="operator"), 403, "scope-missing")
    for wrong in ({}, {"reason": ""}, {"reason": "  \n  "}, {**why, "fields": ["all"]}):
        problem(filled.post(path, wrong, role="support"), 422, "invalid")
    french = filled.token("support", shops=["fr"])
    problem(filled.post(path, why, token=french), 404, "not-found")
    assert len(filled.get("/v1/reads", role="compliance", subject="de/1").json()["items"]) == 1


def test_an_engagement_may_open_fields(filled):
    own = filled.engagement(fields=["contact"])
    shown = filled.get("/v1/orders/de/1/events", token=filled.token(engagement=own)).json()
    assert shown["items"][0]["data"]["buyer"]["name"] == "Testa Muster"
    assert shown["masked_fields"] == 0


#
def test_breaking_the_glass_needs_a_reason_lasts_an_hour_and_leaves_its_trace(
    filled, orderproof, data
):
    def take(reason, ticket="T-1"):
        said = ("--reason", reason, "--ticket", ticket, "--by", "oncall")
        return orderproof("token", "break-glass", *said, "--data", data, "--json")

    assert take("").code == take("urgent").code == take("the store is being searched", "").code == 2
    assert orderproof("token", "new", "--role", "break-glass", "--data", data).code == 2
    taken = take("the customer waits and nobody else is there")
    assert filled.get("/v1/orders/de/1", token=taken.json["token"]).status_code == 200
    assert take("the customer waits and nobody else is there").code == 8  # the last one counts
    events = filled.get("/v1/events", role="auditor", type="access.granted").json()["items"]
    assert [each["data"]["reason"] for each in events if each["data"]["role"] == "break-glass"]
    orderproof("token", "revoke", taken.json["id"], "--data", data)
    assert take("again, with a reason of its own").code == 0


def test_who_is_limited_to_days_may_come_before_any_read_model(data, record):
    with reading(data) as found:
        own = found.engagement(shops=["de"], days=(date(2025, 1, 1), date(2025, 12, 31)))
        token = found.token(engagement=own)
        assert found.get("/v1/events", token=token).json()["items"] == []
        record(story("1"))
        assert found.get("/v1/orders/de/1", token=token).status_code == 200
        assert found.get("/v1/events", token=token).json()["items"]
        with found.store.views.cursor() as cursor:
            cursor.execute("DROP SCHEMA views CASCADE")
        found.store.views.commit()
        problem(found.get("/v1/events", token=token), 503, "unavailable")


def test_who_looked_is_read_page_by_page(filled):
    why = "claim C-1: the customer asks for a call, time {}"
    for n in range(5):
        filled.post("/v1/orders/de/1/reveal", {"reason": why.format(n)}, role="support")
    seen, cursor, pinned = [], None, None
    while True:
        more = {"cursor": cursor} if cursor else {}
        page = filled.get("/v1/reads", role="compliance", subject="de/1", limit=2, **more).json()
        seen += page["items"]
        assert pinned in (None, page["as_of"])
        pinned, cursor = page["as_of"], page["next"]
        filled.post("/v1/orders/de/1/reveal", {"reason": why.format("later")}, role="support")
        if cursor is None:
            break
    assert [one["reason"] for one in seen] == [why.format(n) for n in range(5)]
    answer = filled.get("/v1/reads", role="compliance", subject="de/2", limit=2, cursor="AAAA")
    problem(answer, 400, "cursor-refused")
