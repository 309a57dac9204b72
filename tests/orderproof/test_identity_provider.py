"""Tokens of an identity provider, of a real one on loopback, at the served application."""

import json
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from joserfc.jwk import RSAKey

from orderproof import provider_keys, tokens
from orderproof.errors import CommandError
from tests.api.test_intake import problem
from tests.api.test_signed_tokens import made
from tests.orderproof.reading_scene import reading
from tests.orderproof.test_auditing import record, story  # noqa: F401

KEYS = [RSAKey.generate_key(2048) for _ in range(2)]


class Provider:
    """Publishes its configuration and its keys, or what a test puts in their place."""

    def __init__(self):
        self.asked = []
        self.now = KEYS[:1]
        self.answers = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append(self.path)
                status, headers, body = outer.answer(self.path)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.issuer = f"http://127.0.0.1:{self.server.server_address[1]}/realms/shop"

    def answer(self, path):
        if path in self.answers:
            return self.answers[path]
        if path == "/realms/shop/.well-known/openid-configuration":
            return self.json({"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys"})
        if path == "/realms/shop/keys":
            return self.json(
                {
                    "keys": [
                        {**key.as_dict(private=False), "kid": f"k{KEYS.index(key)}", "use": "sig"}
                        for key in self.now
                    ]
                }
            )
        return 404, {}, b""

    def json(self, said):
        return 200, {"Content-Type": "application/json"}, json.dumps(said).encode()

    def token(self, subject="auditor-7", key=0, kid=None, **changes):
        now = int(time.time())
        said = {
            "iss": self.issuer, "aud": "orderproof", "sub": subject, "iat": now, "exp": now + 300,
            **changes,
        }  # fmt: skip
        return made(said, key=KEYS[key], kid=kid or f"k{key}")

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def provider():
    found = Provider()
    yield found
    found.close()


@contextmanager
def served_by(data, provider, monkeypatch, **settings):
    settings = {"issuer": provider.issuer, "audience": "orderproof", **settings}
    for name, value in settings.items():
        monkeypatch.setenv(f"ORDERPROOF_OIDC_{name.upper()}", value)
    with reading(data) as found:
        yield found


def enrolled(served, subject="auditor-7", role="auditor", engagement=None, shops=(), days=1):
    return tokens.make(served.store, role, shops, "", days, "tester", engagement, subject)


def test_who_is_named_comes_in_as_what_they_were_made(data, record, provider, monkeypatch):  # noqa: F811
    record(story("1"), story("2", shop="fr"))
    with served_by(data, provider, monkeypatch) as served:
        problem(served.get("/v1/orders", token=provider.token()), 401, "token-refused")
        token, secret = enrolled(served, engagement=served.engagement(shops=["de"]))

        answer = served.get("/v1/orders", token=provider.token())

        assert [(one["shop"], one["order"]) for one in answer.json()["items"]] == [("de", "1")]
        assert served.get("/v1/orders/de/1", token=provider.token()).status_code == 200
        problem(served.get("/v1/orders/fr/2", token=provider.token()), 404, "not-found")
        [read] = served.get("/v1/reads", role="compliance", subject="de/1").json()["items"]
        assert read["who"] == token.id
        assert provider.issuer not in json.dumps(read)
        problem(served.get("/v1/orders", token=provider.token("somebody")), 401, "token-refused")
        problem(served.post("/v1/events", {}, token=provider.token()), 403, "scope-missing")
        # The secret that nobody was shown opens nothing that the provider does not.
        assert secret.startswith(f"oak_{token.id}_")


#
def test_they_are_out_when_they_are_revoked_or_over(data, provider, monkeypatch):
    with served_by(data, provider, monkeypatch) as served:
        first, _ = enrolled(served, role="compliance")
        assert served.get("/v1/orders", token=provider.token()).status_code == 200
        second, _ = enrolled(served, role="operator")
        problem(served.get("/v1/orders", token=provider.token()), 403, "scope-missing")
        tokens.revoke(served.store, second.id, "tester")

        problem(served.get("/v1/orders", token=provider.token()), 401, "token-refused")
        assert first.revoked_at is None  # the newest alone counts

    with pytest.raises(CommandError, match="sub"):
        enrolled(served, subject="a\nb")


#
def test_another_tenant_of_the_same_provider_is_somebody_else(data, provider, monkeypatch):
    with served_by(data, provider, monkeypatch) as served:
        enrolled(served)
        other = provider.token(iss=provider.issuer.replace("shop", "other"))

        problem(served.get("/v1/orders", token=other), 401, "token-refused")
        problem(
            served.get("/v1/orders", token=provider.token(aud="some-client")), 401, "token-refused"
        )


#
def test_nothing_is_fetched_for_what_a_token_says(data, provider, monkeypatch):
    with served_by(data, provider, monkeypatch) as served:
        enrolled(served)
        assert served.get("/v1/orders", token=provider.token()).status_code == 200
        asked = len(provider.asked)
        for n in range(20):
            for own in (f"unknown-{n}", "../../x", f"{provider.issuer}/evil"):
                answer = served.get("/v1/orders", token=provider.token(kid=own))
                assert answer.status_code in (401, 429)
        assert set(provider.asked) == {
            "/realms/shop/.well-known/openid-configuration", "/realms/shop/keys",
        }  # fmt: skip
        assert len(provider.asked) - asked <= 2


