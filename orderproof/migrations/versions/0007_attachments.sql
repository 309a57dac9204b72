-- Files that are attached to orders as evidence, sealed, by the SHA-256 of what is stored.
--
-- A file comes before the event that names it, so one that no event names may be left of a process
-- that was killed. Nothing reads it, and attaching the file again finds it.

CREATE TABLE attachments (
    sha256 bytea PRIMARY KEY,
    sealed bytea NOT NULL CHECK (sha256(sealed) = sha256)
);
COMMENT ON TABLE attachments IS
    'Sealed files (AES-256-GCM under a key of their order) by the SHA-256 of the sealed bytes.';
-- What is sealed looks random: to compress it would only cost time.
ALTER TABLE attachments ALTER COLUMN sealed SET STORAGE EXTERNAL;

CREATE TRIGGER attachments_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON attachments
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE ALL ON attachments FROM PUBLIC;

CREATE INDEX events_attachments ON events (position) WHERE type = 'evidence.attached';
