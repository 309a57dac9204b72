"""By which data of persons an order can be found: e-mail addresses, phone numbers and names."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from domain.event import Event

EMAIL = "email"
PHONE = "phone"
PHONE_TAIL = "phone tail"
NAME = "name"

TAIL_DIGITS = 8
"""Digits of a phone number's end that are found whatever stands before them."""

_FEWEST_DIGITS = 6

_PEOPLE = ("buyer", "ship_to", "bill_to")
_MESSAGE_ENDS = ("to", "from")
_CHANGES = ("order.recipient_contact_changed", "order.shipping_address_changed")
_SIGNERS = ("signed_by", "signer")
_NAMED = frozenset((*_PEOPLE, *_MESSAGE_ENDS, "before", "after", *_SIGNERS))
# `Test Buyer <test@example.org>`, as in the headers of messages.
_IN_BRACKETS = re.compile(r"<([^<>\s]+@[^<>\s]+)>")
_BETWEEN = re.compile(r"[,;\s]+")
_EXTENSION = re.compile(r"(?:;?\s*ext\.?\s*=?|#|x)\s*\d+$", re.IGNORECASE)
_KINDS = {"email": EMAIL, "phone": PHONE, "name": NAME, "recipient": NAME}


def person_keys(event: Event) -> set[tuple[str, str]]:
    """Return (kind, normalised value) for the persons that an opened event names."""
    return {key for kind, text in _values(event) for key in normalised(text, kind)}


def is_address_of_a_person(text: str) -> bool:
    """Tell whether a text looks like an e-mail address or a phone number."""
    return any(kind in (EMAIL, PHONE, PHONE_TAIL) for kind, _ in normalised(text))


def normalised(text: str, kind: str | None = None) -> set[tuple[str, str]]:
    """Return the keys of one value; none where it holds nothing to find somebody by.

    An e-mail address is compared without case, and without the name beside it; a name by NFKC,
    case folded, single spaces. A phone number counts by its digits, `00` in front as `+`, and again
    by its last eight, also of what stands before an extension: `+49 151 23456789` and
    `0151 23456789` are one number, and nothing here knows a country. Invisible characters, which
    come with copied text, do not count.

    Args:
        text: as it was sent or asked for.
        kind: EMAIL, PHONE or NAME; None takes what the text looks like.
    """
    plain = _visible(text).strip()
    if kind is None:
        kind = _looks_like(plain)
    if kind == PHONE:
        return _phone(plain)
    values = _addresses(plain) if kind == EMAIL else [plain]
    folded = {" ".join(value.casefold().split()) for value in values}
    return {(kind, value) for value in folded if value}


def _visible(text: str) -> str:
    if text.isascii():
        return text
    composed = unicodedata.normalize("NFKC", text)
    return "".join(c for c in composed if unicodedata.category(c) != "Cf")


def _addresses(text: str) -> list[str]:
    if bracketed := _IN_BRACKETS.findall(text):
        return [*bracketed]
    if text.count("@") > 1:
        return [part for part in _BETWEEN.split(text) if "@" in part]
    return [text]


def _phone(text: str) -> set[tuple[str, str]]:
    digits = _digits(text)
    if len(digits) < _FEWEST_DIGITS:
        return set()
    tails = {d[-TAIL_DIGITS:] for d in (digits, _digits(_EXTENSION.sub("", text)))}
    return {(PHONE, digits), *((PHONE_TAIL, tail) for tail in tails if len(tail) == TAIL_DIGITS)}


def _digits(text: str) -> str:
    digits = "".join(str(unicodedata.decimal(c)) for c in text if c.isdecimal())
    return digits.removeprefix("00")


def _looks_like(text: str) -> str:
    if "@" in text:
        return EMAIL
    digits = sum(character.isdecimal() for character in text)
    letters = any(character.isalpha() for character in text)
    return PHONE if digits >= _FEWEST_DIGITS and not letters else NAME


def _values(event: Event) -> Iterator[tuple[str | None, str]]:
    data = event.data
    if _NAMED.isdisjoint(data):
        return  # most events name nobody
    for field in _PEOPLE:
        yield from _of_person(data.get(field))
    if event.type.startswith("message."):
        for field in _MESSAGE_ENDS:
            yield from _of_person(data.get(field))
    if event.type in _CHANGES:
        for field in ("before", "after"):
            yield from _of_person(data.get(field))
    for field in _SIGNERS:
        if isinstance(data.get(field), str):
            yield NAME, data[field]


def _of_person(value: Any) -> Iterator[tuple[str | None, str]]:
    if isinstance(value, str):
        yield None, value
    elif isinstance(value, list):
        for item in value:
            yield from _of_person(item)
    elif isinstance(value, dict):
        for field, kind in _KINDS.items():
            if isinstance(value.get(field), str):
                yield kind, value[field]
