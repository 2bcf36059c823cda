-- Mail that was taken and comes back later. Each letter leaves under an envelope sender of its own (`bounces+TOKEN@…`): by it alone a
-- delivery status notification finds its letter. Kept is the token's hash, whose letter it was and when; no address, no word.
-- Before this the superuser runs the roles and the additions of the bootstrap again: renkei_bounce may call one function.
DO $$ BEGIN
  IF pg_catalog.to_regrole('renkei_bounce') IS NULL THEN RAISE EXCEPTION 'the role renkei_bounce is missing: run what renkei migrate --bootstrap prints, as a superuser, first'; END IF;
END $$;
CREATE INDEX delivery_by_job ON care.delivery (job_id) WHERE job_id IS NOT NULL;

SET LOCAL ROLE renkei_sec;
CREATE TABLE sec.sent_mail (
  token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
  job_id uuid,
  account_id uuid,                                             -- of the staff whose confirmed address it went to; NULL: nobody's
  sent_at timestamptz NOT NULL,
  delayed int NOT NULL DEFAULT 0,                              -- how often a server said that it goes on trying
  returned_at timestamptz
);
CREATE INDEX sent_mail_old ON sec.sent_mail (sent_at);
CREATE INDEX sent_mail_by_job ON sec.sent_mail (job_id) WHERE returned_at IS NOT NULL;
CREATE INDEX sent_mail_by_account ON sec.sent_mail (account_id) WHERE returned_at IS NOT NULL;
SELECT care.guard_from_migrator('sec.sent_mail');

-- One try to send a letter, noted before it is made: a notification may be faster than the answer to DATA. `p_message` names the letter.
CREATE FUNCTION act.note_sent_mail(p_message uuid, p_to text, p_token_hash bytea) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  INSERT INTO sec.sent_mail (token_hash, job_id, account_id, sent_at)
    SELECT p_token_hash, (SELECT j.id FROM care.job j WHERE j.state = 'waiting' AND j.kind = 'mail' AND j.payload ->> 'message' = p_message::text LIMIT 1),
      (SELECT c.account_id FROM sec.contact c WHERE pg_catalog.lower(c.mail) = pg_catalog.lower(p_to) AND c.mail_confirmed_at IS NOT NULL), pg_catalog.clock_timestamp()
$$;
-- What a notification says of the letter with this token. `p_for_good`: it was given up. What became of it: `returned`, `delayed`, `known`
-- (it has come back before; nothing is changed) or `unknown`.
CREATE FUNCTION act.mail_returned(p_token_hash bytea, p_for_good bool) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE m sec.sent_mail; t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  SELECT * INTO m FROM sec.sent_mail x WHERE x.token_hash = p_token_hash FOR UPDATE;
  IF NOT FOUND THEN RETURN 'unknown'; END IF;
  IF m.returned_at IS NOT NULL THEN RETURN 'known'; END IF;
  IF NOT p_for_good THEN
    UPDATE sec.sent_mail SET delayed = least(delayed + 1, 1000) WHERE token_hash = p_token_hash;
    RETURN 'delayed';
  END IF;
  UPDATE sec.sent_mail SET returned_at = t WHERE token_hash = p_token_hash;
  UPDATE care.delivery SET state = 'failed', at = t WHERE job_id = m.job_id AND state <> 'failed';
  RETURN 'returned';
END $$;
CREATE FUNCTION sec.came_back(p_job uuid) RETURNS bool LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM sec.sent_mail m WHERE m.job_id = p_job AND m.returned_at IS NOT NULL)
$$;
-- Whether the confirmed address of this person has failed since it was set: refused at once, or a letter to it came back.
CREATE FUNCTION sec.mail_fails(p_account uuid) RETURNS bool LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM sec.contact k WHERE k.account_id = p_account AND k.mail_confirmed_at IS NOT NULL AND (
    EXISTS (SELECT 1 FROM care.job j WHERE j.state = 'dead' AND j.kind = 'mail' AND j.last_error = 'refused_by_server' AND j.ended_at > k.mail_confirmed_at
      AND pg_catalog.lower(j.payload ->> 'to') = pg_catalog.lower(k.mail))
    OR EXISTS (SELECT 1 FROM sec.sent_mail m WHERE m.account_id = k.account_id AND m.returned_at IS NOT NULL AND m.sent_at > k.mail_confirmed_at)))
