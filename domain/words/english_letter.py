"""The parts of the letter to the customer in English."""

LETTERS = {
    "subject": "Order {order}: your refund",
    "greeting": "Dear customer,",
    "order": "This is our answer about your order {order}.",
    "fact_returned": (
        "On {day} we returned {returned} to {destination} you paid with on {payment_day}{settled}."
    ),
    "original": "the original payment method ({instrument})",
    "find_reference": (
        "Please ask your bank to search by {reference}{and_amount}. Banks usually "
        "need up to {weekdays} working days, in your case until {expected_by}. Look at the "
        "statement of {destination} from {day} on, and show this letter to your bank."
    ),
    "find_reference_short": (
        "Please ask your bank to search by {reference}{and_amount}. Look at the "
        "statement from {day} on, and show this letter to your bank."
    ),
    "find_no_reference": (
        "This way of payment gives no reference that a bank could search by. Please look at "
        "{destination} from {day} on{for_amount}; the payment provider's number of "
        "the refund is {psp_refund}. You can show this letter to your bank or to the provider."
    ),
    "find_awaited": (
        "The reference by which your bank can search usually comes within 3 working days. We send "
        "it to you as soon as we have it. Until then please look at {destination} from {day} on"
        "{for_amount}."
    ),
    "find_reversal": (
        "Because the charge was reversed, please look for the original charge: it is gone from "
        "your statement, or shown as reversed. No separate credit appears, and there is no "
        "reference to search by."
    ),
    "find_elsewhere": (
        "Please look at {destination} from {day} on{for_amount}{reference_clause}. "
        "You can show this letter to the bank or company that keeps it."
    ),
    "find_dispute": (
        "Please look at the statement of the card or account that you disputed; your bank can tell "
        "you the state of the dispute."
    ),
    "find_platform": "Please ask {channel} about the refund; it holds the payment and its records.",
    "find_compensation": (
        "Please look at what you accepted instead. If you did not accept it, tell us, and we check "
        "it again."
    ),
    "find_appeal": "If you see it differently, answer this letter, and we check it again.",
    "find_action": (
        "Please give {psp} the bank details it asked you for by e-mail{until}. Without them the "
        "money cannot be sent."
    ),
    "find_confirmed": (
        "You told us yourself that the money arrived; on request we send you a copy of that "
        "message."
    ),
    "find_nothing_paid": (
        "If your statement shows a reserved amount, your bank releases it by itself. If it shows a "
        "payment to us, please send us a copy."
    ),
    "find_request": "If you want money back, tell us for which goods, and we look into it.",
    "find_seller": "You need not do anything: the next step is ours.",
    "find_psp": "You need not do anything: the payment provider is working on it.",
    "find_identify": (
        "Please send us the order number, and the e-mail address or phone number you ordered with."
    ),
    "commitment_trace": (
        "If your bank confirms in writing that it cannot find the money, we start a trace with "
        "{psp}."
    ),
    "commitment_open": "We tell you the next state by {next_answer}.",
    "commitment_closed": "If anything is not clear, write to us; we answer within {days} days.",
    "agent": "{agent} answers you personally: {contact}.",
}
