-- Work that follows a record: tasks, the calendar of visits, visit records, calendar links. State beside append-only events; every word is sealed under the team stream's data key.
-- No foreign keys to older tables, see V13.
CREATE TABLE care.task (
  id uuid PRIMARY KEY,
  group_id uuid NOT NULL,
  stream_id uuid NOT NULL,                                     -- the team stream, whose data key seals it
  post_id uuid,                                                -- the post that it came from
  owner_id uuid NOT NULL,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'dropped')),
  version int NOT NULL DEFAULT 1,                              -- of its last event
  made_by uuid NOT NULL,
  made_at timestamptz NOT NULL,
  changed_at timestamptz NOT NULL,
  client_id uuid NOT NULL,
  fingerprint bytea NOT NULL,
  envelope bytea NOT NULL CHECK (octet_length(envelope) BETWEEN 32 AND 20000),   -- what, and until when
  CONSTRAINT task_client_id_key UNIQUE (group_id, made_by, client_id)
);
CREATE INDEX task_by_owner ON care.task (owner_id) WHERE state = 'open';
CREATE INDEX task_by_group ON care.task (group_id, changed_at DESC);
CREATE INDEX task_open_by_group ON care.task (group_id) WHERE state = 'open';
CREATE TABLE care.task_event (
  task_id uuid NOT NULL, version int NOT NULL, id uuid NOT NULL, group_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('made', 'changed', 'handed_over', 'done', 'dropped', 'reopened', 'passed_on')),
  author_id uuid, author uuid, facility_id uuid, facility uuid,  -- none where the owner's leaving passed it on
  owner_id uuid NOT NULL,                                      -- from then on
  at timestamptz NOT NULL,
  client_id uuid, fingerprint bytea,
  envelope bytea CHECK (octet_length(envelope) BETWEEN 32 AND 20000),
  PRIMARY KEY (task_id, version),
  CONSTRAINT task_event_client_id_key UNIQUE (task_id, author_id, client_id),
  CHECK ((kind = 'passed_on') = (author_id IS NULL) AND (kind = 'passed_on') = (envelope IS NULL))
);
-- Who was given what, for the notices: by somebody else, or by a leaving.
CREATE INDEX task_event_given ON care.task_event (owner_id, at DESC) WHERE kind IN ('made', 'handed_over', 'passed_on', 'reopened') AND author_id IS DISTINCT FROM owner_id;
SELECT care.make_append_only('care.task_event');
CREATE TRIGGER no_delete BEFORE DELETE OR TRUNCATE ON care.task FOR EACH STATEMENT EXECUTE FUNCTION care.refuse_change();
ALTER TABLE care.task ENABLE ALWAYS TRIGGER no_delete;
GRANT SELECT, INSERT ON care.task, care.task_event TO renkei_sec;
GRANT UPDATE ON care.task TO renkei_sec;

-- Visits of one patient, planned once or again and again. When, what for and the note are sealed: only who comes is not, because the
-- database has to know whose visit it is. Occurrences are computed in memory, never stored.
CREATE TABLE care.visit (
  id uuid PRIMARY KEY,
  group_id uuid NOT NULL,
  stream_id uuid NOT NULL,                                     -- the team stream, whose data key seals it
  facility_id uuid NOT NULL,                                   -- who comes
  account_id uuid,
  version int NOT NULL DEFAULT 1,
  made_by uuid NOT NULL,
  made_at timestamptz NOT NULL,
  changed_at timestamptz NOT NULL,
  client_id uuid NOT NULL,
  fingerprint bytea NOT NULL,
  envelope bytea NOT NULL CHECK (octet_length(envelope) BETWEEN 32 AND 60000),
  CONSTRAINT visit_client_id_key UNIQUE (group_id, made_by, client_id)
);
CREATE INDEX visit_by_group ON care.visit (group_id);
CREATE TABLE care.visit_event (
  visit_id uuid NOT NULL, version int NOT NULL, id uuid NOT NULL, group_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('made', 'changed', 'moved', 'cancelled', 'restored', 'ended')),
  author_id uuid NOT NULL, author uuid NOT NULL, facility_id uuid NOT NULL, facility uuid NOT NULL,
  at timestamptz NOT NULL, client_id uuid NOT NULL, fingerprint bytea NOT NULL,
  envelope bytea NOT NULL CHECK (octet_length(envelope) BETWEEN 32 AND 60000),  -- the plan from then on, and why
  PRIMARY KEY (visit_id, version),
  CONSTRAINT visit_event_client_id_key UNIQUE (visit_id, author_id, client_id)
);
SELECT care.make_append_only('care.visit_event');
CREATE TRIGGER no_delete BEFORE DELETE OR TRUNCATE ON care.visit FOR EACH STATEMENT EXECUTE FUNCTION care.refuse_change();
ALTER TABLE care.visit ENABLE ALWAYS TRIGGER no_delete;
GRANT SELECT, INSERT ON care.visit, care.visit_event TO renkei_sec;
GRANT UPDATE ON care.visit TO renkei_sec;

