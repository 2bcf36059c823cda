-- "Why can X see this?": the facts on which it rests, for one person and one group. Facts only; what follows from them, and the words,
-- stand in the service. Nothing of the patient.
SET LOCAL ROLE renkei_sec;

-- The membership of now before an ended one, else the newest invitation: through which facility the person comes, if at all.
CREATE FUNCTION sec.access_facts(p_account uuid, p_group uuid) RETURNS TABLE (name text, profession text, facility uuid, facility_name text,
  tie text, tie_kind text, tie_at timestamptz, tie_by text, role text, since timestamptz, until timestamptz, from_seq bigint, ended_at timestamptz,
  joined_at timestamptz, joined_by text, approved_at timestamptz, approved_by text, ended_kind text, ended_by text,
  invitation text, invited_at timestamptz, invited_by text, archived_at timestamptz, mode text, mode_since timestamptz, manages bool) LANGUAGE sql STABLE AS $$
  SELECT p.name, p.profession, x.facility_id, f.name, s.state, e.kind, e.at, eb.name, m.role, m.since, m.until, m.from_seq, m.ended_at,
    j.at, jb.name, a.at, ab.name, g.kind, gb.name, i.state, i.created_at, ib.name, gs.archived_at, mode.mode, mode.since,
    EXISTS (SELECT 1 FROM care.staff o JOIN care.groups gg ON gg.id = p_group AND gg.facility_id = o.facility_id WHERE o.account_id = p_account AND o.admin AND o.state = 'active')
  FROM care.person_now p JOIN care.group_state gs ON gs.group_id = p_group
  LEFT JOIN LATERAL (SELECT y.* FROM care.membership y WHERE y.account_id = p_account AND y.group_id = p_group
    ORDER BY y.ended_at IS NULL AND (y.until IS NULL OR y.until > pg_catalog.clock_timestamp()) DESC, y.since DESC LIMIT 1) m ON true
  LEFT JOIN LATERAL (SELECT y.account_id, y.facility_id, y.invited_by, y.created_at,
      CASE WHEN y.state = 'invited' AND y.expires_at <= pg_catalog.clock_timestamp() THEN 'expired' ELSE y.state END AS state
    FROM care.invitation y WHERE y.account_id = p_account AND y.group_id = p_group ORDER BY y.created_at DESC LIMIT 1) i ON true
  LEFT JOIN LATERAL (SELECT coalesce(m.facility_id, i.facility_id) AS facility_id) x ON true
  LEFT JOIN care.facility_now f ON f.facility_id = x.facility_id
  LEFT JOIN care.staff s ON s.account_id = p_account AND s.facility_id = x.facility_id
  LEFT JOIN LATERAL (SELECT y.* FROM care.staff_event y WHERE y.account_id = p_account AND y.facility_id = x.facility_id ORDER BY y.id DESC LIMIT 1) e ON true
  LEFT JOIN care.person_now eb ON eb.account_id = e.by_account
  LEFT JOIN care.stream st ON st.group_id = p_group AND st.kind = 'membership'
  LEFT JOIN LATERAL (SELECT y.* FROM care.membership_event y WHERE y.stream_id = st.id AND y.subject_id = p_account AND y.kind = 'joined' ORDER BY y.seq DESC LIMIT 1) j ON true
  LEFT JOIN care.person_now jb ON jb.account_id = j.author_id
  LEFT JOIN LATERAL (SELECT y.* FROM care.membership_event y WHERE y.stream_id = st.id AND y.subject_id = p_account AND y.kind = 'approved' AND y.seq = j.seq - 1) a ON true
  LEFT JOIN care.person_now ab ON ab.account_id = a.author_id
  LEFT JOIN LATERAL (SELECT y.* FROM care.membership_event y WHERE y.stream_id = st.id AND y.subject_id = p_account AND y.kind IN ('removed', 'left') AND y.seq > j.seq ORDER BY y.seq DESC LIMIT 1) g ON true
  LEFT JOIN care.person_now gb ON gb.account_id = g.author_id
  LEFT JOIN care.person_now ib ON ib.account_id = i.invited_by
  LEFT JOIN LATERAL (SELECT y.mode, y.since FROM sec.service_mode y WHERE y.facility_id = '00000000-0000-0000-0000-000000000000' OR y.facility_id = x.facility_id
    ORDER BY y.mode = 'stopped' DESC, y.facility_id LIMIT 1) mode ON true
  WHERE p.account_id = p_account
$$;

-- For the host and the managing facility's admin, about anybody; and for a facility's admin about whoever is or was in the group, or
-- invited to it, through that facility. RK404 for everybody else; RK403 for a member, who may see who is in.
CREATE FUNCTION act.access_facts(p_account uuid, p_group uuid) RETURNS TABLE (name text, profession text, facility uuid, facility_name text,
  tie text, tie_kind text, tie_at timestamptz, tie_by text, role text, since timestamptz, until timestamptz, from_seq bigint, ended_at timestamptz,
  joined_at timestamptz, joined_by text, approved_at timestamptz, approved_by text, ended_kind text, ended_by text,
  invitation text, invited_at timestamptz, invited_by text, archived_at timestamptz, mode text, mode_since timestamptz, manages bool)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT (c.admin AND (EXISTS (SELECT 1 FROM care.membership m WHERE m.account_id = p_account AND m.group_id = p_group AND m.facility_id = c.facility_id)
      OR EXISTS (SELECT 1 FROM care.invitation i WHERE i.account_id = p_account AND i.group_id = p_group AND i.facility_id = c.facility_id))) THEN
    PERFORM sec.must_keep(c, p_group);
  END IF;
  RETURN QUERY SELECT x.* FROM sec.access_facts(p_account, p_group) x;
END $$;
-- The groups in which one of the own staff is or was through the facility: where its admin may ask. The newest first.
CREATE FUNCTION act.access_groups(p_account uuid) RETURNS TABLE (group_id uuid, owner_name text, ended bool) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  IF NOT EXISTS (SELECT 1 FROM care.staff s WHERE s.facility_id = c.facility_id AND s.account_id = p_account) THEN RAISE EXCEPTION 'no such person' USING ERRCODE = 'RK404'; END IF;
  RETURN QUERY SELECT m.group_id, f.name, m.ended_at IS NOT NULL OR coalesce(m.until <= pg_catalog.clock_timestamp(), false)
    FROM care.membership m JOIN care.groups g ON g.id = m.group_id JOIN care.facility_now f ON f.facility_id = g.facility_id
    WHERE m.account_id = p_account AND m.facility_id = c.facility_id ORDER BY 3, m.since DESC LIMIT 500;
END $$;
-- The command line; by the account's login id or its id.
CREATE FUNCTION act.why(p_account text, p_group uuid) RETURNS TABLE (name text, profession text, facility uuid, facility_name text,
  tie text, tie_kind text, tie_at timestamptz, tie_by text, role text, since timestamptz, until timestamptz, from_seq bigint, ended_at timestamptz,
  joined_at timestamptz, joined_by text, approved_at timestamptz, approved_by text, ended_kind text, ended_by text,
  invitation text, invited_at timestamptz, invited_by text, archived_at timestamptz, mode text, mode_since timestamptz, manages bool)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT x.* FROM care.account a, LATERAL sec.access_facts(a.id, p_group) x WHERE a.login_id = p_account OR a.id::text = pg_catalog.lower(p_account)
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.access_facts(uuid, uuid), act.access_groups(uuid) TO renkei_app;
GRANT EXECUTE ON FUNCTION act.why(text, uuid) TO renkei_job;
SET LOCAL ROLE renkei_owner;
