-- One row an order: how long each step took, from the placement to the delivery.

CREATE TABLE lead_time (
    stream_id  uuid     NOT NULL,
    shop       text     NOT NULL,
    number     text     NOT NULL,
    placed_at  bigint,
    paid       boolean  NOT NULL,
    dispatched boolean  NOT NULL,
    delivered  boolean  NOT NULL,
    excepted   boolean  NOT NULL,
    payment    bigint,
    processing bigint,
    queue      bigint,
    making     bigint,
    handover   bigint,
    product    bigint,
    transport  bigint,
    whole      bigint,
    late       bigint
);
COMMENT ON TABLE lead_time IS
    'One row an order: how long each step took, from the placement to the delivery.';
COMMENT ON COLUMN lead_time.placed_at IS 'Microseconds since 1970 UTC.';
COMMENT ON COLUMN lead_time.excepted IS 'Whether anything went wrong with it.';
COMMENT ON COLUMN lead_time.payment IS
    'From the placement to the payment, microseconds; nothing where an end is not known.';
COMMENT ON COLUMN lead_time.processing IS 'From the payment to the confirmation.';
COMMENT ON COLUMN lead_time.queue IS 'From the confirmation to the first making or fetching.';
COMMENT ON COLUMN lead_time.making IS 'From there to the packed parcel.';
COMMENT ON COLUMN lead_time.handover IS 'From there to the dispatch.';
COMMENT ON COLUMN lead_time.product IS 'From the placement to the dispatch.';
COMMENT ON COLUMN lead_time.transport IS 'From the dispatch to the delivery.';
COMMENT ON COLUMN lead_time.whole IS 'From the placement to the delivery.';
COMMENT ON COLUMN lead_time.late IS 'By how much it came after the promised day; 0 in time.';


ALTER TABLE lead_time ENABLE ROW LEVEL SECURITY;
CREATE POLICY projector ON lead_time TO orderproof_projector USING (true);
CREATE POLICY auditor_by_shop ON lead_time FOR SELECT TO orderproof_auditor
    USING (shop = ANY (string_to_array(current_setting('orderproof.shops', true), '/')));
GRANT SELECT ON lead_time TO orderproof_auditor;

-- With the rows in:
ALTER TABLE lead_time ADD PRIMARY KEY (stream_id);
CREATE INDEX lead_time_placed ON lead_time (placed_at);
