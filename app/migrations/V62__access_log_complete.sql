-- The access log complete (アクセス記録, decision 0048): which opening a page that stays open belongs to, printing, whose records somebody was shown,
-- what each month's review of a facility looks at and who signed it, and what a patient and relatives are told of who read.
-- No foreign keys to older tables, see V13.

-- Who opened this patient's record: time order and counts of one patient.
CREATE INDEX access_event_by_patient ON care.access_event (patient_id, at DESC) WHERE patient_id IS NOT NULL;
-- How long an opening lasted: the rows that go on with it carry its id.
CREATE INDEX access_event_of_opening ON care.access_event (ref, at) WHERE seconds IS NOT NULL;

-- Each month's review: that it waits, since when and until when. Whoever signs it adds a row of her own.
CREATE TABLE care.access_review (
  facility_id uuid NOT NULL,
  month date NOT NULL CHECK (extract(day FROM month) = 1),     -- the month that is looked at, Asia/Tokyo
  opened_at timestamptz NOT NULL,
  due_at timestamptz NOT NULL,
  CONSTRAINT access_review_pkey PRIMARY KEY (facility_id, month),
  CHECK (due_at > opened_at)
);
CREATE INDEX access_review_by_due ON care.access_review (due_at);
CREATE TABLE care.access_review_reminder (
  facility_id uuid NOT NULL,
  month date NOT NULL,
  n int NOT NULL CHECK (n BETWEEN 1 AND 6),
  at timestamptz NOT NULL,
  CONSTRAINT access_review_reminder_pkey PRIMARY KEY (facility_id, month, n),
  FOREIGN KEY (facility_id, month) REFERENCES care.access_review
);
CREATE TABLE care.access_review_signature (
  id uuid PRIMARY KEY,
  facility_id uuid NOT NULL,
  month date NOT NULL,
  by_account uuid NOT NULL,
  account uuid NOT NULL,                                       -- her name of then
  client_id uuid NOT NULL,
  at timestamptz NOT NULL,
  figures jsonb NOT NULL,                                      -- ids and numbers, as they were when she signed
  facility_key_version int NOT NULL,
  wrapped_key bytea NOT NULL,
  note bytea NOT NULL CHECK (octet_length(note) BETWEEN 28 AND 12000),
  fingerprint bytea NOT NULL,
  CONSTRAINT access_review_signature_client_id_key UNIQUE (by_account, client_id),
  FOREIGN KEY (facility_id, month) REFERENCES care.access_review
);
CREATE INDEX access_review_signature_by_month ON care.access_review_signature (facility_id, month, at);
-- Whether patients and relatives are told who read. The newest version stands; nothing: they are not.
CREATE TABLE care.reader_policy (
  id uuid PRIMARY KEY,
  facility_id uuid NOT NULL,
  version int NOT NULL CHECK (version >= 1),
  shown bool NOT NULL,
  names bool NOT NULL,                                         -- also who by name
  kinds bool NOT NULL,                                         -- also what: timeline, face sheet, file
  delay_days int NOT NULL CHECK (delay_days BETWEEN 1 AND 30), -- whole days between the end of a day and its being told
  by_account uuid NOT NULL,
  at timestamptz NOT NULL,
  facility_key_version int NOT NULL,
  wrapped_key bytea NOT NULL,
  reason bytea NOT NULL CHECK (octet_length(reason) BETWEEN 28 AND 4000),
  CONSTRAINT reader_policy_version_key UNIQUE (facility_id, version),
  CHECK (shown OR NOT names AND NOT kinds)
);
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['access_review', 'access_review_reminder', 'access_review_signature', 'reader_policy'] LOOP
    PERFORM care.make_append_only(('care.' || t)::regclass);
    EXECUTE pg_catalog.format('GRANT SELECT, INSERT ON care.%I TO renkei_sec', t);
    PERFORM care.protect(('care.' || t)::regclass);
  END LOOP;
END $$;
-- Foreign key checks run as the owner with a key-share lock.
GRANT UPDATE (facility_id) ON care.access_review TO renkei_owner;

SET LOCAL ROLE renkei_sec;

