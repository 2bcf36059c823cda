-- Run in each Renkei database, by a superuser, before a newer release's migrations. Safe to run again: it adds what
-- releases after the first one need from a superuser. It opens a change window for itself.
SELECT guard.open_window('1 minute', 'additions to the bootstrap');
CREATE SCHEMA IF NOT EXISTS op AUTHORIZATION renkei_sec;   -- what operators do, one function per verb
GRANT USAGE ON SCHEMA care, sec, op TO renkei_operator;
DO $$ BEGIN
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO renkei_operator', current_database());
END $$;
SELECT guard.close_windows();
