-- How far those who follow the log through eventsourcing's interface have come.

CREATE TABLE tracking (
    application_name text   PRIMARY KEY,
    notification_id  bigint NOT NULL
);
COMMENT ON TABLE tracking IS
    'The last notification that was processed, by application. It only grows; see eventstore/tracking.py.';

REVOKE ALL ON tracking FROM PUBLIC;