def test_a_new_key_is_found_and_an_old_one_forgotten(data, provider, monkeypatch):
    monkeypatch.setattr(provider_keys, "PAUSE", 0.0)
    with served_by(data, provider, monkeypatch) as served:
        enrolled(served)
        assert served.get("/v1/orders", token=provider.token()).status_code == 200
        provider.now = KEYS[1:]

        assert served.get("/v1/orders", token=provider.token(key=1)).status_code == 200
        problem(served.get("/v1/orders", token=provider.token(key=0)), 401, "token-refused")


# N-09
def test_a_provider_that_is_away_is_believed_for_an_hour(data, provider, monkeypatch):
    now = [1_000.0]
    monkeypatch.setattr(provider_keys, "_now", lambda: now[0])
    with served_by(data, provider, monkeypatch) as served:
        enrolled(served)
        assert served.get("/v1/orders", token=provider.token()).status_code == 200
        provider.answers = {"/realms/shop/.well-known/openid-configuration": (503, {}, b"")}
        now[0] += provider_keys.KEPT - 1

        assert served.get("/v1/orders", token=provider.token()).status_code == 200
        problem(served.get("/v1/orders", token=provider.token(aud="x")), 401, "token-refused")
        now[0] += 2
        answer = served.get("/v1/orders", token=provider.token())
        problem(answer, 503, "unavailable")
        assert answer.headers["retry-after"] == "10"
        assert served.get("/v1/orders").status_code == 200  # a token of ours needs no provider
        provider.answers = {}
        now[0] += provider_keys.PAUSE
        assert served.get("/v1/orders", token=provider.token()).status_code == 200


#
@pytest.mark.parametrize(
    "place", ["/realms/shop/.well-known/openid-configuration", "/realms/shop/keys"]
)
@pytest.mark.parametrize(
    "answer",
    [
        (302, {"Location": "/evil"}, b""),
        (200, {}, b"x" * 300_000),
        (200, {}, b"[" * 100_000),
        (200, {}, b"\xff\xfe"),
        (200, {}, b'{"keys": 7, "issuer": 7}'),
        (200, {}, b'{"issuer": "https://evil.example", "jwks_uri": "https://evil.example/keys"}'),
        (404, {}, b""),
    ],
    ids=["redirect", "huge", "deep", "no text", "wrong", "another issuer", "nothing"],
)  # fmt: skip
def test_a_provider_that_answers_garbage_lets_nobody_in(
    data, provider, monkeypatch, place, answer, capsys
):
    provider.answers = {place: answer}
    with served_by(data, provider, monkeypatch) as served:
        enrolled(served)
        problem(served.get("/v1/orders", token=provider.token()), 503, "unavailable")
    assert "/evil" not in provider.asked
    assert "the keys of the identity provider cannot be read" in capsys.readouterr().err


#
def test_keys_at_another_host_are_asked_for_only_where_somebody_said_so(
    data, provider, monkeypatch
):
    elsewhere = Provider()
    url = f"{elsewhere.issuer}/keys"
    provider.answers = {
        "/realms/shop/.well-known/openid-configuration": provider.json(
            {"issuer": provider.issuer, "jwks_uri": url}
        )
    }
    try:
        with served_by(data, provider, monkeypatch) as served:
            enrolled(served)
            problem(served.get("/v1/orders", token=provider.token()), 503, "unavailable")
            assert elsewhere.asked == []
        with served_by(data, provider, monkeypatch, keys_url=url) as served:
            assert served.get("/v1/orders", token=provider.token()).status_code == 200
            assert elsewhere.asked == ["/realms/shop/keys"]
    finally:
        elsewhere.close()


def test_a_person_logs_in_to_the_pages_for_as_long_as_their_token_counts(
    data,
    record,  # noqa: F811
    provider,
    monkeypatch,
):
    record(story("1"))
    with served_by(data, provider, monkeypatch) as served:
        token, _ = enrolled(served)
        until = datetime.now(UTC) + timedelta(seconds=300)
        with httpx.Client(base_url=served.url, trust_env=False) as browser:
            login = browser.post("/login", data={"token": provider.token()})
            assert login.status_code == 303
            cookie = {"Cookie": login.headers["set-cookie"].partition(";")[0]}
            assert browser.get("/orders/de/1", headers=cookie).status_code == 200
            with served.store.connection.cursor() as cursor:
                cursor.execute("SELECT token, expires_at FROM sessions")
                [(own, ends)] = cursor.fetchall()
            served.store.connection.rollback()
            assert own == token.id
            assert ends <= until + timedelta(seconds=1)
            tokens.revoke(served.store, token.id, "tester")
            wrong = browser.post("/login", data={"token": provider.token()})
            assert wrong.status_code == 401


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"audience": ""}, "go together"),
        ({"issuer": ""}, "go together"),
        ({"issuer": "http://id.example.com"}, "https"),
        ({"issuer": "id.example.com"}, "https"),
        ({"issuer": "https://user@id.example.com"}, "login"),
        ({"keys_url": "ftp://id.example.com/keys"}, "https"),
    ],
)
def test_settings_that_could_not_be_safe_are_refused(data, provider, monkeypatch, settings, told):
    with (
        pytest.raises(CommandError, match=told),
        served_by(data, provider, monkeypatch, **settings),
    ):
        pass


def test_without_a_provider_nobody_can_be_named_and_no_signed_token_counts(data, provider):
    with reading(data) as served:
        problem(served.get("/v1/orders", token=provider.token()), 401, "token-missing")
        with pytest.raises(CommandError, match="oidc_issuer"):
            enrolled(served)
    assert provider.asked == []
