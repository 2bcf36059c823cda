-- Reading while the primary is away. A standby takes no write, so nothing here writes while it reads: who is asking is
-- found without touching the session, and the view is noted on the node's own disk and brought in afterwards.
SET LOCAL ROLE renkei_sec;

-- When the primary was last seen to work, written by the nodes every few seconds. What a standby has of it says how far
-- behind it is, also on a quiet night.
CREATE TABLE sec.pulse (one bool PRIMARY KEY DEFAULT true CHECK (one), at timestamptz NOT NULL);
SELECT care.guard_from_migrator('sec.pulse');

-- Writes the pulse. It waits for the synchronous standby like any other record: a pulse that has been answered is there.
CREATE FUNCTION act.pulse() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  INSERT INTO sec.pulse (at) VALUES (t) ON CONFLICT (one) DO UPDATE SET at = t WHERE sec.pulse.at < t - interval '1 second';
END $$;

-- As sec.open, for reading alone: only sessions already open, and only while this server knows what the primary knew at
-- p_not_before. RK503: it is further behind.
CREATE FUNCTION sec.open_reading(p_token_hash bytea, p_not_before timestamptz) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER VOLATILE SET search_path = '' AS $$
DECLARE c sec.context; p text;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM sec.pulse x WHERE x.at >= p_not_before) THEN
    RAISE EXCEPTION 'the standby is too far behind' USING ERRCODE = 'RK503';
  END IF;
  -- In the background: the session is not touched.
  c := sec.caller(p_token_hash, true);
  p := pg_catalog.concat_ws('|', c.account_id, c.facility_id, c.account, c.facility, c.session_id, c.device_id, c.admin,
    pg_catalog.pg_backend_pid(), (extract(epoch from pg_catalog.transaction_timestamp()) * 1000000)::bigint);
  PERFORM pg_catalog.set_config('renkei.ctx', p || '|' || sec.sign(p), true);
  RETURN true;
END $$;

-- What act.viewed and act.refused would write, for the node to keep until it can be written.
CREATE FUNCTION act.view_to_note(p_group uuid, p_patient uuid)
RETURNS TABLE (account_id uuid, account uuid, session_id uuid, device_id uuid, facility_id uuid, owner_facility_id uuid, patient_id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); patient uuid := p_patient; owner uuid;
BEGIN
  SELECT g.facility_id, coalesce(p_patient, g.patient_id) INTO owner, patient FROM care.groups g WHERE g.id = p_group;
  IF owner IS NULL THEN
    patient := p_patient;
    SELECT p.facility_id INTO owner FROM care.patient p WHERE p.id = p_patient;
  END IF;
  RETURN QUERY SELECT c.account_id, c.account, c.session_id, c.device_id, c.facility_id, owner, patient;
END $$;

-- Brings in what the nodes noted: the same rows that would have been written then, with the time of then; a time that is still
-- to come is this server's. How many of the notes are in the log now. Again is fine: a note that is there stays as it is.
-- Only views and refusals of sessions that there are: what is not taken is the node's to keep.
CREATE FUNCTION act.ingest_views(p_views jsonb) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE n int; t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  WITH note AS MATERIALIZED (
    SELECT v.*, CASE WHEN v.at > t + interval '1 minute' THEN t ELSE v.at END AS taken_at
    FROM pg_catalog.jsonb_to_recordset(p_views) AS v(id uuid, at timestamptz, act text, outcome text, account_id uuid, account uuid, session_id uuid,
      device_id uuid, facility_id uuid, owner_facility_id uuid, group_id uuid, patient_id uuid, ref uuid)
    JOIN sec.session s ON s.id = v.session_id AND s.account_id = v.account_id
    WHERE v.id IS NOT NULL AND v.at IS NOT NULL AND v.act ~ '^[a-z_]{2,40}$' AND v.outcome IN ('done', 'refused')
  ), written AS (
    INSERT INTO care.access_event (id, at, act, outcome, account_id, account, session_id, device_id, facility_id, owner_facility_id, group_id, patient_id, ref, seconds, leaf)
    SELECT v.id, v.taken_at, v.act, v.outcome, v.account_id, v.account, v.session_id, v.device_id, v.facility_id, v.owner_facility_id, v.group_id, v.patient_id, v.ref, NULL,
      pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.concat_ws('|', 'renkei/access/v1', v.id,
        pg_catalog.to_char(v.taken_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), v.act, v.outcome, coalesce(v.account_id::text, '-'), coalesce(v.account::text, '-'),
        coalesce(v.session_id::text, '-'), coalesce(v.device_id::text, '-'), coalesce(v.facility_id::text, '-'), coalesce(v.owner_facility_id::text, '-'),
        coalesce(v.group_id::text, '-'), coalesce(v.patient_id::text, '-'), coalesce(v.ref::text, '-'), '-'), 'UTF8'))
    FROM note v
    -- A note that was given this server's time a moment ago has another key now.
    WHERE NOT EXISTS (SELECT 1 FROM care.access_event e WHERE e.id = v.id AND e.at > t - interval '1 hour')
    ON CONFLICT DO NOTHING
  )
  SELECT pg_catalog.count(*)::int INTO n FROM note;
  RETURN n;
END $$;

GRANT EXECUTE ON FUNCTION sec.open_reading(bytea, timestamptz), act.view_to_note(uuid, uuid) TO renkei_app;
GRANT EXECUTE ON FUNCTION act.pulse(), act.ingest_views(jsonb) TO renkei_job;
SET LOCAL ROLE renkei_owner;
