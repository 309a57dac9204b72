"""The story that the examples of the API are recorded from, told to a service over HTTP."""

import json
import re
import time
from datetime import date
from urllib.parse import quote

from orderproof import tokens
from tests.orderproof import example_requests as sent
from tests.orderproof.example_requests import NUMBER, REASON, SHOP, SUBJECT

JSON = "application/json"
BYTES = "application/octet-stream"
PROBLEM = "application/problem+json"
ORDER = {"shop": SHOP, "number": NUMBER}
ROLES = {"intake": "intake", "desk": "service", "personal data": "service", "health": None}
TEXT = ("text/", BYTES)
LARGEST = 1 << 20
"""Bytes of evidence, as the service of the story is set up."""


class Recorder:
    """Asks a service and keeps what was asked and answered, by the id of the operation."""

    def __init__(self, served):
        self.served = served
        self.document = served.client.get("/openapi.json").json()
        self.operations = {
            way["operationId"]: (method.upper(), path, way)
            for path, ways in self.document["paths"].items()
            for method, way in ways.items()
        }
        self.kept = {}
        own = served.engagement(
            shops=[SHOP], days=(date(2025, 1, 1), date(2025, 12, 31)), purpose="refunds of 2025"
        )

        def token(role, label, shops=(), engagement=None):
            return tokens.make(served.store, role, shops, label, 1, "operator", engagement)[1]

        self.tokens = {
            "auditor": token("auditor", "audit of 2025", engagement=own),
            "intake": token("intake", "the shop's plugin", [SHOP]),
            "service": token("service", "the help desk"),
            None: None,
        }

    def token(self, name):
        tag = self.operations[name][2]["tags"][0]
        return self.tokens[ROLES.get(tag, "auditor")]

    def send(self, name, parameters=None, content=None, media_type=None, headers=None, token=...):
        """Send a request as an operation describes it, and return its answer."""
        method, path, _ = self.operations[name]
        given = dict(parameters or {})
        filled = re.sub(r"{(\w+)}", lambda part: quote(str(given.pop(part[1])), safe=""), path)
        token = self.token(name) if token is ... else token
        sent_headers = {"Content-Type": media_type} if media_type else {}
        sent_headers |= {"Authorization": f"Bearer {token}"} if token else {}
        return self.served.client.request(
            method, filled, params=given, content=content, headers=sent_headers | (headers or {})
        )

    def ask(self, name, parameters=None, body=None, media_type=JSON, as_name="story", summary="",
            raw=None, headers=None):  # fmt: skip
        """Ask, and keep the request and the first answer as an example."""
        raw = raw if raw is not None else encoded(body)
        answer = self.send(
            name, parameters, raw, media_type if body is not None else None, headers
        )  # fmt: skip
        assert answer.is_success, (name, answer.status_code, answer.text)
        kept = self.about(name)
        kept["parameters"] = {**(parameters or {}), **kept["parameters"]}
        if body is not None:
            example = {"summary": summary, "value": body}
            if headers:
                example["x-headers"] = headers
            kept["requests"].setdefault(media_type, {})[as_name] = example
        self.keep(name, answer, as_name, summary)
        return answer

    def about(self, name):
        return self.kept.setdefault(name, {"parameters": {}, "requests": {}, "answers": {}})

    def keep(self, name, answer, as_name, summary):
        kind = answer.headers["content-type"].partition(";")[0]
        described = self.operations[name][2]["responses"][str(answer.status_code)]["content"]
        assert kind in described, (name, kind)
        if kind.endswith("json"):
            value = answer.json()
        elif kind.startswith(TEXT):
            value = answer.text
        else:
            return
        answers = self.about(name)["answers"].setdefault(str(answer.status_code), {})
        answers.setdefault(kind, {})[as_name] = {
            "summary": summary or "As recorded",
            "value": value,
        }

    def refuse(self, name, parameters=None, content=None, media_type=None, headers=None):
        """Ask what is refused, and keep the problem as an example."""
        answer = self.send(name, parameters, content, media_type, headers)
        told = answer.json()
        assert answer.headers["content-type"] == PROBLEM, (name, answer.text)
        self.keep(name, answer, told["type"].rpartition("/")[2], told["title"])
        return answer