-- Beside a post that is a visit record: the same in parts, sealed, so that lists need not read prose.
CREATE TABLE care.visit_record (
  post_id uuid PRIMARY KEY,
  stream_id uuid NOT NULL,
  group_id uuid NOT NULL,
  author_id uuid NOT NULL,
  at timestamptz NOT NULL,
  envelope bytea NOT NULL CHECK (octet_length(envelope) BETWEEN 32 AND 40000)
);
CREATE INDEX visit_record_by_group ON care.visit_record (group_id, at DESC);
SELECT care.make_append_only('care.visit_record');
-- That somebody has visited, without a record: where the page before the next visit begins.
CREATE TABLE care.visit_mark (
  group_id uuid NOT NULL,
  account_id uuid NOT NULL,
  at timestamptz NOT NULL,
  client_id uuid NOT NULL,
  PRIMARY KEY (group_id, account_id, at),
  CONSTRAINT visit_mark_client_id_key UNIQUE (account_id, client_id)
);
SELECT care.make_append_only('care.visit_mark');
GRANT SELECT, INSERT ON care.visit_record, care.visit_mark TO renkei_sec;

-- Whoever leaves a group leaves nothing undone there: the host has it from then on.
CREATE FUNCTION care.pass_on_tasks() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE host uuid; r record; passed bool := false;
BEGIN
  -- In the group for another facility still.
  IF EXISTS (SELECT 1 FROM care.membership m WHERE m.group_id = NEW.group_id AND m.account_id = NEW.account_id AND m.ended_at IS NULL
      AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp())) THEN
    RETURN NULL;
  END IF;
  SELECT s.host_id INTO host FROM care.group_state s WHERE s.group_id = NEW.group_id;
  IF host IS NULL OR host = NEW.account_id THEN RETURN NULL; END IF;
  FOR r IN UPDATE care.task t SET owner_id = host, version = t.version + 1, changed_at = sec.clock()
      WHERE t.owner_id = NEW.account_id AND t.state = 'open' AND t.group_id = NEW.group_id RETURNING t.id, t.version LOOP
    INSERT INTO care.task_event (task_id, version, id, group_id, kind, owner_id, at)
      VALUES (r.id, r.version, pg_catalog.gen_random_uuid(), NEW.group_id, 'passed_on', host, sec.clock());
    passed := true;
  END LOOP;
  IF passed THEN
    INSERT INTO care.event (kind, group_id, at) VALUES ('task.changed', NEW.group_id, sec.clock());
    INSERT INTO care.event (kind, account_id, at) VALUES ('notice', host, sec.clock());
  END IF;
  RETURN NULL;
END $$;
GRANT TRIGGER ON care.membership TO renkei_owner;
CREATE TRIGGER pass_on_tasks AFTER UPDATE OF ended_at ON care.membership FOR EACH ROW
  WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL) EXECUTE FUNCTION care.pass_on_tasks();
ALTER TABLE care.membership ENABLE ALWAYS TRIGGER pass_on_tasks;
REVOKE TRIGGER ON care.membership FROM renkei_owner;

SET LOCAL ROLE renkei_sec;
-- RK422 unless somebody is in the group now. Held until the commit, so that nobody leaves behind its back.
CREATE FUNCTION sec.must_be_in(p_group uuid, p_account uuid, p_facility uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM care.membership m WHERE m.group_id = p_group AND m.account_id = p_account AND (p_facility IS NULL OR m.facility_id = p_facility)
    AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp()) FOR SHARE;
  IF NOT FOUND THEN RAISE EXCEPTION 'no member' USING ERRCODE = 'RK422'; END IF;
END $$;

-- A list of what is open is sorted by sealed words, so it has to be read whole: it may not grow without end.
CREATE FUNCTION sec.must_have_room_for_task(p_group uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(p_group::text, 41));
  IF (SELECT count(*) FROM care.task x WHERE x.group_id = p_group AND x.state = 'open') >= 300 THEN
    RAISE EXCEPTION 'too many open tasks' USING ERRCODE = 'RK409';
  END IF;
END $$;

