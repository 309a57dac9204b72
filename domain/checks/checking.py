"""All checks of an order, and the events that say what they found."""

from typing import Any

import msgspec

from domain.checks.indicators import CHECKS_VERSION, INDICATORS, Indicator
from domain.checks.outcome import AMBER, CANNOT_TELL, FAILED, Outcome
from domain.checks.rules import Rule, RuleSet
from domain.checks.subject import CheckedOrder
from domain.tracking.subtypes import default_priority, find_subtype
from domain.tracking.tracking import Tracking

ALL = "all"
"""Check id of the event that says that nothing was found."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found that it did not pass.

    Args:
        check_id: of the check or rule.
        title: what it asks.
        outcome: what was found.
        severity: red or amber; what cannot be told is amber.
        needs_human: whether a person has to look.
        class_: of the exception that it leads to.
        subtype: of that exception.
    """

    check_id: str
    title: str
    outcome: Outcome
    severity: str
    needs_human: bool
    class_: str
    subtype: str


def check(order: CheckedOrder, rules: RuleSet) -> list[Found]:
    """Return what does not pass, built-in checks first, then the seller's rules."""
    checks: list[Indicator | Rule] = [*INDICATORS, *rules.rules]
    found = []
    for each in checks:
        outcome = each.run(order)
        if outcome.state not in (FAILED, CANNOT_TELL):
            continue
        told = outcome.state == FAILED
        found.append(
            Found(
                check_id=each.id,
                title=each.title["en"] if isinstance(each, Indicator) else each.title,
                outcome=outcome,
                severity=each.severity if told else AMBER,
                needs_human=each.needs_human or not told,
                class_=each.class_,
                subtype=each.subtype,
            )
        )
    return found


def events_of(
    found: list[Found], tracking: Tracking, rules: RuleSet, version: int
) -> list[tuple[str, dict[str, Any]]]:
    """Return what is recorded of a run of the checks: types of events and their data, in order.

    Args:
        found: what did not pass.
        tracking: where the order stands.
        rules: the seller's own that were in force.
        version: of the order when it was checked; names its exceptions.
    """
    rule_version = f"{CHECKS_VERSION}+{rules.version}"
    told: list[tuple[str, dict[str, Any]]] = [
        (
            "order.check_failed",
            {
                "check_id": one.check_id,
                "rule_version": rule_version,
                "indicator": one.title,
                "observed": one.outcome.observed,
                "expected": one.outcome.expected,
                "severity": one.severity,
                "needs_human": one.needs_human,
            },
        )
        for one in found
    ]
    failing = {one.check_id for one in found}
    mended = [one.check_id for one in tracking.open_checks if one.check_id not in failing]
    passed = mended or ([] if found else [ALL])
    told += [
        ("order.check_passed", {"check_id": each, "rule_version": rule_version}) for each in passed
    ]
    known = {one.detected_by for one in tracking.open_exceptions}
    raised = [one for one in found if _leads_to_exception(one) and _rule(one) not in known]
    told += [("exception.raised", _exception(one, version)) for one in raised]
    return told


def _leads_to_exception(found: Found) -> bool:
    return found.severity != AMBER or found.needs_human


def _rule(found: Found) -> str:
    return f"check/{found.check_id}"


def _exception(found: Found, version: int) -> dict[str, Any]:
    kind = find_subtype(found.class_, found.subtype)
    level = {} if kind is None else {"level": kind.level}
    return {
        "exception_id": f"{_rule(found)}/{version}",
        "class": found.class_,
        "subtype": found.subtype,
        "priority": default_priority(found.class_, found.subtype),
        "detected_by": _rule(found),
        **level,
    }
