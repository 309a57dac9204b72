-- Destroys keys, and appends the events that say so, in one transaction.

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM orderproof_eraser;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM orderproof_eraser;
GRANT EXECUTE ON FUNCTION
    append_all(text[], uuid[], text[], text[], text[], bytea[], bigint[], bigint[]),
    destroy_keys(uuid[], text[])
    TO orderproof_eraser;