CREATE FUNCTION act.make_task(p_group uuid, p_task uuid, p_post uuid, p_owner uuid, p_client uuid, p_fingerprint bytea, p_envelope bytea, p_event uuid, p_event_envelope bytea)
RETURNS TABLE (id uuid, created bool) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); m care.membership := sec.member(c, p_group); e care.task; s uuid; t timestamptz := sec.clock(); owner uuid; patient uuid;
BEGIN
  SELECT * INTO e FROM care.task x WHERE x.group_id = p_group AND x.made_by = c.account_id AND x.client_id = p_client;
  IF FOUND THEN
    IF e.fingerprint <> p_fingerprint THEN RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409'; END IF;
    RETURN QUERY SELECT e.id, false; RETURN;
  END IF;
  PERFORM sec.must_be_open(p_group);
  SELECT x.id INTO s FROM care.stream x WHERE x.group_id = p_group AND x.kind = 'team';
  IF p_post IS NOT NULL AND NOT EXISTS (SELECT 1 FROM care.post p WHERE p.id = p_post AND p.stream_id = s AND p.kind <> 'withdrawal' AND p.seq > m.from_seq) THEN
    RAISE EXCEPTION 'no such post' USING ERRCODE = 'RK404';
  END IF;
  PERFORM sec.must_be_in(p_group, p_owner, NULL);
  PERFORM sec.must_have_room_for_task(p_group);
  INSERT INTO care.task (id, group_id, stream_id, post_id, owner_id, made_by, made_at, changed_at, client_id, fingerprint, envelope)
    VALUES (p_task, p_group, s, p_post, p_owner, c.account_id, t, t, p_client, p_fingerprint, p_envelope);
  INSERT INTO care.task_event VALUES (p_task, 1, p_event, p_group, 'made', c.account_id, c.account, c.facility_id, c.facility, p_owner, t, p_client, p_fingerprint, p_event_envelope);
  INSERT INTO care.event (kind, group_id, at) VALUES ('task.changed', p_group, t);
  IF p_owner <> c.account_id THEN INSERT INTO care.event (kind, account_id, at) VALUES ('notice', p_owner, t); END IF;
  SELECT g.facility_id, g.patient_id INTO owner, patient FROM care.groups g WHERE g.id = p_group;
  PERFORM sec.log(c, 'made_task', p_group, patient, owner, p_task, 'done', NULL);
  RETURN QUERY SELECT p_task, true;
END $$;

-- `p_kind`: what the service sealed. `p_seen`: the version that the caller saw, asked for where words are replaced.
-- `p_owner`: to whom it is handed over. `p_envelope`: the task's new words. False: done before with this client id.
CREATE FUNCTION act.change_task(p_task uuid, p_kind text, p_seen int, p_owner uuid, p_client uuid, p_fingerprint bytea, p_envelope bytea, p_event uuid, p_event_envelope bytea)
RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); m care.membership; x care.task; e care.task_event; t timestamptz := sec.clock(); o uuid; owner uuid; patient uuid;
BEGIN
  SELECT * INTO x FROM care.task y WHERE y.id = p_task;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such task' USING ERRCODE = 'RK404'; END IF;
  m := sec.member(c, x.group_id);
  IF m.from_seq <> 0 AND x.made_at < m.since AND x.owner_id <> c.account_id THEN RAISE EXCEPTION 'no such task' USING ERRCODE = 'RK404'; END IF;
  SELECT * INTO x FROM care.task y WHERE y.id = p_task FOR UPDATE;
  SELECT * INTO e FROM care.task_event y WHERE y.task_id = p_task AND y.author_id = c.account_id AND y.client_id = p_client;
  IF FOUND THEN
    IF e.fingerprint <> p_fingerprint OR e.kind <> p_kind THEN RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409'; END IF;
    RETURN false;
  END IF;
  PERFORM sec.must_be_open(x.group_id);
  o := x.owner_id;
  IF p_kind = 'reopened' THEN
    IF x.state = 'open' THEN RAISE EXCEPTION 'task is open' USING ERRCODE = 'RK409'; END IF;
    PERFORM sec.must_have_room_for_task(x.group_id);
    -- Whoever had it may have left since.
    IF NOT EXISTS (SELECT 1 FROM care.membership y WHERE y.group_id = x.group_id AND y.account_id = o AND y.ended_at IS NULL
        AND (y.until IS NULL OR y.until > pg_catalog.clock_timestamp())) THEN
      o := c.account_id;
    END IF;
  ELSIF p_kind IN ('changed', 'handed_over', 'done', 'dropped') THEN
    IF x.state <> 'open' THEN RAISE EXCEPTION 'task is closed' USING ERRCODE = 'RK409'; END IF;
    IF p_kind = 'changed' THEN
      IF x.version <> p_seen THEN RAISE EXCEPTION 'stale' USING ERRCODE = 'RK412'; END IF;
    ELSIF p_kind = 'handed_over' THEN
      IF x.owner_id = p_owner THEN RAISE EXCEPTION 'owner already' USING ERRCODE = 'RK409'; END IF;
      PERFORM sec.must_be_in(x.group_id, p_owner, NULL);
      o := p_owner;
    END IF;
  ELSE
    RAISE EXCEPTION 'not a change of a task' USING ERRCODE = 'RK422';
  END IF;
  UPDATE care.task y SET owner_id = o, version = y.version + 1, changed_at = t, envelope = CASE WHEN p_kind = 'changed' THEN p_envelope ELSE y.envelope END,
    state = CASE p_kind WHEN 'done' THEN 'done' WHEN 'dropped' THEN 'dropped' WHEN 'reopened' THEN 'open' ELSE y.state END WHERE y.id = p_task;
  INSERT INTO care.task_event VALUES (p_task, x.version + 1, p_event, x.group_id, p_kind, c.account_id, c.account, c.facility_id, c.facility, o, t, p_client, p_fingerprint, p_event_envelope);
  INSERT INTO care.event (kind, group_id, at) VALUES ('task.changed', x.group_id, t);
  -- Whoever gets it from somebody else is told.
  IF p_kind IN ('handed_over', 'reopened') AND o <> c.account_id THEN INSERT INTO care.event (kind, account_id, at) VALUES ('notice', o, t); END IF;
  SELECT g.facility_id, g.patient_id INTO owner, patient FROM care.groups g WHERE g.id = x.group_id;
  PERFORM sec.log(c, 'changed_task', x.group_id, patient, owner, p_task, 'done', NULL);
  RETURN true;
