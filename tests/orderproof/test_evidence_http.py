"""Files that staff attach over HTTP: kept once, sealed, and handed out for a reason."""

import hashlib

import pytest

from tests.api.test_intake import problem
from tests.domain.test_media_type import PNG
from tests.orderproof.reading_scene import reading
from tests.orderproof.test_auditing import record, story  # noqa: F401

AT = "/v1/orders/de/1/evidence"
CANARY = "canary-7f3a"
NAMED = f"attachment; filename*=UTF-8''{CANARY}%20%E9%93%B6%E8%A1%8C.png; note=\"says {CANARY}\""


@pytest.fixture
def served(data, record, monkeypatch):  # noqa: F811
    monkeypatch.setenv("ORDERPROOF_EVIDENCE_MAX_MIB", "1")
    record(story("1"), story("1", shop="fr"))
    with reading(data) as found:
        yield found


def send(served, body, role="support", at=AT, named=NAMED, token=None, **parameters):
    sent = {
        "Authorization": f"Bearer {token or served.token(role)}",
        "Content-Type": "application/octet-stream",
        "Content-Disposition": named,
    }
    return served.client.post(at, content=body, params=parameters or None, headers=sent)


def attached(served):
    return served.get("/v1/events", type="evidence.attached").json()["items"]


def test_a_file_is_attached_once_and_its_name_is_sealed(served, orderproof, data):
    first = send(served, PNG, kind="screenshot")
    again = send(served, PNG, kind="other", named="attachment")

    assert first.status_code == 200, first.text
    told = first.json()
    assert (told["new"], told["media_type"], told["kind"]) == (True, "image/png", "screenshot")
    assert told["sha256"] == hashlib.sha256(PNG).hexdigest()
    assert again.json() == {**told, "new": False}
    listed = served.get(AT)
    assert listed.json()["items"] == [{**told, "new": False}]
    assert len(attached(served)) == 1
    assert CANARY not in first.text + listed.text
    by_command = orderproof("evidence", "list", "de/1", "--data", data, "--json")
    [kept] = by_command.json["attachments"]
    assert (kept["name"], kept["note"]) == (f"{CANARY} 银行.png", f"says {CANARY}")
    by_command = orderproof("evidence", "list", "fr/1", "--data", data, "--json")
    assert by_command.json["attachments"] == []


#
def test_a_file_is_handed_out_as_a_download_for_a_reason(served):
    page = b"From: a@example.com\r\nSubject: x\r\n\r\n<script>alert(1)</script>\r\n"
    own = send(served, page, named='attachment; filename="x.eml"').json()["id"]
    why = {"reason": "claim C-118: the bank asks for it"}

    answer = served.post(f"{AT}/{own}/open", why, role="compliance")

    assert answer.content == page
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == f'attachment; filename="evidence-{own}.eml"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    reads = served.get("/v1/reads", subject="de/1").json()["items"]
    assert ("compliance", "contact", why["reason"]) in [
        (read["role"], read["fields"], read["reason"]) for read in reads
    ]
    problem(served.post(f"{AT}/{own}/open", {}, role="compliance"), 422, "invalid")
    problem(served.post(f"{AT}/{own}/open", why, role="auditor"), 403, "scope-missing")
    french = served.token("compliance", shops=["fr"])
    problem(served.post(f"{AT}/{own}/open", why, token=french), 404, "not-found")
    elsewhere = f"/v1/orders/fr/1/evidence/{own}/open"
    problem(served.post(elsewhere, why, role="compliance"), 404, "not-found")


def test_what_is_not_kept_is_refused_and_leaves_nothing(served):
    problem(send(served, b""), 422, "invalid")
    problem(send(served, b"x" * ((1 << 20) + 1)), 413, "too-large")
    problem(send(served, b"MZ" + bytes(100)), 415, "media-type")
    problem(send(served, b"<svg onload=alert(1)>"), 415, "media-type")
    problem(send(served, PNG, role="auditor"), 403, "scope-missing")
    problem(send(served, PNG, at="/v1/orders/de/none/evidence"), 404, "not-found")
    french = served.token("support", shops=["fr"])
    problem(send(served, PNG, token=french), 404, "not-found")
    for wrong in (
        {"kind": CANARY},
        {"refund_id": CANARY},
        {"refund_id": f"{CANARY}\n"},
        {"claim_id": f"{CANARY}\u202e"},
        {"note": CANARY},
    ):
        answer = send(served, PNG, **wrong)
        problem(answer, 422, "invalid")
        assert CANARY not in answer.text
    assert attached(served) == []


@pytest.mark.parametrize("named", [
    "attachment; filename*=UTF-8''a%0D%0Ab", "attachment; filename*=UTF-8''%FF",
    "attachment; filename*=nonsense''%FF", "attachment; filename=%s" % ("x" * 3000),
    "attachment; filename*0*=a; filename*=b; filename*%s=c" % ("9" * 5000),
    "attachment; filename=\"\"", "attachment; filename*=UTF-8''%00",
])  # fmt: skip
def test_a_name_that_is_no_line_of_text_is_refused(served, named):
    problem(send(served, PNG, named=named), 422, "invalid")
    assert attached(served) == []
