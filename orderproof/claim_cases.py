"""Claims as cases of the record: received, answered, answered anew, closed."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

import msgspec

from domain import claim_case
from domain.claim import INTACT
from domain.claim_case import ClaimCase, Said
from domain.event import Event
from domain.letter import Letter
from domain.stream import order_name, order_stream
from domain.wording import banned_words
from eventstore import log, recording
from eventstore.connection import connect
from eventstore.writer import ROLE
from orderproof import errors
from orderproof.bootstrap import Store, catch_up
from orderproof.claim_on_store import claim_on_store
from orderproof.claiming import Answer
from orderproof.errors import CommandError
from orderproof.finding import refuse_waiting, the_order
from orderproof.terminal import safe
from projections import open_claim
from projections.open_claim import OpenClaim

_TRIES = 10
_SYSTEM = {"kind": "system", "id": "claims"}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody who has a claim answered says about it.

    Args:
        kind: what is claimed.
        claim_id: of the claim; None for the open one of that kind, or a new one.
        by: who answers; None for the service itself.
        language: `en` or `zh`; None for the customer's.
        agent: who signs the letter.
        contact: where they can be reached.
        automatic: whether nobody looks at it.
    """

    kind: str
    claim_id: str | None = None
    by: str | None = None
    language: str | None = None
    agent: str | None = None
    contact: str | None = None
    automatic: bool = False

    @property
    def actor(self) -> dict[str, str]:
        """The events' `actor`."""
        return _SYSTEM if self.by is None else {"kind": "staff", "id": self.by}


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """What was recorded of a claim.

    Args:
        order: as `shop/number`.
        claim_id: the claim.
        answer: number of the answer, from 1.
        verdict: what it says.
        repeated: whether that answer was recorded before, and nothing now.
    """

    order: str
    claim_id: str
    answer: int
    verdict: str
    repeated: bool

    def as_dict(self) -> dict[str, Any]:
        """Return `recorded` of `claim --record --json`."""
        return msgspec.to_builtins(self)  # type: ignore[no-any-return]  # a dict, as for all structs


def record(
    store: Store, key: str, customer: str | None, asked: Asked, today: date
) -> tuple[Answer, Recorded | None]:
    """Answer a claim and record that it came, what the record says, and the letter.

    The same again records nothing, unless the verdict is another one by now or the customer was
    promised an answer by today.

    Args:
        store: the open installation.
        key: what names the order.
        customer: e-mail address or end of the phone number that must be the order's.
        asked: the claim, and who answers.
        today: the day of the answer.

    Returns:
        The answer; and what was recorded, None where no order was found or its record is not
        intact: nobody may be told anything that stands on it.

    Raises:
        CommandError: as `record_answer` does.
    """
    return record_answer(store, lambda: claim_on_store(store, key, customer, today), asked, today)


def record_answer(
    store: Store, judged: Callable[[], Answer], asked: Asked, today: date
) -> tuple[Answer, Recorded | None]:
    """Record an answer to a claim; see `record`.

    Args:
        store: the open installation.
        judged: answers from the store as it is now; asked again where the order changed meanwhile.
        asked: the claim, and who answers.
        today: the day of the answer.

    Raises:
        CommandError: no order is known yet, only messages; the claim is closed; the letter holds a
            banned word; or the order changed again with every attempt.
    """
    for _ in range(_TRIES):
        answer = judged()
        if answer.order is None or answer.integrity["verdict"] != INTACT:
            return answer, None
        stream = order_stream(answer.shop, answer.number)
        refuse_waiting(stream)
        version = int(answer.integrity["events"])
        events = _events(store, stream, version)
        cases = claim_case.fold_claims(events)
        claim_id = asked.claim_id or claim_case.next_claim_id(cases, asked.kind)
        case = next((one for one in cases if one.claim_id == claim_id), None)
        if case is not None and case.closed:
            raise CommandError(
                f"claim {safe(claim_id)} of this order is closed; a new one has another id",
                errors.REFUSED,
            )
        if case is not None and not claim_case.needs_answer(
            case, answer.verdict, today, automatic=asked.automatic
        ):
            return answer, _told(stream, case, repeated=True)
        said = Said(
            stream=stream,
            at=log.clock(store.connection),
            day=today,
            actor=asked.actor,
            version=version,
        )
        new = case or ClaimCase(claim_id=claim_id, kind=asked.kind)
        letter = answer.letter_parts(asked.language, asked.agent, asked.contact)
        _refuse_banned(letter)
        facts = [] if case is not None else [claim_case.received(said, new)]
        to = _address(events)
        facts += claim_case.answered(said, new, answer.verdict, letter, to, answer.seconds)
        with connect(store.dsn, ROLE) as connection:
            if recording.record_after(connection, store.ring, facts, version):
                done = msgspec.structs.replace(
                    new, answers=new.answers + 1, verdict=str(answer.verdict.code)
                )
                return answer, _told(stream, done, repeated=False)
    raise CommandError(
        "the order changed each time before the answer could be recorded; nothing was recorded. "
        "Run the same command again.",
        errors.CANNOT_TELL,
    )


