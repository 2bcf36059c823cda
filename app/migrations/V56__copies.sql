-- Copies for where there is no line (控え): how long a facility lets pages of its patients stay on a device, and which devices keep any.
-- The copies themselves are made by the browser, under a code that never leaves it; here stands that they were made.
ALTER TABLE care.sign_in_policy ADD COLUMN copy_hours int NOT NULL DEFAULT 0 CHECK (copy_hours BETWEEN 0 AND 72);   -- 0: none

SET LOCAL ROLE renkei_sec;
ALTER TABLE sec.device ADD COLUMN copies_since timestamptz;   -- NULL: keeps none

CREATE FUNCTION sec.copy_hours(p_facility uuid) RETURNS int LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN coalesce((sec.sign_in_policy(p_facility)).copy_hours, 0);
END $$;
CREATE FUNCTION sec.device_keeps(c sec.context) RETURNS bool LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM sec.device d WHERE d.id = c.device_id AND d.account_id = c.account_id AND d.copies_since IS NOT NULL AND d.ended_at IS NULL)
$$;
-- The patients' groups of the caller as she acts now. Of her facility's time and that of the facility that manages the patient, the shorter.
CREATE FUNCTION sec.copy_hours_of_mine(c sec.context) RETURNS TABLE (group_id uuid, patient_id uuid, facility_id uuid, hours int) LANGUAGE sql STABLE AS $$
  SELECT g.id, g.patient_id, g.facility_id, x.hours FROM care.membership m JOIN care.groups g ON g.id = m.group_id
    CROSS JOIN LATERAL (SELECT least(sec.copy_hours(c.facility_id), sec.copy_hours(g.facility_id)) AS hours) x
    WHERE m.account_id = c.account_id AND m.facility_id = c.facility_id AND m.ended_at IS NULL
      AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp()) AND g.patient_id IS NOT NULL AND x.hours > 0
$$;

-- For the frame of every page: false for a token, which has no device.
CREATE FUNCTION act.keeps_copies() RETURNS bool LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
BEGIN
  RETURN sec.device_keeps(sec.must());
END $$;
-- What the page of one's own devices says: whether this one keeps copies, and how long the facility lets them stay.
CREATE FUNCTION act.copies_here() RETURNS TABLE (kept bool, hours int) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT sec.device_keeps(c), sec.copy_hours(c.facility_id);
END $$;
CREATE FUNCTION act.keep_copies(p_on bool) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  IF sec.device_keeps(c) = p_on THEN RETURN; END IF;
  IF p_on THEN PERFORM sec.must_be_fresh(c); END IF;
  IF p_on AND sec.copy_hours(c.facility_id) = 0 THEN RAISE EXCEPTION 'copies not allowed' USING ERRCODE = 'RK403'; END IF;
  UPDATE sec.device SET copies_since = CASE WHEN p_on THEN pg_catalog.clock_timestamp() END WHERE id = c.device_id AND account_id = c.account_id AND ended_at IS NULL;
  -- A personal token has no device.
  IF NOT FOUND THEN RAISE EXCEPTION 'session only' USING ERRCODE = 'RK403'; END IF;
  PERFORM sec.log(c, CASE WHEN p_on THEN 'began_copies' ELSE 'ended_copies' END, NULL, NULL, c.facility_id, c.device_id, 'done', NULL);
END $$;
-- The page that is being shown, of a group or of a patient, may stay on the device for so many hours; no row: it may not. That it does is
-- written here: a copy can be read until then without the server.
CREATE FUNCTION act.copy_made(p_group uuid, p_patient uuid) RETURNS TABLE (group_id uuid, hours int) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); r record;
BEGIN
  IF NOT sec.device_keeps(c) THEN RETURN; END IF;
  SELECT * INTO r FROM sec.copy_hours_of_mine(c) x WHERE x.group_id = p_group OR x.patient_id = p_patient;
  IF NOT FOUND THEN RETURN; END IF;
  PERFORM sec.log(c, 'kept_copy', r.group_id, r.patient_id, r.facility_id, NULL, 'done', NULL);
  RETURN QUERY SELECT r.group_id, r.hours;
END $$;
-- Of which groups a copy may still be there.
CREATE FUNCTION act.copies_allowed() RETURNS TABLE (group_id uuid, hours int) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  IF sec.device_keeps(c) THEN RETURN QUERY SELECT x.group_id, x.hours FROM sec.copy_hours_of_mine(c) x; END IF;
END $$;
-- A device says which copies were opened while there was no line. Only groups of which it may have had one: where the person's device made
-- a copy within the longest time that there is.
CREATE FUNCTION act.copies_read(p_groups uuid[]) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); made uuid[]; r record; n int := 0; t timestamptz := sec.clock();
BEGIN
  IF pg_catalog.cardinality(p_groups) > 200 THEN RAISE EXCEPTION 'groups' USING ERRCODE = 'RK422'; END IF;
  made := ARRAY(SELECT DISTINCT e.group_id FROM care.access_event e WHERE e.facility_id IN (SELECT s.facility_id FROM care.staff s WHERE s.account_id = c.account_id) AND e.at > t - interval '7 days'
    AND e.act = 'kept_copy' AND e.account_id = c.account_id AND e.device_id = c.device_id);
  FOR r IN SELECT g.id, g.patient_id, g.facility_id FROM pg_catalog.unnest(p_groups) WITH ORDINALITY u(id, place)
      JOIN care.groups g ON g.id = u.id WHERE g.id = ANY (made) ORDER BY u.place LOOP
    PERFORM sec.log(c, 'read_copy', r.id, r.patient_id, r.facility_id, NULL, 'done', NULL);
    n := n + 1;
  END LOOP;
  RETURN n;
