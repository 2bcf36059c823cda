-- Groups and who is in them.
SET LOCAL ROLE renkei_sec;

-- One event of the membership stream, chained, with its live event.
CREATE FUNCTION sec.membership_event(c sec.context, p_group uuid, p_kind text, p_subject uuid, p_id uuid, p_client uuid, p_commitment bytea, p_envelope bytea)
RETURNS void LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE s uuid; l sec.link; owner uuid; patient uuid;
BEGIN
  SELECT x.id INTO s FROM care.stream x WHERE x.group_id = p_group AND x.kind = 'membership';
  l := sec.chain(c, s, p_kind, p_client, '{}', p_commitment);
  INSERT INTO care.membership_event VALUES (s, l.seq, p_id, p_group, p_kind, c.account_id, c.account, c.account, c.facility_id, c.facility, l.at, p_client, p_subject,
    l.prev, p_commitment, l.hash, p_envelope);
  INSERT INTO care.event (kind, group_id, seq, at) VALUES ('member.' || p_kind, p_group, l.seq, l.at);
  SELECT g.facility_id, g.patient_id INTO owner, patient FROM care.groups g WHERE g.id = p_group;
  PERFORM sec.log(c, 'member_' || p_kind, p_group, patient, owner, p_subject, 'done', NULL);
END $$;

-- Every act below begins here. Its lock is the head of the membership stream, which the act moves anyway: of two sends
-- of one client id the second waits, and finds the first. True: this very act was done before.
-- Asked before the act's own rule, because a retry comes when the caller may have left already; so whoever never had to
-- do with the group is turned away here, without a lock and without learning whether it exists.
CREATE FUNCTION sec.done_before(c sec.context, p_group uuid, p_client uuid, p_kind text, p_subject uuid) RETURNS bool
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE s uuid; e care.membership_event;
BEGIN
  IF NOT (EXISTS (SELECT 1 FROM care.membership m WHERE m.group_id = p_group AND m.account_id = c.account_id)
      OR EXISTS (SELECT 1 FROM care.invitation i WHERE i.group_id = p_group AND i.account_id = c.account_id)
      OR (c.admin AND EXISTS (SELECT 1 FROM care.groups g WHERE g.id = p_group AND g.facility_id = c.facility_id))) THEN
    RAISE EXCEPTION 'not a member' USING ERRCODE = 'RK404';
  END IF;
  SELECT x.id INTO s FROM care.stream x WHERE x.group_id = p_group AND x.kind = 'membership';
  PERFORM 1 FROM care.stream_head h WHERE h.stream_id = s FOR UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such group' USING ERRCODE = 'RK404'; END IF;
  SELECT * INTO e FROM care.membership_event x WHERE x.stream_id = s AND x.author_id = c.account_id AND x.client_id = p_client;
  IF NOT FOUND THEN RETURN false; END IF;
  IF e.kind <> p_kind OR e.subject_id IS DISTINCT FROM p_subject THEN
    RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409';
  END IF;
  RETURN true;
END $$;

CREATE FUNCTION act.open_group(p_group uuid, p_patient uuid, p_client uuid, p_host uuid, p_streams uuid[], p_key_version int, p_wrapped bytea[],
  p_id uuid, p_commitment bytea, p_envelope bytea, p_joined_id uuid, p_joined_client uuid, p_joined_commitment bytea, p_joined_envelope bytea)
RETURNS TABLE (group_id uuid, created bool)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); e care.groups; owner uuid; kinds text[] := ARRAY['team', 'family', 'membership', 'receipts'];
BEGIN
  SELECT p.facility_id INTO owner FROM care.patient p WHERE p.id = p_patient AND p.id = ANY (sec.my_patients());
  IF NOT FOUND THEN RAISE EXCEPTION 'not yours' USING ERRCODE = 'RK404'; END IF;
  IF NOT c.admin OR owner <> c.facility_id THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  SELECT * INTO e FROM care.groups g WHERE g.opened_by = c.account_id AND g.client_id = p_client;
  IF FOUND THEN
    IF e.patient_id <> p_patient THEN RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409'; END IF;
    RETURN QUERY SELECT e.id, false; RETURN;
  END IF;
  IF NOT EXISTS (SELECT 1 FROM care.staff f WHERE f.account_id = p_host AND f.facility_id = owner AND f.state = 'active') THEN
    RAISE EXCEPTION 'host is not staff here' USING ERRCODE = 'RK422';
  END IF;
  IF EXISTS (SELECT 1 FROM care.groups g WHERE g.patient_id = p_patient) THEN RAISE EXCEPTION 'open already' USING ERRCODE = 'RK409'; END IF;
  INSERT INTO care.groups VALUES (p_group, 'patient', p_patient, owner, c.account_id, p_client, sec.clock());
  INSERT INTO care.group_state VALUES (p_group, p_host, NULL);
  FOR i IN 1..4 LOOP
    PERFORM sec.make_stream(p_streams[i], kinds[i], p_group, NULL, owner, p_key_version, p_wrapped[i]);
  END LOOP;
  INSERT INTO care.membership (group_id, account_id, facility_id, role, since) VALUES (p_group, p_host, owner, 'host', sec.clock());
  PERFORM sec.membership_event(c, p_group, 'opened', NULL, p_id, p_client, p_commitment, p_envelope);
  PERFORM sec.membership_event(c, p_group, 'joined', p_host, p_joined_id, p_joined_client, p_joined_commitment, p_joined_envelope);
  RETURN QUERY SELECT p_group, true;
