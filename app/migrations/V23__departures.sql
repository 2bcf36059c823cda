-- Departure (離職): a facility's admin ends the tie of one person with the facility, in one act: memberships, the host's role, open
-- invitations, sessions. What the person wrote stays. The report of each stays too: ids, no words.
-- No foreign keys to older tables, see V13.
CREATE TABLE care.departure (
  id uuid PRIMARY KEY,
  facility_id uuid NOT NULL,
  account_id uuid NOT NULL,
  by_account uuid NOT NULL,
  client_id uuid NOT NULL,
  at timestamptz NOT NULL,
  groups uuid[] NOT NULL,                                      -- left; beside each its managing facility, and the host from then on where she was it
  owners uuid[] NOT NULL,
  successors uuid[] NOT NULL,
  invitations uuid[] NOT NULL,                                 -- ended, and the group of each
  invitation_groups uuid[] NOT NULL,
  sessions int NOT NULL CHECK (sessions >= 0),                 -- signed out, on so many devices
  devices int NOT NULL CHECK (devices >= 0),
  CONSTRAINT departure_client_id_key UNIQUE (by_account, client_id),
  CHECK (pg_catalog.cardinality(owners) = pg_catalog.cardinality(groups) AND pg_catalog.cardinality(successors) = pg_catalog.cardinality(groups)),
  CHECK (pg_catalog.cardinality(invitations) = pg_catalog.cardinality(invitation_groups))
);
CREATE INDEX departure_by_facility ON care.departure (facility_id, at DESC);
SELECT care.make_append_only('care.departure');
GRANT SELECT, INSERT ON care.departure TO renkei_sec;
SELECT care.protect('care.departure');
CREATE POLICY admin ON care.departure FOR SELECT TO renkei_app USING (facility_id = (SELECT sec.admin_of()));
GRANT SELECT ON care.departure TO renkei_app;

SET LOCAL ROLE renkei_sec;

-- ---- Ending a membership and handing over, whoever may: the callers have asked -----------------------------------
-- `p_facility` NULL: for whatever facility the person is in the group.
CREATE FUNCTION sec.end_membership(c sec.context, p_group uuid, p_account uuid, p_facility uuid, p_kind text, p_client uuid, p_id uuid, p_commitment bytea, p_envelope bytea)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE care.membership m SET ended_at = sec.clock()
    WHERE m.group_id = p_group AND m.account_id = p_account AND m.ended_at IS NULL AND (p_facility IS NULL OR m.facility_id = p_facility);
  IF NOT FOUND THEN RAISE EXCEPTION 'not a member' USING ERRCODE = 'RK404'; END IF;
  INSERT INTO care.event (kind, group_id, account_id, at) VALUES ('membership.ended', p_group, p_account, sec.clock());
  PERFORM sec.membership_event(c, p_group, p_kind, p_account, p_id, p_client, p_commitment, p_envelope);