-- ---- What an act is -------------------------------------------------------------------------------------------------
-- `view`, `search`, `export`, `print`, `sign_in` or `change`. The same rule stands in `access_log/kinds.rs`; a test compares the two.
CREATE FUNCTION sec.act_kind(p_act text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE
    WHEN p_act = ANY ('{signed_in,signed_out,signed_out_everywhere,locked,unlocked,confirmed_identity,showed_identity,switched_facility,ended_after_hours,used_token,used_system_token}'::text[]) THEN 'sign_in'
    WHEN p_act LIKE 'downloaded\_%' OR p_act LIKE 'exported\_%' OR p_act = ANY ('{fetched_calendar,kept_copy}'::text[]) THEN 'export'
    WHEN p_act LIKE 'printed\_%' THEN 'print'
    WHEN p_act = 'searched' OR p_act LIKE 'searched\_%' THEN 'search'
    WHEN p_act LIKE 'viewed\_%' OR p_act LIKE 'viewing\_%' OR p_act LIKE 'unfolded\_%' OR p_act = ANY ('{found_in_search,read_copy,maintenance_read,opened_paper}'::text[]) THEN 'view'
    ELSE 'change' END
$$;

-- Whether a view opened what is a patient's record: looking into the log itself did not.
CREATE FUNCTION sec.opens_chart(p_act text) RETURNS bool LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT sec.act_kind(p_act) = 'view' AND p_act <> ALL ('{viewed_access_log,viewed_chart_counts,viewed_access,viewed_who_read,viewed_family_page}'::text[])
$$;

-- ---- Writing: as before (V4), and which row it is --------------------------------------------------------------------
CREATE FUNCTION sec.log_as(i uuid, t timestamptz, c sec.context, p_act text, p_group uuid, p_patient uuid, p_owner uuid, p_ref uuid, p_outcome text, p_seconds int)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO care.access_event (id, at, act, outcome, account_id, account, session_id, device_id, facility_id, owner_facility_id, group_id, patient_id, ref, seconds, leaf)
  VALUES (i, t, p_act, p_outcome, c.account_id, c.account, c.session_id, c.device_id, c.facility_id, p_owner, p_group, p_patient, p_ref, p_seconds,
    pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.concat_ws('|', 'renkei/access/v1', i,
      pg_catalog.to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), p_act, p_outcome, coalesce(c.account_id::text, '-'), coalesce(c.account::text, '-'),
      coalesce(c.session_id::text, '-'), coalesce(c.device_id::text, '-'), coalesce(c.facility_id::text, '-'), coalesce(p_owner::text, '-'),
      coalesce(p_group::text, '-'), coalesce(p_patient::text, '-'), coalesce(p_ref::text, '-'), coalesce(p_seconds::text, '-')), 'UTF8')));
END $$;
-- A view, as `act.viewed` writes it; with what names its row to the page that is shown.
CREATE FUNCTION act.view(p_what text, p_group uuid, p_patient uuid, p_ref uuid) RETURNS TABLE (id uuid, at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); patient uuid := p_patient; owner uuid; i uuid := pg_catalog.gen_random_uuid(); t timestamptz := sec.clock();
BEGIN
  IF p_group IS NOT NULL THEN
    SELECT g.facility_id, g.patient_id INTO owner, patient FROM care.groups g WHERE g.id = p_group;
  ELSIF p_patient IS NOT NULL THEN
    SELECT p.facility_id INTO owner FROM care.patient p WHERE p.id = p_patient;
  END IF;
  PERFORM sec.log_as(i, t, c, p_what, p_group, patient, owner, p_ref, 'done', NULL);
  RETURN QUERY SELECT i, t;
END $$;
-- Pages that stayed open, as `act.views_continued` writes them, each with the opening that it goes on with.
CREATE FUNCTION act.openings_continued(p_openings uuid[], p_sessions uuid[], p_groups uuid[], p_seconds int[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE r record;
BEGIN
  FOR r IN SELECT s.account_id, s.facility_id, s.account, s.facility, s.id AS session_id, s.device_id, g.id AS group_id, g.patient_id, g.facility_id AS owner, x.n, x.o
    FROM ROWS FROM (pg_catalog.unnest(p_openings), pg_catalog.unnest(p_sessions), pg_catalog.unnest(p_groups), pg_catalog.unnest(p_seconds)) x(o, s, g, n)
    JOIN sec.session s ON s.id = x.s JOIN care.groups g ON g.id = x.g LOOP
    PERFORM sec.log(ROW(r.account_id, r.facility_id, r.account, r.facility, r.session_id, r.device_id, NULL)::sec.context, 'viewing_timeline', r.group_id, r.patient_id, r.owner, r.o, 'done', r.n);
  END LOOP;
END $$;
-- The caller's own view, of the same session, a day old at most. RK404 for every other.
CREATE FUNCTION sec.own_view(c sec.context, p_id uuid, p_at timestamptz) RETURNS care.access_event LANGUAGE plpgsql STABLE AS $$
DECLARE e care.access_event;
BEGIN
  SELECT * INTO e FROM care.access_event x WHERE x.at = p_at AND x.id = p_id AND x.session_id = c.session_id AND x.account_id = c.account_id AND x.seconds IS NULL
    AND x.outcome = 'done' AND x.at > pg_catalog.clock_timestamp() - interval '1 day';
  IF NOT FOUND THEN RAISE EXCEPTION 'no such view' USING ERRCODE = 'RK404'; END IF;
  RETURN e;
END $$;
-- A browser says how long its page has been on the screen: never longer than since it was opened, and no more than one row in twenty seconds.
CREATE FUNCTION act.view_stayed(p_id uuid, p_at timestamptz, p_seconds int) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); e care.access_event := sec.own_view(c, p_id, p_at); t timestamptz := pg_catalog.clock_timestamp();
  n int := least(p_seconds, extract(epoch FROM t - e.at)::int);
BEGIN
  IF n < 1 OR EXISTS (SELECT 1 FROM care.access_event x WHERE x.ref = e.id AND x.seconds IS NOT NULL AND (x.seconds >= n OR x.at > t - interval '20 seconds')
    AND x.at > e.at AND x.at <= e.at + interval '1 day' AND x.session_id = c.session_id) THEN RETURN; END IF;
  PERFORM sec.log(c, 'viewing_page', e.group_id, e.patient_id, e.owner_facility_id, e.id, 'done', n);
END $$;
-- What is on the screen goes to paper.
CREATE FUNCTION act.page_printed(p_id uuid, p_at timestamptz) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); e care.access_event := sec.own_view(c, p_id, p_at);
BEGIN
  PERFORM sec.log(c, 'printed_page', e.group_id, e.patient_id, e.owner_facility_id, e.id, 'done', NULL);