END $$;

CREATE FUNCTION act.invite(p_invitation uuid, p_group uuid, p_account uuid, p_facility uuid, p_role text, p_until timestamptz, p_from_now_on bool, p_link_hash bytea,
  p_client uuid, p_id uuid, p_commitment bytea, p_envelope bytea) RETURNS TABLE (id uuid, expires_at timestamptz, needs_approval bool, created bool)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); keeper text := sec.must_keep(c, p_group); owner uuid; e care.invitation; approval bool; ends timestamptz := sec.clock() + interval '72 hours';
BEGIN
  IF sec.done_before(c, p_group, p_client, 'invited', p_account) THEN
    SELECT * INTO e FROM care.invitation x WHERE x.group_id = p_group AND x.invited_by = c.account_id AND x.client_id = p_client;
    RETURN QUERY SELECT e.id, e.expires_at, e.needs_approval, false; RETURN;
  END IF;
  PERFORM sec.must_be_open(p_group);
  IF NOT EXISTS (SELECT 1 FROM care.staff f WHERE f.account_id = p_account AND f.facility_id = p_facility AND f.state = 'active') THEN
    RAISE EXCEPTION 'no such person there' USING ERRCODE = 'RK422';
  END IF;
  IF p_until <= sec.clock() THEN RAISE EXCEPTION 'ends before it begins' USING ERRCODE = 'RK422'; END IF;
  IF EXISTS (SELECT 1 FROM care.membership m WHERE m.group_id = p_group AND m.account_id = p_account AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > sec.clock())) THEN
    RAISE EXCEPTION 'a member already' USING ERRCODE = 'RK409';
  END IF;
  -- An invitation that has run out makes room for a new one.
  UPDATE care.invitation x SET state = 'cancelled', decided_at = sec.clock()
    WHERE x.group_id = p_group AND x.account_id = p_account AND x.state = 'invited' AND x.expires_at <= sec.clock();
  IF EXISTS (SELECT 1 FROM care.invitation x WHERE x.group_id = p_group AND x.account_id = p_account AND x.state IN ('invited', 'accepted')) THEN
    RAISE EXCEPTION 'invited already' USING ERRCODE = 'RK409';
  END IF;
  SELECT g.facility_id INTO owner FROM care.groups g WHERE g.id = p_group;
  approval := NOT (keeper = 'host' OR p_facility = owner);
  INSERT INTO care.invitation (id, group_id, account_id, facility_id, role, until, from_now_on, needs_approval, link_hash, invited_by, invited_for, client_id, created_at, expires_at)
    VALUES (p_invitation, p_group, p_account, p_facility, p_role, p_until, p_from_now_on, approval, p_link_hash, c.account_id, c.facility_id, p_client, sec.clock(), ends);
  PERFORM sec.membership_event(c, p_group, 'invited', p_account, p_id, p_client, p_commitment, p_envelope);
  INSERT INTO care.event (kind, account_id, at) VALUES ('notice', p_account, sec.clock());
  RETURN QUERY SELECT p_invitation, ends, approval, true;
END $$;

-- The caller's own invitation, by id or by the link's token; nothing for anybody else, also with the right link.
-- With what is needed to seal the answer: the invitee is no member yet and could not read the keys' rows of the group.
CREATE FUNCTION act.find_invitation(p_invitation uuid, p_link_hash bytea)
RETURNS TABLE (id uuid, group_id uuid, facility_id uuid, role text, until timestamptz, from_now_on bool, needs_approval bool, state text, created_at timestamptz, expires_at timestamptz,
  managing_facility text, by_account uuid, by_name text, by_profession text, by_facility text,
  membership_stream uuid, team_seq bigint, wrapped bytea, key_facility uuid, key_version int, key_facility_wrapped bytea)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT i.id, i.group_id, i.facility_id, i.role, i.until, i.from_now_on, i.needs_approval,
      CASE WHEN i.state = 'invited' AND i.expires_at <= pg_catalog.clock_timestamp() THEN 'expired' ELSE i.state END, i.created_at, i.expires_at,
      gf.name, p.account_id, p.name, p.profession, pf.name, s.id, th.seq, k.wrapped, k.facility_id, k.facility_key_version, fk.wrapped
    FROM care.invitation i JOIN care.groups g ON g.id = i.group_id JOIN care.facility_now gf ON gf.facility_id = g.facility_id
    JOIN care.person_now p ON p.account_id = i.invited_by JOIN care.facility_now pf ON pf.facility_id = i.invited_for
    JOIN care.stream s ON s.group_id = i.group_id AND s.kind = 'membership' JOIN care.data_key k ON k.stream_id = s.id
    JOIN care.facility_key fk ON fk.facility_id = k.facility_id AND fk.version = k.facility_key_version
    JOIN care.stream t ON t.group_id = i.group_id AND t.kind = 'team' JOIN care.stream_head th ON th.stream_id = t.id
    WHERE (i.id = p_invitation OR i.link_hash = p_link_hash) AND i.account_id = c.account_id;
