-- Quarantine (誤投稿隔離, decision 0049): a post about another patient leaves everybody's sight at once. It stays in the record, sealed; whoever found it
-- and one other person read it through a door of their own, and the other one decides: it stays hidden, or it comes back. Who hid it, why, and what the
-- other one said are records like any other. Here stand ids and times alone.
-- No foreign keys to older tables, see V13.

CREATE TABLE care.quarantine (
  id uuid PRIMARY KEY,                                         -- that of its first record
  group_id uuid NOT NULL,
  post_id uuid NOT NULL,                                       -- the first text of what somebody pointed at
  author_id uuid NOT NULL,                                     -- whose post it is
  found_by uuid NOT NULL,
  finder uuid NOT NULL,                                        -- who that was, as of then
  said_at bigint NOT NULL,                                     -- the place of its first record among the receipts of the group
  second_id uuid,                                              -- who decides; NULL: nobody who could is in the group yet
  at timestamptz NOT NULL,
  client_id uuid NOT NULL,
  fingerprint bytea NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'confirmed', 'lifted')),
  decided_at timestamptz,
  decided_said_at bigint,                                      -- the place of the other one's last word
  moved_to uuid,                                               -- the post in the right group that took its place
  CONSTRAINT quarantine_client_id_key UNIQUE (group_id, found_by, client_id),
  CHECK (second_id <> found_by),
  CHECK ((state = 'waiting') = (decided_at IS NULL)),
  CHECK (moved_to IS NULL OR state = 'confirmed')
);
CREATE INDEX quarantine_of_two ON care.quarantine (second_id, state);
CREATE INDEX quarantine_found ON care.quarantine (found_by, at DESC);
CREATE INDEX quarantine_by_post ON care.quarantine (post_id);
-- What it hides: the post, its corrections and withdrawals, and what the family was shown of it. A post may be hidden by several. The columns are those of the
-- post, for the line that stands in its place.
CREATE TABLE care.quarantined_post (
  post_id uuid NOT NULL,
  quarantine_id uuid NOT NULL,
  stream_id uuid NOT NULL, seq bigint NOT NULL, group_id uuid NOT NULL, kind text NOT NULL,
  author_id uuid NOT NULL, author uuid NOT NULL, facility_id uuid NOT NULL, facility uuid NOT NULL,
  at timestamptz NOT NULL, reply_to uuid, target uuid,
  hidden bool NOT NULL DEFAULT true,
  PRIMARY KEY (post_id, quarantine_id)
);
CREATE INDEX quarantined_post_place ON care.quarantined_post (stream_id, seq) WHERE hidden;
CREATE INDEX quarantined_post_of ON care.quarantined_post (quarantine_id);
-- The same as ids alone, for the row policies: whether anything hides a post now.
CREATE TABLE care.hidden_post (
  post_id uuid PRIMARY KEY,
  hidden bool NOT NULL
);
-- The receipt in the right group, for the line under the post that was written again there.
CREATE TABLE care.moved_post (
  post_id uuid PRIMARY KEY,
  group_id uuid NOT NULL,
  written_at timestamptz NOT NULL,                             -- where it did not belong
  hidden_at timestamptz NOT NULL,
  seen_by int NOT NULL CHECK (seen_by >= 0)                    -- people who had it on the screen between the two
);
SELECT care.make_append_only('care.moved_post');
-- When somebody who is asked would have been reminded, while what asks is hidden.
ALTER TABLE care.asked ADD COLUMN held_remind_at timestamptz;

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['quarantine', 'quarantined_post', 'hidden_post'] LOOP
    EXECUTE pg_catalog.format('CREATE TRIGGER no_delete BEFORE DELETE OR TRUNCATE ON care.%I FOR EACH STATEMENT EXECUTE FUNCTION care.refuse_change()', t);
    EXECUTE pg_catalog.format('ALTER TABLE care.%I ENABLE ALWAYS TRIGGER no_delete', t);
    EXECUTE pg_catalog.format('GRANT SELECT, INSERT, UPDATE ON care.%I TO renkei_sec', t);
  END LOOP;
  GRANT SELECT, INSERT ON care.moved_post TO renkei_sec;
  FOREACH t IN ARRAY ARRAY['quarantine', 'quarantined_post', 'hidden_post', 'moved_post', 'release'] LOOP
    EXECUTE pg_catalog.format('CREATE POLICY verify ON care.%I FOR SELECT TO renkei_verify USING (true)', t);
    EXECUTE pg_catalog.format('GRANT SELECT ON care.%I TO renkei_verify', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['quarantine', 'quarantined_post', 'hidden_post', 'moved_post'] LOOP
    PERFORM care.protect(('care.' || t)::regclass);
    EXECUTE pg_catalog.format('CREATE POLICY backup ON care.%I FOR SELECT TO renkei_backup USING (true)', t);
    EXECUTE pg_catalog.format('GRANT SELECT ON care.%I TO renkei_backup', t);
  END LOOP;
END $$;

ALTER TABLE care.receipt DROP CONSTRAINT IF EXISTS receipt_kind_check,
  ADD CONSTRAINT receipt_kind_check CHECK (kind IN ('read', 'acknowledged', 'stamped', 'unstamped', 'pinned', 'unpinned', 'handled', 'called', 'confirmed',
    'quarantined', 'quarantine_handed', 'quarantine_confirmed', 'quarantine_lifted', 'moved')) NOT VALID;
ALTER TABLE care.asked DROP CONSTRAINT IF EXISTS asked_ended_check,
  ADD CONSTRAINT asked_ended_check CHECK (ended IN ('acknowledged', 'read', 'corrected', 'withdrawn', 'quarantined')) NOT VALID;
ALTER TABLE care.ask_notice DROP CONSTRAINT IF EXISTS ask_notice_kind_check,
  ADD CONSTRAINT ask_notice_kind_check CHECK (kind IN ('reminder', 'overdue', 'substitute', 'unanswered', 'proxy', 'quarantine', 'quarantined', 'quarantine_decided')) NOT VALID;
ALTER TABLE care.notification DROP CONSTRAINT IF EXISTS notification_cause_check,
  ADD CONSTRAINT notification_cause_check CHECK (cause IN ('post', 'reminder', 'overdue', 'substitute', 'unanswered', 'task', 'proxy', 'quarantine', 'quarantined', 'quarantine_decided')) NOT VALID;

SET LOCAL ROLE renkei_sec;
-- ---- Sight ------------------------------------------------------------------------------------------------------------
CREATE FUNCTION sec.is_hidden(p_post uuid) RETURNS bool LANGUAGE sql STABLE SET search_path = '' AS $$
  SELECT EXISTS (SELECT 1 FROM care.hidden_post h WHERE h.post_id = p_post AND h.hidden)
$$;
-- What the caller is one of the two for, for the files of it. Not for a program's token.
CREATE FUNCTION sec.my_quarantined() RETURNS uuid[] LANGUAGE plpgsql SECURITY DEFINER STABLE PARALLEL RESTRICTED SET search_path = '' AS $$
DECLARE c sec.context := sec.verified();
BEGIN
  IF sec.is_token(c) THEN RETURN '{}'; END IF;
  RETURN (SELECT coalesce(pg_catalog.array_agg(x.post_id), '{}') FROM care.quarantine q JOIN care.quarantined_post x ON x.quarantine_id = q.id AND x.hidden
    JOIN care.membership m ON m.group_id = q.group_id AND m.account_id = c.account_id AND m.facility_id = c.facility_id AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp())
    WHERE q.state <> 'lifted' AND c.account_id IN (q.found_by, q.second_id));
