"""A claim's answer, whatever the events were read from: fold, judge, and say it."""

import hmac
import time
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import msgspec

from domain.answer import as_answer
from domain.answer_text import answer_text
from domain.claim import ALTERED, INCOMPLETE_RECORD, INTACT, judge
from domain.event import Event
from domain.letter import Letter, letter
from domain.order import Order, fold_order
from domain.person import EMAIL, normalised
from domain.sentences import language_for
from domain.stream import ORDER, order_name, split_order_stream
from domain.verdict import Code, Verdict
from orderproof import errors
from orderproof.errors import CommandError
from orderproof.terminal import safe

_EXIT_CODES = {INTACT: errors.OK, ALTERED: errors.ALTERED, INCOMPLETE_RECORD: errors.INCOMPLETE}
_PHONE_TAIL = 4

# Who signs a letter, and where they are reached, where nobody is named.
_LETTER = {
    "en": ("Customer service", "simply reply to this message"),
    "zh-Hans": ("客户服务部", "直接回复本消息即可"),
}


class Answer(msgspec.Struct, frozen=True):
    """The answer to a claim.

    Args:
        shop: the shop asked for; empty where only a number was named and nothing was found.
        number: the order number, or the key that was asked for.
        order: the folded order; None where none was found.
        verdict: what the rules say.
        integrity: what verification found: `verdict`, `events`, `head`, `checkpoint`.
        seconds: how long it took.
        lines: the order's lines with their positions, in order, as they were judged.
    """

    shop: str
    number: str
    order: Order | None
    verdict: Verdict
    integrity: dict[str, Any]
    seconds: float
    lines: tuple[tuple[int, bytes], ...] = ()

    @property
    def exit_code(self) -> int:
        """Return what the command ends with: evidence that is not intact comes first."""
        code = _EXIT_CODES.get(self.integrity["verdict"], errors.CANNOT_TELL)
        if code == errors.OK and self.verdict.code == Code.ORDER_NOT_FOUND:
            return errors.NOT_FOUND
        return code

    def as_dict(self, language: str) -> dict[str, object]:
        """Return the JSON of `claim --json`."""
        return as_answer(
            self.order,
            self.verdict,
            shop=self.shop,
            number=self.number,
            integrity=self.integrity,
            seconds=round(self.seconds, 3),
            language=language,
        )

    def text(self, language: str) -> str:
        """Return the answer for staff."""
        return answer_text(
            self.order,
            self.verdict,
            shop=self.shop,
            number=self.number,
            integrity=self.integrity,
            language=language,
        )

    def letter(self, language: str | None, agent: str | None, contact: str | None) -> str:
        """Return the letter to the customer, in their own language unless one is named."""
        written = self.letter_parts(language, agent, contact)
        return f"{written.subject}\n\n{written.text}"

    def letter_parts(self, language: str | None, agent: str | None, contact: str | None) -> Letter:
        """Return the letter with its parts; see `letter`."""
        tag = language_for(self.order, language).tag
        usual_agent, usual_contact = _LETTER[tag]
        return letter(
            self.order,
            self.verdict,
            number=self.number,
            agent=agent or usual_agent,
            contact=contact or usual_contact,
            language=language,
        )


def answer(
    stream: str | None,
    key: str,
    events: Iterable[Event],
    integrity: dict[str, Any],
    as_of: date,
    started: float,
    lines: Sequence[tuple[int, bytes]] = (),
) -> Answer:
    """Fold and judge.

    Args:
        stream: of the order; None where none was found.
        key: what was asked for.
        events: the order's.
        integrity: see `Answer`.
        as_of: the day of the answer.
        started: `time.perf_counter()` at the beginning.
        lines: the order's, with their positions.
    """
    order = fold_order(events) if stream is not None else None
    shop, number = (split_order_stream(stream) or ("", key)) if stream else ("", key)
    verdict = judge(order, as_of=as_of, integrity=integrity["verdict"])
    seconds = time.perf_counter() - started
    return Answer(shop, number, order, verdict, integrity, seconds, tuple(lines))


def the_one(streams: Sequence[str], key: str) -> str:
    """Return the stream that a key names: exactly, as `shop/number`, or the only one.

    Raises:
        CommandError: there are several; the caller has to say which.
    """
    if f"{ORDER}{key}" in streams:
        return f"{ORDER}{key}"
    if len(streams) > 1:
        names = [order_name(stream) for stream in streams]
        shown = ", ".join(safe(name) for name in names)
        raise CommandError(
            f"several orders are named so, say which: {shown}", errors.USAGE, candidates=names
        )
    return streams[0]


def is_customer(events: Iterable[Event], given: str) -> bool:
    """Tell whether an e-mail address or the end of a phone number is the order's.

    An address is compared as persons are found by it, phone numbers by their digits, at least four.
    Every known value is compared, in constant time each.
    """
    if not given.strip():
        return False
    digits = _digits(given)
    address = [value for _, value in normalised(given, EMAIL)]
    matches = False
    for event in events:
        if event.type != "order.placed":
            continue
        buyer, ship_to = event.data.get("buyer"), event.data.get("ship_to")
        for person in (buyer, ship_to):
            if not isinstance(person, dict):
                continue
            email, phone = person.get("email"), person.get("phone")
            if isinstance(email, str) and len(address) == 1:  # several would be several guesses
                for _, known in sorted(normalised(email, EMAIL)):
                    matches |= _equal(known, address[0])
            if isinstance(phone, str) and "@" not in given and len(digits) >= _PHONE_TAIL:
                matches |= _equal(_digits(phone)[-len(digits) :], digits)
    return matches


def _equal(known: str, given: str) -> bool:
    return hmac.compare_digest(known.encode(), given.encode())


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdecimal())
