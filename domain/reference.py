"""The reference of a refund: the only thing that the customer's bank can search by."""

from collections.abc import Iterable

import msgspec

from domain.content import Content
from domain.occurrence import Occurrence
from domain.reading import name_key, read_text
from domain.refund_content import RefundReferenceRecorded, RefundReferenceUnavailable

AVAILABLE = "available"
AWAITED = "pending"
UNAVAILABLE = "unavailable"

_ARN = frozenset({"arn", "acquirerreferencenumber"})


class Reference(msgspec.Struct, frozen=True):
    """What the customer's bank can search by.

    Args:
        status: available, pending or unavailable; None where nothing is known.
        type: ARN, RRN, STAN … as the source names it.
        number: the reference itself; there whenever the status is `available`.
    """

    status: str | None = None
    type: str | None = None
    number: str | None = None

    @property
    def is_arn(self) -> bool:
        """Whether it is an acquirer reference number, which any bank can search by."""
        return name_key(self.type) in _ARN


def fold_reference(facts: Iterable[Occurrence[Content]]) -> Reference:
    """Return the best available reference (an ARN before others), else what is known instead."""
    found = Reference()
    for fact in facts:
        data = fact.data
        if isinstance(data, RefundReferenceUnavailable):
            if found.status != AVAILABLE:
                found = Reference(UNAVAILABLE, None, None)
        elif isinstance(data, RefundReferenceRecorded):
            number = read_text(data.reference)
            status = name_key(read_text(data.reference_status))
            if status not in (AWAITED, UNAVAILABLE):
                status = AVAILABLE if number else AWAITED
            if status == AVAILABLE and number is None:
                status = AWAITED
            new = Reference(status, read_text(data.reference_type), number)
            if found.status != AVAILABLE or (
                status == AVAILABLE and (new.is_arn or not found.is_arn)
            ):
                found = new
    return found
