-- Notifications: who is told of a post, on which way, and when it is better to wait. Nothing of a post leaves by any of them.
-- No foreign keys to older tables, see V13.

-- ---- What people want ------------------------------------------------------------------------------------------------
-- Quiet hours: seven windows, Monday first, each by the day on which it begins, in Asia/Tokyo. NULL: none that day. A window that
-- ends at or before its beginning ends on the next day.
CREATE TABLE care.notification_setting (
  account_id uuid PRIMARY KEY,
  mail text NOT NULL DEFAULT 'off' CHECK (mail IN ('off', 'immediate', 'digest')),
  digest_at time NOT NULL DEFAULT '08:00',
  digested_on date,                                            -- the day of the last digest, in Asia/Tokyo
  quiet text NOT NULL DEFAULT 'facility' CHECK (quiet IN ('facility', 'own')),
  quiet_from time[],
  quiet_to time[],
  changed_at timestamptz NOT NULL,
  CONSTRAINT notification_setting_windows CHECK (quiet = 'facility'
    OR (quiet_from IS NOT NULL AND quiet_to IS NOT NULL AND pg_catalog.cardinality(quiet_from) = 7 AND pg_catalog.cardinality(quiet_to) = 7))
);
CREATE INDEX notification_setting_digest ON care.notification_setting (digest_at) WHERE mail = 'digest';
-- What holds for whoever has not decided: as the facility says.
CREATE TABLE care.facility_quiet (
  facility_id uuid PRIMARY KEY,
  quiet_from time[] NOT NULL CHECK (pg_catalog.cardinality(quiet_from) = 7),
  quiet_to time[] NOT NULL CHECK (pg_catalog.cardinality(quiet_to) = 7),
  by_account uuid NOT NULL,
  changed_at timestamptz NOT NULL
);
-- `mine`: what names the person or asks for 了解. Urgent posts pass every level. No row: `all`.
CREATE TABLE care.notification_level (
  account_id uuid NOT NULL,
  group_id uuid NOT NULL,
  level text NOT NULL CHECK (level IN ('all', 'mine', 'none')),
  changed_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, group_id)
);

-- ---- Who is told ------------------------------------------------------------------------------------------------------
-- How far the live events have been looked at.
CREATE TABLE care.notification_cursor (
  only_one bool PRIMARY KEY DEFAULT true CHECK (only_one),
  xid xid8 NOT NULL
);
-- When somebody last had the own notices on the screen.
CREATE TABLE care.notices_seen (
  account_id uuid PRIMARY KEY,
  at timestamptz NOT NULL
) WITH (fillfactor = 70);
-- One person to be told of one thing: a post, what the schedule says of a post that asks (as in care.ask_notice), or a task that
-- somebody else gave. Rows only for whoever has a way and wants it.
CREATE TABLE care.notification (
  post_id uuid NOT NULL,                                       -- of a task that was given: the task
  account_id uuid NOT NULL,
  cause text NOT NULL DEFAULT 'post' CHECK (cause IN ('post', 'reminder', 'overdue', 'substitute', 'unanswered', 'task')),
  group_id uuid NOT NULL,
  facility_id uuid NOT NULL,                                   -- through which the person is in the group
  stream_id uuid NOT NULL,
  seq bigint NOT NULL,                                         -- the post's; 0 of a task
  why text NOT NULL CHECK (why IN ('ordinary', 'mentioned', 'must', 'urgent')),
  -- told · seen: was on the screen before · joined: an unseen notice about the same group was minutes old · void: may not, or has no way any more
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'told', 'seen', 'joined', 'void')),
  due_at timestamptz NOT NULL,
  held int NOT NULL DEFAULT 0,                                 -- how often it waited because the person was at work in the product
  made_at timestamptz NOT NULL,
  decided_at timestamptz,
  PRIMARY KEY (post_id, account_id, cause),
  CHECK ((state = 'waiting') = (decided_at IS NULL))
);
CREATE INDEX notification_due ON care.notification (due_at) WHERE state = 'waiting';
CREATE INDEX notification_told ON care.notification (account_id, group_id, decided_at DESC) WHERE state = 'told' AND cause = 'post';
CREATE INDEX notification_made ON care.notification (made_at);
-- What became of it on each way. `accepted` proves that the push service or the mail server took it, `on_device` that the device has
-- shown a notice; neither that anybody has read.
CREATE TABLE care.delivery (
  post_id uuid NOT NULL,
  account_id uuid NOT NULL,
  cause text NOT NULL DEFAULT 'post',
  channel text NOT NULL CHECK (channel IN ('push', 'mail')),
  device_id uuid,
  push_id uuid,
  job_id uuid,
  state text NOT NULL CHECK (state IN ('queued', 'accepted', 'on_device', 'failed')),
  at timestamptz NOT NULL,
  CONSTRAINT delivery_once UNIQUE NULLS NOT DISTINCT (post_id, account_id, cause, channel, device_id),
  CHECK ((channel = 'push') = (device_id IS NOT NULL AND push_id IS NOT NULL)),
  CHECK ((channel = 'mail') = (job_id IS NOT NULL))
);
CREATE INDEX delivery_by_push ON care.delivery (push_id) WHERE push_id IS NOT NULL;
CREATE INDEX delivery_mail_queued ON care.delivery (job_id) WHERE channel = 'mail' AND state = 'queued';
-- A person was interrupted: one row for each ring, on however many devices, and each facility whose groups it was about.
CREATE TABLE care.interruption (
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  facility_id uuid NOT NULL,
  at timestamptz NOT NULL,
  urgent bool NOT NULL,
  quiet bool NOT NULL,                                         -- within the person's quiet hours
  PRIMARY KEY (id, facility_id)
);
CREATE INDEX interruption_by_facility ON care.interruption (facility_id, at);

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['notification_setting', 'facility_quiet', 'notification_level', 'notification_cursor', 'notices_seen', 'notification', 'delivery', 'interruption'] LOOP
    EXECUTE pg_catalog.format('GRANT SELECT, INSERT, UPDATE, DELETE ON care.%I TO renkei_sec', t);
    PERFORM care.protect(('care.' || t)::regclass);
  END LOOP;
END $$;
-- Whoever may read a post may see what became of its notices.
CREATE POLICY reader ON care.delivery FOR SELECT TO renkei_app USING (EXISTS (SELECT 1 FROM care.post p WHERE p.id = post_id));
GRANT SELECT (post_id, account_id, cause, channel, state, at) ON care.delivery TO renkei_app;

SET LOCAL ROLE renkei_sec;