def encoded(body):
    if body is None or isinstance(body, str):
        return None if body is None else body.encode()
    return json.dumps(body).encode()


def tell(served, archive):
    """Tell the story to a service, and return what was kept. `archive` archives all orders."""
    to = Recorder(served)
    _events_in(to)
    to.refuse("getLatestCheckpoint")
    archive()
    _desk(to)
    archive()
    _record(to)
    _proofs(to)
    _exports(to)
    _health(to)
    _refused(to)
    return to


def _events_in(to):
    to.ask("recordEvents", body=sent.PLACED, media_type="application/cloudevents+json",
           as_name="structured", summary="One event: an order is placed")  # fmt: skip
    to.ask("recordEvents", body=sent.BATCH, media_type="application/cloudevents-batch+json",
           as_name="batch", summary="Several events: it is paid and refunded")  # fmt: skip
    to.ask("recordEvents", body=sent.SETTLED["data"], as_name="binary", headers=sent.BINARY,
           summary="Binary mode, attributes as ce- headers: the refund settles")  # fmt: skip
    said = {"stripe": "A payment provider: Stripe", "shopify": "A shop: Shopify",
            "easypost": "A carrier: EasyPost", "alipay": "A form: Alipay"}  # fmt: skip
    for source, summary in said.items():
        kind, shown, raw, headers = sent.hook(source)
        to.ask("receiveWebhook", {"source": source, "shop": SHOP}, shown, kind, source, summary,
               raw, headers)  # fmt: skip


def _desk(to):
    to.ask("carryOutCommand", ORDER, sent.COMMAND, summary="The order gets an owner")
    to.ask("recordClaim", ORDER, sent.CLAIM, summary="The customer says no refund came")
    made = to.ask(
        "attachEvidence", {**ORDER, "kind": "other", "refund_id": "r1", "claim_id": "C-118"},
        sent.FILE, BYTES, summary="A mail of the customer",
        headers={"Content-Disposition": sent.NAMED},
    ).json()  # fmt: skip
    to.ask("listEvidence", ORDER)
    to.ask("openEvidence", {**ORDER, "id": made["id"]}, {"reason": REASON}, summary="For a reason")
    to.ask("revealPersonalData", ORDER, sent.REVEAL, summary="How the customer can be reached")
    to.ask("searchOrders", None, sent.SEARCH, summary="By e-mail address")


def _record(to):
    answers = to.kept["recordEvents"]["answers"]["202"][JSON]
    position = answers["binary"]["value"]["events"][0]["position"]
    for name, parameters, as_of in (
        ("listOrders", {"shop": SHOP, "from": "2025-06-01", "to": "2025-06-30"}, position),
        ("listEvents", {"type": "order.placed", "shop": SHOP, "after": 0}, position),
        ("listEventsOfOrder", ORDER, position),
        ("listReads", {"subject": SUBJECT}, 10 * position),
        ("listCheckpoints", {}, None),
    ):
        pinned = {} if as_of is None else {"as_of": as_of}
        first = to.ask(name, {**parameters, **pinned, "limit": 1}, summary="The first page")
        cursor = first.json()["next"]
        to.ask(name, {**parameters, "limit": 1, "cursor": cursor}, as_name="next-page",
               summary="The page after it")  # fmt: skip
    to.kept["listOrders"]["parameters"]["q"] = NUMBER
    assert to.send("listOrders", {"q": NUMBER}).json()["items"][0]["order"] == NUMBER
    to.ask("getOrder", {**ORDER, "as_of": position})
    to.ask("answerClaim", {**ORDER, "day": "2025-06-10", "lang": "en"})
    to.ask("getEvent", {"id": sent.SETTLED["id"], "source": sent.SETTLED["source"]})
    to.ask("getEngagement")


def _proofs(to):
    to.ask("proveEvent", {"id": sent.SETTLED["id"], "source": sent.SETTLED["source"]})
    runs = to.send("listCheckpoints").json()["items"]
    sizes = sorted(each["size"] for each in runs)
    to.ask("getLatestCheckpoint")
    to.ask("getCheckpoint", {"size": sizes[-1]})
    to.ask("proveConsistency", {"size": sizes[-1], "from": sizes[0]})
    to.ask("listKeys")
    to.ask("downloadHistory", {**ORDER, "revision": 1})


