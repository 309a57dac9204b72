"""All sources of payloads, by name."""

from sources import (
    aftership,
    alipay,
    easypost,
    seventeentrack,
    stripe,
    wechatpay,
)
from sources.format import Format

_ALL: tuple[Format, ...] = (
    aftership.FORMAT,
    alipay.FORMAT,
    easypost.FORMAT,
    seventeentrack.FORMAT,
    stripe.FORMAT,
    wechatpay.FORMAT,
)

FORMATS: dict[str, Format] = {each.name: each for each in _ALL}
