-- One row a refund that is under way: when its time runs out, in microseconds since 1970 UTC.

CREATE TABLE refund_clock (
    stream_id  uuid   NOT NULL,
    shop       text   NOT NULL,
    refund_id  text   NOT NULL,
    kind       text   NOT NULL,
    since      bigint NOT NULL,
    deadline   bigint NOT NULL
);
COMMENT ON TABLE refund_clock IS
    'One row a refund that is under way: when its time runs out, in microseconds since 1970 UTC.';
COMMENT ON COLUMN refund_clock.kind IS 'What has to happen: submit, reconcile, complete, reference.';
COMMENT ON COLUMN refund_clock.deadline IS 'The last instant that is in time.';

ALTER TABLE refund_clock ENABLE ROW LEVEL SECURITY;
CREATE POLICY projector ON refund_clock TO orderproof_projector USING (true);
CREATE POLICY auditor_by_shop ON refund_clock FOR SELECT TO orderproof_auditor
    USING (shop = ANY (string_to_array(current_setting('orderproof.shops', true), '/')));
GRANT SELECT ON refund_clock TO orderproof_auditor;

-- With the rows in:
CREATE INDEX refund_clock_by_stream ON refund_clock (stream_id);
CREATE INDEX refund_clock_due ON refund_clock (deadline);
