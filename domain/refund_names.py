"""One id for each refund: a shop and its payment provider call the same refund by different ids."""

from collections.abc import Mapping

import msgspec

from domain import content, refund_content
from domain.content import Content
from domain.occurrence import Facts, Occurrence
from domain.reading import read_text


def with_one_id(facts: Facts) -> Facts:
    """Return the facts with the provider's id of a refund replaced by the shop's own.

    A refund that facts name by the provider's id is the one that the shop says has this id there,
    or that was submitted with the same idempotency key, if it is a single one. Otherwise both
    stay: that they are the same refund would be a guess, and one that hides a payment.
    """
    own = _own_ids(facts)
    return Facts([_renamed(fact, own) for fact in facts.all]) if own else facts


def _own_ids(facts: Facts) -> dict[str, str]:
    """Return the shop's id by the provider's."""
    by_provider: dict[str, set[str]] = {}
    by_key: dict[str, set[str]] = {}
    for fact in facts.below(refund_content.Refund):
        said = fact.data
        refund_id, provider_id = read_text(said.refund_id), read_text(said.psp_refund_id)
        if refund_id is None:
            continue
        if provider_id is not None:
            by_provider.setdefault(provider_id, set()).add(refund_id)
        if isinstance(said, refund_content.RefundSubmitted):
            key = read_text(said.idempotency_key)
            if key is not None:
                by_key.setdefault(key, set()).add(refund_id)
    own: dict[str, str] = {}
    for provider_id, named in by_provider.items():
        shops = named - by_provider.keys()
        if len(shops) == 1:
            own[provider_id] = shops.pop()
    for named in by_key.values():
        shops = named - by_provider.keys()
        providers = (named & by_provider.keys()) - own.keys()
        if len(shops) == len(providers) == 1:
            own[providers.pop()] = shops.pop()
    return own


def _renamed(fact: Occurrence[Content], own: Mapping[str, str]) -> Occurrence[Content]:
    said = fact.data
    changes = {}
    for name in _NAMING.get(type(said), ()):
        refund_id = read_text(getattr(said, name))
        if refund_id is not None and refund_id in own:
            changes[name] = own[refund_id]
    if not changes:
        return fact
    return msgspec.structs.replace(fact, data=msgspec.structs.replace(said, **changes))


def _naming() -> dict[type[Content], tuple[str, ...]]:
    """Return the members that hold a refund's id, by what a fact says."""
    found: dict[type[Content], tuple[str, ...]] = dict.fromkeys(
        _subclasses(refund_content.AboutRefund), ("refund_id",)
    )
    found[refund_content.RefundReissued] = ("refund_id", "new_refund_id")
    found[content.Compensation] = ("instead_of",)
    found[content.CounterEvidence] = ("refund_id",)
    return found


def _subclasses(kind: type[Content]) -> list[type[Content]]:
    return [kind, *(below for each in kind.__subclasses__() for below in _subclasses(each))]


_NAMING = _naming()