END $$;

-- ---- Whose records were shown ---------------------------------------------------------------------------------------
-- Pages that name patients without being about one. A test asks every route and finds a page that is missing here.
CREATE OR REPLACE FUNCTION sec.list_acts() RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
  SELECT ARRAY['viewed_home', 'viewed_groups', 'viewed_notices', 'viewed_patients', 'searched_patients', 'viewed_access_log', 'downloaded_access_log',
    'viewed_affected', 'downloaded_affected', 'viewed_shown_patients', 'downloaded_shown_patients', 'viewed_chart_counts', 'downloaded_chart_counts', 'viewed_access_review',
    'exported_audit_events', 'viewed_tasks', 'viewed_open_items', 'viewed_bookmarks', 'viewed_digest', 'viewed_reviews', 'viewed_review', 'downloaded_review', 'viewed_proxy_entries', 'viewed_quarantines',
    'viewed_departure', 'viewed_departures', 'downloaded_departure', 'viewed_visits', 'viewed_invitation', 'viewed_access', 'viewed_interruptions', 'downloaded_interruptions',
    'viewed_notification_settings', 'fetched_calendar', 'viewed_work_order']
$$;
-- As `sec.find_affected` looked for them (V13): what was opened or changed, and whose names stood on lists. Empty filters mean everybody.
-- `p_owner`, for one facility's question: what can concern it lies with its patients or under the names of `p_near`; NULL: everything.
CREATE FUNCTION sec.patients_shown(p_from timestamptz, p_to timestamptz, p_accounts uuid[], p_sessions uuid[], p_devices uuid[], p_facilities uuid[], p_owner uuid, p_near uuid[])
RETURNS TABLE (patient_id uuid, how text, act text, at timestamptz, facility_id uuid) LANGUAGE sql STABLE AS $$
  WITH e AS (
    SELECT a.at, a.act, a.account_id, a.facility_id, a.patient_id FROM care.access_event a
    WHERE a.at >= p_from AND a.at < p_to AND a.outcome = 'done' AND a.account_id IS NOT NULL
      AND (p_accounts = '{}' OR a.account_id = ANY (p_accounts)) AND (p_sessions = '{}' OR a.session_id = ANY (p_sessions))
      AND (p_devices = '{}' OR a.device_id = ANY (p_devices)) AND (p_facilities = '{}' OR a.facility_id = ANY (p_facilities))
      AND (p_owner IS NULL OR a.owner_facility_id = p_owner OR a.facility_id = ANY (p_near))
  ), lists AS (
    SELECT e.* FROM e WHERE e.patient_id IS NULL AND e.act = ANY (sec.list_acts())
  )
  SELECT e.patient_id, 'opened', e.act, e.at, e.facility_id FROM e WHERE e.patient_id IS NOT NULL
  UNION ALL
  SELECT g.patient_id, 'listed', l.act, l.at, l.facility_id FROM lists l
    JOIN LATERAL (SELECT DISTINCT ON (m.group_id) m.group_id, m.kind FROM care.membership_event m
      WHERE m.subject_id = l.account_id AND m.at <= l.at AND m.kind IN ('joined', 'removed', 'left') ORDER BY m.group_id, m.seq DESC) m ON m.kind = 'joined'
    JOIN care.membership x ON x.group_id = m.group_id AND x.account_id = l.account_id AND x.facility_id = l.facility_id
    JOIN care.groups g ON g.id = m.group_id WHERE g.patient_id IS NOT NULL
  UNION ALL
  SELECT p.id, 'listed', l.act, l.at, l.facility_id FROM lists l JOIN care.staff s ON s.account_id = l.account_id AND s.facility_id = l.facility_id AND s.admin
    JOIN care.patient p ON p.facility_id = l.facility_id AND p.created_at <= l.at
