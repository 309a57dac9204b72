-- One row a clock that runs for an order: when its time is up, in microseconds since 1970 UTC.

CREATE TABLE desk_clock (
    stream_id  uuid   NOT NULL,
    shop       text   NOT NULL,
    kind       text   NOT NULL,
    subject    text   NOT NULL,
    since      bigint NOT NULL,
    deadline   bigint NOT NULL
);
COMMENT ON TABLE desk_clock IS
    'One row a clock that runs for an order: when its time is up, in microseconds since 1970 UTC.';
COMMENT ON COLUMN desk_clock.subject IS 'A parcel, a refund or an exception; empty for the order.';
COMMENT ON COLUMN desk_clock.deadline IS 'The last instant that is in time.';

ALTER TABLE desk_clock ENABLE ROW LEVEL SECURITY;
CREATE POLICY projector ON desk_clock TO orderproof_projector USING (true);
CREATE POLICY auditor_by_shop ON desk_clock FOR SELECT TO orderproof_auditor
    USING (shop = ANY (string_to_array(current_setting('orderproof.shops', true), '/')));
GRANT SELECT ON desk_clock TO orderproof_auditor;

-- With the rows in:
CREATE INDEX desk_clock_by_stream ON desk_clock (stream_id);
CREATE INDEX desk_clock_due ON desk_clock (deadline, stream_id);
