-- Spaces beside the patients' groups: free groups (自由グループ), connections (つながり) with their direct conversations (1対1), and
-- consultations (相談). Free and direct groups hold no patient data, by rule; they have the streams team, membership and receipts.
-- No foreign keys to older tables, see V13.

-- What a free group is called is a record of its membership stream: the newest counts, the older ones stay.
ALTER TABLE care.membership_event DROP CONSTRAINT membership_event_kind_check,
  ADD CONSTRAINT membership_event_kind_check CHECK (kind IN ('opened', 'invited', 'accepted', 'declined', 'approved', 'refused', 'joined', 'removed', 'left', 'expired',
                                     'role_changed', 'handed_over', 'archived', 'reopened', 'relative_joined', 'relative_removed', 'titled')) NOT VALID;
-- Every older row met the narrower rule.
ALTER TABLE care.membership_event VALIDATE CONSTRAINT membership_event_kind_check;
CREATE INDEX membership_event_titles ON care.membership_event (group_id, seq DESC) WHERE kind = 'titled';
-- A direct conversation has no host: nobody invites, removes or hands over.
ALTER TABLE care.group_state ALTER COLUMN host_id DROP NOT NULL;

-- A connection, from the request to its end: one row each time. What the asker may not learn (that she was declined) stands here
-- too, so the service reads it through functions alone.
CREATE TABLE care.connection (
  id uuid PRIMARY KEY,
  asked_by uuid NOT NULL,
  asked_for uuid NOT NULL,                                     -- for which facility the asker acted
  account_id uuid NOT NULL,                                    -- who is asked
  facility_id uuid NOT NULL,                                   -- as whose staff
  client_id uuid NOT NULL,
  fingerprint bytea NOT NULL,
  greeting bytea,                                              -- sealed under the request's own key
  wrapped bytea NOT NULL,                                      -- that key, under the key of the asker's facility
  key_version int NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  state text NOT NULL CHECK (state IN ('asked', 'accepted', 'declined', 'withdrawn', 'ended')),
  decided_at timestamptz,                                      -- declined without it: asked again too soon, and never shown
  ended_at timestamptz,
  ended_by uuid,                                               -- NULL: the tie of one of them with the facility ended
  CONSTRAINT connection_client_id_key UNIQUE (asked_by, client_id),
  CHECK (asked_by <> account_id),
  CHECK ((state = 'ended') = (ended_at IS NOT NULL))
);
CREATE UNIQUE INDEX connection_one_standing ON care.connection (least(asked_by, account_id), greatest(asked_by, account_id)) WHERE state = 'accepted';
CREATE INDEX connection_by_asker ON care.connection (asked_by, created_at DESC);
CREATE INDEX connection_by_asked ON care.connection (account_id, created_at DESC);
CREATE TRIGGER no_delete BEFORE DELETE OR TRUNCATE ON care.connection FOR EACH STATEMENT EXECUTE FUNCTION care.refuse_change();
ALTER TABLE care.connection ENABLE ALWAYS TRIGGER no_delete;
-- The one conversation of two people.
CREATE TABLE care.direct (
  first uuid NOT NULL,
  second uuid NOT NULL,
  group_id uuid NOT NULL CONSTRAINT direct_group_key UNIQUE,
  PRIMARY KEY (first, second),
  CHECK (first < second)
);
SELECT care.make_append_only('care.direct');

-- A consultation hangs on the post that opened it. Its title is that of the opening; each closing and reopening is a row, and a
-- reply to that post.
CREATE TABLE care.consultation (
  id uuid PRIMARY KEY,
  group_id uuid NOT NULL,
  stream_id uuid NOT NULL,
  post_id uuid NOT NULL CONSTRAINT consultation_post_key UNIQUE,
  opened_by uuid NOT NULL,
  title bytea NOT NULL,                                        -- sealed under the team stream's key
  client_id uuid NOT NULL,
  at timestamptz NOT NULL,
  CONSTRAINT consultation_client_id_key UNIQUE (opened_by, client_id)
);
CREATE INDEX consultation_by_group ON care.consultation (group_id, at DESC);
SELECT care.make_append_only('care.consultation');
CREATE TABLE care.consultation_event (
  consultation_id uuid NOT NULL REFERENCES care.consultation,
  n int NOT NULL,
  state text NOT NULL CHECK (state IN ('open', 'closed')),
  by_account uuid NOT NULL,
  account uuid NOT NULL,                                       -- the account version
  words bytea NOT NULL,                                        -- the result, or why it goes on; sealed likewise
  post_id uuid NOT NULL,
  client_id uuid NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (consultation_id, n),
  CONSTRAINT consultation_event_client_id_key UNIQUE (consultation_id, by_account, client_id)
);
SELECT care.make_append_only('care.consultation_event');

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['connection', 'direct', 'consultation', 'consultation_event'] LOOP
    EXECUTE pg_catalog.format('GRANT SELECT, INSERT ON care.%I TO renkei_sec', t);
  END LOOP;
  GRANT UPDATE ON care.connection TO renkei_sec;
  FOREACH t IN ARRAY ARRAY['connection', 'direct', 'consultation', 'consultation_event'] LOOP
    PERFORM care.protect(('care.' || t)::regclass);
  END LOOP;