END $$;
GRANT EXECUTE ON FUNCTION sec.my_quarantined() TO renkei_app, renkei_owner;
SET LOCAL ROLE renkei_owner;
CREATE POLICY signed_in ON care.hidden_post FOR SELECT TO renkei_app USING ((SELECT sec.me()) IS NOT NULL);
GRANT SELECT ON care.hidden_post TO renkei_app;
-- On top of every rule that lets somebody read, for everybody, also on nodes of the version before: files, marks, asks, deliveries and visit records look at the
-- post, so they follow.
CREATE POLICY quarantine ON care.post AS RESTRICTIVE FOR SELECT TO renkei_app USING (NOT EXISTS (SELECT 1 FROM care.hidden_post h WHERE h.post_id = post.id AND h.hidden));
-- What was said about it, and why it was hidden. Who has acknowledged it is no word of it.
CREATE POLICY quarantine ON care.receipt AS RESTRICTIVE FOR SELECT TO renkei_app
  USING (post_id IS NULL OR kind IN ('acknowledged', 'confirmed') OR NOT EXISTS (SELECT 1 FROM care.hidden_post h WHERE h.post_id = receipt.post_id AND h.hidden));
-- What was made of it: a task that repeats its words, the result of a consultation, a value that is another patient's.
CREATE POLICY quarantine ON care.task AS RESTRICTIVE FOR SELECT TO renkei_app USING (post_id IS NULL OR NOT EXISTS (SELECT 1 FROM care.hidden_post h WHERE h.post_id = task.post_id AND h.hidden));
CREATE POLICY quarantine ON care.consultation_event AS RESTRICTIVE FOR SELECT TO renkei_app USING (NOT EXISTS (SELECT 1 FROM care.hidden_post h WHERE h.post_id = consultation_event.post_id AND h.hidden));
CREATE POLICY quarantine ON care.observation AS RESTRICTIVE FOR SELECT TO renkei_app USING (post_id IS NULL OR NOT EXISTS (SELECT 1 FROM care.hidden_post h WHERE h.post_id = observation.post_id AND h.hidden));
CREATE POLICY quarantine ON care.observation_notice AS RESTRICTIVE FOR SELECT TO renkei_app USING (EXISTS (SELECT 1 FROM care.observation o WHERE o.id = observation_notice.observation_id));
-- The two open its files; lists of files join the post, and have none of it.
CREATE POLICY two ON care.post_file FOR SELECT TO renkei_app USING (post_id = ANY ((SELECT sec.my_quarantined())::uuid[]));
-- As the post itself: members alone, and whoever joined "from now on" from there on.
CREATE POLICY member ON care.quarantined_post FOR SELECT TO renkei_app USING (group_id = ANY ((SELECT sec.my_whole_groups())::uuid[])
  OR (group_id = ANY ((SELECT sec.my_late_groups())::uuid[]) AND CASE WHEN EXISTS (SELECT 1 FROM care.stream s WHERE s.id = stream_id AND s.kind = 'family')
    THEN at >= sec.my_since(group_id) ELSE seq > sec.my_first(group_id) END));
CREATE POLICY member ON care.quarantine FOR SELECT TO renkei_app USING (EXISTS (SELECT 1 FROM care.quarantined_post x WHERE x.quarantine_id = quarantine.id));
CREATE POLICY member ON care.moved_post FOR SELECT TO renkei_app USING (EXISTS (SELECT 1 FROM care.post p WHERE p.id = post_id));
GRANT SELECT ON care.quarantined_post, care.moved_post TO renkei_app;
-- Where it was moved to is nothing to the group that it left.
GRANT SELECT (id, group_id, post_id, author_id, found_by, finder, second_id, at, state, decided_at) ON care.quarantine TO renkei_app;