$$;

-- As before (V39), with what came back.
CREATE OR REPLACE FUNCTION act.interruptions_of_mine(p_monday date) RETURNS TABLE (account_id uuid, name text, profession text, rung bigint, quiet bigint, urgent bigint, failing bigint, bounced bool)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); a timestamptz := p_monday::timestamp AT TIME ZONE 'Asia/Tokyo'; b timestamptz := (p_monday + 7)::timestamp AT TIME ZONE 'Asia/Tokyo';
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT s.account_id, v.name, v.profession, coalesce(i.rung, 0), coalesce(i.quiet, 0), coalesce(i.urgent, 0),
      (SELECT count(*) FROM sec.push_subscription x WHERE x.account_id = s.account_id AND x.ended_at IS NULL AND x.failing_since IS NOT NULL),
      sec.mail_fails(s.account_id)
    FROM care.staff s JOIN care.person_now v ON v.account_id = s.account_id
    LEFT JOIN (SELECT x.account_id, count(*) AS rung, count(*) FILTER (WHERE x.quiet) AS quiet, count(*) FILTER (WHERE x.urgent) AS urgent
      FROM care.interruption x WHERE x.facility_id = c.facility_id AND x.at >= a AND x.at < b GROUP BY x.account_id) i ON i.account_id = s.account_id
    WHERE s.facility_id = c.facility_id AND (s.state = 'active' OR i.rung > 0) ORDER BY coalesce(i.rung, 0) DESC, v.kana, s.account_id;
END $$;
-- A new column, `failing`. Nodes of the version before name the columns that they read.
DROP FUNCTION act.my_notification_settings();
CREATE FUNCTION act.my_notification_settings() RETURNS TABLE (mail text, digest_at time, quiet text, quiet_from time[], quiet_to time[], facility_from time[], facility_to time[],
  address bool, test_state text, test_error text, test_at timestamptz, failing bool)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT coalesce(s.mail, 'off'), coalesce(s.digest_at, '08:00'), coalesce(s.quiet, 'facility'), s.quiet_from, s.quiet_to, f.quiet_from, f.quiet_to,
      EXISTS (SELECT 1 FROM sec.contact x WHERE x.account_id = c.account_id AND x.mail_confirmed_at IS NOT NULL),
      CASE WHEN b.back THEN 'dead' ELSE j.state END, CASE WHEN b.back THEN 'returned' ELSE j.last_error END, m.at, sec.mail_fails(c.account_id)
    FROM (SELECT 1) one LEFT JOIN care.notification_setting s ON s.account_id = c.account_id LEFT JOIN care.facility_quiet f ON f.facility_id = c.facility_id
    LEFT JOIN sec.mail_test m ON m.account_id = c.account_id AND m.at > pg_catalog.clock_timestamp() - interval '1 day' LEFT JOIN care.job j ON j.id = m.job_id
    CROSS JOIN LATERAL (SELECT sec.came_back(m.job_id) AS back) b;
END $$;
-- As before (V48), with what came back.
CREATE OR REPLACE FUNCTION fam.notice_settings(p_token_hash bytea) RETURNS TABLE (told bool, quiet_from time, quiet_to time, mail text, wanted text, mail_state text, mail_error text,
  here uuid, since timestamptz, on_device_at timestamptz, failing_since timestamptz, elsewhere bigint, test_state text, test_code text, test_at timestamptz, gone bool)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE s sec.relative_session := sec.kin_session(p_token_hash, 'active'); v care.relative_setting := sec.relative_setting(s.account_id);
