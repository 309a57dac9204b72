"""The verbs of projections: rebuild, status, diff, retry, skip."""

import time
from collections.abc import Callable

import msgspec

from domain.stream import order_name
from eventstore import lock_holder
from eventstore.connection import connect
from eventstore.lock_holder import LockHolder
from eventstore.projection_log import record_skip
from eventstore.writer import ROLE
from orderproof import errors, set_aside, terminal
from orderproof.bootstrap import Store, catch_up, open_store
from orderproof.errors import CommandError
from orderproof.installation import Installation
from projections import difference, runner, status
from projections import rebuild as rebuilding
from projections.projection import Projection
from projections.status import SetAside

_LOCK_ALARM = 5.0  # seconds that nobody could record; a commit or a chunk of an import takes less


def rebuild(installation: Installation, name: str | None, *, as_json: bool) -> int:
    """Make read models again from the first event, all in one pass; return the exit code."""
    with open_store(installation) as store:
        chosen = _chosen(store, name)
        started = time.monotonic()
        title = f"rebuilding {name}" if name else "rebuilding read models"
        with terminal.progress(title, "events") as progress:
            done = rebuilding.rebuild(store.views, store.log, chosen, progress, _once())
        seconds = round(time.monotonic() - started, 3)
        aside = status.set_aside_orders(store.views, chosen)
    corrected = {d.name: d.missing + d.extra + d.different for d in done.differences}
    if as_json:
        terminal.print_json(
            {
                "projections": [
                    {
                        "projection": p.name,
                        "events": done.events,
                        "seconds": seconds,
                        "corrected": corrected.get(p.name),
                    }
                    for p in chosen
                ],
                "position": done.position,
                "set_aside": [set_aside.as_dict(each) for each in aside],
            }
        )
    else:
        for projection in chosen:
            rows = corrected.get(projection.name)
            were = "" if rows is None else f"; rows that had been wrong: {rows}"
            terminal.say(f"{projection.name}: rebuilt from {done.events} events, {seconds} s{were}")
        set_aside.complain_of(aside)
    return set_aside.exit_code(aside)


def show_status(installation: Installation, *, as_json: bool) -> int:
    """Show how far read models are and what is set aside; moves nothing. Return the exit code.

    It is that of `set_aside.exit_code`, or 5 where a read model stands still.
    """
    with open_store(installation) as store:
        found = status.read(store.views, store.log.size(), store.projections)
        # Over the login's own connection: the projector's role sees no sessions of writers.
        longest = status.longest_transaction(store.connection)
        holder = lock_holder.find(store.connection)
    held_long = holder is not None and (holder.seconds or 0) > _LOCK_ALARM
    aside = [each for model in found for each in model.set_aside]
    code = set_aside.exit_code(aside) or (
        errors.CANNOT_TELL if any(m.stopped for m in found) else errors.OK
    )
    if as_json:
        terminal.print_json(
            {
                "projections": [
                    {
                        "projection": model.name,
                        "version": model.version,
                        "code_version": model.code_version,
                        "position": model.position,
                        "lag": model.lag,
                        "seconds_since_progress": model.seconds_since_progress,
                        "heartbeat_age": model.heartbeat_age,
                        "stopped": model.stopped,
                        "set_aside": [set_aside.as_dict(each) for each in model.set_aside],
                    }
                    for model in found
                ],
                "longest_transaction_seconds": longest,
                "log_lock": None if holder is None else msgspec.to_builtins(holder),
                "alarms": ["log-lock-held"] if held_long else [],
            }
        )
        return code
    for model in found:
        built = (
            ""
            if model.version == model.code_version
            else f" (the code has {model.code_version}: will be rebuilt)"
        )
        terminal.say(
            f"{model.name:14} version {model.version}{built}  position {model.position}"
            f"  {model.lag} behind  moved {_ago(model.seconds_since_progress)}"
            f"  looked after {_ago(model.heartbeat_age)}"
        )
        if model.stopped:
            terminal.say(f"{'':14} stands still: {terminal.safe(model.stopped)}")
    if longest is not None:
        terminal.say(f"The longest transaction of this database is open for {longest:.0f} s.")
    if holder is not None and held_long:
        _complain_of_lock(holder)
    set_aside.complain_of(aside)
    return code