-- ---- Nothing is written about what is hidden --------------------------------------------------------------------------
SET LOCAL ROLE renkei_sec;
CREATE FUNCTION sec.still_seen(p_post uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF sec.is_hidden(p_post) THEN RAISE EXCEPTION 'quarantined' USING ERRCODE = 'RK409'; END IF;
END $$;
CREATE FUNCTION sec.post_is_about_what_is_seen() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  PERFORM sec.still_seen(NEW.target);
  PERFORM sec.still_seen(NEW.reply_to);
  RETURN NEW;
END $$;
CREATE FUNCTION sec.is_about_a_seen_post() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  PERFORM sec.still_seen(NEW.post_id);
  RETURN NEW;
END $$;
CREATE FUNCTION sec.is_of_a_seen_post() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  PERFORM sec.still_seen(NEW.source_id);
  RETURN NEW;
END $$;
GRANT EXECUTE ON FUNCTION sec.post_is_about_what_is_seen(), sec.is_about_a_seen_post(), sec.is_of_a_seen_post() TO renkei_owner;
SET LOCAL ROLE renkei_owner;
DO $$
DECLARE t text; which text;
BEGIN
  FOREACH t IN ARRAY ARRAY['post', 'receipt', 'observation', 'task', 'visit_record', 'consultation', 'consultation_event', 'bookmark', 'post_label', 'release'] LOOP
    EXECUTE pg_catalog.format('GRANT TRIGGER ON care.%I TO renkei_owner', t);
    which := CASE t WHEN 'post' THEN 'WHEN (NEW.target IS NOT NULL OR NEW.reply_to IS NOT NULL)'
      -- To take a mark away is always possible.
      WHEN 'receipt' THEN 'WHEN (NEW.post_id IS NOT NULL AND NEW.kind NOT IN (''quarantined'', ''quarantine_handed'', ''quarantine_confirmed'', ''quarantine_lifted'', ''unpinned'', ''unstamped''))'
      WHEN 'observation' THEN 'WHEN (NEW.post_id IS NOT NULL)' WHEN 'task' THEN 'WHEN (NEW.post_id IS NOT NULL)' ELSE '' END;
    EXECUTE pg_catalog.format('CREATE TRIGGER of_what_is_seen BEFORE INSERT ON care.%I FOR EACH ROW %s EXECUTE FUNCTION sec.%s()', t, which,
      CASE t WHEN 'post' THEN 'post_is_about_what_is_seen' WHEN 'release' THEN 'is_of_a_seen_post' ELSE 'is_about_a_seen_post' END);
    EXECUTE pg_catalog.format('REVOKE TRIGGER ON care.%I FROM renkei_owner', t);
  END LOOP;
END $$;
SET LOCAL ROLE renkei_sec;

-- ---- Hiding -----------------------------------------------------------------------------------------------------------
-- The post that a correction goes back to, and of what the family was shown, the team's.
CREATE FUNCTION sec.first_text(p_post uuid) RETURNS uuid LANGUAGE sql STABLE AS $$
  WITH RECURSIVE up AS (SELECT p_post AS id, 0 AS n UNION ALL
    SELECT coalesce(p.target, (SELECT r.source_id FROM care.release r WHERE r.post_id = p.id)), up.n + 1 FROM up JOIN care.post p ON p.id = up.id WHERE up.n < 1000)
  SELECT up.id FROM up WHERE up.id IS NOT NULL ORDER BY up.n DESC LIMIT 1
$$;
-- A post with all that repeats it: its corrections and withdrawals, and what the family was shown of any of them.
CREATE FUNCTION sec.all_of_post(p_post uuid) RETURNS SETOF care.post LANGUAGE sql STABLE AS $$
  WITH RECURSIVE x AS (SELECT p_post AS id UNION SELECT n.id FROM x CROSS JOIN LATERAL
    (SELECT t.id FROM care.post t WHERE t.target = x.id UNION ALL SELECT r.post_id FROM care.release r WHERE r.source_id = x.id) n(id))
  SELECT p.* FROM care.post p JOIN x ON x.id = p.id
$$;
-- Whether somebody of the staff may read this post now.
CREATE FUNCTION sec.may_read(p care.post, p_account uuid) RETURNS bool LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM care.membership m JOIN care.staff f ON f.account_id = m.account_id AND f.facility_id = m.facility_id AND f.state = 'active'
    WHERE m.group_id = p.group_id AND m.account_id = p_account AND m.role IN ('host', 'member', 'guest') AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp())
      AND CASE WHEN EXISTS (SELECT 1 FROM care.stream s WHERE s.id = p.stream_id AND s.kind = 'family') THEN m.from_seq = 0 OR p.at >= m.since ELSE p.seq > m.from_seq END)
$$;
-- One record about a quarantine, beside the others of the group, and the line in the access log.
CREATE FUNCTION sec.quarantine_record(c sec.context, p_group uuid, p_post uuid, p_stream uuid, p_subject uuid, p_kind text, p_id uuid, p_client uuid, p_commitment bytea, p_envelope bytea) RETURNS sec.link LANGUAGE plpgsql AS $$
DECLARE r uuid; l sec.link; owner uuid; patient uuid;
BEGIN
  SELECT x.id INTO r FROM care.stream x WHERE x.group_id = p_group AND x.kind = 'receipts';
  l := sec.chain(c, r, p_kind, p_client, '{}', p_commitment);
  INSERT INTO care.receipt (stream_id, seq, id, group_id, kind, author_id, author, entered_by, facility_id, facility, at, client_id, target_stream, post_id, prev, commitment, hash, envelope, subject_id)
    VALUES (r, l.seq, p_id, p_group, p_kind, c.account_id, c.account, c.account, c.facility_id, c.facility, l.at, p_client, p_stream, p_post, l.prev, p_commitment, l.hash, p_envelope, p_subject);
  SELECT g.facility_id, g.patient_id INTO owner, patient FROM care.groups g WHERE g.id = p_group;
  PERFORM sec.log(c, p_kind, p_group, patient, owner, p_post, 'done', NULL);
  RETURN l;
