"""Classes and subtypes of exceptions: how urgent each is, who sees to it, and how (R113-R118).

The classes are a closed list; subtypes may be others, which then have their class's middle values.
"""

from collections.abc import Mapping

import msgspec

SUBTYPES_VERSION = "exceptions-2026-11-26"
"""Names this table; what is classified by it carries it as `guidance_id`."""

PAYMENT = "payment"
INFORMATION = "information"
STOCK = "stock"
LOGISTICS = "logistics"
CLASSES = (PAYMENT, INFORMATION, STOCK, LOGISTICS)

SERVICE = "customer_service"
WAREHOUSE = "warehouse"
FINANCE = "finance"
DISPATCH = "logistics"
DEPARTMENTS = (SERVICE, WAREHOUSE, FINANCE, DISPATCH)


class Subtype(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of exception.

    Args:
        name: class and subtype, with a dot.
        title: in a few words, by language.
        priority: lower is handled first.
        level: where nobody says another: 1 core interest, 2 slight, 3 not noticed.
        department: that sees to it.
        guidance: how, by language; nothing is published without (R116).
        cause: D1 to D10, where it delays the delivery by one of these (R128-R137).
    """

    name: str
    title: Mapping[str, str]
    priority: int
    level: int
    department: str
    guidance: Mapping[str, str]
    cause: str | None = None

    def __post_init__(self) -> None:
        for texts in (self.title, self.guidance):
            if not all(texts.get(language, "").strip() for language in ("en", "zh")):
                raise ValueError(f"{self.name}: a title and guidance in each language are needed")
        if self.name.partition(".")[0] not in CLASSES or self.level not in (1, 2, 3):
            raise ValueError(f"{self.name}: one of the four classes and of the three levels")


def _subtype(
    priority: int,
    class_: str,
    name: str,
    level: int,
    department: str,
    titles: tuple[str, str],
    guidance: tuple[str, str],
    cause: str | None = None,
) -> Subtype:
    return Subtype(
        name=f"{class_}.{name}",
        title=dict(zip(("en", "zh"), titles, strict=True)),
        priority=priority,
        level=level,
        department=department,
        guidance=dict(zip(("en", "zh"), guidance, strict=True)),
        cause=cause,
    )


_TABLE = (
    # Payment failures are handled first (R114); money that is owed becomes a chargeback (4.3).
    _subtype(
        100, PAYMENT, "failed", 2, FINANCE, ("payment failed", "付款失败"),
        ("Find the cause: balance, channel or hesitation. Finance verifies, then urge or cancel.",
         "查明原因：余额、渠道或犹豫。财务核实后催付或取消。"), "D1",
    ),
    _subtype(
        110, PAYMENT, "unpaid", 3, SERVICE, ("unpaid", "未付款"),
        ("Remind the customer once; ask whether something stands in the way.",
         "提醒客户一次；询问是否遇到问题。"), "D1",
    ),
    _subtype(
        120, PAYMENT, "refund_overdue", 1, FINANCE, ("refund overdue", "退款逾期"),
        ("Finance asks the provider by its reference and tells the customer the day.",
         "财务按参考号向支付机构查询，并告知客户日期。"),
    ),
    _subtype(
        130, PAYMENT, "amount_mismatch", 2, FINANCE, ("amount differs", "金额不符"),
        ("Finance compares order, capture and discounts; never dispatch before.",
         "财务核对订单、扣款与优惠；核对前不得发货。"),
    ),
    _subtype(
        140, PAYMENT, "refund_request", 2, FINANCE, ("refund requested", "申请退款"),
        ("Verify order and reason first, then decide by the published policy.",
         "先核实订单与原因，再按公布的政策决定。"),
    ),
    # What blocks the dispatch comes before what can be cleared up (R115).
    _subtype(
        200, STOCK, "oversold", 1, WAREHOUSE, ("paid but out of stock", "超卖"),
        ("Restock or agree with the customer: exchange, cancel or wait. Correct the stock.",
         "补货或与客户协商：换货、取消或等待。更正库存。"), "D2",
    ),
    _subtype(
        210, STOCK, "insufficient", 1, WAREHOUSE, ("not enough stock", "库存不足"),
        ("Restock or agree with the customer: exchange, cancel or wait.",
         "补货或与客户协商：换货、取消或等待。"), "D2",
    ),
    _subtype(
        220, STOCK, "delisted", 1, WAREHOUSE, ("goods delisted", "商品下架"),
        ("Offer other goods or the full refund.", "提供替代商品或全额退款。"), "D2",
    ),
    _subtype(
        230, STOCK, "damaged", 2, WAREHOUSE, ("goods damaged in stock", "库内破损"),
        ("Take another piece; if there is none, treat it as not enough stock.",
         "更换商品；无货时按库存不足处理。"), "D2",
    ),
    _subtype(
        240, STOCK, "picking_late", 2, WAREHOUSE, ("picking late", "拣货延误"),
        ("Call the warehouse: people or stock? Tell customer service before the day ends.",
         "联系仓库：缺人还是缺货？当日结束前告知客服。"), "D4",
    ),
    _subtype(
        250, STOCK, "wrong_goods", 2, WAREHOUSE, ("wrong goods packed", "错装"),
        ("Bring the parcel back to picking; note the step at which it went wrong.",
         "退回拣货；记录出错环节。"), "D5",
    ),
    _subtype(
        300, LOGISTICS, "lost", 1, DISPATCH, ("parcel lost", "包裹丢失"),
        ("Tell sender and recipient first; refund or send again; file the carrier claim.",
         "先告知发件人与收件人；退款或补发；向承运商索赔。"), "D7",
    ),
    _subtype(
        310, LOGISTICS, "damaged", 1, DISPATCH, ("parcel damaged", "包裹破损"),
        ("Ask for a picture; refund or send again; file the carrier claim.",
         "索取照片；退款或补发；向承运商索赔。"), "D7",
    ),
    _subtype(
        320, LOGISTICS, "wrong_label", 1, DISPATCH, ("label on the wrong parcel", "贴错面单"),
        ("Ask the courier to swap; claim against the courier; compensate the customer.",
         "请快递员调换；向承运商索赔；补偿客户。"), "D6",
    ),
    _subtype(
        330, LOGISTICS, "customs_refused", 1, DISPATCH, ("refused by customs", "海关拒绝"),
        ("Ask for the reason; help the customer with the papers; decide on the return.",
         "询问原因；协助客户准备文件；决定是否退回。"), "D7",
    ),
    _subtype(
        340, LOGISTICS, "refused", 2, DISPATCH, ("refused by the recipient", "拒收"),
        ("Ask the customer why; then redeliver, hold or return on our instruction.",
         "询问拒收原因；按我方指示再派、保管或退回。"), "D9",
    ),
    _subtype(
        350, LOGISTICS, "returned", 2, DISPATCH, ("on its way back", "退回途中"),
        ("Find who told the carrier to return it; agree on sending again or the refund.",
         "查明退回指令来源；与客户商定补发或退款。"), "D8",
    ),
    _subtype(
        360, LOGISTICS, "no_contact", 2, DISPATCH, ("recipient not reached", "联系不上收件人"),
        ("Get the right phone number or time; tell the carrier what to do.",
         "取得正确电话或时间；通知承运商处理方式。"), "D9",
    ),
    _subtype(
        370, LOGISTICS, "proxy_no_consent", 2, DISPATCH,
        ("taken by somebody else without consent", "未经同意代签"),
        ("Ask the customer whether the parcel is there; complain to the carrier.",
         "确认客户是否收到；向承运商投诉。"), "D9",
    ),
    _subtype(
        380, LOGISTICS, "held", 2, DISPATCH, ("held on the way", "途中滞留"),
        ("Ask the carrier why and until when; tell the customer.",
         "询问滞留原因与时限；告知客户。"), "D7",
    ),
    _subtype(
        390, LOGISTICS, "overdue", 2, DISPATCH, ("delivery overdue", "配送逾期"),
        ("Ask the carrier; tell the customer the cause and the new day.",
         "询问承运商；告知客户原因与新的日期。"), "D7",
    ),
    _subtype(
        395, LOGISTICS, "stale", 2, DISPATCH, ("no news of the parcel", "物流未更新"),
        ("Ask the carrier where it is; keep the customer informed.",
         "询问承运商位置；持续告知客户。"), "D10",
    ),
    _subtype(
        400, INFORMATION, "wrong_address", 2, SERVICE, ("wrong address", "地址错误"),
        ("Get the right address from the customer; update it in one step.",
         "向客户确认正确地址；一键更新。"), "D8",
    ),
    _subtype(
        410, INFORMATION, "incomplete_address", 2, SERVICE, ("incomplete address", "地址不全"),
        ("Contact the customer for the missing part.", "联系客户补充缺失部分。"), "D8",
    ),
    _subtype(
        420, INFORMATION, "invalid_phone", 2, SERVICE, ("phone number invalid", "电话无效"),
        ("Ask for the number by e-mail or in the shop's messages.", "通过邮件或站内信索取电话。"),
        "D8",
    ),
    _subtype(
        430, INFORMATION, "missing_contact", 2, SERVICE, ("no contact", "缺少联系方式"),
        ("Ask by the channel that is left; never process while unclear.",
         "通过可用渠道询问；未明确前不得处理。"), "D8",
    ),
    _subtype(
        440, INFORMATION, "goods_contradict", 1, SERVICE, ("goods contradict", "商品信息矛盾"),
        ("Compare with the archived cart; ask what was meant. Where it is more: order again.",
         "对照存档购物车；向客户确认。数量有误时引导客户重新下单并取消本单。"), "D3",
    ),
    _subtype(
        450, INFORMATION, "duplicate_suspected", 2, SERVICE, ("perhaps ordered twice", "疑似重复"),
        ("Read the chat: a slip or a real need? Confirm or dismiss with the reason.",
         "查看聊天：误操作还是真实需要？说明理由确认或排除。"), "D3",
    ),
    _subtype(
        460, INFORMATION, "special_request", 3, WAREHOUSE, ("special request", "特殊要求"),
        ("Acknowledge the request at packing, or agree with the customer on another way.",
         "打包时确认要求，或与客户商定其他方式。"),
    ),
    _subtype(
        470, INFORMATION, "not_serviceable", 2, DISPATCH,
        ("area to be confirmed", "配送范围待确认"),
        ("Confirm that the area is served, and the remark that the courier needs.",
         "确认可配送范围及快递备注。"), "D3",
    ),
    _subtype(
        480, INFORMATION, "to_be_split", 2, WAREHOUSE, ("order to be split", "需拆单"),
        ("Split pre-sale goods from goods in stock; tell the customer both days.",
         "将预售与现货拆单；告知客户两个日期。"), "D3",
    ),
)  # fmt: skip

SUBTYPES: Mapping[str, Subtype] = {one.name: one for one in _TABLE}
"""By class and subtype, with a dot."""

_MIDDLE = {PAYMENT: 150, STOCK: 260, LOGISTICS: 399, INFORMATION: 490}
_UNKNOWN = 499


def find_subtype(class_: str | None, subtype: str | None) -> Subtype | None:
    """Return what is known of a kind of exception."""
    return SUBTYPES.get(f"{class_}.{subtype}")


def default_priority(class_: str | None, subtype: str | None) -> int:
    """Return the priority of a kind of exception; of an unknown one, after its class's others."""
    known = find_subtype(class_, subtype)
    return _MIDDLE.get(class_ or "", _UNKNOWN) if known is None else known.priority


def subtype_title(name: str, language: str) -> str:
    """Return what a kind of exception is called; an unknown one by its own words."""
    known = SUBTYPES.get(name)
    if known is not None:
        return known.title[language]
    return name.replace("_", " ").replace(".", ": ")


def delay_level(days: int, most: int) -> int:
    """Return the level of a delivery that is late: 2 up to `most` days, 1 beyond (4.5)."""
    return 2 if days <= most else 1
