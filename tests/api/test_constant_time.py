"""A-10: how long a refusal takes does not tell how much of a guess was right."""

import ast
import hmac
import random
import re
import time
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.access import Gate, Token, make_secret
from api.cursors import Cursors
from api.problem import Problem
from sources import standard_webhooks
from sources.signing import SignatureError

ROOT = Path(__file__).parents[2]
PAIRS = 4_000
NOW = datetime(2026, 11, 27, tzinfo=UTC)


def of_a_key():
    own, digest, text = make_secret()
    token = Token(
        id=own, digest=digest, role="intake", shops=(), label="", created_at=NOW,
        expires_at=NOW + timedelta(days=1), revoked_at=None,
    )  # fmt: skip
    gate = Gate(lambda _: token, lambda: NOW)
    start = len(text) - 43

    def guess(at):
        place = start + at % 43
        return f"Bearer {text[:place]}{'A' if text[place] != 'A' else 'B'}{text[place + 1 :]}"

    return lambda header: gate.admit(header, "intake"), guess(0), guess(41)


def of_a_cursor():
    cursors = Cursors(bytes(range(32)))
    raw = urlsafe_b64decode(cursors.seal("walk", [1]) + "===")

    def guess(at):
        wrong = bytearray(raw)
        wrong[at] ^= 1
        return urlsafe_b64encode(wrong).decode().rstrip("=")

    return lambda cursor: cursors.open("walk", cursor, list[int]), guess(0), guess(15)


def of_a_webhook():
    key, body, at = bytes(range(32)), b"{}", int(NOW.timestamp())
    secret = f"whsec_{b64encode(key).decode()}"
    right = b64encode(hmac.digest(key, f"m.{at}.".encode() + body, "sha256")).decode()

    def said(signature):
        return {"webhook-id": "m", "webhook-timestamp": str(at), "webhook-signature": signature}

    def guess(place):
        other = "A" if right[place] != "A" else "B"
        return said(f"v1,{right[:place]}{other}{right[place + 1 :]}")

    def check(headers):
        standard_webhooks.check(body, headers, [secret], at)

    check(said(f"v1,{right}"))
    return check, guess(0), guess(40)


def seconds(call, guess):
    began = time.perf_counter_ns()
    with pytest.raises((Problem, SignatureError)):
        call(guess)
    return time.perf_counter_ns() - began


# Pairs that follow one another, in a sequence that chance draws, so that whatever else the machine
# does meets both alike. By chance one half is quicker; these bounds are over 30 standard deviations
# away from that, and a comparison byte by byte in Python leaves them at once.
@pytest.mark.parametrize("make", [of_a_key, of_a_cursor, of_a_webhook])
def test_a_guess_that_begins_right_takes_as_long_as_any(make):
    call, early, late = make()
    quicker = 0
    for _ in range(PAIRS):
        if random.random() < 0.5:
            first, last = seconds(call, early), seconds(call, late)
        else:
            last, first = seconds(call, late), seconds(call, early)
        quicker += first < last

    assert 0.25 < quicker / PAIRS < 0.75


def test_no_secret_is_compared_by_the_language():
    names = re.compile(r"digest|signature|secret|hmac|csrf|^mac$|mark$", re.IGNORECASE)
    files = [*(ROOT / "api").rglob("*.py"), ROOT / "sources/signing.py"]
    files += (ROOT / "sources").glob("*/signature.py")
    assert len(files) > 30
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
                said = [getattr(each, "id", getattr(each, "attr", "")) for each in
                        (node.left, *node.comparators)]  # fmt: skip
                assert not any(map(names.search, said)), f"{file}:{node.lineno}"