END $$;
-- Tells pages that are open, of each post that is hidden or comes back. The family's hear that something changed.
CREATE FUNCTION sec.quarantine_event(p_quarantine uuid, p_kind text, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO care.event (kind, group_id, timeline, post_id, seq, at)
    SELECT CASE s.kind WHEN 'family' THEN 'post.changed' ELSE p_kind END, x.group_id, s.kind, x.post_id, x.seq, p_at
    FROM care.quarantined_post x JOIN care.stream s ON s.id = x.stream_id WHERE x.quarantine_id = p_quarantine AND x.kind <> 'withdrawal'
$$;
-- Tells somebody who may know of it; of one post not twice.
CREATE FUNCTION sec.quarantine_notice(p care.post, p_account uuid, p_kind text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF NOT sec.may_read(p, p_account) THEN RETURN; END IF;
  INSERT INTO care.ask_notice VALUES (p.id, p_account, p_kind, p.group_id, pg_catalog.clock_timestamp()) ON CONFLICT DO NOTHING;
  INSERT INTO care.event (kind, account_id, at) VALUES ('notice', p_account, pg_catalog.clock_timestamp());
END $$;
-- The first text of a post that the caller may read now, on either timeline; RK404 for everybody else.
CREATE FUNCTION sec.pointed_at(c sec.context, p_post uuid) RETURNS care.post LANGUAGE plpgsql AS $$
DECLARE p care.post;
BEGIN
  SELECT x.* INTO p FROM care.post x WHERE x.id = p_post AND x.kind <> 'withdrawal';
  IF NOT FOUND THEN RAISE EXCEPTION 'no such post' USING ERRCODE = 'RK404'; END IF;
  PERFORM sec.member(c, p.group_id);
  IF NOT sec.may_read(p, c.account_id) THEN RAISE EXCEPTION 'no such post' USING ERRCODE = 'RK404'; END IF;
  SELECT x.* INTO p FROM care.post x WHERE x.id = sec.first_text(p_post);
  RETURN p;
END $$;
-- Who decides about a post that somebody found: its author, or of an own post the host, or where the host has found an own one, whom she names. NULL: nobody can yet.
CREATE FUNCTION sec.second_for(p care.post, p_finder uuid, p_named uuid) RETURNS uuid LANGUAGE plpgsql STABLE AS $$
DECLARE host uuid := (SELECT g.host_id FROM care.group_state g WHERE g.group_id = p.group_id); usual uuid;
BEGIN
  usual := CASE WHEN p.author_id <> p_finder AND sec.may_read(p, p.author_id) THEN p.author_id WHEN host <> p_finder AND sec.may_read(p, host) THEN host END;
  IF p_named IS NULL THEN RETURN usual; END IF;
  IF usual IS DISTINCT FROM p_named AND (usual IS NOT NULL OR p_named = p_finder OR NOT sec.may_read(p, p_named)) THEN RAISE EXCEPTION 'not this person' USING ERRCODE = 'RK422'; END IF;
  RETURN p_named;
END $$;
-- What the record of a quarantine names, before it is written: the first text, and who would decide. RK409 where it may not be.
CREATE FUNCTION act.quarantine_second(p_post uuid, p_named uuid) RETURNS TABLE (first uuid, group_id uuid, second uuid, name text) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); p care.post := sec.pointed_at(c, p_post); who uuid;
BEGIN
  IF EXISTS (SELECT 1 FROM care.direct d WHERE d.group_id = p.group_id) THEN RAISE EXCEPTION 'not in a conversation of two' USING ERRCODE = 'RK409'; END IF;
  who := sec.second_for(p, c.account_id, p_named);
  RETURN QUERY SELECT p.id, p.group_id, who, (SELECT n.name FROM care.person_now n WHERE n.account_id = who);
END $$;
-- Hides a post that is about somebody else. Which quarantine, and whether this very act was done before. `p_second`: as act.quarantine_second has said.
CREATE FUNCTION act.quarantine(p_post uuid, p_named uuid, p_second uuid, p_id uuid, p_client uuid, p_fingerprint bytea, p_commitment bytea, p_envelope bytea) RETURNS TABLE (id uuid, again bool)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); p care.post := sec.pointed_at(c, p_post); q care.quarantine; l sec.link; host uuid;
BEGIN
  IF sec.is_token(c) THEN RAISE EXCEPTION 'the person only' USING ERRCODE = 'RK403'; END IF;
  IF EXISTS (SELECT 1 FROM care.direct d WHERE d.group_id = p.group_id) THEN RAISE EXCEPTION 'not in a conversation of two' USING ERRCODE = 'RK409'; END IF;
  -- Whoever writes about it waits here, or is in what is hidden. In the order in which everybody takes the ends of a group's timelines.
  PERFORM 1 FROM care.stream_head h JOIN care.stream s ON s.id = h.stream_id WHERE s.group_id = p.group_id AND s.kind IN ('team', 'family') ORDER BY h.stream_id FOR UPDATE OF h;
  SELECT x.* INTO q FROM care.quarantine x WHERE x.group_id = p.group_id AND x.found_by = c.account_id AND x.client_id = p_client;
  IF FOUND THEN
    IF q.post_id <> p.id OR q.fingerprint <> p_fingerprint THEN RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409'; END IF;
    RETURN QUERY SELECT q.id, true;
    RETURN;
  END IF;
  PERFORM sec.must_be_open(p.group_id);
  IF sec.is_hidden(p.id) OR sec.is_hidden(p_post) THEN RAISE EXCEPTION 'quarantined' USING ERRCODE = 'RK409'; END IF;
  IF sec.second_for(p, c.account_id, p_named) IS DISTINCT FROM p_second THEN RAISE EXCEPTION 'somebody else decides now' USING ERRCODE = 'RK409'; END IF;
  l := sec.quarantine_record(c, p.group_id, p.id, p.stream_id, p_second, 'quarantined', p_id, p_client, p_commitment, p_envelope);
  INSERT INTO care.quarantine (id, group_id, post_id, author_id, found_by, finder, said_at, second_id, at, client_id, fingerprint)
    VALUES (p_id, p.group_id, p.id, p.author_id, c.account_id, c.account, l.seq, p_second, l.at, p_client, p_fingerprint);
  INSERT INTO care.quarantined_post SELECT x.id, p_id, x.stream_id, x.seq, x.group_id, x.kind, x.author_id, x.author, x.facility_id, x.facility, x.at, x.reply_to, x.target, true FROM sec.all_of_post(p.id) x;
  INSERT INTO care.hidden_post AS h SELECT x.post_id, true FROM care.quarantined_post x WHERE x.quarantine_id = p_id ON CONFLICT (post_id) DO UPDATE SET hidden = true;
  UPDATE care.asked a SET ended = 'quarantined', ended_at = l.at, held_remind_at = a.remind_at, remind_at = NULL FROM care.quarantined_post x WHERE x.quarantine_id = p_id AND a.post_id = x.post_id AND a.ended IS NULL;
  PERFORM sec.quarantine_event(p_id, 'post.quarantined', l.at);
  SELECT g.host_id INTO host FROM care.group_state g WHERE g.group_id = p.group_id;
  PERFORM sec.quarantine_notice(p, p_second, 'quarantine');
  PERFORM sec.quarantine_notice(p, w.who, 'quarantined') FROM (SELECT DISTINCT x FROM pg_catalog.unnest(ARRAY[p.author_id, host]) x) w(who) WHERE w.who <> c.account_id AND w.who IS DISTINCT FROM p_second;
  RETURN QUERY SELECT p_id, false;
END $$;

-- ---- The two ----------------------------------------------------------------------------------------------------------
-- A quarantine for one of its two, who is in the group now; RK404 for everybody else. Nothing of it is for a program's token.
CREATE FUNCTION sec.quarantine_of(c sec.context, p_quarantine uuid) RETURNS care.quarantine LANGUAGE plpgsql AS $$
DECLARE q care.quarantine;
BEGIN
  SELECT x.* INTO q FROM care.quarantine x WHERE x.id = p_quarantine AND c.account_id IN (x.found_by, x.second_id);
  IF NOT FOUND OR sec.is_token(c) THEN RAISE EXCEPTION 'no such quarantine' USING ERRCODE = 'RK404'; END IF;
  PERFORM sec.member(c, q.group_id);
  RETURN q;
