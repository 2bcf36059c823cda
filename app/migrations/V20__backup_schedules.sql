-- Backups are schedules of a leader like everything else; what is kept, and what a vault says, is known to the database.

-- When the last run that went well was begun: a daily run that must not be missed is due until one that began after its time did.
ALTER TABLE care.schedule_run ADD COLUMN went_well_from timestamptz;

-- The generations that are kept, as the schedule last found them in the repository: one row.
CREATE TABLE care.generations_kept (
  only_one bool PRIMARY KEY DEFAULT true CHECK (only_one),
  at timestamptz NOT NULL,
  whole timestamptz[] NOT NULL,                                -- when each whole one was complete, oldest first
  damaged int NOT NULL CHECK (damaged >= 0)                    -- that are listed, but lack a file or their signed list
);
GRANT SELECT, INSERT, UPDATE ON care.generations_kept TO renkei_sec;
SELECT care.protect('care.generations_kept');

SET LOCAL ROLE renkei_sec;

UPDATE care.schedule_run SET went_well_from = started_at WHERE went_well_at >= finished_at;
-- What the backups' own keeper did before counts.
INSERT INTO care.schedule_run (name, known_at, started_at, finished_at, outcome, went_well_at, went_well_from)
  SELECT DISTINCT ON (r.kind) CASE r.kind WHEN 'backup' THEN 'backup' ELSE 'backup_drill' END,
    pg_catalog.clock_timestamp(), r.started_at, r.finished_at, 'done', r.finished_at, r.started_at
  FROM care.backup_run r WHERE r.kind IN ('backup', 'drill') AND r.outcome = 'done' ORDER BY r.kind, r.finished_at DESC;

