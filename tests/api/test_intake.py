"""Events over HTTP: three modes, one answer however often, and a place for all that is wrong."""

import json

import pytest

from eventstore.errors import EventRefusedError, KeyMissingError, StoreUnavailableError
from tests.api.conftest import cloudevent

BATCH = "application/cloudevents-batch+json"
PLAIN = "application/json"
BINARY = {
    "ce_specversion": "1.0", "ce_id": "e1", "ce_source": "/test", "ce_type": "order.placed",
    "ce_subject": "de/1", "ce_time": "2025-03-03T09:00:00Z",
}  # fmt: skip


def problem(answer, status, kind):
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{kind}"), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    return answer.json()


def test_an_event_is_recorded_and_a_repeat_gives_the_first_answer(asked):
    first = asked.post(cloudevent())
    again = asked.post(cloudevent())

    assert first.status_code == again.status_code == 202
    assert (
        first.json()
        == again.json()
        == {"events": [{"source": "/test", "id": "e1", "position": 1, "version": 1}]}
    )
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert asked.size() == 1


@pytest.mark.parametrize("kind", [BATCH, PLAIN])
def test_a_batch_is_recorded_in_its_order(asked, kind):
    answer = asked.post([cloudevent(f"e{n}", f"de/{n % 3}") for n in range(10)], kind)

    assert [(one["id"], one["position"]) for one in answer.json()["events"]] == [
        (f"e{n}", n + 1) for n in range(10)
    ]


def test_in_binary_mode_the_attributes_are_headers(asked):
    data = cloudevent()["data"]

    answer = asked.post(data, PLAIN, **BINARY)

    assert answer.status_code == 202
    assert asked.post(cloudevent(datacontenttype=PLAIN)).json() == answer.json()
    named = asked.post(data, PLAIN, **(BINARY | {"ce_id": "%E2%82%AC%20%25"}))
    assert named.json()["events"][0]["id"] == "€ %"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"ce_id": None}, "attribute-missing"),
        ({"ce_time": "yesterday"}, "attribute-form"),
        ({"ce_position": "7"}, "envelope-field"),
        ({"ce_type": "archive.stored"}, "reserved-type"),
        ({"ce_data": "x"}, "attribute-name"),
        ({"ce_subject": "no-slash"}, "attribute-form"),
    ],
)
def test_headers_that_break_a_rule_are_refused_with_their_place(asked, changed, code):
    headers = {name: value for name, value in (BINARY | changed).items() if value is not None}

    told = problem(asked.post(cloudevent()["data"], PLAIN, **headers), 422, "invalid")

    assert told["errors"][0]["code"] == code
    assert asked.size() == 0


#
@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"specversion":"1.0","specversion":"1.0"}', "duplicate-key"),
        (b'{"a": NaN}', "not-finite"),
        (b'{"a": "\\u0000"}', "nul"),
        (b'{"a": "\xff"}', "invalid-utf8"),
        (b'{"a": "\\ud800"}', "lone-surrogate"),
        (b"[" * 200, "nesting"),
        (b"no json at all", "json-syntax"),
        (json.dumps(cloudevent(position=3)).encode(), "envelope-field"),
        (json.dumps(cloudevent(recorded_at="x")).encode(), "envelope-field"),
        (json.dumps(cloudevent(type="history.sealed")).encode(), "reserved-type"),
        (json.dumps(cloudevent(source="orderproof")).encode(), "reserved-source"),
        (json.dumps(cloudevent(data=[])).encode(), "not-json-data"),
    ],
)
def test_what_cannot_be_recorded_is_refused_with_place_and_rule(asked, body, code):
    told = problem(asked.post(body), 422, "invalid")

    assert told["errors"][0]["code"] == code
    assert asked.size() == 0


def test_a_batch_with_one_that_breaks_a_rule_is_refused_whole_and_each_is_named(asked):
    broken = [cloudevent("a"), cloudevent("b", "x"), cloudevent("c", time="?"), cloudevent("d")]

    told = problem(asked.post(broken, BATCH), 422, "invalid")

    assert [(one["index"], one["place"]) for one in told["errors"]] == [
        (1, "/1/subject"),
        (2, "/2/time"),
    ]
    assert asked.size() == 0


def test_nothing_that_was_sent_is_told_back(asked):
    secret = "canary-7f3a"
    bodies = [
        cloudevent(subject=secret), cloudevent(type=secret * 99), {secret: secret},
        cloudevent(data={"buyer": {"name": secret}}, time=secret), f"[{secret}".encode(),
    ]  # fmt: skip

    for body in bodies:
        answer = asked.post(body)
        assert (answer.status_code, secret in answer.text) == (422, False), answer.text


def test_the_same_event_with_another_body_is_refused_with_both_digests(asked):
    asked.post(cloudevent())

    told = problem(asked.post(cloudevent(data={})), 422, "idempotency-mismatch")

    [one] = told["errors"]
    assert (one["index"], one["position"]) == (0, 1)
    assert len({one["digest"], one["recorded_digest"]}) == 2
    assert asked.size() == 1


@pytest.mark.parametrize("kind", ["text/plain", "", "application/xml"])
def test_other_media_types_are_not_taken(asked, kind):
    problem(asked.post(cloudevent(), kind), 415, "media-type")
    problem(asked.post(cloudevent(), content_encoding="gzip"), 415, "media-type")


def test_what_is_too_large_is_not_read_to_its_end(asked):
    problem(asked.post(b" " * (8 * 1024 * 1024 + 1)), 413, "too-large")
    problem(asked.post([cloudevent(str(n)) for n in range(1_001)], BATCH), 413, "too-large")
    large = problem(asked.post(cloudevent(data={"x": "y" * 1024 * 1024})), 422, "invalid")
    assert large["errors"][0]["code"] == "too-large"


def test_several_events_are_no_structured_message_and_none_is_none(asked):
    problem(asked.post([cloudevent("a"), cloudevent("b")]), 422, "invalid")
    problem(asked.post([], BATCH), 422, "invalid")
    problem(asked.post(b""), 422, "invalid")


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (StoreUnavailableError("away"), 503, "unavailable"),
        (KeyMissingError("gone"), 503, "unavailable"),
        (EventRefusedError("no"), 422, "invalid"),
        (ZeroDivisionError("canary-7f3a"), 500, "internal"),
    ],
)
def test_a_store_that_fails_is_never_a_traceback(asked, error, status, kind, caplog, capfd):
    def fails(_facts):
        raise error

    asked.record = fails

    answer = asked.post(cloudevent())

    problem(answer, status, kind)
    assert "canary" not in answer.text + caplog.text + "".join(capfd.readouterr())
    assert ("ZeroDivisionError at fails" in caplog.text) == (status == 500)
    assert (answer.headers["x-request-id"] in caplog.text) == (status == 500)
    assert (answer.headers.get("retry-after") == "1") == (status == 503)
