-- Reads what its policies allow, and of the log what the views of the schema reading show.

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM orderproof_auditor;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM orderproof_auditor;
GRANT USAGE ON SCHEMA views, reading TO orderproof_auditor;
GRANT SELECT ON log_head TO orderproof_auditor;
GRANT SELECT (name, position) ON projections TO orderproof_auditor;
GRANT SELECT ON reading.events, reading.streams, reading.event_ids TO orderproof_auditor;
GRANT EXECUTE ON FUNCTION reading.may_see(text, uuid), reading.in_window(uuid) TO orderproof_auditor;
