-- One row an order: state and totals, in minor units of currency.

CREATE TABLE order_summary (
    stream_id     uuid        NOT NULL,
    stream        text        NOT NULL,
    shop          text        NOT NULL,
    number        text        NOT NULL,
    customer      text,
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
    position      bigint      NOT NULL,
    first_day     text        NOT NULL,
    first_position bigint     NOT NULL
);
COMMENT ON TABLE order_summary IS 'One row an order: state and totals, in minor units of currency.';
COMMENT ON COLUMN order_summary.customer IS 'The shop''s id of the customer.';
COMMENT ON COLUMN order_summary.placed_at IS 'By the source''s claim, as it was sent.';
COMMENT ON COLUMN order_summary.recorded_at IS 'When the newest event of the order was recorded.';
COMMENT ON COLUMN order_summary.first_day IS 'UTC day of its first event, by the source''s claim.';

ALTER TABLE order_summary ENABLE ROW LEVEL SECURITY;
CREATE POLICY projector ON order_summary TO orderproof_projector USING (true);
CREATE POLICY auditor_by_shop ON order_summary FOR SELECT TO orderproof_auditor
    USING ((current_setting('orderproof.every_shop', true) = 'yes'
            OR shop = ANY (string_to_array(current_setting('orderproof.shops', true), '/')))
        AND first_day >= coalesce(current_setting('orderproof.first_day', true), '')
        AND first_day <= coalesce(nullif(current_setting('orderproof.last_day', true), ''), '~'));
GRANT SELECT ON order_summary TO orderproof_auditor;

-- With the rows in:
ALTER TABLE order_summary ADD PRIMARY KEY (stream_id);
CREATE INDEX order_summary_closed ON order_summary (position) WHERE closed_at IS NOT NULL;
CREATE INDEX order_summary_by_day ON order_summary (first_day, first_position);
CREATE INDEX order_summary_by_shop ON order_summary (left(shop, 200), first_day, first_position);
