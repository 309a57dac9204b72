"""From a cause that is frequent to what may be changed, so that it is not (R125)."""

from collections.abc import Mapping

import msgspec

IMPROVEMENTS_VERSION = "improvements-2026-11-26"
"""Names the table below."""


class Improvement(msgspec.Struct, frozen=True, kw_only=True):
    """What to change where a kind of exception is too frequent.

    Args:
        cause: class and subtype of the exceptions, with a dot.
        limit: share of all exceptions from which on it is suggested, in percent.
        suggestion: what to change, by language.
    """

    cause: str
    limit: int
    suggestion: Mapping[str, str]


_TABLE: tuple[tuple[str, int, str, str], ...] = (
    ("payment/failed", 10, "Offer another way to pay next to the one that fails.",
     "在失败的支付方式旁提供其他支付方式。"),
    ("payment/unpaid", 30, "Remind earlier, and shorten the time to pay.",
     "提前催付，并缩短付款时限。"),
    ("payment/refund_overdue", 5, "Submit refunds daily; watch the provider's balance.",
     "每日提交退款；关注支付账户余额。"),
    ("payment/amount_mismatch", 5, "Check prices and discounts of the shop against the ERP daily.",
     "每日核对店铺与 ERP 的价格和折扣。"),
    ("stock/oversold", 5, "Lower the quantity that the shop offers below the stock.",
     "店铺可售数量低于实际库存。"),
    ("stock/insufficient", 10, "Restock earlier, and sell in advance only up to a limit.",
     "调整补货策略，设置预售上限。"),
    ("stock/picking_late", 10, "Move people to picking before the day ends, or take fewer orders.",
     "当日结束前增加拣货人手，或限制接单量。"),
    ("stock/wrong_goods", 5, "Pick by scanning; no parcel is closed without the second review.",
     "扫码拣货；未经二次复核不得封箱。"),
    ("logistics/lost", 5, "Change the carrier on the routes where parcels are lost.",
     "在丢件线路更换承运商。"),
    ("logistics/damaged", 5, "Pack these goods in stronger material.", "加强这些商品的包装。"),
    ("logistics/wrong_label", 2, "Scan the label against the goods at the packing table.",
     "打包台扫码核对面单与商品。"),
    ("logistics/customs_refused", 5, "Ask for customs papers before the dispatch.",
     "发货前收集清关文件。"),
    ("logistics/refused", 10, "Update the list of areas that are not served.",
     "更新不配送区域名单。"),
    ("logistics/returned", 10, "Agree with the carrier that nothing returns without our word.",
     "与承运商约定未经我方同意不得退回。"),
    ("logistics/no_contact", 10, "Send the customer the day of delivery and a choice beforehand.",
     "派送前告知客户日期并提供选择。"),
    ("logistics/proxy_no_consent", 5, "Forbid lockers and neighbours without the customer's word.",
     "未经客户同意不得放柜或代签。"),
    ("logistics/overdue", 10, "Promise a later day on these routes, or change the carrier.",
     "在这些线路承诺更晚日期或更换承运商。"),
    ("logistics/stale", 10, "Ask the carrier for its scans every day, or change the carrier.",
     "每日向承运商索取扫描记录或更换承运商。"),
    ("information/wrong_address", 10, "Let the customer confirm the address after the order.",
     "下单后请客户确认地址。"),
    ("information/incomplete_address", 20, "Check the address at the checkout.",
     "在结账页校验地址。"),
    ("information/invalid_phone", 10, "Check the phone number at the checkout.",
     "在结账页校验电话。"),
    ("information/missing_contact", 10, "Make one contact mandatory at the checkout.",
     "结账页必填一种联系方式。"),
    ("information/duplicate_suspected", 10, "Ask before the same goods are ordered twice.",
     "重复下单前提示确认。"),
)  # fmt: skip

IMPROVEMENTS: Mapping[str, Improvement] = {
    name.replace("/", "."): Improvement(
        cause=name.replace("/", "."), limit=limit, suggestion={"en": english, "zh": chinese}
    )
    for name, limit, english, chinese in _TABLE
}
"""By class and subtype. The limits are ours; the source names the first two kinds of change."""


def suggested(counts: Mapping[str, int]) -> list[tuple[Improvement, float]]:
    """Return what is suggested, the most frequent cause first, with its share in percent.

    Args:
        counts: exceptions by class and subtype.
    """
    total = sum(counts.values())
    found = [
        (improvement, 100 * counts[cause] / total)
        for cause, improvement in IMPROVEMENTS.items()
        if counts.get(cause, 0) * 100 >= improvement.limit * total > 0
    ]
    return sorted(found, key=lambda one: (-one[1], one[0].cause))