def diff(installation: Installation, name: str | None, *, as_json: bool) -> int:
    """Make read models again on the side and compare; return the exit code."""
    with open_store(installation) as store:
        chosen = _chosen(store, name)
        catch_up(store)
        with terminal.progress("comparing", "events") as progress:
            found = difference.diff(store.views, store.log, chosen, progress, _once())
    equal = all(each.is_equal for each in found)
    if as_json:
        terminal.print_json(
            {
                "equal": equal,
                "projections": [
                    {
                        "projection": each.name,
                        "position": each.position,
                        "missing": each.missing,
                        "extra": each.extra,
                        "different": each.different,
                        "orders": [order_name(stream) for stream in each.streams],
                    }
                    for each in found
                ],
            }
        )
    else:
        for each in found:
            terminal.say(
                f"{each.name}: {each.missing} missing, {each.extra} extra, {each.different} "
                f"different rows, as of position {each.position}"
            )
            for stream in each.streams:
                terminal.say(f"  {terminal.safe(order_name(stream))}")
        if not equal:
            terminal.say("Next: orderproof rebuild")
    return errors.OK if equal else errors.ALTERED


def retry(installation: Installation, name: str | None, order: str | None, *, as_json: bool) -> int:
    """Try set-aside orders again; return the exit code."""
    with open_store(installation) as store:
        catch_up(store)
        chosen = _chosen(store, name)
        wanted = [
            each
            for each in status.set_aside_orders(store.views, chosen)
            if order is None or order_name(each.stream) == order
        ]
        if order is not None and not wanted:
            raise CommandError(f"{terminal.safe(order)} is not set aside", errors.NOT_FOUND)
        for projection in chosen:
            ids = [each.stream_id for each in wanted if each.projection == projection.name]
            runner.refresh(store.views, store.log, projection, ids)
        aside = status.set_aside_orders(store.views, chosen)
    healed = len(wanted) - sum(1 for each in aside if any(_same(each, before) for before in wanted))
    if as_json:
        terminal.print_json(
            {
                "tried": len(wanted),
                "healed": healed,
                "set_aside": [set_aside.as_dict(each) for each in aside],
            }
        )
    else:
        terminal.say(f"{len(wanted)} tried again, {healed} go on")
        set_aside.complain_of(aside)
    return set_aside.exit_code(aside)


def skip(
    installation: Installation, name: str, position: int, reason: str, by: str, *, as_json: bool
) -> int:
    """Let a projection go on without one event, for a recorded reason; return the exit code."""
    if not reason.strip() or not by.strip():
        raise CommandError("say why (--reason) and who decided (--by)")
    with open_store(installation) as store:
        catch_up(store)
        chosen = _chosen(store, name)
        aside = status.set_aside_orders(store.views, chosen)
        found = [each for each in aside if each.position == position]
        if not found:
            raise CommandError(
                f"{name} is not held up at position {position}; only an event that an order is "
                "set aside for can be skipped. See: orderproof projection status",
                errors.REFUSED,
            )
        if found[0].altered:
            raise CommandError(
                f"the event at position {position} is not what was recorded, and skipping it would "
                "hide that. Compare with the archive: orderproof verify",
                errors.REFUSED,
            )
        stream = found[0].stream
        with connect(store.dsn, ROLE) as connection:
            record_skip(connection, projection=name, position=position, reason=reason, by=by)
        catch_up(store)
        aside = status.set_aside_orders(store.views, chosen)
    left = [each for each in aside if each.stream == stream]
    if as_json:
        terminal.print_json(
            {
                "projection": name,
                "position": position,
                "order": order_name(stream),
                "set_aside": [set_aside.as_dict(each) for each in left],
            }
        )
    else:
        terminal.say(f"{name} goes on without position {position}; that is recorded")
        set_aside.complain_of(left)
    return set_aside.exit_code(left)


def _chosen(store: Store, name: str | None) -> tuple[Projection, ...]:
    chosen = tuple(p for p in store.projections if name in (None, p.name))
    if not chosen:
        known = ", ".join(p.name for p in store.projections)
        raise CommandError(f"no projection has this name; there are {known}")
    return chosen


def _once() -> Callable[[str], None]:
    """Return a function that says each thing once, however often it is told."""
    said = set[str]()

    def say(text: str) -> None:
        if text not in said:
            said.add(text)
            terminal.complain(text)

    return say


def _same(one: SetAside, other: SetAside) -> bool:
    return (one.projection, one.stream_id) == (other.projection, other.stream_id)


def _complain_of_lock(holder: LockHolder) -> None:
    does = "does nothing with it" if holder.idle else "works"
    terminal.complain(
        f"alarm: session {holder.pid} has held the writers' lock for {holder.seconds:.0f} s and "
        f"{does}; {holder.waiting} wait, and nothing is recorded. Read models miss nothing: they "
        "go on once it ends. The server ends an idle session of ours after 60 s; to end it now: "
        f"SELECT pg_terminate_backend({holder.pid})"
    )


def _ago(seconds: float | None) -> str:
    return "never" if seconds is None else f"{seconds:.0f} s ago"
