"""Rules of a seller's own: declarative, versioned, and nothing in them is ever run (R057)."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from domain.checks.outcome import AMBER, FINE, RED, SEALED, Outcome, failed
from domain.checks.subject import CheckedOrder
from domain.errors import InvalidInputError
from domain.tracking.subtypes import CLASSES

MOST_RULES = 200
MOST_CONDITIONS = 20

_Value = str | int | list[str] | None


def _weight(order: CheckedOrder) -> int | None:
    known = [line for line in order.lines if line.weight_g is not None]
    if not known:
        return None
    return sum((line.weight_g or 0) * (line.quantity or 1) for line in known)


FIELDS: Mapping[str, Callable[[CheckedOrder], _Value]] = {
    "country": lambda one: (one.country or "").upper(),
    "region": lambda one: one.region or "",
    "city": lambda one: one.city or "",
    "postcode": lambda one: one.postcode or "",
    "currency": lambda one: one.tracking.order.currency or "",
    "total": lambda one: one.tracking.order.total,
    "quantity": lambda one: sum(line.quantity or 0 for line in one.lines),
    "lines": lambda one: len(one.lines),
    "weight_g": _weight,
    "sku": lambda one: [line.sku or "" for line in one.lines],
    "attributes": lambda one: [word for line in one.lines for word in line.attributes],
    "payment_method": lambda one: one.tracking.payment_method or "",
    "channel": lambda one: one.tracking.order.source_channel or "",
}
"""What a condition may look at."""

_SEALED = frozenset({"weight_g"})
"""Fields that nobody declared, so that they are sealed in the record."""


class Condition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One condition.

    Args:
        field: one of `FIELDS`.
        op: is, is_not, in, contains, over, under, has, has_all.
        value: a text or a whole number.
        values: several texts, for `in` and `has_all`.
    """

    field: str
    op: str
    value: str | int | None = None
    values: tuple[str, ...] = ()


class Rule(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    rename={"class_": "class"},
):
    """One rule: where all its conditions hold, the order is an exception.

    Args:
        id: of the seller's choice; unique.
        title: what it is about.
        when: the conditions.
        message: what has to be done.
        severity: red or amber.
        class_: of the exception.
        subtype: of the exception.
        needs_human: whether a person has to look.
    """

    id: str
    title: str
    when: tuple[Condition, ...]
    message: str
    severity: str = AMBER
    class_: str
    subtype: str
    needs_human: bool = True

    def run(self, order: CheckedOrder) -> Outcome:
        """Check an order."""
        if order.unreadable and any(one.field in _SEALED for one in self.when):
            return SEALED
        if all(_holds(one, FIELDS[one.field](order)) for one in self.when):
            return failed(self.title, self.message)
        return FINE


class RuleSet(msgspec.Struct, frozen=True):
    """The rules in force, and the digest that names them."""

    rules: tuple[Rule, ...] = ()

    @property
    def version(self) -> str:
        """Names this set: the beginning of the SHA-256 of its content."""
        digest = hashlib.sha256(msgspec.json.encode(self.rules)).hexdigest()
        return f"rules-{digest[:16]}" if self.rules else "rules-none"


def read_rules(given: object) -> RuleSet:
    """Return rules as somebody wrote them.

    Raises:
        InvalidInputError: they are not rules; says where and what is wrong.
    """
    try:
        rules = msgspec.convert(given, tuple[Rule, ...])
    except msgspec.ValidationError as error:
        raise InvalidInputError("rule-form", "rules", str(error)) from None
    if len(rules) > MOST_RULES:
        raise InvalidInputError("rule-count", "rules", f"at most {MOST_RULES} rules")
    seen: set[str] = set()
    for number, rule in enumerate(rules):
        place = f"rules[{number}]"
        if not rule.id.strip() or rule.id in seen:
            raise InvalidInputError("rule-id", place, "an id of its own")
        seen.add(rule.id)
        if rule.severity not in (RED, AMBER) or rule.class_ not in CLASSES:
            raise InvalidInputError("rule-form", place, "a severity and a class that there is")
        if not 1 <= len(rule.when) <= MOST_CONDITIONS:
            raise InvalidInputError("rule-form", place, f"1 to {MOST_CONDITIONS} conditions")
        for condition in rule.when:
            if condition.field not in FIELDS:
                raise InvalidInputError("rule-field", place, f"a field: {', '.join(FIELDS)}")
            if condition.op not in _OPS:
                raise InvalidInputError("rule-op", place, f"an operator: {', '.join(_OPS)}")
    return RuleSet(rules)


def _holds(condition: Condition, found: _Value) -> bool:
    return found is not None and _OPS[condition.op](found, condition)


def _number(found: Any, condition: Condition, over: bool) -> bool:  # noqa: FBT001
    if not isinstance(found, int) or not isinstance(condition.value, int):
        return False
    return found > condition.value if over else found < condition.value


def _all(found: Any) -> list[str]:
    return found if isinstance(found, list) else [str(found)]


_OPS: Mapping[str, Callable[[Any, Condition], bool]] = {
    "is": lambda found, one: found == one.value,
    "is_not": lambda found, one: found != one.value,
    "in": lambda found, one: found in one.values,
    "contains": lambda found, one: isinstance(found, str) and str(one.value) in found,
    "over": lambda found, one: _number(found, one, over=True),
    "under": lambda found, one: _number(found, one, over=False),
    "has": lambda found, one: one.value in _all(found),
    "has_all": lambda found, one: set(one.values) <= set(_all(found)),
}