-- ---- Push -------------------------------------------------------------------------------------------------------------
-- The deployment's key as a sender of push (RFC 8292), made on first use: its secret under the master key, its public half in clear.
CREATE TABLE sec.push_key (
  only_one bool PRIMARY KEY DEFAULT true CHECK (only_one),
  public bytea NOT NULL CHECK (octet_length(public) = 65),
  wrapped bytea NOT NULL,
  made_at timestamptz NOT NULL
);
SELECT care.guard_from_migrator('sec.push_key');
-- Where a device is reached. What it takes to reach it is forgotten when it ends.
CREATE TABLE sec.push_subscription (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL,
  device_id uuid NOT NULL,
  endpoint text CHECK (length(endpoint) BETWEEN 10 AND 2000),
  p256dh bytea CHECK (octet_length(p256dh) = 65),
  auth bytea CHECK (octet_length(auth) = 16),
  made_at timestamptz NOT NULL,
  accepted_at timestamptz,                                     -- the push service last took something
  on_device_at timestamptz,                                    -- the device last said that it had shown something
  failing_since timestamptz,                                   -- given up, and nothing taken since
  failure text CHECK (failure ~ '^[a-z0-9_]{1,60}$'),
  ended_at timestamptz,
  ended_why text CHECK (ended_why IN ('turned_off', 'replaced', 'signed_out', 'device_ended', 'left', 'gone')),
  CHECK ((ended_at IS NULL) = (ended_why IS NULL)),
  CHECK ((ended_at IS NULL) = (endpoint IS NOT NULL AND p256dh IS NOT NULL AND auth IS NOT NULL))
);
CREATE UNIQUE INDEX push_subscription_endpoint ON sec.push_subscription (endpoint) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX push_subscription_living ON sec.push_subscription (device_id) WHERE ended_at IS NULL;
CREATE INDEX push_subscription_by_account ON sec.push_subscription (account_id) WHERE ended_at IS NULL;
CREATE INDEX push_subscription_by_device ON sec.push_subscription (device_id, made_at DESC);
SELECT care.guard_from_migrator('sec.push_subscription');
-- One push to one device, for however many posts.
CREATE TABLE sec.push (
  id uuid PRIMARY KEY,
  batch uuid NOT NULL,                                         -- the pushes to one person at one moment
  subscription_id uuid NOT NULL,
  account_id uuid NOT NULL,
  device_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('posts', 'notices', 'test')),  -- notices: of no post among them
  urgent bool NOT NULL,
  quiet bool NOT NULL,
  state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'accepted', 'on_device', 'failed', 'seen')),
  code text CHECK (code ~ '^[a-z0-9_]{1,60}$'),
  tries int NOT NULL DEFAULT 0,
  token_hash bytea UNIQUE,                                     -- by which the device says that it has shown it; used up then
  made_at timestamptz NOT NULL,
  at timestamptz NOT NULL
);
CREATE INDEX push_tests ON sec.push (device_id, made_at DESC) WHERE kind = 'test';
CREATE INDEX push_made ON sec.push (made_at);
SELECT care.guard_from_migrator('sec.push');
-- The last letter that a person sent to herself to see whether letters come.
CREATE TABLE sec.mail_test (
  account_id uuid PRIMARY KEY,
  job_id uuid NOT NULL,
  at timestamptz NOT NULL
);
SELECT care.guard_from_migrator('sec.mail_test');

INSERT INTO care.notification_cursor (xid) VALUES (pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot()));

CREATE FUNCTION sec.end_push(p_ids uuid[], p_why text) RETURNS void LANGUAGE sql AS $$
  UPDATE sec.push_subscription SET ended_at = pg_catalog.clock_timestamp(), ended_why = p_why, endpoint = NULL, p256dh = NULL, auth = NULL
    WHERE id = ANY (p_ids) AND ended_at IS NULL
$$;
-- A subscription dies with its device, with the last session on it that somebody ends (one that merely grew old still rings: that is
-- what push is for), and with the last tie of its person.
CREATE FUNCTION sec.end_push_with_device() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  PERFORM sec.end_push(ARRAY(SELECT s.id FROM sec.push_subscription s WHERE s.device_id = NEW.id AND s.ended_at IS NULL), 'device_ended');
  RETURN NULL;
END $$;
CREATE TRIGGER push_ends AFTER UPDATE OF ended_at ON sec.device FOR EACH ROW WHEN (NEW.ended_at IS NOT NULL AND OLD.ended_at IS NULL) EXECUTE FUNCTION sec.end_push_with_device();
CREATE FUNCTION sec.end_push_with_session() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM sec.session s WHERE s.account_id = NEW.account_id AND s.device_id = NEW.device_id AND s.state <> 'ended' AND s.expires_at > pg_catalog.clock_timestamp()) THEN
    PERFORM sec.end_push(ARRAY(SELECT s.id FROM sec.push_subscription s WHERE s.device_id = NEW.device_id AND s.ended_at IS NULL), 'signed_out');
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER push_ends AFTER UPDATE OF state ON sec.session FOR EACH ROW WHEN (NEW.state = 'ended' AND OLD.state <> 'ended') EXECUTE FUNCTION sec.end_push_with_session();
CREATE FUNCTION sec.end_push_with_tie() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM care.staff s WHERE s.account_id = NEW.account_id AND s.state = 'active') THEN
    PERFORM sec.end_push(ARRAY(SELECT s.id FROM sec.push_subscription s WHERE s.account_id = NEW.account_id AND s.ended_at IS NULL), 'left');
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION act.push_key() RETURNS TABLE (public bytea, wrapped bytea) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT k.public, k.wrapped FROM sec.push_key k
$$;
-- Of two nodes that make one at the same moment the first one's stays.
CREATE FUNCTION act.keep_push_key(p_public bytea, p_wrapped bytea) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  INSERT INTO sec.push_key (public, wrapped, made_at) VALUES (p_public, p_wrapped, pg_catalog.clock_timestamp()) ON CONFLICT DO NOTHING
$$;

-- This device is reached there. The same again changes nothing; another browser profile, or another person at this one, replaces.
CREATE FUNCTION act.subscribe_push(p_id uuid, p_endpoint text, p_p256dh bytea, p_auth bytea) RETURNS TABLE (id uuid, created bool)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); s sec.push_subscription;
BEGIN
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(p_endpoint, 38));
  SELECT * INTO s FROM sec.push_subscription x WHERE x.endpoint = p_endpoint AND x.ended_at IS NULL;
  IF FOUND AND (s.account_id, s.device_id, s.p256dh, s.auth) = (c.account_id, c.device_id, p_p256dh, p_auth) THEN
    RETURN QUERY SELECT s.id, false; RETURN;
  END IF;
  IF EXISTS (SELECT 1 FROM sec.push_subscription x WHERE x.id = p_id) THEN RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409'; END IF;
  PERFORM sec.end_push(ARRAY(SELECT x.id FROM sec.push_subscription x WHERE x.ended_at IS NULL AND (x.endpoint = p_endpoint OR x.device_id = c.device_id)), 'replaced');
  INSERT INTO sec.push_subscription (id, account_id, device_id, endpoint, p256dh, auth, made_at)
    VALUES (p_id, c.account_id, c.device_id, p_endpoint, p_p256dh, p_auth, pg_catalog.clock_timestamp());
  PERFORM sec.log(c, 'subscribed_push', NULL, NULL, c.facility_id, c.device_id, 'done', NULL);
  RETURN QUERY SELECT p_id, true;
