"""Paddle Classic: alerts about payments, refunds and disputes, and answers of its API."""

from sources.format import Format
from sources.paddle.messages import kind_of, translate
from sources.paddle.signature import check

FORMAT = Format(
    name="paddle", title="Paddle Classic", kind_of=kind_of, translate=translate, check=check
)
