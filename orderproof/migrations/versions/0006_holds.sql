-- Which orders are under legal hold, and which are kept longer than sealed, is asked before
-- anything is deleted or erased.

CREATE INDEX events_holds ON events (position)
    WHERE type IN ('hold.placed', 'hold.released', 'retention.extended');

CREATE OR REPLACE FUNCTION destroy_keys(stream_ids uuid[], purposes text[])
RETURNS TABLE (stream_id uuid, purpose text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    -- The writers' lock: nobody appends with the old keys from here on, and nobody places a hold.
    UPDATE log_head SET key_epoch = key_epoch + 1;
    IF EXISTS (
        SELECT FROM events p WHERE p.type = 'hold.placed' AND p.stream_id = ANY (stream_ids)
            AND NOT EXISTS (
                SELECT FROM events r WHERE r.type = 'hold.released' AND r.stream_id = p.stream_id
                    AND r.version > p.version
                    AND convert_from(r.body, 'UTF8')::jsonb #>> '{data,hold_id}'
                        = convert_from(p.body, 'UTF8')::jsonb #>> '{data,hold_id}'
            )
    ) THEN
        RAISE EXCEPTION 'an order is under legal hold' USING ERRCODE = 'object_in_use';
    END IF;
    -- In the order in which keys are made: the other way round each would wait for the other.
    PERFORM FROM stream_keys k
        WHERE k.stream_id = ANY (stream_ids) AND k.purpose = ANY (purposes) AND k.wrapped IS NOT NULL
        ORDER BY k.stream_id, k.purpose FOR UPDATE;
    RETURN QUERY UPDATE stream_keys k SET wrapped = NULL, destroyed_at = log_clock()
        WHERE k.stream_id = ANY (stream_ids) AND k.purpose = ANY (purposes) AND k.wrapped IS NOT NULL
        RETURNING k.stream_id, k.purpose;
END $$;
COMMENT ON FUNCTION destroy_keys IS
    'Destroys the keys of streams for some purposes and returns those that were there, unless one of the streams is under legal hold.';
