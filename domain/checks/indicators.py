"""The built-in checks of an order (R044 to R055): data and functions, each with an id."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import msgspec

from domain.checks import addresses
from domain.checks.outcome import AMBER, FINE, RED, SEALED, Outcome, failed, passed_if
from domain.checks.subject import CheckedLine, CheckedOrder
from domain.tracking.subtypes import INFORMATION, PAYMENT, STOCK

CHECKS_VERSION = "checks-2026-11-26"
"""Names this set of checks; what they find carries it as `rule_version`."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


class Indicator(msgspec.Struct, frozen=True, kw_only=True):
    """One check.

    Args:
        id: C1, C2 …; stable.
        title: what it asks, by language.
        severity: red, which stands against a confirmation, or amber.
        needs_human: whether a person has to look where it fails.
        class_: of the exception that it leads to.
        subtype: of that exception.
        sealed: whether it looks at what may be sealed.
        check: does it.
    """

    id: str
    title: Mapping[str, str]
    severity: str
    needs_human: bool
    class_: str
    subtype: str
    sealed: bool
    check: Callable[[CheckedOrder], Outcome]

    def run(self, order: CheckedOrder) -> Outcome:
        """Check an order; where it looks at what could not be opened it cannot tell."""
        return SEALED if self.sealed and order.unreadable else self.check(order)


def _lines_complete(order: CheckedOrder) -> Outcome:
    if not order.lines:
        return failed("no lines", "what was ordered")
    wrong = sum(1 for line in order.lines if not (line.sku or line.title) or not line.quantity)
    return passed_if(not wrong, f"{wrong} lines", "SKU or title, and a quantity")


def _cart(order: CheckedOrder) -> Outcome:
    if order.cart is None:
        return FINE
    ordered, put = _counted(order.lines), _counted(order.cart)
    differ = sorted(name for name in ordered.keys() | put.keys() if ordered[name] != put[name])
    return passed_if(not differ, f"{len(differ)} goods differ", "as in the cart")


def _counted(lines: Iterable[CheckedLine]) -> Counter[str]:
    found: Counter[str] = Counter()
    for line in lines:
        found[line.sku or line.title or ""] += line.quantity or 0
    return found


def _amount(order: CheckedOrder) -> Outcome:
    total = order.tracking.order.total
    if total is None or total == 0:
        return failed("no total", "more than nothing")
    prices = [line.unit_price for line in order.lines]
    known = [price for price in prices if price is not None]
    if order.lines and len(known) == len(prices):
        goods = sum(
            price * (line.quantity or 0) for price, line in zip(known, order.lines, strict=True)
        )
        if order.items is not None and goods != order.items:
            return failed("the lines' sum", "the goods' total")
    if order.items is not None:
        parts = order.items + (order.shipping or 0) + (order.tax or 0) - (order.discount or 0)
        # Prices may hold the tax already.
        return passed_if(
            total in (parts, parts - (order.tax or 0)),
            "the total",
            "goods, shipping, tax, discount",
        )
    return FINE


def _captured(order: CheckedOrder) -> Outcome:
    state = order.tracking.order
    paid = [one for one in state.payments if one.amount is not None]
    if not paid or state.total is None:
        return FINE
    same = all(one.currency in (None, state.currency) for one in paid)
    got = sum(one.amount or 0 for one in paid)
    return passed_if(not same or got == state.total, "what was captured", "the order's total")


INDICATORS: tuple[Indicator, ...] = tuple(
    Indicator(
        id=id_,
        title={"en": en, "zh": zh},
        severity=severity,
        needs_human=needs_human,
        class_=class_,
        subtype=subtype,
        sealed=sealed,
        check=check,
    )
    for id_, en, zh, severity, needs_human, class_, subtype, sealed, check in (
        ("C1", "the recipient has a name", "有收件人姓名", RED, True, INFORMATION,
         "missing_contact", True, lambda one: passed_if(one.name is not None, "no name")),
        ("C2", "the customer can be reached", "有联系方式", RED, True, INFORMATION,
         "missing_contact", True,
         lambda one: passed_if(bool(one.phone or one.email), "no phone, no e-mail")),
        ("C3", "the phone number is one of its country", "电话符合国家格式", AMBER, True,
         INFORMATION, "invalid_phone", True, addresses.phone_form),
        ("C4", "the e-mail address has the form of one", "邮箱格式正确", AMBER, True, INFORMATION,
         "missing_contact", True,
         lambda one: passed_if(one.email is None or bool(_EMAIL.fullmatch(one.email)), "its form")),
        ("C5", "there is an address", "有收货地址", RED, True, INFORMATION, "incomplete_address",
         True, lambda one: passed_if(bool(one.street and one.city), "street or city missing")),
        ("C6", "the address has what its country needs", "地址符合国家规则", RED, True,
         INFORMATION, "incomplete_address", True, addresses.address_by_country),
        ("C7", "the street has a house number", "有门牌号", AMBER, True, INFORMATION,
         "incomplete_address", True, addresses.house_number),
        ("C8", "a Chinese address names building, unit or room", "中国地址含栋、单元或室", AMBER,
         True, INFORMATION, "incomplete_address", True, addresses.chinese_address),
        ("C9", "each line says what and how many", "每行商品与数量完整", RED, True, INFORMATION,
         "goods_contradict", False, _lines_complete),
        ("C10", "the lines are those of the archived cart", "与存档购物车一致", RED, True,
         INFORMATION, "goods_contradict", False, _cart),
        ("C11", "the total is the sum of its parts", "金额合计一致", AMBER, True, PAYMENT,
         "amount_mismatch", False, _amount),
        ("C12", "what was captured is the total", "实收与应收一致", RED, True, PAYMENT,
         "amount_mismatch", False, _captured),
        ("C13", "the last payment did not fail", "最近付款未失败", AMBER, False, PAYMENT, "failed",
         False, lambda one: passed_if(not one.payment_failed, "the last payment failed")),
        ("C14", "the goods are there", "库存充足", RED, False, STOCK, "oversold", False,
         lambda one: passed_if(not one.tracking.supply.shortages, "goods are missing")),
        ("C15", "special requests are seen to", "特殊要求已处理", AMBER, True, INFORMATION,
         "special_request", False,
         lambda one: passed_if(not one.requests, f"{len(one.requests)} to be seen to")),
        ("C16", "remarks are judged by a person", "备注已人工判断", AMBER, True, INFORMATION,
         "special_request", True, lambda one: passed_if(one.remarks is None, "there are remarks")),
    )
)  # fmt: skip
"""In the order of their ids."""
