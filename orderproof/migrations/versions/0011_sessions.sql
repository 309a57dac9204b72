-- Sessions of people who look at the pages: each stands for an access token, and can be ended.

CREATE TABLE sessions (
    digest     bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    token      text NOT NULL REFERENCES access_tokens,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    ended_at   timestamptz
);
COMMENT ON TABLE sessions IS 'Of the cookie''s secret only the SHA-256 is here.';
REVOKE ALL ON sessions FROM PUBLIC;
