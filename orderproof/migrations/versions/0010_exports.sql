-- Exports that are asked for over HTTP and made in the background.

CREATE TABLE exports (
    id              text PRIMARY KEY CHECK (id ~ '^[a-z2-7]{12}$'),
    token           text NOT NULL REFERENCES access_tokens,
    wanted          jsonb NOT NULL,
    state           text NOT NULL DEFAULT 'queued'
                    CHECK (state IN ('queued', 'running', 'done', 'failed', 'expired')),
    rows            bigint NOT NULL DEFAULT 0,
    total           bigint NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    started_at      timestamptz,
    finished_at     timestamptz,
    manifest_sha256 text,
    error           text
);
COMMENT ON TABLE exports IS 'Jobs: what is to be exported, for whom, and how far it is.';
COMMENT ON COLUMN exports.total IS 'Rows that are expected; of refunds and contacts, orders.';
COMMENT ON COLUMN exports.error IS 'The exception''s type, never its text, which may be personal.';
CREATE INDEX exports_open ON exports (created_at) WHERE state IN ('queued', 'running');
REVOKE ALL ON exports FROM PUBLIC;