$$;
-- As before (V13), by the function above.
CREATE OR REPLACE FUNCTION sec.find_affected(p_operator uuid, p_incident uuid, p_from timestamptz, p_to timestamptz, p_accounts uuid[], p_sessions uuid[], p_devices uuid[], p_facilities uuid[], p_patients uuid[])
RETURNS int LANGUAGE plpgsql AS $$
DECLARE n int; t timestamptz := pg_catalog.clock_timestamp(); f uuid;
BEGIN
  SELECT coalesce(max(s.version), 0) + 1 INTO n FROM care.incident_scope s WHERE s.incident_id = p_incident;
  INSERT INTO care.incident_scope VALUES (p_incident, n, p_from, p_to, p_accounts, p_sessions, p_devices, p_facilities, p_patients, p_operator, t);
  INSERT INTO care.incident_affected
    SELECT p_incident, n, p.id, p.facility_id, CASE WHEN pg_catalog.bool_or(x.how = 'opened') THEN 'opened' ELSE 'listed' END,
        pg_catalog.array_agg(DISTINCT x.act), count(DISTINCT (x.act, x.at)), min(x.at), max(x.at)
      FROM sec.patients_shown(p_from, p_to, p_accounts, p_sessions, p_devices, p_facilities, NULL, NULL) x JOIN care.patient p ON p.id = x.patient_id
      WHERE p_patients = '{}' OR p.id = ANY (p_patients) GROUP BY p.id, p.facility_id;
  -- Each facility sees in its own log that a list of its patients was made.
  FOR f IN SELECT DISTINCT a.facility_id FROM care.incident_affected a WHERE a.incident_id = p_incident AND a.scope = n LOOP
    PERFORM sec.log(NULL, 'listed_affected', NULL, NULL, f, p_incident, 'done', NULL);
  END LOOP;
  PERFORM sec.log_operator_as(p_operator, 'listed_affected', p_incident, (SELECT count(*) FROM care.incident_affected a WHERE a.incident_id = p_incident AND a.scope = n)::text);
  RETURN n;
END $$;
-- For a suspicion about one account, device or session: the facility's own patients, whoever it was, and whatever was seen under the facility's
-- name. NULL: not asked; one of the three must be.
CREATE FUNCTION act.patients_shown(p_from timestamptz, p_to timestamptz, p_account uuid, p_device uuid, p_session uuid)
RETURNS TABLE (patient_id uuid, mine bool, how text, acts text[], events bigint, first_at timestamptz, last_at timestamptz) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); near uuid[];
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  -- The facilities whose staff are or were with a patient of hers: their lists show her patients.
  near := ARRAY(SELECT c.facility_id UNION SELECT m.facility_id FROM care.groups g JOIN care.membership m ON m.group_id = g.id WHERE g.facility_id = c.facility_id);
  IF coalesce(p_account, p_device, p_session) IS NULL THEN RAISE EXCEPTION 'whom' USING ERRCODE = 'RK422'; END IF;
  RETURN QUERY SELECT p.id, p.facility_id = c.facility_id, CASE WHEN pg_catalog.bool_or(x.how = 'opened') THEN 'opened' ELSE 'listed' END,
      pg_catalog.array_agg(DISTINCT x.act), count(DISTINCT (x.act, x.at)), min(x.at), max(x.at)
    FROM sec.patients_shown(p_from, p_to, pg_catalog.array_remove(ARRAY[p_account], NULL), pg_catalog.array_remove(ARRAY[p_session], NULL), pg_catalog.array_remove(ARRAY[p_device], NULL), '{}', c.facility_id, near) x
    JOIN care.patient p ON p.id = x.patient_id WHERE p.facility_id = c.facility_id OR x.facility_id = c.facility_id
    GROUP BY p.id, p.facility_id ORDER BY 3 DESC, 7 DESC, 1;
END $$;

-- ---- The month's figures --------------------------------------------------------------------------------------------
-- Whether an account was in a patient's group then: by its present place there, else by the last thing that happened to it before.
CREATE FUNCTION sec.was_member(p_account uuid, p_group uuid, p_at timestamptz) RETURNS bool LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM care.membership m WHERE m.account_id = p_account AND m.group_id = p_group AND m.since <= p_at AND coalesce(m.ended_at, 'infinity') > p_at AND coalesce(m.until, 'infinity') > p_at)
    OR coalesce((SELECT m.kind = 'joined' FROM care.membership_event m WHERE m.subject_id = p_account AND m.group_id = p_group AND m.at <= p_at AND m.kind IN ('joined', 'removed', 'left', 'expired')
      ORDER BY m.seq DESC LIMIT 1), false)
