-- Fills the log in bulk, under the same lock as the writers. It can add, and not change.

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM orderproof_importer;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM orderproof_importer;
GRANT SELECT ON events, event_ids, streams, log_head, stream_keys TO orderproof_importer;
GRANT INSERT ON events, event_ids, streams TO orderproof_importer;
GRANT UPDATE (version, head, position) ON streams TO orderproof_importer;
GRANT UPDATE (position) ON log_head TO orderproof_importer;
GRANT SELECT, INSERT ON attachments TO orderproof_importer;
GRANT EXECUTE ON FUNCTION
    append(text[], uuid[], text[], text[], text[], bytea[], bigint[], bigint[]),
    make_keys(uuid[], text[], bytea[])
    TO orderproof_importer;