END $$;

-- ---- The calendar ------------------------------------------------------------------------------------------------
-- RK422 unless the facility has somebody in the group now, and the person, where one is named, is there for it.
CREATE FUNCTION sec.must_visit(p_group uuid, p_facility uuid, p_account uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM care.membership m WHERE m.group_id = p_group AND m.facility_id = p_facility AND (p_account IS NULL OR m.account_id = p_account)
    AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp()) LIMIT 1 FOR SHARE;
  IF NOT FOUND THEN RAISE EXCEPTION 'no member' USING ERRCODE = 'RK422'; END IF;
END $$;

-- `p_over`: visits of the group that are over. Only the service can open when they are; 200 others are the most a group has.
CREATE FUNCTION act.make_visit(p_group uuid, p_visit uuid, p_facility uuid, p_account uuid, p_client uuid, p_fingerprint bytea, p_envelope bytea, p_event uuid, p_event_envelope bytea, p_over uuid[])
RETURNS TABLE (id uuid, created bool) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); e care.visit; t timestamptz := sec.clock(); owner uuid; patient uuid;
BEGIN
  PERFORM sec.member(c, p_group);
  SELECT * INTO e FROM care.visit x WHERE x.group_id = p_group AND x.made_by = c.account_id AND x.client_id = p_client;
  IF FOUND THEN
    IF e.fingerprint <> p_fingerprint THEN RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409'; END IF;
    RETURN QUERY SELECT e.id, false; RETURN;
  END IF;
  IF NOT EXISTS (SELECT 1 FROM care.groups g WHERE g.id = p_group AND g.kind = 'patient') THEN RAISE EXCEPTION 'no patient to visit' USING ERRCODE = 'RK422'; END IF;
  PERFORM sec.must_be_open(p_group);
  PERFORM sec.must_visit(p_group, p_facility, p_account);
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(p_group::text, 42));
  IF (SELECT count(*) FROM care.visit x WHERE x.group_id = p_group AND x.id <> ALL (p_over)) >= 200 THEN RAISE EXCEPTION 'too many visits' USING ERRCODE = 'RK409'; END IF;
  INSERT INTO care.visit (id, group_id, stream_id, facility_id, account_id, made_by, made_at, changed_at, client_id, fingerprint, envelope)
    VALUES (p_visit, p_group, (SELECT x.id FROM care.stream x WHERE x.group_id = p_group AND x.kind = 'team'), p_facility, p_account, c.account_id, t, t, p_client, p_fingerprint, p_envelope);
  INSERT INTO care.visit_event VALUES (p_visit, 1, p_event, p_group, 'made', c.account_id, c.account, c.facility_id, c.facility, t, p_client, p_fingerprint, p_event_envelope);
  INSERT INTO care.event (kind, group_id, at) VALUES ('visit.changed', p_group, t);
  SELECT g.facility_id, g.patient_id INTO owner, patient FROM care.groups g WHERE g.id = p_group;
  PERFORM sec.log(c, 'planned_visit', p_group, patient, owner, p_visit, 'done', NULL);
  RETURN QUERY SELECT p_visit, true;
END $$;

