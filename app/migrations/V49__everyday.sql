-- Everyday comforts: settings of a person that every page reads, the first visit, and labels on posts.

-- ---- Labels: by what a post is found again ------------------------------------------------------------------------------
-- Setting and taking away are acts of their own, in their order; the newest of a label holds. The post is not touched, and no label is
-- part of the record that is chained: the access log tells who set what and when.
CREATE TABLE care.post_label (
  id uuid PRIMARY KEY,
  post_id uuid NOT NULL,
  root_id uuid NOT NULL,                                       -- what stands on the timeline: the post itself, or the one that it answers
  group_id uuid NOT NULL,
  label text NOT NULL CHECK (label ~ '^[a-z_]{2,20}$'),
  version int NOT NULL CHECK (version > 0),
  given bool NOT NULL,
  account_id uuid NOT NULL,
  account uuid NOT NULL,                                       -- her version at the time
  at timestamptz NOT NULL,
  UNIQUE (post_id, label, version)
);
CREATE INDEX post_label_by_root ON care.post_label (root_id);
CREATE INDEX post_label_by_group ON care.post_label (group_id, at DESC);
SELECT care.make_append_only('care.post_label');
GRANT SELECT, INSERT ON care.post_label TO renkei_sec;
GRANT SELECT ON care.post_label TO renkei_app;
SELECT care.protect('care.post_label');
SELECT care.stop_with_service('care.post_label');
CREATE POLICY member ON care.post_label FOR SELECT TO renkei_app
  USING (group_id = ANY ((SELECT sec.my_groups())::uuid[]) AND EXISTS (SELECT 1 FROM care.post p WHERE p.id = post_id));

-- ---- What somebody sets for herself, and her first visit ---------------------------------------------------------------
SET LOCAL ROLE renkei_sec;
-- No row: as the product comes.
CREATE TABLE sec.habit (
  account_id uuid PRIMARY KEY,
  shortcuts bool NOT NULL,                                     -- single keys act (WCAG 2.1.4: they can be switched off)
  readings bool NOT NULL,                                      -- names carry their reading
  changed_at timestamptz NOT NULL
);
SELECT care.guard_from_migrator('sec.habit');
-- Of whoever made an account alone, on joining. No row: an account from before, or of another door.
CREATE TABLE sec.first_visit (
  account_id uuid PRIMARY KEY,
  joined_at timestamptz NOT NULL,
  shown_at timestamptz,                                        -- the start page has led there, which it does once
  notices text CHECK (notices IN ('done', 'skipped')),
  protection text CHECK (protection IN ('done', 'skipped')),
  practice text CHECK (practice IN ('done', 'skipped'))
);
SELECT care.guard_from_migrator('sec.first_visit');

CREATE FUNCTION act.my_habits() RETURNS TABLE (shortcuts bool, readings bool, first_visit bool) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT coalesce(h.shortcuts, true), coalesce(h.readings, false),
      EXISTS (SELECT 1 FROM sec.first_visit v WHERE v.account_id = c.account_id AND v.shown_at IS NULL)
    FROM (SELECT 1) one LEFT JOIN sec.habit h ON h.account_id = c.account_id;
END $$;
CREATE FUNCTION act.set_habits(p_shortcuts bool, p_readings bool) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  INSERT INTO sec.habit VALUES (c.account_id, p_shortcuts, p_readings, pg_catalog.clock_timestamp())
    ON CONFLICT (account_id) DO UPDATE SET shortcuts = excluded.shortcuts, readings = excluded.readings, changed_at = excluded.changed_at;
  PERFORM sec.log(c, 'changed_habits', NULL, NULL, c.facility_id, NULL, 'done', NULL);
END $$;
CREATE FUNCTION act.my_first_visit() RETURNS TABLE (notices text, protection text, practice text) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT v.notices, v.protection, v.practice FROM sec.first_visit v WHERE v.account_id = c.account_id;
END $$;
-- The start page leads there now: true once.
CREATE FUNCTION act.show_first_visit() RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  UPDATE sec.first_visit SET shown_at = pg_catalog.clock_timestamp() WHERE account_id = c.account_id AND shown_at IS NULL;
  RETURN FOUND;
