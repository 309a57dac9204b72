"""The parts of the letter to the customer in Simplified Chinese."""

LETTERS = {
    "subject": "订单{order}：关于您的退款",
    "greeting": "尊敬的顾客：",
    "order": "现就您的订单{order}答复如下。",
    "fact_returned": (
        "我方于{day}将{returned}退回您于{payment_day}付款所用的{destination}{settled}。"
    ),
    "original": "原支付账户（{instrument}）",
    "find_reference": (
        "请您的银行按{reference}{and_amount}查询。银行通常最多需要{weekdays}个工作日，"
        "即不迟于{expected_by}。请查看{destination}自{day}起的账单，并向银行出示本函。"
    ),
    "find_reference_short": (
        "请您的银行按{reference}{and_amount}查询。请查看自{day}起的账单，并向银行出示本函。"
    ),
    "find_no_reference": (
        "该支付方式没有可供银行查询的参考号。请查看{destination}自{day}起{for_amount}"
        "记录；支付机构的退款号为{psp_refund}。您可以向银行或支付机构出示本函。"
    ),
    "find_awaited": (
        "供银行查询的参考号通常在 3 个工作日内产生，取得后我们会立即发给您。在此之前，"
        "请查看{destination}自{day}起{for_amount}记录。"
    ),
    "find_reversal": (
        "由于扣款已撤销，请查看原扣款记录：它已从账单上消失，或显示为已撤销。"
        "不会另有入账记录，也没有可供查询的参考号。"
    ),
    "find_elsewhere": (
        "请查看{destination}自{day}起{for_amount}记录{reference_clause}。"
        "您可以向账户所在的银行或机构出示本函。"
    ),
    "find_dispute": "请查看您提出争议的银行卡或账户的账单；银行可告知您争议的进展。",
    "find_platform": "请向{channel}查询退款；付款及其记录由该平台保管。",
    "find_compensation": "请查看您所接受的补偿。如您并未接受，请告知我们，我们会再次核查。",
    "find_appeal": "如您有不同意见，请回复本函，我们会再次核查。",
    "find_action": "请按电子邮件中的要求向{psp}提供银行信息{until}，否则款项无法汇出。",
    "find_confirmed": "您曾亲自告知款项已到账；如有需要，我们可提供该消息的副本。",
    "find_nothing_paid": (
        "如账单显示预留金额，银行会自行释放。如账单显示已向我方付款，请将账单副本发给我们。"
    ),
    "find_request": "如您希望退款，请告知所涉商品，我们会处理。",
    "find_seller": "您无需办理任何手续：下一步由我方处理。",
    "find_psp": "您无需办理任何手续：支付机构正在处理。",
    "find_identify": "请将订单号以及下单时使用的邮箱或电话发给我们。",
    "commitment_trace": "如您的银行书面确认查无此款，我们将通过{psp}追查。",
    "commitment_open": "我们最迟于{next_answer}告知您最新进展。",
    "commitment_closed": "如有不明之处，请与我们联系，我们会在{days}天内答复。",
    "agent": "{agent}将专门为您答复：{contact}。",
}