-- Those of the facility that comes, whoever entered it, and the host. `p_seen`: the version whose plan the service has changed.
CREATE FUNCTION act.change_visit(p_visit uuid, p_kind text, p_seen int, p_facility uuid, p_account uuid, p_client uuid, p_fingerprint bytea, p_envelope bytea, p_event uuid, p_event_envelope bytea)
RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); m care.membership; x care.visit; e care.visit_event; t timestamptz := sec.clock(); owner uuid; patient uuid;
BEGIN
  SELECT * INTO x FROM care.visit y WHERE y.id = p_visit;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such visit' USING ERRCODE = 'RK404'; END IF;
  m := sec.member(c, x.group_id);
  SELECT * INTO x FROM care.visit y WHERE y.id = p_visit FOR UPDATE;
  SELECT * INTO e FROM care.visit_event y WHERE y.visit_id = p_visit AND y.author_id = c.account_id AND y.client_id = p_client;
  IF FOUND THEN
    IF e.fingerprint <> p_fingerprint OR e.kind <> p_kind THEN RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409'; END IF;
    RETURN false;
  END IF;
  IF x.facility_id <> c.facility_id AND x.made_by <> c.account_id AND m.role <> 'host' THEN RAISE EXCEPTION 'not your visit' USING ERRCODE = 'RK403'; END IF;
  PERFORM sec.must_be_open(x.group_id);
  IF x.version <> p_seen THEN RAISE EXCEPTION 'stale' USING ERRCODE = 'RK412'; END IF;
  -- What stays as it is may name somebody who has left since.
  IF p_facility <> x.facility_id OR p_account IS DISTINCT FROM x.account_id THEN PERFORM sec.must_visit(x.group_id, p_facility, p_account); END IF;
  UPDATE care.visit y SET facility_id = p_facility, account_id = p_account, version = y.version + 1, changed_at = t, envelope = p_envelope WHERE y.id = p_visit;
  INSERT INTO care.visit_event VALUES (p_visit, x.version + 1, p_event, x.group_id, p_kind, c.account_id, c.account, c.facility_id, c.facility, t, p_client, p_fingerprint, p_event_envelope);
  INSERT INTO care.event (kind, group_id, at) VALUES ('visit.changed', x.group_id, t);
  SELECT g.facility_id, g.patient_id INTO owner, patient FROM care.groups g WHERE g.id = x.group_id;
  PERFORM sec.log(c, 'changed_visit', x.group_id, patient, owner, p_visit, 'done', NULL);
  RETURN true;
END $$;

-- ---- Visit records -----------------------------------------------------------------------------------------------
-- The parts of the caller's own post. Again is fine and writes nothing.
CREATE FUNCTION act.add_visit_record(p_post uuid, p_envelope bytea) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); p care.post;
BEGIN
  SELECT x.* INTO p FROM care.post x JOIN care.stream s ON s.id = x.stream_id AND s.kind = 'team' WHERE x.id = p_post AND x.author_id = c.account_id AND x.kind = 'post';
  IF NOT FOUND THEN RAISE EXCEPTION 'no such post' USING ERRCODE = 'RK404'; END IF;
  PERFORM sec.member(c, p.group_id);
  INSERT INTO care.visit_record VALUES (p.id, p.stream_id, p.group_id, c.account_id, p.at, p_envelope) ON CONFLICT (post_id) DO NOTHING;
END $$;
CREATE FUNCTION act.mark_visit(p_group uuid, p_client uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); owner uuid; patient uuid;
BEGIN
  PERFORM sec.member(c, p_group);
  PERFORM sec.must_be_open(p_group);
  INSERT INTO care.visit_mark VALUES (p_group, c.account_id, sec.clock(), p_client) ON CONFLICT ON CONSTRAINT visit_mark_client_id_key DO NOTHING;
  IF NOT FOUND THEN
    IF NOT EXISTS (SELECT 1 FROM care.visit_mark x WHERE x.account_id = c.account_id AND x.client_id = p_client AND x.group_id = p_group) THEN
      RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409';
    END IF;
    RETURN;
  END IF;
  SELECT g.facility_id, g.patient_id INTO owner, patient FROM care.groups g WHERE g.id = p_group;
  PERFORM sec.log(c, 'marked_visit', p_group, patient, owner, NULL, 'done', NULL);
END $$;
SET LOCAL ROLE renkei_owner;

SELECT care.protect('care.task');
SELECT care.protect('care.task_event');
SELECT care.protect('care.visit');
SELECT care.protect('care.visit_event');
SELECT care.protect('care.visit_mark');
SELECT care.protect('care.visit_record');
-- After that: stopping gives back the right to make triggers.
SELECT care.stop_with_service('care.task');
SELECT care.stop_with_service('care.visit');
SELECT care.stop_with_service('care.visit_mark');
SELECT care.stop_with_service('care.visit_record');
CREATE POLICY member ON care.visit_record FOR SELECT TO renkei_app USING (EXISTS (SELECT 1 FROM care.post p WHERE p.id = post_id));
CREATE POLICY mine ON care.visit_mark FOR SELECT TO renkei_app USING (account_id = (SELECT sec.me()) AND group_id = ANY ((SELECT sec.my_groups())::uuid[]));
GRANT SELECT ON care.visit_record, care.visit_mark TO renkei_app;
-- What is planned is of now and of what comes: also a member "from now on" sees it.
CREATE POLICY member ON care.visit FOR SELECT TO renkei_app USING (group_id = ANY ((SELECT sec.my_groups())::uuid[]));
CREATE POLICY member ON care.visit_event FOR SELECT TO renkei_app USING (EXISTS (SELECT 1 FROM care.visit v WHERE v.id = visit_id));
GRANT SELECT ON care.visit, care.visit_event TO renkei_app;
CREATE POLICY member ON care.task FOR SELECT TO renkei_app USING (group_id = ANY ((SELECT sec.my_groups())::uuid[])
  AND (group_id = ANY ((SELECT sec.my_whole_groups())::uuid[]) OR owner_id = (SELECT sec.me()) OR made_at >= sec.my_since(group_id)));
