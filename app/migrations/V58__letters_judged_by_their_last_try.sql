-- A letter is judged by its last try, an invitation's letter that did not arrive is told to whoever invited, and what the frame of every
-- page asks is one function less. Two small indexes: of jobs only those that wait are in theirs, and of letters there are two weeks. They come last, that of
-- the jobs at the very end: nobody waits for their locks longer than need be, and they are taken in the order in which invitations take them.
SET LOCAL ROLE renkei_sec;
ALTER TABLE sec.staff_invitation ADD COLUMN job_id uuid;       -- of the letter with the link that stands; NULL: none, or put in before this

-- As before (V57), and: another try makes what came back of the tries before it count no more.
CREATE OR REPLACE FUNCTION act.note_sent_mail(p_message uuid, p_to text, p_token_hash bytea) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE t timestamptz;
  j uuid := (SELECT x.id FROM care.job x WHERE x.state = 'waiting' AND x.kind = 'mail' AND x.payload ->> 'message' = p_message::text LIMIT 1);
BEGIN
  -- A report of the try before and this one wait for each other (act.mail_returned takes the same lock).
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(j::text, 58));
  t := pg_catalog.clock_timestamp();
  INSERT INTO sec.sent_mail (token_hash, job_id, account_id, sent_at)
    VALUES (p_token_hash, j, (SELECT c.account_id FROM sec.contact c WHERE pg_catalog.lower(c.mail) = pg_catalog.lower(p_to) AND c.mail_confirmed_at IS NOT NULL), t);
  UPDATE sec.sent_mail SET returned_at = NULL WHERE job_id = j AND returned_at IS NOT NULL;
  IF FOUND THEN UPDATE care.delivery SET state = 'queued', at = t WHERE job_id = j AND state = 'failed'; END IF;
END $$;
-- As before (V57), and: of a letter that was tried again only the last try counts. `earlier`: it was another one.
CREATE OR REPLACE FUNCTION act.mail_returned(p_token_hash bytea, p_for_good bool) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE m sec.sent_mail; t timestamptz;
BEGIN
  -- As act.note_sent_mail does, and before the row: whoever comes second sees what the first has done.
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(x.job_id::text, 58)) FROM sec.sent_mail x WHERE x.token_hash = p_token_hash;
  t := pg_catalog.clock_timestamp();
  SELECT * INTO m FROM sec.sent_mail x WHERE x.token_hash = p_token_hash FOR UPDATE;
  IF NOT FOUND THEN RETURN 'unknown'; END IF;
  IF EXISTS (SELECT 1 FROM sec.sent_mail x WHERE x.job_id = m.job_id AND x.sent_at > m.sent_at) THEN RETURN 'earlier'; END IF;
  IF m.returned_at IS NOT NULL THEN RETURN 'known'; END IF;
  IF NOT p_for_good THEN
    UPDATE sec.sent_mail SET delayed = least(delayed + 1, 1000) WHERE token_hash = p_token_hash;
    RETURN 'delayed';
  END IF;
  UPDATE sec.sent_mail SET returned_at = t WHERE token_hash = p_token_hash;
  UPDATE care.delivery SET state = 'failed', at = t WHERE job_id = m.job_id AND state <> 'failed';
  RETURN 'returned';
END $$;

-- When it was seen that a letter did not arrive: given up, refused, or come back. NULL: nothing is known against it.
CREATE FUNCTION sec.letter_lost_at(p_job uuid) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT j.ended_at FROM care.job j WHERE j.id = p_job AND j.state = 'dead'),
    (SELECT m.returned_at FROM sec.sent_mail m WHERE m.job_id = p_job AND m.returned_at IS NOT NULL LIMIT 1))
