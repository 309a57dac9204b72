-- One row a refund, found by every id that a settlement file may know it by.

CREATE TABLE refund_index (
    stream_id        uuid   NOT NULL,
    shop             text   NOT NULL,
    refund_id        text   NOT NULL,
    psp              text,
    psp_key          text,
    psp_refund_id    text,
    reference        text,
    idempotency_keys text   NOT NULL,
    payment_ids      text   NOT NULL,
    amount           bigint,
    currency         text,
    state            text   NOT NULL,
    day              text,
    last_fact_at     bigint,
    sources          text   NOT NULL,
    keys             text[] NOT NULL
);
COMMENT ON TABLE refund_index IS
    'One row a refund, found by every id that a settlement file may know it by.';
COMMENT ON COLUMN refund_index.day IS 'UTC date when it was paid, else of its last fact.';
COMMENT ON COLUMN refund_index.last_fact_at IS 'Microseconds since 1970 UTC.';
COMMENT ON COLUMN refund_index.idempotency_keys IS 'A JSON list, as payment_ids and sources.';
COMMENT ON COLUMN refund_index.keys IS 'Digests of all ids, those of the payment too.';

ALTER TABLE refund_index ENABLE ROW LEVEL SECURITY;
CREATE POLICY projector ON refund_index TO orderproof_projector USING (true);
CREATE POLICY auditor_by_shop ON refund_index FOR SELECT TO orderproof_auditor
    USING (shop = ANY (string_to_array(current_setting('orderproof.shops', true), '/')));
GRANT SELECT ON refund_index TO orderproof_auditor;

-- With the rows in:
CREATE INDEX refund_index_by_stream ON refund_index (stream_id);
CREATE INDEX refund_index_by_day ON refund_index (day) WHERE state = 'paid';
CREATE INDEX refund_index_under_way ON refund_index (stream_id)
    WHERE state IN ('submitted', 'pending', 'action_required');
CREATE INDEX refund_index_by_keys ON refund_index USING gin (keys);
