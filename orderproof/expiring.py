"""`orderproof retention`: what expires when, and deleting from the archive what has expired."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import msgspec

from archive import expiry
from archive.archiver import archive_run
from archive.laws import DEFAULT_CLASS
from archive.retention import Terms, has_expired
from archive.retired import APPLIED
from domain.catalogue import OUR_SOURCE
from domain.event import Event, Fact
from domain.hold import Hold
from domain.stream import POLICY_STREAM, order_name, split_order_stream
from eventstore import keeping
from eventstore.archive_log import ArchiveLog
from eventstore.connection import connect
from eventstore.writer import ROLE
from orderproof import (
    archiving,
    duties,
    errors,
    holding,
    keyring,
    one_writer,
    policy_record,
    retaining,
    terminal,
)
from orderproof.bootstrap import Store, open_store
from orderproof.errors import CommandError
from orderproof.installation import Installation
from orderproof.terminal import counted, safe

EXTENDED = "retention.extended"

_BATCH = 500
_LISTED = 20  # orders in a message; `--json` has all


class Standing(msgspec.Struct, frozen=True):
    """How the orders of the archive stand on one day.

    Args:
        as_of: the day.
        kept: how many orders, by retention class and last day.
        expired: orders that may go, with their last day.
        held: orders that would go, were they not under hold.
        longer: orders that are to be kept longer than their seals say, with the new terms.
        unsealed: how many have events that no seal covers; they stay.
    """

    as_of: date
    kept: dict[tuple[str, str], int]
    expired: dict[str, Terms]
    held: dict[str, list[Hold]]
    longer: dict[str, Terms]
    unsealed: int

    def as_dict(self, store: Store) -> dict[str, Any]:
        """Return the JSON of `retention report`."""
        known = {law.id: f"{law.where}: {law.law}" for law in retaining.laws(store.installation)}
        classes: dict[str, dict[str, Any]] = {}
        for (name, until), orders in sorted(self.kept.items()):
            one = classes.setdefault(name, {"class": name, "law": known.get(name), "until": {}})
            one["until"][until] = orders
        holds = [hold for each in self.held.values() for hold in each]
        return {
            "as_of": self.as_of.isoformat(),
            "classes": list(classes.values()),
            "expired": [_named(stream) | _terms(terms) for stream, terms in self.expired.items()],
            "held": [holding.as_dict(hold) for hold in holds],
            "to_extend": [_named(stream) | _terms(terms) for stream, terms in self.longer.items()],
            "not_sealed": self.unsealed,
        }

    def as_text(self) -> str:
        """Say it for people."""
        lines = [f"As of {self.as_of}, kept up to and including:"]
        lines += [
            f"  {until}  {counted(orders, 'order')}, {safe(name)}"
            for (name, until), orders in sorted(self.kept.items(), key=lambda each: each[0][::-1])
        ]
        lines.append(f"Expired and not under hold: {counted(len(self.expired), 'order')}")
        lines += _listed(self.expired)
        for stream, holds in self.held.items():
            lines += [
                f"Expired, but under hold {hold.id}: {safe(order_name(stream))}"
                f"  by {safe(hold.by)}: {safe(hold.reason)}"
                for hold in holds
            ]
        if self.longer:
            lines.append(f"To be kept longer than sealed: {counted(len(self.longer), 'order')}")
        if self.unsealed:
            orders = counted(self.unsealed, "order")
            lines.append(f"Not sealed since their last event, so they stay: {orders}")
        return "\n".join(lines)


class Done(msgspec.Struct, frozen=True):
    """What `retention apply` did.

    Args:
        files: objects that were deleted.
        lists: digests of the lists that say what they held.
        extended: orders that are kept longer.
        position: of the newest event that records it.
    """

    files: int
    lists: list[str]
    extended: int
    position: int | None


def report(installation: Installation, as_of: date | None, *, as_json: bool) -> int:
    """Say what expires when, by class, and what is held and why; return the exit code."""
    with open_store(installation) as store:
        found = standing(store, as_of or duties.today(store.connection))
        if as_json:
            terminal.print_json(found.as_dict(store))
        else:
            terminal.say(found.as_text())
    return errors.OK


def apply(installation: Installation, by: str, *, yes: bool, as_json: bool) -> int:
    """Delete from the archive what has expired and is not held; return the exit code.

    Raises:
        CommandError: it is not said by whom, or there is something to do and no `yes`.
    """
    holding.refuse_unsaid(by=by)
    with open_store(installation) as store:
        found = standing(store, duties.today(store.connection))
        if not as_json:
            terminal.say(found.as_text())
        if (found.expired or found.longer) and not yes:
            raise CommandError(
                "nothing was deleted or extended. What is deleted cannot be brought back: say "
                "--yes to do it",
                errors.USAGE,
                plan=found.as_dict(store),
            )
        done = carry_out(store, found, by)
        if as_json:
            terminal.print_json(found.as_dict(store) | {"done": msgspec.to_builtins(done)})
        else:
            terminal.say(describe(done))
    return errors.OK


def describe(done: Done) -> str:
    """Say for people what was done."""
    parts = []
    if done.extended:
        parts.append(f"Kept longer: {counted(done.extended, 'order')}.")
    if done.files:
        files = counted(done.files, "file")
        parts.append(
            f"Deleted from the archive: {files}. The log tells which histories they held, and that "
            "their time was over."
        )
    return "\n".join(parts) or "Nothing of the archive had expired."


def standing(store: Store, day: date) -> Standing:
    """Return how the orders of the archive stand on a day."""
    connection = store.connection
    holds: dict[str, list[Hold]] = {}
    for hold in holding.holds(connection):
        holds.setdefault(hold.stream, []).append(hold)
    policy = retaining.policy(store.installation)
    kept: Counter[tuple[str, str]] = Counter()
    expired: dict[str, Terms] = {}
    held: dict[str, list[Hold]] = {}
    longer: dict[str, Terms] = {}
    for batch in _batches(keeping.sealed(connection)):
        events = keeping.deciding_events(connection, [seal.stream for seal in batch])
        for seal in batch:
            data = seal.data
            sealed = Terms(str(data["retention_class"]), date.fromisoformat(data["retain_until"]))
            wanted = policy.terms(
                retaining.facts(events[seal.stream]), date.fromisoformat(seal.recorded_at[:10])
            )
            if wanted.until > sealed.until:
                longer[seal.stream] = wanted
                sealed = wanted
            kept[sealed.retention_class, sealed.until.isoformat()] += 1
            if not has_expired(sealed.until, day):
                continue
            if seal.stream in holds:
                held[seal.stream] = holds[seal.stream]
            else:
                expired[seal.stream] = sealed
    unsealed = keeping.unsealed_orders(connection)
    return Standing(day, dict(kept), expired, held, longer, unsealed)


def carry_out(store: Store, found: Standing, by: str) -> Done:
    """Extend what is to be kept longer and delete what has expired. Goes on after a kill."""
    installation = store.installation
    with archiving.opened(installation) as archive, connect(store.dsn, ROLE) as connection:
        source = ArchiveLog(connection)
        one_writer.begin(source)
        laws = retaining.policy(installation)
        if found.longer or found.expired:
            policy_record.record(source, connection, laws)
        extended = [_extension(source, s, terms, by) for s, terms in found.longer.items()]
        source.append(extended, [None] * len(extended))
        before = keeping.applied_lists(connection)
        files = expiry.expiring_files(archive, found.expired.keys(), before)
        lists = expiry.store_lists(archive, installation.settings.origin, files, found.as_of)
        applied = [_applied(source, digest, found.as_of, by) for digest in lists]
        positions = source.append(applied, [None] * len(lists))
        # From here on also what an earlier call recorded and did not finish.
        longer = {e.stream: _day(e) for e in keeping.extensions(connection)}
        if longer or before or lists:
            origin = installation.settings.origin
            signer, keyrings = keyring.ready(installation.data, archive, origin, store.keys)
            result = archive_run(
                source,
                archive,
                signer=signer,
                keyrings=keyrings,
                tag_key=store.keys.tag,
                streams=[*longer, POLICY_STREAM],
                terms_of=retaining.terms_of(connection, laws),
                chosen=installation.settings.layout,
                held_at=holding.held_at(connection),
            )
            upto = result.size if result else source.size()
            holding.put_on(archive, keeping.hold_events(connection), upto)
        for stream, until in longer.items():
            expiry.extend(archive, stream, until)
        gone: list[str] = []
        for digest in [*before, *lists]:
            # A hold that came just now keeps what it holds.
            held = {hold.stream for hold in holding.holds(connection)}
            gone += expiry.delete_listed(archive, digest, held)
    recorded = [position for position in positions if position is not None]
    return Done(len(gone), lists, len(extended), max(recorded, default=None))


def _extension(source: ArchiveLog, stream: str, terms: Terms, by: str) -> Fact:
    until = terms.until.isoformat()
    return Fact(
        stream=stream,
        type=EXTENDED,
        source=OUR_SOURCE,
        id=f"{EXTENDED}/{hashlib.sha256(stream.encode()).hexdigest()[:32]}/{until}",
        occurred_at=source.now(),
        data={"until": until, "retention_class": terms.retention_class, "by": by},
    )


def _applied(source: ArchiveLog, digest: str, day: date, by: str) -> Fact:
    return Fact(
        stream=POLICY_STREAM,
        type=APPLIED,
        source=OUR_SOURCE,
        id=f"{APPLIED}/{digest}",
        occurred_at=source.now(),
        data={"as_of": day.isoformat(), "list_sha256": digest, "by": by},
    )


def _day(extension: Event) -> date:
    return date.fromisoformat(str(extension.data["until"]))


def _batches(seals: Iterator[Event]) -> Iterator[list[Event]]:
    batch: list[Event] = []
    for seal in seals:
        batch.append(seal)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _listed(found: dict[str, Terms]) -> Iterator[str]:
    streams: Sequence[str] = list(found)
    for stream in streams[:_LISTED]:
        name = found[stream].retention_class
        law = "" if name == DEFAULT_CLASS else f", {safe(name)}"
        yield f"  {safe(order_name(stream))}  until {found[stream].until}{law}"
    if len(streams) > _LISTED:
        yield f"  and {len(streams) - _LISTED} more"


def _named(stream: str) -> dict[str, str]:
    shop, number = split_order_stream(stream) or ("", stream)
    return {"shop": shop, "order": number}


def _terms(terms: Terms) -> dict[str, str]:
    return {"class": terms.retention_class, "until": terms.until.isoformat()}