def _exports(to):
    to.ask("previewExport", None, sent.EXPORT, summary="Events of a month")
    job = to.ask("startExport", None, sent.EXPORT, summary="Events of a month").json()
    for _ in range(200):
        if to.send("getExport", {"id": job["id"]}).json()["state"] == "done":
            break
        time.sleep(0.05)
    to.ask("listExports")
    to.ask("getExport", {"id": job["id"]})
    to.ask("downloadExport", {"id": job["id"], "part": "data"}, as_name="data",
           summary="The file, here CSV")  # fmt: skip
    to.ask("downloadExport", {"id": job["id"], "part": "manifest"}, as_name="manifest",
           summary="The manifest")  # fmt: skip


def _health(to):
    for name in ("lives", "isReady", "measures"):
        to.ask(name)


def _refused(to):
    """Have each operation refuse what can be refused without a fault of the store."""
    big = {"application/cloudevents+json": 8 << 20, JSON: 64 << 10}
    for name, (_, _, way) in to.operations.items():
        known = to.kept[name]
        statuses = way["responses"].keys()
        inside = {each["name"] for each in way.get("parameters", ()) if each["in"] == "path"}
        path = {key: value for key, value in known["parameters"].items() if key in inside}
        needed = {each["name"]: known["parameters"][each["name"]]
                  for each in way.get("parameters", ()) if each.get("required")}  # fmt: skip
        body = JSON if JSON in known["requests"] else None
        kind = "application/cloudevents+json" if name == "recordEvents" else body
        if "400" in statuses:
            to.refuse(name, {**needed, "cursor": "not-of-this-list"})
        if "404" in statuses and path:
            raw = encoded(next(iter(known["requests"].get(JSON, {}).values()), {}).get("value"))
            if name == "attachEvidence":
                raw, kind = sent.FILE.encode(), BYTES
            elif name == "receiveWebhook":
                path = {**path, "source": "no-such-source"}
            other = {"number": "9999", "id": "none", "size": 999}
            changed = {key: other.get(key, value) for key, value in path.items()}
            to.refuse(name, {**needed, **changed}, raw, kind)
        if name == "attachEvidence":
            to.refuse(name, path, b"", BYTES)
            to.refuse(name, path, b"x" * (LARGEST + 1), BYTES)
            to.refuse(name, path, b"PK\3\4 a document of an office", BYTES)
        elif name == "receiveWebhook":
            _refused_webhooks(to)
        elif kind:
            to.refuse(name, path, b'{"colour": "blue"}', kind)
            to.refuse(name, path, b"hello", "text/plain")
            to.refuse(name, path, b" " * (big[kind] + 1), kind)
        elif "422" in statuses:
            to.refuse(name, {**needed, "colour": "blue"})
    to.refuse("recordEvents", None, encoded({**sent.PLACED, "type": "order.closed"}),
              "application/cloudevents+json")  # fmt: skip
    other = {**sent.COMMAND, "data": {"owner": "staff-8"}}
    to.refuse("carryOutCommand", ORDER, encoded(other), JSON)
    to.send("recordEvents", None, encoded(sent.TWIN), "application/cloudevents+json")
    for name in ("getEvent", "proveEvent"):
        to.refuse(name, {"id": sent.TWIN["id"]})


def _refused_webhooks(to):
    to.refuse("receiveWebhook", {"source": "stripe", "shop": SHOP}, b"{}", JSON)
    to.refuse("receiveWebhook", {"source": "stripe", "shop": SHOP}, b"{}", JSON,
              {"Content-Encoding": "gzip"})  # fmt: skip
    to.refuse("receiveWebhook", {"source": "stripe", "shop": SHOP}, b" " * (2 << 20), JSON)
    raw = b"no JSON"
    digest = sent.base64.b64encode(
        sent.hmac.digest(sent.SECRETS["shopify"].encode(), raw, "sha256")
    )
    to.refuse("receiveWebhook", {"source": "shopify", "shop": SHOP}, raw, JSON,
              {"X-Shopify-Hmac-Sha256": digest.decode()})  # fmt: skip