$$;
-- Numbers and ids of what happened in a month to the facility's patients and under its name. A chart is opened where somebody of the staff
-- views what is a patient's; whoever comes by the family's door is not staff.
CREATE FUNCTION sec.access_figures(p_facility uuid, p_month date, p_opens time, p_closes time) RETURNS jsonb LANGUAGE sql STABLE AS $$
  WITH e AS MATERIALIZED (
    SELECT a.at, a.act, a.outcome, a.account_id, a.facility_id, a.patient_id, sec.act_kind(a.act) AS kind FROM care.access_event a
    WHERE (a.owner_facility_id = p_facility OR a.facility_id = p_facility) AND a.seconds IS NULL
      AND a.at >= p_month::timestamp AT TIME ZONE 'Asia/Tokyo' AND a.at < (p_month + interval '1 month') AT TIME ZONE 'Asia/Tokyo'
  ), charts AS MATERIALIZED (
    SELECT e.*, (e.at AT TIME ZONE 'Asia/Tokyo')::time AS o FROM e WHERE sec.opens_chart(e.act) AND e.outcome = 'done' AND e.patient_id IS NOT NULL AND e.account_id IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM care.relative r WHERE r.account_id = e.account_id)
  ), late AS MATERIALIZED (
    SELECT c.* FROM charts c WHERE NOT CASE WHEN p_opens < p_closes THEN c.o >= p_opens AND c.o < p_closes ELSE c.o >= p_opens OR c.o < p_closes END
  ), outside AS MATERIALIZED (
    SELECT c.* FROM charts c JOIN care.groups g ON g.patient_id = c.patient_id WHERE NOT sec.was_member(c.account_id, g.id, c.at)
  )
  SELECT pg_catalog.jsonb_build_object(
    'opens', pg_catalog.to_char(p_opens, 'HH24:MI'), 'closes', pg_catalog.to_char(p_closes, 'HH24:MI'),
    'views', (SELECT count(*) FROM charts), 'patients', (SELECT count(DISTINCT c.patient_id) FROM charts c), 'people', (SELECT count(DISTINCT c.account_id) FROM charts c),
    'searches', (SELECT count(*) FROM e WHERE e.kind = 'search' AND e.outcome = 'done'), 'exports', (SELECT count(*) FROM e WHERE e.kind = 'export' AND e.outcome = 'done'),
    'prints', (SELECT count(*) FROM e WHERE e.kind = 'print' AND e.outcome = 'done'), 'refused', (SELECT count(*) FROM e WHERE e.outcome <> 'done'),
    'outside_hours', (SELECT count(*) FROM late), 'not_in_group', (SELECT count(*) FROM outside),
    'top_patients', (SELECT coalesce(pg_catalog.jsonb_agg(x ORDER BY x.views DESC, x.patient), '[]') FROM (SELECT c.patient_id AS patient, count(*) AS views, count(DISTINCT c.account_id) AS people
      FROM charts c GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10) x),
    'late_people', (SELECT coalesce(pg_catalog.jsonb_agg(x ORDER BY x.n DESC, x.account), '[]') FROM (SELECT c.account_id AS account, count(*) AS n, count(DISTINCT c.patient_id) AS patients, max(c.at) AS last
      FROM late c GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20) x),
    'outside_people', (SELECT coalesce(pg_catalog.jsonb_agg(x ORDER BY x.n DESC, x.account, x.patient), '[]') FROM (SELECT c.account_id AS account, c.patient_id AS patient, count(*) AS n, max(c.at) AS last
      FROM outside c GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 50) x),
    'refused_people', (SELECT coalesce(pg_catalog.jsonb_agg(x ORDER BY x.n DESC, x.account, x.act), '[]') FROM (SELECT e.account_id AS account, e.act, count(*) AS n, max(e.at) AS last
      FROM e WHERE e.outcome <> 'done' GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 30) x),
    'taken_out', (SELECT coalesce(pg_catalog.jsonb_agg(x ORDER BY x.n DESC, x.account, x.act), '[]') FROM (SELECT e.account_id AS account, e.act, count(*) AS n, max(e.at) AS last
      FROM e WHERE e.outcome = 'done' AND e.kind IN ('export', 'print') GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 30) x))
$$;
-- The hours outside of which a view is counted: those of the sign-in policy, else seven to nine in the evening.
CREATE FUNCTION sec.figures_of(p_facility uuid, p_month date) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE p care.sign_in_policy := sec.sign_in_policy(p_facility);
BEGIN
  RETURN sec.access_figures(p_facility, p_month, coalesce(p.opens, '07:00'::time), coalesce(p.closes, '21:00'::time));
END $$;