CREATE POLICY member ON care.task_event FOR SELECT TO renkei_app USING (EXISTS (SELECT 1 FROM care.task t WHERE t.id = task_id));
GRANT SELECT ON care.task, care.task_event TO renkei_app;

SET LOCAL ROLE renkei_sec;
-- ---- The calendar behind a link ------------------------------------------------------------------------------------
-- One for a person and the facility for which she visits. Whoever has the token reads times and kinds, never a name.
CREATE TABLE sec.calendar_link (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL,
  facility_id uuid NOT NULL,
  token_hash bytea NOT NULL UNIQUE,
  with_number bool NOT NULL,                                   -- the facility's own number of the patient, where it manages him
  made_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,                                -- whatever happens: twelve months after it was made
  ended_at timestamptz,
  fetched_at timestamptz,
  noted_on date,                                               -- the day in Japan on which these groups' fetching was last written down
  noted uuid[] NOT NULL DEFAULT '{}',
  window_at timestamptz,                                       -- fetches are counted by the hour
  window_count int NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX calendar_link_one ON sec.calendar_link (account_id, facility_id) WHERE ended_at IS NULL;
SELECT care.guard_from_migrator('sec.calendar_link');
-- Whoever made a link from a session that was not the person's keeps nothing: it ends with whatever else throws strangers out.
CREATE FUNCTION sec.end_calendar_links(p_account uuid, p_facility uuid) RETURNS void LANGUAGE sql AS $$
  UPDATE sec.calendar_link SET ended_at = pg_catalog.clock_timestamp() WHERE account_id = p_account AND (p_facility IS NULL OR facility_id = p_facility) AND ended_at IS NULL
$$;
-- A new password, a lost device, a recovery, "that was not me": each of them tells the person, and here it ends the links.
CREATE FUNCTION sec.end_calendar_links_with_notice() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  PERFORM sec.end_calendar_links(NEW.account_id, NULL);
  RETURN NULL;
END $$;
CREATE TRIGGER calendar_links_end AFTER INSERT ON sec.sign_in_notice FOR EACH ROW
  WHEN (NEW.kind IN ('password_changed', 'password_reset', 'lost_phone', 'recovery_used', 'not_me')) EXECUTE FUNCTION sec.end_calendar_links_with_notice();
CREATE FUNCTION sec.end_calendar_links_with_tie() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM sec.end_calendar_links(NEW.account_id, NEW.facility_id);
  RETURN NULL;
END $$;
-- As in V7, with the links.
CREATE OR REPLACE FUNCTION act.sign_out_everywhere() RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  UPDATE sec.device SET remembered_until = NULL WHERE account_id = c.account_id;
  PERFORM sec.end_calendar_links(c.account_id, NULL);
  PERFORM sec.log(c, 'signed_out_everywhere', NULL, NULL, c.facility_id, NULL, 'done', NULL);
  RETURN sec.end_sessions(c.account_id, NULL, NULL, NULL);
END $$;
-- That a link was made is told like a new device: it is a way to what the person sees.
ALTER TABLE sec.sign_in_notice DROP CONSTRAINT sign_in_notice_kind_check,
  ADD CONSTRAINT sign_in_notice_kind_check CHECK (kind IN ('new_device', 'many_failures', 'recovery_started', 'recovery_confirmed', 'recovery_cancelled', 'recovery_used', 'password_changed', 'password_reset', 'factor_added', 'factor_removed', 'lost_phone', 'not_me', 'calendar_link')) NOT VALID;
-- Every older row met the narrower rule.
ALTER TABLE sec.sign_in_notice VALIDATE CONSTRAINT sign_in_notice_kind_check;

-- A new link ends the one before. Not where the facility wants to know every device: a feed goes to any.
CREATE FUNCTION act.make_calendar_link(p_id uuid, p_token_hash bytea, p_with_number bool) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  PERFORM sec.must_be_fresh(c);
  PERFORM sec.must_be_in_service(c.facility_id, 'write');
  IF (sec.sign_in_policy(c.facility_id)).managed_devices_only THEN RAISE EXCEPTION 'managed devices only' USING ERRCODE = 'RK403'; END IF;
  UPDATE sec.calendar_link SET ended_at = t WHERE account_id = c.account_id AND facility_id = c.facility_id AND ended_at IS NULL;
  INSERT INTO sec.calendar_link (id, account_id, facility_id, token_hash, with_number, made_at, ends_at) VALUES (p_id, c.account_id, c.facility_id, p_token_hash, p_with_number, t, t + interval '12 months');
  PERFORM sec.log(c, 'made_calendar_link', NULL, NULL, c.facility_id, p_id, 'done', NULL);
  PERFORM sec.tell(c.account_id, 'calendar_link', c.facility_id, c.device_id, NULL, NULL);
END $$;
CREATE FUNCTION act.end_calendar_link() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  UPDATE sec.calendar_link SET ended_at = pg_catalog.clock_timestamp() WHERE account_id = c.account_id AND facility_id = c.facility_id AND ended_at IS NULL;
  IF FOUND THEN PERFORM sec.log(c, 'ended_calendar_link', NULL, NULL, c.facility_id, NULL, 'done', NULL); END IF;
END $$;
CREATE FUNCTION act.my_calendar_link() RETURNS TABLE (made_at timestamptz, ends_at timestamptz, with_number bool, fetched_at timestamptz) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT l.made_at, l.ends_at, l.with_number, l.fetched_at FROM sec.calendar_link l WHERE l.account_id = c.account_id AND l.facility_id = c.facility_id
    AND l.ended_at IS NULL AND l.ends_at > pg_catalog.clock_timestamp();
END $$;
-- What stands behind a link: the visits of its facility in the person's groups of now, hers and those that nobody in particular makes,
-- with what opens them. In one statement without a session, as `act.post`. RK404 for a link that is no more, and for all reasons for
-- which its owner could not come in herself. RK409 'too many': asked for more than 60 times within an hour.
CREATE FUNCTION act.calendar_feed(p_token_hash bytea) RETURNS TABLE (visit_id uuid, stream_id uuid, version int, changed_at timestamptz, envelope bytea, wrapped bytea, key_facility uuid, key_version int,
  key_facility_wrapped bytea, patient_id uuid, number bytea, sheet uuid, sheet_wrapped bytea, sheet_key_facility uuid, sheet_key_version int, sheet_facility_wrapped bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE l sec.calendar_link; c sec.context; t timestamptz := pg_catalog.clock_timestamp(); today date := (t AT TIME ZONE 'Asia/Tokyo')::date; g record;
BEGIN
  SELECT x.* INTO l FROM sec.calendar_link x JOIN care.staff s ON s.account_id = x.account_id AND s.facility_id = x.facility_id AND s.state = 'active'
    WHERE x.token_hash = p_token_hash AND x.ended_at IS NULL AND x.ends_at > t AND coalesce((sec.sign_in_policy(x.facility_id)).managed_devices_only, false) = false FOR UPDATE OF x;
  IF NOT FOUND OR NOT sec.may_come_now(l.account_id, l.facility_id, t) THEN RAISE EXCEPTION 'no such link' USING ERRCODE = 'RK404'; END IF;
  PERFORM sec.must_be_in_service(l.facility_id, 'read');
  IF l.window_at > t - interval '1 hour' AND l.window_count >= 60 THEN RAISE EXCEPTION 'too many' USING ERRCODE = 'RK409'; END IF;
  UPDATE sec.calendar_link x SET fetched_at = t, window_at = CASE WHEN x.window_at > t - interval '1 hour' THEN x.window_at ELSE t END,
    window_count = CASE WHEN x.window_at > t - interval '1 hour' THEN x.window_count + 1 ELSE 1 END WHERE x.id = l.id;
  c := ROW(l.account_id, l.facility_id, (SELECT v.version FROM care.person_now v WHERE v.account_id = l.account_id),
    (SELECT v.version FROM care.facility_now v WHERE v.facility_id = l.facility_id), NULL, NULL, false)::sec.context;
  PERFORM sec.log(c, 'fetched_calendar', NULL, NULL, l.facility_id, l.id, 'done', NULL);
  -- A program asks day and night: in the log of each patient it stands once a day.
  FOR g IN SELECT DISTINCT o.id, o.patient_id, o.facility_id FROM care.membership m JOIN care.group_state s ON s.group_id = m.group_id AND s.archived_at IS NULL
      JOIN care.visit v ON v.group_id = m.group_id AND v.facility_id = l.facility_id AND (v.account_id IS NULL OR v.account_id = l.account_id) JOIN care.groups o ON o.id = m.group_id
      WHERE m.account_id = l.account_id AND m.facility_id = l.facility_id AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > t)
        AND NOT (l.noted_on IS NOT DISTINCT FROM today AND o.id = ANY (l.noted)) ORDER BY o.id LOOP
    PERFORM sec.log(c, 'fetched_calendar', g.id, g.patient_id, g.facility_id, l.id, 'done', NULL);
    UPDATE sec.calendar_link x SET noted_on = today, noted = CASE WHEN x.noted_on = today THEN x.noted ELSE '{}' END || g.id WHERE x.id = l.id;
  END LOOP;
  RETURN QUERY SELECT v.id, v.stream_id, v.version, v.changed_at, v.envelope, k.wrapped, k.facility_id, k.facility_key_version, f.wrapped,
      CASE WHEN n.id IS NOT NULL THEN p.id END, CASE WHEN n.id IS NOT NULL THEN p.number END, n.id, nk.wrapped, nk.facility_id, nk.facility_key_version, nf.wrapped
    FROM care.membership m JOIN care.group_state g ON g.group_id = m.group_id AND g.archived_at IS NULL
    JOIN care.visit v ON v.group_id = m.group_id AND v.facility_id = l.facility_id AND (v.account_id IS NULL OR v.account_id = l.account_id)
    JOIN care.data_key k ON k.stream_id = v.stream_id JOIN care.facility_key f ON f.facility_id = k.facility_id AND f.version = k.facility_key_version
    JOIN care.groups o ON o.id = m.group_id LEFT JOIN care.patient p ON p.id = o.patient_id AND l.with_number AND p.facility_id = l.facility_id AND p.number IS NOT NULL
    LEFT JOIN care.stream n ON n.patient_id = p.id LEFT JOIN care.data_key nk ON nk.stream_id = n.id
    LEFT JOIN care.facility_key nf ON nf.facility_id = nk.facility_id AND nf.version = nk.facility_key_version
    WHERE m.account_id = l.account_id AND m.facility_id = l.facility_id AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > t);