END $$;
-- The other one's word: it is about somebody else and stays hidden, or it comes back. What stays hidden may come back later, while nobody has written it
-- again elsewhere. False: said before.
CREATE FUNCTION act.decide_quarantine(p_quarantine uuid, p_stays bool, p_id uuid, p_client uuid, p_commitment bytea, p_envelope bytea) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); q care.quarantine := sec.quarantine_of(c, p_quarantine); p care.post; l sec.link; said text := CASE WHEN p_stays THEN 'confirmed' ELSE 'lifted' END;
BEGIN
  SELECT x.* INTO q FROM care.quarantine x WHERE x.id = p_quarantine FOR UPDATE;
  IF q.second_id IS DISTINCT FROM c.account_id THEN RAISE EXCEPTION 'the second person only' USING ERRCODE = 'RK403'; END IF;
  IF q.state = said THEN RETURN false; END IF;
  IF q.state = 'lifted' OR q.moved_to IS NOT NULL THEN RAISE EXCEPTION 'decided already' USING ERRCODE = 'RK409'; END IF;
  SELECT x.* INTO p FROM care.post x WHERE x.id = q.post_id;
  l := sec.quarantine_record(c, q.group_id, q.post_id, p.stream_id, NULL, 'quarantine_' || said, p_id, p_client, p_commitment, p_envelope);
  UPDATE care.quarantine SET state = said, decided_at = l.at, decided_said_at = l.seq WHERE id = q.id;
  IF NOT p_stays THEN PERFORM sec.bring_back(q, l.at); END IF;
  PERFORM sec.quarantine_event(q.id, CASE WHEN p_stays THEN 'post.quarantined' ELSE 'post.lifted' END, l.at);
  PERFORM sec.quarantine_notice(p, w.who, 'quarantine_decided') FROM (SELECT DISTINCT x FROM pg_catalog.unnest(ARRAY[q.found_by, q.author_id]) x) w(who) WHERE w.who <> c.account_id;
  RETURN true;
END $$;
-- What no other quarantine hides is as it was: who was asked is asked again, and reminded when she would have been. Whoever had the line in its place on the screen, and
-- not the text before, is asked to read it.
CREATE FUNCTION sec.bring_back(q care.quarantine, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  UPDATE care.quarantined_post SET hidden = false WHERE quarantine_id = q.id;
  UPDATE care.hidden_post h SET hidden = false FROM care.quarantined_post x WHERE x.quarantine_id = q.id AND h.post_id = x.post_id
    AND NOT EXISTS (SELECT 1 FROM care.quarantined_post y WHERE y.post_id = x.post_id AND y.hidden);
  UPDATE care.asked a SET ended = NULL, ended_at = NULL, remind_at = a.held_remind_at, held_remind_at = NULL FROM care.quarantined_post x
    WHERE x.quarantine_id = q.id AND a.post_id = x.post_id AND a.ended = 'quarantined' AND NOT sec.is_hidden(x.post_id);
  INSERT INTO care.asked (post_id, account_id, group_id, stream_id, seq, author_id, why, at)
    SELECT DISTINCT x.post_id, m.account_id, x.group_id, x.stream_id, x.seq, x.author_id, 'mentioned', p_at
    FROM care.quarantined_post x JOIN care.stream s ON s.id = x.stream_id AND s.kind = 'team' CROSS JOIN sec.team_of(x.group_id, t) m
      JOIN care.read_position r ON r.stream_id = x.stream_id AND r.account_id = m.account_id AND r.up_to_seq >= x.seq
    WHERE x.quarantine_id = q.id AND x.kind <> 'withdrawal' AND NOT sec.is_hidden(x.post_id) AND NOT EXISTS (SELECT 1 FROM care.post y WHERE y.target = x.post_id)
      AND m.account_id <> x.author_id AND m.account_id IS DISTINCT FROM q.second_id AND m.account_id <> q.found_by
      AND EXISTS (SELECT 1 FROM care.membership k WHERE k.group_id = x.group_id AND k.account_id = m.account_id AND k.facility_id = m.facility_id AND k.ended_at IS NULL AND x.seq > k.from_seq)
      AND NOT EXISTS (SELECT 1 FROM care.receipt k WHERE k.kind = 'read' AND k.target_stream = x.stream_id AND k.author_id = m.account_id AND k.up_to_seq >= x.seq AND k.at < q.at)
    ON CONFLICT DO NOTHING;
END $$;
-- Somebody else decides. Whoever decides hands it on; the finder, where nobody can or nothing came of it for a day; the host, where one of the two is gone. False: so already.
CREATE FUNCTION act.hand_quarantine(p_quarantine uuid, p_second uuid, p_id uuid, p_client uuid, p_commitment bytea, p_envelope bytea) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); q care.quarantine; p care.post; l sec.link; gone bool; host uuid;
BEGIN
  SELECT x.* INTO q FROM care.quarantine x WHERE x.id = p_quarantine FOR UPDATE;
  IF NOT FOUND OR sec.is_token(c) THEN RAISE EXCEPTION 'no such quarantine' USING ERRCODE = 'RK404'; END IF;
  PERFORM sec.member(c, q.group_id);
  SELECT x.* INTO p FROM care.post x WHERE x.id = q.post_id;
  SELECT g.host_id INTO host FROM care.group_state g WHERE g.group_id = q.group_id;
  gone := q.second_id IS NULL OR NOT sec.may_read(p, q.second_id) OR NOT sec.may_read(p, q.found_by);
  IF c.account_id IS DISTINCT FROM q.second_id AND c.account_id <> q.found_by AND NOT (c.account_id = host AND gone) THEN RAISE EXCEPTION 'no such quarantine' USING ERRCODE = 'RK404'; END IF;
  IF c.account_id = q.found_by AND NOT gone AND q.at > pg_catalog.clock_timestamp() - interval '1 day' THEN RAISE EXCEPTION 'not yet' USING ERRCODE = 'RK403'; END IF;
  IF q.second_id IS NOT DISTINCT FROM p_second THEN RETURN false; END IF;
  IF q.state = 'lifted' OR q.moved_to IS NOT NULL THEN RAISE EXCEPTION 'decided already' USING ERRCODE = 'RK409'; END IF;
  IF p_second = q.found_by OR NOT sec.may_read(p, p_second) THEN RAISE EXCEPTION 'not this person' USING ERRCODE = 'RK422'; END IF;
  l := sec.quarantine_record(c, q.group_id, q.post_id, p.stream_id, p_second, 'quarantine_handed', p_id, p_client, p_commitment, p_envelope);
  UPDATE care.quarantine SET second_id = p_second WHERE id = q.id;
  PERFORM sec.quarantine_notice(p, p_second, 'quarantine');
  RETURN true;
