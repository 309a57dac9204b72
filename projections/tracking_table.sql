-- One row an unfinished order: what the desk's lists show and sort by.

CREATE TABLE tracking_table (
    stream_id  uuid     NOT NULL,
    shop       text     NOT NULL,
    number     text     NOT NULL,
    quadrant   smallint NOT NULL,
    priority   integer  NOT NULL,
    due_at     bigint   NOT NULL,
    label      text     NOT NULL,
    planned    date,
    left_house boolean  NOT NULL,
    promise    bigint,
    acted_at   bigint,
    owner      text,
    department text,
    country    text,
    exception  text,
    missing    text[]   NOT NULL,
    risks      text[]   NOT NULL,
    undecided  boolean  NOT NULL,
    listed     text     NOT NULL,
    position   bigint   NOT NULL
);
COMMENT ON TABLE tracking_table IS
    'One row an unfinished order: what the desk''s lists show and sort by.';
COMMENT ON COLUMN tracking_table.due_at IS
    'When something is due next, microseconds since 1970 UTC; 2^63 - 1 for at no time.';
COMMENT ON COLUMN tracking_table.planned IS 'The day of dispatch that was planned first.';
COMMENT ON COLUMN tracking_table.acted_at IS
    'When there was news or a next action was named, microseconds since 1970 UTC.';
COMMENT ON COLUMN tracking_table.undecided IS 'Nobody said what is to be done next.';
COMMENT ON COLUMN tracking_table.listed IS 'The row as JSON, without personal data.';

ALTER TABLE tracking_table ENABLE ROW LEVEL SECURITY;
CREATE POLICY projector ON tracking_table TO orderproof_projector USING (true);
CREATE POLICY auditor_by_shop ON tracking_table FOR SELECT TO orderproof_auditor
    USING ((current_setting('orderproof.every_shop', true) = 'yes'
            OR shop = ANY (string_to_array(current_setting('orderproof.shops', true), '/')))
        -- It does not know on which day an order began: who may see some days only sees none.
        AND coalesce(current_setting('orderproof.first_day', true), '') = ''
        AND coalesce(current_setting('orderproof.last_day', true), '') = '');
GRANT SELECT ON tracking_table TO orderproof_auditor;

-- With the rows in:
ALTER TABLE tracking_table ADD PRIMARY KEY (stream_id);
CREATE INDEX tracking_table_work ON tracking_table (quadrant, priority, due_at, stream_id);
CREATE INDEX tracking_table_work_of_shop
    ON tracking_table (shop, quadrant, priority, due_at, stream_id);
CREATE INDEX tracking_table_planned ON tracking_table (planned, stream_id)
    WHERE NOT left_house AND planned IS NOT NULL;
CREATE INDEX tracking_table_promise ON tracking_table (promise) WHERE promise IS NOT NULL;
CREATE INDEX tracking_table_risks ON tracking_table (quadrant, priority, due_at, stream_id)
    WHERE risks <> '{}';
-- A name as others send it may be longer than an index takes.
CREATE INDEX tracking_table_owner
    ON tracking_table (left(owner, 200), quadrant, priority, due_at, stream_id);
CREATE INDEX tracking_table_department
    ON tracking_table (left(department, 200), quadrant, priority, due_at, stream_id);
CREATE INDEX tracking_table_owner_of_shop
    ON tracking_table (shop, left(owner, 200), quadrant, priority, due_at, stream_id);
CREATE INDEX tracking_table_department_of_shop
    ON tracking_table (shop, left(department, 200), quadrant, priority, due_at, stream_id);
CREATE INDEX tracking_table_undecided ON tracking_table (quadrant, priority, due_at, stream_id)
    WHERE undecided;
CREATE INDEX tracking_table_undecided_of_shop
    ON tracking_table (shop, quadrant, priority, due_at, stream_id) WHERE undecided;
CREATE INDEX tracking_table_undecided_owner
    ON tracking_table (left(owner, 200), quadrant, priority, due_at, stream_id) WHERE undecided;
CREATE INDEX tracking_table_undecided_department
    ON tracking_table (left(department, 200), quadrant, priority, due_at, stream_id)
    WHERE undecided;
CREATE INDEX tracking_table_lacking ON tracking_table (quadrant, priority, due_at, stream_id)
    WHERE missing <> '{}';
CREATE INDEX tracking_table_lacking_customer
    ON tracking_table (quadrant, priority, due_at, stream_id) WHERE missing @> '{customer}';
CREATE INDEX tracking_table_lacking_status
    ON tracking_table (quadrant, priority, due_at, stream_id) WHERE missing @> '{status}';
CREATE INDEX tracking_table_lacking_goods
    ON tracking_table (quadrant, priority, due_at, stream_id) WHERE missing @> '{goods}';
CREATE INDEX tracking_table_lacking_logistics
    ON tracking_table (quadrant, priority, due_at, stream_id) WHERE missing @> '{logistics}';
CREATE INDEX tracking_table_lacking_aftersales
    ON tracking_table (quadrant, priority, due_at, stream_id) WHERE missing @> '{aftersales}';
