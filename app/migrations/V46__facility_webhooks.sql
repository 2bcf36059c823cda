-- Webhooks of a facility: an address of the facility's own that is told that something happened. The call says what kind of thing and
-- when, and nothing else; whoever wants to know more reads it through the API, as a person, with a token.

SET LOCAL ROLE renkei_sec;

CREATE TABLE sec.webhook (
  id uuid PRIMARY KEY,
  facility_id uuid NOT NULL,
  url text NOT NULL CHECK (length(url) BETWEEN 10 AND 500),
  kinds text[] NOT NULL CHECK (pg_catalog.cardinality(kinds) > 0 AND kinds <@ ARRAY['post.created', 'post.corrected', 'post.withdrawn', 'task.changed', 'visit.changed', 'observations.changed']),
  secret bytea NOT NULL,                                       -- sealed by the service under the master key
  made_by uuid NOT NULL,
  made_at timestamptz NOT NULL,
  failing_since timestamptz,                                   -- since when not one call has arrived
  disabled_at timestamptz,                                     -- by itself, after failing for long
  ended_at timestamptz
);
CREATE INDEX webhook_by_facility ON sec.webhook (facility_id) WHERE ended_at IS NULL;
SELECT care.guard_from_migrator('sec.webhook');
-- One call, which is repeated until it arrives or is given up. Nothing of the group or the post is kept here.
CREATE TABLE sec.webhook_call (
  id uuid PRIMARY KEY,
  webhook_id uuid NOT NULL REFERENCES sec.webhook,
  event_id bigint,                                             -- of care.event; NULL: a trial
  kind text NOT NULL,
  at timestamptz NOT NULL,                                     -- of what happened
  made_at timestamptz NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'failed')),
  tries int NOT NULL DEFAULT 0,
  code text,                                                   -- what went wrong the last time
  tried_at timestamptz,
  UNIQUE (webhook_id, event_id)
);
CREATE INDEX webhook_call_by_time ON sec.webhook_call (webhook_id, made_at DESC);
SELECT care.guard_from_migrator('sec.webhook_call');
-- How far the live events have been looked at.
CREATE TABLE sec.webhook_cursor (
  only_one bool PRIMARY KEY DEFAULT true CHECK (only_one),
  xid xid8 NOT NULL
);
INSERT INTO sec.webhook_cursor (xid) VALUES (pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot()));
SELECT care.guard_from_migrator('sec.webhook_cursor');

CREATE FUNCTION sec.webhook_of_mine(c sec.context, p_id uuid) RETURNS sec.webhook LANGUAGE plpgsql AS $$
DECLARE w sec.webhook;
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  SELECT * INTO w FROM sec.webhook x WHERE x.id = p_id AND x.facility_id = c.facility_id AND x.ended_at IS NULL FOR UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such webhook' USING ERRCODE = 'RK404'; END IF;
  RETURN w;
END $$;
CREATE FUNCTION sec.put_webhook_call(p_webhook uuid, p_event bigint, p_kind text, p_at timestamptz, p_now timestamptz) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE i uuid := pg_catalog.gen_random_uuid();
BEGIN
  INSERT INTO sec.webhook_call (id, webhook_id, event_id, kind, at, made_at) VALUES (i, p_webhook, p_event, p_kind, p_at, p_now) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN RETURN NULL; END IF;
  PERFORM sec.enqueue('facility_webhook', pg_catalog.jsonb_build_object('call', i), interval '0', 6);
  RETURN i;
END $$;

