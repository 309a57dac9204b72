-- Tokens by which programs and people come in over HTTP, by their id. Of the secret only the SHA-256
-- is here: it is as long as a key, so nobody guesses it from the digest.

CREATE TABLE access_tokens (
    id         text PRIMARY KEY CHECK (id ~ '^[a-z2-7]{12}$'),
    digest     bytea NOT NULL CHECK (octet_length(digest) = 32),
    role       text NOT NULL,
    shops      text[] NOT NULL DEFAULT '{}',
    label      text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
COMMENT ON TABLE access_tokens IS
    'Tokens for HTTP: whoever shows the secret of which this is the SHA-256 has the role until then.';
COMMENT ON COLUMN access_tokens.shops IS 'The shops it is good for; empty for all.';

REVOKE ALL ON access_tokens FROM PUBLIC;
