-- Read models in schemas of their own, made by the code that feeds them, and how far they are.
-- They are rebuilt from the events, so the old tables go without a copy.

DROP TABLE order_lookup, order_summary, projection_positions;

CREATE SCHEMA views AUTHORIZATION orderproof_projector;
COMMENT ON SCHEMA views IS 'Read models. Each table has row-level security; its owner writes it.';
CREATE SCHEMA rebuild AUTHORIZATION orderproof_projector;
COMMENT ON SCHEMA rebuild IS 'Read models in the making. Nobody reads here.';

CREATE TABLE projections (
    name         text        PRIMARY KEY,
    version      integer     NOT NULL,
    generation   bigint      NOT NULL DEFAULT 0,
    position     bigint      NOT NULL CHECK (position >= 0),
    key_epoch    bigint      NOT NULL,
    advanced_at  timestamptz NOT NULL DEFAULT now(),
    heartbeat_at timestamptz NOT NULL DEFAULT now(),
    stopped      text
);
COMMENT ON TABLE projections IS
    'How far each read model is. Moves in the transaction that moves its rows.';
COMMENT ON COLUMN projections.version IS
    'Of the code that made it; where the code has another one it is rebuilt. 0: not made yet.';
COMMENT ON COLUMN projections.generation IS
    'Counts what writes rows without moving the position: rebuilds, retries, erasures.';
COMMENT ON COLUMN projections.key_epoch IS 'Erasures up to this one (log_head) are in the rows.';
COMMENT ON COLUMN projections.advanced_at IS 'When the position last moved.';
COMMENT ON COLUMN projections.heartbeat_at IS 'When somebody last looked after it, moving or not.';
COMMENT ON COLUMN projections.stopped IS 'Why it stands still; null where it does not.';

CREATE TABLE set_aside_orders (
    projection text        NOT NULL,
    stream_id  uuid        NOT NULL,
    position   bigint      NOT NULL,
    attempts   bigint      NOT NULL,
    error      text        NOT NULL,
    place      text        NOT NULL,
    altered    boolean     NOT NULL,
    first_seen timestamptz NOT NULL DEFAULT now(),
    last_seen  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (projection, stream_id)
);
COMMENT ON TABLE set_aside_orders IS
    'Orders that a projection cannot go on with. Their rows stay as of the event before.';
COMMENT ON COLUMN set_aside_orders.position IS 'Of the first event with which the order fails.';
COMMENT ON COLUMN set_aside_orders.error IS 'The exception''s type, never its text, which may be personal.';
COMMENT ON COLUMN set_aside_orders.place IS 'File and line of our code.';
COMMENT ON COLUMN set_aside_orders.altered IS 'The event is not what was recorded: no fault of the code.';
