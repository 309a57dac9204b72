"""What is answered: the shapes of the read API, from which its description is made as well."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

Hex = Annotated[str, Meta(pattern="^[0-9a-f]*$")]
Position = Annotated[int, Meta(ge=0, description="Number of an event in the whole log, from 1.")]


class Window(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """The days that a list is about, UTC; null where it is open."""

    from_: str | None = None
    to: str | None = None


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order in a list. Amounts are in minor units of `currency`."""

    shop: str
    order: str
    status: str
    placed_at: str | None
    closed_at: str | None
    currency: str | None
    total: int | None
    captured: int
    refunded: int
    open_refunds: int
    events: int
    recorded_at: str
    position: Position


class Orders(msgspec.Struct, frozen=True, kw_only=True):
    """A page of orders, the newest first, by the day of their first event."""

    as_of: Position
    items: list[Order]
    next: str | None
    window: Window
    outside_window: int
    masked_fields: int = 0


class OneOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order as of a position."""

    as_of: Position
    head: Hex
    version: int
    order: Order


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded event. Personal data is masked: `sealed` tells that some is there."""

    position: Position
    shop: str | None
    order: str | None
    version: int
    type: str
    source: str
    id: str
    occurred_at: str
    recorded_at: str
    data: dict[str, Any]
    sealed: bool
    hash: Hex


class TimelineEvent(Event, frozen=True, kw_only=True):
    """An event in its order's timeline."""

    erased: list[str]
    flags: list[str]


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """A page of an order's events, the oldest first."""

    as_of: Position
    shop: str
    order: str
    head: Hex
    items: list[TimelineEvent]
    next: str | None
    window: Window
    outside_window: int
    masked_fields: int


class Events(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the log, the oldest first."""

    as_of: Position
    items: list[Event]
    next: str | None
    window: Window
    outside_window: int
    masked_fields: int


class OneEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event, and the line as it was hashed."""

    event: Event
    line: str
    prev: Hex


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A signed state of the log. Source: C2SP tlog-checkpoint."""

    origin: str
    size: int
    root: Hex
    note: str


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """An archive run, and the size of the log that it signed."""

    size: int
    at: str
    layout: str | None
    manifest: str | None
    position: Position


class Runs(msgspec.Struct, frozen=True, kw_only=True):
    """A page of archive runs, the newest first."""

    as_of: Position
    items: list[Run]
    next: str | None
    window: Window
    outside_window: int = 0
    masked_fields: int = 0


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """That a signed checkpoint holds an event. Source: RFC 6962, 2.1.1; RFC 9162, 2.1.3.2.

    `hash` is the SHA-256 of `line`, `leaf_hash` that of a zero byte and `entry`; `path` leads from
    there to the checkpoint's root.
    """

    position: Position
    line: str
    hash: Hex
    entry: str
    leaf_index: int
    leaf_hash: Hex
    tree_size: int
    path: list[Hex]
    root: Hex
    checkpoint: str


class Consistency(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """That the log at one size begins with all of a smaller one. Source: RFC 6962, 2.1.2."""

    from_: int
    to: int
    from_root: Hex
    to_root: Hex
    path: list[Hex]
    checkpoint: str


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A key that signs checkpoints, and the sizes of the log for which it counts."""

    key: str
    vkey: str
    type: str
    from_size: int
    to_size: int | None
    status: str
    since: str | None


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """The keyring: whom to believe, and the fingerprint to compare with one you got elsewhere."""

    origin: str
    keyring: int
    fingerprint: Hex
    keys: list[Key]
    witnesses: list[str]
    envelope: str


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody looked at an order."""

    order: str
    who: str
    role: str
    at: str
    fields: str
    reason: str | None
    position: Position


class Reads(msgspec.Struct, frozen=True, kw_only=True):
    """Who looked at the orders of a subject, the oldest first."""

    as_of: Position
    items: list[Read]
    next: str | None = None
    window: Window
    outside_window: int = 0
    masked_fields: int = 0


class Engagement(msgspec.Struct, frozen=True, kw_only=True):
    """What this token may see."""

    token: str
    role: str
    label: str
    shops: list[str]
    window: Window
    fields: list[str]
    purpose: str | None
    expires_at: str


_KINDS = (
    Orders, OneOrder, Timeline, Events, OneEvent, Checkpoint, Runs, Proof, Consistency, Keys, Reads,
    Engagement,
)  # fmt: skip


def schemas(*more: type[msgspec.Struct]) -> Mapping[str, Any]:
    """Return the JSON schemas of all answers, and of those of other modules, by name."""
    kinds = (*_KINDS, *more)
    _, found = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    return found


def answer(kind: type[msgspec.Struct], description: str) -> dict[str, Any]:
    """Return what an operation answers with, for its description."""
    schema = {"$ref": f"#/components/schemas/{kind.__name__}"}
    return {"description": description, "content": {"application/json": {"schema": schema}}}
