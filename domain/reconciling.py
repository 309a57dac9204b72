"""Settlement lines against the refunds that are recorded: what fits, and what does not.

Pure: every line and every refund that is due ends in exactly one finding, whatever order they came
in.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum

import msgspec

from domain.payment import same_text
from domain.refund import CANCELLED, FAILED, OFFLINE, PAID, REJECTED


class Outcome(StrEnum):
    """What becomes of a line or a refund."""

    MATCHED = "matched"
    AMOUNT_DIFFERS = "amount-differs"
    CURRENCY_DIFFERS = "currency-differs"
    STATE_DIFFERS = "state-differs"
    TWICE = "twice"
    MISSING_HERE = "missing-here"
    MISSING_THERE = "missing-there"
    NOT_DUE = "not-due"


AGREED = frozenset((Outcome.MATCHED, Outcome.NOT_DUE))
"""What is no difference."""

WEAK = "payment, amount and day"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A refund as a settlement file or a bank's statement has it.

    Args:
        file: number of the file, from 1.
        line: in it, from 1.
        about: tells it from others of the same line.
        came_back: whether it says that the money of a refund came back.
        refund_id: the shop's own name for the refund.
        psp_refund_id: the PSP's.
        reference: what the customer's bank finds it by.
        idempotency_key: key under which it was asked for.
        payment_ids: of the payment that it pays back.
        amount: minor units of `currency`, without a sign.
        shown: amount and currency as shown to the customer, where another one was settled.
        day: of the booking.
    """

    file: int
    line: int
    about: str = ""
    came_back: bool = False
    refund_id: str | None = None
    psp_refund_id: str | None = None
    reference: str | None = None
    idempotency_key: str | None = None
    payment_ids: tuple[str, ...] = ()
    amount: int | None = None
    currency: str | None = None
    shown: tuple[int, str] | None = None
    day: date | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """All ids by which a refund may know it."""
        named = (self.refund_id, self.psp_refund_id, self.reference, self.idempotency_key)
        return (*(each for each in named if each is not None), *self.payment_ids)


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A refund as the record has it.

    Args:
        order: its stream.
        state: as `domain.refund` names it.
        day: when it was paid, else its last fact; None where no time can be read.
    """

    order: str
    refund_id: str
    psp: str | None
    psp_refund_id: str | None
    reference: str | None
    idempotency_keys: tuple[str, ...]
    payment_ids: tuple[str, ...]
    amount: int | None
    currency: str | None
    state: str
    day: date | None


class Found(msgspec.Struct, frozen=True):
    """What became of a line, or of a refund that no line is there for.

    Args:
        by: what they were matched by; `WEAK` is the weaker way.
    """

    outcome: Outcome
    line: Line | None
    refund: Known | None
    by: str | None = None


_STRONG: Sequence[tuple[str, Callable[[Line], str | None], Callable[[Known], Sequence[str]]]] = (
    (
        "PSP refund id",
        lambda line: line.psp_refund_id,
        # A shop that knows no other name calls a refund by the PSP's.
        lambda known: [known.psp_refund_id or known.refund_id],
    ),
    ("reference", lambda line: line.reference, lambda known: _there(known.reference)),
    ("idempotency key", lambda line: line.idempotency_key, lambda known: known.idempotency_keys),
    ("refund id", lambda line: line.refund_id, lambda known: [known.refund_id]),
)


def _there(value: str | None) -> list[str]:
    return [] if value is None else [value]


def reconcile(
    lines: Iterable[Line],
    refunds: Iterable[Known],
    start: date,
    end: date,
    tolerance_days: int,
) -> list[Found]:
    """Match lines and refunds.

    A line is matched by the first of its ids that any refund has: the PSP's refund id, the
    reference, the idempotency key, the shop's refund id. Else by its payment, amount, currency and
    day together, which is weaker: no other line and no other refund may be nearer.

    Args:
        lines: of all files.
        refunds: all that the lines may mean, and all that were paid in the period.
        start: first day of the period that the files cover.
        end: last day.
        tolerance_days: days that may lie between our payment and the booking. A refund paid in the
            last of them is not due yet.

    Returns:
        The findings, lines in their order and then refunds in theirs.
    """
    ordered = sorted(set(lines), key=_line_key)
    known = sorted(set(refunds), key=_refund_key)
    found: dict[Line, Found] = {}
    of_refund: dict[Known, list[tuple[Line, str]]] = {}
    for line, refund, by in _by_ids(ordered, known):
        of_refund.setdefault(refund, []).append((line, by))
    for refund, matched in of_refund.items():
        for each in _judged(refund, matched):
            if each.line is not None:
                found[each.line] = each
    left = [line for line in ordered if line not in found]
    free = [refund for refund in known if refund not in of_refund]
    for line, refund in _by_payment(left, free, tolerance_days):
        found[line] = Found(Outcome.MATCHED, line, refund, WEAK)
        of_refund[refund] = [(line, WEAK)]
    rows = [found.get(line) or Found(Outcome.MISSING_HERE, line, None) for line in ordered]
    same = {(refund.order, refund.psp_refund_id) for refund in of_refund if refund.psp_refund_id}
    for refund in known:
        # One refund of the PSP may have two names in an order: the shop's and the PSP's.
        if refund in of_refund or (refund.order, refund.psp_refund_id) in same:
            continue
        if refund.state == PAID and refund.day is not None and start <= refund.day <= end:
            due = refund.day <= end - timedelta(days=tolerance_days)
            outcome = Outcome.MISSING_THERE if due else Outcome.NOT_DUE
            rows.append(Found(outcome, None, refund))
    return rows


def _by_ids(lines: Sequence[Line], refunds: Sequence[Known]) -> Iterable[tuple[Line, Known, str]]:
    indexes: list[dict[str, list[Known]]] = []
    for _, _, ids in _STRONG:
        index: dict[str, list[Known]] = {}
        for refund in refunds:
            for key in ids(refund):
                index.setdefault(key, []).append(refund)
        indexes.append(index)
    for line in lines:
        for (name, key_of, _), index in zip(_STRONG, indexes, strict=True):
            candidates = index.get(key_of(line) or "")
            if candidates:
                yield line, min(candidates, key=lambda refund: _fit(line, refund)), name
                break


def _fit(line: Line, refund: Known) -> tuple[object, ...]:
    """Return what puts the refund that a line means best before others of the same id."""
    return (_difference(line, refund) is not None, refund.state != PAID, _refund_key(refund))


def _judged(refund: Known, matched: Sequence[tuple[Line, str]]) -> Iterable[Found]:
    came_back = any(line.came_back for line, _ in matched)
    for back in (False, True):
        of_kind = sorted(
            (pair for pair in matched if pair[0].came_back is back),
            key=lambda pair: (_difference(pair[0], refund) is not None, _line_key(pair[0])),
        )
        for place, (line, by) in enumerate(of_kind):
            if place:
                yield Found(Outcome.TWICE, line, refund, by)
            else:
                outcome = _difference(line, refund) or _state_difference(
                    line, refund, came_back=came_back
                )
                yield Found(outcome or Outcome.MATCHED, line, refund, by)


def _difference(line: Line, refund: Known) -> Outcome | None:
    if line.shown is not None and line.shown == (refund.amount, refund.currency):
        return None
    if not same_text(line.currency, refund.currency):
        return Outcome.CURRENCY_DIFFERS
    amounts = (line.amount, refund.amount)
    return None if None in amounts or amounts[0] == amounts[1] else Outcome.AMOUNT_DIFFERS


def _state_difference(line: Line, refund: Known, *, came_back: bool) -> Outcome | None:
    if line.came_back:
        differs = refund.state in (PAID, OFFLINE)
    else:
        differs = refund.state in (FAILED, CANCELLED, REJECTED) and not came_back
    return Outcome.STATE_DIFFERS if differs else None


def _by_payment(
    lines: Sequence[Line], refunds: Sequence[Known], tolerance_days: int
) -> Iterable[tuple[Line, Known]]:
    """Pair what has the same payment, amount and currency, the nearest days first."""
    index: dict[tuple[str, int, str], list[Known]] = {}
    for refund in refunds:
        if refund.amount is not None and refund.currency and refund.state not in _UNPAID:
            for payment in set(refund.payment_ids):
                index.setdefault((payment, refund.amount, refund.currency), []).append(refund)
    pairs = []
    for line in lines:
        for refund in _candidates(line, index):
            days = abs((line.day - refund.day).days) if line.day and refund.day else None
            if days is not None and days <= tolerance_days and not _contradict(line, refund):
                pairs.append((days, _line_key(line), _refund_key(refund), line, refund))
    pairs.sort(key=lambda pair: pair[:3])
    taken: set[Line | Known] = set()
    for *_, line, refund in pairs:
        if line not in taken and refund not in taken:
            taken |= {line, refund}
            yield line, refund


_UNPAID = frozenset((FAILED, CANCELLED, REJECTED))


def _candidates(line: Line, index: Mapping[tuple[str, int, str], list[Known]]) -> set[Known]:
    if line.came_back:
        return set()
    amounts = [line.shown] if line.shown is not None else []
    if line.amount is not None and line.currency is not None:
        amounts.append((line.amount, line.currency))
    return {
        refund
        for payment in line.payment_ids
        for amount, currency in amounts
        for refund in index.get((payment, amount, currency), ())
    }


def _contradict(line: Line, refund: Known) -> bool:
    """Tell whether both have an id of one kind, and different ones: then they are two refunds."""
    kinds = ((line.psp_refund_id, refund.psp_refund_id), (line.reference, refund.reference))
    return any(one is not None and other is not None and one != other for one, other in kinds)


def _line_key(line: Line) -> tuple[object, ...]:
    return (line.file, line.line, line.about, line.came_back, msgspec.json.encode(line))


def _refund_key(refund: Known) -> tuple[object, ...]:
    return (refund.order, refund.refund_id, msgspec.json.encode(refund))
