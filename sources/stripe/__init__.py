"""Stripe: payments, refunds, disputes and entries in the balance."""

from sources.format import Format
from sources.stripe.messages import kind_of, translate
from sources.stripe.signature import check

FORMAT = Format(name="stripe", title="Stripe", kind_of=kind_of, translate=translate, check=check)