END $$;
-- Foreign key checks run as the owner with a key-share lock.
GRANT UPDATE (id) ON care.consultation TO renkei_owner;
CREATE POLICY member ON care.direct FOR SELECT TO renkei_app USING (group_id = ANY ((SELECT sec.my_groups())::uuid[]));
-- Whoever may read the post.
CREATE POLICY member ON care.consultation FOR SELECT TO renkei_app USING (group_id = ANY ((SELECT sec.my_groups())::uuid[])
  AND EXISTS (SELECT 1 FROM care.post p WHERE p.id = post_id));
CREATE POLICY member ON care.consultation_event FOR SELECT TO renkei_app USING (EXISTS (SELECT 1 FROM care.consultation x WHERE x.id = consultation_id));
GRANT SELECT ON care.direct, care.consultation, care.consultation_event TO renkei_app;

-- What an act writes stops with the service. What follows from one that goes on (a suspension) is written by a trigger, and goes on.
CREATE OR REPLACE FUNCTION care.refuse_in_mode() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  IF pg_catalog.pg_trigger_depth() = 1 THEN PERFORM sec.must_be_in_service((sec.verified()).facility_id, 'write'); END IF;
  RETURN NULL;
END $$;
SELECT care.stop_with_service('care.connection');
SELECT care.stop_with_service('care.consultation');
SELECT care.stop_with_service('care.consultation_event');

SET LOCAL ROLE renkei_sec;

-- ---- Nobody keeps a direct conversation --------------------------------------------------------------------------
-- What two people write to each other is no group that a facility manages: its admin does not know of it.
CREATE OR REPLACE FUNCTION sec.managed_groups() RETURNS uuid[] LANGUAGE plpgsql SECURITY DEFINER STABLE PARALLEL RESTRICTED SET search_path = '' AS $$
DECLARE c sec.context := sec.verified();
BEGIN
  IF c.admin IS NOT TRUE THEN RETURN '{}'; END IF;
  RETURN (SELECT coalesce(pg_catalog.array_agg(g.id), '{}') FROM care.groups g WHERE g.facility_id = c.facility_id AND g.kind <> 'direct');
END $$;
CREATE OR REPLACE FUNCTION sec.keeper(c sec.context, p_group uuid) RETURNS text LANGUAGE plpgsql STABLE SET search_path = '' AS $$
DECLARE r text;
BEGIN
  SELECT x.role INTO r FROM care.membership x WHERE x.account_id = c.account_id AND x.group_id = p_group AND x.facility_id = c.facility_id
    AND x.ended_at IS NULL AND (x.until IS NULL OR x.until > pg_catalog.clock_timestamp());
  IF r = 'host' THEN RETURN 'host'; END IF;
  IF c.admin AND EXISTS (SELECT 1 FROM care.groups g WHERE g.id = p_group AND g.facility_id = c.facility_id AND g.kind <> 'direct') THEN RETURN 'admin'; END IF;
  IF r IS NOT NULL THEN RETURN r; END IF;
  RAISE EXCEPTION 'not a member' USING ERRCODE = 'RK404';