END $$;

-- ---- Partner institutions ------------------------------------------------------------------------------------------
-- With whom the admin's facility works: other facilities that posted within half a year about a patient of whose team somebody of this
-- facility is, or whom it manages. Counts and times of metadata that the access log shows too; no word of a record.
CREATE FUNCTION act.facility_partners() RETURNS TABLE (facility_id uuid, name text, kind text, phone text, near bigint, far bigint, last timestamptz, patients bigint)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT f.facility_id, f.name, f.kind, v.phone, x.near, x.far, x.last, x.patients FROM (
      SELECT p.facility_id AS f, count(*) FILTER (WHERE p.at > t - interval '90 days') AS near, count(*) AS far, max(p.at) AS last, count(DISTINCT p.group_id) AS patients
      FROM care.groups g JOIN care.group_state s ON s.group_id = g.id AND s.archived_at IS NULL JOIN care.stream st ON st.group_id = g.id AND st.kind = 'team'
      JOIN care.post p ON p.stream_id = st.id AND p.kind = 'post' AND p.at > t - interval '180 days' AND p.facility_id <> c.facility_id
      WHERE g.kind = 'patient' AND (g.facility_id = c.facility_id OR EXISTS (SELECT 1 FROM care.membership m WHERE m.group_id = g.id AND m.facility_id = c.facility_id AND m.ended_at IS NULL
          AND (m.until IS NULL OR m.until > t)))
        AND NOT EXISTS (SELECT 1 FROM care.post w WHERE w.target = p.id AND w.kind = 'withdrawal')
      GROUP BY p.facility_id) x JOIN care.facility_now f ON f.facility_id = x.f JOIN care.facility_version v ON v.id = f.version ORDER BY f.kind, f.kana;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sec.end_calendar_links_with_tie() TO renkei_owner;