END $$;
-- What was done once is not skipped later. Whoever goes through it from the help has a row from then on.
CREATE FUNCTION act.answer_first_visit(p_step text, p_answer text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  IF p_step NOT IN ('notices', 'protection', 'practice') OR p_answer NOT IN ('done', 'skipped') THEN RAISE EXCEPTION 'no such step' USING ERRCODE = 'RK404'; END IF;
  INSERT INTO sec.first_visit (account_id, joined_at, shown_at) VALUES (c.account_id, t, t) ON CONFLICT (account_id) DO NOTHING;
  UPDATE sec.first_visit v SET shown_at = coalesce(v.shown_at, t),
      notices = CASE WHEN p_step = 'notices' AND v.notices IS DISTINCT FROM 'done' THEN p_answer ELSE v.notices END,
      protection = CASE WHEN p_step = 'protection' AND v.protection IS DISTINCT FROM 'done' THEN p_answer ELSE v.protection END,
      practice = CASE WHEN p_step = 'practice' AND v.practice IS DISTINCT FROM 'done' THEN p_answer ELSE v.practice END
    WHERE v.account_id = c.account_id;
  PERFORM sec.log(c, 'answered_first_visit', NULL, NULL, c.facility_id, NULL, 'done', NULL);
END $$;

-- As before (V26), and: a first visit waits.
CREATE OR REPLACE FUNCTION act.join_new(p_hash bytea, p_code_hash bytea, p_account uuid, p_version uuid, p_login text, p_password_hash text, p_mail text, p_phone text, p_link_hash bytea, p_letter jsonb, p_told jsonb)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE i sec.staff_invitation := sec.good_invitation(p_hash); t timestamptz := pg_catalog.clock_timestamp(); proved bool;
BEGIN
  proved := p_code_hash IS NOT NULL AND pg_catalog.lower(i.mail) = pg_catalog.lower(p_mail);
  IF proved AND EXISTS (SELECT 1 FROM sec.contact x WHERE pg_catalog.lower(x.mail) = pg_catalog.lower(p_mail) AND x.mail_confirmed_at IS NOT NULL) THEN
    RAISE EXCEPTION 'address has an account' USING ERRCODE = 'RK409';
  END IF;
  INSERT INTO care.account VALUES (p_account, p_login, sec.clock());
  INSERT INTO care.account_version VALUES (p_version, p_account, i.name, i.kana, NULL, i.profession, i.licence_note, sec.clock());
  INSERT INTO sec.credential VALUES (p_account, p_password_hash, NULL, NULL, 0, sec.clock());
  INSERT INTO sec.first_visit (account_id, joined_at) VALUES (p_account, t);
  INSERT INTO sec.contact VALUES (p_account, p_mail, CASE WHEN proved THEN t END, p_phone, t);
  IF p_mail IS NOT NULL AND NOT proved THEN PERFORM sec.ask_to_confirm(p_account, p_mail, p_link_hash, p_letter); END IF;
  PERFORM sec.use_invitation(p_hash, p_code_hash, p_account, p_told);
END $$;
-- As before (V27), and: a first visit waits.
CREATE OR REPLACE FUNCTION act.first_admin(p_token_hash bytea, p_account uuid, p_version uuid, p_login text, p_name text, p_kana text, p_profession text, p_phone text, p_password_hash text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE a care.facility_application; t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  INSERT INTO care.account (id, login_id, created_at) VALUES (p_account, p_login, sec.clock());
  INSERT INTO care.account_version (id, account_id, name, kana, profession, from_at) VALUES (p_version, p_account, p_name, p_kana, p_profession, sec.clock());
  INSERT INTO sec.credential (account_id, password_hash, totp_last_step, changed_at) VALUES (p_account, p_password_hash, 0, sec.clock());
  INSERT INTO sec.first_visit (account_id, joined_at) VALUES (p_account, t);
  PERFORM sec.log(NULL, 'added_account', NULL, NULL, NULL, p_account, 'done', NULL);
  a := sec.become_first_admin(p_token_hash, p_account);
  IF EXISTS (SELECT 1 FROM sec.contact c WHERE pg_catalog.lower(c.mail) = pg_catalog.lower(a.mail) AND c.mail_confirmed_at IS NOT NULL) THEN
    RAISE EXCEPTION 'mail of another account' USING ERRCODE = 'RK409';
  END IF;
  INSERT INTO sec.contact (account_id, mail, mail_confirmed_at, phone, changed_at) VALUES (p_account, a.mail, t, p_phone, t);
END $$;

-- ---- Labels ------------------------------------------------------------------------------------------------------------
-- Sets a label on a post that the caller may read, or takes it away: any member, whoever set it. Whether anything changed.
CREATE FUNCTION act.label(p_post uuid, p_label text, p_on bool, p_id uuid) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); p care.post := sec.readable_post(c, p_post); n int; there bool; t timestamptz := sec.clock(); owner uuid; patient uuid;
BEGIN
  PERFORM sec.must_be_open(p.group_id);
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(p_post::text || p_label, 49));
  SELECT x.version, x.given INTO n, there FROM care.post_label x WHERE x.post_id = p_post AND x.label = p_label ORDER BY x.version DESC LIMIT 1;
  IF coalesce(there, false) = p_on THEN RETURN false; END IF;
  IF p_on THEN PERFORM sec.still_stands(p_post); END IF;
  INSERT INTO care.post_label VALUES (p_id, p_post, coalesce(p.reply_to, p.id), p.group_id, p_label, coalesce(n, 0) + 1, p_on, c.account_id, c.account, t);
  INSERT INTO care.event (kind, group_id, timeline, post_id, seq, at) VALUES ('post.labelled', p.group_id, 'team', p.id, p.seq, t);
  SELECT g.facility_id, g.patient_id INTO owner, patient FROM care.groups g WHERE g.id = p.group_id;
  PERFORM sec.log(c, CASE WHEN p_on THEN 'labelled' ELSE 'unlabelled' END, p.group_id, patient, owner, p.id, 'done', NULL);
  RETURN true;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.my_habits(), act.set_habits(bool, bool), act.my_first_visit(), act.show_first_visit(), act.answer_first_visit(text, text),
  act.label(uuid, text, bool, uuid) TO renkei_app;
SET LOCAL ROLE renkei_owner;