END $$;
CREATE OR REPLACE FUNCTION sec.done_before(c sec.context, p_group uuid, p_client uuid, p_kind text, p_subject uuid) RETURNS bool
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE s uuid; e care.membership_event;
BEGIN
  IF NOT (EXISTS (SELECT 1 FROM care.membership m WHERE m.group_id = p_group AND m.account_id = c.account_id)
      OR EXISTS (SELECT 1 FROM care.invitation i WHERE i.group_id = p_group AND i.account_id = c.account_id)
      OR (c.admin AND EXISTS (SELECT 1 FROM care.groups g WHERE g.id = p_group AND g.facility_id = c.facility_id AND g.kind <> 'direct'))) THEN
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
CREATE OR REPLACE FUNCTION act.end_membership(p_group uuid, p_account uuid, p_kind text, p_client uuid, p_id uuid, p_commitment bytea, p_envelope bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  IF sec.done_before(c, p_group, p_client, p_kind, p_account) THEN RETURN; END IF;
  IF p_account = c.account_id AND p_kind = 'left' THEN PERFORM sec.member(c, p_group);
  ELSIF p_kind = 'removed' THEN PERFORM sec.must_keep(c, p_group);
  ELSE RAISE EXCEPTION 'removed or left' USING ERRCODE = 'RK422'; END IF;
  IF EXISTS (SELECT 1 FROM care.groups g WHERE g.id = p_group AND g.kind = 'direct') THEN
    RAISE EXCEPTION 'end the connection' USING ERRCODE = 'RK409';
  END IF;
  IF EXISTS (SELECT 1 FROM care.group_state g WHERE g.group_id = p_group AND g.host_id = p_account FOR UPDATE) THEN
    RAISE EXCEPTION 'hand over first' USING ERRCODE = 'RK409';
  END IF;
  PERFORM sec.end_membership(c, p_group, p_account, NULL, p_kind, p_client, p_id, p_commitment, p_envelope);
END $$;

-- As in V23; a conversation of two is told from a group, so that the admin sees how many end and no more.
CREATE OR REPLACE FUNCTION act.departure_groups(p_account uuid) RETURNS TABLE (group_id uuid, role text, patient_id uuid, owner uuid, owner_name text, archived bool,
  stream uuid, wrapped bytea, key_facility uuid, key_version int, key_facility_wrapped bytea) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  PERFORM sec.must_have_staff(c, p_account);
  RETURN QUERY SELECT g.id, CASE WHEN x.role IS NOT NULL AND g.kind = 'direct' THEN 'direct' ELSE x.role END, g.patient_id, g.facility_id, f.name, s.archived_at IS NOT NULL, t.id, k.wrapped, k.facility_id, k.facility_key_version, fk.wrapped
    FROM (SELECT m.group_id, m.role FROM sec.memberships_of(p_account, c.facility_id) m
      UNION ALL SELECT DISTINCT i.group_id, NULL::text FROM sec.invitations_of(p_account, c.facility_id) i
        WHERE NOT EXISTS (SELECT 1 FROM sec.memberships_of(p_account, c.facility_id) m WHERE m.group_id = i.group_id)) x
    JOIN care.groups g ON g.id = x.group_id JOIN care.group_state s ON s.group_id = g.id JOIN care.facility_now f ON f.facility_id = g.facility_id
    JOIN care.stream t ON t.group_id = g.id AND t.kind = 'membership' JOIN care.data_key k ON k.stream_id = t.id
    JOIN care.facility_key fk ON fk.facility_id = k.facility_id AND fk.version = k.facility_key_version ORDER BY g.id;
END $$;

-- ---- Free groups ---------------------------------------------------------------------------------------------------
-- Streams as `p_streams`: team, membership, receipts.
CREATE FUNCTION sec.make_space(c sec.context, p_group uuid, p_kind text, p_client uuid, p_host uuid, p_streams uuid[], p_key_version int, p_wrapped bytea[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE kinds text[] := ARRAY['team', 'membership', 'receipts'];
BEGIN
  INSERT INTO care.groups VALUES (p_group, p_kind, NULL, c.facility_id, c.account_id, p_client, sec.clock());
  INSERT INTO care.group_state VALUES (p_group, p_host, NULL);
  FOR i IN 1..3 LOOP
    PERFORM sec.make_stream(p_streams[i], kinds[i], p_group, NULL, c.facility_id, p_key_version, p_wrapped[i]);
  END LOOP;
END $$;
-- The opener is the host. Three records: opened, titled, joined. The same client id again gives the first group.
CREATE FUNCTION act.open_free_group(p_group uuid, p_client uuid, p_streams uuid[], p_key_version int, p_wrapped bytea[],
  p_ids uuid[], p_clients uuid[], p_commitments bytea[], p_envelopes bytea[]) RETURNS TABLE (group_id uuid, created bool)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); e care.groups; kinds text[] := ARRAY['opened', 'titled', 'joined'];
BEGIN
  SELECT * INTO e FROM care.groups g WHERE g.opened_by = c.account_id AND g.client_id = p_client;
  IF FOUND THEN
    IF e.kind <> 'free' THEN RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409'; END IF;
    RETURN QUERY SELECT e.id, false; RETURN;
  END IF;
  IF NOT sec.holds_tie(c.account_id, c.facility_id) THEN RAISE EXCEPTION 'no session' USING ERRCODE = 'RK401'; END IF;
  IF (SELECT count(*) FROM care.groups g WHERE g.opened_by = c.account_id AND g.kind = 'free' AND g.created_at > sec.clock() - interval '1 day') >= 20 THEN
    RAISE EXCEPTION 'opened enough today' USING ERRCODE = 'RK409';
  END IF;
  PERFORM sec.make_space(c, p_group, 'free', p_client, c.account_id, p_streams, p_key_version, p_wrapped);
  INSERT INTO care.membership (group_id, account_id, facility_id, role, since) VALUES (p_group, c.account_id, c.facility_id, 'host', sec.clock());
  FOR i IN 1..3 LOOP
    PERFORM sec.membership_event(c, p_group, kinds[i], CASE kinds[i] WHEN 'joined' THEN c.account_id END, p_ids[i], p_clients[i], p_commitments[i], p_envelopes[i]);
  END LOOP;
  RETURN QUERY SELECT p_group, true;
END $$;
-- False: a title of this client id is there. Whether it is this one the service sees, which can open it.
CREATE FUNCTION act.retitle_group(p_group uuid, p_client uuid, p_id uuid, p_commitment bytea, p_envelope bytea) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  IF sec.done_before(c, p_group, p_client, 'titled', NULL) THEN RETURN false; END IF;
  PERFORM sec.must_keep(c, p_group);
  IF NOT EXISTS (SELECT 1 FROM care.groups g WHERE g.id = p_group AND g.kind = 'free') THEN RAISE EXCEPTION 'not a free group' USING ERRCODE = 'RK409'; END IF;
  PERFORM sec.must_be_open(p_group);
  PERFORM sec.membership_event(c, p_group, 'titled', NULL, p_id, p_client, p_commitment, p_envelope);
  RETURN true;
END $$;

-- Whoever is invited may know what kind of group it is, and what a free one is called now: no patient stands in that.
CREATE FUNCTION act.invited_to(p_invitation uuid) RETURNS TABLE (kind text, title_id uuid, title bytea) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT g.kind, e.id, e.envelope FROM care.invitation i JOIN care.groups g ON g.id = i.group_id
    LEFT JOIN LATERAL (SELECT x.id, x.envelope FROM care.membership_event x WHERE g.kind = 'free' AND x.group_id = g.id AND x.kind = 'titled' ORDER BY x.seq DESC LIMIT 1) e ON true
    WHERE i.id = p_invitation AND i.account_id = c.account_id;
END $$;

-- ---- Connections ---------------------------------------------------------------------------------------------------
-- Acts on one pair of people come one after the other.
CREATE FUNCTION sec.hold_pair(p_one uuid, p_other uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(least(p_one, p_other)::text || greatest(p_one, p_other)::text, 35));
END $$;
-- Whoever declined, or ended the connection, is not asked again by the same person for a month; nor is who was asked three times in it,
-- whatever became of it. The asker is not told: such a request stands for her like any other, and is shown to nobody.
CREATE FUNCTION sec.wants_quiet(p_from uuid, p_asked uuid) RETURNS bool LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM care.connection x WHERE x.asked_by = p_from AND x.account_id = p_asked AND x.state = 'declined' AND x.decided_at > sec.clock() - interval '30 days')
    OR EXISTS (SELECT 1 FROM care.connection x WHERE x.asked_by IN (p_from, p_asked) AND x.account_id IN (p_from, p_asked) AND x.ended_by = p_asked AND x.ended_at > sec.clock() - interval '30 days')
    OR (SELECT count(*) FROM care.connection x WHERE x.asked_by = p_from AND x.account_id = p_asked AND x.created_at > sec.clock() - interval '30 days') >= 3
$$;
CREATE FUNCTION act.ask_connection(p_connection uuid, p_account uuid, p_facility uuid, p_client uuid, p_fingerprint bytea, p_greeting bytea, p_wrapped bytea, p_key_version int)
RETURNS TABLE (id uuid, created bool) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); e care.connection; t timestamptz := sec.clock(); quiet bool;
BEGIN
  PERFORM sec.hold_pair(c.account_id, p_account);
  SELECT * INTO e FROM care.connection x WHERE x.asked_by = c.account_id AND x.client_id = p_client;
  IF FOUND THEN
    IF e.fingerprint <> p_fingerprint THEN RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409'; END IF;
    RETURN QUERY SELECT e.id, false; RETURN;
  END IF;
  IF p_account = c.account_id THEN RAISE EXCEPTION 'oneself' USING ERRCODE = 'RK422'; END IF;
  IF NOT EXISTS (SELECT 1 FROM care.staff f WHERE f.account_id = p_account AND f.facility_id = p_facility AND f.state = 'active') THEN
    RAISE EXCEPTION 'no such person there' USING ERRCODE = 'RK422';
  END IF;
  IF NOT sec.holds_tie(c.account_id, c.facility_id) THEN RAISE EXCEPTION 'no session' USING ERRCODE = 'RK401'; END IF;
  IF EXISTS (SELECT 1 FROM care.connection x WHERE least(x.asked_by, x.account_id) = least(c.account_id, p_account) AND greatest(x.asked_by, x.account_id) = greatest(c.account_id, p_account)
      AND x.state = 'accepted') THEN
    RAISE EXCEPTION 'connected already' USING ERRCODE = 'RK409';
  END IF;
  IF EXISTS (SELECT 1 FROM care.connection x WHERE x.asked_by = p_account AND x.account_id = c.account_id AND x.state = 'asked' AND x.expires_at > t) THEN
    RAISE EXCEPTION 'asked you already' USING ERRCODE = 'RK409';
  END IF;
  IF EXISTS (SELECT 1 FROM care.connection x WHERE x.asked_by = c.account_id AND x.account_id = p_account AND x.state IN ('asked', 'declined') AND x.expires_at > t) THEN
    RAISE EXCEPTION 'asked already' USING ERRCODE = 'RK409';
  END IF;
  IF (SELECT count(*) FROM care.connection x WHERE x.asked_by = c.account_id AND x.created_at > t - interval '1 day') >= 20 THEN
    RAISE EXCEPTION 'asked enough today' USING ERRCODE = 'RK409';
  END IF;
  quiet := sec.wants_quiet(c.account_id, p_account);
  INSERT INTO care.connection (id, asked_by, asked_for, account_id, facility_id, client_id, fingerprint, greeting, wrapped, key_version, created_at, expires_at, state)
    VALUES (p_connection, c.account_id, c.facility_id, p_account, p_facility, p_client, p_fingerprint, p_greeting, p_wrapped, p_key_version, t, t + interval '30 days',
      CASE WHEN quiet THEN 'declined' ELSE 'asked' END);
  IF NOT quiet THEN INSERT INTO care.event (kind, account_id, at) VALUES ('notice', p_account, t); END IF;
  PERFORM sec.log(c, 'asked_connection', NULL, NULL, c.facility_id, p_account, 'done', NULL);
  RETURN QUERY SELECT p_connection, true;
