-- One row an exception of an order: what was wrong, who saw to it and for how long.

CREATE TABLE order_exception (
    stream_id  uuid     NOT NULL,
    shop       text     NOT NULL,
    number     text     NOT NULL,
    own_id     text     NOT NULL,
    class      text,
    subtype    text,
    level      smallint,
    priority   integer  NOT NULL,
    state      text     NOT NULL,
    open       boolean  NOT NULL,
    department text,
    owner      text,
    found_by   text,
    by_rule    boolean  NOT NULL,
    foreseen   boolean  NOT NULL,
    raised_at  bigint,
    noticed_at bigint,
    ended_at   bigint,
    reopened   integer  NOT NULL,
    cause      text,
    stage      text,
    blamed     text,
    skus       text[]   NOT NULL,
    late       bigint,
    recovered  boolean  NOT NULL
);
COMMENT ON TABLE order_exception IS
    'One row an exception of an order: what was wrong, who saw to it and for how long.';
COMMENT ON COLUMN order_exception.own_id IS 'The exception''s id, unique in its order.';
COMMENT ON COLUMN order_exception.department IS
    'Where it lies; its kind''s as long as it was handed to nobody.';
COMMENT ON COLUMN order_exception.by_rule IS 'Whether a rule found it, not a person.';
COMMENT ON COLUMN order_exception.foreseen IS
    'Whether a rule found it before the customer wrote about the order.';
COMMENT ON COLUMN order_exception.raised_at IS 'Microseconds since 1970 UTC, as all its instants.';
COMMENT ON COLUMN order_exception.cause IS 'D1 to D10, where it delays by one of these.';
COMMENT ON COLUMN order_exception.stage IS 'The step at which it went wrong, as attributed.';
COMMENT ON COLUMN order_exception.blamed IS 'The department whose step that is.';
COMMENT ON COLUMN order_exception.late IS
    'Microseconds by which the order came after the promised day; nothing where that is not known.';
COMMENT ON COLUMN order_exception.recovered IS 'Whether the order was paid after it was raised.';


ALTER TABLE order_exception ENABLE ROW LEVEL SECURITY;
CREATE POLICY projector ON order_exception TO orderproof_projector USING (true);
CREATE POLICY auditor_by_shop ON order_exception FOR SELECT TO orderproof_auditor
    USING (shop = ANY (string_to_array(current_setting('orderproof.shops', true), '/')));
GRANT SELECT ON order_exception TO orderproof_auditor;

-- With the rows in:
-- No index holds an id as others send it: it may be longer than an index takes.
CREATE INDEX order_exception_by_stream ON order_exception (stream_id);
CREATE INDEX order_exception_open ON order_exception (priority, raised_at, stream_id)
    WHERE open;
CREATE INDEX order_exception_raised ON order_exception (raised_at);
