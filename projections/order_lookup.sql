-- What an order can be found by: kind and key to the stream.

CREATE TABLE order_lookup (
    stream_id  uuid  NOT NULL,
    shop       text  NOT NULL,
    kind       text  NOT NULL,
    key        text  NOT NULL,
    key_digest bytea NOT NULL
);
COMMENT ON TABLE order_lookup IS 'What an order can be found by: kind and key to the stream.';
COMMENT ON COLUMN order_lookup.key_digest IS
    'SHA-256 of the key: an order number of 4 KB is kept as data, and no B-tree entry is that long.';

ALTER TABLE order_lookup ENABLE ROW LEVEL SECURITY;
CREATE POLICY projector ON order_lookup TO orderproof_projector USING (true);
CREATE POLICY auditor_by_shop ON order_lookup FOR SELECT TO orderproof_auditor
    USING (current_setting('orderproof.every_shop', true) = 'yes'
        OR shop = ANY (string_to_array(current_setting('orderproof.shops', true), '/')));
GRANT SELECT ON order_lookup TO orderproof_auditor;

-- With the rows in:
ALTER TABLE order_lookup ADD PRIMARY KEY (key_digest, kind, stream_id);
CREATE INDEX order_lookup_by_stream ON order_lookup (stream_id);
-- Few places wait, and all of them are asked for again and again.
CREATE INDEX order_lookup_waiting ON order_lookup (key_digest) WHERE kind = 'waiting link';
