"""A typed client of the HTTP API, written by generate.py from docs/reference/openapi.json."""

from typing import Any, Literal, NotRequired, TypedDict
from urllib.parse import quote

import httpx


class ProblemError(Exception):
    """An answer that tells of a problem (RFC 9457)."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('type')}: {problem.get('title')}")
        self.status = status
        self.problem = problem


class Attached(TypedDict):
    """A file that is attached to an order; its name and note are sealed."""

    by: str | None
    claim_id: str | None
    event_id: str
    id: str
    kind: str
    media_type: str
    new: NotRequired[bool]
    occurred_at: str
    order: str
    refund_id: str | None
    sealed_sha256: str | None
    sha256: str
    shop: str
    size: int
    version: int


class AttachedFiles(TypedDict):
    """What is attached to an order, the oldest first."""

    items: "list[Attached]"


class Checkpoint(TypedDict):
    """A signed state of the log. Source: C2SP tlog-checkpoint."""

    note: str
    origin: str
    root: str
    size: int


class ClaimAsked(TypedDict):
    """A claim of a customer, and how it is to be answered."""

    agent: NotRequired[str | None]
    claim_id: NotRequired[str | None]
    contact: NotRequired[str | None]
    customer: NotRequired[str | None]
    kind: NotRequired[Literal["refund-not-received"]]
    language: NotRequired[Literal["en", "zh"] | None]


class ClaimLetter(TypedDict):
    """A letter to a customer."""

    language: str
    subject: str
    text: str


class ClaimRecorded(TypedDict):
    """A claim that was answered: which answer stands, and whether it did before."""

    answer: int
    claim: dict[str, Any]
    claim_id: str
    letter: "ClaimLetter | None"
    order: str
    repeated: bool
    verdict: str


class CommandAsked(TypedDict):
    """A command: the type of the event that it becomes, and that event's data."""

    command_id: NotRequired[str | None]
    data: dict[str, Any]
    type: str


Consistency = TypedDict(
    "Consistency",
    {
        "checkpoint": str,
        "from": int,
        "from_root": str,
        "path": list[str],
        "to": int,
        "to_root": str,
    },
)


class Done(TypedDict):
    """A command that was carried out: what became of it, and whether it was before."""

    command_id: str
    order: str
    position: int
    repeated: bool
    type: str
    version: int


class Engagement(TypedDict):
    """What this token may see."""

    expires_at: str
    fields: list[str]
    label: str
    purpose: str | None
    role: str
    shops: list[str]
    token: str
    window: "Window"


class Event(TypedDict):
    """A recorded event. Personal data is masked: `sealed` tells that some is there."""

    data: dict[str, Any]
    hash: str
    id: str
    occurred_at: str
    order: str | None
    position: int
    recorded_at: str
    sealed: bool
    shop: str | None
    source: str
    type: str
    version: int


class Events(TypedDict):
    """A page of the log, the oldest first."""

    as_of: int
    items: "list[Event]"
    masked_fields: int
    next: str | None
    outside_window: int
    window: "Window"


class EvidenceAsked(TypedDict):
    """Why a file is opened."""

    reason: str


ExportAsked = TypedDict(
    "ExportAsked",
    {
        "bom": NotRequired[bool],
        "format": NotRequired[Literal["csv", "jsonl", "parquet", "xlsx"]],
        "from": NotRequired[str | None],
        "kind": Literal["contacts", "events", "orders", "refunds"],
        "reason": str,
        "shop": NotRequired[str | None],
        "to": NotRequired[str | None],
    },
)


Job = TypedDict(
    "Job",
    {
        "as_of": int,
        "created_at": str,
        "error": str | None,
        "expected": int,
        "expires_at": str | None,
        "file": str | None,
        "finished_at": str | None,
        "format": str,
        "from": str | None,
        "id": str,
        "kind": str,
        "manifest_sha256": str | None,
        "media_type": str,
        "reason": str,
        "rows": int,
        "shop": str | None,
        "started_at": str | None,
        "state": Literal["done", "expired", "failed", "queued", "running"],
        "to": str | None,
    },
)


class JobList(TypedDict):
    """The exports of a token, the newest first."""

    items: "list[Job]"


class Key(TypedDict):
    """A key that signs checkpoints, and the sizes of the log for which it counts."""

    from_size: int
    key: str
    since: str | None
    status: str
    to_size: int | None
    type: str
    vkey: str


class Keys(TypedDict):
    """The keyring: whom to believe, and the fingerprint to compare with one you got elsewhere."""

    envelope: str
    fingerprint: str
    keyring: int
    keys: "list[Key]"
    origin: str
    witnesses: list[str]


Kind = Literal["screenshot", "handover_note", "statement", "recording", "label", "other"]


