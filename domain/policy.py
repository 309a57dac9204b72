"""What the verdict rules take as given: windows, tolerances, marketplaces. Data with a version."""

from datetime import date

import msgspec

from domain.money import exponent
from domain.reading import name_key, name_words

_SPECIFICATION = "specification, claims, per-PSP knowledge"
_ADOPTED = date(2026, 11, 22)


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """How long a PSP or bank may take until a refund shows.

    Args:
        psp: the payment service provider.
        weekdays: length, in weekdays of the UTC calendar.
        source: who says so.
        checked_on: when we last read the source.
    """

    psp: str
    weekdays: int
    source: str
    checked_on: date


class Tolerance(msgspec.Struct, frozen=True, kw_only=True):
    """How much more than the captured amount a PSP lets a seller return.

    Args:
        psp: the payment service provider.
        percent: of the captured amount.
        cap_units: upper limit in units (not minor units) of the payment's currency.
        source: who says so.
        checked_on: when we last read the source.
    """

    psp: str
    percent: int
    cap_units: int
    source: str
    checked_on: date


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """One version of the rules' data.

    Args:
        version: names this set of values; a verdict carries it as `rule_version`.
        window_weekdays: the window where no PSP's own is given.
        windows: windows by PSP.
        tolerances: over-refunds by PSP; nothing may be returned above the capture elsewhere.
        marketplaces: channels that refund by themselves, as words of the channel's name.
        not_marketplaces: words that show that a channel of that name is something else.
        methods_without_reference: methods and PSPs that give no reference a bank could search by.
        no_funds_reasons: pending reasons which mean that the seller's balance is too low.
        money_demands: after-sales kinds that ask for money.
        money_demands_with_amount: kinds that do so if they name an amount.
        answer_days: calendar days within which the customer hears from us again.
        reference_alarm_days: calendar days after which a missing reference is an alarm.
        submit_days: calendar days within which an approved refund goes to the PSP.
    """

    version: str
    window_weekdays: int = 10
    windows: tuple[Window, ...] = ()
    tolerances: tuple[Tolerance, ...] = ()
    marketplaces: frozenset[str] = frozenset()
    not_marketplaces: frozenset[str] = frozenset()
    methods_without_reference: frozenset[str] = frozenset()
    no_funds_reasons: frozenset[str] = frozenset()
    money_demands: frozenset[str] = frozenset()
    money_demands_with_amount: frozenset[str] = frozenset()
    answer_days: int = 7
    reference_alarm_days: int = 7
    submit_days: int = 1

    def window(self, psp: str | None) -> int:
        """Return how many weekdays a PSP may take."""
        key = name_key(psp)
        for row in self.windows:
            if name_key(row.psp) == key:
                return row.weekdays
        return self.window_weekdays

    def tolerance(self, psp: str | None, captured: int, currency: str | None) -> int:
        """Return how much more than `captured` may be returned, in minor units."""
        key = name_key(psp)
        for row in self.tolerances:
            if name_key(row.psp) == key:
                cap: int = row.cap_units * 10 ** exponent(currency)
                return min(captured * row.percent // 100, cap)
        return 0

    def is_marketplace(self, channel: str | None) -> bool:
        """Tell whether orders of this channel are refunded by the channel itself."""
        words = frozenset(name_words(channel))
        return bool(words & self.marketplaces) and not words & self.not_marketplaces

    def lacks_reference(self, *methods: str | None) -> bool:
        """Tell whether one of these methods or PSPs gives no reference at all."""
        return any(name_key(method) in self.methods_without_reference for method in methods)

    def lacks_funds(self, pending_reason: str | None) -> bool:
        """Tell whether a pending reason means that the seller's balance is too low."""
        return name_key(pending_reason) in self.no_funds_reasons

    def asks_for_money(self, kind: str | None, amount: int | None) -> bool:
        """Tell whether an after-sales request is one for money."""
        key = name_key(kind)
        if amount is not None and (not key or key in self.money_demands_with_amount):
            return True
        return key in self.money_demands


POLICY = Policy(
    version="claims-2026-11-22",
    windows=(
        # Wallet within 5 minutes, bank card in 1 to 3 working days: the longer one counts.
        Window(psp="wechat_pay", weekdays=3, source=_SPECIFICATION, checked_on=_ADOPTED),
        Window(psp="wechat", weekdays=3, source=_SPECIFICATION, checked_on=_ADOPTED),
    ),
    tolerances=(
        # Stated in USD and, by pay.amazon.eu/help/201212360, with the same number in GBP; other
        # currencies have no stated limit, so the same number of their units stands in.
        Tolerance(
            psp="amazon_pay",
            percent=15,
            cap_units=75,
            source="https://pay.amazon.com/help/201212360",
            checked_on=_ADOPTED,
        ),
    ),
    marketplaces=frozenset({"amazon", "amazonmarketplace"}),
    not_marketplaces=frozenset({"pay", "payments"}),
    methods_without_reference=frozenset(
        {"alipay", "wechatpay", "wechat", "klarna", "pix", "giftcard", "storecredit"}
    ),
    # Stripe; Antom; PayPal waits for the seller's own bank.
    no_funds_reasons=frozenset({"insufficientfunds", "merchantbalancenotenough", "echeck"}),
    money_demands=frozenset(
        {"refund", "refundonly", "partialrefund", "returnrefund", "returnandrefund", "moneyback"}
    ),
    money_demands_with_amount=frozenset({"return"}),
)
"""The version in force."""
