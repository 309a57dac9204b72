"""The pack's own words in Chinese."""

from evidence.words.page import Page

_LABELS = {
    "title": "证据：申诉答复",
    "order": "订单 {order}",
    "claim": "“未收到退款”",
    "rules": "规则 {version}",
    "next": "下一步",
    "by": "最迟 {day}",
    "amounts": "金额与参考号",
    "paid": "已付金额",
    "paid_with": "付款方式",
    "provider_payment": "支付机构付款号",
    "refund": "退款",
    "owed": "应退金额",
    "approved": "批准金额",
    "settled": "结算金额",
    "destination": "退款去向",
    "reference": "参考号",
    "no_reference": "无",
    "provider_refund": "{psp} 退款号",
    "provider": "支付机构",
    "expected_by": "预计最迟",
    "not_recorded": "没有记录",
    "money": "款项在哪里",
    "contacts": "顾客得到的告知",
    "missing": "缺少什么",
    "conflicts": "相互矛盾之处",
    "findings": "不相符之处",
    "timeline": "全部已记录的事件",
    "proof": "证明",
    "checks": "已做的检查",
    "limits": "本文件不能证明什么",
    "not_checked": "制作时没有检查的内容（程序原文）",
    "keys": "密钥",
    "how": "如何不依靠我方自行核验",
    "files": "附件",
    "step": "步骤",
    "when": "时间",
    "who": "报告方",
    "amount": "金额",
    "event": "事件",
    "hash": "行哈希（SHA-256 前 16 字节）",
    "way": "方式",
    "what": "内容",
    "sent": "发给顾客",
    "received": "来自顾客",
    "looked_for": "查找内容",
    "found": "结果",
    "meaning": "含义",
    "type": "类型",
    "source": "来源与编号",
    "file": "文件",
    "digest": "SHA-256 前 16 字节",
    "content": "内容",
    "state_missing": "缺少",
    "state_none": "没有",
    "state_here": "有",
    "corrected": "由 {numbers} 更正",
    "corrects": "更正 {numbers}",
    "sealed": "个人数据已加密",
    "date_only": "{day}，仅日期",
    "chain": "哈希链",
    "chain_means": "每行记有前一行的哈希；共 {count} 行，编号 1 至 {count}",
    "checkpoint": "检查点",
    "checkpoint_means": "日志密钥签名时，日志含 {size} 个事件",
    "no_checkpoint": "无：本订单尚未进入已签名的日志",
    "head": "订单末端",
    "record": "记录",
    "fingerprint": "根密钥：供对照的指纹",
    "key_line": "{name}，{algorithm}，自日志规模 {first} 起",
    "key_active": "在用",
    "key_retired": "已停用",
    "key_revoked": "已吊销",
    "key_compromised": "已报失窃",
    "signed_by": "本文件的签名",
    "foot": "订单末端 {head} · 不显示个人数据",
    "foot_empty": "没有本订单的事件记录",
    "page": "第 {page} 页，共 {pages} 页",
    "corrections_none": "本订单没有被更正的事件。",
    "corrections_some": "被更正的事件以删除线显示，仍可阅读：{count} 个。",
    "intact": "完好",
    "altered": "已改动",
    "incomplete": "不完整",
    "cannot_tell": "无法判断",
    "more": "…… 另有 {count} 项",
}

_TEXTS = {
    "as_of": "截至 {day}；本订单最新事件在日志中的位置为 {position}。",
    "view": "本页只是展示。附件才是证据：订单历史、已签名的检查点，以及数据形式的答复。",
    "data": "事件内容按记录原样打印，不作翻译。个人数据在事件中已加密，此处不显示。",
    "no_money": "本订单没有与款项有关的事件。",
    "no_contacts": "没有与顾客往来消息的记录。",
    "record_intact": "共 {events} 个事件，无缺失，无改动。",
    "record_bad": "记录未通过核验。请勿依据上面的答复。",
    "record_cannot_tell": "此处无法核验该记录。",
    "unsealed": (
        "其中 {count} 个事件尚未进入封存的历史；"
        "它们以普通文本行附上，仅由本文件的签名和哈希链证明。"
    ),
    "signed_b_t": (
        "PAdES B-T：以商家的证据密钥签名，并由时间戳机构 {authority} 加盖时间戳。"
        "证书：{subject}，SHA-256 {fingerprint}。"
    ),
    "signed_b_b": (
        "PAdES B-B：以商家的证据密钥签名；签名时间只是商家自己的陈述，因为{why}。"
        "证书：{subject}，SHA-256 {fingerprint}。"
    ),
    "no_authority": "没有配置时间戳机构",
    "silent_authority": "时间戳机构没有给出可用的时间戳",
    "unsigned": "本文件没有签名：{why}。附件带有日志自身的签名。",
    "no_installation": "它由档案制作，没有商家的证据密钥",
    "in_zip": "在 ZIP 中，SHA256SUMS.sig 为全部文件的清单签名",
    "signature_means": (
        "该签名表明：自持有该密钥者签名以来，本文件没有被改动。"
        "事件与记录一致则由日志的签名表明，那是另一把密钥。"
    ),
    "how_pdf": (
        "把附件保存到同一个文件夹。需要 Python 3.11 以上、cryptography 软件包和 "
        "orderproof-verify.py（每份档案和本证据的 ZIP 中都有）："
        "python3 orderproof-verify.py {history} --keyring {keyring}。已安装 Orderproof 时："
        "orderproof verify 加本文件，可核验签名、附件和历史。仅核验签名：pdfsig 或任一 PDF 阅读器。"
    ),
    "how_unsealed": (
        "把附件保存到同一个文件夹。本订单尚无封存的历史，只能沿哈希链核对："
        "每行的 prev 是前一行的 SHA-256。已安装 Orderproof 时：orderproof verify 加本文件。"
    ),
    "how_compare": (
        "请把根密钥和证书的指纹与您从其他途径得到的指纹对照：能够替换整份文件的人，也能替换其中的密钥。"
    ),
    "signature_short": "签名，{bytes} 字节，见附件",
}