END $$;
-- One of the caller's own; NULL: this device's, of which there may be none.
CREATE FUNCTION act.end_push(p_subscription uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); s uuid;
BEGIN
  SELECT x.id INTO s FROM sec.push_subscription x WHERE x.account_id = c.account_id AND x.ended_at IS NULL
    AND CASE WHEN p_subscription IS NULL THEN x.device_id = c.device_id ELSE x.id = p_subscription END;
  IF NOT FOUND THEN
    IF p_subscription IS NULL THEN RETURN; END IF;
    RAISE EXCEPTION 'no such subscription' USING ERRCODE = 'RK404';
  END IF;
  PERFORM sec.end_push(ARRAY[s], 'turned_off');
  PERFORM sec.log(c, 'ended_push', NULL, NULL, c.facility_id, c.device_id, 'done', NULL);
END $$;
-- The caller's devices that are reached, this one in any case. `wanted`: reached, or so until something else than the person ended it.
CREATE FUNCTION act.my_push() RETURNS TABLE (device_id uuid, name text, this_one bool, id uuid, since timestamptz, accepted_at timestamptz, on_device_at timestamptz,
  failing_since timestamptz, failure text, wanted bool, test_state text, test_code text, test_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT d.id, d.name, d.id = c.device_id, CASE WHEN s.ended_at IS NULL THEN s.id END, s.made_at, s.accepted_at, s.on_device_at, s.failing_since, s.failure,
      coalesce(s.ended_at IS NULL OR s.ended_why <> 'turned_off', false) AND s.id IS NOT NULL, t.state, t.code, t.at
    FROM sec.device d
    LEFT JOIN LATERAL (SELECT x.* FROM sec.push_subscription x WHERE x.device_id = d.id ORDER BY x.ended_at IS NULL DESC, x.made_at DESC LIMIT 1) s ON true
    LEFT JOIN LATERAL (SELECT x.* FROM sec.push x WHERE x.device_id = d.id AND x.kind = 'test' AND x.made_at > pg_catalog.clock_timestamp() - interval '1 day' ORDER BY x.made_at DESC LIMIT 1) t ON true
    WHERE d.account_id = c.account_id AND d.ended_at IS NULL AND (d.id = c.device_id OR s.ended_at IS NULL AND s.id IS NOT NULL) ORDER BY d.id <> c.device_id, d.last_seen DESC;
END $$;
-- A push to this device that says nothing but that it came. One at a time.
CREATE FUNCTION act.test_push() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); s uuid; p uuid := pg_catalog.gen_random_uuid(); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  SELECT x.id INTO s FROM sec.push_subscription x WHERE x.device_id = c.device_id AND x.account_id = c.account_id AND x.ended_at IS NULL FOR UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'not subscribed' USING ERRCODE = 'RK409'; END IF;
  IF EXISTS (SELECT 1 FROM sec.push x WHERE x.device_id = c.device_id AND x.kind = 'test' AND x.made_at > t - interval '10 seconds') THEN RETURN; END IF;
  INSERT INTO sec.push (id, batch, subscription_id, account_id, device_id, kind, urgent, quiet, made_at, at) VALUES (p, p, s, c.account_id, c.device_id, 'test', true, false, t, t);
  PERFORM sec.enqueue('push', pg_catalog.jsonb_build_object('push', p), interval '0', 6);
END $$;

