"""Evidence over HTTP: as `orderproof evidence` keeps it; see `api.evidence.Evidence`."""

from typing import Any

import msgspec

from api.access import Token
from api.evidence import Attached, EvidenceSaid
from api.problem import Problem
from domain.attachment import Attachment
from domain.stream import split_order_stream
from orderproof import attachments
from orderproof.attachment_file import of_bytes
from orderproof.errors import CommandError
from orderproof.finding import refuse_waiting
from orderproof.holding import refuse_unsaid
from orderproof.installation import Installation
from orderproof.sessions import Sessions


class EvidenceService:
    """Keeps files of orders that the token may see; who asks has made sure of that.

    Args:
        installation: says how large a file may be.
        sessions: lends open stores.
    """

    def __init__(self, installation: Installation, sessions: Sessions) -> None:
        self.largest = installation.settings.evidence_max_mib << 20
        self._sessions = sessions

    def attach(self, token: Token, stream: str, data: bytes, said: EvidenceSaid) -> Attached:
        """Attach a file."""
        content = of_bytes(data, said.name)
        about = attachments.Said(said.kind, said.refund_id, said.claim_id, said.note, token.id)
        given = {"refund": said.refund_id, "claim": said.claim_id}
        with self._sessions.one() as store:
            try:
                refuse_waiting(stream)
            except CommandError:
                raise Problem(
                    "refused", "messages wait here for their order", code="order-waits"
                ) from None
            try:
                refuse_unsaid(**{name: text for name, text in given.items() if text is not None})
                attachments.refuse_other_refund(store, stream, about)
            except CommandError:
                raise Problem(
                    "invalid", "refund_id and claim_id are one line each, and the order's"
                ) from None
            id_, new = attachments.attach(store, stream, content, about)
            [found] = [
                one for one in attachments.attached(store, stream, masked=True) if one.id == id_
            ]
        return _told(stream, found, new=new)

    def attached(self, stream: str) -> list[Attached]:
        """Return what is attached, masked."""
        with self._sessions.one() as store:
            found = attachments.attached(store, stream, masked=True)
        return [_told(stream, one, new=False) for one in found]

    def opened(self, stream: str, id: str) -> tuple[Attached, bytes]:
        """Return a file."""
        with self._sessions.one() as store:
            for found in attachments.attached(store, stream, masked=True):
                if found.id == id:
                    data = attachments.opened_if_kept(store, stream, found)
                    if data is not None:
                        return _told(stream, found, new=False), data
        raise LookupError(stream)


def _told(stream: str, found: Attachment, *, new: bool) -> Attached:
    shop, number = split_order_stream(stream) or ("", stream)
    said: dict[str, Any] = msgspec.structs.asdict(found)
    for sealed in ("name", "note", "sealed"):
        del said[sealed]
    return Attached(shop=shop, order=number, new=new, **said)
