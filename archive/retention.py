"""How long a sealed history is kept: the longest class that applies, and never less than before."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from archive.laws import DEFAULT_CLASS, DEFAULT_MONTHS, LAWS, Law

_ADDED = 3
_AFTER_SEALING = 36

# As shops and their exports write the countries that the table is about.
_CODES = {"UK": "GB", "EL": "GR"} | {
    name.upper(): code
    for code, names in {
        "AT": ["Austria"], "AU": ["Australia"], "BE": ["Belgium"], "BG": ["Bulgaria"],
        "CA": ["Canada"], "CN": ["China"], "CY": ["Cyprus"], "CZ": ["Czechia", "Czech Republic"],
        "DE": ["Germany"], "DK": ["Denmark"], "EE": ["Estonia"], "ES": ["Spain"],
        "FI": ["Finland"], "FR": ["France"], "GB": ["United Kingdom", "Great Britain"],
        "GR": ["Greece"], "HR": ["Croatia"], "HU": ["Hungary"], "IE": ["Ireland", "EIRE"],
        "IN": ["India"], "IT": ["Italy"], "JP": ["Japan"], "LT": ["Lithuania"],
        "LU": ["Luxembourg"], "LV": ["Latvia"], "MT": ["Malta"], "NL": ["Netherlands"],
        "PL": ["Poland"], "PT": ["Portugal"], "RO": ["Romania"], "SE": ["Sweden"],
        "SG": ["Singapore"], "SI": ["Slovenia"], "SK": ["Slovakia"],
        "US": ["USA", "United States", "United States of America"],
    }.items()
    for name in names
}  # fmt: skip


class Terms(NamedTuple):
    """A retention class, and the last day on which it wants the history kept."""

    retention_class: str
    until: date


TermsOf = Callable[[Sequence[str], date], Mapping[str, Terms]]
"""Returns, for names of streams that are sealed on a day, their terms."""


@dataclass(frozen=True)
class Seller:
    """What of the seller decides which laws apply.

    Args:
        seat: ISO 3166 code of the country; None where it is not known.
        schemes: the VAT schemes that the seller uses.
    """

    seat: str | None = None
    schemes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Facts:
    """What of an order decides how long it is kept.

    Args:
        countries: every country that it was ever to be shipped to.
        closed_on: day of closing; None while it is open.
        least: what was promised before, which is never shortened.
    """

    countries: frozenset[str] = frozenset()
    closed_on: date | None = None
    least: Terms | None = None


@dataclass(frozen=True)
class Policy:
    """The laws that a seller goes by."""

    seller: Seller = Seller()
    laws: tuple[Law, ...] = LAWS

    def terms(self, facts: Facts, sealed_on: date) -> Terms:
        """Return the terms of an order.

        The later of two days counts: that of the longest class, from the end of the calendar
        year of closing, and three years after sealing. An open order counts from sealing.

        Args:
            facts: what decides it.
            sealed_on: day of sealing, UTC, by the later of the clock and the newest event.
        """
        retention_class, until = self.duty(facts, sealed_on)
        return Terms(retention_class, max(until, _months_on(sealed_on, _AFTER_SEALING)))

    def duty(self, facts: Facts, today: date) -> Terms:
        """Return what the longest class alone wants, whether the order is sealed or not.

        Args:
            facts: what decides it.
            today: from when an open order counts.
        """
        # A source that names a day to come would have the record locked for too long.
        start = min(facts.closed_on or today, today)
        found = [Terms(DEFAULT_CLASS, _end(start, DEFAULT_MONTHS))]
        found += [
            Terms(law.id, _end(start, law.months + law.lead_months))
            for law in self.laws
            if _applies(law, facts.countries, self.seller)
        ]
        return later(max(found, key=lambda terms: terms.until), facts.least)


def default_terms(streams: Sequence[str], sealed_on: date) -> dict[str, Terms]:
    """Return the terms of streams about which nothing is known."""
    return dict.fromkeys(streams, Policy().terms(Facts(), sealed_on))


def retain_until(day: date) -> date:
    """Return how long what is no order's is kept: as long as any law of the table wants.

    Tiles, checkpoints and manifests are needed to check the histories.

    Args:
        day: on which it is stored, UTC.
    """
    months = max(law.months + law.lead_months for law in LAWS if law.applies)
    return _end(day, months)


def later(terms: Terms, before: Terms | None) -> Terms:
    """Return terms, or those from before where they keep longer."""
    return before if before is not None and before.until > terms.until else terms


def has_expired(until: date, today: date) -> bool:
    """Tell whether what was to be kept up to a day may go today."""
    return until < today


def countries(values: Iterable[object]) -> frozenset[str]:
    """Return the codes of the countries that somebody named by code or by English name."""
    texts = (value.strip().upper() for value in values if isinstance(value, str))
    codes = (_CODES.get(text, text) for text in texts)
    return frozenset(code for code in codes if len(code) == 2)


def _applies(law: Law, shipped_to: frozenset[str], seller: Seller) -> bool:
    if not law.applies:
        return False
    if law.schemes:
        return bool(law.schemes & seller.schemes and law.countries & shipped_to)
    return bool(law.countries & (shipped_to | ({seller.seat} if seller.seat else set())))


def _end(start: date, months: int) -> date:
    return _months_on(date(start.year + 1, 1, 1), months + _ADDED) - timedelta(days=1)


def _months_on(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    year = min(day.year + years, 9998)
    try:
        return date(year, month + 1, day.day)
    except ValueError:  # no such day in that month: the first of the next, which is later
        return _months_on(date(year, month + 1, 1), 1)
