-- One row an unfinished order that changed since it was checked last.

CREATE TABLE unchecked_order (
    stream_id  uuid   NOT NULL,
    shop       text   NOT NULL,
    position   bigint NOT NULL
);
COMMENT ON TABLE unchecked_order IS
    'One row an unfinished order that changed since it was checked last.';
COMMENT ON COLUMN unchecked_order.position IS 'Of the newest change.';

ALTER TABLE unchecked_order ENABLE ROW LEVEL SECURITY;
CREATE POLICY projector ON unchecked_order TO orderproof_projector USING (true);
CREATE POLICY auditor_by_shop ON unchecked_order FOR SELECT TO orderproof_auditor
    USING (shop = ANY (string_to_array(current_setting('orderproof.shops', true), '/')));
GRANT SELECT ON unchecked_order TO orderproof_auditor;

-- With the rows in:
ALTER TABLE unchecked_order ADD PRIMARY KEY (stream_id);
CREATE INDEX unchecked_order_next ON unchecked_order (position);
