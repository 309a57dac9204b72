"""A language that answers are given in: its words, and how it names money's ways."""

import re
from collections.abc import Mapping
from datetime import date

import msgspec

from domain.payment import Instrument
from domain.reading import name_key
from domain.wording import plain

_SEAM = "\ue000"
"""Stands where a slot's value begins or ends; foreign text never holds it (`wording.plain`)."""

# A seam needs no space at an end of the text, beside a space or beside Chinese punctuation.
_NO_SPACE = "\\s，。：；、（）"
_SEAMS = re.compile(f"(^|[{_NO_SPACE}])?{_SEAM}+($|(?=[{_NO_SPACE}]))?")


class Language(msgspec.Struct, frozen=True, kw_only=True):
    """All words of one language. Templates name their slots in braces.

    Args:
        code: `en` or `zh`.
        tag: BCP 47 tag.
        spaced: whether slots in Latin letters get a space around them.
        titles: a verdict in a word or two.
        sentences: the answer in one sentence, by verdict or `verdict:variant`.
        actions: what staff must do, by verdict or `verdict:variant`.
        actors: who must act next.
        states: a refund's states.
        phrases: parts of sentences, stand-ins for what is not known among them.
        labels: heads of the lines of an answer.
        letters: parts of the letter to the customer.
        kinds: kinds of instruments and of compensation.
        names: brands and PSPs as they write themselves.
        references: types of references.
        findings: what does not fit, by code; one that is not here is said in English.
    """

    code: str
    tag: str
    spaced: bool
    titles: Mapping[str, str]
    sentences: Mapping[str, str]
    actions: Mapping[str, str]
    actors: Mapping[str, str]
    states: Mapping[str, str]
    phrases: Mapping[str, str]
    labels: Mapping[str, str]
    letters: Mapping[str, str]
    kinds: Mapping[str, str]
    names: Mapping[str, str]
    references: Mapping[str, str]
    findings: Mapping[str, str]

    def fill(self, template: str, **slots: str) -> str:
        """Fill a template. In Chinese, Latin letters and digits get a space around them."""
        if not self.spaced:
            return template.format(**slots)
        text = template.format(**{name: _with_seams(value) for name, value in slots.items()})
        return _SEAMS.sub(_space, text)

    def name(self, text: str) -> str:
        """Return a brand or PSP as it writes itself; another name as it was sent."""
        return self.names.get(name_key(text)) or plain(text)

    def kind(self, text: str) -> str:
        """Return a kind of instrument or compensation in this language, if it has a word."""
        return self.kinds.get(name_key(text)) or self.name(text).replace("_", " ")

    def instrument(self, instrument: Instrument) -> str:
        """Return `the Visa card ending 4242`."""
        kind = instrument.kind and self.kind(instrument.kind)
        brand = instrument.brand and self.name(instrument.brand)
        parts = [part for part in (brand, kind) if part]
        named = " ".join(dict.fromkeys(parts)) or self.phrases["account"]
        if instrument.last4 is None:
            return self.fill(self.phrases["instrument"], name=named)
        return self.fill(
            self.phrases["instrument_ending"], name=named, last4=plain(instrument.last4)
        )

    def reference_type(self, text: str | None) -> str:
        """Return `ARN` for an acquirer reference number; another type as it was sent."""
        if text is None:
            return self.phrases["reference"]
        return self.references.get(name_key(text)) or plain(text)

    def on(self, day: date | None) -> str:
        """Return `on 2025-03-05`, or that the day is not recorded."""
        if day is None:
            return self.phrases["no_day"]
        return self.fill(self.phrases["on"], day=day.isoformat())


def _with_seams(value: str) -> str:
    before = _SEAM if value[:1].isascii() and value[:1].isalnum() else ""
    after = _SEAM if value[-1:].isascii() and value[-1:].isalnum() else ""
    return f"{before}{value}{after}"


def _space(match: re.Match[str]) -> str:
    before, after = match.group(1), match.group(2)
    if before is not None:
        return before
    return " " if after is None else ""