class OneEvent(TypedDict):
    """An event, and the line as it was hashed."""

    event: "Event"
    line: str
    prev: str


class OneOrder(TypedDict):
    """An order as of a position."""

    as_of: int
    head: str
    order: "Order"
    version: int


class Order(TypedDict):
    """An order in a list. Amounts are in minor units of `currency`."""

    captured: int
    closed_at: str | None
    currency: str | None
    events: int
    open_refunds: int
    order: str
    placed_at: str | None
    position: int
    recorded_at: str
    refunded: int
    shop: str
    status: str
    total: int | None


class Orders(TypedDict):
    """A page of orders, the newest first, by the day of their first event."""

    as_of: int
    items: "list[Order]"
    masked_fields: NotRequired[int]
    next: str | None
    outside_window: int
    window: "Window"


class Preview(TypedDict):
    """What an export would hold, before it is asked for."""

    as_of: int
    columns: list[str]
    events: int
    left_out_by_filter: int
    masked: str
    orders: int
    sample: list[dict[str, Any]]


class Problem(TypedDict):
    """RFC 9457 problem details."""

    detail: NotRequired[str]
    errors: NotRequired[list[dict[str, Any]]]
    status: int
    title: str
    type: str


class Proof(TypedDict):
    """That a signed checkpoint holds an event. Source: RFC 6962, 2.1.1; RFC 9162, 2.1.3.2."""

    checkpoint: str
    entry: str
    hash: str
    leaf_hash: str
    leaf_index: int
    line: str
    path: list[str]
    position: int
    root: str
    tree_size: int


class Read(TypedDict):
    """Somebody looked at an order."""

    at: str
    fields: str
    order: str
    position: int
    reason: str | None
    role: str
    who: str


class Reads(TypedDict):
    """Who looked at the orders of a subject, the oldest first."""

    as_of: int
    items: "list[Read]"
    masked_fields: NotRequired[int]
    next: NotRequired[str | None]
    outside_window: NotRequired[int]
    window: "Window"


class RevealAsked(TypedDict):
    """What is to be seen, and why."""

    fields: NotRequired[list[Literal["contact", "fraud", "tax"]]]
    reason: str


class Revealed(TypedDict):
    """An order's events with personal data, as far as it was not erased."""

    fields: list[str]
    items: "list[TimelineEvent]"
    order: str
    shop: str


class Run(TypedDict):
    """An archive run, and the size of the log that it signed."""

    at: str
    layout: str | None
    manifest: str | None
    position: int
    size: int


class Runs(TypedDict):
    """A page of archive runs, the newest first."""

    as_of: int
    items: "list[Run]"
    masked_fields: NotRequired[int]
    next: str | None
    outside_window: NotRequired[int]
    window: "Window"


class SearchAsked(TypedDict):
    """What orders are looked for by, and why."""

    key: str
    reason: str


class SearchFound(TypedDict):
    """Orders, the newest first, masked."""

    as_of: int
    items: "list[Order]"
    more: bool
    understood: Literal["person", "reference"]


class Timeline(TypedDict):
    """A page of an order's events, the oldest first."""

    as_of: int
    head: str
    items: "list[TimelineEvent]"
    masked_fields: int
    next: str | None
    order: str
    outside_window: int
    shop: str
    window: "Window"


class TimelineEvent(TypedDict):
    """An event in its order's timeline."""

    data: dict[str, Any]
    erased: list[str]
    flags: list[str]
    hash: str
    id: str
    occurred_at: str
    order: str | None
    position: int
    recorded_at: str
    sealed: bool
    shop: str | None
    source: str
    type: str
    version: int


Window = TypedDict(
    "Window",
    {
        "from": NotRequired[str | None],
        "to": NotRequired[str | None],
    },
)


