"""Braintree: transactions, refunds and disputes."""

from sources.braintree.messages import kind_of, translate
from sources.braintree.signature import check
from sources.format import Format

FORMAT = Format(
    name="braintree", title="Braintree", kind_of=kind_of, translate=translate, check=check
)
