-- The event store: one append-only table, and what keeps its promises.
--
-- Uniqueness lives in event_ids and streams, two ordinary tables, so that a range of positions of
-- events can be detached one day without losing it.

CREATE TABLE log_head (
    one_row  boolean PRIMARY KEY DEFAULT true CHECK (one_row),
    position bigint  NOT NULL CHECK (position >= 0)
);
COMMENT ON TABLE log_head IS 'One row: the newest position. Its lock orders all writers.';
INSERT INTO log_head (position) VALUES (0);

CREATE TABLE events (
    position    bigint      PRIMARY KEY,
    stream_id   uuid        NOT NULL,
    stream      text        NOT NULL,
    version     bigint      NOT NULL,
    type        text        NOT NULL,
    recorded_at timestamptz NOT NULL,
    prev        bytea       NOT NULL,
    hash        bytea       NOT NULL,
    body        bytea       NOT NULL
);
COMMENT ON COLUMN events.position IS 'Dense from 1 in commit order; minus one it is the Merkle leaf index.';
COMMENT ON COLUMN events.prev IS 'SHA-256 of the stream''s previous line; for the first, of the stream''s name.';
COMMENT ON COLUMN events.hash IS 'SHA-256 of this event''s line.';
COMMENT ON COLUMN events.body IS 'Canonical JSON (RFC 8785), final when it was encoded.';
CREATE INDEX events_by_stream ON events (stream_id, version);
CREATE INDEX events_seals ON events (position) WHERE type = 'history.sealed';
CREATE INDEX events_archive_runs ON events (position) WHERE type = 'archive.stored';

CREATE TABLE event_ids (
    source   text   COLLATE "C" NOT NULL CHECK (octet_length(source) BETWEEN 1 AND 512),
    id       text   COLLATE "C" NOT NULL CHECK (octet_length(id) BETWEEN 1 AND 512),
    position bigint NOT NULL,
    PRIMARY KEY (source, id)
);
COMMENT ON TABLE event_ids IS 'Each (source, id) once: what makes recording idempotent.';

CREATE TABLE streams (
    stream_id      uuid   PRIMARY KEY,
    stream         text   NOT NULL,
    version        bigint NOT NULL,
    head           bytea  NOT NULL,
    position       bigint NOT NULL,
    first_position bigint NOT NULL UNIQUE
);
COMMENT ON TABLE streams IS 'The newest version of each stream and the hash of its line.';

CREATE TABLE stream_keys (
    stream_id uuid  NOT NULL,
    purpose   text  NOT NULL CHECK (purpose IN ('tax', 'contact', 'fraud')),
    wrapped   bytea NOT NULL,
    PRIMARY KEY (stream_id, purpose)
);
COMMENT ON TABLE stream_keys IS
    'Random keys for personal data, wrapped (RFC 3394) by the key-encryption key. Never archived.';

-- Nothing that was recorded changes. The triggers hold for the owner, too.

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % refused: recorded events are final', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER events_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER event_ids_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON event_ids
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER streams_stay BEFORE DELETE OR TRUNCATE ON streams
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER log_head_stays BEFORE DELETE OR TRUNCATE ON log_head
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The line. domain/line.py writes the same bytes; a test holds the two equal.

CREATE FUNCTION log_clock() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
    SELECT clock_timestamp()
$$;
COMMENT ON FUNCTION log_clock IS 'The time that recorded_at takes.';

CREATE FUNCTION utc_text(moment timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

CREATE FUNCTION line(
    body bytea, prev bytea, recorded_at timestamptz, stream text, type text, version bigint
) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT convert_to('{"event":', 'UTF8') || body || convert_to(
        ',"prev":"' || encode(prev, 'hex')
        || '","recorded_at":"' || utc_text(recorded_at)
        || '","stream":' || to_json(stream)::text
        || ',"type":' || to_json(type)::text
        || ',"version":' || version || '}', 'UTF8')
$$;

CREATE FUNCTION append(
    streams text[], stream_ids uuid[], types text[], sources text[], ids text[], bodies bytea[],
    expected_versions bigint[]
) RETURNS TABLE (outcome text, "position" bigint, version bigint, stored_digest bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    head_position bigint;
    known         record;
    head          record;
    moment        timestamptz;
    line_prev     bytea;
    line_version  bigint;
    line_hash     bytea;
BEGIN
    -- One row's lock puts all writers in line, so positions are dense and in commit order.
    SELECT l.position INTO STRICT head_position FROM log_head l FOR UPDATE;
    moment := log_clock();
    FOR i IN 1 .. coalesce(array_length(ids, 1), 0) LOOP
        SELECT e.position, e.version, e.stream_id, e.type, e.body INTO known
            FROM event_ids k JOIN events e ON e.position = k.position
            WHERE k.source = sources[i] AND k.id = ids[i];
        IF FOUND THEN
            outcome := CASE WHEN known.body = bodies[i] AND known.stream_id = stream_ids[i]
                AND known.type = types[i] THEN 'duplicate' ELSE 'mismatch' END;
            "position" := known.position;
            version := known.version;
            stored_digest := sha256(known.body);
            RETURN NEXT;
            CONTINUE;
        END IF;
        SELECT s.version, s.head, s.stream INTO head
            FROM streams s WHERE s.stream_id = stream_ids[i];
        IF FOUND THEN
            IF head.stream <> streams[i] THEN
                RAISE EXCEPTION 'stream id % belongs to another stream', stream_ids[i];
            END IF;
            line_version := head.version + 1;
            line_prev := head.head;
        ELSE
            line_version := 1;
            line_prev := sha256(convert_to(streams[i], 'UTF8'));
        END IF;
        stored_digest := NULL;
        IF expected_versions[i] IS NOT NULL AND expected_versions[i] <> line_version - 1 THEN
            outcome := 'conflict';
            "position" := NULL;
            version := line_version - 1;
            RETURN NEXT;
            CONTINUE;
        END IF;
        head_position := head_position + 1;
        line_hash := sha256(
            line(bodies[i], line_prev, moment, streams[i], types[i], line_version));
        INSERT INTO events (position, stream_id, stream, version, type, recorded_at, prev, hash, body)
            VALUES (head_position, stream_ids[i], streams[i], line_version, types[i], moment,
                    line_prev, line_hash, bodies[i]);
        INSERT INTO event_ids (source, id, position) VALUES (sources[i], ids[i], head_position);
        INSERT INTO streams AS s (stream_id, stream, version, head, position, first_position)
            VALUES (stream_ids[i], streams[i], line_version, line_hash, head_position, head_position)
            ON CONFLICT (stream_id) DO UPDATE
            SET version = excluded.version, head = excluded.head, position = excluded.position;
        outcome := 'recorded';
        "position" := head_position;
        version := line_version;
        RETURN NEXT;
    END LOOP;
    UPDATE log_head SET position = head_position WHERE position <> head_position;
END $$;
COMMENT ON FUNCTION append IS
    'Records events in one transaction and answers for each: recorded, duplicate (same source, id '
    'and content), mismatch (same source and id, other content) or conflict (expected_versions).';

REVOKE ALL ON FUNCTION append(text[], uuid[], text[], text[], text[], bytea[], bigint[]) FROM PUBLIC;
REVOKE ALL ON log_head, events, event_ids, streams, stream_keys FROM PUBLIC;
