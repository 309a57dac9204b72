-- Reads the log and keeps the read models.

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM orderproof_projector;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM orderproof_projector;
GRANT SELECT ON events, event_ids, streams, log_head, stream_keys TO orderproof_projector;
GRANT SELECT, INSERT, UPDATE ON projections TO orderproof_projector;
GRANT SELECT, INSERT, UPDATE, DELETE ON set_aside_orders TO orderproof_projector;