$$;
-- As before (V26), and: the invitation knows its letter.
CREATE OR REPLACE FUNCTION act.invite_staff(p_ids uuid[], p_clients uuid[], p_names text[], p_kanas text[], p_professions text[], p_licences text[], p_logins text[], p_mails text[], p_admins bool[],
  p_hashes bytea[], p_letters jsonb[]) RETURNS TABLE (id uuid, client_id uuid, expires_at timestamptz, state text, created bool) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); t timestamptz := pg_catalog.clock_timestamp(); r record;
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  PERFORM sec.must_be_in_service(c.facility_id, 'write');
  IF true = ANY (p_admins) THEN PERFORM sec.must_be_fresh(c); END IF;
  IF pg_catalog.cardinality(p_ids) > 500 THEN RAISE EXCEPTION 'too many at once' USING ERRCODE = 'RK422'; END IF;
  DELETE FROM sec.staff_invitation x WHERE x.expires_at < t - interval '30 days';
  IF EXISTS (SELECT 1 FROM ROWS FROM (pg_catalog.unnest(p_clients), pg_catalog.unnest(p_names), pg_catalog.unnest(p_kanas), pg_catalog.unnest(p_professions), pg_catalog.unnest(p_licences),
      pg_catalog.unnest(p_logins), pg_catalog.unnest(p_mails), pg_catalog.unnest(p_admins)) n(client, name, kana, profession, licence, login, mail, admin)
      JOIN sec.staff_invitation x ON x.invited_by = c.account_id AND x.client_id = n.client
      WHERE x.facility_id <> c.facility_id OR (x.name, x.kana, x.profession, x.licence_note, x.admin) IS DISTINCT FROM (n.name, n.kana, n.profession, n.licence, n.admin)
        OR x.state = 'open' AND (x.login_hint, x.mail) IS DISTINCT FROM (n.login, n.mail)) THEN
    RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409';
  END IF;
  IF pg_catalog.cardinality(p_ids) + (SELECT count(*) FROM sec.staff_invitation x WHERE x.facility_id = c.facility_id AND x.state = 'open' AND x.expires_at > t) > 3000 THEN
    RAISE EXCEPTION 'too many open invitations' USING ERRCODE = 'RK409';
  END IF;
  FOR r IN SELECT n.* FROM ROWS FROM (pg_catalog.unnest(p_ids), pg_catalog.unnest(p_clients), pg_catalog.unnest(p_names), pg_catalog.unnest(p_kanas), pg_catalog.unnest(p_professions),
      pg_catalog.unnest(p_licences), pg_catalog.unnest(p_logins), pg_catalog.unnest(p_mails), pg_catalog.unnest(p_admins), pg_catalog.unnest(p_hashes), pg_catalog.unnest(p_letters)) WITH ORDINALITY
      n(id, client, name, kana, profession, licence, login, mail, admin, hash, letter, place) ORDER BY n.place LOOP
    INSERT INTO sec.staff_invitation (id, facility_id, invited_by, client_id, name, kana, profession, licence_note, login_hint, mail, admin, token_hash, created_at, expires_at)
      VALUES (r.id, c.facility_id, c.account_id, r.client, r.name, r.kana, r.profession, r.licence, r.login, r.mail, r.admin, r.hash, t, t + interval '7 days')
      ON CONFLICT ON CONSTRAINT staff_invitation_client_id_key DO NOTHING;
    IF FOUND THEN
      IF r.letter IS NOT NULL THEN UPDATE sec.staff_invitation SET job_id = sec.enqueue('mail', r.letter, interval '0', 18) WHERE id = r.id; END IF;
      PERFORM sec.log(c, 'invited_staff', NULL, NULL, c.facility_id, r.id, 'done', NULL);
    END IF;
  END LOOP;
  RETURN QUERY SELECT x.id, x.client_id, x.expires_at, x.state, x.id = ANY (p_ids) FROM sec.staff_invitation x WHERE x.invited_by = c.account_id AND x.client_id = ANY (p_clients);
END $$;
-- As before (V26), and: the new letter is the one that counts.
CREATE OR REPLACE FUNCTION act.renew_staff_invitation(p_id uuid, p_hash bytea, p_letter jsonb) RETURNS timestamptz LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); i sec.staff_invitation := sec.open_invitation(c, p_id); e timestamptz := pg_catalog.clock_timestamp() + interval '7 days';
BEGIN
  PERFORM sec.must_be_in_service(c.facility_id, 'write');
  IF i.state <> 'open' THEN RAISE EXCEPTION 'answered already' USING ERRCODE = 'RK409'; END IF;
  UPDATE sec.staff_invitation SET token_hash = p_hash, expires_at = e, code_hash = NULL, code_until = NULL, code_tries = 0, codes_sent = 0, code_sent_at = NULL,
    job_id = CASE WHEN p_letter IS NOT NULL THEN sec.enqueue('mail', p_letter, interval '0', 18) END WHERE id = p_id;
  PERFORM sec.log(c, 'renewed_staff_invitation', NULL, NULL, c.facility_id, p_id, 'done', NULL);
  RETURN e;
END $$;
-- A new column, `mail_failed`. Nodes of the version before name the columns that they read.
DROP FUNCTION act.staff_invitations(uuid);
CREATE FUNCTION act.staff_invitations(p_id uuid) RETURNS TABLE (id uuid, name text, kana text, profession text, licence_note text, client_id uuid, mail text, admin bool, state text, created_at timestamptz,
  expires_at timestamptz, invited_by text, mail_failed bool) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT x.id, x.name, x.kana, x.profession, x.licence_note, x.client_id, x.mail, x.admin,
      CASE WHEN x.state = 'open' AND x.expires_at <= pg_catalog.clock_timestamp() THEN 'expired' ELSE x.state END, x.created_at, x.expires_at, p.name,
      x.state = 'open' AND x.job_id IS NOT NULL AND sec.letter_lost_at(x.job_id) IS NOT NULL
    FROM sec.staff_invitation x JOIN care.person_now p ON p.account_id = x.invited_by
    WHERE x.facility_id = c.facility_id AND (p_id IS NULL AND x.state IN ('open', 'refused') OR x.id = p_id) ORDER BY x.created_at DESC, x.kana LIMIT 4000;
