-- Appending many callers' events at once, keys that can be destroyed, and who may do what.

ALTER TABLE log_head ADD COLUMN key_epoch bigint NOT NULL DEFAULT 0 CHECK (key_epoch >= 0);
ALTER TABLE log_head SET (fillfactor = 10);
COMMENT ON COLUMN log_head.key_epoch IS
    'Counts erasures. Who sealed with keys that were read before the newest one seals again.';

-- Who may insert in bulk moves heads, too, and may only move them on.

CREATE TRIGGER log_head_moves_on BEFORE UPDATE ON log_head FOR EACH ROW
    WHEN (NEW.position < OLD.position OR NEW.key_epoch < OLD.key_epoch) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER streams_move_on BEFORE UPDATE ON streams FOR EACH ROW
    WHEN (NEW.version <= OLD.version OR NEW.position <= OLD.position) EXECUTE FUNCTION refuse_change();

-- Keys. A destroyed one leaves its row, so that everybody can tell erased from lost.

ALTER TABLE stream_keys ALTER COLUMN wrapped DROP NOT NULL;
ALTER TABLE stream_keys ADD COLUMN destroyed_at timestamptz;
COMMENT ON COLUMN stream_keys.wrapped IS
    'AES key wrap (RFC 3394) by the key-encryption key; NULL once destroyed, until new personal data comes.';
COMMENT ON COLUMN stream_keys.destroyed_at IS 'When a key of this stream and purpose was last destroyed.';

