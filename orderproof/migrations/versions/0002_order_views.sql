-- The first read models: find an order by anything that names it, and its summary in one row.
-- They can be dropped and rebuilt; the events are the truth.

CREATE TABLE projection_positions (
    projection text   PRIMARY KEY,
    position   bigint NOT NULL CHECK (position >= 0)
);
COMMENT ON TABLE projection_positions IS
    'How far each projection has read the log. Moves in the transaction that moves its rows.';

CREATE TABLE order_lookup (
    key_digest bytea NOT NULL,
    kind       text  NOT NULL,
    stream_id  uuid  NOT NULL,
    key        text  NOT NULL,
    PRIMARY KEY (key_digest, kind, stream_id)
);
COMMENT ON TABLE order_lookup IS 'What an order can be found by: kind and key to the stream.';
COMMENT ON COLUMN order_lookup.key_digest IS
    'SHA-256 of the key: an order number of 4 KB is kept as data, and no B-tree entry is that long.';

CREATE TABLE order_summary (
    stream_id     uuid        PRIMARY KEY,
    stream        text        NOT NULL,
    shop          text        NOT NULL,
    number        text        NOT NULL,
    events        bigint      NOT NULL,
    status        text        NOT NULL,
    placed_at     text,
    closed_at     text,
    currency      text,
    total         bigint,
    captured      numeric     NOT NULL,
    refunded      numeric     NOT NULL,
    open_refunds  bigint      NOT NULL,
    recorded_at   timestamptz NOT NULL,
    position      bigint      NOT NULL
);
COMMENT ON TABLE order_summary IS 'One row an order: state and totals, in minor units of currency.';
COMMENT ON COLUMN order_summary.placed_at IS 'By the source''s claim, as it was sent.';
COMMENT ON COLUMN order_summary.recorded_at IS 'When the newest event of the order was recorded.';