class Client:
    """Asks a service with a token.

    Args:
        url: of the service, such as `http://127.0.0.1:8080`.
        token: of the role that is needed.
    """

    def __init__(self, url: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=60)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _ask(
        self, method: str, path: str, parameters: dict[str, Any], body: object = None
    ) -> httpx.Response:
        given = {name: value for name, value in parameters.items() if value is not None}
        if isinstance(body, bytes):
            answer = self._http.request(method, path, params=given, content=body)
        else:
            answer = self._http.request(method, path, params=given, json=body)
        if answer.is_error:
            raise ProblemError(answer.status_code, answer.json())
        return answer

    def list_checkpoints(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> "Runs":
        """List the archive's runs, each with the size of the log that it signed, newest first."""
        answer = self._ask("GET", "/v1/checkpoints", {"limit": limit, "cursor": cursor})
        found: "Runs" = answer.json()
        return found

    def get_latest_checkpoint(
        self,
    ) -> "Checkpoint":
        """Return the newest signed state of the log, to keep and compare later."""
        answer = self._ask("GET", "/v1/checkpoints/latest", {})
        found: "Checkpoint" = answer.json()
        return found

    def get_checkpoint(
        self,
        size: int,
    ) -> "Checkpoint":
        """Return the signed state of the log at a size at which one was signed."""
        answer = self._ask("GET", f"/v1/checkpoints/{quote(str(size), safe='')}", {})
        found: "Checkpoint" = answer.json()
        return found

    def prove_consistency(
        self,
        size: int,
        from_: int,
    ) -> "Consistency":
        """Prove that the log at a size begins with all of what it was at a smaller one."""
        answer = self._ask(
            "GET", f"/v1/checkpoints/{quote(str(size), safe='')}/consistency", {"from": from_}
        )
        found: "Consistency" = answer.json()
        return found

    def get_engagement(
        self,
    ) -> "Engagement":
        """Tell what this token may see, for what, and until when."""
        answer = self._ask("GET", "/v1/engagements/me", {})
        found: "Engagement" = answer.json()
        return found

    def list_events(
        self,
        *,
        type: str | None = None,
        shop: str | None = None,
        after: int | None = None,
        as_of: int | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> "Events":
        """Walk the log, the oldest first, up to the position at which the walk began."""
        answer = self._ask(
            "GET",
            "/v1/events",
            {
                "type": type,
                "shop": shop,
                "after": after,
                "as_of": as_of,
                "limit": limit,
                "cursor": cursor,
            },
        )
        found: "Events" = answer.json()
        return found

    def record_events(
        self,
        body: dict[str, Any],
    ) -> dict[str, Any]:
        """Record one CloudEvent, or a batch of them."""
        answer = self._ask("POST", "/v1/events", {}, body)
        found: dict[str, Any] = answer.json()
        return found

    def get_event(
        self,
        id: str,
        *,
        source: str | None = None,
    ) -> "OneEvent":
        """Return an event by its id, or by its position where no event has that id."""
        answer = self._ask("GET", f"/v1/events/{quote(str(id), safe='')}", {"source": source})
        found: "OneEvent" = answer.json()
        return found

    def prove_event(
        self,
        id: str,
        *,
        source: str | None = None,
    ) -> "Proof":
        """Prove that the newest signed checkpoint holds an event."""
        answer = self._ask("GET", f"/v1/events/{quote(str(id), safe='')}/proof", {"source": source})
        found: "Proof" = answer.json()
        return found

    def list_exports(
        self,
    ) -> "JobList":
        """List the exports that this token asked for."""
        answer = self._ask("GET", "/v1/exports", {})
        found: "JobList" = answer.json()
        return found

    def start_export(
        self,
        body: "ExportAsked",
    ) -> "Job":
        """Start an export, pinned to what is recorded by now. It goes on without the caller."""
        answer = self._ask("POST", "/v1/exports", {}, body)
        found: "Job" = answer.json()
        return found

    def preview_export(
        self,
        body: "ExportAsked",
    ) -> "Preview":
        """Tell what an export would hold: counts, what is left out, its first rows."""
        answer = self._ask("POST", "/v1/exports/preview", {}, body)
        found: "Preview" = answer.json()
        return found

    def get_export(
        self,
        id: str,
    ) -> "Job":
        """Tell how far an export is. One without a manifest is incomplete, and is not given out."""
        answer = self._ask("GET", f"/v1/exports/{quote(str(id), safe='')}", {})
        found: "Job" = answer.json()
        return found

    def download_export(
        self,
        id: str,
        part: Literal["data", "manifest", "signature"],
    ) -> bytes:
        """Download a finished export, its manifest or the signature, whole or from a byte on."""
        answer = self._ask(
            "GET", f"/v1/exports/{quote(str(id), safe='')}/{quote(str(part), safe='')}", {}
        )
        return answer.content

    def list_keys(
        self,
    ) -> "Keys":
        """Return the keys that sign the log, and the keyring's own envelope."""
        answer = self._ask("GET", "/v1/keys", {})
        found: "Keys" = answer.json()
        return found

    def list_orders(
        self,
        *,
        q: str | None = None,
        shop: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        as_of: int | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> "Orders":
        """List orders, the newest first. A page after the first shows the state of the first."""
        answer = self._ask(
            "GET",
            "/v1/orders",
            {
                "q": q,
                "shop": shop,
                "from": from_,
                "to": to,
                "as_of": as_of,
                "limit": limit,
                "cursor": cursor,
            },
        )
        found: "Orders" = answer.json()
        return found

    def get_order(
        self,
        shop: str,
        number: str,
        *,
        as_of: int | None = None,
    ) -> "OneOrder":
        """Return an order's state. Its ETag is the hash of its newest event."""
        answer = self._ask(
            "GET",
            f"/v1/orders/{quote(str(shop), safe='')}/{quote(str(number), safe='')}",
            {"as_of": as_of},
        )
        found: "OneOrder" = answer.json()
        return found

    def answer_claim(
        self,
        shop: str,
        number: str,
        *,
        day: str | None = None,
        lang: str | None = None,
    ) -> dict[str, Any]:
        """Answer "my refund never came" for an order."""
        answer = self._ask(
            "GET",
            f"/v1/orders/{quote(str(shop), safe='')}/{quote(str(number), safe='')}/claim",
            {"day": day, "lang": lang},
        )
        found: dict[str, Any] = answer.json()
        return found

    def record_claim(
        self,
        shop: str,
        number: str,
        body: "ClaimAsked",
    ) -> "ClaimRecorded":
        """Answer a claim and record it; an order of somebody else is as one that is not there."""
        answer = self._ask(
            "POST",
            f"/v1/orders/{quote(str(shop), safe='')}/{quote(str(number), safe='')}/claims",
            {},
            body,
        )
        found: "ClaimRecorded" = answer.json()
        return found

    def carry_out_command(
        self,
        shop: str,
        number: str,
        body: "CommandAsked",
    ) -> "Done":
        """Carry out a command of the order desk; who gave it is in the event."""
        answer = self._ask(
            "POST",
            f"/v1/orders/{quote(str(shop), safe='')}/{quote(str(number), safe='')}/commands",
            {},
            body,
        )
        found: "Done" = answer.json()
        return found

    def list_events_of_order(
        self,
        shop: str,
        number: str,
        *,
        as_of: int | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> "Timeline":
        """List an order's events, the oldest first, personal data masked."""
        answer = self._ask(
            "GET",
            f"/v1/orders/{quote(str(shop), safe='')}/{quote(str(number), safe='')}/events",
            {"as_of": as_of, "limit": limit, "cursor": cursor},
        )
        found: "Timeline" = answer.json()
        return found

    def list_evidence(
        self,
        shop: str,
        number: str,
    ) -> "AttachedFiles":
        """List what is attached to an order; names and notes are not shown."""
        answer = self._ask(
            "GET",
            f"/v1/orders/{quote(str(shop), safe='')}/{quote(str(number), safe='')}/evidence",
            {},
        )
        found: "AttachedFiles" = answer.json()
        return found

    def attach_evidence(
        self,
        shop: str,
        number: str,
        body: bytes,
        *,
        kind: "Kind | None" = None,
        refund_id: str | None = None,
        claim_id: str | None = None,
    ) -> "Attached":
        """Attach a file, as the body is; its first bytes decide what it is."""
        answer = self._ask(
            "POST",
            f"/v1/orders/{quote(str(shop), safe='')}/{quote(str(number), safe='')}/evidence",
            {"kind": kind, "refund_id": refund_id, "claim_id": claim_id},
            body,
        )
        found: "Attached" = answer.json()
        return found

    def open_evidence(
        self,
        shop: str,
        number: str,
        id: str,
        body: "EvidenceAsked",
    ) -> bytes:
        """Hand out a file that somebody attached. Who asked, when and why is on the record."""
        answer = self._ask(
            "POST",
            f"/v1/orders/{quote(str(shop), safe='')}/{quote(str(number), safe='')}/evidence/{quote(str(id), safe='')}/open",
            {},
            body,
        )
        return answer.content

    def download_history(
        self,
        shop: str,
        number: str,
        *,
        revision: int | None = None,
    ) -> bytes:
        """Download an order's sealed history; `orderproof verify FILE` checks it offline."""
        answer = self._ask(
            "GET",
            f"/v1/orders/{quote(str(shop), safe='')}/{quote(str(number), safe='')}/history",
            {"revision": revision},
        )
        return answer.content

    def reveal_personal_data(
        self,
        shop: str,
        number: str,
        body: "RevealAsked",
    ) -> "Revealed":
        """Show personal data of one order. Who asked, when and why can be read by `/v1/reads`."""
        answer = self._ask(
            "POST",
            f"/v1/orders/{quote(str(shop), safe='')}/{quote(str(number), safe='')}/reveal",
            {},
            body,
        )
        found: "Revealed" = answer.json()
        return found

    def list_reads(
        self,
        subject: str,
        *,
        as_of: int | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> "Reads":
        """Tell who looked at an order over HTTP or at the desk, when, and why; the oldest first."""
        answer = self._ask(
            "GET",
            "/v1/reads",
            {"subject": subject, "as_of": as_of, "limit": limit, "cursor": cursor},
        )
        found: "Reads" = answer.json()
        return found

    def search_orders(
        self,
        body: "SearchAsked",
    ) -> "SearchFound":
        """Find orders by any reference or by their person; nobody is found by a part of a name."""
        answer = self._ask("POST", "/v1/search", {}, body)
        found: "SearchFound" = answer.json()
        return found
