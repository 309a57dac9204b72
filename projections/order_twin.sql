-- One row an order and SKU: which account ordered it, and when, in microseconds since 1970 UTC.

CREATE TABLE order_twin (
    stream_id  uuid   NOT NULL,
    shop       text   NOT NULL,
    account    text   NOT NULL,
    sku        text   NOT NULL,
    placed_at  bigint NOT NULL
);
COMMENT ON TABLE order_twin IS
    'One row an order and SKU: which account ordered it, and when, in microseconds since 1970 UTC.';
COMMENT ON COLUMN order_twin.account IS 'The shop''s id of the account, else of the customer.';

ALTER TABLE order_twin ENABLE ROW LEVEL SECURITY;
CREATE POLICY projector ON order_twin TO orderproof_projector USING (true);
CREATE POLICY auditor_by_shop ON order_twin FOR SELECT TO orderproof_auditor
    USING (shop = ANY (string_to_array(current_setting('orderproof.shops', true), '/')));
GRANT SELECT ON order_twin TO orderproof_auditor;

-- With the rows in:
CREATE INDEX order_twin_by_stream ON order_twin (stream_id);
CREATE INDEX order_twin_account ON order_twin
    (shop, left(account, 200), placed_at);
