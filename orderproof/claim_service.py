"""Claims over HTTP: as `orderproof claim --record` answers them; see `api.claiming.Claims`."""

import time
from datetime import UTC, datetime

from api.access import Token
from api.claiming import ClaimAsked, ClaimLetter, ClaimRecorded
from domain.claim_case import SOURCE
from domain.errors import CommandRefusedError, ConflictError
from domain.stream import order_name
from eventstore import log
from orderproof import claim_cases, errors
from orderproof.bootstrap import Store
from orderproof.claim_on_store import claim_of, is_theirs
from orderproof.claiming import Answer
from orderproof.errors import CommandError
from orderproof.published import Published
from orderproof.sessions import Sessions


class ClaimService:
    """Answers claims about orders that the token may see; who asks has made sure of that.

    Args:
        sessions: lends open stores.
    """

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def record(self, token: Token, stream: str, asked: ClaimAsked) -> ClaimRecorded | None:
        """Answer and record a claim."""
        today = datetime.now(UTC).date()
        wanted = claim_cases.Asked(
            kind=asked.kind, claim_id=asked.claim_id, by=token.id, language=asked.language,
            agent=asked.agent, contact=asked.contact,
        )  # fmt: skip
        with self._sessions.one() as store:
            if asked.customer is not None and not is_theirs(store, stream, asked.customer):
                raise LookupError(stream)

            def judged() -> Answer:
                # Of this very order: its name may be a reference of another shop's, too.
                published = Published(store.installation.archive, store.keys.tag)
                began = time.perf_counter()
                return claim_of(store, stream, order_name(stream), today, published, began)

            try:
                answer, recorded = claim_cases.record_answer(store, judged, wanted, today)
            except CommandError as error:
                # Its words are for who typed the command, and name what was given.
                if error.exit_code == errors.CANNOT_TELL:
                    raise ConflictError("the order changed each time; nothing recorded") from None
                raise CommandRefusedError(
                    "claim-refused",
                    "the claim is closed, the order is not known yet, or the letter would hold"
                    " words that no customer is sent",
                ) from None
            if recorded is None:
                return None
            letter = _letter(store, stream, recorded)
        return ClaimRecorded(
            order=recorded.order,
            claim_id=recorded.claim_id,
            answer=recorded.answer,
            verdict=recorded.verdict,
            repeated=recorded.repeated,
            claim=answer.as_dict(asked.language or "en"),
            letter=letter,
        )


def _letter(store: Store, stream: str, recorded: claim_cases.Recorded) -> ClaimLetter | None:
    """Return the letter of an answer as it was recorded; None where it was erased.

    A letter that is written anew could say something else than the customer was sent.
    """
    events = log.read_order(store.connection, store.ring, stream)
    ours = [event for event in events if event.source == SOURCE]
    answers = [
        event.data["message_id"]
        for event in ours
        if event.type == "claim.answered" and event.data["claim_id"] == recorded.claim_id
    ]
    sent = {event.data["message_id"]: event.data for event in ours if event.type == "message.sent"}
    found = sent[answers[recorded.answer - 1]]
    language, subject, text = (found.get(name) for name in ("language", "subject", "body"))
    if not (isinstance(subject, str) and isinstance(text, str)):
        return None
    return ClaimLetter(language=str(language), subject=subject, text=text)
