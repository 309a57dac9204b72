"""Feeding projections from the log. Rows and position move in one transaction a batch."""

from collections.abc import Callable, Mapping, Sequence

from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from projections import bookkeeping, tables
from projections.bookkeeping import State
from projections.fold import Failure, Folded, Pair, Skips, altered, fold, fold_patiently
from projections.log_source import KeysUnavailableError, LogSource
from projections.projection import VIEWS, Projection, Rows
from projections.rebuild import make_current

BATCH = 1_000
"""Positions a transaction. What is in memory depends on this and not on how far behind we are."""

_REMEMBERED = 50_000
_FEW = 500


def catch_up(
    connection: Connection,
    log: LogSource,
    projections: Sequence[Projection],
    progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Bring projections to the log's newest position and return how far all of them are.

    Any number of processes may do so at once. An order is read whole, as far as it goes by now,
    and nobody waits for that: only the writing of a batch is a transaction, and it writes nothing
    where somebody else has moved on meanwhile.

    Args:
        connection: no transaction is open on it.
        log: reads over a connection of its own.
        projections: to feed; those that stand at the same position are fed in one pass.
        progress: called with the position reached and the one to reach.
        stop: asked between batches whether to leave it at that.

    Raises:
        Exception: what `progress` raises.
    """
    chosen = make_current(connection, log, projections, progress)
    chosen = [p for p in chosen if not p.opened or _forget_erased(connection, log, p)]
    upto = log.size()
    skips = log.skips()
    states: Mapping[str, State] = {}
    seen: dict[str, int] = {}
    while not stop():
        before, states = states, _read_states(connection, chosen)
        if any(
            before[name].generation != state.generation for name, state in states.items() if before
        ):
            seen.clear()  # somebody wrote out of turn: what we read is not what is there
        position = min((state.position for state in states.values()), default=upto)
        if position >= upto:
            break
        group = [p for p in chosen if states[p.name].position == position]
        others = [s.position for s in states.values() if s.position > position]
        top = min(position + BATCH, upto, *others)
        try:
            skips = _batch(connection, log, group, states, (position, top), seen, skips)
        except KeysUnavailableError as error:
            chosen = _without_keys(connection, chosen, str(error))
            continue
        if progress is not None:
            progress(top, upto)
    states = _read_states(connection, chosen)
    return min((state.position for state in states.values()), default=upto)


def _batch(
    connection: Connection,
    log: LogSource,
    projections: Sequence[Projection],
    states: Mapping[str, State],
    window: tuple[int, int],
    seen: dict[str, int],
    skips: Skips,
) -> Skips:
    """Move projections over some positions and return the skips that hold from there on."""
    after, top = window
    expected = {p.name: states[p.name] for p in projections}
    orders = [o for o in log.touched(after, top) if seen.get(o.stream_id, 0) < o.position]
    fresh = log.skips(after)
    if fresh:
        skips = log.skips()
    forced = {(name, id_) for name, of_one in fresh.items() for id_ in of_one.values()}
    there = {order.stream_id for order in orders}
    orders += log.standing(sorted({id_ for _, id_ in forced} - there))
    with connection, connection.cursor() as cursor:
        aside = bookkeeping.find_set_aside(cursor, projections, [o.stream_id for o in orders])
    folded = fold_patiently(log, projections, orders, skips, aside - forced)
    if _write(connection, projections, expected, folded, top, aside & forced):
        seen.update(folded.positions)
        while len(seen) > _REMEMBERED:
            seen.pop(next(iter(seen)))
    return skips


def _write(
    connection: Connection,
    projections: Sequence[Projection],
    expected: Mapping[str, State],
    folded: Folded,
    top: int,
    retried: set[Pair],
) -> bool:
    """Write a batch, unless somebody else did; an order that cannot be written is set aside."""
    try:
        return _write_batch(connection, projections, expected, folded, top, retried, {})
    except tables.REFUSALS:
        refused: dict[Pair, Failure] = {}
        with connection, connection.cursor() as cursor:
            for projection in projections:
                rows = folded.rows[projection.name]
                refused |= tables.write_one_by_one(
                    tables.put, cursor, VIEWS, projection, rows, folded.positions
                )
            connection.rollback()
        for name, id_ in refused:
            del folded.rows[name][id_]
        return _write_batch(connection, projections, expected, folded, top, retried, refused)


def _write_batch(
    connection: Connection,
    projections: Sequence[Projection],
    expected: Mapping[str, State],
    folded: Folded,
    top: int,
    retried: set[Pair],
    refused: Mapping[Pair, Failure],
) -> bool:
    failures = {**folded.failures, **refused}
    with connection, connection.cursor() as cursor:
        if bookkeeping.lock_states(cursor, projections) != expected:
            return False
        for projection in projections:
            rows = _without_damaged(cursor, projection, folded.rows[projection.name], failures)
            tables.put(cursor, VIEWS, projection, rows)
        bookkeeping.take_back(cursor, retried - failures.keys())
        bookkeeping.set_aside(cursor, failures)
        bookkeeping.advance(cursor, projections, top)
    return True


def _without_damaged(
    cursor: Cursor,
    projection: Projection,
    rows: Mapping[str, Rows],
    failures: Mapping[Pair, Failure],
) -> dict[str, Rows]:
    """Leave out orders with an event that is not what was recorded, where they have rows.

    Those were made while it still was, and an order must not vanish because somebody damaged it.
    """
    kept = set(tables.known(cursor, projection, altered(failures, projection)))
    return {id_: of_order for id_, of_order in rows.items() if id_ not in kept}


def refresh(
    connection: Connection,
    log: LogSource,
    projection: Projection,
    stream_ids: Sequence[str],
) -> dict[str, Failure]:
    """Make the rows of some orders again, set-aside ones too, and move nothing.

    Returns:
        The orders that fail, by stream id. The others are set aside no longer.

    Raises:
        KeysUnavailableError: the projection reads personal data, and the keys do not open.
    """
    failures: dict[Pair, Failure] = {}
    for start in range(0, len(stream_ids), _FEW):
        few = stream_ids[start : start + _FEW]
        with connection, connection.cursor() as cursor:
            bookkeeping.lock_states(cursor, [projection])
            folded = fold(log, [projection], log.standing(few), log.skips())
            made = folded.rows[projection.name]
            made = _without_damaged(cursor, projection, made, folded.failures)
            refused = tables.write_one_by_one(
                tables.put, cursor, VIEWS, projection, made, folded.positions
            )
            failed = {**folded.failures, **refused}
            bookkeeping.take_back(cursor, {(projection.name, id_) for id_ in few} - failed.keys())
            bookkeeping.set_aside(cursor, failed)
            bookkeeping.wrote_out_of_turn(cursor, [projection])
            failures |= failed
    return {id_: failure for (_, id_), failure in failures.items()}


def _forget_erased(connection: Connection, log: LogSource, projection: Projection) -> bool:
    """Take out what a destroyed key had sealed; tell whether the projection can go on."""
    epoch = log.key_epoch()
    [state] = _read_states(connection, [projection]).values()
    if state.key_epoch >= epoch:
        return True
    with connection, connection.cursor() as cursor:
        streams = tables.known(cursor, projection, log.erased())
    try:
        refresh(connection, log, projection, streams)
    except KeysUnavailableError as error:
        _without_keys(connection, [projection], str(error))
        return False
    with connection, connection.cursor() as cursor:
        bookkeeping.saw_erasures(cursor, projection, epoch)
    return True


def _without_keys(
    connection: Connection, projections: Sequence[Projection], reason: str
) -> list[Projection]:
    """Go on with those that need no keys; the others stand still, and `status` says why."""
    with connection, connection.cursor() as cursor:
        for projection in projections:
            if projection.opened:
                bookkeeping.stop(cursor, projection, reason)
    return [p for p in projections if not p.opened]


def _read_states(connection: Connection, projections: Sequence[Projection]) -> dict[str, State]:
    with connection, connection.cursor() as cursor:
        return bookkeeping.read_states(cursor, projections)


def read_position(connection: Connection, projection: Projection) -> int:
    """Return how far a projection has read the log."""
    [state] = _read_states(connection, [projection]).values()
    return state.position


def rows(connection: Connection, projection: Projection) -> list[tuple[object, ...]]:
    """Return all rows of a projection in the order of their key, to compare two states of it."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            f"SELECT * FROM {VIEWS}.{projection.name} ORDER BY {', '.join(projection.key)}"
        )
        return cursor.fetchall()