END $$;
-- What is the caller's to look at: what waits for her word or that of the other one, and for a month what was decided. What waits before all. `p_one`: this one, however old.
-- Where it was written again is told to whoever is in that group.
CREATE FUNCTION act.my_quarantines(p_one uuid) RETURNS TABLE (id uuid, group_id uuid, post_id uuid, family bool, state text, at timestamptz, decided_at timestamptz, mine bool, author_id uuid, found_by uuid, second_id uuid,
  finder text, second text, hand_on bool, moved bool, moved_to uuid, moved_group uuid)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); groups uuid[] := sec.my_groups();
BEGIN
  IF sec.is_token(c) THEN RETURN; END IF;
  RETURN QUERY SELECT q.id, q.group_id, q.post_id, s.kind = 'family', q.state, q.at, q.decided_at, q.second_id IS NOT DISTINCT FROM c.account_id, q.author_id, q.found_by, q.second_id, f.name, n.name,
      q.state <> 'lifted' AND q.moved_to IS NULL AND (q.second_id IS NOT DISTINCT FROM c.account_id OR q.second_id IS NULL OR NOT sec.may_read(p, q.second_id) OR q.at < pg_catalog.clock_timestamp() - interval '1 day'),
      q.moved_to IS NOT NULL, v.post_id, v.group_id
    FROM care.quarantine q JOIN care.post p ON p.id = q.post_id JOIN care.stream s ON s.id = p.stream_id JOIN care.person_now f ON f.account_id = q.found_by LEFT JOIN care.person_now n ON n.account_id = q.second_id
      LEFT JOIN care.moved_post v ON v.post_id = q.moved_to AND v.group_id = ANY (groups)
    WHERE c.account_id IN (q.found_by, q.second_id) AND q.group_id = ANY (groups)
      AND CASE WHEN p_one IS NOT NULL THEN q.id = p_one ELSE q.state = 'waiting' OR q.decided_at > pg_catalog.clock_timestamp() - interval '30 days' END
    ORDER BY q.state <> 'waiting', q.at DESC LIMIT 100;
END $$;
-- The texts, for the two alone: the only door to what is hidden. Oldest first.
CREATE FUNCTION act.quarantined_texts(p_quarantine uuid) RETURNS TABLE (stream_id uuid, seq bigint, id uuid, group_id uuid, kind text, author_id uuid, author uuid, facility_id uuid, facility uuid, at timestamptz,
  reply_to uuid, target uuid, envelope bytea, has_files bool) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); q care.quarantine := sec.quarantine_of(c, p_quarantine);
BEGIN
  RETURN QUERY SELECT p.stream_id, p.seq, p.id, p.group_id, p.kind, p.author_id, p.author, p.facility_id, p.facility, p.at, p.reply_to, p.target, p.envelope, p.files <> '{}'
    FROM care.quarantined_post x JOIN care.post p ON p.id = x.post_id WHERE x.quarantine_id = q.id AND p.kind <> 'withdrawal' ORDER BY p.at, p.seq;
END $$;
-- Why it was hidden, and what was said since.
CREATE FUNCTION act.quarantine_said(p_quarantine uuid) RETURNS TABLE (id uuid, kind text, envelope bytea) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); q care.quarantine := sec.quarantine_of(c, p_quarantine);
BEGIN
  RETURN QUERY SELECT r.id, r.kind, r.envelope FROM care.receipt r JOIN care.stream s ON s.id = r.stream_id AND s.kind = 'receipts' AND s.group_id = q.group_id
    WHERE r.seq IN (q.said_at, q.decided_said_at) ORDER BY r.seq;
END $$;
-- Who had it on the screen before it was hidden, whether she is still there or not: of the staff by name, relatives as what they are.
CREATE FUNCTION sec.saw(q care.quarantine) RETURNS TABLE (account_id uuid, at timestamptz) LANGUAGE sql STABLE AS $$
  SELECT r.author_id, min(r.at) FROM care.quarantined_post x JOIN care.receipt r ON r.kind = 'read' AND r.target_stream = x.stream_id AND r.up_to_seq >= x.seq AND r.at >= x.at AND r.at < q.at
    WHERE x.quarantine_id = q.id AND x.kind <> 'withdrawal' AND r.author_id <> q.author_id GROUP BY r.author_id
$$;
CREATE FUNCTION act.quarantine_seen(p_quarantine uuid) RETURNS TABLE (name text, profession text, facility text, relative bool, at timestamptz) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); q care.quarantine := sec.quarantine_of(c, p_quarantine);
BEGIN
  RETURN QUERY SELECT p.name, p.profession, f.name, NOT EXISTS (SELECT 1 FROM care.membership m WHERE m.account_id = x.account_id AND m.group_id = q.group_id), x.at
    FROM sec.saw(q) x LEFT JOIN care.person_now p ON p.account_id = x.account_id
      LEFT JOIN LATERAL (SELECT n.name FROM care.membership m JOIN care.facility_now n ON n.facility_id = m.facility_id WHERE m.account_id = x.account_id AND m.group_id = q.group_id ORDER BY m.since DESC LIMIT 1) f ON true
    ORDER BY x.at;
END $$;
-- What else came of what is hidden, for its two: things that somebody has to look at.
CREATE FUNCTION act.quarantine_traces(p_quarantine uuid) RETURNS TABLE (tasks bigint, measured bigint, replies bigint) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); q care.quarantine := sec.quarantine_of(c, p_quarantine); posts uuid[];
BEGIN
  posts := ARRAY(SELECT x.post_id FROM care.quarantined_post x WHERE x.quarantine_id = q.id);
  RETURN QUERY SELECT (SELECT count(*) FROM care.task k WHERE k.post_id = ANY (posts)), (SELECT count(*) FROM care.observation o WHERE o.post_id = ANY (posts) AND o.kind = 'observation'),
    (SELECT count(*) FROM care.post r WHERE r.reply_to = ANY (posts) AND r.id <> ALL (posts) AND NOT sec.is_hidden(r.id));
