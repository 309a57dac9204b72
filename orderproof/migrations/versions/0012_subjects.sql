-- People whom an identity provider knows: a token that its own secret does not open, but theirs.

ALTER TABLE access_tokens ADD COLUMN subject text CHECK (length(subject) BETWEEN 3 AND 1000);
COMMENT ON COLUMN access_tokens.subject IS
    'Issuer, a space, and the issuer''s name for somebody; null for a token with a secret.';
CREATE INDEX access_tokens_subject ON access_tokens (subject, created_at) WHERE subject IS NOT NULL;
