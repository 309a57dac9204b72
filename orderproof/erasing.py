"""`orderproof erase`: everything sealed about one person, made unreadable for good."""

import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import typer

from domain import catalogue
from domain.event import Event
from domain.person import NAME, PHONE, PHONE_TAIL, normalised, person_keys
from domain.stream import order_name, split_order_stream
from eventstore import erasing
from eventstore.connection import connect
from eventstore.erasing import Decision, Erased, KeyState
from orderproof import duties, errors, retaining, terminal
from orderproof.bootstrap import Store, catch_up, open_store
from orderproof.errors import CommandError
from orderproof.holding import holds
from orderproof.installation import Installation
from orderproof.subject import Found, find_person
from orderproof.terminal import counted, safe
from projections import status

DEFAULT_PURPOSES = (catalogue.CONTACT,)
"""What is erased where no purpose is named: no law asks to keep it."""

_WHY = {
    catalogue.CONTACT: "sealed to answer the customer",
    catalogue.TAX: "on invoices, kept as long as tax law asks",
    catalogue.FRAUD: "payees' accounts, kept to answer where money went",
}
_FEWEST_LETTERS = 4  # a shorter name in Latin letters may be a word


class Plan(msgspec.Struct, frozen=True):
    """What would be erased.

    Args:
        found: the person's orders.
        decision: who wants it, and why.
        keys: the keys of each stream as they are.
        unsearched: orders that cannot be read and may be this person's.
    """

    found: Found
    decision: Decision
    keys: dict[str, KeyState]
    unsearched: tuple[str, ...] = ()

    @property
    def to_erase(self) -> dict[str, list[str]]:
        """The streams that have a key to destroy, with the purposes."""
        wanted = set(self.decision.purposes)
        due = {stream: sorted(state.there & wanted) for stream, state in self.keys.items()}
        return {stream: purposes for stream, purposes in due.items() if purposes}

    def as_dict(self, erased: Erased | None) -> dict[str, Any]:
        """Return the JSON of `erase --json`."""
        gone = erased.streams if erased else {}
        return {
            "erasure_id": erased.id if erased else None,
            "position": erased.position if erased else None,
            "ground": self.decision.ground,
            "requested_by": self.decision.requested_by,
            "approved_by": self.decision.approved_by,
            "purposes": list(self.decision.purposes),
            "orders": [
                {
                    "order": _split(stream)[1],
                    "shop": _split(stream)[0],
                    "found_by": self.found.streams[stream],
                    "to_erase": self.to_erase.get(stream, []),
                    "erased": list(gone.get(stream, ())),
                    "erased_before": sorted(state.destroyed - state.there),
                    "stays": sorted(state.there - set(self.decision.purposes)),
                }
                for stream, state in self.keys.items()
            ],
            "unsearched": [order_name(stream) for stream in self.unsearched],
        }

    def as_text(self) -> str:
        """Say for people what will be erased, what stays, and why."""
        lines = [f"{counted(len(self.keys), 'order')} of this person:"]
        for stream, state in self.keys.items():
            due = ", ".join(self.to_erase.get(stream, [])) or "nothing"
            stays = sorted(state.there - set(self.decision.purposes))
            before = sorted(state.destroyed - state.there)
            lines.append(
                f"  {safe(order_name(stream))} (found by {self.found.streams[stream]})"
                f"  erase: {due}"
                + (f"  stays: {', '.join(stays)}" if stays else "")
                + (f"  erased before: {', '.join(before)}" if before else "")
            )
        due_now = {purpose for purposes in self.to_erase.values() for purpose in purposes}
        if due_now:
            lines.append("To be erased, for good and in the archive too:")
            lines += [f"  {purpose}: {_WHY[purpose]}" for purpose in sorted(due_now)]
        lines.append("What stays:")
        lines += [
            f"  {purpose}: {_WHY[purpose]} (--purpose {purpose} erases it)"
            for purpose in catalogue.PURPOSES
            if purpose not in self.decision.purposes
        ]
        lines.append(
            "  what was never sealed: numbers and references, amounts, dates, the last four digits,"
            " postcode, city and country"
        )
        if self.unsearched:
            lines.append("Cannot be read, so these may be the person's, too. Look at them:")
            lines += [f"  {safe(order_name(stream))}" for stream in self.unsearched]
        return "\n".join(lines)


def decide(ground: str, requested_by: str, approved_by: str, purposes: Iterable[str]) -> Decision:
    """Put together who decided what; see `Decision`.

    Raises:
        CommandError: no two persons decided it, it does not say why, or a purpose is not known.
    """
    if not all(map(str.strip, (ground, requested_by, approved_by))):
        raise CommandError("--ground, --requested-by and --approved-by must say something")
    if any(safe(text) != text for text in (ground, requested_by, approved_by)):
        raise CommandError(
            "--ground, --requested-by and --approved-by are recorded for good: say them in one "
            "line of UTF-8 text, without control characters"
        )
    if _folded(requested_by) == _folded(approved_by):
        raise CommandError(
            "an erasure needs two persons: who approves it is not who requested it",
            errors.REFUSED,
        )
    named = set(purposes) or set(DEFAULT_PURPOSES)
    if unknown := named - set(catalogue.PURPOSES):
        raise CommandError(
            f"--purpose: known are {', '.join(catalogue.PURPOSES)}, not {safe(min(unknown))}"
        )
    chosen = tuple(purpose for purpose in catalogue.PURPOSES if purpose in named)
    return Decision(ground, requested_by, approved_by, chosen)