END $$;
-- The post that took its place in the right group, written there by the caller a moment ago: with its receipt, which says how long it stood where it did not belong,
-- and how many people had it on the screen. RK409 where somebody has done so.
CREATE FUNCTION act.move_quarantined(p_quarantine uuid, p_post uuid, p_seen_by int, p_id uuid, p_client uuid, p_commitment bytea, p_envelope bytea) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); q care.quarantine := sec.quarantine_of(c, p_quarantine); p care.post; l sec.link; written timestamptz;
BEGIN
  SELECT x.* INTO q FROM care.quarantine x WHERE x.id = p_quarantine FOR UPDATE;
  IF q.moved_to IS NOT NULL THEN RAISE EXCEPTION 'moved already' USING ERRCODE = 'RK409'; END IF;
  IF q.state <> 'confirmed' THEN RAISE EXCEPTION 'decided otherwise' USING ERRCODE = 'RK409'; END IF;
  SELECT x.* INTO p FROM care.post x JOIN care.stream s ON s.id = x.stream_id AND s.kind = 'team' JOIN care.groups g ON g.id = x.group_id AND g.patient_id IS NOT NULL
    WHERE x.id = p_post AND x.author_id = c.account_id AND x.group_id <> q.group_id AND x.at > q.at AND x.kind = 'post';
  IF NOT FOUND THEN RAISE EXCEPTION 'not this group' USING ERRCODE = 'RK422'; END IF;
  PERFORM sec.member(c, p.group_id);
  IF p_seen_by <> (SELECT count(*) FROM sec.saw(q)) THEN RAISE EXCEPTION 'others have seen it' USING ERRCODE = 'RK409'; END IF;
  l := sec.quarantine_record(c, p.group_id, p_post, p.stream_id, NULL, 'moved', p_id, p_client, p_commitment, p_envelope);
  SELECT x.at INTO written FROM care.post x WHERE x.id = q.post_id;
  INSERT INTO care.moved_post VALUES (p_post, p.group_id, written, q.at, p_seen_by);
  UPDATE care.quarantine SET moved_to = p_post WHERE id = q.id;
END $$;

-- ---- The family's side ------------------------------------------------------------------------------------------------
-- As fam.posts (V35), which nodes of the version before call; of what is hidden a relative sees that something stood there.
CREATE FUNCTION fam.posts_and_gaps(p_token_hash bytea, p_group uuid, p_one uuid, p_before bigint, p_after bigint, p_limit int, p_opens bool)
RETURNS TABLE (stream_id uuid, seq bigint, id uuid, group_id uuid, kind text, author_id uuid, at timestamptz, reply_to uuid, target uuid, must_acknowledge_by timestamptz, envelope bytea,
  name text, profession text, facility text, facility_id uuid, version uuid, person bytea, corrected_by uuid, withdrawal uuid, withdrawn_at timestamptz, withdrawal_envelope bytea,
  acknowledgements bigint, mine bool, readers bigint, read_by bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE g uuid := coalesce(p_group, (SELECT p.group_id FROM care.post p JOIN care.stream s ON s.id = p.stream_id AND s.kind = 'family' WHERE p.id = p_one)); c sec.context := sec.kin(p_token_hash, g);
BEGIN
  IF p_opens THEN PERFORM sec.kin_log(c, CASE WHEN p_one IS NULL THEN 'viewed_family_timeline' ELSE 'viewed_post' END, g, p_one); END IF;
  RETURN QUERY WITH mine AS MATERIALIZED (SELECT s.id FROM care.relative r JOIN care.stream s ON s.group_id = r.group_id AND s.kind = 'family'
      WHERE r.account_id = c.account_id AND r.group_id = g AND sec.is_now(r)),
    page AS MATERIALIZED (SELECT p.*, sec.is_hidden(p.id) AS gone FROM care.post p JOIN mine ON mine.id = p.stream_id WHERE p.kind <> 'withdrawal' AND (p_one IS NULL OR p.id = p_one)
      AND (p_before IS NULL OR p.seq < p_before) AND (p_after IS NULL OR p.seq > p_after)
      ORDER BY CASE WHEN p_after IS NULL THEN -p.seq ELSE p.seq END LIMIT least(greatest(p_limit, 1), 200)),
    people AS MATERIALIZED (SELECT m.account_id FROM care.membership m WHERE m.group_id = g AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp())
      UNION SELECT r.account_id FROM care.relative r WHERE r.group_id = g AND sec.is_now(r)),
    positions AS MATERIALIZED (SELECT q.account_id, coalesce(x.up_to_seq, 0) AS up_to FROM people q CROSS JOIN mine LEFT JOIN care.read_position x ON x.stream_id = mine.id AND x.account_id = q.account_id)
    SELECT p.stream_id, p.seq, p.id, p.group_id, p.kind, p.author_id, p.at, p.reply_to, p.target, p.must_acknowledge_by, CASE WHEN NOT p.gone THEN p.envelope END,
      coalesce(v.work_name, v.name), v.profession, f.name, p.facility_id, k.version, k.person, t.id, w.id, w.at, w.envelope,
      (SELECT count(*) FROM care.receipt a WHERE a.post_id = p.id AND a.kind = 'acknowledged'),
      EXISTS (SELECT 1 FROM care.receipt a WHERE a.post_id = p.id AND a.kind = 'acknowledged' AND a.author_id = c.account_id),
      (SELECT count(*) FROM positions q WHERE q.account_id <> p.author_id), (SELECT count(*) FROM positions q WHERE q.account_id <> p.author_id AND q.up_to >= p.seq)
    FROM page p JOIN care.account_version v ON v.id = p.author JOIN care.facility_version f ON f.id = p.facility LEFT JOIN care.relative k ON k.version = p.author
    LEFT JOIN care.post t ON t.target = p.id AND t.kind = 'correction' LEFT JOIN care.post w ON w.target = p.id AND w.kind = 'withdrawal' AND NOT p.gone
    ORDER BY CASE WHEN p_after IS NULL THEN -p.seq ELSE p.seq END;
