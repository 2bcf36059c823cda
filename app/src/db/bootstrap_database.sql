-- Run once in each Renkei database, by a superuser, after bootstrap_roles.sql.
-- What a migration must not be able to do lives here: extension, schemas, the DDL guard, and what PUBLIC loses.
REVOKE ALL ON SCHEMA public FROM PUBLIC;
DROP SCHEMA IF EXISTS public;
DO $$ BEGIN
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO renkei_migrate, renkei_app, renkei_auth, renkei_job, renkei_sealer, renkei_verify, renkei_backup', current_database());
END $$;

CREATE SCHEMA ext;
CREATE EXTENSION pgcrypto SCHEMA ext;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA ext FROM PUBLIC;
GRANT USAGE ON SCHEMA ext TO renkei_sec;
GRANT EXECUTE ON FUNCTION ext.hmac(bytea, bytea, text), ext.gen_random_bytes(integer) TO renkei_sec;

CREATE SCHEMA care AUTHORIZATION renkei_owner;   -- the tables
CREATE SCHEMA sec AUTHORIZATION renkei_sec;      -- identity, sessions, the checks
CREATE SCHEMA act AUTHORIZATION renkei_sec;      -- one function per verb, the only way to write
ALTER DEFAULT PRIVILEGES FOR ROLE renkei_owner REVOKE ALL ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE renkei_sec REVOKE ALL ON FUNCTIONS FROM PUBLIC;
GRANT USAGE ON SCHEMA care TO renkei_sec, renkei_app, renkei_auth, renkei_job, renkei_sealer, renkei_verify;
GRANT USAGE ON SCHEMA sec TO renkei_app, renkei_auth, renkei_job, renkei_owner, renkei_verify;
GRANT USAGE ON SCHEMA act TO renkei_app, renkei_auth, renkei_job;

-- Large objects, server files, other backends and notifications are nobody's business by default.
REVOKE EXECUTE ON FUNCTION lo_create(oid), lo_creat(integer), lo_import(text), lo_import(text, oid), lo_export(oid, text),
  lo_from_bytea(oid, bytea), lo_put(oid, bigint, bytea), lo_open(oid, integer), lowrite(integer, bytea), lo_unlink(oid),
  lo_truncate(integer, integer), lo_truncate64(integer, bigint) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION pg_terminate_backend(integer, bigint), pg_cancel_backend(integer), pg_notify(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pg_notify(text, text) TO renkei_job;
-- Text of one's own in the write-ahead log; its parameters differ between versions of PostgreSQL.
DO $$
DECLARE f regprocedure;
BEGIN
  FOR f IN SELECT p.oid FROM pg_catalog.pg_proc p WHERE p.proname = 'pg_logical_emit_message' LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f);
  END LOOP;
END $$;

-- The DDL guard. DDL passes only for the migrator or a superuser, and only while a change window is open.
-- Windows are rows that only a superuser can add; each names its reason, and closes by itself.
CREATE SCHEMA guard;
CREATE TABLE guard.change_window (
  opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  closes_at timestamptz NOT NULL,
  opened_by text NOT NULL DEFAULT session_user,
  reason text NOT NULL
);
REVOKE ALL ON guard.change_window FROM PUBLIC;
CREATE FUNCTION guard.on_ddl() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  -- Temporary tables of a superuser's own session (dump tools) are DDL too; they also need a window.
  IF (session_user = 'renkei_migrate' OR (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = session_user))
     AND EXISTS (SELECT 1 FROM guard.change_window w WHERE w.closes_at > pg_catalog.clock_timestamp()) THEN
    RETURN;
  END IF;
  RAISE EXCEPTION 'DDL % refused for %: no change window is open', tg_tag, session_user USING ERRCODE = '42501';
END $$;
REVOKE ALL ON FUNCTION guard.on_ddl() FROM PUBLIC;
CREATE FUNCTION guard.open_window(p_for interval, p_reason text) RETURNS timestamptz
LANGUAGE sql SET search_path = '' AS $$
  INSERT INTO guard.change_window (closes_at, reason)
  VALUES (pg_catalog.clock_timestamp() + least(p_for, interval '1 hour'), p_reason) RETURNING closes_at
$$;
CREATE FUNCTION guard.close_windows() RETURNS void LANGUAGE sql SET search_path = '' AS $$
  UPDATE guard.change_window SET closes_at = pg_catalog.clock_timestamp() WHERE closes_at > pg_catalog.clock_timestamp()
$$;
REVOKE ALL ON FUNCTION guard.open_window(interval, text), guard.close_windows() FROM PUBLIC;
-- Also asked by the tables' own guards: without a window the migrator may not write rows either.
CREATE FUNCTION guard.window_is_open() RETURNS bool LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT EXISTS (SELECT 1 FROM guard.change_window w WHERE w.closes_at > pg_catalog.clock_timestamp())
$$;
REVOKE ALL ON FUNCTION guard.window_is_open() FROM PUBLIC;
GRANT USAGE ON SCHEMA guard TO renkei_owner, renkei_sec;
GRANT EXECUTE ON FUNCTION guard.window_is_open() TO renkei_owner, renkei_sec;
CREATE EVENT TRIGGER renkei_guard_ddl ON ddl_command_start EXECUTE FUNCTION guard.on_ddl();
ALTER EVENT TRIGGER renkei_guard_ddl ENABLE ALWAYS;