END $$;
-- One's own, and for an admin those that have acted for the facility.
CREATE FUNCTION act.devices_with_copies() RETURNS TABLE (device_id uuid) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT d.id FROM sec.device d WHERE d.copies_since IS NOT NULL AND d.ended_at IS NULL
    AND (d.account_id = c.account_id OR c.admin AND EXISTS (SELECT 1 FROM sec.device_at a WHERE a.device_id = d.id AND a.facility_id = c.facility_id));
END $$;

-- As before (V29), with the time of copies.
CREATE FUNCTION act.set_sign_in_policy(p_managed bool, p_idle int, p_opens time, p_closes time, p_idle_default interval, p_copy_hours int) RETURNS TABLE (version int, sessions int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); p care.sign_in_policy := sec.policy_of_now(c); t timestamptz := pg_catalog.clock_timestamp(); n int := 0; r record;
BEGIN
  PERFORM sec.must_be_fresh(c);
  IF p.version IS NOT NULL AND (p.managed_devices_only, p.idle_minutes, p.copy_hours) = (p_managed, p_idle, p_copy_hours)
    AND p.opens IS NOT DISTINCT FROM p_opens AND p.closes IS NOT DISTINCT FROM p_closes THEN
    RETURN QUERY SELECT p.version, 0; RETURN;
  END IF;
  INSERT INTO care.sign_in_policy (facility_id, version, second_factor, managed_devices_only, idle_minutes, opens, closes, by_account, at, copy_hours)
    VALUES (c.facility_id, coalesce(p.version, 0) + 1, 'required', p_managed, p_idle, p_opens, p_closes, c.account_id, t, p_copy_hours) RETURNING * INTO p;
  IF p_managed AND NOT sec.is_managed(c.facility_id, c.device_id, (SELECT s.certificate_id FROM sec.session s WHERE s.id = c.session_id)) THEN
    UPDATE sec.device_at SET state = 'approved', decided_by = c.account_id, decided_at = t WHERE facility_id = c.facility_id AND device_id IN (SELECT sec.same_device(c.device_id));
    PERFORM sec.log(c, 'approved_device', NULL, NULL, c.facility_id, c.account_id, 'done', NULL);
  END IF;
  FOR r IN SELECT x.account_id, x.token_hash FROM sec.shut_out_by(c, p, t) x LOOP
    n := n + sec.end_sessions(r.account_id, r.token_hash, NULL, NULL);
  END LOOP;
  UPDATE sec.session s SET idle = sec.idle_of(s.account_id, p_idle_default) FROM care.staff f
    WHERE f.facility_id = c.facility_id AND f.account_id = s.account_id AND f.state = 'active' AND s.state <> 'ended' AND s.expires_at > t;
  -- Where the policy no longer asks, nobody waits any longer.
  IF NOT p_managed THEN UPDATE sec.session SET state = 'active', last_seen = t WHERE state = 'pending' AND facility_id = c.facility_id; END IF;
  PERFORM sec.log(c, 'changed_sign_in_policy', NULL, NULL, c.facility_id, NULL, 'done', NULL);
  RETURN QUERY SELECT p.version, n;
END $$;

-- As before (V29): the time of copies stays.
CREATE OR REPLACE FUNCTION act.relax_sign_in(p_facility uuid) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE p care.sign_in_policy := sec.sign_in_policy(p_facility);
BEGIN
  IF p.version IS NULL THEN RETURN 0; END IF;
  INSERT INTO care.sign_in_policy (facility_id, version, second_factor, managed_devices_only, idle_minutes, at, copy_hours)
    VALUES (p_facility, p.version + 1, 'required', false, p.idle_minutes, pg_catalog.clock_timestamp(), p.copy_hours);
  UPDATE sec.session SET state = 'active' WHERE state = 'pending' AND facility_id = p_facility;
  PERFORM sec.log(ROW(NULL, p_facility, NULL, NULL, NULL, NULL, NULL)::sec.context, 'changed_sign_in_policy', NULL, NULL, p_facility, NULL, 'done', NULL);
  RETURN p.version + 1;
END $$;
-- Nodes of the version before do not know of copies: what they set leaves their time as it is.
CREATE OR REPLACE FUNCTION act.set_sign_in_policy(p_managed bool, p_idle int, p_opens time, p_closes time, p_idle_default interval) RETURNS TABLE (version int, sessions int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  RETURN QUERY SELECT x.version, x.sessions FROM act.set_sign_in_policy(p_managed, p_idle, p_opens, p_closes, p_idle_default, sec.copy_hours((sec.must()).facility_id)) x;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.keeps_copies(), act.copies_here(), act.keep_copies(bool), act.copy_made(uuid, uuid), act.copies_allowed(), act.copies_read(uuid[]),
  act.devices_with_copies(), act.set_sign_in_policy(bool, int, time, time, interval, int) TO renkei_app;
SET LOCAL ROLE renkei_owner;