END $$;
-- For the caller's notices: how many of her own invitations, as an admin of the facility, have a letter that did not arrive, and when that was seen last.
-- Those of somebody who is no admin there any more are every admin's.
CREATE FUNCTION sec.lost_invitations(c sec.context) RETURNS TABLE (at timestamptz, number bigint) LANGUAGE sql STABLE AS $$
  SELECT max(x.lost_at), count(*) FROM (SELECT sec.letter_lost_at(i.job_id) AS lost_at FROM sec.staff_invitation i
    WHERE c.admin AND i.facility_id = c.facility_id AND i.state = 'open' AND i.job_id IS NOT NULL AND i.expires_at > pg_catalog.clock_timestamp()
      AND (i.invited_by = c.account_id
        OR NOT EXISTS (SELECT 1 FROM care.staff s WHERE s.account_id = i.invited_by AND s.facility_id = i.facility_id AND s.state = 'active' AND s.admin))) x
    WHERE x.lost_at IS NOT NULL HAVING count(*) > 0
$$;
CREATE FUNCTION act.lost_invitations() RETURNS TABLE (at timestamptz, number bigint) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT x.at, x.number FROM sec.lost_invitations(c) x;
END $$;
-- As before (V46), and the letters of invitations that did not arrive.
CREATE OR REPLACE FUNCTION sec.unseen_notices(c sec.context) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE mine uuid[] := sec.my_groups(); seen timestamptz := coalesce((SELECT s.at FROM care.notices_seen s WHERE s.account_id = c.account_id), '-infinity'); t timestamptz := sec.clock();
BEGIN
  RETURN (SELECT count(*) FROM care.ask_notice n WHERE n.account_id = c.account_id AND n.at > seen AND n.group_id = ANY (mine))
    + (SELECT count(DISTINCT e.task_id) FROM care.task_event e JOIN care.task k ON k.id = e.task_id AND k.owner_id = c.account_id AND k.state = 'open'
      WHERE e.owner_id = c.account_id AND e.kind IN ('made', 'handed_over', 'passed_on', 'reopened') AND e.author_id IS DISTINCT FROM e.owner_id AND e.at > seen AND k.group_id = ANY (mine))
    -- One notice for each patient, as long as the values were not looked at.
    + (SELECT count(DISTINCT o.group_id) FROM care.observation_notice o JOIN care.membership m ON m.group_id = o.group_id AND m.account_id = c.account_id AND m.facility_id = c.facility_id
      LEFT JOIN care.observation_seen s ON s.group_id = o.group_id AND s.account_id = c.account_id
      WHERE o.group_id = ANY (mine) AND o.author_id <> c.account_id AND o.at > greatest(seen, t - interval '14 days') AND o.at > coalesce(s.at, '-infinity') AND (m.from_seq = 0 OR o.at >= m.since))
    + (SELECT count(*) FROM care.connection x WHERE x.account_id = c.account_id AND x.state = 'asked' AND x.expires_at > t AND x.created_at > seen)
    + (SELECT count(*) FROM sec.stopped_webhooks(c) w WHERE w.off_at > seen)
    + (SELECT count(*) FROM sec.lost_invitations(c) x WHERE x.at > seen);
END $$;

-- As before (V49), with act.keeps_copies() in it, which stays for nodes of the version before.
DROP FUNCTION act.my_habits();
CREATE FUNCTION act.my_habits() RETURNS TABLE (shortcuts bool, readings bool, first_visit bool, copies bool) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT coalesce(h.shortcuts, true), coalesce(h.readings, false),
      EXISTS (SELECT 1 FROM sec.first_visit v WHERE v.account_id = c.account_id AND v.shown_at IS NULL), sec.device_keeps(c)
    FROM (SELECT 1) one LEFT JOIN sec.habit h ON h.account_id = c.account_id;
END $$;

REVOKE ALL ON FUNCTION act.staff_invitations(uuid), act.lost_invitations(), act.my_habits(), sec.letter_lost_at(uuid), sec.lost_invitations(sec.context) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.staff_invitations(uuid), act.lost_invitations(), act.my_habits() TO renkei_app;
CREATE INDEX sent_mail_tries ON sec.sent_mail (job_id, sent_at) WHERE job_id IS NOT NULL;
SET LOCAL ROLE renkei_owner;
CREATE INDEX job_letter_waiting ON care.job ((payload ->> 'message')) WHERE state = 'waiting' AND kind = 'mail';