END $$;
-- What the caller may know of her connections: those that stand, those that ended, requests that wait. A declined request waits for
-- the asker until it runs out, and is over for the one who declined.
CREATE FUNCTION act.my_connections() RETURNS TABLE (id uuid, state text, incoming bool, account_id uuid, name text, kana text, profession text, facility_id uuid, facility text, mine uuid,
  created_at timestamptz, expires_at timestamptz, decided_at timestamptz, ended_at timestamptz, ended_by uuid, group_id uuid, greeting bytea, wrapped bytea, key_facility uuid, key_version int, key_facility_wrapped bytea)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); t timestamptz := sec.clock();
BEGIN
  RETURN QUERY SELECT x.id, CASE WHEN x.state = 'declined' THEN 'asked' ELSE x.state END, x.account_id = c.account_id, o.account_id, p.name, p.kana, p.profession, o.facility_id, f.name, o.mine,
      x.created_at, x.expires_at, CASE WHEN x.state IN ('accepted', 'ended') THEN x.decided_at END, x.ended_at, x.ended_by,
      CASE WHEN x.state IN ('accepted', 'ended') THEN (SELECT d.group_id FROM care.direct d WHERE d.first = least(x.asked_by, x.account_id) AND d.second = greatest(x.asked_by, x.account_id)
        AND EXISTS (SELECT 1 FROM care.membership m WHERE m.group_id = d.group_id AND m.account_id = c.account_id AND m.facility_id = o.mine AND m.ended_at IS NULL)) END,
      x.greeting, x.wrapped, x.asked_for, x.key_version, k.wrapped
    FROM care.connection x
    CROSS JOIN LATERAL (SELECT CASE WHEN x.asked_by = c.account_id THEN x.account_id ELSE x.asked_by END AS account_id,
      CASE WHEN x.asked_by = c.account_id THEN x.facility_id ELSE x.asked_for END AS facility_id, CASE WHEN x.asked_by = c.account_id THEN x.asked_for ELSE x.facility_id END AS mine) o
    JOIN care.person_now p ON p.account_id = o.account_id JOIN care.facility_now f ON f.facility_id = o.facility_id
    JOIN care.facility_key k ON k.facility_id = x.asked_for AND k.version = x.key_version
    WHERE (x.asked_by = c.account_id AND (x.state IN ('accepted', 'ended') OR (x.state IN ('asked', 'declined') AND x.expires_at > t)))
      OR (x.account_id = c.account_id AND (x.state IN ('accepted', 'ended') OR (x.state = 'asked' AND x.expires_at > t)))
    ORDER BY p.kana, x.created_at DESC;
