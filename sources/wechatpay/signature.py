"""The signature of notifications: RSA with SHA-256 over time, nonce and body, a line each.

Source: wechatpay.im/webhook/v3/TRANSACTION.SUCCESS (the headers `Wechatpay-Signature`,
`-Timestamp`, `-Nonce`); pay.weixin.qq.com/doc/global/v3/zh/4014096450, step 4.1.
"""

from collections.abc import Sequence

from sources.format import Headers
from sources.rsa_signature import require_signed
from sources.signing import header, require_recent


def check(raw: bytes, headers: Headers, secrets: Sequence[str], now: int) -> None:
    """Check a notification by the platform's certificates or public keys; see `Format.check`."""
    signature = header(headers, "Wechatpay-Signature")
    at, nonce = header(headers, "Wechatpay-Timestamp"), header(headers, "Wechatpay-Nonce")
    content = f"{at}\n{nonce}\n".encode(errors="replace") + raw + b"\n"
    require_signed(content, signature, secrets)
    require_recent(at, now)