-- True: made now; false: this id was made before with the same address and kinds.
CREATE FUNCTION act.make_webhook(p_id uuid, p_url text, p_kinds text[], p_secret bytea) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); w sec.webhook;
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  PERFORM sec.must_be_fresh(c);
  PERFORM sec.must_be_in_service(c.facility_id, 'write');
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(c.facility_id::text, 46));
  SELECT * INTO w FROM sec.webhook x WHERE x.id = p_id;
  IF FOUND THEN
    IF w.facility_id <> c.facility_id OR w.url <> p_url OR w.kinds <> p_kinds THEN RAISE EXCEPTION 'client id used before' USING ERRCODE = 'RK409'; END IF;
    RETURN false;
  END IF;
  IF (SELECT count(*) FROM sec.webhook x WHERE x.facility_id = c.facility_id AND x.ended_at IS NULL) >= 5 THEN RAISE EXCEPTION 'too many webhooks' USING ERRCODE = 'RK409'; END IF;
  INSERT INTO sec.webhook (id, facility_id, url, kinds, secret, made_by, made_at) VALUES (p_id, c.facility_id, p_url, p_kinds, p_secret, c.account_id, pg_catalog.clock_timestamp());
  PERFORM sec.log(c, 'made_webhook', NULL, NULL, c.facility_id, p_id, 'done', NULL);
  RETURN true;
