-- Run in each Renkei database, by a superuser, before a newer release's migrations. Safe to run again: it adds what
-- releases after the first one need from a superuser. It opens a change window for itself.
SELECT guard.open_window('1 minute', 'additions to the bootstrap');
CREATE SCHEMA IF NOT EXISTS op AUTHORIZATION renkei_sec;   -- what operators do, one function per verb
GRANT USAGE ON SCHEMA care, sec, op TO renkei_operator;
CREATE SCHEMA IF NOT EXISTS fam AUTHORIZATION renkei_sec;  -- what patients and relatives do: all that their role may call
GRANT USAGE ON SCHEMA fam TO renkei_family;
GRANT USAGE ON SCHEMA act TO renkei_bounce;                 -- of whose functions it may call one
DO $$ BEGIN
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO renkei_operator, renkei_family, renkei_bounce', current_database());
END $$;
-- Which change windows there were: the watcher asks, and says so.
CREATE OR REPLACE FUNCTION guard.windows_since(p_since timestamptz) RETURNS TABLE (opened_at timestamptz, closes_at timestamptz, opened_by text, reason text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT w.opened_at, w.closes_at, w.opened_by, w.reason FROM guard.change_window w WHERE w.closes_at > p_since
$$;
REVOKE ALL ON FUNCTION guard.windows_since(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION guard.windows_since(timestamptz) TO renkei_sec;
SELECT guard.close_windows();
