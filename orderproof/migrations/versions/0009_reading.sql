-- The log as it is read over HTTP: only the orders of the session, and nothing is written.
--
-- Row-level security stays off the log itself: whoever reads it for a proof has to see all of it.
-- So these views are the only way in for orderproof_auditor. What the session may see is said by
-- settings of its transaction: orderproof.shops, names between slashes, or orderproof.every_shop,
-- 'yes'; orderproof.first_day and orderproof.last_day, of the order's first event.

CREATE TABLE engagements (
    id         text PRIMARY KEY CHECK (id ~ '^[a-z2-7]{12}$'),
    auditor    text NOT NULL,
    shops      text[] NOT NULL,
    first_day  date,
    last_day   date,
    fields     text[] NOT NULL,
    purpose    text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
COMMENT ON TABLE engagements IS 'What somebody from outside may read, for what, and until when.';
COMMENT ON COLUMN engagements.shops IS 'Whose orders; empty for all shops.';
COMMENT ON COLUMN engagements.first_day IS 'Of the first event of the orders, UTC; null for any.';
COMMENT ON COLUMN engagements.fields IS 'Purposes of personal data that are not masked.';
REVOKE ALL ON engagements FROM PUBLIC;

ALTER TABLE access_tokens ADD COLUMN engagement text REFERENCES engagements;
COMMENT ON COLUMN access_tokens.engagement IS 'What limits the token further; null for nothing.';

CREATE SCHEMA reading;
COMMENT ON SCHEMA reading IS 'The log, as far as a session may see it.';

-- Of the projector, whose read model says when an order began. A read model is dropped and made
-- anew, so nothing may depend on its table: the name is looked up when the function runs.
CREATE FUNCTION reading.in_window(id uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = views, pg_temp AS $$
DECLARE
    first_wanted text := coalesce(current_setting('orderproof.first_day', true), '');
    last_wanted  text := coalesce(current_setting('orderproof.last_day', true), '');
BEGIN
    RETURN EXISTS (
        SELECT FROM views.order_summary o WHERE o.stream_id = id
        AND (first_wanted = '' OR o.first_day >= first_wanted)
        AND (last_wanted = '' OR o.first_day <= last_wanted));
END $$;
GRANT CREATE ON SCHEMA reading TO orderproof_projector;
ALTER FUNCTION reading.in_window(uuid) OWNER TO orderproof_projector;
REVOKE CREATE ON SCHEMA reading FROM orderproof_projector;
REVOKE ALL ON FUNCTION reading.in_window(uuid) FROM PUBLIC;

CREATE FUNCTION reading.may_see(stream text, stream_id uuid) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT (current_setting('orderproof.every_shop', true) = 'yes'
            OR (split_part(stream, '/', 1) = 'order' AND split_part(stream, '/', 2)
                = ANY (string_to_array(current_setting('orderproof.shops', true), '/'))))
       AND (coalesce(current_setting('orderproof.first_day', true), '') = ''
            AND coalesce(current_setting('orderproof.last_day', true), '') = ''
            OR reading.in_window(stream_id))
$$;
REVOKE ALL ON FUNCTION reading.may_see(text, uuid) FROM PUBLIC;

CREATE VIEW reading.events WITH (security_barrier) AS
    SELECT * FROM public.events e WHERE reading.may_see(e.stream, e.stream_id);
CREATE VIEW reading.streams WITH (security_barrier) AS
    SELECT * FROM public.streams s WHERE reading.may_see(s.stream, s.stream_id);
CREATE VIEW reading.event_ids WITH (security_barrier) AS
    SELECT k.source, k.id, k.position, e.stream FROM public.event_ids k
    JOIN public.events e ON e.position = k.position
    WHERE reading.may_see(e.stream, e.stream_id);

-- People know an event by its id, and not by its source.
CREATE INDEX event_ids_by_id ON event_ids (id);