-- ---- Settings ---------------------------------------------------------------------------------------------------------
CREATE FUNCTION act.my_notification_settings() RETURNS TABLE (mail text, digest_at time, quiet text, quiet_from time[], quiet_to time[], facility_from time[], facility_to time[],
  address bool, test_state text, test_error text, test_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT coalesce(s.mail, 'off'), coalesce(s.digest_at, '08:00'), coalesce(s.quiet, 'facility'), s.quiet_from, s.quiet_to, f.quiet_from, f.quiet_to,
      EXISTS (SELECT 1 FROM sec.contact x WHERE x.account_id = c.account_id AND x.mail_confirmed_at IS NOT NULL), j.state, j.last_error, m.at
    FROM (SELECT 1) one LEFT JOIN care.notification_setting s ON s.account_id = c.account_id LEFT JOIN care.facility_quiet f ON f.facility_id = c.facility_id
    LEFT JOIN sec.mail_test m ON m.account_id = c.account_id AND m.at > pg_catalog.clock_timestamp() - interval '1 day' LEFT JOIN care.job j ON j.id = m.job_id;
END $$;
CREATE FUNCTION act.set_notifications(p_mail text, p_digest_at time, p_quiet text, p_from time[], p_to time[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); t timestamptz := pg_catalog.clock_timestamp(); l timestamp := t AT TIME ZONE 'Asia/Tokyo';
BEGIN
  IF p_mail <> 'off' AND NOT EXISTS (SELECT 1 FROM sec.contact x WHERE x.account_id = c.account_id AND x.mail_confirmed_at IS NOT NULL) THEN
    RAISE EXCEPTION 'no confirmed address' USING ERRCODE = 'RK409';
  END IF;
  -- A time that has passed today is for tomorrow.
  INSERT INTO care.notification_setting AS s (account_id, mail, digest_at, digested_on, quiet, quiet_from, quiet_to, changed_at)
    VALUES (c.account_id, p_mail, p_digest_at, CASE WHEN l::time >= p_digest_at THEN l::date END, p_quiet, p_from, p_to, t)
    ON CONFLICT (account_id) DO UPDATE SET mail = excluded.mail, digest_at = excluded.digest_at, quiet = excluded.quiet, quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to,
      changed_at = t, digested_on = greatest(s.digested_on, CASE WHEN s.mail <> 'digest' OR s.digest_at <> excluded.digest_at THEN excluded.digested_on END);
  PERFORM sec.log(c, 'changed_notifications', NULL, NULL, c.facility_id, NULL, 'done', NULL);
END $$;
CREATE FUNCTION act.my_notification_levels() RETURNS TABLE (group_id uuid, level text) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT l.group_id, l.level FROM care.notification_level l WHERE l.account_id = c.account_id AND l.group_id = ANY (sec.my_groups());
END $$;
-- RK404 for a group that the caller is not in.
CREATE FUNCTION act.set_notification_levels(p_groups uuid[], p_levels text[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); g uuid;
BEGIN
  FOREACH g IN ARRAY p_groups LOOP PERFORM sec.member(c, g); END LOOP;
  INSERT INTO care.notification_level AS l (account_id, group_id, level, changed_at)
    SELECT c.account_id, x.g, x.l, pg_catalog.clock_timestamp() FROM ROWS FROM (pg_catalog.unnest(p_groups), pg_catalog.unnest(p_levels)) x(g, l)
    ON CONFLICT (account_id, group_id) DO UPDATE SET level = excluded.level, changed_at = excluded.changed_at WHERE l.level <> excluded.level;
  PERFORM sec.log(c, 'changed_notifications', NULL, NULL, c.facility_id, NULL, 'done', NULL);
END $$;
-- A letter to the caller's own confirmed address. One at a time.
CREATE FUNCTION act.test_mail(p_letter jsonb) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); m text; t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  SELECT x.mail INTO m FROM sec.contact x WHERE x.account_id = c.account_id AND x.mail_confirmed_at IS NOT NULL;
  IF NOT FOUND THEN RAISE EXCEPTION 'no confirmed address' USING ERRCODE = 'RK409'; END IF;
  IF EXISTS (SELECT 1 FROM sec.mail_test x WHERE x.account_id = c.account_id AND x.at > t - interval '1 minute') THEN RETURN; END IF;
  INSERT INTO sec.mail_test AS x (account_id, job_id, at)
    VALUES (c.account_id, sec.enqueue('mail', p_letter || pg_catalog.jsonb_build_object('to', m, 'message', pg_catalog.gen_random_uuid()), interval '0', 18), t)
    ON CONFLICT (account_id) DO UPDATE SET job_id = excluded.job_id, at = t;
END $$;

-- ---- Deciding ---------------------------------------------------------------------------------------------------------
-- The end of the quiet hours that `p_at` lies in; NULL: it lies in none. Windows may follow one another without a gap.
CREATE FUNCTION sec.quiet_until(p_from time[], p_to time[], p_at timestamptz) RETURNS timestamptz LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE l timestamp := p_at AT TIME ZONE 'Asia/Tokyo'; until timestamp; n timestamp;
BEGIN
  IF p_from IS NULL THEN RETURN NULL; END IF;
  FOR i IN 1..8 LOOP
    SELECT max(w.ends) INTO n FROM (SELECT d.day + p_from[d.n] AS begins, d.day + p_to[d.n] + CASE WHEN p_to[d.n] <= p_from[d.n] THEN interval '1 day' ELSE interval '0' END AS ends
      FROM (SELECT x.day, extract(isodow FROM x.day)::int AS n FROM (VALUES (pg_catalog.date_trunc('day', l)), (pg_catalog.date_trunc('day', l) - interval '1 day')) x(day)) d) w
      WHERE w.begins <= l AND l < w.ends;
    EXIT WHEN n IS NULL;
    l := n; until := n;
  END LOOP;
  RETURN until AT TIME ZONE 'Asia/Tokyo';
END $$;
-- When the next quiet hours begin, within two days.
CREATE FUNCTION sec.quiet_from(p_from time[], p_to time[], p_at timestamptz) RETURNS timestamptz LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE l timestamp := p_at AT TIME ZONE 'Asia/Tokyo'; n timestamp;
BEGIN
  SELECT min(d.day + p_from[extract(isodow FROM d.day)::int]) INTO n FROM pg_catalog.generate_series(pg_catalog.date_trunc('day', l), l + interval '2 days', interval '1 day') d(day)
    WHERE d.day + p_from[extract(isodow FROM d.day)::int] > l;
  RETURN n AT TIME ZONE 'Asia/Tokyo';
END $$;
-- Why somebody in particular is called by these posts: `mentioned`, `must` (acknowledge) or `urgent`; no account: everybody in the group.
-- An urgent post that addresses nobody is urgent for everybody.
CREATE FUNCTION sec.calls_for(p_posts uuid[]) RETURNS TABLE (post_id uuid, account_id uuid, why text) LANGUAGE sql STABLE AS $$
  SELECT a.post_id, a.account_id, CASE WHEN a.by IS NULL THEN 'mentioned' ELSE 'must' END FROM care.asked a WHERE a.post_id = ANY (p_posts) AND a.ended_at IS NULL
  UNION ALL
  SELECT p.id, a.account_id, 'urgent' FROM care.post p LEFT JOIN care.asked a ON a.post_id = p.id WHERE p.id = ANY (p_posts) AND p.urgent
$$;
-- Whether there is any way to tell this person at once. `p_mail`: letters can be sent.
CREATE FUNCTION sec.has_way(p_account uuid, p_mail bool) RETURNS bool LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN EXISTS (SELECT 1 FROM sec.push_subscription s WHERE s.account_id = p_account AND s.ended_at IS NULL)
    OR (p_mail AND EXISTS (SELECT 1 FROM care.notification_setting n JOIN sec.contact c ON c.account_id = n.account_id AND c.mail_confirmed_at IS NOT NULL
      WHERE n.account_id = p_account AND n.mail = 'immediate'));
END $$;

-- Of several nodes one at a time: a person who is rung by two at once is rung twice.
CREATE FUNCTION sec.may_notify() RETURNS bool LANGUAGE sql VOLATILE AS $$
  SELECT pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended('renkei/notifications', 38))
$$;

-- Whether a person of now wants to be told of what calls her like this, and has a way. Urgent posts pass every level.
CREATE FUNCTION sec.wants_notice(p_account uuid, p_group uuid, p_why text, p_mail bool) RETURNS bool LANGUAGE plpgsql STABLE AS $$
DECLARE l text := coalesce((SELECT x.level FROM care.notification_level x WHERE x.account_id = p_account AND x.group_id = p_group), 'all');
BEGIN
  RETURN (p_why = 'urgent' OR CASE l WHEN 'all' THEN true WHEN 'mine' THEN p_why <> 'ordinary' ELSE false END) AND sec.has_way(p_account, p_mail);
END $$;
-- What the schedule says of posts that ask, and tasks that somebody else gave, to these people: one row for each who wants to be told.
CREATE FUNCTION sec.note_notices(p_accounts uuid[], p_now timestamptz, p_mail bool) RETURNS int LANGUAGE plpgsql AS $$
DECLARE n int;
BEGIN
  INSERT INTO care.notification AS y (post_id, account_id, cause, group_id, facility_id, stream_id, seq, why, due_at, made_at)
    SELECT w.id, w.account_id, w.cause, w.group_id, m.facility_id, w.stream_id, w.seq, w.why, p_now + CASE w.why WHEN 'urgent' THEN interval '0' ELSE interval '10 seconds' END, p_now
    FROM (
      SELECT p.id, a.account_id, a.kind AS cause, p.group_id, p.stream_id, p.seq, CASE WHEN p.urgent THEN 'urgent' ELSE 'must' END AS why
      FROM care.ask_notice a JOIN care.post p ON p.id = a.post_id WHERE a.account_id = ANY (p_accounts) AND a.at > p_now - interval '6 hours'
      UNION
      SELECT k.id, e.owner_id, 'task', k.group_id, k.stream_id, 0, 'mentioned'
      FROM care.task_event e JOIN care.task k ON k.id = e.task_id AND k.owner_id = e.owner_id AND k.state = 'open'
      WHERE e.owner_id = ANY (p_accounts) AND e.kind IN ('made', 'handed_over', 'passed_on', 'reopened') AND e.author_id IS DISTINCT FROM e.owner_id AND e.at > p_now - interval '6 hours') w
    CROSS JOIN LATERAL (SELECT x.facility_id FROM care.membership x JOIN care.staff f ON f.account_id = x.account_id AND f.facility_id = x.facility_id AND f.state = 'active'
      WHERE x.account_id = w.account_id AND x.group_id = w.group_id AND x.ended_at IS NULL AND (x.until IS NULL OR x.until > p_now) ORDER BY x.since LIMIT 1) m
    WHERE sec.wants_notice(w.account_id, w.group_id, w.why, p_mail)
    -- A task that comes back to somebody is news again.
    ON CONFLICT (post_id, account_id, cause) DO UPDATE SET state = 'waiting', held = 0, due_at = excluded.due_at, made_at = excluded.made_at, decided_at = NULL
      WHERE y.cause = 'task' AND y.state <> 'waiting' AND EXISTS (SELECT 1 FROM care.task_event e
        WHERE e.task_id = excluded.post_id AND e.owner_id = excluded.account_id AND e.kind <> 'made' AND e.author_id IS DISTINCT FROM e.owner_id AND e.at > y.made_at);
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN n;
END $$;

-- Looks at what happened since the last look: one row for each person who wants to be told. Something whose
-- transaction commits late comes by again, since the cursor is the oldest transaction that was open. How many rows.
CREATE FUNCTION act.note_notifications(p_now timestamptz, p_mail bool) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET enable_seqscan = off AS $$
DECLARE x xid8; next xid8 := pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot()); posts uuid[]; people uuid[]; seen bigint; last xid8; n int; notices int := 0;
BEGIN
  IF NOT sec.may_notify() THEN RETURN 0; END IF;
  SELECT c.xid INTO x FROM care.notification_cursor c;
  -- A restored database may count from an earlier place.
  IF x > pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot()) THEN x := next; END IF;
  SELECT pg_catalog.array_agg(e.post_id) FILTER (WHERE e.kind IN ('post.created', 'post.corrected') AND e.at > p_now - interval '6 hours'),
      pg_catalog.array_agg(DISTINCT e.account_id) FILTER (WHERE e.kind = 'notice'), count(*) FILTER (WHERE e.xid < next), (max(e.xid::text::numeric) FILTER (WHERE e.xid < next) + 1)::text::xid8
    INTO posts, people, seen, last FROM (
      -- Of what is settled a page of whole transactions, of which one alone may be greater than a page; and whatever stands beside
      -- transactions that are open still, each time again: the cursor passes none of those.
      (SELECT v.kind, v.post_id, v.account_id, v.at, v.xid FROM care.event v WHERE v.xid >= x AND v.xid < next ORDER BY v.xid FETCH FIRST 5000 ROWS WITH TIES)
      UNION ALL SELECT v.kind, v.post_id, v.account_id, v.at, v.xid FROM care.event v WHERE v.xid >= greatest(x, next)) e;
  IF seen >= 5000 THEN next := last; END IF;
  -- Where nothing happens, nothing is written.
  IF seen > 0 THEN UPDATE care.notification_cursor SET xid = next WHERE xid <> next; END IF;
  IF people IS NOT NULL THEN notices := sec.note_notices(people, p_now, p_mail); END IF;
  IF posts IS NULL THEN RETURN notices; END IF;
  INSERT INTO care.notification (post_id, account_id, group_id, facility_id, stream_id, seq, why, due_at, made_at)
    SELECT w.post_id, w.account_id, w.group_id, w.facility_id, w.stream_id, w.seq, w.why, p_now + CASE w.why WHEN 'urgent' THEN interval '0' ELSE interval '10 seconds' END, p_now
    FROM (SELECT p.id AS post_id, m.account_id, p.group_id, p.stream_id, p.seq, (pg_catalog.array_agg(m.facility_id ORDER BY m.since))[1] AS facility_id,
        CASE WHEN bool_or(k.why = 'urgent') THEN 'urgent' WHEN bool_or(k.why = 'must') THEN 'must' WHEN bool_or(k.why = 'mentioned') THEN 'mentioned' ELSE 'ordinary' END AS why
      -- From where on somebody reads is counted in the team's stream alone; elsewhere the time of joining says it.
      FROM care.post p JOIN care.stream t ON t.id = p.stream_id
      JOIN care.membership m ON m.group_id = p.group_id AND m.account_id <> p.author_id AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > p_now)
        AND CASE WHEN t.kind = 'team' THEN p.seq > m.from_seq ELSE m.from_seq = 0 OR p.at >= m.since END
      JOIN care.staff f ON f.account_id = m.account_id AND f.facility_id = m.facility_id AND f.state = 'active'
      LEFT JOIN sec.calls_for(posts) k ON k.post_id = p.id AND (k.account_id IS NULL OR k.account_id = m.account_id)
      WHERE p.id = ANY (posts) GROUP BY p.id, m.account_id, p.group_id, p.stream_id, p.seq) w
    WHERE sec.wants_notice(w.account_id, w.group_id, w.why, p_mail)
    ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN n + notices;