END $$;
CREATE FUNCTION act.facility_webhooks() RETURNS TABLE (id uuid, url text, kinds text[], made_by text, made_at timestamptz, failing_since timestamptz, disabled_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT w.id, w.url, w.kinds, p.name, w.made_at, w.failing_since, w.disabled_at FROM sec.webhook w LEFT JOIN care.person_now p ON p.account_id = w.made_by
    WHERE w.facility_id = c.facility_id AND w.ended_at IS NULL ORDER BY w.made_at;
END $$;
-- The newest calls of each webhook of the facility.
CREATE FUNCTION act.facility_webhook_calls(p_limit int) RETURNS TABLE (id uuid, webhook_id uuid, kind text, at timestamptz, state text, tries int, code text, tried_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT x.id, x.webhook_id, x.kind, x.at, x.state, x.tries, x.code, x.tried_at FROM sec.webhook w
    CROSS JOIN LATERAL (SELECT y.* FROM sec.webhook_call y WHERE y.webhook_id = w.id ORDER BY y.made_at DESC LIMIT least(p_limit, 200)) x
    WHERE w.facility_id = c.facility_id AND w.ended_at IS NULL ORDER BY x.made_at DESC;
END $$;
CREATE FUNCTION act.end_webhook(p_id uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); w sec.webhook := sec.webhook_of_mine(c, p_id);
BEGIN
  UPDATE sec.webhook SET ended_at = pg_catalog.clock_timestamp() WHERE id = p_id;
  PERFORM sec.log(c, 'ended_webhook', NULL, NULL, c.facility_id, p_id, 'done', NULL);
END $$;
-- A call that says that it is one. At most ten within an hour: the address may be somebody else's.
CREATE FUNCTION act.test_webhook(p_id uuid) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); w sec.webhook := sec.webhook_of_mine(c, p_id); t timestamptz := pg_catalog.clock_timestamp(); i uuid;
BEGIN
  IF w.disabled_at IS NOT NULL THEN RAISE EXCEPTION 'webhook disabled' USING ERRCODE = 'RK409'; END IF;
  IF (SELECT count(*) FROM sec.webhook_call x WHERE x.webhook_id = p_id AND x.event_id IS NULL AND x.made_at > t - interval '1 hour') >= 10 THEN
    RAISE EXCEPTION 'too many tests' USING ERRCODE = 'RK409';
  END IF;
  i := sec.put_webhook_call(p_id, NULL, 'test', t, t);
  PERFORM sec.log(c, 'tested_webhook', NULL, NULL, c.facility_id, p_id, 'done', NULL);
  RETURN i;
END $$;
-- A call that was given up, once more from the beginning and under the same id.
CREATE FUNCTION act.resend_webhook_call(p_id uuid, p_call uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); w sec.webhook := sec.webhook_of_mine(c, p_id);
BEGIN
  IF w.disabled_at IS NOT NULL THEN RAISE EXCEPTION 'webhook disabled' USING ERRCODE = 'RK409'; END IF;
  PERFORM 1 FROM sec.webhook_call x WHERE x.id = p_call AND x.webhook_id = p_id FOR UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such call' USING ERRCODE = 'RK404'; END IF;
  UPDATE sec.webhook_call SET state = 'waiting', tries = 0, code = NULL WHERE id = p_call AND state = 'failed';
  IF NOT FOUND THEN RAISE EXCEPTION 'not failed' USING ERRCODE = 'RK409'; END IF;
  PERFORM sec.enqueue('facility_webhook', pg_catalog.jsonb_build_object('call', p_call), interval '0', 6);
  PERFORM sec.log(c, 'resent_webhook', NULL, NULL, c.facility_id, p_id, 'done', NULL);
END $$;
-- After it was disabled. What happened meanwhile is not sent: the receiver reads it.
CREATE FUNCTION act.resume_webhook(p_id uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); w sec.webhook := sec.webhook_of_mine(c, p_id);
BEGIN
  IF w.disabled_at IS NULL THEN RETURN; END IF;
  UPDATE sec.webhook SET disabled_at = NULL, failing_since = NULL WHERE id = p_id;
  PERFORM sec.log(c, 'resumed_webhook', NULL, NULL, c.facility_id, p_id, 'done', NULL);
END $$;

-- ---- What happens by itself -----------------------------------------------------------------------------------------------
-- Looks at the events since the last look: one call for each webhook of a facility that has somebody in the group now. An event whose
-- transaction commits late comes by again, since the cursor is the oldest transaction that was open. How many calls.
CREATE FUNCTION act.spread_webhooks(p_now timestamptz) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE x xid8; next xid8 := pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot()); seen bigint; last xid8; n int := 0; r record;
BEGIN
  IF NOT pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended('renkei/webhooks', 46)) THEN RETURN 0; END IF;
  SELECT c.xid INTO x FROM sec.webhook_cursor c;
  -- A restored database may count from an earlier place.
  IF x > pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot()) THEN x := next; END IF;
  SELECT count(*), max(e.xid::text::numeric)::text::xid8 INTO seen, last FROM (SELECT v.xid FROM care.event v WHERE v.xid >= x ORDER BY v.xid LIMIT 5000) e;
  IF seen = 5000 THEN next := last; END IF;
  IF seen > 0 THEN UPDATE sec.webhook_cursor SET xid = next WHERE xid <> next; END IF;
  IF seen = 0 OR NOT EXISTS (SELECT 1 FROM sec.webhook w WHERE w.ended_at IS NULL AND w.disabled_at IS NULL) THEN RETURN 0; END IF;
  FOR r IN SELECT w.id, e.id AS event, e.kind, e.at FROM (SELECT v.id, v.kind, v.group_id, v.at FROM care.event v WHERE v.xid >= x ORDER BY v.xid LIMIT 5000) e
      JOIN sec.webhook w ON w.ended_at IS NULL AND w.disabled_at IS NULL AND e.kind = ANY (w.kinds) AND e.at >= w.made_at
      WHERE e.group_id IS NOT NULL AND EXISTS (SELECT 1 FROM care.membership m JOIN care.staff f ON f.account_id = m.account_id AND f.facility_id = m.facility_id AND f.state = 'active'
        WHERE m.group_id = e.group_id AND m.facility_id = w.facility_id AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > p_now)) ORDER BY e.id LOOP
    IF sec.put_webhook_call(r.id, r.event, r.kind, r.at, p_now) IS NOT NULL THEN n := n + 1; END IF;
  END LOOP;
  RETURN n;