-- ---- The month's review -----------------------------------------------------------------------------------------------
-- The schedule: one facility that was there before the month was over and whose review does not wait yet; NULL when there is none left.
CREATE FUNCTION act.open_next_access_review(p_month date, p_now timestamptz, p_due timestamptz, p_letter jsonb) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE f uuid; ends timestamptz := (p_month + interval '1 month') AT TIME ZONE 'Asia/Tokyo';
BEGIN
  IF sec.clock_is_doubtful() THEN RAISE EXCEPTION 'the clock has jumped' USING ERRCODE = 'RK503'; END IF;
  IF ends > p_now THEN RAISE EXCEPTION 'the month is not over' USING ERRCODE = 'RK409'; END IF;
  SELECT x.id INTO f FROM care.facility x WHERE x.created_at < ends AND EXISTS (SELECT 1 FROM care.staff s WHERE s.facility_id = x.id AND s.state <> 'left')
    AND NOT EXISTS (SELECT 1 FROM care.access_review r WHERE r.facility_id = x.id AND r.month = p_month) ORDER BY x.id LIMIT 1;
  IF f IS NULL THEN RETURN NULL; END IF;
  INSERT INTO care.access_review VALUES (f, p_month, p_now, p_due) ON CONFLICT DO NOTHING;
  IF FOUND THEN PERFORM sec.tell_admins(f, p_letter); END IF;
  RETURN f;
END $$;
-- The schedule: one that nobody has signed though it is overdue, once each time the interval has passed, six times at most.
CREATE FUNCTION act.remind_next_access_review(p_now timestamptz, p_every interval, p_letter jsonb) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE r care.access_review; n int;
BEGIN
  IF sec.clock_is_doubtful() THEN RAISE EXCEPTION 'the clock has jumped' USING ERRCODE = 'RK503'; END IF;
  SELECT x.* INTO r FROM care.access_review x LEFT JOIN LATERAL (SELECT count(*) AS n, max(m.at) AS at FROM care.access_review_reminder m WHERE m.facility_id = x.facility_id AND m.month = x.month) m ON true
    WHERE x.due_at <= p_now AND m.n < 6 AND coalesce(m.at, '-infinity') <= p_now - p_every
      AND NOT EXISTS (SELECT 1 FROM care.access_review_signature s WHERE s.facility_id = x.facility_id AND s.month = x.month) ORDER BY x.due_at, x.facility_id LIMIT 1;
  IF NOT FOUND THEN RETURN NULL; END IF;
  SELECT count(*) + 1 INTO n FROM care.access_review_reminder m WHERE m.facility_id = r.facility_id AND m.month = r.month;
  INSERT INTO care.access_review_reminder VALUES (r.facility_id, r.month, n, p_now) ON CONFLICT DO NOTHING;
  IF FOUND THEN PERFORM sec.tell_admins(r.facility_id, p_letter); END IF;
  RETURN r.facility_id;
END $$;
-- What waits for the caller as an admin.
CREATE FUNCTION act.my_access_reviews() RETURNS TABLE (month date, opened_at timestamptz, due_at timestamptz) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT r.month, r.opened_at, r.due_at FROM care.access_review r WHERE c.admin AND r.facility_id = c.facility_id
    AND NOT EXISTS (SELECT 1 FROM care.access_review_signature s WHERE s.facility_id = r.facility_id AND s.month = r.month) ORDER BY r.month;
END $$;
-- Those of the admin's facility, the newest first, each with who signed it first.
CREATE FUNCTION act.access_reviews() RETURNS TABLE (month date, opened_at timestamptz, due_at timestamptz, signed_at timestamptz, signed_by text) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT r.month, r.opened_at, r.due_at, s.at, coalesce(v.work_name, v.name) FROM care.access_review r
    LEFT JOIN LATERAL (SELECT x.at, x.account FROM care.access_review_signature x WHERE x.facility_id = r.facility_id AND x.month = r.month ORDER BY x.at LIMIT 1) s ON true
    LEFT JOIN care.account_version v ON v.id = s.account WHERE r.facility_id = c.facility_id ORDER BY r.month DESC LIMIT 120;
END $$;
-- One month's figures as the log gives them now, for a review that waits or is signed. RK404 where there is none.
CREATE FUNCTION act.access_figures(p_month date) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  IF NOT EXISTS (SELECT 1 FROM care.access_review r WHERE r.facility_id = c.facility_id AND r.month = p_month) THEN RAISE EXCEPTION 'no such review' USING ERRCODE = 'RK404'; END IF;
  RETURN sec.figures_of(c.facility_id, p_month);
END $$;
CREATE FUNCTION act.access_review_signatures(p_month date) RETURNS TABLE (id uuid, by_account uuid, name text, profession text, at timestamptz, figures jsonb, note bytea, wrapped_key bytea,
  facility_id uuid, facility_key_version int, facility_key bytea) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT s.id, s.by_account, coalesce(v.work_name, v.name), v.profession, s.at, s.figures, s.note, s.wrapped_key, s.facility_id, s.facility_key_version, k.wrapped
    FROM care.access_review_signature s JOIN care.account_version v ON v.id = s.account JOIN care.facility_key k ON k.facility_id = s.facility_id AND k.version = s.facility_key_version
    WHERE s.facility_id = c.facility_id AND s.month = p_month ORDER BY s.at;
