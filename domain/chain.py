"""Refunds that replace one another, as chains that are judged by their last members."""

from collections.abc import Mapping

import msgspec

from domain.refund import Refund


class Chain(msgspec.Struct, frozen=True):
    """Refunds that stand for one obligation.

    Args:
        members: all of them, each after those that it replaces.
        last: those that nothing with events of its own replaces. Empty in a circle.
        circular: whether some replace one another in a circle.
    """

    members: tuple[Refund, ...]
    last: tuple[Refund, ...]
    circular: bool

    @property
    def ids(self) -> frozenset[str]:
        """The ids of the members."""
        return frozenset(member.refund_id for member in self.members)


def chains(refunds: Mapping[str, Refund]) -> tuple[Chain, ...]:
    """Link refunds by `refund.reissued`; a refund without events of its own is no member."""
    links = {
        refund.refund_id: [new for new in refund.reissued_as if new in refunds]
        for refund in refunds.values()
        if refund.reissued_as
    }
    if not any(links.values()):
        return tuple(Chain((refund,), (refund,), circular=False) for refund in refunds.values())
    return tuple(_chain(group, refunds, links) for group in _groups(refunds, links))


def _groups(refunds: Mapping[str, Refund], links: Mapping[str, list[str]]) -> list[list[str]]:
    """Return the ids that links connect, group by group."""
    neighbours: dict[str, list[str]] = {refund_id: [] for refund_id in refunds}
    for old, news in links.items():
        for new in news:
            neighbours[old].append(new)
            neighbours[new].append(old)
    group_of: dict[str, int] = {}
    for number, start in enumerate(refunds):
        waiting = [start]
        while waiting:
            refund_id = waiting.pop()
            if refund_id not in group_of:
                group_of[refund_id] = number
                waiting += neighbours[refund_id]
    groups: dict[int, list[str]] = {}
    for refund_id in refunds:
        groups.setdefault(group_of[refund_id], []).append(refund_id)
    return list(groups.values())


def _chain(
    group: list[str], refunds: Mapping[str, Refund], links: Mapping[str, list[str]]
) -> Chain:
    in_turn = _in_turn(group, links)
    circular = len(in_turn) < len(group)
    members = tuple(refunds[refund_id] for refund_id in (group if circular else in_turn))
    last = tuple(member for member in members if not links.get(member.refund_id))
    return Chain(members, last, circular=circular)


def _in_turn(group: list[str], links: Mapping[str, list[str]]) -> list[str]:
    """Return the ids, each after all that it replaces; those of a circle are left out."""
    waiting = dict.fromkeys(group, 0)
    for old in group:
        for new in links.get(old, ()):
            waiting[new] += 1
    in_turn = [refund_id for refund_id in group if not waiting[refund_id]]
    for old in in_turn:  # grows while we walk
        for new in links.get(old, ()):
            waiting[new] -= 1
            if not waiting[new]:
                in_turn.append(new)
    return in_turn
