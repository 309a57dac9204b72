-- Appending many callers' events at once, keys that can be destroyed, and who may do what.

ALTER TABLE log_head ADD COLUMN key_epoch bigint NOT NULL DEFAULT 0 CHECK (key_epoch >= 0);
ALTER TABLE log_head SET (fillfactor = 10);
COMMENT ON COLUMN log_head.key_epoch IS
    'Counts erasures. Who sealed with keys that were read before the newest one seals again.';

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
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
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
-- A plan that was made while the tables were empty would be kept, so the only good one is forced.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
    head_position bigint;
    epoch         bigint;
    moment        timestamptz;
    moment_text   text;
    given         record;
    current_id    uuid;
    last_version  bigint;
    last_hash     bytea;
    outcomes      text[];
    versions      bigint[];
    prevs         bytea[];
    hashes        bytea[];
    recorded      bigint;
BEGIN
    -- One row's lock puts all writers in line, so positions are dense and in commit order.
    SELECT l.position, l.key_epoch INTO STRICT head_position, epoch FROM log_head l FOR UPDATE;
    moment := log_clock();
    moment_text := utc_text(moment);
    outcomes := array_fill(NULL::text, ARRAY[cardinality(ids)]);
    versions := array_fill(NULL::bigint, ARRAY[cardinality(ids)]);
    prevs := array_fill(NULL::bytea, ARRAY[cardinality(ids)]);
    hashes := prevs;
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
        IF current_id IS DISTINCT FROM given.stream_id THEN
            current_id := given.stream_id;
            last_version := given.known_version;
            last_hash := given.head;
            IF given.known_stream <> given.stream THEN
                RAISE EXCEPTION 'stream id % belongs to another stream', given.stream_id
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
        END IF;
        IF given.known_position IS NOT NULL THEN
            outcomes[given.i] := 'known';
        ELSIF given.epoch <> epoch THEN
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
                ',"prev":"' || encode(last_hash, 'hex')
                || '","recorded_at":"' || moment_text
                || '","stream":' || to_json(given.stream)::text
                || ',"type":' || to_json(given.type)::text
                || ',"version":' || last_version || '}', 'UTF8'));
            hashes[given.i] := last_hash;
        END IF;
    END LOOP;

    INSERT INTO events (position, stream_id, stream, version, type, recorded_at, prev, hash, body)
        SELECT head_position + row_number() OVER (ORDER BY u.i), u.stream_id, u.stream, u.version,
               u.type, moment, u.prev, u.hash, u.body
        FROM unnest(outcomes, stream_ids, streams, versions, types, prevs, hashes, bodies)
             WITH ORDINALITY AS u (outcome, stream_id, stream, version, type, prev, hash, body, i)
        WHERE u.outcome = 'recorded' ORDER BY u.i;
    GET DIAGNOSTICS recorded = ROW_COUNT;
    IF recorded > 0 THEN
        INSERT INTO event_ids (source, id, position)
            SELECT u.source, u.id, head_position + row_number() OVER (ORDER BY u.i)
            FROM unnest(outcomes, sources, ids) WITH ORDINALITY AS u (outcome, source, id, i)
            WHERE u.outcome = 'recorded' ORDER BY u.i;
        INSERT INTO streams AS s (stream_id, stream, version, head, position, first_position)
            SELECT DISTINCT ON (u.stream_id) u.stream_id, u.stream, u.version, u.hash, u.position,
                   min(u.position) OVER (PARTITION BY u.stream_id)
            FROM (
                SELECT n.stream_id, n.stream, n.version, n.hash,
                       head_position + row_number() OVER (ORDER BY n.i) AS position
                FROM unnest(outcomes, stream_ids, streams, versions, hashes)
                     WITH ORDINALITY AS n (outcome, stream_id, stream, version, hash, i)
                WHERE n.outcome = 'recorded'
            ) u
            ORDER BY u.stream_id, u.version DESC
            ON CONFLICT (stream_id) DO UPDATE
            SET version = excluded.version, head = excluded.head, position = excluded.position;
        UPDATE log_head SET position = head_position + recorded;
        PERFORM pg_notify('orderproof_log', (head_position + recorded)::text);
    END IF;

    RETURN QUERY
        SELECT CASE WHEN u.outcome <> 'known' THEN u.outcome
                    WHEN e.body = u.body AND e.stream_id = u.stream_id AND e.type = u.type
                    THEN 'duplicate' ELSE 'mismatch' END,
               CASE u.outcome WHEN 'known' THEN e.position
                    WHEN 'recorded' THEN head_position + count(*) FILTER (WHERE u.outcome = 'recorded')
                         OVER (ORDER BY u.i) END,
               coalesce(u.version, e.version),
               CASE u.outcome WHEN 'known' THEN sha256(e.body) END
        FROM unnest(outcomes, versions, stream_ids, types, bodies, sources, ids)
             WITH ORDINALITY AS u (outcome, version, stream_id, type, body, source, id, i)
        LEFT JOIN event_ids k ON u.outcome = 'known' AND k.source = u.source AND k.id = u.id
        LEFT JOIN events e ON e.position = k.position
        ORDER BY u.i;
END $$;
COMMENT ON FUNCTION append IS
    'Records events in one transaction and answers for each: recorded, duplicate (same source, id '
    'and content), mismatch (same source and id, other content), conflict (expected_versions: what '
    'the stream must have; -1 for a new one that counts from 0) or stale_keys (seal again). '
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
