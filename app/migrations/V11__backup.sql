-- Backups: what was done, and a heartbeat that makes any second of a quiet deployment restorable.
CREATE TABLE care.backup_run (
  id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('backup', 'drill', 'restore', 'vault', 'export')),
  started_at timestamptz NOT NULL,
  finished_at timestamptz NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('done', 'failed')),
  generation text,                                             -- label of the generation
  to_time timestamptz,                                         -- the moment that was restored
  bytes bigint,
  records bigint,                                              -- that were verified
  files bigint,
  missing bigint,                                              -- records that an outside fact knows and the restored database lacks
  immutable bool,                                              -- of a vault: whether its copies cannot be changed
  code text CHECK (code ~ '^[a-z_]{2,40}$'),                   -- why it failed
  CHECK ((outcome = 'failed') = (code IS NOT NULL))
);
CREATE INDEX backup_run_latest ON care.backup_run (kind, finished_at DESC);
SELECT care.make_append_only('care.backup_run');

CREATE TABLE care.heartbeat (
  only_one bool PRIMARY KEY DEFAULT true CHECK (only_one),
  at timestamptz NOT NULL
);
INSERT INTO care.heartbeat (at) VALUES (pg_catalog.clock_timestamp());

GRANT SELECT, INSERT ON care.backup_run TO renkei_sec;
GRANT SELECT, UPDATE ON care.heartbeat TO renkei_sec;
SELECT care.protect('care.backup_run');
SELECT care.protect('care.heartbeat');

-- The logical export: the record as rows, as sealed as they stand here. Sign-in secrets (schema sec) are not in it.
GRANT USAGE ON SCHEMA care TO renkei_backup;
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['deployment', 'facility', 'facility_version', 'account', 'account_version', 'staff', 'patient', 'groups', 'group_state', 'stream', 'stream_head',
    'facility_key', 'data_key', 'post', 'receipt', 'read_position', 'membership_event', 'face_sheet_version', 'membership', 'invitation', 'file', 'file_state', 'post_file', 'access_event'] LOOP
    EXECUTE pg_catalog.format('CREATE POLICY backup ON care.%I FOR SELECT TO renkei_backup USING (true)', t);
    EXECUTE pg_catalog.format('GRANT SELECT ON care.%I TO renkei_backup', t);
  END LOOP;
END $$;

SET LOCAL ROLE renkei_sec;
CREATE FUNCTION act.heartbeat() RETURNS timestamptz LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = '' AS $$
  UPDATE care.heartbeat SET at = pg_catalog.clock_timestamp() RETURNING at
$$;
CREATE FUNCTION act.note_backup_run(p_id uuid, p_kind text, p_started timestamptz, p_outcome text, p_generation text, p_to timestamptz, p_bytes bigint, p_records bigint, p_files bigint, p_missing bigint, p_immutable bool, p_code text)
RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = '' AS $$
  INSERT INTO care.backup_run (id, kind, started_at, finished_at, outcome, generation, to_time, bytes, records, files, missing, immutable, code)
  VALUES (p_id, p_kind, p_started, pg_catalog.clock_timestamp(), p_outcome, p_generation, p_to, p_bytes, p_records, p_files, p_missing, p_immutable, p_code)
$$;
-- The newest of each kind and outcome: what the product says of itself.
CREATE FUNCTION act.backup_facts() RETURNS TABLE (kind text, outcome text, started_at timestamptz, finished_at timestamptz, generation text, to_time timestamptz, bytes bigint, records bigint, files bigint, missing bigint, immutable bool, code text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT DISTINCT ON (r.kind, r.outcome) r.kind, r.outcome, r.started_at, r.finished_at, r.generation, r.to_time, r.bytes, r.records, r.files, r.missing, r.immutable, r.code
  FROM care.backup_run r ORDER BY r.kind, r.outcome, r.finished_at DESC
$$;
REVOKE ALL ON FUNCTION act.heartbeat(), act.backup_facts(),
  act.note_backup_run(uuid, text, timestamptz, text, text, timestamptz, bigint, bigint, bigint, bigint, bool, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.heartbeat(), act.backup_facts(),
  act.note_backup_run(uuid, text, timestamptz, text, text, timestamptz, bigint, bigint, bigint, bigint, bool, text) TO renkei_job;
SET LOCAL ROLE renkei_owner;
