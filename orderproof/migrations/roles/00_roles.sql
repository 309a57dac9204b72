-- The group roles. They belong to the whole cluster, so they may be there already.

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['orderproof_writer', 'orderproof_importer', 'orderproof_projector',
                                'orderproof_auditor', 'orderproof_eraser',
                                'orderproof_gate'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', name);
            EXCEPTION
                WHEN duplicate_object OR unique_violation THEN NULL;  -- made by somebody else at this moment
                WHEN insufficient_privilege THEN
                    RAISE EXCEPTION 'the role % is missing and % may not create it', name, current_user
                        USING HINT = 'Let an administrator run orderproof/migrations/roles/00_roles.sql once.';
            END;
        END IF;
        -- The login that migrates takes the roles on; a superuser may do so anyway.
        IF NOT pg_has_role(current_user, name, 'MEMBER') THEN
            EXECUTE format('GRANT %I TO CURRENT_USER', name);
        END IF;
    END LOOP;
END $$;

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO orderproof_writer, orderproof_importer, orderproof_projector,
    orderproof_auditor, orderproof_eraser, orderproof_gate;