END $$;
-- What waits for the caller's own answer, in whatever facility.
CREATE FUNCTION act.my_invitations() RETURNS TABLE (id uuid, created_at timestamptz, expires_at timestamptz, by_account uuid, by_name text, by_profession text, by_facility text,
  managing_facility text, facility_id uuid, role text, until timestamptz, needs_approval bool)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT i.id, i.created_at, i.expires_at, p.account_id, p.name, p.profession, pf.name, gf.name, i.facility_id, i.role, i.until, i.needs_approval
    FROM care.invitation i JOIN care.groups g ON g.id = i.group_id JOIN care.facility_now gf ON gf.facility_id = g.facility_id
    JOIN care.person_now p ON p.account_id = i.invited_by JOIN care.facility_now pf ON pf.facility_id = i.invited_for
    WHERE i.account_id = c.account_id AND i.state = 'invited' AND i.expires_at > pg_catalog.clock_timestamp() ORDER BY i.created_at DESC;
END $$;

-- `p_seen` is the team stream's last number as the service wrote it into the record of somebody who sees only what comes
-- from now on; if the stream has moved since, the service looks again.
CREATE FUNCTION sec.join(p_invitation care.invitation, p_seen bigint) RETURNS void LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE first bigint := 0;
BEGIN
  IF p_invitation.from_now_on THEN
    SELECT h.seq INTO first FROM care.stream_head h WHERE h.stream_id = (SELECT s.id FROM care.stream s WHERE s.group_id = p_invitation.group_id AND s.kind = 'team') FOR UPDATE;
    IF first <> p_seen THEN RAISE EXCEPTION 'moved on' USING ERRCODE = 'RK409'; END IF;
  END IF;
  INSERT INTO care.membership AS m (group_id, account_id, facility_id, role, since, until, from_seq)
    VALUES (p_invitation.group_id, p_invitation.account_id, p_invitation.facility_id, p_invitation.role, sec.clock(), p_invitation.until, first)
    ON CONFLICT (account_id, group_id, facility_id) DO UPDATE SET role = excluded.role, since = excluded.since, until = excluded.until, from_seq = excluded.from_seq, ended_at = NULL;
  UPDATE care.invitation SET state = 'joined', decided_at = sec.clock() WHERE id = p_invitation.id;
  INSERT INTO care.event (kind, account_id, at) VALUES ('notice', p_invitation.account_id, sec.clock());
END $$;

-- The invitee answers. `p_kind` is what the service hashed: it must be what the rule says. Gives the invitation's state.
CREATE FUNCTION act.answer_invitation(p_invitation uuid, p_kind text, p_seen bigint, p_client uuid, p_id uuid, p_commitment bytea, p_envelope bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); i care.invitation; g uuid;
BEGIN
  SELECT x.group_id INTO g FROM care.invitation x WHERE x.id = p_invitation AND x.account_id = c.account_id;
  IF NOT FOUND THEN RAISE EXCEPTION 'no invitation' USING ERRCODE = 'RK404'; END IF;
  IF sec.done_before(c, g, p_client, p_kind, c.account_id) THEN
    RETURN (SELECT x.state FROM care.invitation x WHERE x.id = p_invitation);
  END IF;
  SELECT * INTO i FROM care.invitation x WHERE x.id = p_invitation FOR UPDATE;
  IF i.state <> 'invited' OR i.expires_at <= sec.clock() THEN RAISE EXCEPTION 'used or expired' USING ERRCODE = 'RK409'; END IF;
  IF i.facility_id <> c.facility_id THEN RAISE EXCEPTION 'act for the invited facility' USING ERRCODE = 'RK403'; END IF;
  IF p_kind = 'declined' THEN
    UPDATE care.invitation SET state = 'declined', decided_at = sec.clock() WHERE id = i.id;
    INSERT INTO care.event (kind, account_id, at) VALUES ('notice', i.invited_by, sec.clock());
  ELSE
    PERFORM sec.must_be_open(g);
    IF i.until <= sec.clock() THEN RAISE EXCEPTION 'used or expired' USING ERRCODE = 'RK409'; END IF;
    IF p_kind = 'accepted' AND i.needs_approval THEN
      UPDATE care.invitation SET state = 'accepted', decided_at = sec.clock() WHERE id = i.id;
      INSERT INTO care.event (kind, account_id, at) SELECT 'notice', s.host_id, sec.clock() FROM care.group_state s WHERE s.group_id = g;
    ELSIF p_kind = 'joined' AND NOT i.needs_approval THEN
      PERFORM sec.join(i, p_seen);
    ELSE
      RAISE EXCEPTION 'not that way' USING ERRCODE = 'RK409';
    END IF;
  END IF;
  PERFORM sec.membership_event(c, g, p_kind, c.account_id, p_id, p_client, p_commitment, p_envelope);
  RETURN p_kind;
END $$;

-- The host approves or refuses one who has accepted. Approving is two records: the decision, and the membership.
CREATE FUNCTION act.decide_member(p_group uuid, p_account uuid, p_kind text, p_client uuid, p_id uuid, p_commitment bytea, p_envelope bytea,
  p_seen bigint, p_joined_id uuid, p_joined_client uuid, p_joined_commitment bytea, p_joined_envelope bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); r text := sec.keeper(c, p_group); i care.invitation;