END $$;
-- A connection of the caller's, as far as she may know of it.
CREATE FUNCTION sec.must_be_party(c sec.context, p_connection uuid) RETURNS care.connection LANGUAGE plpgsql STABLE AS $$
DECLARE x care.connection;
BEGIN
  SELECT * INTO x FROM care.connection y WHERE y.id = p_connection AND (y.asked_by = c.account_id OR (y.account_id = c.account_id AND NOT (y.state = 'declined' AND y.decided_at IS NULL)));
  IF NOT FOUND THEN RAISE EXCEPTION 'no such connection' USING ERRCODE = 'RK404'; END IF;
  RETURN x;
END $$;
-- Gives the state: accepted or declined. The answer that was given already is given again.
CREATE FUNCTION act.answer_connection(p_connection uuid, p_accept bool) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); x care.connection := sec.must_be_party(c, p_connection); t timestamptz := sec.clock(); answer text := CASE WHEN p_accept THEN 'accepted' ELSE 'declined' END;
BEGIN
  IF x.account_id <> c.account_id THEN RAISE EXCEPTION 'no such connection' USING ERRCODE = 'RK404'; END IF;
  IF x.facility_id <> c.facility_id THEN RAISE EXCEPTION 'act for the asked facility' USING ERRCODE = 'RK403'; END IF;
  PERFORM sec.hold_pair(x.asked_by, x.account_id);
  IF p_accept AND NOT (sec.holds_tie(x.asked_by, x.asked_for) AND sec.holds_tie(x.account_id, x.facility_id)) THEN RAISE EXCEPTION 'used or expired' USING ERRCODE = 'RK409'; END IF;
  SELECT * INTO x FROM care.connection y WHERE y.id = p_connection FOR UPDATE;
  IF x.state = answer THEN RETURN answer; END IF;
  IF x.state <> 'asked' OR x.expires_at <= t THEN RAISE EXCEPTION 'used or expired' USING ERRCODE = 'RK409'; END IF;
  UPDATE care.connection SET state = answer, decided_at = t WHERE id = x.id;
  IF p_accept THEN
    -- A request the other way is answered with it.
    UPDATE care.connection SET state = 'withdrawn', decided_at = t WHERE asked_by = x.account_id AND account_id = x.asked_by AND state = 'asked';
    INSERT INTO care.event (kind, account_id, at) VALUES ('notice', x.asked_by, t);
  END IF;
  PERFORM sec.log(c, answer || '_connection', NULL, NULL, c.facility_id, x.asked_by, 'done', NULL);
  RETURN answer;
