"""Who comes in: by a token that counts, with a role that may, for its shops."""

from datetime import timedelta

import pytest

from api import access
from api.access import ROLES, make_secret
from eventstore.connection import connect, transaction
from orderproof import access_notes
from tests.api.conftest import cloudevent
from tests.api.test_intake import problem


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Basic abc",
        "Bearer oak_short_x",
        "oak_a_b",
        "Bearer " + "x" * 9_999,
    ],
)
def test_without_a_token_nobody_comes_in(asked, header):
    headers = {} if header is None else {"Authorization": header}

    answer = asked.client.post("/v1/events", json=cloudevent(), headers=headers)

    problem(answer, 401, "token-missing")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_token_that_nobody_made_or_with_another_secret_is_refused(asked):
    mine, unknown = asked.token(), make_secret()[2]

    problem(asked.post(cloudevent(), token=unknown), 401, "token-refused")
    forged = f"{mine[:17]}{unknown[17:]}"
    assert forged[:16] == mine[:16]
    problem(asked.post(cloudevent(), token=forged), 401, "token-refused")
    assert asked.post(cloudevent(), token=mine).status_code == 202


def test_an_expired_token_is_refused_at_once(asked):
    token = asked.token(days=1)
    assert asked.post(cloudevent(), token=token).status_code == 202

    asked.now += timedelta(days=1)

    problem(asked.post(cloudevent(), token=token), 401, "token-refused")


#
def test_a_revoked_token_is_refused_within_a_minute(asked, monkeypatch):
    token = asked.token()
    assert asked.post(cloudevent(), token=token).status_code == 202
    with connect(asked.dsn, access_notes.GATE) as connection, transaction(connection) as cursor:
        cursor.execute("UPDATE access_tokens SET revoked_at = now()")

    assert access.KEPT <= 60
    monkeypatch.setattr(access, "KEPT", 0)

    problem(asked.post(cloudevent(), token=token), 401, "token-refused")


@pytest.mark.parametrize("role", sorted(ROLES))
def test_only_a_role_with_the_scope_may_send_events(asked, role):
    answer = asked.post(cloudevent(), token=asked.token(role))

    if role == "intake":
        assert answer.status_code == 202
    else:
        problem(answer, 403, "scope-missing")
        assert asked.size() == 0


def test_a_token_is_good_for_its_shops_alone_also_within_a_batch(asked):
    token = asked.token(shops=["de"])
    batch = [cloudevent("a", "de/1"), cloudevent("b", "fr/1")]

    assert asked.post(cloudevent("c", "de/7"), token=token).status_code == 202
    problem(
        asked.post(batch, "application/cloudevents-batch+json", token=token), 403, "shop-refused"
    )
    assert asked.size() == 1


def test_the_keeper_of_tokens_sees_nothing_else(asked):
    with connect(asked.dsn, access_notes.GATE) as connection, transaction(connection) as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c WHERE relkind IN ('r', 'v')"
            " AND relnamespace IN ('public'::regnamespace, 'views'::regnamespace)"
            " AND has_table_privilege(c.oid, 'SELECT')"
        )
        assert sorted(cursor.fetchall()) == [
            ("access_tokens",), ("engagements",), ("exports",), ("sessions",)
        ]  # fmt: skip


def test_ids_that_are_tried_do_not_fill_the_memory(asked, monkeypatch):
    monkeypatch.setattr(access, "_MOST", 3)
    for _ in range(8):
        problem(asked.post(cloudevent(), token=make_secret()[2]), 401, "token-refused")

    assert len(asked.gate._kept) <= 3
