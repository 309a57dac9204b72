"""The words of the order desk's lists, in English and Simplified Chinese."""

from collections.abc import Mapping

import msgspec


class DeskWords(msgspec.Struct, frozen=True, kw_only=True):
    """The words of one language. Templates name their slots in braces.

    Args:
        code: `en` or `zh`; also the CLDR locale of days and countries.
        columns: heads of the tracking table, by the name of the field (R017).
        labels: the seller's four words.
        states: an order's states, where the list says more than the label.
        parcels: a parcel's states.
        demands: kinds of after-sales requests.
        dimensions: the five groups of information.
        fields: heads of the export of unfinished orders, by `group/field`.
        phrases: parts of a status.
        actions: what is to be done where nobody said it, by the state of things.
        quadrants: what the four quadrants mean.
        risks: what makes an order a risk.
        customer: the customer, as `name` from `country`.
        unnamed: the customer without a country.
        joined: stands between two parts.
        goods: one line: `name` and `quantity`.
    """

    code: str
    columns: Mapping[str, str]
    labels: Mapping[str, str]
    states: Mapping[str, str]
    parcels: Mapping[str, str]
    demands: Mapping[str, str]
    dimensions: Mapping[str, str]
    fields: Mapping[str, str]
    phrases: Mapping[str, str]
    actions: Mapping[str, str]
    quadrants: Mapping[int, str]
    risks: Mapping[str, str]
    customer: str
    unnamed: str
    joined: str
    goods: str


ENGLISH = DeskWords(
    code="en",
    columns={
        "order": "Order no.",
        "customer": "Customer",
        "goods": "Goods",
        "planned_dispatch": "Originally planned dispatch date",
        "status": "Current status",
        "owner": "Owner",
        "updated": "Updated",
        "next_action": "Next action",
    },
    labels={
        "awaiting_payment": "awaiting payment",
        "awaiting_dispatch": "awaiting dispatch",
        "dispatched": "dispatched",
        "in_after_sales": "in after-sales",
    },
    states={
        "unknown": "awaiting payment; its placement is not in the record",
        "partially_dispatched": "dispatched in part: {left} of {pieces} parcels",
        "returned": "returned",
        "lost": "lost",
        "cancelled": "cancelled",
        "delivered": "delivered",
    },
    parcels={
        "label": "labelled",
        "handed_over": "handed to the carrier",
        "dispatched": "dispatched",
        "in_transit": "in transit",
        "customs": "at customs",
        "out_for_delivery": "out for delivery",
        "attempt_failed": "delivery failed, to be tried again",
        "available_for_pickup": "waiting to be fetched",
        "delivered": "delivered",
        "proxy_signed": "delivered to somebody else",
        "returning": "on its way back",
        "returned": "returned",
        "damaged": "damaged",
        "lost": "lost",
        "destroyed": "destroyed",
    },
    demands={
        "refund": "refund",
        "return": "return",
        "exchange": "exchange",
        "resend": "sending again",
        "expedite": "expediting",
        "repair": "repair",
        "question": "question",
        "other": "other request",
    },
    dimensions={
        "customer": "customer",
        "status": "order status",
        "goods": "goods",
        "logistics": "logistics",
        "aftersales": "after-sales demand",
    },
    fields={
        "order": "Order no.",
        "customer/name": "Customer name",
        "customer/contact": "Contact",
        "customer/country": "Country or region",
        "customer/language": "Language",
        "status/order_status": "Order status",
        "goods/sku": "SKU",
        "goods/quantity": "Quantity",
        "goods/stock_location": "Stock location",
        "goods/production_progress": "Production progress",
        "logistics/tracking_no": "Tracking number",
        "logistics/eta": "ETA",
        "logistics/transport_status": "Transport status",
        "aftersales/demand": "After-sales demand",
        "missing": "Missing",
    },
    phrases={
        "out_of_stock": "out of stock",
        "restocking": "out of stock, restocking",
        "held": "on hold",
        "held_for": "on hold: {reason}",
        "exception": "exception: {what}",
        "level": "level {level}",
        "in_production": "in production",
        "picking": "picking",
        "packed": "packed",
        "percent": "{what} ({percent} %)",
        "stale": "{what}, nothing heard of it",
        "after_sales": "in after-sales: {what}",
        "refund": "refund open",
        "dispute": "dispute open",
        "masked": "***",
        "erased": "(erased)",
        "yes": "yes",
        "quadrant": "Quadrant",
        "alarm": "No news for over a day",
        "overdue_days": "Days overdue",
        "risks": "Risk",
    },
    actions={
        "held": "Clear up why the order is on hold, then go on or cancel",
        "exception": "Handle the exception: {what}",
        "shortage": "Restock, or agree with the customer: exchange, cancel or wait",
        "awaiting_dispatch": "Dispatch the goods",
        "partially_dispatched": "Dispatch the parcels that are still here",
        "dispatched": "Follow the parcel until it is delivered",
        "stale": "Ask the carrier where the parcel is, and tell the customer",
        "attempt_failed": "Tell the carrier what to do: try again, hold or return",
        "returning": "Ask the carrier why the parcel comes back, and tell the customer",
        "awaiting_payment": "Ask the customer: pay, or cancel?",
        "unknown": "Get the placement of the order from the shop",
        "in_after_sales": "Answer the after-sales request: {what}",
        "owed": "Settle what is open: {what}",
    },
    quadrants={
        1: "urgent and important: paid, not dispatched",
        2: "important, not urgent: dispatched, not delivered",
        3: "urgent, not important: awaiting payment",
        4: "neither: in after-sales",
    },
    risks={
        "high_value": "high value",
        "expedite": "the customer asks to expedite",
        "promise_near": "the promised day is near or past",
        "no_owner": "confirmed, and nobody is responsible",
    },
    customer="{name} ({country})",
    unnamed="{name}",
    joined="; ",
    goods="{name} x {quantity}",
)