END $$;
-- From here on the conversation is read-only for both. `p_by` NULL: a tie ended.
CREATE FUNCTION sec.end_connection(x care.connection, p_by uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE g uuid; t timestamptz;
BEGIN
  SELECT d.group_id INTO g FROM care.direct d WHERE d.first = least(x.asked_by, x.account_id) AND d.second = greatest(x.asked_by, x.account_id);
  -- Whoever posts holds the end of the timeline until the commit: nothing lands behind the end, and the end is later than the last post.
  PERFORM 1 FROM care.stream_head h WHERE h.stream_id IN (SELECT s.id FROM care.stream s WHERE s.group_id = g AND s.kind = 'team') FOR UPDATE;
  t := sec.clock();
  UPDATE care.connection SET state = 'ended', ended_at = t, ended_by = p_by WHERE id = x.id;
  IF g IS NOT NULL THEN
    UPDATE care.group_state SET archived_at = t WHERE group_id = g AND archived_at IS NULL;
    INSERT INTO care.event (kind, group_id, at) VALUES ('member.archived', g, t);
  END IF;
  INSERT INTO care.event (kind, account_id, at) SELECT 'notice', a, t FROM unnest(ARRAY[x.asked_by, x.account_id]) a WHERE a IS DISTINCT FROM p_by;
END $$;
-- Either ends it at any time, for whichever facility she acts; the asker takes back a request, the asked one declines it.
CREATE FUNCTION act.end_connection(p_connection uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); x care.connection := sec.must_be_party(c, p_connection); t timestamptz := sec.clock(); other uuid;
BEGIN
  PERFORM sec.hold_pair(x.asked_by, x.account_id);
  SELECT * INTO x FROM care.connection y WHERE y.id = p_connection FOR UPDATE;
  other := CASE WHEN x.asked_by = c.account_id THEN x.account_id ELSE x.asked_by END;
  IF x.state = 'accepted' THEN
    PERFORM sec.end_connection(x, c.account_id);
    PERFORM sec.log(c, 'ended_connection', NULL, NULL, c.facility_id, other, 'done', NULL);
  ELSIF x.account_id = c.account_id AND x.state = 'asked' THEN
    UPDATE care.connection SET state = 'declined', decided_at = t WHERE id = x.id;
    PERFORM sec.log(c, 'declined_connection', NULL, NULL, c.facility_id, other, 'done', NULL);
  ELSIF x.asked_by = c.account_id AND x.state IN ('asked', 'declined') AND x.expires_at > t THEN
    -- That it was declined is still known to whoever declined.
    UPDATE care.connection SET state = CASE x.state WHEN 'asked' THEN 'withdrawn' ELSE 'declined' END, expires_at = t WHERE id = x.id;
    PERFORM sec.log(c, 'withdrew_connection', NULL, NULL, c.facility_id, other, 'done', NULL);
  END IF;
END $$;
-- Whoever departs or is suspended: what went through this tie ends with it.
CREATE FUNCTION sec.end_connections_of_tie() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE x care.connection;
BEGIN
  FOR x IN SELECT * FROM care.connection y WHERE y.state IN ('asked', 'accepted')
      AND ((y.asked_by = NEW.account_id AND y.asked_for = NEW.facility_id) OR (y.account_id = NEW.account_id AND y.facility_id = NEW.facility_id)) ORDER BY y.id FOR UPDATE LOOP
    IF x.state = 'accepted' THEN PERFORM sec.end_connection(x, NULL);
    ELSE UPDATE care.connection SET state = 'withdrawn', decided_at = sec.clock(), expires_at = sec.clock() WHERE id = x.id; END IF;
  END LOOP;
  RETURN NULL;
END $$;

-- ---- Direct conversations ------------------------------------------------------------------------------------------
CREATE FUNCTION sec.are_in(p_group uuid, x care.connection) RETURNS bool LANGUAGE sql STABLE AS $$
  SELECT count(*) = 2 FROM care.membership m WHERE m.group_id = p_group AND m.ended_at IS NULL
    AND ((m.account_id = x.asked_by AND m.facility_id = x.asked_for) OR (m.account_id = x.account_id AND m.facility_id = x.facility_id))
$$;
-- The conversation of a connection, with what seals a record of it. `group_id` NULL: there is none yet. `usable`: it is open, and both
-- are in it through the ties of this connection.
CREATE FUNCTION act.find_direct(p_connection uuid) RETURNS TABLE (state text, group_id uuid, usable bool, asked_by uuid, asked_for uuid, account_id uuid, facility_id uuid,
  stream uuid, wrapped bytea, key_facility uuid, key_version int, key_facility_wrapped bytea) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); x care.connection := sec.must_be_party(c, p_connection);
BEGIN
  RETURN QUERY SELECT x.state, d.group_id, s.archived_at IS NULL AND sec.are_in(d.group_id, x), x.asked_by, x.asked_for, x.account_id, x.facility_id,
      t.id, k.wrapped, k.facility_id, k.facility_key_version, fk.wrapped
    FROM (SELECT 1) one LEFT JOIN care.direct d ON d.first = least(x.asked_by, x.account_id) AND d.second = greatest(x.asked_by, x.account_id)
    LEFT JOIN care.group_state s ON s.group_id = d.group_id LEFT JOIN care.stream t ON t.group_id = d.group_id AND t.kind = 'membership'
    LEFT JOIN care.data_key k ON k.stream_id = t.id LEFT JOIN care.facility_key fk ON fk.facility_id = k.facility_id AND fk.version = k.facility_key_version;