BEGIN
  IF r <> 'host' THEN RAISE EXCEPTION 'host only' USING ERRCODE = 'RK403'; END IF;
  IF sec.done_before(c, p_group, p_client, p_kind, p_account) THEN RETURN; END IF;
  PERFORM sec.must_be_open(p_group);
  SELECT * INTO i FROM care.invitation x WHERE x.group_id = p_group AND x.account_id = p_account AND x.state = 'accepted' FOR UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'nothing to decide' USING ERRCODE = 'RK404'; END IF;
  PERFORM sec.membership_event(c, p_group, p_kind, p_account, p_id, p_client, p_commitment, p_envelope);
  IF p_kind = 'approved' THEN
    PERFORM sec.join(i, p_seen);
    PERFORM sec.membership_event(c, p_group, 'joined', p_account, p_joined_id, p_joined_client, p_joined_commitment, p_joined_envelope);
  ELSIF p_kind = 'refused' THEN
    UPDATE care.invitation SET state = 'refused', decided_at = sec.clock() WHERE id = i.id;
    INSERT INTO care.event (kind, account_id, at) VALUES ('notice', p_account, sec.clock());
  ELSE RAISE EXCEPTION 'approved or refused' USING ERRCODE = 'RK422'; END IF;
END $$;

-- The host (or the managing admin) takes somebody out; anyone may leave. The host must hand over first.
CREATE FUNCTION act.end_membership(p_group uuid, p_account uuid, p_kind text, p_client uuid, p_id uuid, p_commitment bytea, p_envelope bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); n int;
BEGIN
  IF sec.done_before(c, p_group, p_client, p_kind, p_account) THEN RETURN; END IF;
  IF p_account = c.account_id AND p_kind = 'left' THEN PERFORM sec.member(c, p_group);
  ELSIF p_kind = 'removed' THEN PERFORM sec.must_keep(c, p_group);
  ELSE RAISE EXCEPTION 'removed or left' USING ERRCODE = 'RK422'; END IF;
  IF EXISTS (SELECT 1 FROM care.group_state g WHERE g.group_id = p_group AND g.host_id = p_account FOR UPDATE) THEN
    RAISE EXCEPTION 'hand over first' USING ERRCODE = 'RK409';
  END IF;
  UPDATE care.membership m SET ended_at = sec.clock() WHERE m.group_id = p_group AND m.account_id = p_account AND m.ended_at IS NULL;
  GET DIAGNOSTICS n = ROW_COUNT;
  IF n = 0 THEN RAISE EXCEPTION 'not a member' USING ERRCODE = 'RK404'; END IF;
  INSERT INTO care.event (kind, group_id, account_id, at) VALUES ('membership.ended', p_group, p_account, sec.clock());
  PERFORM sec.membership_event(c, p_group, p_kind, p_account, p_id, p_client, p_commitment, p_envelope);
END $$;

-- `p_from` is the host whom the record names: whoever wrote it must have known the host of now.
CREATE FUNCTION act.hand_over(p_group uuid, p_from uuid, p_to uuid, p_client uuid, p_id uuid, p_commitment bytea, p_envelope bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); g care.group_state; n int;
BEGIN
  IF sec.done_before(c, p_group, p_client, 'handed_over', p_to) THEN RETURN; END IF;
  PERFORM sec.must_keep(c, p_group);
  PERFORM sec.must_be_open(p_group);
  SELECT * INTO g FROM care.group_state x WHERE x.group_id = p_group FOR UPDATE;
  IF g.host_id = p_to THEN RAISE EXCEPTION 'the host already' USING ERRCODE = 'RK409'; END IF;
  IF g.host_id <> p_from THEN RAISE EXCEPTION 'another host by now' USING ERRCODE = 'RK409'; END IF;
  UPDATE care.membership m SET role = 'host' WHERE m.group_id = p_group AND m.account_id = p_to AND m.role = 'member' AND m.ended_at IS NULL;
  GET DIAGNOSTICS n = ROW_COUNT;
  IF n <> 1 THEN RAISE EXCEPTION 'a member, please' USING ERRCODE = 'RK422'; END IF;
  UPDATE care.membership m SET role = 'member' WHERE m.group_id = p_group AND m.account_id = g.host_id AND m.role = 'host' AND m.ended_at IS NULL;
  UPDATE care.group_state SET host_id = p_to WHERE group_id = p_group;
  INSERT INTO care.event (kind, account_id, at) VALUES ('notice', p_to, sec.clock());
  PERFORM sec.membership_event(c, p_group, 'handed_over', p_to, p_id, p_client, p_commitment, p_envelope);
END $$;

CREATE FUNCTION act.set_archived(p_group uuid, p_archived bool, p_client uuid, p_id uuid, p_commitment bytea, p_envelope bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); k text := CASE WHEN p_archived THEN 'archived' ELSE 'reopened' END;
BEGIN
  PERFORM sec.must_keep(c, p_group);
  IF sec.done_before(c, p_group, p_client, k, NULL) THEN RETURN; END IF;
  -- Whoever posts holds the end of a timeline until the commit: nothing lands behind the archiving.
  PERFORM 1 FROM care.stream_head h WHERE h.stream_id IN (SELECT x.id FROM care.stream x WHERE x.group_id = p_group AND x.kind IN ('team', 'family'))
    ORDER BY h.stream_id FOR UPDATE;
  UPDATE care.group_state SET archived_at = CASE WHEN p_archived THEN sec.clock() END
    WHERE group_id = p_group AND (archived_at IS NULL) = p_archived;
  IF NOT FOUND THEN RAISE EXCEPTION 'so already' USING ERRCODE = 'RK409'; END IF;
  PERFORM sec.membership_event(c, p_group, k, NULL, p_id, p_client, p_commitment, p_envelope);
