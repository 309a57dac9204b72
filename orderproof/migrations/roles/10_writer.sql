-- Appends, one call at a time, and reads. It cannot touch a row of the log itself.

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM orderproof_writer;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM orderproof_writer;
GRANT SELECT ON events, event_ids, streams, log_head, stream_keys TO orderproof_writer;
GRANT SELECT, INSERT ON attachments TO orderproof_writer;
GRANT EXECUTE ON FUNCTION
    append(text[], uuid[], text[], text[], text[], bytea[], bigint[], bigint[]),
    append_all(text[], uuid[], text[], text[], text[], bytea[], bigint[], bigint[]),
    make_keys(uuid[], text[], bytea[])
    TO orderproof_writer;