END $$;
CREATE FUNCTION sec.hand_over(c sec.context, p_group uuid, p_from uuid, p_to uuid, p_client uuid, p_id uuid, p_commitment bytea, p_envelope bytea)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE g care.group_state; n int;
BEGIN
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
CREATE OR REPLACE FUNCTION act.end_membership(p_group uuid, p_account uuid, p_kind text, p_client uuid, p_id uuid, p_commitment bytea, p_envelope bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  IF sec.done_before(c, p_group, p_client, p_kind, p_account) THEN RETURN; END IF;
  IF p_account = c.account_id AND p_kind = 'left' THEN PERFORM sec.member(c, p_group);
  ELSIF p_kind = 'removed' THEN PERFORM sec.must_keep(c, p_group);
  ELSE RAISE EXCEPTION 'removed or left' USING ERRCODE = 'RK422'; END IF;
  IF EXISTS (SELECT 1 FROM care.group_state g WHERE g.group_id = p_group AND g.host_id = p_account FOR UPDATE) THEN
    RAISE EXCEPTION 'hand over first' USING ERRCODE = 'RK409';
  END IF;
  PERFORM sec.end_membership(c, p_group, p_account, NULL, p_kind, p_client, p_id, p_commitment, p_envelope);
END $$;
CREATE OR REPLACE FUNCTION act.hand_over(p_group uuid, p_from uuid, p_to uuid, p_client uuid, p_id uuid, p_commitment bytea, p_envelope bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  IF sec.done_before(c, p_group, p_client, 'handed_over', p_to) THEN RETURN; END IF;
  PERFORM sec.must_keep(c, p_group);
  PERFORM sec.must_be_open(p_group);
  PERFORM sec.hand_over(c, p_group, p_from, p_to, p_client, p_id, p_commitment, p_envelope);
END $$;

-- ---- Nobody becomes a member for a facility that they leave at the same moment -----------------------------------
-- A departure holds the row of the tie, and takes the heads of streams before it: whoever waits here holds at most one head
-- that the departure does not want.
CREATE FUNCTION sec.holds_tie(p_account uuid, p_facility uuid) RETURNS bool LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM care.staff s WHERE s.account_id = p_account AND s.facility_id = p_facility AND s.state <> 'left' FOR SHARE;
  RETURN FOUND;
END $$;
CREATE OR REPLACE FUNCTION sec.join(p_invitation care.invitation, p_seen bigint) RETURNS void LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE first bigint := 0;
BEGIN
  IF NOT sec.holds_tie(p_invitation.account_id, p_invitation.facility_id) THEN RAISE EXCEPTION 'used or expired' USING ERRCODE = 'RK409'; END IF;
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
CREATE OR REPLACE FUNCTION act.open_group(p_group uuid, p_patient uuid, p_client uuid, p_host uuid, p_streams uuid[], p_key_version int, p_wrapped bytea[],
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
  PERFORM 1 FROM care.staff f WHERE f.account_id = p_host AND f.facility_id = owner AND f.state = 'active' FOR SHARE;
  IF NOT FOUND THEN RAISE EXCEPTION 'host is not staff here' USING ERRCODE = 'RK422'; END IF;
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

-- ---- What a departure would end --------------------------------------------------------------------------------
-- The memberships of now through one tie.
CREATE FUNCTION sec.memberships_of(p_account uuid, p_facility uuid) RETURNS TABLE (group_id uuid, role text) LANGUAGE sql STABLE AS $$
  SELECT m.group_id, m.role FROM care.membership m WHERE m.account_id = p_account AND m.facility_id = p_facility AND m.ended_at IS NULL
    AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp())
$$;
-- The open invitations of one tie: those to the person, also where only the host's approval is missing, and those by the person
-- that nobody has answered. Whoever has accepted one of hers waits for the host of then.
CREATE FUNCTION sec.invitations_of(p_account uuid, p_facility uuid) RETURNS TABLE (id uuid, group_id uuid, account_id uuid, facility_id uuid) LANGUAGE sql STABLE AS $$
  SELECT i.id, i.group_id, i.account_id, i.facility_id FROM care.invitation i
  WHERE (i.account_id = p_account AND i.facility_id = p_facility OR i.invited_by = p_account AND i.invited_for = p_facility)
    AND (i.state = 'invited' AND i.expires_at > pg_catalog.clock_timestamp() OR i.state = 'accepted' AND i.account_id = p_account)
$$;
-- Who may be the host after her. Members of the same facility; where this facility manages the group also the members of others
-- (the admin sees who they are); and the facility's admins, who are taken in if need be. `membership` is what they are in the group
-- now, NULL: nothing. The default is the least rank, the longest there: the same facility, else the admin who acts.
CREATE FUNCTION sec.successors_of(p_account uuid, p_facility uuid, p_me uuid) RETURNS TABLE (group_id uuid, account_id uuid, facility_id uuid, membership text, rank int, since timestamptz)
LANGUAGE sql STABLE AS $$
  WITH hosted AS (SELECT x.group_id, g.facility_id AS owner FROM sec.memberships_of(p_account, p_facility) x JOIN care.groups g ON g.id = x.group_id WHERE x.role = 'host'),
  members AS (SELECT h.group_id, h.owner, m.account_id, m.facility_id, m.role, m.since FROM hosted h
    JOIN care.membership m ON m.group_id = h.group_id AND m.account_id <> p_account AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp())
    JOIN care.staff s ON s.account_id = m.account_id AND s.facility_id = m.facility_id AND s.state = 'active'),
  admins AS (SELECT s.account_id, s.since FROM care.staff s WHERE s.facility_id = p_facility AND s.admin AND s.state = 'active' AND s.account_id <> p_account)
  SELECT m.group_id, m.account_id, m.facility_id, m.role, CASE WHEN m.facility_id = p_facility THEN 1 WHEN m.account_id = p_me THEN 2 ELSE 4 END, m.since
    FROM members m WHERE m.role = 'member' AND (m.facility_id = p_facility OR m.owner = p_facility OR m.account_id IN (SELECT a.account_id FROM admins a))
  UNION ALL
  SELECT h.group_id, a.account_id, p_facility, (SELECT m.role FROM members m WHERE m.group_id = h.group_id AND m.account_id = a.account_id AND m.facility_id = p_facility),
      CASE WHEN a.account_id = p_me THEN 2 ELSE 3 END, a.since
    FROM hosted h CROSS JOIN admins a WHERE NOT EXISTS (SELECT 1 FROM members m WHERE m.group_id = h.group_id AND m.account_id = a.account_id AND m.role = 'member')
$$;
-- The admin asks about one of the own staff. RK404 for everybody else, also for those who have left.
CREATE FUNCTION sec.must_have_staff(c sec.context, p_account uuid) RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  IF NOT EXISTS (SELECT 1 FROM care.staff s WHERE s.facility_id = c.facility_id AND s.account_id = p_account AND s.state <> 'left') THEN
    RAISE EXCEPTION 'no such person' USING ERRCODE = 'RK404';
  END IF;
END $$;
-- The groups of it, with what seals a record of each: the admin may be no member, and could not read the keys' rows. `role` is
-- NULL where only an invitation ends.
CREATE FUNCTION act.departure_groups(p_account uuid) RETURNS TABLE (group_id uuid, role text, patient_id uuid, owner uuid, owner_name text, archived bool,
  stream uuid, wrapped bytea, key_facility uuid, key_version int, key_facility_wrapped bytea) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  PERFORM sec.must_have_staff(c, p_account);
  RETURN QUERY SELECT g.id, x.role, g.patient_id, g.facility_id, f.name, s.archived_at IS NOT NULL, t.id, k.wrapped, k.facility_id, k.facility_key_version, fk.wrapped
    FROM (SELECT m.group_id, m.role FROM sec.memberships_of(p_account, c.facility_id) m
      UNION ALL SELECT DISTINCT i.group_id, NULL::text FROM sec.invitations_of(p_account, c.facility_id) i
        WHERE NOT EXISTS (SELECT 1 FROM sec.memberships_of(p_account, c.facility_id) m WHERE m.group_id = i.group_id)) x
    JOIN care.groups g ON g.id = x.group_id JOIN care.group_state s ON s.group_id = g.id JOIN care.facility_now f ON f.facility_id = g.facility_id
    JOIN care.stream t ON t.group_id = g.id AND t.kind = 'membership' JOIN care.data_key k ON k.stream_id = t.id
    JOIN care.facility_key fk ON fk.facility_id = k.facility_id AND fk.version = k.facility_key_version ORDER BY g.id;
END $$;
CREATE FUNCTION act.departure_successors(p_account uuid) RETURNS TABLE (group_id uuid, account_id uuid, facility_id uuid, membership text, name text, profession text, facility text)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  PERFORM sec.must_have_staff(c, p_account);
  RETURN QUERY SELECT x.group_id, x.account_id, x.facility_id, x.membership, p.name, p.profession, f.name FROM sec.successors_of(p_account, c.facility_id, c.account_id) x
    JOIN care.person_now p ON p.account_id = x.account_id JOIN care.facility_now f ON f.facility_id = x.facility_id ORDER BY x.group_id, x.rank, x.since, x.account_id;
END $$;
CREATE FUNCTION act.departure_invitations(p_account uuid) RETURNS TABLE (id uuid, group_id uuid, account_id uuid, facility_id uuid) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  PERFORM sec.must_have_staff(c, p_account);
  RETURN QUERY SELECT x.id, x.group_id, x.account_id, x.facility_id FROM sec.invitations_of(p_account, c.facility_id) x ORDER BY x.id;
END $$;

-- ---- The act ----------------------------------------------------------------------------------------------------
-- Does it, with one sealed record for each step, in the order of the arrays: `p_what` is the record's kind (joined, role_changed,
-- handed_over, removed or left, refused), `p_subjects` and `p_facilities` whom it is about. RK409 'moved on': what would end is not
-- what was sealed any more; the service looks again. Gives the report, the first one where the same client id comes again.
CREATE FUNCTION act.depart(p_departure uuid, p_account uuid, p_client uuid, p_what text[], p_groups uuid[], p_subjects uuid[], p_facilities uuid[], p_invitations uuid[],
  p_ids uuid[], p_clients uuid[], p_commitments bytea[], p_envelopes bytea[]) RETURNS SETOF care.departure LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); t timestamptz := pg_catalog.clock_timestamp(); e care.departure; tie care.staff; r record; n_sessions int; n_devices int;
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  IF NOT EXISTS (SELECT 1 FROM care.staff s WHERE s.facility_id = c.facility_id AND s.account_id = p_account) THEN RAISE EXCEPTION 'no such person' USING ERRCODE = 'RK404'; END IF;
  PERFORM sec.must_be_in_service(c.facility_id, 'write');
  -- Every other act on a membership moves one of these heads and waits for it; those of two departures are taken in one order.
  PERFORM 1 FROM care.stream_head h WHERE h.stream_id IN (SELECT s.id FROM care.stream s WHERE s.group_id = ANY (p_groups) AND s.kind = 'membership') ORDER BY h.stream_id FOR UPDATE;
  -- And two admins who end each other's ties come one after the other.
  PERFORM 1 FROM care.staff s WHERE s.facility_id = c.facility_id AND (s.admin OR s.account_id = p_account) ORDER BY s.account_id FOR UPDATE;
  SELECT * INTO e FROM care.departure d WHERE d.by_account = c.account_id AND d.client_id = p_client;
  IF FOUND THEN
    IF e.account_id <> p_account OR e.facility_id <> c.facility_id THEN RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409'; END IF;
    RETURN NEXT e; RETURN;
  END IF;
  IF NOT EXISTS (SELECT 1 FROM care.staff s WHERE s.facility_id = c.facility_id AND s.account_id = c.account_id AND s.admin AND s.state = 'active') THEN
    RAISE EXCEPTION 'no session' USING ERRCODE = 'RK401';
  END IF;
  SELECT * INTO tie FROM care.staff s WHERE s.facility_id = c.facility_id AND s.account_id = p_account;
  IF tie.state = 'left' THEN RAISE EXCEPTION 'no such person' USING ERRCODE = 'RK404'; END IF;
  IF NOT EXISTS (SELECT 1 FROM care.staff s WHERE s.facility_id = c.facility_id AND s.account_id <> p_account AND s.admin AND s.state = 'active') THEN
    RAISE EXCEPTION 'last admin' USING ERRCODE = 'RK409';
  END IF;
  -- What was sealed must be what ends.
  IF EXISTS (SELECT 1 FROM unnest(p_what, p_groups, p_subjects, p_facilities) x(what, g, subject, facility)
      WHERE x.what = 'handed_over' AND NOT EXISTS (SELECT 1 FROM sec.successors_of(p_account, c.facility_id, c.account_id) s
        WHERE s.group_id = x.g AND s.account_id = x.subject AND s.facility_id = x.facility)) THEN
    RAISE EXCEPTION 'successor cannot be host' USING ERRCODE = 'RK409';
  END IF;
  IF (SELECT pg_catalog.array_agg(m.group_id ORDER BY m.group_id) FROM sec.memberships_of(p_account, c.facility_id) m) IS DISTINCT FROM
      (SELECT pg_catalog.array_agg(x.g ORDER BY x.g) FROM unnest(p_what, p_groups) x(what, g) WHERE x.what = CASE WHEN p_account = c.account_id THEN 'left' ELSE 'removed' END)
    OR (SELECT pg_catalog.array_agg(m.group_id ORDER BY m.group_id) FROM sec.memberships_of(p_account, c.facility_id) m WHERE m.role = 'host') IS DISTINCT FROM
      (SELECT pg_catalog.array_agg(x.g ORDER BY x.g) FROM unnest(p_what, p_groups) x(what, g) WHERE x.what = 'handed_over')
    OR (SELECT pg_catalog.array_agg(i.id ORDER BY i.id) FROM sec.invitations_of(p_account, c.facility_id) i) IS DISTINCT FROM
      (SELECT pg_catalog.array_agg(x.i ORDER BY x.i) FROM unnest(p_what, p_invitations) x(what, i) WHERE x.what = 'refused')
    -- Whoever is no full member is taken in first; nobody else is.
    OR (SELECT pg_catalog.array_agg(h.g || coalesce(s.membership, '') || h.subject ORDER BY h.g) FROM unnest(p_what, p_groups, p_subjects) h(what, g, subject)
        JOIN sec.successors_of(p_account, c.facility_id, c.account_id) s ON s.group_id = h.g AND s.account_id = h.subject
        WHERE h.what = 'handed_over' AND s.membership IS DISTINCT FROM 'member') IS DISTINCT FROM
      (SELECT pg_catalog.array_agg(x.g || CASE WHEN x.what = 'role_changed' THEN 'guest' ELSE '' END || x.subject ORDER BY x.g)
        FROM unnest(p_what, p_groups, p_subjects) x(what, g, subject) WHERE x.what IN ('joined', 'role_changed')) THEN
    RAISE EXCEPTION 'moved on' USING ERRCODE = 'RK409';
  END IF;
  FOR r IN SELECT * FROM ROWS FROM (pg_catalog.unnest(p_what), pg_catalog.unnest(p_groups), pg_catalog.unnest(p_subjects), pg_catalog.unnest(p_facilities), pg_catalog.unnest(p_invitations),
      pg_catalog.unnest(p_ids), pg_catalog.unnest(p_clients), pg_catalog.unnest(p_commitments), pg_catalog.unnest(p_envelopes)) WITH ORDINALITY
      x(what, g, subject, facility, invitation, id, client, commitment, envelope, n) ORDER BY x.n LOOP
    IF r.what IN ('joined', 'role_changed') THEN
      INSERT INTO care.membership AS m (group_id, account_id, facility_id, role, since, from_seq) VALUES (r.g, r.subject, r.facility, 'member', sec.clock(), 0)
        ON CONFLICT (account_id, group_id, facility_id) DO UPDATE SET role = 'member', since = CASE WHEN r.what = 'joined' THEN excluded.since ELSE m.since END,
          until = NULL, from_seq = 0, ended_at = NULL;
      -- An invitation of hers, if one is open, has come true this way.
      UPDATE care.invitation i SET state = 'joined', decided_at = sec.clock() WHERE i.group_id = r.g AND i.account_id = r.subject AND i.state IN ('invited', 'accepted');
      PERFORM sec.membership_event(c, r.g, r.what, r.subject, r.id, r.client, r.commitment, r.envelope);
    ELSIF r.what = 'handed_over' THEN
      PERFORM sec.hand_over(c, r.g, p_account, r.subject, r.client, r.id, r.commitment, r.envelope);
    ELSIF r.what IN ('removed', 'left') THEN
      PERFORM sec.end_membership(c, r.g, p_account, c.facility_id, r.what, r.client, r.id, r.commitment, r.envelope);
    ELSIF r.what = 'refused' THEN
      UPDATE care.invitation i SET state = 'cancelled', decided_at = sec.clock() WHERE i.id = r.invitation;
      PERFORM sec.membership_event(c, r.g, 'refused', r.subject, r.id, r.client, r.commitment, r.envelope);
      INSERT INTO care.event (kind, account_id, at) VALUES ('notice', r.subject, sec.clock());
    ELSE
      RAISE EXCEPTION 'not a step of a departure' USING ERRCODE = 'RK422';
    END IF;
  END LOOP;
  UPDATE care.staff SET state = 'left', admin = false WHERE facility_id = c.facility_id AND account_id = p_account;
  INSERT INTO care.staff_event (facility_id, account_id, kind, by_account, at) VALUES (c.facility_id, p_account, 'left', c.account_id, sec.clock());
  SELECT count(*), count(DISTINCT s.device_id) INTO n_sessions, n_devices FROM sec.session s
    WHERE s.account_id = p_account AND s.facility_id = c.facility_id AND s.state <> 'ended' AND s.expires_at > t;
  PERFORM sec.end_sessions(p_account, NULL, NULL, c.facility_id);
  -- Whoever works nowhere any more is not remembered by any device.
  UPDATE sec.device SET ended_at = t, remembered_until = NULL WHERE account_id = p_account AND ended_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM care.staff s WHERE s.account_id = p_account AND s.state <> 'left');
  INSERT INTO care.departure VALUES (p_departure, c.facility_id, p_account, c.account_id, p_client, sec.clock(),
    ARRAY(SELECT x.g FROM unnest(p_what, p_groups) WITH ORDINALITY x(what, g, n) WHERE x.what IN ('removed', 'left') ORDER BY x.n),
    ARRAY(SELECT g.facility_id FROM unnest(p_what, p_groups) WITH ORDINALITY x(what, g, n) JOIN care.groups g ON g.id = x.g WHERE x.what IN ('removed', 'left') ORDER BY x.n),
    ARRAY(SELECT (SELECT h.subject FROM unnest(p_what, p_groups, p_subjects) h(what, g, subject) WHERE h.what = 'handed_over' AND h.g = x.g)
      FROM unnest(p_what, p_groups) WITH ORDINALITY x(what, g, n) WHERE x.what IN ('removed', 'left') ORDER BY x.n),
    ARRAY(SELECT x.i FROM unnest(p_what, p_invitations) WITH ORDINALITY x(what, i, n) WHERE x.what = 'refused' ORDER BY x.n),
    ARRAY(SELECT x.g FROM unnest(p_what, p_groups) WITH ORDINALITY x(what, g, n) WHERE x.what = 'refused' ORDER BY x.n),
    n_sessions, n_devices);
  PERFORM sec.log(c, 'departed', NULL, NULL, c.facility_id, p_account, 'done', NULL);
  RETURN QUERY SELECT d.* FROM care.departure d WHERE d.id = p_departure;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.departure_groups(uuid), act.departure_successors(uuid), act.departure_invitations(uuid),
  act.depart(uuid, uuid, uuid, text[], uuid[], uuid[], uuid[], uuid[], uuid[], uuid[], bytea[], bytea[]) TO renkei_app;
SET LOCAL ROLE renkei_owner;