END $$;

-- What became of the caller's memberships, newest first. A group that the caller is not in now is not named.
CREATE FUNCTION act.my_notices(p_limit int) RETURNS TABLE (kind text, at timestamptz, group_id uuid)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); mine uuid[] := sec.my_groups();
BEGIN
  RETURN QUERY SELECT x.kind, x.at, CASE WHEN x.g = ANY (mine) THEN x.g END FROM (
      SELECT e.kind, e.at, e.group_id AS g FROM care.membership_event e
        WHERE e.subject_id = c.account_id AND e.kind IN ('joined', 'handed_over', 'refused', 'removed')
      UNION ALL SELECT 'expired', m.until, m.group_id FROM care.membership m
        WHERE m.account_id = c.account_id AND m.ended_at IS NULL AND m.until <= pg_catalog.clock_timestamp()) x
    ORDER BY x.at DESC LIMIT p_limit;
END $$;

-- ---- Files -----------------------------------------------------------------------------------------------
CREATE FUNCTION act.add_file(p_file uuid, p_client uuid, p_key_version int, p_wrapped bytea, p_name bytea, p_class text, p_media_type text, p_family text, p_bytes bigint,
  p_sha256 bytea, p_sealed_sha256 bytea, p_thumbnail_sha256 bytea, p_state text) RETURNS TABLE (id uuid, created bool)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); e uuid;
BEGIN
  SELECT f.id INTO e FROM care.file f WHERE f.uploader_id = c.account_id AND f.client_id = p_client;
  IF FOUND THEN RETURN QUERY SELECT e, false; RETURN; END IF;
  INSERT INTO care.file VALUES (p_file, c.account_id, c.facility_id, p_key_version, p_wrapped, p_name, p_class, p_media_type, p_family, p_bytes, p_sha256, p_sealed_sha256,
    p_thumbnail_sha256, p_client, sec.clock());
  INSERT INTO care.file_state VALUES (p_file, p_state, sec.clock());
  PERFORM sec.log(c, 'uploaded_file', NULL, NULL, c.facility_id, p_file, 'done', NULL);
  RETURN QUERY SELECT p_file, true;
END $$;

-- ---- Sessions and devices of a signed-in person ------------------------------------------------------------
CREATE FUNCTION act.viewer() RETURNS TABLE (account_id uuid, login_id text, name text, kana text, profession text, facility_id uuid, facility text, admin bool, session_id uuid, factors text[],
  idle_seconds int, expires_at timestamptz, notices bigint, live_from text)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT c.account_id, a.login_id, coalesce(v.work_name, v.name), v.kana, v.profession, c.facility_id, f.name, c.admin, c.session_id, s.factors,
      extract(epoch FROM s.idle)::int, s.expires_at,
      (SELECT count(*) FROM care.invitation i WHERE i.account_id = c.account_id AND i.state = 'invited' AND i.expires_at > pg_catalog.clock_timestamp())
      + (SELECT count(*) FROM care.invitation i JOIN care.group_state g ON g.group_id = i.group_id WHERE g.host_id = c.account_id AND i.state = 'accepted'),
      -- A cursor of the stream (epoch.xmin in hex) at this page's beginning: what commits while it is drawn is not missed.
      (SELECT replace(e.id::text, '-', '') || '.' || to_hex(pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())::text::bigint) FROM care.epoch e ORDER BY e.at DESC LIMIT 1)
    FROM care.account a, care.account_version v, care.facility_version f, sec.session s
    WHERE a.id = c.account_id AND v.id = c.account AND f.id = c.facility AND s.id = c.session_id;
END $$;
CREATE FUNCTION act.my_facilities() RETURNS TABLE (id uuid, name text, kind text, admin bool) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT s.facility_id, f.name, f.kind, s.admin FROM care.staff s JOIN care.facility_now f ON f.facility_id = s.facility_id
    WHERE s.account_id = c.account_id AND s.state = 'active' ORDER BY s.since;