END $$;
-- Whether there is nothing to say any more: the post was on the screen; the asking is answered, the task done or somebody else's, or
-- the notice was on the screen since.
CREATE FUNCTION sec.is_seen(n care.notification) RETURNS bool LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF n.cause = 'post' THEN RETURN EXISTS (SELECT 1 FROM care.read_position r WHERE r.stream_id = n.stream_id AND r.account_id = n.account_id AND r.up_to_seq >= n.seq); END IF;
  RETURN EXISTS (SELECT 1 FROM care.notices_seen s WHERE s.account_id = n.account_id AND s.at >= n.made_at) OR CASE n.cause
    WHEN 'task' THEN NOT EXISTS (SELECT 1 FROM care.task k WHERE k.id = n.post_id AND k.owner_id = n.account_id AND k.state = 'open')
    WHEN 'unanswered' THEN NOT EXISTS (SELECT 1 FROM care.asked a WHERE a.post_id = n.post_id AND a.overdue AND a.ended IS NULL)
    ELSE NOT EXISTS (SELECT 1 FROM care.asked a WHERE a.post_id = n.post_id AND a.account_id = n.account_id AND a.ended IS NULL) END;
END $$;

-- Decides about whatever is due, in one statement, and puts in what goes out. How many were told. `p_letter` is {subject, text}; NULL: no
-- letters. Somebody at work in the product is not rung: it is looked again a minute later, three times, since the page shows it too.
CREATE FUNCTION act.tell_due(p_now timestamptz, p_letter jsonb) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE one record; letter uuid; pushes uuid[]; posts uuid[]; people uuid[]; accounts uuid[]; batches uuid[]; urgents bool[]; quiets bool[]; causes text[];
BEGIN
  IF NOT sec.may_notify() THEN RETURN 0; END IF;
  UPDATE care.delivery d SET state = CASE j.state WHEN 'done' THEN 'accepted' ELSE 'failed' END, at = p_now
    FROM care.job j WHERE d.channel = 'mail' AND d.state = 'queued' AND j.id = d.job_id AND j.state <> 'waiting';
  WITH due AS MATERIALIZED (SELECT x.*, x AS whole FROM care.notification x WHERE x.state = 'waiting' AND x.due_at <= p_now ORDER BY x.due_at LIMIT 5000),
  judged AS MATERIALIZED (
    SELECT d.post_id, d.account_id, d.cause, d.why = 'urgent' AS urgent, q.until, CASE
        WHEN NOT sec.has_way(d.account_id, p_letter IS NOT NULL) OR EXISTS (SELECT 1 FROM care.post w WHERE w.target = d.post_id AND w.kind = 'withdrawal')
          OR NOT EXISTS (SELECT 1 FROM care.membership m JOIN care.staff f ON f.account_id = m.account_id AND f.facility_id = m.facility_id AND f.state = 'active'
            WHERE m.account_id = d.account_id AND m.group_id = d.group_id AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > p_now)) THEN 'void'
        WHEN sec.is_seen(d.whole) THEN 'seen'
        WHEN d.why = 'urgent' THEN 'told'
        WHEN q.until IS NOT NULL THEN 'quiet'
        WHEN d.held < 3 AND EXISTS (SELECT 1 FROM sec.session v WHERE v.account_id = d.account_id AND v.state = 'active' AND v.expires_at > p_now AND v.last_seen > p_now - interval '45 seconds') THEN 'here'
        WHEN d.cause = 'post' AND EXISTS (SELECT 1 FROM care.notification t WHERE t.account_id = d.account_id AND t.group_id = d.group_id AND t.state = 'told' AND t.cause = 'post' AND t.decided_at > p_now - interval '5 minutes'
          AND t.stream_id = d.stream_id AND t.seq > coalesce(r.up_to_seq, 0)) THEN 'joined'
        ELSE 'told' END AS verdict
    FROM due d LEFT JOIN care.read_position r ON r.stream_id = d.stream_id AND r.account_id = d.account_id
    LEFT JOIN care.notification_setting s ON s.account_id = d.account_id LEFT JOIN care.facility_quiet f ON f.facility_id = d.facility_id
    CROSS JOIN LATERAL (SELECT CASE WHEN s.quiet = 'own' THEN sec.quiet_until(s.quiet_from, s.quiet_to, p_now) ELSE sec.quiet_until(f.quiet_from, f.quiet_to, p_now) END AS until) q),
  decided AS (
    UPDATE care.notification n SET state = CASE WHEN g.verdict IN ('quiet', 'here') THEN 'waiting' ELSE g.verdict END, held = n.held + CASE g.verdict WHEN 'here' THEN 1 ELSE 0 END,
      due_at = CASE g.verdict WHEN 'quiet' THEN g.until WHEN 'here' THEN p_now + interval '1 minute' ELSE n.due_at END,
      decided_at = CASE WHEN g.verdict NOT IN ('quiet', 'here') THEN p_now END
    FROM judged g WHERE n.post_id = g.post_id AND n.account_id = g.account_id AND n.cause = g.cause
    RETURNING n.post_id, n.account_id, n.cause, g.urgent, g.until IS NOT NULL AS quiet, g.verdict),
  told AS MATERIALIZED (SELECT * FROM decided WHERE verdict = 'told'),
  rung AS MATERIALIZED (SELECT t.account_id, pg_catalog.gen_random_uuid() AS batch, bool_or(t.urgent) AS urgent, bool_or(t.quiet) AS quiet, bool_and(t.cause <> 'post') AS notices FROM told t GROUP BY t.account_id),
  made AS (
    INSERT INTO sec.push (id, batch, subscription_id, account_id, device_id, kind, urgent, quiet, made_at, at)
    SELECT pg_catalog.gen_random_uuid(), p.batch, s.id, s.account_id, s.device_id, CASE WHEN p.notices THEN 'notices' ELSE 'posts' END, p.urgent, p.quiet, p_now, p_now
    FROM rung p JOIN sec.push_subscription s ON s.account_id = p.account_id AND s.ended_at IS NULL RETURNING id, account_id, device_id),
  noted AS (
    INSERT INTO care.delivery (post_id, account_id, cause, channel, device_id, push_id, state, at)
    SELECT t.post_id, t.account_id, t.cause, 'push', m.device_id, m.id, 'queued', p_now FROM told t JOIN made m ON m.account_id = t.account_id
    ON CONFLICT ON CONSTRAINT delivery_once DO UPDATE SET push_id = excluded.push_id, state = excluded.state, at = excluded.at)
  SELECT (SELECT pg_catalog.array_agg(m.id) FROM made m), (SELECT pg_catalog.array_agg(t.post_id ORDER BY t.post_id, t.account_id, t.cause) FROM told t),
      (SELECT pg_catalog.array_agg(t.account_id ORDER BY t.post_id, t.account_id, t.cause) FROM told t), (SELECT pg_catalog.array_agg(t.cause ORDER BY t.post_id, t.account_id, t.cause) FROM told t), (SELECT pg_catalog.array_agg(p.account_id ORDER BY p.account_id) FROM rung p),
      (SELECT pg_catalog.array_agg(p.batch ORDER BY p.account_id) FROM rung p), (SELECT pg_catalog.array_agg(p.urgent ORDER BY p.account_id) FROM rung p),
      (SELECT pg_catalog.array_agg(p.quiet ORDER BY p.account_id) FROM rung p)
    INTO pushes, posts, people, causes, accounts, batches, urgents, quiets;
  IF posts IS NULL THEN RETURN 0; END IF;
  PERFORM sec.enqueue('push', pg_catalog.jsonb_build_object('push', x), interval '0', 6) FROM pg_catalog.unnest(pushes) x;
  IF p_letter IS NOT NULL THEN
    FOR one IN SELECT p.account, p.batch, p.urgent, p.quiet, c.mail FROM ROWS FROM (pg_catalog.unnest(accounts), pg_catalog.unnest(batches), pg_catalog.unnest(urgents), pg_catalog.unnest(quiets)) p(account, batch, urgent, quiet)
        JOIN care.notification_setting s ON s.account_id = p.account AND s.mail = 'immediate' JOIN sec.contact c ON c.account_id = p.account AND c.mail_confirmed_at IS NOT NULL LOOP
      letter := sec.enqueue('mail', p_letter || pg_catalog.jsonb_build_object('to', one.mail, 'message', pg_catalog.gen_random_uuid()), interval '0', 18);
      INSERT INTO care.delivery (post_id, account_id, cause, channel, job_id, state, at)
        SELECT t.post, t.account, t.cause, 'mail', letter, 'queued', p_now FROM ROWS FROM (pg_catalog.unnest(posts), pg_catalog.unnest(people), pg_catalog.unnest(causes)) t(post, account, cause)
        WHERE t.account = one.account ON CONFLICT ON CONSTRAINT delivery_once DO UPDATE SET job_id = excluded.job_id, state = excluded.state, at = excluded.at;
      INSERT INTO care.interruption SELECT DISTINCT one.batch, one.account, n.facility_id, p_now, one.urgent, one.quiet
        FROM ROWS FROM (pg_catalog.unnest(posts), pg_catalog.unnest(people), pg_catalog.unnest(causes)) t(post, account, cause)
        JOIN care.notification n ON n.post_id = t.post AND n.account_id = t.account AND n.cause = t.cause
        WHERE t.account = one.account ON CONFLICT DO NOTHING;
    END LOOP;
  END IF;
  RETURN pg_catalog.cardinality(posts);
