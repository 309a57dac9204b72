-- Blind indexes: keyed digests of e-mail addresses, phone numbers and names. Nothing in the clear.

CREATE TABLE person_index (
    stream_id uuid  NOT NULL,
    shop      text  NOT NULL,
    kind      text  NOT NULL,
    digest    bytea NOT NULL
);
COMMENT ON TABLE person_index IS
    'By which persons'' data an order can be found. The rows go when the order''s keys are destroyed.';
COMMENT ON COLUMN person_index.digest IS
    'HMAC-SHA-256 of the normalised value, under a key derived from the key-encryption key.';

-- Auditors look for orders, not for people: no policy of theirs, so no row.
ALTER TABLE person_index ENABLE ROW LEVEL SECURITY;
CREATE POLICY projector ON person_index TO orderproof_projector USING (true);

-- With the rows in:
ALTER TABLE person_index ADD PRIMARY KEY (digest, kind, stream_id);
CREATE INDEX person_index_by_stream ON person_index (stream_id);
