-- Reads what its policies allow, and nothing of the log itself.

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM orderproof_auditor;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM orderproof_auditor;
GRANT USAGE ON SCHEMA views TO orderproof_auditor;