END $$;
-- Signs, with the figures as they are in this transaction. The same client id with the same words is the same signature.
CREATE FUNCTION act.sign_access_review(p_id uuid, p_client uuid, p_month date, p_fingerprint bytea, p_key_version int, p_wrapped bytea, p_note bytea) RETURNS TABLE (id uuid, same bool)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); e care.access_review_signature;
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  PERFORM sec.must_be_in_service(c.facility_id, 'write');
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(c.account_id::text, 62));
  SELECT * INTO e FROM care.access_review_signature s WHERE s.by_account = c.account_id AND s.client_id = p_client;
  IF FOUND THEN RETURN QUERY SELECT e.id, e.fingerprint = p_fingerprint; RETURN; END IF;
  IF NOT EXISTS (SELECT 1 FROM care.access_review r WHERE r.facility_id = c.facility_id AND r.month = p_month) THEN RAISE EXCEPTION 'no such review' USING ERRCODE = 'RK404'; END IF;
  INSERT INTO care.access_review_signature VALUES (p_id, c.facility_id, p_month, c.account_id, c.account, p_client, sec.clock(), sec.figures_of(c.facility_id, p_month), p_key_version, p_wrapped, p_note, p_fingerprint);
  PERFORM sec.log(c, 'signed_access_review', NULL, NULL, c.facility_id, p_id, 'done', NULL);
  RETURN QUERY SELECT p_id, NULL::bool;
END $$;
-- ---- What a patient and relatives are told ------------------------------------------------------------------------------
-- The policy in force; a row of nulls where the facility has none. `since`: from when on they are told, without a pause.
CREATE FUNCTION sec.reader_policy(p_facility uuid) RETURNS TABLE (shown bool, names bool, kinds bool, delay_days int, since timestamptz) LANGUAGE sql STABLE AS $$
  SELECT p.shown, p.names, p.kinds, p.delay_days, (SELECT min(x.at) FROM care.reader_policy x WHERE x.facility_id = p_facility AND x.shown
      AND x.version > coalesce((SELECT max(o.version) FROM care.reader_policy o WHERE o.facility_id = p_facility AND NOT o.shown), 0))
    FROM care.reader_policy p WHERE p.facility_id = p_facility ORDER BY p.version DESC LIMIT 1
$$;
CREATE FUNCTION act.reader_policies() RETURNS TABLE (id uuid, version int, shown bool, names bool, kinds bool, delay_days int, by_account uuid, by_name text, at timestamptz, reason bytea, wrapped_key bytea,
  facility_id uuid, facility_key_version int, facility_key bytea) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT p.id, p.version, p.shown, p.names, p.kinds, p.delay_days, p.by_account, n.name, p.at, p.reason, p.wrapped_key, p.facility_id, p.facility_key_version, k.wrapped
    FROM care.reader_policy p JOIN care.person_now n ON n.account_id = p.by_account JOIN care.facility_key k ON k.facility_id = p.facility_id AND k.version = p.facility_key_version
    WHERE p.facility_id = c.facility_id ORDER BY p.version DESC LIMIT 50;
END $$;
-- On the version that was seen.
CREATE FUNCTION act.set_reader_policy(p_id uuid, p_seen int, p_shown bool, p_names bool, p_kinds bool, p_delay int, p_key_version int, p_wrapped bytea, p_reason bytea) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); top int;
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  PERFORM sec.must_be_fresh(c);
  PERFORM sec.must_be_in_service(c.facility_id, 'write');
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(c.facility_id::text, 62));
  SELECT coalesce(max(p.version), 0) INTO top FROM care.reader_policy p WHERE p.facility_id = c.facility_id;
  IF EXISTS (SELECT 1 FROM care.reader_policy p WHERE p.id = p_id) THEN RETURN top; END IF;
  IF top <> p_seen THEN RAISE EXCEPTION 'stale' USING ERRCODE = 'RK412'; END IF;
  INSERT INTO care.reader_policy VALUES (p_id, c.facility_id, top + 1, p_shown, p_shown AND p_names, p_shown AND p_kinds, p_delay, c.account_id, sec.clock(), p_key_version, p_wrapped, p_reason);
  PERFORM sec.log(c, 'changed_reader_policy', NULL, NULL, c.facility_id, p_id, 'done', NULL);
  RETURN top + 1;
END $$;
-- What the team of a group reads about it: what its patient and relatives are told.
CREATE FUNCTION act.reader_policy_of(p_group uuid) RETURNS TABLE (shown bool, names bool, kinds bool, delay_days int, since timestamptz) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  PERFORM sec.member(c, p_group);
  RETURN QUERY SELECT p.* FROM care.groups g CROSS JOIN LATERAL sec.reader_policy(g.facility_id) p WHERE g.id = p_group;