END $$;
-- Opens it, or lets it go on after a new connection. Three records: opened or reopened, and both joined, the asker first.
CREATE FUNCTION act.open_direct(p_connection uuid, p_group uuid, p_client uuid, p_streams uuid[], p_key_version int, p_wrapped bytea[], p_what text,
  p_ids uuid[], p_clients uuid[], p_commitments bytea[], p_envelopes bytea[]) RETURNS TABLE (group_id uuid, created bool) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); x care.connection := sec.must_be_party(c, p_connection); g uuid;
BEGIN
  IF (c.facility_id <> CASE WHEN x.asked_by = c.account_id THEN x.asked_for ELSE x.facility_id END) THEN RAISE EXCEPTION 'act for the connected facility' USING ERRCODE = 'RK403'; END IF;
  PERFORM sec.hold_pair(x.asked_by, x.account_id);
  SELECT d.group_id INTO g FROM care.direct d WHERE d.first = least(x.asked_by, x.account_id) AND d.second = greatest(x.asked_by, x.account_id);
  -- In the order of a departure: heads, ties, the connection.
  PERFORM 1 FROM care.stream_head h WHERE h.stream_id IN (SELECT s.id FROM care.stream s WHERE s.group_id = g AND s.kind = 'membership') FOR UPDATE;
  PERFORM 1 FROM care.staff s WHERE (s.account_id, s.facility_id) IN ((x.asked_by, x.asked_for), (x.account_id, x.facility_id)) ORDER BY s.facility_id, s.account_id FOR SHARE;
  SELECT * INTO x FROM care.connection y WHERE y.id = p_connection FOR UPDATE;
  IF x.state <> 'accepted' THEN RAISE EXCEPTION 'no connection' USING ERRCODE = 'RK409'; END IF;
  IF g IS NOT NULL AND sec.are_in(g, x) AND EXISTS (SELECT 1 FROM care.group_state s WHERE s.group_id = g AND s.archived_at IS NULL) THEN
    RETURN QUERY SELECT g, false; RETURN;
  END IF;
  IF (g IS NULL) <> (p_what = 'opened') THEN RAISE EXCEPTION 'moved on' USING ERRCODE = 'RK409'; END IF;
  IF g IS NULL THEN
    g := p_group;
    PERFORM sec.make_space(c, g, 'direct', p_client, NULL, p_streams, p_key_version, p_wrapped);
    INSERT INTO care.direct VALUES (least(x.asked_by, x.account_id), greatest(x.asked_by, x.account_id), g);
  ELSE
    IF p_what <> 'reopened' THEN RAISE EXCEPTION 'moved on' USING ERRCODE = 'RK409'; END IF;
    UPDATE care.membership SET ended_at = sec.clock() WHERE group_id = g AND ended_at IS NULL;
    UPDATE care.group_state SET archived_at = NULL WHERE group_id = g;
  END IF;
  INSERT INTO care.membership AS m (group_id, account_id, facility_id, role, since) VALUES (g, x.asked_by, x.asked_for, 'member', sec.clock()), (g, x.account_id, x.facility_id, 'member', sec.clock())
    ON CONFLICT (account_id, group_id, facility_id) DO UPDATE SET role = 'member', since = excluded.since, until = NULL, from_seq = 0, ended_at = NULL;
  PERFORM sec.membership_event(c, g, p_what, NULL, p_ids[1], p_clients[1], p_commitments[1], p_envelopes[1]);
  PERFORM sec.membership_event(c, g, 'joined', x.asked_by, p_ids[2], p_clients[2], p_commitments[2], p_envelopes[2]);
  PERFORM sec.membership_event(c, g, 'joined', x.account_id, p_ids[3], p_clients[3], p_commitments[3], p_envelopes[3]);
  RETURN QUERY SELECT g, true;
END $$;

-- As before; of conversations of two the page of connections tells.
CREATE OR REPLACE FUNCTION act.my_notices(p_limit int) RETURNS TABLE (kind text, at timestamptz, group_id uuid)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); mine uuid[] := sec.my_groups();
BEGIN
  RETURN QUERY SELECT x.kind, x.at, CASE WHEN x.g = ANY (mine) THEN x.g END FROM (
      SELECT e.kind, e.at, e.group_id AS g FROM care.membership_event e
        WHERE e.subject_id = c.account_id AND e.kind IN ('joined', 'handed_over', 'refused', 'removed', 'expired')
      UNION ALL SELECT 'expired', m.until, m.group_id FROM care.membership m
        WHERE m.account_id = c.account_id AND m.ended_at IS NULL AND m.until <= pg_catalog.clock_timestamp()) x
    WHERE NOT EXISTS (SELECT 1 FROM care.direct d WHERE d.group_id = x.g)
    ORDER BY x.at DESC LIMIT p_limit;
END $$;

