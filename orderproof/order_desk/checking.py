"""The role `check`: checks orders when they are placed and each time they change."""

from collections.abc import Callable
from typing import Any

import msgspec

from domain.catalogue import OUR_SOURCE
from domain.checks.checking import check, events_of
from domain.checks.duplicates import read_ordered
from domain.checks.rules import RuleSet, read_rules
from domain.checks.subject import read_subject
from domain.event import Event, Fact
from domain.stream import POLICY_STREAM, order_name, split_order_stream, stream_id
from eventstore import keeping, log, recording, wakeup
from eventstore.connection import Connection, connect
from eventstore.writer import ROLE as WRITER
from orderproof import terminal, working
from orderproof.bootstrap import PROJECTOR, Store, catch_up
from projections import order_twin, unchecked_order

SOURCE = "/orderproof/checks"
"""The source of what checks record; refused from outside."""

SET = "policy.check_rules_set"

_TOLD_OF_TWINS = (
    "order.duplicate_suspected",
    "order.duplicate_confirmed",
    "order.duplicate_dismissed",
)
READ = (unchecked_order.UNCHECKED_ORDER.name, order_twin.ORDER_TWIN.name)
"""The read models that tell what is to be checked."""

_ORDERS = 500
_SAFETY_NET = 5.0


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one order's checks.

    Args:
        order: `shop/number`.
        failed: ids of the checks that it did not pass.
        suspected: orders that it may be another one of.
        raised: how many exceptions were raised.
    """

    order: str
    failed: tuple[str, ...]
    suspected: tuple[str, ...]
    raised: int


def rules_in_force(connection: Connection) -> RuleSet:
    """Return the seller's own rules that were set last."""
    _, newest = keeping.newest_policy(connection, SET)
    return RuleSet() if newest is None else read_rules(_without_unset(newest.data.get("rules")))


def set_rules(store: Store, rules: RuleSet, by: str) -> int | None:
    """Record rules as those in force; return the position, None where they are in force already."""
    number, newest = keeping.newest_policy(store.connection, SET)
    if newest is not None and newest.data.get("rule_version") == rules.version:
        return None
    fact = Fact(
        stream=POLICY_STREAM,
        type=SET,
        source=OUR_SOURCE,
        id=f"{SET}/{number + 1}",
        occurred_at=log.clock(store.connection),
        data={
            "rule_version": rules.version,
            "by": by,
            "rules": _without_unset(msgspec.to_builtins(rules.rules)),
        },
        actor={"kind": "staff", "id": by},
    )
    with connect(store.dsn, WRITER) as connection:
        [outcome] = recording.record(connection, None, [fact])
    return outcome.position


def run(store: Store, stop: Callable[[], bool] = lambda: False) -> list[Checked]:
    """Check all unfinished orders that changed since they were checked last.

    It can be killed at any point and done again, by any number of processes: what is found about an
    order is recorded whole, right behind the events that were checked, or not at all.

    Raises:
        KeyMissingError: what is to be checked is sealed, and the keys are not there.
    """
    catch_up(store, only=READ)
    done: list[Checked] = []
    after = 0
    rules = rules_in_force(store.connection)
    with connect(store.dsn, WRITER) as connection:
        while not stop():
            due = unchecked_order.read(store.views, _ORDERS, after)
            if not due:
                break
            after = due[-1][0]
            for _, stream in due:
                if stop():
                    break
                checked = check_order(connection, store, stream, rules)
                done += [] if checked is None else [checked]
    catch_up(store, only=READ)
    return done


def check_order(
    connection: Connection, store: Store, stream: str, rules: RuleSet
) -> Checked | None:
    """Check one order; None where it has no placement, or went on meanwhile."""
    events = log.read_order(connection, store.ring, stream)
    subject = read_subject(events)
    if subject is None:
        return None
    found = check(subject, rules)
    version = events[-1].version
    twins, told_of_twins = _twins(store, stream, events)
    told = [*events_of(found, subject.tracking, rules, version), *told_of_twins]
    raised = [data["exception_id"] for type_, data in told if type_ == "exception.raised"]
    if raised and not subject.tracking.open_exceptions:
        told.append(("order.flag_changed", {"flag": "exception", "exception_id": raised[0]}))
    at = log.clock(connection)
    facts = [
        Fact(
            stream=stream,
            type=type_,
            source=SOURCE,
            id=f"{stream_id(stream)}/{version}/{number}",
            occurred_at=at,
            data=data,
            actor={"kind": "system", "id": "checks"},
        )
        for number, (type_, data) in enumerate(told)
    ]
    if not recording.record_after(connection, store.ring, facts, version):
        return None
    return Checked(
        order=order_name(stream),
        failed=tuple(one.check_id for one in found),
        suspected=twins,
        raised=len(raised),
    )


def _twins(
    store: Store, stream: str, events: list[Event]
) -> tuple[tuple[str, ...], list[tuple[str, dict[str, Any]]]]:
    """Return orders that this one may repeat, and what is recorded of those not told of before."""
    ordered = read_ordered(events)
    named = split_order_stream(stream)
    if ordered is None or named is None:
        return (), []
    known = {event.data.get("other_order_id") for event in events if event.type in _TOLD_OF_TWINS}
    found = order_twin.find(store.views, named[0], stream, ordered)
    told: list[tuple[str, dict[str, Any]]] = []
    for twin in found:
        other = order_name(twin.stream)
        if other in known:
            continue
        suspected = {
            "other_order_id": other,
            "same_account": True,
            "same_sku": list(twin.skus),
            "gap_minutes": twin.gap // 60_000_000,
        }
        told.append(("order.duplicate_suspected", suspected))
        told.append(("exception.raised", _duplicate(stream, twin.stream)))
    return tuple(order_name(twin.stream) for twin in found), told


def _duplicate(stream: str, other: str) -> dict[str, Any]:
    return {
        "exception_id": f"duplicate/{stream_id(other)}/{stream_id(stream)}",
        "class": "information",
        "subtype": "duplicate_suspected",
        "level": 2,
        "priority": 450,
        "detected_by": "check/duplicate",
    }


def _without_unset(value: Any) -> Any:
    """Return rules without the members that say nothing: what is null is not recorded."""
    if isinstance(value, dict):
        return {
            name: _without_unset(each) for name, each in value.items() if each not in (None, [])
        }
    if isinstance(value, list | tuple):
        return [_without_unset(each) for each in value]
    return value


def _work(store: Store, signals: working.Signals) -> None:
    """Check until a stop. The lease lies on the listening connection: both end together."""
    signals.busy = store.views
    with connect(store.dsn, PROJECTOR) as listening:
        wakeup.listen(listening)
        working.take_lease(listening, ROLE, signals)
        terminal.complain("checking orders; SIGTERM ends it")
        while not signals.stop.is_set():
            for each in run(store, signals.stop.is_set):
                if each.failed or each.suspected:
                    found = ", ".join((*each.failed, *each.suspected))
                    terminal.complain(terminal.safe(f"{each.order}: {found}"))
            wakeup.wait(listening, _SAFETY_NET)


ROLE = working.Role(
    name="check",
    work=_work,
    lease=0x6F726465727765,
    waiting="another worker checks the orders; waiting until it is gone",
    stopped="Stopped; what was checked is recorded.",
)
