"""What customers get for trouble: offers by level, and each one from its offer to its use."""

from collections.abc import Mapping

import msgspec

from domain.occurrence import Facts, Occurrence
from domain.reading import first_amount, first_text, read_text
from domain.tracking import content

OFFERS_VERSION = "compensation-2026-11-26"
"""Names the table of offers below."""

COUPON = "coupon"
CASH_VOUCHER = "cash_voucher"
GIFT = "gift"
APOLOGY_CARD = "apology_card"
KINDS = (COUPON, CASH_VOUCHER, GIFT, APOLOGY_CARD)

ON_DELIVERY = "on_delivery"
AT_PACKING = "at_packing"
CONDITIONS = (ON_DELIVERY, AT_PACKING)
"""When an offer is due by itself: with the delivery, or put into the parcel."""

OFFERED = "offered"
ACCEPTED = "accepted"
DECLINED = "declined"
ISSUED = "issued"
USED = "used"
EXPIRED = "expired"
CANCELLED = "cancelled"
_STATES: Mapping[str, str] = {
    f"compensation.{state}": state
    for state in (OFFERED, ACCEPTED, DECLINED, ISSUED, USED, EXPIRED, CANCELLED)
}
OPEN = frozenset({OFFERED, ACCEPTED})
"""States in which it is still to be handed out."""


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What a level of trouble is worth.

    Args:
        kind: one of `KINDS`.
        what: it is, by language.
        amount: minor units of `currency`; None for what has no price.
        currency: ISO 4217.
        condition: one of `CONDITIONS`; None where it is handed out at once.
    """

    kind: str
    what: Mapping[str, str]
    amount: int | None = None
    currency: str | None = None
    condition: str | None = None


OFFERS: Mapping[int, tuple[Offer, ...]] = {
    1: (
        Offer(
            kind=COUPON,
            what={"en": "a coupon without threshold", "zh": "无门槛优惠券"},
            amount=1_000,
            currency="CNY",
        ),
    ),
    2: (
        Offer(kind=GIFT, what={"en": "a small gift, such as stickers", "zh": "小礼物，如定制贴纸"}),
        Offer(
            kind=CASH_VOUCHER,
            what={"en": "a cash voucher after the delivery", "zh": "签收后的代金券"},
            amount=500,
            currency="CNY",
            condition=ON_DELIVERY,
        ),
    ),
    3: (
        Offer(
            kind=APOLOGY_CARD,
            what={
                "en": "an apology card: thank you for your long support",
                "zh": "致歉卡：感谢您一直以来的支持",
            },
            condition=AT_PACKING,
        ),
        Offer(
            kind=GIFT,
            what={"en": "a small gift in the parcel", "zh": "随包裹的小礼物"},
            condition=AT_PACKING,
        ),
    ),
}
"""By level (R109-R111): the core interest, a slight trouble, one that goes unnoticed."""

LEVEL_GUIDANCE: Mapping[int, Mapping[str, str]] = {
    1: {
        "en": "Refund first, then offer the coupon; explain what the wind-down makes impossible.",
        "zh": "先退款，再提供优惠券；说明停业期间的限制。",
    },
    2: {
        "en": "Tell the cause before the customer asks; gift now, voucher once it is delivered.",
        "zh": "主动说明原因；现送小礼物，签收后发放代金券。",
    },
    3: {
        "en": "Deliver as planned; put the apology card and a small gift into the parcel.",
        "zh": "正常发货；随包裹附致歉卡和小礼物。",
    },
}
"""How to make good, by level and language (R108-R111)."""


class CompensationState(msgspec.Struct, frozen=True, kw_only=True):
    """One compensation of an order. Instants are microseconds since 1970 UTC.

    Args:
        compensation_id: its id; the event's where it names none.
        state: offered, accepted, declined, issued, used, expired or cancelled.
        kind: one of `KINDS`, or another word as reported.
        level: of the trouble that it is for; None where nobody said.
        amount: minor units of `currency`.
        currency: ISO 4217.
        condition: when it is due by itself; None for at once, or as reported.
        offered_at: when it was first told of.
        issued_at: when it was handed out; None where it was not.
        event_ids: its events, in order.
    """

    compensation_id: str
    state: str
    kind: str | None
    level: int | None
    amount: int | None
    currency: str | None
    condition: str | None
    offered_at: int | None
    issued_at: int | None
    event_ids: tuple[str, ...]

    @property
    def open(self) -> bool:
        """Whether it is still to be handed out."""
        return self.state in OPEN


def fold_compensation(facts: Facts) -> tuple[CompensationState, ...]:
    """Fold what was said of compensation, given in order, each id once."""
    found: dict[str, list[Occurrence[content.Compensation]]] = {}
    for fact in facts.of(content.Compensation):
        own = read_text(fact.data.compensation_id) or fact.event_id
        found.setdefault(own, []).append(fact)
    return tuple(_fold(own, said) for own, said in found.items())


def _fold(own: str, facts: list[Occurrence[content.Compensation]]) -> CompensationState:
    backwards = [fact.data for fact in reversed(facts)]
    level = first_amount(said.level for said in backwards)
    issued = [fact.at for fact in facts if fact.type == "compensation.issued"]
    return CompensationState(
        compensation_id=own,
        state=_STATES[facts[-1].type],
        kind=first_text(said.kind for said in backwards),
        level=level if level in OFFERS else None,
        amount=first_amount(said.amount for said in backwards),
        currency=first_text(said.currency for said in backwards),
        condition=first_text(said.condition for said in backwards),
        offered_at=facts[0].at,
        issued_at=issued[0] if issued else None,
        event_ids=tuple(fact.event_id for fact in facts),
    )
