-- Run once per PostgreSQL cluster, by its superuser. Roles are cluster-wide, so every database of the
-- cluster (and every test database) shares them. Safe to run again.
-- Login roles own nothing and may do only what the migrations grant them by name.
-- No passwords: the local socket identifies by peer, a remote one by client certificate.
DO $$
DECLARE r text;
BEGIN
  FOREACH r IN ARRAY ARRAY['renkei_owner', 'renkei_sec'] LOOP
    IF NOT EXISTS (SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = r) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', r);
    END IF;
  END LOOP;
  FOREACH r IN ARRAY ARRAY['renkei_migrate', 'renkei_app', 'renkei_auth', 'renkei_job', 'renkei_sealer',
                           'renkei_verify', 'renkei_backup', 'renkei_operator', 'renkei_family', 'renkei_bounce'] LOOP
    IF NOT EXISTS (SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = r) THEN
      EXECUTE format('CREATE ROLE %I LOGIN NOINHERIT NOBYPASSRLS', r);
    END IF;
  END LOOP;
END $$;
-- The migrator must say SET ROLE explicitly (NOINHERIT), and the DDL guard still asks for an open window.
GRANT renkei_owner, renkei_sec TO renkei_migrate;

-- renkei_app: the service. renkei_auth: sign-in only. renkei_job: stream fan-out and scheduled work. renkei_operator: the
-- console of those who run the deployment, without a right on any record. renkei_family: patients and relatives, likewise.
-- renkei_bounce: the mail server's pipe, which may say that a letter came back, and nothing else.
DO $$
DECLARE r text;
BEGIN
  FOREACH r IN ARRAY ARRAY['renkei_app', 'renkei_auth', 'renkei_job', 'renkei_sealer', 'renkei_verify', 'renkei_operator', 'renkei_family', 'renkei_bounce'] LOOP
    EXECUTE format('ALTER ROLE %I SET search_path = %L', r, '');
    EXECUTE format('ALTER ROLE %I SET statement_timeout = %L', r, '15s');
    EXECUTE format('ALTER ROLE %I SET lock_timeout = %L', r, '5s');
    EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = %L', r, '10s');
    EXECUTE format('ALTER ROLE %I SET temp_file_limit = %L', r, '64MB');
    EXECUTE format('ALTER ROLE %I SET jit = off', r);
    EXECUTE format('ALTER ROLE %I SET timezone = %L', r, 'UTC');
  END LOOP;
END $$;
-- The service asks for few rows by key, on disks where a page elsewhere costs little more than the next one: the planner
-- is told so, and a prepared statement keeps its plan.
ALTER ROLE renkei_app SET random_page_cost = 1.1;
ALTER ROLE renkei_app SET plan_cache_mode = force_generic_plan;
-- Verification reads every chain of the deployment: no statement limit for it.
ALTER ROLE renkei_verify SET statement_timeout = 0;
ALTER ROLE renkei_migrate SET search_path = '';
ALTER ROLE renkei_migrate SET lock_timeout = '10s';
