"""The words of the order desk's reports, in English and Simplified Chinese."""

from collections.abc import Mapping

import msgspec


class ReportWords(msgspec.Struct, frozen=True, kw_only=True):
    """The words of one language.

    Args:
        code: `en` or `zh`.
        titles: of the reports, by name.
        heads: of the columns, by name.
        causes: D1 to D10.
        spans: steps of the lead time, and their sums.
        metrics: name and definition of each number of the report of metrics.
        kinds: kinds of compensation.
        slowest: marks the slowest step.
        of: what a report is of: `what` from `since` to `until`, `as_of` and `position` of the log.
        whole: the same without a period.
        ever: in place of a day that was not named.
    """

    code: str
    titles: Mapping[str, str]
    heads: Mapping[str, str]
    causes: Mapping[str, str]
    spans: Mapping[str, str]
    metrics: Mapping[str, tuple[str, str]]
    kinds: Mapping[str, str]
    slowest: str
    of: str
    whole: str
    ever: str


ENGLISH = ReportWords(
    code="en",
    titles={
        "exceptions": "Exceptions by kind",
        "classes": "Exceptions by class",
        "levels": "Exceptions by level",
        "departments": "Exceptions by department",
        "goods": "Goods with exceptions",
        "steps": "Where it went wrong",
        "causes": "Why deliveries are late",
        "lead-time": "Lead time by step",
        "compensation": "Compensation by level",
        "improvements": "What to improve",
        "metrics": "Metrics",
        "fields": "Fields that are filled",
    },
    heads={
        "kind": "Kind",
        "class": "Class",
        "level": "Level",
        "department": "Department",
        "count": "Exceptions",
        "share": "Share %",
        "open": "Open",
        "kept": "Not reopened %",
        "foreseen": "Found first %",
        "notice": "Minutes to notice",
        "hours": "Hours, median",
        "mean": "Hours, mean",
        "hours_90": "Hours, 9 of 10",
        "sku": "Goods",
        "usual": "Most frequent",
        "stage": "Step",
        "cause": "Cause",
        "what": "What it is",
        "days": "Days late, mean",
        "known": "Delay known of",
        "orders": "Orders",
        "mark": "Slowest",
        "offered": "Offered",
        "issued": "Handed out",
        "used": "Used",
        "currency": "Currency",
        "amount": "Handed out, minor units",
        "per_order": "Per order, minor units",
        "limit": "Limit %",
        "suggestion": "Suggestion",
        "adopted": "Adopted",
        "before": "Share before %",
        "after": "Share after %",
        "metric": "Metric",
        "value": "Value",
        "definition": "Definition",
        "field": "Field",
        "filled": "Filled",
    },
    causes={
        "D1": "not paid in time",
        "D2": "paid, no stock",
        "D3": "suspended at the order desk",
        "D4": "picking not done in time",
        "D5": "wrong goods packed",
        "D6": "label on the wrong parcel",
        "D7": "long way, lost or damaged",
        "D8": "wrong phone or address",
        "D9": "not reached, signed by others",
        "D10": "carrier silent, delivery missed",
    },
    spans={
        "payment": "waiting for the payment",
        "processing": "processing until confirmed",
        "queue": "waiting to be made or picked",
        "making": "making, picking, packing",
        "handover": "packed until dispatched",
        "product": "waiting for the product, all of it",
        "transport": "transport to the customer",
        "whole": "from order to delivery",
    },
    metrics={
        "exception_rate": ("Exception rate, %", "orders with an exception, of all orders"),
        "handling_hours": ("Handling time, hours", "mean from raising to resolving"),
        "kept": ("Handled right, %", "resolved exceptions that were not reopened"),
        "foreseen": (
            "Found before the customer wrote, %",
            "exceptions that a rule raised before the first message or request about the order",
        ),
        "recovered": (
            "Payments recovered, %",
            "payment exceptions whose order was paid afterwards",
        ),
        "noticed": ("Noticed in 5 minutes, %", "exceptions somebody was told of in that time"),
        "fulfilment": ("Fulfilment rate, %", "dispatched orders, of those paid"),
        "in_time": ("In time, %", "deliveries by the promised day, of those that had one"),
        "lead_time": ("Lead time, days", "mean from order to delivery"),
        "compensated": ("Compensated, %", "orders with a compensation, of all orders"),
    },
    kinds={
        "coupon": "coupon",
        "cash_voucher": "cash voucher",
        "gift": "gift",
        "apology_card": "apology card",
    },
    slowest="slowest",
    of="{what}, {since} to {until}, as of {as_of}, position {position}",
    whole="{what}, of all time, as of {as_of}, position {position}",
    ever="…",
)

