"""How long each order is kept: the table of laws, the seller's own rows, and the order's events."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from functools import lru_cache
from typing import Any

import msgspec

from archive.laws import LAWS, Law
from archive.retention import Facts, Policy, Seller, Terms, TermsOf, countries, later
from domain.event import Event
from domain.time import read_instant, utc_date
from eventstore import keeping
from eventstore.connection import Connection
from orderproof.errors import CommandError
from orderproof.installation import Installation

FILE = "retention.toml"


def policy(installation: Installation) -> Policy:
    """Return the laws that the seller goes by.

    Raises:
        CommandError: `retention.toml` cannot be used.
    """
    settings = installation.settings
    schemes = frozenset(settings.vat_schemes.split(",")) - {""}
    return Policy(Seller(settings.seller_seat, schemes), laws(installation))


def laws(installation: Installation) -> tuple[Law, ...]:
    """Return the table of laws with the seller's rows in it.

    Raises:
        CommandError: `retention.toml` cannot be used.
    """
    file = installation.data / FILE
    try:
        rows = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return LAWS
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CommandError(f"{FILE} of the data folder is no TOML: {error}") from error
    table = {law.id: law for law in LAWS}
    for id_, row in rows.items():
        table[id_] = _law(id_, row, table.get(id_))
    return tuple(table.values())


def _law(id_: str, row: object, known: Law | None) -> Law:
    """Return a row of the seller's, over the table's of that name."""
    if not isinstance(row, dict):
        raise CommandError(f"{FILE}: {id_} is no table. Write [{id_}] and its fields below it")
    try:
        if unknown := row.keys() - set(Law.__dataclass_fields__) | row.keys() & {"id"}:
            raise CommandError(f"{FILE}: [{id_}] has a field {min(unknown)!r} that is none")
        law = msgspec.convert((asdict(known) if known else {}) | row | {"id": id_}, Law)
        date.fromisoformat(law.checked_on)
    except (msgspec.ValidationError, ValueError) as error:
        raise CommandError(
            f"{FILE}: [{id_}] cannot be used: {error}. The fields are explained in "
            "docs/reference/retention-laws.md"
        ) from error
    if law.months < 0 or law.lead_months < 0 or law.months + law.lead_months > 1200:
        raise CommandError(f"{FILE}: [{id_}] says no number of months from 0 to 1200")
    return law


def terms_of(connection: Connection, policy: Policy) -> TermsOf:
    """Return what says how long orders are kept.

    Args:
        connection: may read the log; no transaction is open on it while it is asked.
        policy: the laws to go by.
    """

    # Orders that are sealed together were often closed on the same days, to the same countries.
    terms = lru_cache(maxsize=4096)(policy.terms)

    def ask(streams: Sequence[str], sealed_on: date) -> Mapping[str, Terms]:
        events = keeping.deciding_events(connection, streams)
        return {stream: terms(facts(events[stream]), sealed_on) for stream in streams}

    return ask


def facts(events: Sequence[Event]) -> Facts:
    """Return what of an order decides how long it is kept, from its events by version."""
    closed: Event | None = None
    least: Terms | None = None
    for event in events:
        if event.type == "order.closed":
            closed = event
        elif event.type == "order.reopened":
            closed = None
        elif event.type == "retention.extended":
            promised = _promised(event.data)
            least = later(promised, least) if promised else least
    shipped = countries(_named(events, ("ship_to", "address")))
    where = shipped or countries(_named(events, ("buyer",)))
    return Facts(where, _day(closed) if closed else None, least)


def _promised(data: Mapping[str, Any]) -> Terms | None:
    try:
        return Terms(str(data["retention_class"]), date.fromisoformat(data["until"]))
    except (KeyError, TypeError, ValueError):
        return None


def _named(events: Sequence[Event], places: Sequence[str]) -> Iterator[object]:
    for event in events:
        for place in places:
            if isinstance(event.data.get(place), dict):
                yield event.data[place].get("country")


def _day(closed: Event) -> date:
    """Return the day of closing; a claimed one counts no later than we heard of it."""
    recorded = date.fromisoformat(closed.recorded_at[:10])
    at = read_instant(closed.occurred_at)
    return recorded if at is None else min(utc_date(at), recorded)
