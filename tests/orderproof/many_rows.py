"""Very many events at once, and what it takes to export them."""

import os
import sys

import psycopg2

from benchmarks import processes

MOST = 200
"""10^6 bytes that an export may have at any time."""

# As they are stored, without the half hour that recording five million of them takes. Hashes are
# no chain: an export only shows them.
_FILL = """
    ALTER TABLE events DISABLE TRIGGER ALL;
    INSERT INTO events (position, stream_id, stream, version, type, recorded_at, prev, hash, body)
    SELECT n, md5((n / 12)::text)::uuid, 'order/de/' || n / 12, n %% 12 + 1, 'refund.approved',
        timestamptz '2025-03-03T09:00:00Z' + n * interval '1 second',
        sha256((n - 1)::text::bytea), sha256(n::text::bytea), convert_to(jsonb_build_object(
            'id', 'e' || n, 'source', '/test', 'occurred_at', '2025-03-03T09:00:00Z',
            'data', jsonb_build_object('refund_id', md5(n::text), 'amount', n, 'currency', 'EUR',
                'approver', '=staff-' || n %% 100, 'due_by', '2025-03-22',
                'route', 'original' || repeat('x', %(more)s))
        )::text, 'UTF8')
    FROM log_head, generate_series(log_head.position + 1, %(upto)s) n;
    ALTER TABLE events ENABLE TRIGGER ALL;
    UPDATE log_head SET position = greatest(position, %(upto)s);
    UPDATE projections SET position = (SELECT position FROM log_head)
"""


def fill(dsn, upto, more=0):
    """Have events, with so many bytes more in each, up to a position that read models know."""
    connection = psycopg2.connect(dsn)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(_FILL, {"upto": upto, "more": more})
    finally:
        connection.close()


def export(data, out, kind="events"):
    """Export all there is by a command of its own; return its report, seconds and peak memory."""
    command = [sys.executable, "-m", "orderproof", "export", kind, "--format", out.suffix[1:]]
    return processes.run(
        [*command, "--out", str(out), "--data", str(data), "--json"], dict(os.environ)
    )
