-- Keeps the tokens by which somebody comes in over HTTP, and the exports that they ask for.

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM orderproof_gate;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM orderproof_gate;
GRANT SELECT, INSERT, UPDATE (revoked_at) ON access_tokens, engagements TO orderproof_gate;
GRANT SELECT, INSERT, UPDATE (state, rows, started_at, finished_at, manifest_sha256, error)
    ON exports TO orderproof_gate;
GRANT SELECT, INSERT, UPDATE (ended_at) ON sessions TO orderproof_gate;