END $$;
CREATE OR REPLACE FUNCTION fam.posts(p_token_hash bytea, p_group uuid, p_one uuid, p_before bigint, p_after bigint, p_limit int, p_opens bool)
RETURNS TABLE (stream_id uuid, seq bigint, id uuid, group_id uuid, kind text, author_id uuid, at timestamptz, reply_to uuid, target uuid, must_acknowledge_by timestamptz, envelope bytea,
  name text, profession text, facility text, facility_id uuid, version uuid, person bytea, corrected_by uuid, withdrawal uuid, withdrawn_at timestamptz, withdrawal_envelope bytea,
  acknowledgements bigint, mine bool, readers bigint, read_by bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.kin(p_token_hash, coalesce(p_group, (SELECT p.group_id FROM care.post p JOIN care.stream s ON s.id = p.stream_id AND s.kind = 'family' WHERE p.id = p_one)));
BEGIN
  RETURN QUERY SELECT * FROM fam.posts_and_gaps(p_token_hash, p_group, p_one, p_before, p_after, p_limit, p_opens) x WHERE x.envelope IS NOT NULL;
END $$;
-- As in V53: what closes the files of a family post. Its own quarantine does too.
CREATE OR REPLACE FUNCTION sec.source_is_another_now(p_post uuid) RETURNS bool LANGUAGE sql STABLE AS $$
  SELECT sec.is_hidden(p_post) OR EXISTS (SELECT 1 FROM care.release r JOIN care.post w ON w.target = r.source_id AND w.kind IN ('correction', 'withdrawal') WHERE r.post_id = p_post)
$$;
-- As in V48, and: nobody is rung about what is hidden.
CREATE FUNCTION sec.drop_hidden_notices() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  UPDATE care.relative_notice SET state = 'void', decided_at = pg_catalog.clock_timestamp() WHERE post_id = NEW.post_id AND state = 'waiting';
  RETURN NULL;
END $$;
CREATE FUNCTION sec.no_hidden_notice() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  RETURN CASE WHEN sec.is_hidden(NEW.post_id) THEN NULL ELSE NEW END;
END $$;
GRANT EXECUTE ON FUNCTION sec.drop_hidden_notices(), sec.no_hidden_notice() TO renkei_owner;
SET LOCAL ROLE renkei_owner;
GRANT TRIGGER ON care.hidden_post, care.relative_notice TO renkei_owner;
CREATE TRIGGER drop_notices AFTER INSERT OR UPDATE ON care.hidden_post FOR EACH ROW WHEN (NEW.hidden) EXECUTE FUNCTION sec.drop_hidden_notices();
CREATE TRIGGER not_of_hidden BEFORE INSERT ON care.relative_notice FOR EACH ROW EXECUTE FUNCTION sec.no_hidden_notice();
REVOKE TRIGGER ON care.hidden_post, care.relative_notice FROM renkei_owner;
SET LOCAL ROLE renkei_sec;
-- As before (V47), and: what is hidden calls nobody, but the one who decides about it.
CREATE OR REPLACE FUNCTION sec.is_seen(n care.notification) RETURNS bool LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF n.cause NOT IN ('task', 'quarantine', 'quarantined', 'quarantine_decided') AND sec.is_hidden(n.post_id) THEN RETURN true; END IF;
  IF n.cause = 'post' THEN RETURN EXISTS (SELECT 1 FROM care.read_position r WHERE r.stream_id = n.stream_id AND r.account_id = n.account_id AND r.up_to_seq >= n.seq); END IF;
  RETURN EXISTS (SELECT 1 FROM care.notices_seen s WHERE s.account_id = n.account_id AND s.at >= n.made_at) OR CASE n.cause
    WHEN 'task' THEN NOT EXISTS (SELECT 1 FROM care.task k WHERE k.id = n.post_id AND k.owner_id = n.account_id AND k.state = 'open' AND NOT coalesce(sec.is_hidden(k.post_id), false))
    WHEN 'proxy' THEN NOT EXISTS (SELECT 1 FROM care.proxy_entry e WHERE e.post_id = n.post_id AND e.state = 'waiting')
    WHEN 'quarantine' THEN NOT EXISTS (SELECT 1 FROM care.quarantine q WHERE q.post_id = n.post_id AND q.state = 'waiting' AND q.second_id = n.account_id)
    WHEN 'quarantined' THEN false
    WHEN 'quarantine_decided' THEN false
    WHEN 'unanswered' THEN NOT EXISTS (SELECT 1 FROM care.asked a WHERE a.post_id = n.post_id AND a.overdue AND a.ended IS NULL)
    ELSE NOT EXISTS (SELECT 1 FROM care.asked a WHERE a.post_id = n.post_id AND a.account_id = n.account_id AND a.ended IS NULL) END;
END $$;
-- As in V47; an entry that is hidden waits for nobody's word.
CREATE OR REPLACE FUNCTION act.my_proxy_entries(p_limit int) RETURNS TABLE (post_id uuid, group_id uuid, system text, at timestamptz, waiting bigint) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); mine uuid[] := sec.my_groups();
BEGIN
  RETURN QUERY SELECT e.post_id, e.group_id, s.name, e.at, count(*) OVER () FROM care.proxy_entry e JOIN care.outside_system s ON s.id = e.system_id
    WHERE e.account_id = c.account_id AND e.state = 'waiting' AND e.group_id = ANY (mine) AND NOT sec.is_hidden(e.post_id) ORDER BY e.at LIMIT p_limit;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
REVOKE ALL ON FUNCTION fam.posts_and_gaps(bytea, uuid, uuid, bigint, bigint, int, bool) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION fam.posts_and_gaps(bytea, uuid, uuid, bigint, bigint, int, bool) TO renkei_family;
GRANT EXECUTE ON FUNCTION act.quarantine_second(uuid, uuid), act.quarantine(uuid, uuid, uuid, uuid, uuid, bytea, bytea, bytea), act.decide_quarantine(uuid, bool, uuid, uuid, bytea, bytea),
  act.hand_quarantine(uuid, uuid, uuid, uuid, bytea, bytea), act.my_quarantines(uuid), act.quarantined_texts(uuid), act.quarantine_said(uuid), act.quarantine_seen(uuid), act.quarantine_traces(uuid),
  act.move_quarantined(uuid, uuid, int, uuid, uuid, bytea, bytea) TO renkei_app;
SET LOCAL ROLE renkei_owner;