BEGIN
  RETURN QUERY SELECT v.told, v.quiet_from, v.quiet_to, c.mail, CASE WHEN c.code_until > pg_catalog.clock_timestamp() THEN c.wanted END,
      CASE WHEN b.back THEN 'dead' ELSE j.state END, CASE WHEN b.back THEN 'returned' ELSE j.last_error END,
      p.id, p.made_at, p.on_device_at, p.failing_since,
      (SELECT count(*) FROM sec.relative_subscription o WHERE o.account_id = s.account_id AND o.ended_at IS NULL AND o.session_id <> s.id), t.state, t.code, t.at,
      -- The browser gave it up by itself: she believes that this phone rings.
      p.id IS NULL AND coalesce((SELECT o.ended_why = 'gone' FROM sec.relative_subscription o WHERE o.session_id = s.id ORDER BY o.made_at DESC LIMIT 1), false)
    FROM (SELECT 1) one LEFT JOIN sec.relative_contact c ON c.account_id = s.account_id LEFT JOIN care.job j ON j.id = c.job_id
    CROSS JOIN LATERAL (SELECT sec.came_back(c.job_id) AS back) b
    LEFT JOIN sec.relative_subscription p ON p.session_id = s.id AND p.ended_at IS NULL
    LEFT JOIN LATERAL (SELECT x.state, x.code, x.at FROM sec.relative_push x WHERE x.subscription_id = p.id AND x.test AND x.made_at > pg_catalog.clock_timestamp() - interval '1 day'
      ORDER BY x.made_at DESC LIMIT 1) t ON true;
END $$;
-- As before (V10): what came back within a day is told to the operator like what was refused.
CREATE OR REPLACE FUNCTION act.watch_jobs() RETURNS TABLE (code text, subject text, number bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT CASE j.kind WHEN 'mail' THEN 'mail_failing' ELSE 'job_dead' END, j.kind, count(*) FROM care.job j
    WHERE j.state = 'dead' AND j.ended_at > pg_catalog.clock_timestamp() - interval '1 day' GROUP BY j.kind
  UNION ALL
  SELECT 'mail_failing', 'waiting', count(*) FROM care.job j WHERE j.kind = 'mail' AND j.state = 'waiting' AND j.tries >= 4 HAVING count(*) > 0
  UNION ALL
  SELECT 'mail_failing', 'returned', count(*) FROM sec.sent_mail m WHERE m.returned_at > pg_catalog.clock_timestamp() - interval '1 day' HAVING count(*) > 0
  UNION ALL
  SELECT 'jobs_waiting', j.kind, count(*) FROM care.job j WHERE j.state = 'waiting' AND j.tries = 0 AND j.run_at < pg_catalog.clock_timestamp() - interval '10 minutes' GROUP BY j.kind
  UNION ALL
  SELECT 'schedule_failed', s.name, 1 FROM care.schedule_run s WHERE s.finished_at IS NOT NULL AND s.finished_at > coalesce(s.went_well_at, '-infinity')
$$;
-- A notification comes within a week; what came back stays as long as what was refused.
CREATE OR REPLACE FUNCTION act.forget_old_jobs() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  WITH mail AS (DELETE FROM sec.sent_mail m WHERE (m.returned_at IS NULL AND m.sent_at < pg_catalog.clock_timestamp() - interval '14 days')
    OR m.sent_at < pg_catalog.clock_timestamp() - interval '90 days'),
  gone AS (DELETE FROM care.job j WHERE (j.state = 'done' AND j.ended_at < pg_catalog.clock_timestamp() - interval '14 days')
    OR (j.state = 'dead' AND j.ended_at < pg_catalog.clock_timestamp() - interval '90 days') RETURNING 1) SELECT count(*) FROM gone
$$;

REVOKE ALL ON FUNCTION act.note_sent_mail(uuid, text, bytea), act.mail_returned(bytea, bool), sec.came_back(uuid), sec.mail_fails(uuid), act.my_notification_settings() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.note_sent_mail(uuid, text, bytea) TO renkei_job;
GRANT EXECUTE ON FUNCTION act.mail_returned(bytea, bool) TO renkei_bounce;
GRANT EXECUTE ON FUNCTION act.my_notification_settings() TO renkei_app;
SET LOCAL ROLE renkei_owner;