CHINESE = DeskWords(
    code="zh",
    columns={
        "order": "订单号",
        "customer": "客户信息",
        "goods": "商品",
        "planned_dispatch": "原计划发货日期",
        "status": "当前状态",
        "owner": "负责人",
        "updated": "更新时间",
        "next_action": "下一步",
    },
    labels={
        "awaiting_payment": "待付款",
        "awaiting_dispatch": "待发货",
        "dispatched": "已发货",
        "in_after_sales": "售后中",
    },
    states={
        "unknown": "待付款；记录中没有下单信息",
        "partially_dispatched": "部分发货：{left}/{pieces} 件",
        "returned": "已退回",
        "lost": "已丢失",
        "cancelled": "已取消",
        "delivered": "已签收",
    },
    parcels={
        "label": "已打单",
        "handed_over": "已交承运商",
        "dispatched": "已发货",
        "in_transit": "运输中",
        "customs": "清关中",
        "out_for_delivery": "派送中",
        "attempt_failed": "派送失败，待再次派送",
        "available_for_pickup": "待自提",
        "delivered": "已签收",
        "proxy_signed": "他人代签",
        "returning": "退回途中",
        "returned": "已退回",
        "damaged": "破损",
        "lost": "丢失",
        "destroyed": "已销毁",
    },
    demands={
        "refund": "退款",
        "return": "退货",
        "exchange": "换货",
        "resend": "补发",
        "expedite": "加急",
        "repair": "维修",
        "question": "咨询",
        "other": "其他诉求",
    },
    dimensions={
        "customer": "客户",
        "status": "订单状态",
        "goods": "商品",
        "logistics": "物流",
        "aftersales": "售后诉求",
    },
    fields={
        "order": "订单号",
        "customer/name": "客户姓名",
        "customer/contact": "联系方式",
        "customer/country": "国家/地区",
        "customer/language": "语言偏好",
        "status/order_status": "订单状态",
        "goods/sku": "SKU",
        "goods/quantity": "数量",
        "goods/stock_location": "库存位置",
        "goods/production_progress": "生产进度",
        "logistics/tracking_no": "物流单号",
        "logistics/eta": "预计到达",
        "logistics/transport_status": "运输状态",
        "aftersales/demand": "售后诉求",
        "missing": "缺失信息",
    },
    phrases={
        "out_of_stock": "缺货",
        "restocking": "缺货，补货中",
        "held": "已暂停处理",
        "held_for": "已暂停处理：{reason}",
        "exception": "异常：{what}",
        "level": "{level} 级",
        "in_production": "生产中",
        "picking": "拣货中",
        "packed": "已打包",
        "percent": "{what}（{percent} %）",
        "stale": "{what}，物流长时间未更新",
        "after_sales": "售后中：{what}",
        "refund": "退款未完成",
        "dispute": "争议未结束",
        "masked": "***",
        "erased": "（已删除）",
        "yes": "是",
        "quadrant": "象限",
        "alarm": "超过一天没有进展",
        "overdue_days": "逾期天数",
        "risks": "风险",
    },
    actions={
        "held": "查清暂停原因，然后继续处理或取消",
        "exception": "处理异常：{what}",
        "shortage": "补货，或与客户协商：换货、取消或等待",
        "awaiting_dispatch": "安排发货",
        "partially_dispatched": "发出剩余包裹",
        "dispatched": "跟踪包裹直到签收",
        "stale": "向承运商查询包裹位置，并告知客户",
        "attempt_failed": "通知承运商：再次派送、保管或退回",
        "returning": "向承运商查询退回原因，并告知客户",
        "awaiting_payment": "联系客户：付款还是取消？",
        "unknown": "向店铺索取下单信息",
        "in_after_sales": "答复售后诉求：{what}",
        "owed": "处理未了事项：{what}",
    },
    quadrants={
        1: "紧急且重要：已付款未发货",
        2: "重要不紧急：已发货未签收",
        3: "紧急不重要：待付款",
        4: "不紧急不重要：售后中",
    },
    risks={
        "high_value": "高价值",
        "expedite": "客户要求加急",
        "promise_near": "承诺日期临近或已过",
        "no_owner": "已确认但无人负责",
    },
    customer="{name}（{country}）",
    unnamed="{name}",
    joined="；",
    goods="{name} x {quantity}",
)

DESK_WORDS: Mapping[str, DeskWords] = {"en": ENGLISH, "zh": CHINESE}
"""By code."""
