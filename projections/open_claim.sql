-- One row a claim that is open: what was answered, and when the customer hears from us again.

CREATE TABLE open_claim (
    stream_id    uuid   NOT NULL,
    shop         text   NOT NULL,
    claim_id     text   NOT NULL,
    kind         text,
    received_at  text   NOT NULL,
    verdict      text,
    answers      bigint NOT NULL,
    next_answer  date,
    events_since bigint NOT NULL,
    version      bigint NOT NULL
);
COMMENT ON TABLE open_claim IS
    'One row a claim that is open: what was answered, and when the customer hears from us again.';
COMMENT ON COLUMN open_claim.events_since IS 'Events of the order that came after the last answer.';
COMMENT ON COLUMN open_claim.version IS 'Of the order''s stream.';

ALTER TABLE open_claim ENABLE ROW LEVEL SECURITY;
CREATE POLICY projector ON open_claim TO orderproof_projector USING (true);
CREATE POLICY auditor_by_shop ON open_claim FOR SELECT TO orderproof_auditor
    USING (shop = ANY (string_to_array(current_setting('orderproof.shops', true), '/')));
GRANT SELECT ON open_claim TO orderproof_auditor;

-- With the rows in:
CREATE INDEX open_claim_by_stream ON open_claim (stream_id);
CREATE INDEX open_claim_next_answer ON open_claim (next_answer);