GRANT EXECUTE ON FUNCTION act.make_task(uuid, uuid, uuid, uuid, uuid, bytea, bytea, uuid, bytea),
  act.change_task(uuid, text, int, uuid, uuid, bytea, bytea, uuid, bytea), act.make_visit(uuid, uuid, uuid, uuid, uuid, bytea, bytea, uuid, bytea, uuid[]),
  act.change_visit(uuid, text, int, uuid, uuid, uuid, bytea, bytea, uuid, bytea), act.add_visit_record(uuid, bytea), act.mark_visit(uuid, uuid),
  act.make_calendar_link(uuid, bytea, bool), act.end_calendar_link(), act.my_calendar_link(), act.facility_partners() TO renkei_app;
-- A calendar program has no session: the link is what it shows.
GRANT EXECUTE ON FUNCTION act.calendar_feed(bytea) TO renkei_auth;
SET LOCAL ROLE renkei_owner;
GRANT TRIGGER ON care.staff TO renkei_owner;
CREATE TRIGGER calendar_links_end AFTER UPDATE OF state ON care.staff FOR EACH ROW WHEN (NEW.state <> 'active' AND OLD.state = 'active') EXECUTE FUNCTION sec.end_calendar_links_with_tie();
REVOKE TRIGGER ON care.staff FROM renkei_owner;