-- Beside act.know_schedules, which nodes of the version before still call.
CREATE FUNCTION act.schedules_went_well(p_names text[]) RETURNS TABLE (name text, went_well_from timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT s.name, s.went_well_from FROM care.schedule_run s WHERE s.name = ANY (p_names)
$$;
CREATE OR REPLACE FUNCTION act.schedule_finished(p_name text, p_outcome text, p_well bool) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  UPDATE care.schedule_run SET finished_at = pg_catalog.clock_timestamp(), outcome = p_outcome, tries = 0,
    went_well_at = CASE WHEN p_well THEN pg_catalog.clock_timestamp() ELSE went_well_at END,
    went_well_from = CASE WHEN p_well THEN started_at ELSE went_well_from END WHERE name = p_name
$$;
-- The same work was done well by other means: by command.
CREATE FUNCTION sec.schedule_done_otherwise(p_name text, p_started timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO care.schedule_run AS s (name, known_at, started_at, finished_at, outcome, went_well_at, went_well_from)
  VALUES (p_name, pg_catalog.clock_timestamp(), p_started, pg_catalog.clock_timestamp(), 'done', pg_catalog.clock_timestamp(), p_started)
  ON CONFLICT (name) DO UPDATE SET started_at = excluded.started_at, finished_at = excluded.finished_at, outcome = excluded.outcome,
    went_well_at = excluded.went_well_at, went_well_from = excluded.went_well_from, tries = 0
$$;

CREATE OR REPLACE FUNCTION act.note_backup_run(p_id uuid, p_kind text, p_started timestamptz, p_outcome text, p_generation text, p_to timestamptz, p_bytes bigint, p_records bigint, p_files bigint, p_missing bigint, p_immutable bool, p_code text)
RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = '' AS $$
  INSERT INTO care.backup_run (id, kind, started_at, finished_at, outcome, generation, to_time, bytes, records, files, missing, immutable, code)
  VALUES (p_id, p_kind, p_started, pg_catalog.clock_timestamp(), p_outcome, p_generation, p_to, p_bytes, p_records, p_files, p_missing, p_immutable, p_code);
  -- A backup or drill by command is as good as the one that was due.
  SELECT sec.schedule_done_otherwise(x.name, p_started) FROM (VALUES ('backup', 'backup'), ('drill', 'backup_drill')) x(kind, name)
  WHERE x.kind = p_kind AND p_outcome = 'done';
$$;

CREATE FUNCTION act.note_generations(p_whole timestamptz[], p_damaged int) RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = '' AS $$
  INSERT INTO care.generations_kept (at, whole, damaged) VALUES (pg_catalog.clock_timestamp(), p_whole, p_damaged)
  ON CONFLICT (only_one) DO UPDATE SET at = excluded.at, whole = excluded.whole, damaged = excluded.damaged
$$;
-- With the first backup that was ever done: since then there should be one for each day.
CREATE FUNCTION act.generations_kept() RETURNS TABLE (at timestamptz, whole timestamptz[], damaged int, first_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT k.at, k.whole, k.damaged, (SELECT min(r.finished_at) FROM care.backup_run r
    WHERE r.kind = 'backup' AND r.outcome = 'done' AND r.finished_at <= pg_catalog.clock_timestamp()) FROM care.generations_kept k
$$;

-- As before, but what was noted while a clock was ahead counts for nothing, or it would hide for weeks that nothing is done.
CREATE OR REPLACE FUNCTION act.backup_facts() RETURNS TABLE (kind text, outcome text, started_at timestamptz, finished_at timestamptz, generation text, to_time timestamptz, bytes bigint, records bigint, files bigint, missing bigint, immutable bool, code text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT DISTINCT ON (r.kind, r.outcome) r.kind, r.outcome, r.started_at, r.finished_at, r.generation, r.to_time, r.bytes, r.records, r.files, r.missing, r.immutable, r.code
  FROM care.backup_run r WHERE r.finished_at <= pg_catalog.clock_timestamp() ORDER BY r.kind, r.outcome, r.finished_at DESC
$$;

-- As before, and what the vault or the bucket last said: that it is not well is an alarm of its own. It is noted once a day:
-- where there is one (`vault_none` says that there is none any more) and nothing was noted for longer, nobody looks.
CREATE OR REPLACE FUNCTION act.watch_backups() RETURNS TABLE (code text, subject text, number bigint) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE t timestamptz := pg_catalog.clock_timestamp(); begun timestamptz := (SELECT d.created_at FROM care.deployment d); k text; done timestamptz; failed timestamptz; v text;
BEGIN
  FOREACH k IN ARRAY ARRAY['backup', 'drill'] LOOP
    SELECT max(f.finished_at) FILTER (WHERE f.outcome = 'done'), max(f.finished_at) FILTER (WHERE f.outcome = 'failed') INTO done, failed
      FROM act.backup_facts() f WHERE f.kind = k;
    IF t - coalesce(done, begun) > interval '26 hours' THEN
      RETURN QUERY SELECT k || '_missing', '', (extract(epoch FROM t - coalesce(done, begun)) / 3600)::bigint;
    END IF;
    IF failed > coalesce(done, '-infinity') THEN RETURN QUERY SELECT k || '_failed', '', 1::bigint; END IF;
  END LOOP;
  SELECT CASE WHEN f.code IS DISTINCT FROM 'vault_none' AND f.finished_at < t - interval '26 hours' THEN 'vault_silent' ELSE f.code END INTO v
    FROM act.backup_facts() f WHERE f.kind = 'vault' ORDER BY f.finished_at DESC LIMIT 1;
  IF v IN ('vault_silent', 'vault_fault', 'bucket_not_locked') THEN RETURN QUERY SELECT v, '', 1::bigint; END IF;
END $$;

REVOKE ALL ON FUNCTION sec.schedule_done_otherwise(text, timestamptz), act.schedules_went_well(text[]), act.note_generations(timestamptz[], int), act.generations_kept() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.schedules_went_well(text[]), act.note_generations(timestamptz[], int), act.generations_kept() TO renkei_job;
SET LOCAL ROLE renkei_owner;
