-- Keeps the tokens by which somebody comes in over HTTP, and reads nothing else.

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM orderproof_gate;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM orderproof_gate;
GRANT SELECT, INSERT, UPDATE (revoked_at) ON access_tokens, engagements TO orderproof_gate;
