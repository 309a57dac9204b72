"""What the verdict rules take as given: windows, tolerances, marketplaces. Data with a version."""

from collections.abc import Iterable
from datetime import date

import msgspec

from domain.money import exponent
from domain.reading import name_key, name_words

_SPECIFICATION = "specification, claims, per-PSP knowledge"
_ADOPTED = date(2026, 11, 22)
_CHECKED = date(2026, 11, 26)


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """How long a PSP or bank may take until a refund shows.

    Args:
        psp: the payment service provider.
        method: kind or brand of what the money goes to, such as `card`; None for all.
        country: country of the account or card, ISO 3166-1 alpha-2; None for all.
        weekdays: length, in weekdays of the UTC calendar.
        source: who says so.
        checked_on: when we last read the source.
    """

    psp: str
    method: str | None = None
    country: str | None = None
    weekdays: int
    source: str
    checked_on: date

    def holds_for(self, psp: str, methods: Iterable[str], country: str) -> bool:
        """Tell whether it counts for a refund, whose names are given as `name_key` returns them."""
        return (
            name_key(self.psp) == psp
            and (self.method is None or name_key(self.method) in methods)
            and (self.country is None or name_key(self.country) == country)
        )


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
        windows: windows by PSP, method and country; the one that names most of them counts.
        tolerances: over-refunds by PSP; nothing may be returned above the capture elsewhere.
        marketplaces: channels that refund by themselves, as words of the channel's name.
        not_marketplaces: words that show that a channel of that name is something else.
        methods_without_reference: methods and PSPs that give no reference a bank could search by.
        no_funds_reasons: pending reasons which mean that the seller's balance is too low.
        money_demands: after-sales kinds that ask for money.
        money_demands_with_amount: kinds that do so if they name an amount.
        answer_days: calendar days within which the customer hears from us again.
        reference_alarm_days: calendar days after which a missing reference is an alarm.
        submit_days: days of 24 hours within which an approved refund goes to the PSP.
        unknown_hours: hours after which it has to be known what became of a submission.
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
    unknown_hours: int = 1

    def window(
        self, psp: str | None, methods: Iterable[str | None] = (), country: str | None = None
    ) -> int:
        """Return how many weekdays a PSP and the customer's bank may take.

        Args:
            psp: the payment service provider.
            methods: kind and brand of what the money goes to, as far as known.
            country: its country, as far as known.
        """
        keys = {name_key(method) for method in methods if method}
        rows = [r for r in self.windows if r.holds_for(name_key(psp), keys, name_key(country))]
        # A row that names method and country comes before one with a method, that before one with
        # a country; of two that name the same, the first counts.
        most = max(rows, key=lambda r: (r.method is not None, r.country is not None), default=None)
        return self.window_weekdays if most is None else most.weekdays

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
    version="claims-2026-11-26",
    windows=(
        # "5-10 business days": the longer one counts, here and below.
        Window(
            psp="stripe",
            method="card",
            weekdays=10,
            source="https://docs.stripe.com/refunds",
            checked_on=_ADOPTED,
        ),
        # "Up to 2 weeks". The specification knows methods of up to 40 business days, not which.
        Window(
            psp="adyen",
            weekdays=10,
            source="https://www.adyen.help/hc/en-us/articles/360013725319-How-can-I-get-a-refund-",
            checked_on=_CHECKED,
        ),
        # "Up to 30 days to appear on your statement": no 30 days have more weekdays than 22.
        Window(
            psp="paypal",
            method="card",
            weekdays=22,
            source="https://www.paypal.com/nz/smarthelp/article/how-is-a-paypal-refund-credited-faq1083",
            checked_on=_CHECKED,
        ),
        # Purchases that were paid from a bank account: 5 to 7 working days.
        Window(
            psp="paypal",
            method="bank_account",
            weekdays=7,
            source=_SPECIFICATION,
            checked_on=_ADOPTED,
        ),
        *(
            Window(
                psp=psp,
                method=method,
                weekdays=weekdays,
                source="https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter4_2_10.shtml",
                checked_on=_CHECKED,
            )
            for psp in ("wechat_pay", "wechat")
            # Balance within 5 minutes, which may end on the next day; bank card 1 to 3 working
            # days, and so where nobody says which.
            for method, weekdays in (("wallet", 1), (None, 3))
        ),
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