def run(
    installation: Installation, subject: str, decision: Decision, *, yes: bool, as_json: bool
) -> int:
    """Erase a person and return the exit code; asks first, at a terminal, unless `yes`.

    Raises:
        CommandError: see `plan`; or nobody is there to be asked.
    """
    with open_store(installation) as store:
        planned = plan(store, subject, decision)
        if not as_json:
            terminal.say(planned.as_text())
        erased = None
        if planned.to_erase:
            if not yes:
                _ask(planned, as_json=as_json)
            erased = carry_out(store, planned)
    if as_json:
        terminal.print_json(planned.as_dict(erased))
    else:
        terminal.say(describe(erased))
    return errors.PARTLY if planned.unsearched else errors.OK


def _ask(planned: Plan, *, as_json: bool) -> None:
    if as_json or sys.stdin is None or not sys.stdin.isatty():
        raise CommandError(
            "nothing was erased. It cannot be undone: say --yes to do it",
            errors.USAGE,
            plan=planned.as_dict(None),
        )
    typer.confirm("Erase? It cannot be undone.", abort=True, err=True)


def plan(store: Store, subject: str, decision: Decision) -> Plan:
    """Find what is to be erased, and check that it may be.

    Raises:
        CommandError: nobody is found, several persons may be meant, what is to be recorded for
            good names the person, or a hold, something open or a law stands against it.
    """
    catch_up(store)
    unsearched = _unsearched(store)
    found = find_person(store, subject)
    everything = [event for events in found.events.values() for event in events]
    _refuse_personal(decision, subject, everything)
    keys = erasing.key_states(store.connection, list(found.streams))
    planned = Plan(found, decision, keys, tuple(s for s in unsearched if s not in keys))
    _refuse_duties(store, planned)
    return planned


def _refuse_duties(store: Store, planned: Plan) -> None:
    """Refuse to erase what a hold, something open or a law asks to keep, and say which."""
    due = planned.to_erase
    standing = duties.standing(
        duties.today(store.connection),
        retaining.policy(store.installation),
        holds(store.connection, list(due)),
        {stream: (planned.found.events[stream], set(purposes)) for stream, purposes in due.items()},
    )
    if standing:
        listed = "\n".join(f"  {safe(each.text())}" for each in standing)
        raise CommandError(
            f"nothing was erased, since this stands against it:\n{listed}",
            errors.REFUSED,
            duties=[each.as_dict() for each in standing],
        )


def _unsearched(store: Store) -> list[str]:
    """Return the orders that the blind indexes go without.

    Raises:
        CommandError: the blind indexes stand still, so anybody's orders could be missed.
    """
    persons = [one for one in store.projections if one.opened]
    models = status.read(store.views, store.log.size(), persons)
    for model in models:
        if model.stopped is not None:
            raise CommandError(
                f"orders could be missed, since {model.name} stands still: {model.stopped}",
                errors.CANNOT_TELL,
            )
    return sorted({aside.stream for model in models for aside in model.set_aside})


def carry_out(store: Store, plan: Plan) -> Erased | None:
    """Erase, and let the read models forget; None where it was erased before."""
    with connect(store.dsn, erasing.ROLE) as connection:
        erased = erasing.erase(connection, list(plan.keys), plan.decision)
    store.ring.forget()
    catch_up(store)
    return erased


def describe(erased: Erased | None) -> str:
    """Say for people what was done."""
    if erased is None:
        return "Nothing was left to erase, and nothing was recorded."
    gone = {purpose for purposes in erased.streams.values() for purpose in purposes}
    orders = counted(len(erased.streams), "order")
    return (
        f"Erased {', '.join(sorted(gone))} of {orders}: the keys are destroyed, erasure "
        f"{erased.id}, recorded up to position {erased.position}.\n"
        "Backups of the database still hold the keys: delete those older than 30 days."
    )


def _refuse_personal(decision: Decision, subject: str, events: Sequence[Event]) -> None:
    """Refuse words that name the person: they are recorded in the clear and never go away."""
    known = {key for event in events for key in person_keys(event)}
    known |= {key for key in normalised(subject) if key[0] != NAME}  # an order may be named
    for option, text in (
        ("--ground", decision.ground),
        ("--requested-by", decision.requested_by),
        ("--approved-by", decision.approved_by),
    ):
        if any(_names(text, kind, value) for kind, value in known):
            raise CommandError(
                f"{option} names the person who is to be erased, and it is recorded for good. "
                "Say it without; a ticket's number will do.",
                errors.REFUSED,
            )


def _names(text: str, kind: str, value: str) -> bool:
    if kind in (PHONE, PHONE_TAIL):
        return value in "".join(str(unicodedata.decimal(c)) for c in text if c.isdecimal())
    if value.isascii():
        return len(value) >= _FEWEST_LETTERS and value in _folded(text)
    # A whole name is two characters in Chinese, with a space between them or none.
    value = value.replace(" ", "")
    return len(value) > 1 and value in _folded(text).replace(" ", "")


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _split(stream: str) -> tuple[str, str]:
    return split_order_stream(stream) or ("", stream)
