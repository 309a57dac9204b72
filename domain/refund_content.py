"""What events about refunds say, member by member; see `domain.content`."""

from domain.content import Content, Priced


class AboutRefund(Content, frozen=True, gc=False):
    """Something about a refund: what the customer was told of it, if no more."""

    refund_id: object = None


class RefundConfirmed(AboutRefund, frozen=True, gc=False):
    """The customer says that the money came."""


class Refund(AboutRefund, frozen=True, gc=False):
    """What any fact may bring that the seller or the provider made."""

    amount: object = None
    currency: object = None
    payment_id: object = None
    psp_refund_id: object = None
    psp: object = None


class RefundDecided(Refund, frozen=True, gc=False):
    """Asked for or granted; `original` says how it was matched to a purchase."""

    original: object = None


class RefundRequested(RefundDecided, frozen=True, gc=False):
    """Money is asked back."""

    reason_code: object = None


class RefundApproved(RefundDecided, frozen=True, gc=False):
    """The seller decided to pay back."""

    approver: object = None
    route: object = None


class RefundRejected(Refund, frozen=True, gc=False):
    """The seller decided not to pay back."""

    reason_code: object = None


class RefundSubmitted(Refund, frozen=True, gc=False):
    """It was sent to the payment provider."""

    idempotency_key: object = None


class RefundSubmissionUnknown(Refund, frozen=True, gc=False):
    """The provider did not answer."""


class RefundAccepted(Refund, frozen=True, gc=False):
    """The provider took it."""

    psp_status: object = None
    pending_reason: object = None


class RefundActionRequired(Refund, frozen=True, gc=False):
    """The customer has to do something until `expires_at`."""

    expires_at: object = None


class RefundPaid(Refund, frozen=True, gc=False):
    """It was paid; `kind` tells a reversal."""

    kind: object = None


class RefundSucceeded(RefundPaid, frozen=True, gc=False):
    """The provider says that it paid, at `psp_at`."""

    psp_at: object = None


class RefundSettled(RefundPaid, frozen=True, gc=False):
    """The money left the provider; `destination` is an `Instrument`."""

    settled_on: object = None
    destination: object = None
    presentment_amount: object = None
    presentment_currency: object = None


class RefundOfflineRecorded(Refund, frozen=True, gc=False):
    """It was paid outside the provider."""

    method: object = None
    reference: object = None
    approvers: object = None


class RefundFailed(Refund, frozen=True, gc=False):
    """It did not go through."""

    failure_reason: object = None


class RefundBounced(Refund, frozen=True, gc=False):
    """The money came back."""

    reason: object = None


class RefundCancelled(Refund, frozen=True, gc=False):
    """It was called off."""

    reason: object = None


class RefundReferenceRecorded(Refund, frozen=True, gc=False):
    """What the customer's bank finds the money by."""

    reference_type: object = None
    reference: object = None
    reference_status: object = None


class RefundReferenceUnavailable(Refund, frozen=True, gc=False):
    """There is nothing to find it by."""


class RefundReissued(Refund, frozen=True, gc=False):
    """Another refund replaces it."""

    new_refund_id: object = None
    route: object = None


class RefundRedirected(Refund, frozen=True, gc=False):
    """It goes elsewhere; `destination` is an `Instrument`."""

    destination: object = None


WITH_AMOUNT = (Priced, Refund)
"""What has an amount and a currency."""
