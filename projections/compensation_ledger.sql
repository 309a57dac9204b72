-- One row a compensation of an order: what was offered for trouble, and what became of it.

CREATE TABLE compensation_ledger (
    stream_id  uuid     NOT NULL,
    shop       text     NOT NULL,
    number     text     NOT NULL,
    own_id     text     NOT NULL,
    state      text     NOT NULL,
    kind       text,
    level      smallint,
    amount     bigint,
    currency   text,
    condition  text,
    offered_at bigint,
    issued_at  bigint
);
COMMENT ON TABLE compensation_ledger IS
    'One row a compensation of an order: what was offered for trouble, and what became of it.';
COMMENT ON COLUMN compensation_ledger.own_id IS 'The compensation''s id, unique in its order.';
COMMENT ON COLUMN compensation_ledger.amount IS 'Minor units of the currency.';
COMMENT ON COLUMN compensation_ledger.offered_at IS 'Microseconds since 1970 UTC.';


ALTER TABLE compensation_ledger ENABLE ROW LEVEL SECURITY;
CREATE POLICY projector ON compensation_ledger TO orderproof_projector USING (true);
CREATE POLICY auditor_by_shop ON compensation_ledger FOR SELECT TO orderproof_auditor
    USING (shop = ANY (string_to_array(current_setting('orderproof.shops', true), '/')));
GRANT SELECT ON compensation_ledger TO orderproof_auditor;

-- With the rows in:
-- No index holds an id as others send it: it may be longer than an index takes.
CREATE INDEX compensation_ledger_by_stream ON compensation_ledger (stream_id);
CREATE INDEX compensation_ledger_offered ON compensation_ledger (offered_at);