END $$;
-- Who of the staff read what is this patient's, by whole days that are over for long enough, and never from before the policy. No counts and no
-- times: how often the team looks would tell when there is something to look at. What patients and relatives read is not told to each other.
CREATE FUNCTION sec.who_read(p_group uuid) RETURNS TABLE (day date, facility text, profession text, name text, what text) LANGUAGE sql STABLE AS $$
  SELECT DISTINCT (e.at AT TIME ZONE 'Asia/Tokyo')::date, f.name, v.profession, CASE WHEN p.names AND held.names THEN coalesce(v.work_name, v.name) END,
      CASE WHEN NOT (p.kinds AND held.kinds) THEN NULL WHEN e.act LIKE 'viewed\_face\_sheet%' OR e.act IN ('viewed_patient', 'viewed_summary') THEN 'sheet'
        WHEN e.act IN ('viewed_file', 'viewed_files') THEN 'file' ELSE 'record' END
    FROM care.groups g CROSS JOIN LATERAL sec.reader_policy(g.facility_id) p
    JOIN care.access_event e ON e.patient_id = g.patient_id AND e.outcome = 'done' AND e.seconds IS NULL AND sec.opens_chart(e.act)
      AND e.at >= greatest(p.since, ((pg_catalog.clock_timestamp() AT TIME ZONE 'Asia/Tokyo')::date - 92)::timestamp AT TIME ZONE 'Asia/Tokyo')
      AND e.at < ((pg_catalog.clock_timestamp() AT TIME ZONE 'Asia/Tokyo')::date - p.delay_days)::timestamp AT TIME ZONE 'Asia/Tokyo'
    -- Who read while names were not told is not named afterwards.
    JOIN LATERAL (SELECT x.names, x.kinds FROM care.reader_policy x WHERE x.facility_id = g.facility_id AND x.at <= e.at ORDER BY x.version DESC LIMIT 1) held ON true
    JOIN care.account_version v ON v.id = e.account
    LEFT JOIN LATERAL (SELECT x.name FROM care.facility_version x WHERE x.facility_id = e.facility_id ORDER BY x.from_at <= e.at DESC, x.from_at DESC LIMIT 1) f ON true
    WHERE g.id = p_group AND p.shown AND NOT EXISTS (SELECT 1 FROM care.relative r WHERE r.account_id = e.account_id)
    ORDER BY 1 DESC, 2, 3, 4, 5 LIMIT 2000
$$;
-- The family's door. Nothing: the facility does not tell.
CREATE FUNCTION fam.reader_policy(p_token_hash bytea, p_group uuid) RETURNS TABLE (shown bool, names bool, kinds bool, delay_days int, since timestamptz) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.kin(p_token_hash, p_group);
BEGIN
  RETURN QUERY SELECT p.* FROM sec.reader_policy(c.facility_id) p WHERE p.shown;
END $$;
CREATE FUNCTION fam.who_read(p_token_hash bytea, p_group uuid) RETURNS TABLE (day date, facility text, profession text, name text, what text) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.kin(p_token_hash, p_group);
BEGIN
  IF NOT EXISTS (SELECT 1 FROM sec.reader_policy(c.facility_id) p WHERE p.shown) THEN RAISE EXCEPTION 'not told' USING ERRCODE = 'RK404'; END IF;
  PERFORM sec.kin_log(c, 'viewed_who_read', p_group, NULL);
  RETURN QUERY SELECT w.* FROM sec.who_read(p_group) w;
END $$;

-- A page of the family's door that names the patient and shows nothing that was written: of one group, or of all that the caller is in now.
CREATE FUNCTION fam.looked(p_token_hash bytea, p_group uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE s sec.relative_session := sec.kin_session(p_token_hash, 'active'); g uuid;
BEGIN
  FOR g IN SELECT r.group_id FROM care.relative r WHERE r.account_id = s.account_id AND sec.is_now(r) AND (p_group IS NULL OR r.group_id = p_group) LOOP
    PERFORM sec.kin_log(sec.kin(p_token_hash, g), 'viewed_family_page', g, NULL);
  END LOOP;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op, fam FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.view(text, uuid, uuid, uuid), act.view_stayed(uuid, timestamptz, int), act.page_printed(uuid, timestamptz), act.patients_shown(timestamptz, timestamptz, uuid, uuid, uuid),
  act.my_access_reviews(), act.access_reviews(), act.access_figures(date), act.access_review_signatures(date), act.sign_access_review(uuid, uuid, date, bytea, int, bytea, bytea),
  act.reader_policies(), act.set_reader_policy(uuid, int, bool, bool, bool, int, int, bytea, bytea), act.reader_policy_of(uuid) TO renkei_app;
GRANT EXECUTE ON FUNCTION act.openings_continued(uuid[], uuid[], uuid[], int[]), act.open_next_access_review(date, timestamptz, timestamptz, jsonb),
  act.remind_next_access_review(timestamptz, interval, jsonb) TO renkei_job;
GRANT EXECUTE ON FUNCTION fam.reader_policy(bytea, uuid), fam.who_read(bytea, uuid), fam.looked(bytea, uuid) TO renkei_family;
SET LOCAL ROLE renkei_owner;
