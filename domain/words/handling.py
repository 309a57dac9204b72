"""What was done about an order, in words: the object of a log line by the event's type (R121)."""

from collections.abc import Mapping

import msgspec


class HandlingWords(msgspec.Struct, frozen=True, kw_only=True):
    """The words of one language.

    Args:
        actions: what somebody did, by the event's type; a slot in braces is what the event says.
        actors: what programs are called, by the id under which they record.
        line: a log line of `time`, `actor` and `action`.
        masked: stands for what the reader may not see.
        erased: stands for what is gone.
        unknown: who did it, where nobody said.
    """

    actions: Mapping[str, str]
    actors: Mapping[str, str]
    line: str
    masked: str
    erased: str
    unknown: str


ENGLISH = HandlingWords(
    actions={
        "order.shipping_address_changed": "changed the delivery address to {after}",
        "order.recipient_contact_changed": "changed the contact to {after}",
        "order.owner_assigned": "gave the order to {owner} {department}",
        "order.next_action_set": "set the next action: {action} {due_at}",
        "order.planned_dispatch_set": "planned the dispatch for {date}",
        "order.planned_dispatch_changed": "moved the dispatch to {after}: {reason}",
        "order.put_on_hold": "put the order on hold: {reason_code}",
        "order.hold_released": "released the hold {reason_code}",
        "order.confirmed": "confirmed the order as {order_track_no}",
        "order.manually_reviewed": "reviewed {check_ids}: {outcome}, {note}",
        "order.duplicate_confirmed": "confirmed that it repeats {other_order_id}: {reason}",
        "order.duplicate_dismissed": "found that it does not repeat {other_order_id}: {reason}",
        "order.expired_unpaid": "let the unpaid order expire",
        "order.cancelled": "cancelled the order: {reason_code}",
        "exception.raised": "found: {kind}",
        "exception.classified": "classified it as {kind}, level {level}",
        "exception.reclassified": "classified it anew as {kind}, level {level}",
        "exception.assigned": "handed it to {owner} {department}",
        "exception.accepted": "took it on {owner}",
        "exception.measure_taken": "did: {measure}",
        "exception.customer_feedback_received": "noted the customer's answer: {text}",
        "exception.progress_published": "told the customer: {text}, solved by {promised_by}",
        "exception.resolved": "resolved it: {cause}",
        "exception.reopened": "opened it again: {cause}",
        "root_cause.attributed": "found the cause at {stage}, {department}: {cause}",
        "ticket.opened": "opened a task for {department}: {demand}",
        "ticket.assigned": "gave the task to {owner}",
        "ticket.transferred": "passed the task to {department} {owner}",
        "ticket.updated": "said of the task: {progress}",
        "ticket.resolved": "finished the task: {result}",
        "ticket.reopened": "opened the task again: {progress}",
        "compensation.offered": "offered {kind} {money}",
        "compensation.accepted": "noted that the customer took {kind} {money}",
        "compensation.declined": "noted that the customer declined {kind}: {reason}",
        "compensation.issued": "handed out {kind} {money}",
        "compensation.used": "noted that {kind} {money} was used",
        "compensation.expired": "let {kind} {money} expire",
        "compensation.cancelled": "took {kind} {money} back: {reason}",
        "refund.approved": "approved the refund of {money}",
        "refund.rejected": "rejected the refund: {reason_code}",
    },
    actors={"clock": "the clock", "checks": "the checks"},
    line="{time} {actor} {action}",
    masked="***",
    erased="(erased)",
    unknown="somebody",
)

CHINESE = HandlingWords(
    actions={
        "order.shipping_address_changed": "更改收货地址为{after}",
        "order.recipient_contact_changed": "更改联系方式为{after}",
        "order.owner_assigned": "将订单交由 {owner} {department} 负责",
        "order.next_action_set": "确定下一步：{action} {due_at}",
        "order.planned_dispatch_set": "计划于 {date} 发货",
        "order.planned_dispatch_changed": "将发货改为 {after}：{reason}",
        "order.put_on_hold": "暂停处理：{reason_code}",
        "order.hold_released": "恢复处理 {reason_code}",
        "order.confirmed": "确认订单，编号 {order_track_no}",
        "order.manually_reviewed": "复核 {check_ids}：{outcome}，{note}",
        "order.duplicate_confirmed": "确认与 {other_order_id} 重复：{reason}",
        "order.duplicate_dismissed": "排除与 {other_order_id} 重复：{reason}",
        "order.expired_unpaid": "取消超时未付款订单",
        "order.cancelled": "取消订单：{reason_code}",
        "exception.raised": "发现：{kind}",
        "exception.classified": "归类为{kind}，{level} 级",
        "exception.reclassified": "重新归类为{kind}，{level} 级",
        "exception.assigned": "交由 {owner} {department} 处理",
        "exception.accepted": "已接手 {owner}",
        "exception.measure_taken": "采取措施：{measure}",
        "exception.customer_feedback_received": "记录客户反馈：{text}",
        "exception.progress_published": "告知客户：{text}，{promised_by} 前解决",
        "exception.resolved": "解决：{cause}",
        "exception.reopened": "重新打开：{cause}",
        "root_cause.attributed": "查明责任环节 {stage}，{department}：{cause}",
        "ticket.opened": "为 {department} 创建工单：{demand}",
        "ticket.assigned": "将工单交给 {owner}",
        "ticket.transferred": "将工单转给 {department} {owner}",
        "ticket.updated": "更新工单：{progress}",
        "ticket.resolved": "完成工单：{result}",
        "ticket.reopened": "重新打开工单：{progress}",
        "compensation.offered": "提供补偿 {kind} {money}",
        "compensation.accepted": "记录客户接受 {kind} {money}",
        "compensation.declined": "记录客户拒绝 {kind}：{reason}",
        "compensation.issued": "发放 {kind} {money}",
        "compensation.used": "记录 {kind} {money} 已使用",
        "compensation.expired": "{kind} {money} 过期",
        "compensation.cancelled": "收回 {kind} {money}：{reason}",
        "refund.approved": "批准退款 {money}",
        "refund.rejected": "拒绝退款：{reason_code}",
    },
    actors={"clock": "系统时钟", "checks": "系统检查"},
    line="{time} {actor} {action}",
    masked="***",
    erased="（已删除）",
    unknown="（未注明）",
)

HANDLING_WORDS: Mapping[str, HandlingWords] = {"en": ENGLISH, "zh": CHINESE}
"""By code."""
