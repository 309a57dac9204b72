"""How far projections are, and what is set aside; all in the caller's transaction."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from psycopg2.extensions import cursor as Cursor  # noqa: N812
from psycopg2.extras import execute_values

from projections.fold import ATTEMPTS, Failure, Pair
from projections.projection import VIEWS, Projection


class State(NamedTuple):
    """Where a read model stands.

    Args:
        version: of the projection that made it; 0 where there is none, or one whose columns
            somebody changed.
        generation: counts rebuilds and everything else that writes rows out of turn.
        position: everything up to here is in the rows.
        key_epoch: erasures up to this one are in the rows.
    """

    version: int
    generation: int
    position: int
    key_epoch: int


_NONE = State(0, 0, 0, 0)


def read_states(cursor: Cursor, projections: Sequence[Projection]) -> dict[str, State]:
    """Return where the read models stand, by name."""
    return _states(cursor, projections, "")


def lock_states(cursor: Cursor, projections: Sequence[Projection]) -> dict[str, State]:
    """Return where the read models stand, and let nobody else move them until the commit."""
    execute_values(
        cursor,
        "INSERT INTO projections (name, version, position, key_epoch) VALUES %s"
        " ON CONFLICT DO NOTHING",
        sorted((projection.name,) for projection in projections),
        template="(%s, 0, 0, 0)",
    )
    return _states(cursor, projections, "FOR UPDATE")


def _states(cursor: Cursor, projections: Sequence[Projection], lock: str) -> dict[str, State]:
    # In the order of names, so that two who lock several wait for one another and no more.
    cursor.execute(
        "SELECT name, version, generation, position, key_epoch,"
        " ARRAY (SELECT a.attname::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
        f"  WHERE c.relname = p.name AND c.relnamespace = to_regnamespace('{VIEWS}')"
        "  AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum)"
        f" FROM projections p WHERE name = ANY (%s) ORDER BY name {lock}",
        ([projection.name for projection in projections],),
    )
    found = {name: (State(*state), columns) for name, *state, columns in cursor.fetchall()}
    return {p.name: _as_it_is(p, *found.get(p.name, (_NONE, []))) for p in projections}


def _as_it_is(projection: Projection, state: State, columns: Sequence[str]) -> State:
    """Take a table that somebody dropped or altered for none, so that it is made again."""
    there = tuple(columns) == ("stream_id", *projection.columns)
    return state if there else state._replace(version=0)


def advance(cursor: Cursor, projections: Sequence[Projection], position: int) -> None:
    """Move read models to a position."""
    cursor.execute(
        "UPDATE projections SET position = %s, advanced_at = now(), heartbeat_at = now(),"
        " stopped = NULL WHERE name = ANY (%s)",
        (position, [projection.name for projection in projections]),
    )


def replace(cursor: Cursor, projection: Projection, position: int, key_epoch: int) -> None:
    """Note that a read model was made anew."""
    cursor.execute(
        "UPDATE projections SET version = %s, generation = generation + 1, position = %s,"
        " key_epoch = %s, advanced_at = now(), heartbeat_at = now(), stopped = NULL"
        " WHERE name = %s",
        (projection.version, position, key_epoch, projection.name),
    )


def wrote_out_of_turn(cursor: Cursor, projections: Sequence[Projection]) -> None:
    """Note that rows were written without a move, so that who read before writes nothing."""
    cursor.execute(
        "UPDATE projections SET generation = generation + 1 WHERE name = ANY (%s)",
        ([projection.name for projection in projections],),
    )


def saw_erasures(cursor: Cursor, projection: Projection, key_epoch: int) -> None:
    """Note up to which erasure the rows are."""
    cursor.execute(
        "UPDATE projections SET key_epoch = greatest(key_epoch, %s) WHERE name = %s",
        (key_epoch, projection.name),
    )


def stop(cursor: Cursor, projection: Projection, reason: str) -> None:
    """Note why a read model does not move."""
    cursor.execute(
        "UPDATE projections SET stopped = %s WHERE name = %s AND stopped IS DISTINCT FROM %s",
        (reason, projection.name, reason),
    )


def beat(cursor: Cursor, projections: Sequence[Projection]) -> None:
    """Show that somebody looks after the read models, also where nothing moves."""
    cursor.execute(
        "UPDATE projections SET heartbeat_at = now() WHERE name = ANY (%s)",
        ([projection.name for projection in projections],),
    )


def set_aside(cursor: Cursor, failures: Mapping[Pair, Failure]) -> None:
    """Keep which orders fail, and why."""
    if not failures:
        return
    execute_values(
        cursor,
        "INSERT INTO set_aside_orders AS s"
        " (projection, stream_id, position, attempts, error, place, altered) VALUES %s"
        " ON CONFLICT (projection, stream_id) DO UPDATE SET position = excluded.position,"
        " attempts = s.attempts + excluded.attempts, error = excluded.error,"
        " place = excluded.place, altered = excluded.altered, last_seen = now()",
        [
            (name, id_, f.position, ATTEMPTS, f.error, f.place, f.altered)
            for (name, id_), f in sorted(failures.items())
        ],
        template="(%s, %s::uuid, %s, %s, %s, %s, %s)",
    )


def take_back(cursor: Cursor, pairs: Iterable[Pair]) -> None:
    """Forget that orders were set aside."""
    for name, id_ in sorted(pairs):
        cursor.execute(
            "DELETE FROM set_aside_orders WHERE projection = %s AND stream_id = %s::uuid",
            (name, id_),
        )


def keep_only(cursor: Cursor, projection: Projection, failures: Mapping[Pair, Failure]) -> None:
    """Forget what was set aside for a projection, but for these orders, and keep why."""
    kept = [id_ for name, id_ in failures if name == projection.name]
    cursor.execute(
        "DELETE FROM set_aside_orders WHERE projection = %s AND stream_id <> ALL (%s::uuid[])",
        (projection.name, kept),
    )
    set_aside(cursor, {pair: f for pair, f in failures.items() if pair[0] == projection.name})


def find_set_aside(
    cursor: Cursor, projections: Sequence[Projection], stream_ids: Collection[str] | None = None
) -> set[Pair]:
    """Return the orders that are set aside, of these streams or of all."""
    cursor.execute(
        "SELECT projection, stream_id::text FROM set_aside_orders WHERE projection = ANY (%s)"
        " AND (%s::uuid[] IS NULL OR stream_id = ANY (%s::uuid[]))",
        (
            [projection.name for projection in projections],
            None if stream_ids is None else list(stream_ids),
            None if stream_ids is None else list(stream_ids),
        ),
    )
    return {(name, id_) for name, id_ in cursor.fetchall()}