END $$;
-- One try begins. No row: there is nothing to send any more.
CREATE FUNCTION act.begin_webhook_call(p_call uuid, p_now timestamptz) RETURNS TABLE (webhook_id uuid, url text, secret bytea, kind text, at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
BEGIN
  UPDATE sec.webhook_call x SET tries = x.tries + 1, tried_at = p_now WHERE x.id = p_call AND x.state = 'waiting'
    AND EXISTS (SELECT 1 FROM sec.webhook w WHERE w.id = x.webhook_id AND w.ended_at IS NULL AND w.disabled_at IS NULL);
  IF NOT FOUND THEN RETURN; END IF;
  RETURN QUERY SELECT w.id, w.url, w.secret, x.kind, x.at FROM sec.webhook_call x JOIN sec.webhook w ON w.id = x.webhook_id WHERE x.id = p_call;
END $$;
-- What came of it. Tried again after 5 s, 30 s … at most six hours apart, twelve times in all: about two days. An address at which
-- nothing has arrived for five days is called no more, and the facility's admins are told.
CREATE FUNCTION act.webhook_answered(p_call uuid, p_outcome text, p_code text, p_wait int, p_letter jsonb, p_now timestamptz) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE x sec.webhook_call; w sec.webhook;
BEGIN
  SELECT * INTO x FROM sec.webhook_call y WHERE y.id = p_call FOR UPDATE;
  IF NOT FOUND OR x.state <> 'waiting' THEN RETURN x.state; END IF;
  SELECT * INTO w FROM sec.webhook y WHERE y.id = x.webhook_id FOR UPDATE;
  IF p_outcome = 'delivered' THEN
    UPDATE sec.webhook_call SET state = 'delivered', code = NULL WHERE id = p_call;
    UPDATE sec.webhook SET failing_since = NULL WHERE id = w.id AND failing_since IS NOT NULL;
    RETURN 'delivered';
  END IF;
  UPDATE sec.webhook SET failing_since = coalesce(failing_since, p_now) WHERE id = w.id RETURNING * INTO w;
  IF w.disabled_at IS NULL AND w.failing_since < p_now - interval '5 days' THEN
    UPDATE sec.webhook SET disabled_at = p_now WHERE id = w.id;
    UPDATE sec.webhook_call SET state = 'failed', code = coalesce(code, 'webhook_disabled') WHERE webhook_id = w.id AND state = 'waiting';
    UPDATE sec.webhook_call SET code = p_code WHERE id = p_call;
    PERFORM sec.tell_admins(w.facility_id, p_letter);
    RETURN 'failed';
  END IF;
  IF p_outcome = 'later' AND x.tries < 12 THEN
    UPDATE sec.webhook_call SET code = p_code WHERE id = p_call;
    PERFORM sec.enqueue('facility_webhook', pg_catalog.jsonb_build_object('call', p_call),
      greatest(pg_catalog.make_interval(secs => least(p_wait, 3600)), least(interval '6 hours', interval '5 seconds' * pg_catalog.power(5, least(x.tries, 8) - 1)) * (0.8 + 0.4 * pg_catalog.random())), 6);
    RETURN 'waiting';
  END IF;
  UPDATE sec.webhook_call SET state = 'failed', code = p_code WHERE id = p_call;
  RETURN 'failed';
END $$;
CREATE FUNCTION act.forget_webhook_calls(p_now timestamptz) RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  WITH gone AS (DELETE FROM sec.webhook_call x WHERE x.made_at < p_now - interval '30 days' RETURNING 1) SELECT count(*) FROM gone
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.make_webhook(uuid, text, text[], bytea), act.facility_webhooks(), act.facility_webhook_calls(int), act.end_webhook(uuid), act.test_webhook(uuid),
  act.resend_webhook_call(uuid, uuid), act.resume_webhook(uuid) TO renkei_app;
GRANT EXECUTE ON FUNCTION act.spread_webhooks(timestamptz), act.begin_webhook_call(uuid, timestamptz), act.webhook_answered(uuid, text, text, int, jsonb, timestamptz),
  act.forget_webhook_calls(timestamptz) TO renkei_job;
SET LOCAL ROLE renkei_owner;