CREATE TRIGGER stream_keys_stay BEFORE DELETE OR TRUNCATE ON stream_keys
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION make_keys(stream_ids uuid[], purposes text[], proposed bytea[])
RETURNS TABLE (key_epoch bigint, stream_id uuid, purpose text, wrapped bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    -- In one order for all, so that two who make the same keys wait for one another and no more.
    INSERT INTO stream_keys AS k (stream_id, purpose, wrapped)
        SELECT u.stream_id, u.purpose, u.wrapped
        FROM unnest(stream_ids, purposes, proposed) AS u (stream_id, purpose, wrapped)
        ORDER BY u.stream_id, u.purpose
    ON CONFLICT ON CONSTRAINT stream_keys_pkey DO UPDATE SET wrapped = excluded.wrapped
        WHERE k.wrapped IS NULL;
    -- One statement sees one state: the keys are those of this epoch.
    RETURN QUERY
        SELECT h.key_epoch, k.stream_id, k.purpose, k.wrapped
        FROM log_head h, unnest(stream_ids, purposes) AS u (stream_id, purpose)
        JOIN stream_keys k USING (stream_id, purpose);
END $$;
COMMENT ON FUNCTION make_keys IS
    'Stores keys where there is none, and returns those that are there. A key that is there stays.';

CREATE FUNCTION destroy_keys(stream_ids uuid[], purposes text[]) RETURNS TABLE (stream_id uuid, purpose text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    -- The writers' lock: nobody appends with the old keys from here on.
    UPDATE log_head SET key_epoch = key_epoch + 1;
    -- In the order in which keys are made: the other way round each would wait for the other.
    PERFORM FROM stream_keys k
        WHERE k.stream_id = ANY (stream_ids) AND k.purpose = ANY (purposes) AND k.wrapped IS NOT NULL
        ORDER BY k.stream_id, k.purpose FOR UPDATE;
    RETURN QUERY UPDATE stream_keys k SET wrapped = NULL, destroyed_at = log_clock()
        WHERE k.stream_id = ANY (stream_ids) AND k.purpose = ANY (purposes) AND k.wrapped IS NOT NULL
        RETURNING k.stream_id, k.purpose;
END $$;
COMMENT ON FUNCTION destroy_keys IS
    'Destroys the keys of streams for some purposes and returns those that were there.';

-- Appending. Positions follow the order of the arguments; the chain of each stream is computed
-- stream by stream, since a line does not hold its position.

DROP FUNCTION line(bytea, bytea, timestamptz, text, text, bigint);
DROP FUNCTION append(text[], uuid[], text[], text[], text[], bytea[], bigint[]);

CREATE FUNCTION append(
    streams text[], stream_ids uuid[], types text[], sources text[], ids text[], bodies bytea[],
    expected_versions bigint[], key_epochs bigint[]
) RETURNS TABLE (outcome text, "position" bigint, version bigint, stored_digest bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
-- A plan that was made while the tables were empty would be kept, so the only good one is forced;
-- and it is kept, since planning anew for each call takes as long as an event does.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    head_position  bigint;
    epoch          bigint;
    moment         timestamptz;
    moment_text    text;
    given          record;
    last_id        uuid;
    last_name      text;
    last_version   bigint;
    last_hash      bytea;
    last_stale     boolean;
    envelope       text;
    first_recorded int;    -- of the stream at hand: where its recorded events begin and end
    last_recorded  int;
    known          boolean := false;
    outcomes       text[]   := array_fill(NULL::text, ARRAY[cardinality(ids)]);
    positions      bigint[] := array_fill(NULL::bigint, ARRAY[cardinality(ids)]);
    versions       bigint[] := positions;
    prevs          bytea[]  := array_fill(NULL::bytea, ARRAY[cardinality(ids)]);
    hashes         bytea[]  := prevs;
    digests        bytea[]  := prevs;
    head_streams   text[]   := '{}';
    head_ids       uuid[]   := '{}';
    head_versions  bigint[] := '{}';
    head_hashes    bytea[]  := '{}';
    head_firsts    int[]    := '{}';
    head_lasts     int[]    := '{}';
BEGIN
    -- One row's lock puts all writers in line, so positions are dense and in commit order.
    SELECT l.position, l.key_epoch INTO STRICT head_position, epoch FROM log_head l FOR UPDATE;
    moment := log_clock();
    moment_text := utc_text(moment);

    FOR given IN
        SELECT u.i::int AS i, u.stream_id, u.stream, u.type, u.body, u.expected, u.epoch,
               s.stream AS known_stream, s.version AS known_version, s.head,
               k.position AS known_position
        FROM unnest(streams, stream_ids, types, sources, ids, bodies, expected_versions, key_epochs)
             WITH ORDINALITY AS u (stream, stream_id, type, source, id, body, expected, epoch, i)
        LEFT JOIN streams s ON s.stream_id = u.stream_id
        LEFT JOIN event_ids k ON k.source = u.source AND k.id = u.id
        ORDER BY u.stream_id, u.i
    LOOP
        IF last_id IS DISTINCT FROM given.stream_id THEN
            IF last_recorded IS NOT NULL THEN
                head_streams := head_streams || last_name;
                head_ids := head_ids || last_id;
                head_versions := head_versions || last_version;
                head_hashes := head_hashes || last_hash;
                head_firsts := head_firsts || first_recorded;
                head_lasts := head_lasts || last_recorded;
                first_recorded := NULL;
                last_recorded := NULL;
            END IF;
            last_id := given.stream_id;
            last_name := given.stream;
            last_version := given.known_version;
            last_hash := given.head;
            last_stale := false;
            IF given.known_stream <> given.stream THEN
                RAISE EXCEPTION 'stream id % belongs to another stream', given.stream_id
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            envelope := '","recorded_at":"' || moment_text || '","stream":' || to_json(given.stream)::text
                || ',"type":';
        END IF;
        IF given.known_position IS NOT NULL THEN
            known := true;
            positions[given.i] := -given.known_position;
        ELSIF last_stale OR given.epoch <> epoch THEN
            -- What comes after it in its stream waits for it: callers gave their events an order.
            last_stale := true;
            outcomes[given.i] := 'stale_keys';
        ELSIF given.expected <> coalesce(last_version, CASE given.expected WHEN -1 THEN -1 ELSE 0 END) THEN
            outcomes[given.i] := 'conflict';
            versions[given.i] := coalesce(last_version, 0);
        ELSE
            last_hash := coalesce(last_hash, sha256(convert_to(given.stream, 'UTF8')));
            last_version := coalesce(last_version, given.expected, 0) + 1;
            outcomes[given.i] := 'recorded';
            versions[given.i] := last_version;
            prevs[given.i] := last_hash;
            last_hash := sha256('\x7b226576656e74223a'::bytea || given.body || convert_to(
                ',"prev":"' || encode(last_hash, 'hex') || envelope || to_json(given.type)::text
                || ',"version":' || last_version || '}', 'UTF8'));
            hashes[given.i] := last_hash;
            first_recorded := coalesce(first_recorded, given.i);
            last_recorded := given.i;
        END IF;
    END LOOP;
    IF last_recorded IS NOT NULL THEN
        head_streams := head_streams || last_name;
        head_ids := head_ids || last_id;
        head_versions := head_versions || last_version;
        head_hashes := head_hashes || last_hash;
        head_firsts := head_firsts || first_recorded;
        head_lasts := head_lasts || last_recorded;
    END IF;

    IF cardinality(head_ids) > 0 THEN
        FOR i IN 1 .. cardinality(ids) LOOP
            IF outcomes[i] = 'recorded' THEN
                head_position := head_position + 1;
                positions[i] := head_position;
            END IF;
        END LOOP;
        INSERT INTO events (position, stream_id, stream, version, type, recorded_at, prev, hash, body)
            SELECT u.position, u.stream_id, u.stream, u.version, u.type, moment, u.prev, u.hash, u.body
            FROM unnest(positions, stream_ids, streams, versions, types, prevs, hashes, bodies)
                 AS u (position, stream_id, stream, version, type, prev, hash, body)
            WHERE u.position > 0;
        INSERT INTO event_ids (source, id, position)
            SELECT u.source, u.id, u.position
            FROM unnest(positions, sources, ids) AS u (position, source, id) WHERE u.position > 0;
        INSERT INTO streams AS s (stream_id, stream, version, head, position, first_position)
            SELECT h.stream_id, h.stream, h.version, h.hash, positions[h.last], positions[h.first]
            FROM unnest(head_ids, head_streams, head_versions, head_hashes, head_firsts, head_lasts)
                 AS h (stream_id, stream, version, hash, first, last)
            ON CONFLICT (stream_id) DO UPDATE
            SET version = excluded.version, head = excluded.head, position = excluded.position;
        UPDATE log_head SET position = head_position;
        PERFORM pg_notify('orderproof_log', head_position::text);
    END IF;

    IF known THEN
        FOR given IN
            SELECT u.i::int AS i, e.position, e.version, sha256(e.body) AS digest,
                   e.body = u.body AND e.stream_id = u.stream_id AND e.type = u.type AS same
            FROM unnest(positions, stream_ids, types, bodies)
                 WITH ORDINALITY AS u (position, stream_id, type, body, i)
            JOIN events e ON e.position = -u.position
            WHERE u.position < 0
        LOOP
            outcomes[given.i] := CASE WHEN given.same THEN 'duplicate' ELSE 'mismatch' END;
            positions[given.i] := given.position;
            versions[given.i] := given.version;
            digests[given.i] := given.digest;
        END LOOP;
    END IF;
    RETURN QUERY SELECT * FROM unnest(outcomes, positions, versions, digests);
END $$;
COMMENT ON FUNCTION append IS
    'Records events in one transaction and answers for each: recorded, duplicate (same source, id '
    'and content), mismatch (same source and id, other content), conflict (expected_versions: what '
    'the stream must have; -1 for a new one that counts from 0) or stale_keys (this one or one '
    'before it in its stream was sealed before an erasure: seal again). '
    'A pair of source and id may come once a call: a second one fails with unique_violation.';

CREATE FUNCTION append_all(
    streams text[], stream_ids uuid[], types text[], sources text[], ids text[], bodies bytea[],
    expected_versions bigint[], key_epochs bigint[]
) RETURNS SETOF bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    answer record;
    number bigint := 0;
BEGIN
    FOR answer IN
        SELECT a.outcome, a."position" FROM append(
            streams, stream_ids, types, sources, ids, bodies, expected_versions, key_epochs) a
    LOOP
        number := number + 1;
        IF answer.outcome <> 'recorded' THEN
            RAISE EXCEPTION 'event % of % was not recorded: %', number, cardinality(ids), answer.outcome
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEXT answer."position";
    END LOOP;
END $$;
COMMENT ON FUNCTION append_all IS 'Like append, but all are recorded or none: returns the positions.';

REVOKE ALL ON FUNCTION append(text[], uuid[], text[], text[], text[], bytea[], bigint[], bigint[])
    FROM PUBLIC;
REVOKE ALL ON FUNCTION append_all(text[], uuid[], text[], text[], text[], bytea[], bigint[], bigint[])
    FROM PUBLIC;
REVOKE ALL ON FUNCTION make_keys(uuid[], text[], bytea[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION destroy_keys(uuid[], text[]) FROM PUBLIC;