-- ---- Consultations ---------------------------------------------------------------------------------------------------
-- Makes an own post of the team timeline a consultation. The post was written just before, in the same flow.
CREATE FUNCTION act.open_consultation(p_consultation uuid, p_post uuid, p_client uuid, p_title bytea) RETURNS TABLE (id uuid, created bool)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); p care.post; e care.consultation; patient uuid; owner uuid; kind text;
BEGIN
  SELECT * INTO p FROM care.post x WHERE x.id = p_post AND x.kind = 'post' AND x.author_id = c.account_id;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such post' USING ERRCODE = 'RK404'; END IF;
  PERFORM sec.member(c, p.group_id);
  SELECT g.patient_id, g.facility_id, g.kind INTO patient, owner, kind FROM care.groups g JOIN care.stream s ON s.id = p.stream_id AND s.kind = 'team' WHERE g.id = p.group_id;
  IF kind IS NULL OR kind = 'direct' THEN RAISE EXCEPTION 'no consultations here' USING ERRCODE = 'RK409'; END IF;
  PERFORM 1 FROM care.stream_head h WHERE h.stream_id = p.stream_id FOR UPDATE;
  SELECT * INTO e FROM care.consultation x WHERE x.opened_by = c.account_id AND x.client_id = p_client;
  IF FOUND THEN
    IF e.post_id <> p_post THEN RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409'; END IF;
    RETURN QUERY SELECT e.id, false; RETURN;
  END IF;
  INSERT INTO care.consultation VALUES (p_consultation, p.group_id, p.stream_id, p_post, c.account_id, p_title, p_client, sec.clock());
  INSERT INTO care.event (kind, group_id, timeline, post_id, seq, at) VALUES ('consultation.changed', p.group_id, 'team', p_post, p.seq, sec.clock());
  PERFORM sec.log(c, 'opened_consultation', p.group_id, patient, owner, p_post, 'done', NULL);
  RETURN QUERY SELECT p_consultation, true;
END $$;
-- The opener or the host. `p_post`: the reply that says it on the record. False: it was so already, or this very act was done.
CREATE FUNCTION act.set_consultation(p_consultation uuid, p_state text, p_words bytea, p_post uuid, p_client uuid) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); x care.consultation; m care.membership; r care.post; e care.consultation_event; now text; n int; patient uuid; owner uuid;
BEGIN
  SELECT * INTO x FROM care.consultation y WHERE y.id = p_consultation;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such consultation' USING ERRCODE = 'RK404'; END IF;
  m := sec.member(c, x.group_id);
  IF x.opened_by <> c.account_id AND m.role <> 'host' THEN RAISE EXCEPTION 'opener or host only' USING ERRCODE = 'RK403'; END IF;
  SELECT * INTO r FROM care.post y WHERE y.id = p_post AND y.reply_to = x.post_id AND y.author_id = c.account_id;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such post' USING ERRCODE = 'RK404'; END IF;
  -- In the order of an archiving: the head, then the group's state.
  PERFORM 1 FROM care.stream_head h WHERE h.stream_id = x.stream_id FOR UPDATE;
  PERFORM sec.must_be_open(x.group_id);
  SELECT * INTO e FROM care.consultation_event y WHERE y.consultation_id = x.id AND y.by_account = c.account_id AND y.client_id = p_client;
  IF FOUND THEN
    -- The post stands for the words: another one was made from others.
    IF e.state <> p_state OR e.post_id <> p_post THEN RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409'; END IF;
    RETURN false;
  END IF;
  SELECT y.state, y.n INTO now, n FROM care.consultation_event y WHERE y.consultation_id = x.id ORDER BY y.n DESC LIMIT 1;
  IF coalesce(now, 'open') = p_state THEN RAISE EXCEPTION 'so already' USING ERRCODE = 'RK409'; END IF;
  INSERT INTO care.consultation_event VALUES (x.id, coalesce(n, 0) + 1, p_state, c.account_id, c.account, p_words, p_post, p_client, sec.clock());
  INSERT INTO care.event (kind, group_id, timeline, post_id, seq, at) VALUES ('consultation.changed', x.group_id, 'team', x.post_id, r.seq, sec.clock());
  SELECT g.patient_id, g.facility_id INTO patient, owner FROM care.groups g WHERE g.id = x.group_id;
  PERFORM sec.log(c, CASE p_state WHEN 'closed' THEN 'closed_consultation' ELSE 'reopened_consultation' END, x.group_id, patient, owner, x.post_id, 'done', NULL);
  RETURN true;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sec.end_connections_of_tie() TO renkei_owner;
GRANT EXECUTE ON FUNCTION act.open_free_group(uuid, uuid, uuid[], int, bytea[], uuid[], uuid[], bytea[], bytea[]), act.retitle_group(uuid, uuid, uuid, bytea, bytea), act.invited_to(uuid),
  act.ask_connection(uuid, uuid, uuid, uuid, bytea, bytea, bytea, int), act.my_connections(), act.answer_connection(uuid, bool), act.end_connection(uuid),
  act.find_direct(uuid), act.open_direct(uuid, uuid, uuid, uuid[], int, bytea[], text, uuid[], uuid[], bytea[], bytea[]),
  act.open_consultation(uuid, uuid, uuid, bytea), act.set_consultation(uuid, text, bytea, uuid, uuid) TO renkei_app;
SET LOCAL ROLE renkei_owner;
GRANT TRIGGER ON care.staff TO renkei_owner;
CREATE TRIGGER end_connections AFTER UPDATE OF state ON care.staff FOR EACH ROW WHEN (OLD.state = 'active' AND NEW.state <> 'active') EXECUTE FUNCTION sec.end_connections_of_tie();
REVOKE TRIGGER ON care.staff FROM renkei_owner;