END $$;
CREATE FUNCTION act.act_for(p_facility uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT EXISTS (SELECT 1 FROM care.staff s WHERE s.account_id = c.account_id AND s.facility_id = p_facility AND s.state = 'active') THEN
    RAISE EXCEPTION 'not staff there' USING ERRCODE = 'RK404';
  END IF;
  UPDATE sec.session SET facility_id = p_facility, facility = (SELECT v.version FROM care.facility_now v WHERE v.facility_id = p_facility) WHERE id = c.session_id;
  -- Open streams belong to the facility that was left: they close, and come back for this one.
  INSERT INTO care.event (kind, session_id, at) VALUES ('session.moved', c.session_id, pg_catalog.clock_timestamp());
  PERFORM sec.log(c, 'switched_facility', NULL, NULL, p_facility, p_facility, 'done', NULL);
END $$;
CREATE FUNCTION act.my_devices() RETURNS TABLE (id uuid, name text, first_seen timestamptz, last_seen timestamptz, remembered_until timestamptz, this_one bool, sessions bigint)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT d.id, d.name, d.first_seen, greatest(d.last_seen, max(s.last_seen)), d.remembered_until, d.id = c.device_id,
      count(s.id) FILTER (WHERE s.state <> 'ended' AND s.expires_at > pg_catalog.clock_timestamp())
    FROM sec.device d LEFT JOIN sec.session s ON s.device_id = d.id WHERE d.account_id = c.account_id AND d.ended_at IS NULL GROUP BY d.id
    HAVING d.remembered_until > pg_catalog.clock_timestamp() OR count(s.id) FILTER (WHERE s.state <> 'ended' AND s.expires_at > pg_catalog.clock_timestamp()) > 0 ORDER BY 4 DESC;
END $$;
CREATE FUNCTION act.end_device(p_device uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  UPDATE sec.device SET ended_at = pg_catalog.clock_timestamp(), remembered_until = NULL WHERE id = p_device AND account_id = c.account_id AND ended_at IS NULL;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such device' USING ERRCODE = 'RK404'; END IF;
  PERFORM sec.end_sessions(c.account_id, NULL, p_device, NULL);
  PERFORM sec.log(c, 'ended_device', NULL, NULL, c.facility_id, p_device, 'done', NULL);
END $$;
CREATE FUNCTION act.sign_out_everywhere() RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  UPDATE sec.device SET remembered_until = NULL WHERE account_id = c.account_id;
  PERFORM sec.log(c, 'signed_out_everywhere', NULL, NULL, c.facility_id, NULL, 'done', NULL);
  RETURN sec.end_sessions(c.account_id, NULL, NULL, NULL);
END $$;
-- How the account is protected. `recovery_codes`: those not used yet.
CREATE FUNCTION act.my_account() RETURNS TABLE (second_factor bool, recovery_codes bigint, devices bigint) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT x.totp_confirmed_at IS NOT NULL, (SELECT count(*) FROM sec.recovery_code r WHERE r.account_id = c.account_id AND r.used_at IS NULL),
    (SELECT count(*) FROM act.my_devices()) FROM sec.credential x WHERE x.account_id = c.account_id;
END $$;
-- For acts on the account itself: the password or a code was checked again just now, not only when the day began.
CREATE FUNCTION sec.must_be_fresh(c sec.context) RETURNS void LANGUAGE plpgsql STABLE SET search_path = '' AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM sec.session s WHERE s.id = c.session_id AND s.stepped_up_at > pg_catalog.clock_timestamp() - interval '5 minutes') THEN
    RAISE EXCEPTION 'confirm first' USING ERRCODE = 'RK403';
  END IF;
END $$;
-- Whoever knew the old password is out: every other session ends, and no device is remembered.
CREATE FUNCTION act.set_password(p_hash text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  PERFORM sec.must_be_fresh(c);
  UPDATE sec.credential SET password_hash = p_hash, changed_at = pg_catalog.clock_timestamp() WHERE account_id = c.account_id;
  UPDATE sec.device SET remembered_until = NULL WHERE account_id = c.account_id AND id <> c.device_id;
  PERFORM sec.end_sessions(c.account_id, NULL, NULL, NULL, c.session_id);
  PERFORM sec.log(c, 'changed_password', NULL, NULL, c.facility_id, NULL, 'done', NULL);
END $$;
CREATE FUNCTION act.renew_recovery_codes(p_codes bytea[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  PERFORM sec.must_be_fresh(c);
  IF NOT EXISTS (SELECT 1 FROM sec.credential x WHERE x.account_id = c.account_id AND x.totp_confirmed_at IS NOT NULL) THEN
    RAISE EXCEPTION 'no second factor' USING ERRCODE = 'RK409';
  END IF;
  UPDATE sec.recovery_code SET used_at = t WHERE account_id = c.account_id AND used_at IS NULL;
  INSERT INTO sec.recovery_code (account_id, code_hash, made_at) SELECT c.account_id, x, t FROM pg_catalog.unnest(p_codes) x;
  PERFORM sec.log(c, 'renewed_recovery_codes', NULL, NULL, c.facility_id, NULL, 'done', NULL);
END $$;

-- ---- Facility admin ----------------------------------------------------------------------------------------
CREATE FUNCTION act.staff_of_mine() RETURNS TABLE (account_id uuid, login_id text, name text, kana text, profession text, admin bool, state text, last_seen timestamptz)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT s.account_id, a.login_id, p.name, p.kana, p.profession, s.admin, s.state,
      (SELECT max(x.last_seen) FROM sec.session x WHERE x.account_id = s.account_id AND x.facility_id = s.facility_id)
    FROM care.staff s JOIN care.account a ON a.id = s.account_id JOIN care.person_now p ON p.account_id = s.account_id
    WHERE s.facility_id = c.facility_id AND s.state <> 'left' ORDER BY p.kana;
END $$;
-- One of them, with what a suspension would reach: devices signed in, groups, and those of which she is the host.
CREATE FUNCTION act.staff_member(p_account uuid) RETURNS TABLE (login_id text, name text, profession text, state text, devices bigint, groups bigint, hosted bigint)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT a.login_id, p.name, p.profession, s.state,
      (SELECT count(DISTINCT x.device_id) FROM sec.session x WHERE x.account_id = s.account_id AND x.facility_id = s.facility_id AND x.state <> 'ended' AND x.expires_at > pg_catalog.clock_timestamp()),
      count(m.group_id), count(m.group_id) FILTER (WHERE m.role = 'host')
    FROM care.staff s JOIN care.account a ON a.id = s.account_id JOIN care.person_now p ON p.account_id = s.account_id
    LEFT JOIN care.membership m ON m.account_id = s.account_id AND m.facility_id = s.facility_id AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp())
    WHERE s.facility_id = c.facility_id AND s.account_id = p_account AND s.state <> 'left' GROUP BY a.login_id, p.name, p.profession, s.state, s.account_id, s.facility_id;
END $$;
-- What the devices in the access log are called: those of the own staff, and of members of the groups the facility manages.
CREATE FUNCTION act.device_names(p_devices uuid[]) RETURNS TABLE (id uuid, name text) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT d.id, d.name FROM sec.device d WHERE d.id = ANY (p_devices)
    AND (EXISTS (SELECT 1 FROM care.staff s WHERE s.account_id = d.account_id AND s.facility_id = c.facility_id)
      OR EXISTS (SELECT 1 FROM care.membership m WHERE m.account_id = d.account_id AND m.group_id = ANY (sec.managed_groups())));
END $$;
CREATE FUNCTION act.set_suspended(p_account uuid, p_suspended bool) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  IF p_account = c.account_id THEN RAISE EXCEPTION 'not oneself' USING ERRCODE = 'RK409'; END IF;
  UPDATE care.staff SET state = CASE WHEN p_suspended THEN 'suspended' ELSE 'active' END
    WHERE account_id = p_account AND facility_id = c.facility_id AND state = CASE WHEN p_suspended THEN 'active' ELSE 'suspended' END;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such person' USING ERRCODE = 'RK404'; END IF;
  INSERT INTO care.staff_event (facility_id, account_id, kind, by_account, at) VALUES (c.facility_id, p_account, CASE WHEN p_suspended THEN 'suspended' ELSE 'resumed' END, c.account_id, sec.clock());
  PERFORM sec.end_sessions(p_account, NULL, NULL, c.facility_id);
  PERFORM sec.log(c, CASE WHEN p_suspended THEN 'suspended' ELSE 'resumed' END, NULL, NULL, c.facility_id, p_account, 'done', NULL);
END $$;

-- ---- The command line and the job roles ---------------------------------------------------------------------
CREATE FUNCTION act.add_facility(p_facility uuid, p_version uuid, p_kind text, p_name text, p_kana text, p_phone text, p_master text, p_wrapped bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  INSERT INTO care.facility VALUES (p_facility, sec.clock());
  INSERT INTO care.facility_version VALUES (p_version, p_facility, p_kind, p_name, p_kana, p_phone, sec.clock());
  INSERT INTO care.facility_key VALUES (p_facility, 1, p_master, p_wrapped, sec.clock());
  PERFORM sec.log(NULL, 'added_facility', NULL, NULL, p_facility, p_facility, 'done', NULL);
END $$;
CREATE FUNCTION act.add_account(p_account uuid, p_version uuid, p_login text, p_name text, p_kana text, p_profession text, p_password_hash text, p_totp_secret bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  INSERT INTO care.account VALUES (p_account, p_login, sec.clock());
  INSERT INTO care.account_version VALUES (p_version, p_account, p_name, p_kana, NULL, p_profession, '', sec.clock());
  INSERT INTO sec.credential VALUES (p_account, p_password_hash, p_totp_secret, CASE WHEN p_totp_secret IS NOT NULL THEN sec.clock() END, 0, sec.clock());
  PERFORM sec.log(NULL, 'added_account', NULL, NULL, NULL, p_account, 'done', NULL);
END $$;
CREATE FUNCTION act.add_staff(p_facility uuid, p_account uuid, p_admin bool) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  INSERT INTO care.staff VALUES (p_facility, p_account, p_admin, 'active', sec.clock());
  INSERT INTO care.staff_event (facility_id, account_id, kind, by_account, at) VALUES (p_facility, p_account, 'joined', p_account, sec.clock());
  PERFORM sec.log(NULL, 'added_staff', NULL, NULL, p_facility, p_account, 'done', NULL);
END $$;
-- The verdict of the scan, once; the groups whose posts carry the file hear of it.
CREATE FUNCTION act.set_file_state(p_file uuid, p_state text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  UPDATE care.file_state SET state = p_state, at = pg_catalog.clock_timestamp() WHERE file_id = p_file AND state = 'scanning';
  IF NOT FOUND THEN RETURN; END IF;
  INSERT INTO care.event (kind, group_id, timeline, post_id, seq, at)
    SELECT DISTINCT 'file.scanned', x.group_id, s.kind, x.post_id, x.seq, pg_catalog.clock_timestamp()
    FROM care.post_file x JOIN care.stream s ON s.id = x.stream_id WHERE x.file_id = p_file;
END $$;
-- What waits for the scan, newest first, with the wrapped keys that open it.
CREATE FUNCTION act.scanning_files() RETURNS TABLE (id uuid, facility_id uuid, facility_key_version int, facility_key bytea, wrapped_key bytea, family text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT f.id, f.facility_id, f.facility_key_version, k.wrapped, f.wrapped_key, f.family FROM care.file_state s JOIN care.file f ON f.id = s.file_id
  JOIN care.facility_key k ON k.facility_id = f.facility_id AND k.version = f.facility_key_version WHERE s.state = 'scanning' ORDER BY s.at DESC LIMIT 1000
$$;
-- The open groups with those who may post now: how a demo describes itself. No names, no text.
CREATE FUNCTION act.demo_groups() RETURNS TABLE (id uuid, kind text, patient_id uuid, facility_id uuid, members uuid[]) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT g.id, g.kind, g.patient_id, g.facility_id, ARRAY(SELECT DISTINCT m.account_id FROM care.membership m WHERE m.group_id = g.id AND m.ended_at IS NULL
      AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp()))
  FROM care.groups g JOIN care.group_state s ON s.group_id = g.id AND s.archived_at IS NULL ORDER BY g.created_at
$$;
-- Everything committed since `p_from` (a snapshot's xmin), with those who may hear of it now. Called by the stream hub;
-- `next` is where the following call begins. A slow transaction is seen late, never skipped: its xid is >= an earlier xmin.
-- Both take the newest few events from a table of millions, and no statistics tell the planner how few: it is left no
-- other way than the index by transaction.
CREATE FUNCTION act.fan_out(p_from text) RETURNS TABLE (id bigint, kind text, group_id uuid, timeline text, post_id uuid, seq bigint, account_id uuid, session_id uuid, next text, listeners text[])
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = '' SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE p xid8 := p_from::xid8;
BEGIN
  RETURN QUERY SELECT e.id, e.kind, e.group_id, e.timeline, e.post_id, e.seq, e.account_id, e.session_id, pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())::text,
    CASE WHEN e.account_id IS NULL AND e.group_id IS NOT NULL THEN ARRAY(
      SELECT m.account_id::text || m.facility_id::text FROM care.membership m WHERE m.group_id = e.group_id AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp())
        AND (e.seq IS NULL OR e.timeline IS NULL OR e.seq > m.from_seq)) END
  FROM (SELECT * FROM care.event x WHERE x.xid >= p ORDER BY x.xid) e ORDER BY e.id;
END $$;
CREATE FUNCTION act.stream_position() RETURNS TABLE (epoch uuid, xmin text) LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = '' AS $$
  SELECT (SELECT e.id FROM care.epoch e ORDER BY e.at DESC LIMIT 1), pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())::text
$$;
-- What one reader missed: joined to the memberships of now, in the same statement. `gap`: events that old are gone.
CREATE FUNCTION act.events_since(p_from text) RETURNS TABLE (id bigint, kind text, group_id uuid, timeline text, post_id uuid, seq bigint, account_id uuid, session_id uuid, next text, gap bool)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = '' SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE c sec.context := sec.must(); p xid8 := p_from::xid8;
BEGIN
  IF p < (SELECT e.xid FROM care.event e ORDER BY e.xid LIMIT 1) AND (SELECT e.id FROM care.event e ORDER BY e.id LIMIT 1) > 1 THEN
    RETURN QUERY SELECT NULL::bigint, NULL::text, NULL::uuid, NULL::text, NULL::uuid, NULL::bigint, NULL::uuid, NULL::uuid, NULL::text, true;
    RETURN;
  END IF;
  RETURN QUERY SELECT e.id, e.kind, e.group_id, e.timeline, e.post_id, e.seq, e.account_id, e.session_id, pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())::text, false
    FROM (SELECT * FROM care.event x WHERE x.xid >= p ORDER BY x.xid) e
    WHERE e.account_id = c.account_id OR e.session_id = c.session_id OR (e.account_id IS NULL AND e.group_id = ANY ((SELECT sec.my_groups())::uuid[])
      AND (e.seq IS NULL OR e.timeline IS NULL OR NOT e.group_id = ANY ((SELECT sec.my_late_groups())::uuid[]) OR e.seq > sec.my_first(e.group_id)))
    ORDER BY e.id;
END $$;
-- Of these open streams' sessions, those that may not go on.
CREATE FUNCTION act.dead_sessions(p_sessions uuid[]) RETURNS TABLE (id uuid, state text) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT s.id, CASE WHEN s.state = 'ended' OR s.expires_at <= pg_catalog.clock_timestamp() THEN 'ended' ELSE 'locked' END FROM sec.session s
  WHERE s.id = ANY (p_sessions) AND (s.state <> 'active' OR s.expires_at <= pg_catalog.clock_timestamp() OR s.last_seen < pg_catalog.clock_timestamp() - s.idle)
$$;
CREATE FUNCTION act.forget_old_events() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  WITH gone AS (DELETE FROM care.event e WHERE e.at < pg_catalog.clock_timestamp() - interval '7 days' RETURNING 1) SELECT count(*) FROM gone
$$;
-- Pages that stayed open: one more row for each, with the seconds since the opening.
CREATE FUNCTION act.views_continued(p_sessions uuid[], p_groups uuid[], p_seconds int[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE r record;
BEGIN
  FOR r IN SELECT s.account_id, s.facility_id, s.account, s.facility, s.id AS session_id, s.device_id, g.id AS group_id, g.patient_id, g.facility_id AS owner, x.n
    FROM ROWS FROM (pg_catalog.unnest(p_sessions), pg_catalog.unnest(p_groups), pg_catalog.unnest(p_seconds)) x(s, g, n)
    JOIN sec.session s ON s.id = x.s JOIN care.groups g ON g.id = x.g LOOP
    PERFORM sec.log(ROW(r.account_id, r.facility_id, r.account, r.facility, r.session_id, r.device_id, NULL)::sec.context, 'viewing_timeline', r.group_id, r.patient_id, r.owner, NULL, 'done', r.n);
  END LOOP;
END $$;
SET LOCAL ROLE renkei_owner;