_STEPS = {
    "payment.initiated": "开始付款",
    "payment.authorised": "已授权",
    "payment.captured": "已付款",
    "payment.failed": "付款失败",
    "payment.voided": "授权已撤销",
    "payment.authorisation_expired": "授权已过期",
    "payment.amount_mismatch_detected": "金额不符",
    "payment.confirmed_manually": "人工确认付款",
    "refund.requested": "申请退款",
    "refund.approved": "已批准",
    "refund.rejected": "已拒绝",
    "refund.submitted": "已发出支付",
    "refund.submission_unknown": "已发出，结果不明",
    "refund.accepted": "支付机构已受理",
    "refund.customer_action_required": "需顾客操作",
    "refund.succeeded": "已退回",
    "refund.reference_recorded": "参考号",
    "refund.reference_unavailable": "无参考号",
    "refund.settled": "已结算",
    "refund.failed": "失败",
    "refund.bounced": "被退回",
    "refund.cancelled": "退款已取消",
    "refund.reissued": "由另一笔替代",
    "refund.redirected": "改退他处",
    "refund.offline_recorded": "线下支付",
    "refund.customer_notified": "已告知顾客",
    "refund.customer_confirmed": "顾客确认收款",
    "dispute.inquiry_opened": "银行询问",
    "dispute.opened": "争议已提出",
    "dispute.funds_withdrawn": "争议：款项被扣",
    "dispute.funds_reinstated": "争议：款项退还",
    "dispute.won": "争议：商家胜",
    "dispute.lost": "争议：商家败",
    "dispute.accepted": "争议：商家接受",
    "dispute.withdrawn": "争议已撤回",
    "compensation.offered": "提出补偿",
    "compensation.accepted": "接受补偿",
    "compensation.declined": "拒绝补偿",
    "compensation.issued": "已发放补偿",
    "order.cancelled": "订单已取消",
    "invoice.adjusted": "发票已调整",
    "claim.counter_evidence": "顾客的银行账单",
}

_SOUGHT = {
    "placement": "订单的开始",
    "approval": "退款的批准",
    "settlement": "退款的结算",
    "reference": "供银行查询的参考号",
    "told": "发给顾客的消息",
    "confirmation": "顾客的收款确认",
    "statement": "顾客的银行账单",
    "bounce": "退款失败或被退回",
    "second": "第二笔退款",
    "dispute": "银行争议",
    "gap": "支付机构消息的缺口",
    "closure": "支付机构账户的关闭",
}

_FOUND = {
    "placement:missing": "记录从之后开始；当时订购了什么不在其中。",
    "approval:missing": "支付机构的消息中有一笔退款，本方没有批准记录。",
    "settlement:missing": "支付机构称已支付；没有银行结算记录。",
    "reference:missing": "请向支付机构索取；顾客的银行按它查询。",
    "reference:none": "该支付方式没有参考号，属正常情况。",
    "told:missing": "没有发给顾客的消息记录；顾客可能不知情。",
    "confirmation:missing": "顾客没有表示已收到；顾客并无此义务。",
    "statement:missing": "请向顾客索取；将作为反证保存。",
    "statement:here": "顾客针对本记录的反证，见事件。",
    "bounce:none": "截至位置 {position}，没有退款失败或被退回的记录。",
    "bounce:here": "有退款失败或被退回，见款项步骤。",
    "second:none": "据记录，没有重复支付。",
    "second:here": "记录中有多笔退款，见款项步骤。",
    "dispute:none": "据记录，银行没有收回款项。",
    "dispute:here": "该付款有争议记录，见款项步骤。",
    "gap:none": "没有已知的消息缺失。",
    "gap:here": "已知有消息缺失，其内容在此不明。",
    "closure:none": "据记录，仍可向支付机构查询。",
    "closure:here": "账户已关闭，无法再查询。",
}

_FILES = {
    "claim": "数据形式的答复",
    "contents": "附件清单及其摘要",
    "readme": "附件说明与核验方法",
    "unsealed": "尚未进入封存历史的事件，每行一个",
    "history": "已封存的订单历史，附日志收录证明",
    "checkpoint": "已签名的日志状态",
    "keyring": "日志的公钥，由根密钥签名",
    "consistency": "证明日志的较晚状态只在较早状态上追加",
    "tsr": "时间戳机构对日志状态的时间戳",
    "crl": "当时该机构已吊销的证书",
    "ocsp": "当时该机构对其证书的答复",
    "certificate": "证据签名密钥的证书",
}

_LIMITS = (
    "没有人记录过的事情没有发生。",
    "所报告的内容属实：记录只表明谁在何时说了什么。",
    "日志没有分叉，如果您只有这一份副本：请对照检查点。",
    "签名者是谁，除非您从其他途径得到了他们的指纹。",
    "记录的时间，在没有附上时间戳时只是商家自己的陈述。",
    "本订单没有更晚的事件：这是截至下方所示末端的记录。",
)

CHINESE = Page(_LABELS, _TEXTS, _STEPS, _SOUGHT, _FOUND, _FILES, _LIMITS)