CHINESE = ReportWords(
    code="zh",
    titles={
        "exceptions": "异常类型占比",
        "classes": "异常大类",
        "levels": "异常级别",
        "departments": "各部门异常",
        "goods": "问题商品",
        "steps": "责任环节",
        "causes": "延迟原因",
        "lead-time": "交付周期分解",
        "compensation": "补偿台账",
        "improvements": "改进建议",
        "metrics": "指标",
        "fields": "字段填写率",
    },
    heads={
        "kind": "类型",
        "class": "大类",
        "level": "级别",
        "department": "部门",
        "count": "异常数",
        "share": "占比 %",
        "open": "未结",
        "kept": "未重开 %",
        "foreseen": "先行发现 %",
        "notice": "告知分钟数",
        "hours": "处理小时（中位）",
        "mean": "处理小时（平均）",
        "hours_90": "处理小时（九成以内）",
        "sku": "商品",
        "usual": "最常见",
        "stage": "环节",
        "cause": "原因",
        "what": "说明",
        "days": "平均延迟天数",
        "known": "已知延迟单数",
        "orders": "订单数",
        "mark": "最慢",
        "offered": "提供",
        "issued": "发放",
        "used": "使用",
        "currency": "币种",
        "amount": "发放金额（最小单位）",
        "per_order": "每单金额（最小单位）",
        "limit": "阈值 %",
        "suggestion": "建议",
        "adopted": "采纳时间",
        "before": "采纳前占比 %",
        "after": "采纳后占比 %",
        "metric": "指标",
        "value": "数值",
        "definition": "定义",
        "field": "字段",
        "filled": "已填",
    },
    causes={
        "D1": "未按时付款",
        "D2": "已付款但缺货",
        "D3": "订单处理滞留",
        "D4": "拣货未按时完成",
        "D5": "错装商品",
        "D6": "贴错面单",
        "D7": "路程远、丢失或破损",
        "D8": "电话或地址错误",
        "D9": "联系不上、他人代签",
        "D10": "物流未更新、错过派送",
    },
    spans={
        "payment": "等待付款",
        "processing": "处理至确认",
        "queue": "等待生产或拣货",
        "making": "生产、拣货、打包",
        "handover": "打包至发货",
        "product": "等待商品（合计）",
        "transport": "运输至客户",
        "whole": "下单至签收",
    },
    metrics={
        "exception_rate": ("异常率 %", "有异常的订单占全部订单"),
        "handling_hours": ("处理时长（小时）", "从提出到解决的平均时长"),
        "kept": ("处理正确率 %", "已解决且未重开的异常"),
        "foreseen": ("先于客户发现 %", "在客户首次来信或提出诉求前由规则发现的异常"),
        "recovered": ("付款挽回率 %", "付款异常后订单最终付款"),
        "noticed": ("5 分钟内告知 %", "在此时间内已告知处理人的异常"),
        "fulfilment": ("履约率 %", "已发货订单占已付款订单"),
        "in_time": ("准时率 %", "在承诺日前签收，占有承诺日的订单"),
        "lead_time": ("交付周期（天）", "从下单到签收的平均天数"),
        "compensated": ("补偿率 %", "有补偿的订单占全部订单"),
    },
    kinds={
        "coupon": "优惠券",
        "cash_voucher": "代金券",
        "gift": "小礼物",
        "apology_card": "致歉卡",
    },
    slowest="最慢",
    of="{what}，{since} 至 {until}，截至 {as_of}，位置 {position}",
    whole="{what}，全部时间，截至 {as_of}，位置 {position}",
    ever="…",
)

REPORT_WORDS: Mapping[str, ReportWords] = {"en": ENGLISH, "zh": CHINESE}
"""By code."""