def reanswer(
    store: Store,
    today: date,
    seen: dict[tuple[str, str], tuple[int, date]],
    stop: Callable[[], bool] = lambda: False,
) -> tuple[list[Recorded], list[str]]:
    """Answer open claims anew whose verdict is another one by now, or whose promised day has come.

    It can be killed at any point and done again, by any number of processes: an answer is recorded
    whole, right behind the events that it stands on, or not at all.

    Args:
        store: the open installation.
        today: the day of the answers.
        seen: state of the claims that were looked at and needed nothing; looking again is no harm.
        stop: asked before each claim whether to leave it at that.

    Returns:
        What was recorded; and for each claim that could not be answered, why.
    """
    catch_up(store)
    done, refused = [], []
    for claim in open_claim.to_look_at(store.views, today):
        if stop():
            break
        state = (claim.version, today)
        if seen.get((claim.stream, claim.claim_id)) == state:
            continue
        name = order_name(claim.stream)
        asked = Asked(kind=claim.kind or "", claim_id=claim.claim_id, automatic=True)
        try:
            answer, recorded = record(store, name, None, asked, today)
        except CommandError as error:
            refused.append(f"claim {safe(claim.claim_id)} of {safe(name)}: {error}")
            recorded, answer = None, None
        if answer is not None and recorded is None:
            refused.append(
                f"claim {safe(claim.claim_id)} of {safe(name)}: the record of the order is not "
                "intact. Next: orderproof verify"
            )
        if recorded is None or recorded.repeated:
            seen[claim.stream, claim.claim_id] = state
        else:
            done.append(recorded)
    return done, refused


def close(store: Store, key: str, claim_id: str, by: str, outcome: str, today: date) -> bool:
    """Record that a claim needs no more; tell whether it was open until now.

    Raises:
        CommandError: there is no such order or claim, or the order changed with every attempt.
    """
    stream = the_order(store, key, waits=True)
    for _ in range(_TRIES):
        events = log.read_order(store.connection, None, stream)
        case = next((c for c in claim_case.fold_claims(events) if c.claim_id == claim_id), None)
        if case is None:
            raise CommandError("the order has no claim of this id", errors.NOT_FOUND)
        if case.closed:
            return False
        said = Said(
            stream=stream,
            at=log.clock(store.connection),
            day=today,
            actor={"kind": "staff", "id": by},
            version=events[-1].version,
        )
        facts = claim_case.ended(said, case, outcome)
        with connect(store.dsn, ROLE) as connection:
            if recording.record_after(connection, store.ring, facts, said.version):
                return True
    raise CommandError(
        "the order changed each time before this could be recorded; run the same command again",
        errors.CANNOT_TELL,
    )


def open_claims(store: Store) -> Sequence[OpenClaim]:
    """Return the open claims, those whose answer is due first before others."""
    catch_up(store)
    return open_claim.read(store.views)


def describe(recorded: Recorded | None) -> str:
    """Say what was recorded of a claim."""
    if recorded is None:
        return "nothing was recorded: no order was found, or its record is not intact"
    claim = f"claim {safe(recorded.claim_id)} of {safe(recorded.order)}"
    if recorded.repeated:
        return f"{claim}: answer {recorded.answer} stands, nothing new was recorded"
    return (
        f"{claim}: answer {recorded.answer} recorded; hand on its letter: orderproof claims letters"
    )


def row(claim: OpenClaim, today: date) -> dict[str, Any]:
    """Return a row of `claims list --json`."""
    due = claim.next_answer
    return {
        "order": order_name(claim.stream),
        "claim_id": claim.claim_id,
        "kind": claim.kind,
        "received_at": claim.received_at,
        "verdict": claim.verdict,
        "answers": claim.answers,
        "next_answer": None if due is None else due.isoformat(),
        "overdue": due is not None and due < today,
    }


def _events(store: Store, stream: str, version: int) -> list[Event]:
    """Return the events that were judged, with the customer's address where it can be read."""
    events = log.read_order(store.connection, store.ring, stream)
    return [event for event in events if event.version <= version]


def _address(events: Iterable[Event]) -> str | None:
    for event in events:
        buyer = event.data.get("buyer") if event.type == "order.placed" else None
        email = buyer.get("email") if isinstance(buyer, dict) else None
        if isinstance(email, str) and email.strip():
            return email
    return None


def _refuse_banned(letter: Letter) -> None:
    """Do nothing unless the letter uses a word that no customer may be sent.

    Raises:
        CommandError: it does: some value of the order or an argument brought it in.
    """
    found = banned_words(f"{letter.subject}\n{letter.text}", letter.language.partition("-")[0])
    if found:
        raise CommandError(
            f"the letter would hold words that no customer is sent: {', '.join(found)}. They come "
            "from a value of the order, or from --agent or --contact; nothing was recorded",
            errors.REFUSED,
        )


def _told(stream: str, case: ClaimCase, *, repeated: bool) -> Recorded:
    return Recorded(
        order=order_name(stream),
        claim_id=case.claim_id,
        answer=case.answers,
        verdict=case.verdict or "",
        repeated=repeated,
    )
