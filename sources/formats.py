"""All sources of payloads, by name."""

from sources import (
    adyen,
    aftership,
    alipay,
    amazon,
    braintree,
    easypost,
    lemonsqueezy,
    other_json,
    paddle,
    paypal,
    seventeentrack,
    shopify,
    stripe,
    wechatpay,
    woocommerce,
)
from sources.format import Format

_ALL: tuple[Format, ...] = (
    amazon.FORMAT,
    adyen.FORMAT,
    aftership.FORMAT,
    alipay.FORMAT,
    braintree.FORMAT,
    easypost.FORMAT,
    lemonsqueezy.FORMAT,
    paddle.FORMAT,
    paypal.FORMAT,
    seventeentrack.FORMAT,
    shopify.FORMAT,
    stripe.FORMAT,
    wechatpay.FORMAT,
    woocommerce.FORMAT,
)

FORMATS: dict[str, Format] = {each.name: each for each in (*_ALL, other_json.FORMAT)}