END $$;

-- ---- Sending ----------------------------------------------------------------------------------------------------------
-- What a try needs; nothing where there is nothing to send any more. `ttl`: seconds for which it is still wanted, in no case into the
-- quiet hours of an ordinary one.
CREATE FUNCTION act.begin_push(p_push uuid, p_token_hash bytea, p_now timestamptz) RETURNS TABLE (endpoint text, p256dh bytea, auth bytea, urgent bool, ttl int, kind text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE p sec.push; s sec.push_subscription; q timestamptz;
BEGIN
  SELECT * INTO p FROM sec.push x WHERE x.id = p_push AND x.state = 'queued' FOR UPDATE;
  IF NOT FOUND THEN RETURN; END IF;
  SELECT * INTO s FROM sec.push_subscription x WHERE x.id = p.subscription_id AND x.ended_at IS NULL;
  IF NOT FOUND THEN
    PERFORM sec.push_became(p.id, 'failed', 'subscription_ended', p_now); RETURN;
  END IF;
  IF p.kind <> 'test' THEN
    IF NOT EXISTS (SELECT 1 FROM care.delivery d JOIN care.notification n ON n.post_id = d.post_id AND n.account_id = d.account_id AND n.cause = d.cause
        WHERE d.push_id = p.id AND NOT sec.is_seen(n)) THEN
      UPDATE sec.push SET state = 'seen', at = p_now, token_hash = NULL WHERE id = p.id;
      DELETE FROM care.delivery WHERE push_id = p.id;
      RETURN;
    END IF;
    SELECT min(CASE WHEN v.quiet = 'own' THEN sec.quiet_from(v.quiet_from, v.quiet_to, p_now) ELSE sec.quiet_from(f.quiet_from, f.quiet_to, p_now) END) INTO q
      FROM care.delivery d JOIN care.notification n ON n.post_id = d.post_id AND n.account_id = d.account_id AND n.cause = d.cause
      LEFT JOIN care.notification_setting v ON v.account_id = d.account_id LEFT JOIN care.facility_quiet f ON f.facility_id = n.facility_id WHERE d.push_id = p.id;
  END IF;
  UPDATE sec.push SET tries = tries + 1, token_hash = p_token_hash, at = p_now WHERE id = p.id;
  RETURN QUERY SELECT s.endpoint, s.p256dh, s.auth, p.urgent,
    CASE WHEN p.kind = 'test' THEN 300 WHEN p.urgent THEN 86400 ELSE greatest(60, least(14400, extract(epoch FROM q - p_now)::int)) END, p.kind;
END $$;
CREATE FUNCTION sec.push_became(p_push uuid, p_state text, p_code text, p_now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE p sec.push;
BEGIN
  -- What the device has said already is more than what the push service says.
  UPDATE sec.push SET state = p_state, code = p_code, at = p_now, token_hash = CASE WHEN p_state IN ('queued', 'accepted') THEN token_hash END
    WHERE id = p_push AND (state = 'queued' OR state = 'accepted' AND p_state = 'on_device') RETURNING * INTO p;
  IF NOT FOUND THEN RETURN; END IF;
  UPDATE care.delivery SET state = p_state, at = p_now WHERE push_id = p_push;
  IF p_state IN ('accepted', 'on_device') AND p.kind <> 'test' THEN
    INSERT INTO care.interruption SELECT DISTINCT p.batch, p.account_id, n.facility_id, p_now, p.urgent, p.quiet
      FROM care.delivery d JOIN care.notification n ON n.post_id = d.post_id AND n.account_id = d.account_id AND n.cause = d.cause WHERE d.push_id = p_push ON CONFLICT DO NOTHING;
  END IF;
END $$;
-- What the push service said: `accepted`, `gone` (the subscription ends), `later` (tried again, after `p_wait` seconds where it named some),
-- `failed`. Eight tries are about two hours. Returns what became of it.
CREATE FUNCTION act.push_answered(p_push uuid, p_outcome text, p_code text, p_wait int, p_now timestamptz) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE p sec.push;
BEGIN
  SELECT * INTO p FROM sec.push x WHERE x.id = p_push FOR UPDATE;
  IF NOT FOUND OR p.state <> 'queued' THEN RETURN p.state; END IF;
  IF p_outcome = 'accepted' THEN
    PERFORM sec.push_became(p_push, 'accepted', NULL, p_now);
    UPDATE sec.push_subscription SET accepted_at = p_now, failing_since = NULL, failure = NULL WHERE id = p.subscription_id;
    RETURN 'accepted';
  END IF;
  IF p_outcome = 'later' AND p.tries < 8 THEN
    UPDATE sec.push SET code = p_code, at = p_now WHERE id = p_push;
    PERFORM sec.enqueue('push', pg_catalog.jsonb_build_object('push', p_push),
      greatest(pg_catalog.make_interval(secs => least(p_wait, 3600)), least(interval '1 hour', interval '20 seconds' * pg_catalog.power(2, p.tries - 1)) * (0.8 + 0.4 * pg_catalog.random())), 6);
    RETURN 'queued';
  END IF;
  PERFORM sec.push_became(p_push, 'failed', p_code, p_now);
  IF p_outcome = 'gone' THEN
    PERFORM sec.end_push(ARRAY[p.subscription_id], 'gone');
  ELSE
    UPDATE sec.push_subscription SET failing_since = coalesce(failing_since, p_now), failure = p_code WHERE id = p.subscription_id AND ended_at IS NULL;
  END IF;
  RETURN 'failed';
END $$;
-- The device has shown it. Whoever asks learns nothing, whatever the token.
CREATE FUNCTION act.push_on_device(p_token_hash bytea) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE p sec.push; t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  SELECT * INTO p FROM sec.push x WHERE x.token_hash = p_token_hash FOR UPDATE;
  IF NOT FOUND THEN RETURN; END IF;
  PERFORM sec.push_became(p.id, 'on_device', NULL, t);
  UPDATE sec.push_subscription SET on_device_at = t, accepted_at = coalesce(accepted_at, t), failing_since = NULL, failure = NULL WHERE id = p.subscription_id AND ended_at IS NULL;
END $$;

-- ---- Digests ----------------------------------------------------------------------------------------------------------
-- Whose digest is due, with what waits for each. Numbers alone.
CREATE FUNCTION act.due_digests(p_now timestamptz) RETURNS TABLE (account_id uuid, unread bigint, must bigint) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE l timestamp := p_now AT TIME ZONE 'Asia/Tokyo';
BEGIN
  RETURN QUERY SELECT s.account_id, coalesce(sum(g.unread), 0)::bigint, coalesce(sum(g.must), 0)::bigint
    FROM (SELECT n.account_id FROM care.notification_setting n JOIN sec.contact c ON c.account_id = n.account_id AND c.mail_confirmed_at IS NOT NULL
      WHERE n.mail = 'digest' AND n.digest_at <= l::time AND n.digested_on IS DISTINCT FROM l::date
        AND EXISTS (SELECT 1 FROM care.staff f WHERE f.account_id = n.account_id AND f.state = 'active') LIMIT 500) s
    LEFT JOIN LATERAL (
      -- The team's talk and the family's; what asks for 了解 stands with whom it asks, once in each group.
      SELECT (SELECT count(*) FROM (SELECT 1 FROM care.post p WHERE p.stream_id = t.id AND p.author_id <> s.account_id AND p.kind <> 'withdrawal'
          AND CASE WHEN t.kind = 'team' THEN p.seq > greatest(r.up_to_seq, m.from_seq) ELSE p.seq > coalesce(r.up_to_seq, 0) AND (m.from_seq = 0 OR p.at >= m.since) END LIMIT 1000) x) AS unread,
        CASE WHEN t.kind = 'team' THEN (SELECT count(*) FROM care.asked a WHERE a.account_id = s.account_id AND a.group_id = m.group_id AND a.ended IS NULL AND a.by IS NOT NULL) ELSE 0 END AS must
      FROM (SELECT x.group_id, CASE WHEN pg_catalog.bool_or(x.from_seq = 0) THEN 0 ELSE min(x.from_seq) END AS from_seq, min(x.since) AS since FROM care.membership x
          JOIN care.staff f ON f.account_id = x.account_id AND f.facility_id = x.facility_id AND f.state = 'active'
          WHERE x.account_id = s.account_id AND x.ended_at IS NULL AND (x.until IS NULL OR x.until > p_now) GROUP BY x.group_id) m
      JOIN care.group_state gs ON gs.group_id = m.group_id AND gs.archived_at IS NULL
      JOIN care.stream t ON t.group_id = m.group_id AND t.kind IN ('team', 'family') LEFT JOIN care.read_position r ON r.stream_id = t.id AND r.account_id = s.account_id) g ON true
    GROUP BY s.account_id;
END $$;
-- Sends them, each once a day, whoever else may be at it. A NULL letter: nothing waits, nothing is written. How many letters.
CREATE FUNCTION act.send_digests(p_now timestamptz, p_accounts uuid[], p_letters jsonb[]) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE r record; n int := 0;
BEGIN
  FOR r IN WITH mine AS (UPDATE care.notification_setting s SET digested_on = (p_now AT TIME ZONE 'Asia/Tokyo')::date
      WHERE s.account_id = ANY (p_accounts) AND s.mail = 'digest' AND s.digested_on IS DISTINCT FROM (p_now AT TIME ZONE 'Asia/Tokyo')::date RETURNING s.account_id)
      SELECT m.account_id, x.letter FROM mine m JOIN ROWS FROM (pg_catalog.unnest(p_accounts), pg_catalog.unnest(p_letters)) x(account, letter) ON x.account = m.account_id LOOP
    IF sec.write_to(r.account_id, r.letter) THEN n := n + 1; END IF;
  END LOOP;
  RETURN n;
END $$;

-- ---- For the facility's admin -----------------------------------------------------------------------------------------
CREATE FUNCTION act.facility_quiet() RETURNS TABLE (quiet_from time[], quiet_to time[], changed_at timestamptz) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT f.quiet_from, f.quiet_to, f.changed_at FROM care.facility_quiet f WHERE f.facility_id = c.facility_id;
END $$;
CREATE FUNCTION act.set_facility_quiet(p_from time[], p_to time[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  PERFORM sec.must_be_fresh(c);
  INSERT INTO care.facility_quiet VALUES (c.facility_id, p_from, p_to, c.account_id, pg_catalog.clock_timestamp())
    ON CONFLICT (facility_id) DO UPDATE SET quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to, by_account = excluded.by_account, changed_at = excluded.changed_at;
  PERFORM sec.log(c, 'changed_facility_quiet', NULL, NULL, c.facility_id, NULL, 'done', NULL);
END $$;
-- How often each of the staff was rung in the week that begins on this Monday, through this facility's groups, and who is not reached:
-- devices that push has given up on, and a confirmed address that a mail server has refused since.
CREATE FUNCTION act.interruptions_of_mine(p_monday date) RETURNS TABLE (account_id uuid, name text, profession text, rung bigint, quiet bigint, urgent bigint, failing bigint, bounced bool)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); a timestamptz := p_monday::timestamp AT TIME ZONE 'Asia/Tokyo'; b timestamptz := (p_monday + 7)::timestamp AT TIME ZONE 'Asia/Tokyo';
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT s.account_id, v.name, v.profession, coalesce(i.rung, 0), coalesce(i.quiet, 0), coalesce(i.urgent, 0),
      (SELECT count(*) FROM sec.push_subscription x WHERE x.account_id = s.account_id AND x.ended_at IS NULL AND x.failing_since IS NOT NULL),
      EXISTS (SELECT 1 FROM sec.contact k JOIN care.job j ON j.state = 'dead' AND j.kind = 'mail' AND j.last_error = 'refused_by_server' AND j.ended_at > k.changed_at
        AND pg_catalog.lower(j.payload ->> 'to') = pg_catalog.lower(k.mail) WHERE k.account_id = s.account_id AND k.mail_confirmed_at IS NOT NULL)
    FROM care.staff s JOIN care.person_now v ON v.account_id = s.account_id
    LEFT JOIN (SELECT x.account_id, count(*) AS rung, count(*) FILTER (WHERE x.quiet) AS quiet, count(*) FILTER (WHERE x.urgent) AS urgent
      FROM care.interruption x WHERE x.facility_id = c.facility_id AND x.at >= a AND x.at < b GROUP BY x.account_id) i ON i.account_id = s.account_id
    WHERE s.facility_id = c.facility_id AND (s.state = 'active' OR i.rung > 0) ORDER BY coalesce(i.rung, 0) DESC, v.kana, s.account_id;
END $$;

-- What nobody asks for any more: pushes after a month, the rest after 400 days. Waiting rows stay.
CREATE FUNCTION act.forget_notifications(p_now timestamptz) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  DELETE FROM sec.push WHERE made_at < p_now - interval '30 days';
  DELETE FROM sec.push_subscription WHERE ended_at < p_now - interval '90 days';
  DELETE FROM care.delivery d USING care.notification n WHERE n.made_at < p_now - interval '400 days' AND n.state <> 'waiting' AND d.post_id = n.post_id AND d.account_id = n.account_id
    AND d.cause = n.cause;
  DELETE FROM care.notification WHERE made_at < p_now - interval '400 days' AND state <> 'waiting';
  DELETE FROM care.interruption WHERE at < p_now - interval '400 days';
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.subscribe_push(uuid, text, bytea, bytea), act.end_push(uuid), act.my_push(), act.test_push(), act.my_notification_settings(),
  act.set_notifications(text, time, text, time[], time[]), act.my_notification_levels(), act.set_notification_levels(uuid[], text[]), act.test_mail(jsonb),
  act.facility_quiet(), act.set_facility_quiet(time[], time[]), act.interruptions_of_mine(date) TO renkei_app;
GRANT EXECUTE ON FUNCTION act.push_on_device(bytea) TO renkei_auth;
GRANT EXECUTE ON FUNCTION act.push_key(), act.keep_push_key(bytea, bytea), act.note_notifications(timestamptz, bool), act.tell_due(timestamptz, jsonb),
  act.begin_push(uuid, bytea, timestamptz), act.push_answered(uuid, text, text, int, timestamptz), act.due_digests(timestamptz),
  act.send_digests(timestamptz, uuid[], jsonb[]), act.forget_notifications(timestamptz) TO renkei_job;
GRANT EXECUTE ON FUNCTION sec.end_push_with_tie() TO renkei_owner;
SET LOCAL ROLE renkei_owner;
GRANT TRIGGER ON care.staff TO renkei_owner;
CREATE TRIGGER push_ends AFTER UPDATE OF state ON care.staff FOR EACH ROW WHEN (NEW.state <> 'active' AND OLD.state = 'active') EXECUTE FUNCTION sec.end_push_with_tie();
REVOKE TRIGGER ON care.staff FROM renkei_owner;
