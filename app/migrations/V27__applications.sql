-- Facilities apply, are reviewed and come in; secretariats (地域事務局) review those of their region, publish its policy and see
-- counts. Kinds of facilities and professions are data that operators edit.
-- No foreign keys to older tables, see V13. Nothing here holds a word about a patient.

-- A secretariat is an operator with a region: the same door, a narrower context. Who is one stays one.
CREATE TABLE care.secretariat (
  operator_id uuid PRIMARY KEY,
  region_id uuid NOT NULL,
  at timestamptz NOT NULL
);
SELECT care.make_append_only('care.secretariat');

-- ---- Master data -----------------------------------------------------------------------------------------
-- Records hold codes, so that another label changes nothing that was written. A code is never taken away.
CREATE TABLE care.vocabulary (
  list text NOT NULL CHECK (list IN ('facility_kind', 'profession')),
  code text NOT NULL CHECK (code ~ '^[a-z_]{2,40}$'),
  label_ja text NOT NULL CHECK (length(label_ja) BETWEEN 1 AND 60),
  label_en text NOT NULL CHECK (length(label_en) BETWEEN 1 AND 60),
  place int NOT NULL CHECK (place BETWEEN 0 AND 9999),         -- in lists, from the top
  may_join bool NOT NULL,                                      -- may be chosen for somebody new
  active bool NOT NULL,                                        -- stands in lists at all
  PRIMARY KEY (list, code)
);
INSERT INTO care.vocabulary VALUES
  ('facility_kind', 'hospital', '病院', 'Hospital', 10, true, true),
  ('facility_kind', 'clinic', '診療所', 'Clinic', 20, true, true),
  ('facility_kind', 'dental_clinic', '歯科診療所', 'Dental clinic', 30, true, true),
  ('facility_kind', 'pharmacy', '薬局', 'Pharmacy', 40, true, true),
  ('facility_kind', 'visiting_nurse_station', '訪問看護ステーション', 'Visiting-nurse station', 50, true, true),
  ('facility_kind', 'care_plan_office', '居宅介護支援事業所', 'Care-plan office', 60, true, true),
  ('facility_kind', 'care_provider', '介護サービス事業所', 'Care provider', 70, true, true),
  ('facility_kind', 'care_home', '介護施設', 'Care home', 80, true, true),
  ('facility_kind', 'midwifery_home', '助産所', 'Midwifery home', 90, true, true),
  ('facility_kind', 'community_support_center', '地域包括支援センター', 'Comprehensive support centre', 100, true, true),
  ('facility_kind', 'health_information_network', '地域医療情報連携ネットワーク', 'Regional health-information network', 110, true, true),
  ('facility_kind', 'government', '行政機関', 'Government', 120, true, true),
  ('profession', 'doctor', '医師', 'Doctor', 10, true, true),
  ('profession', 'dentist', '歯科医師', 'Dentist', 20, true, true),
  ('profession', 'pharmacist', '薬剤師', 'Pharmacist', 30, true, true),
  ('profession', 'nurse', '看護師', 'Nurse', 40, true, true),
  ('profession', 'public_health_nurse', '保健師', 'Public-health nurse', 50, true, true),
  ('profession', 'midwife', '助産師', 'Midwife', 60, true, true),
  ('profession', 'dental_hygienist', '歯科衛生士', 'Dental hygienist', 70, true, true),
  ('profession', 'physical_therapist', '理学療法士', 'Physical therapist', 80, true, true),
  ('profession', 'occupational_therapist', '作業療法士', 'Occupational therapist', 90, true, true),
  ('profession', 'speech_therapist', '言語聴覚士', 'Speech therapist', 100, true, true),
  ('profession', 'care_manager', 'ケアマネジャー', 'Care manager', 110, true, true),
  ('profession', 'helper', 'ヘルパー', 'Helper', 120, true, true),
  ('profession', 'care_worker', '介護福祉士', 'Certified care worker', 130, true, true),
  ('profession', 'social_worker', '医療ソーシャルワーカー', 'Medical social worker', 140, true, true),
  ('profession', 'dietitian', '管理栄養士', 'Registered dietitian', 150, true, true),
  ('profession', 'clerk', '事務', 'Clerk', 160, true, true),
  ('profession', 'other', 'その他の職種', 'Other', 170, true, true);
-- What reviewers confirm before they approve; each deployment has its own.
CREATE TABLE care.check_item (
  id uuid PRIMARY KEY,
  label text NOT NULL CHECK (length(label) BETWEEN 1 AND 200),
  place int NOT NULL CHECK (place BETWEEN 0 AND 9999),
  active bool NOT NULL
);
INSERT INTO care.check_item VALUES
  (pg_catalog.gen_random_uuid(), '名称と所在地が、公的な名簿（指定・開設の届出）と合っている', 10, true),
  (pg_catalog.gen_random_uuid(), '公的な名簿の番号に電話して、施設からの申請だと確かめた', 20, true),
  (pg_catalog.gen_random_uuid(), '責任者の氏名と職種を確かめた', 30, true);

-- ---- Applications ----------------------------------------------------------------------------------------
-- The state as it is now. Until the mail is confirmed nobody sees it, and after three days it is deleted.
CREATE TABLE care.facility_application (
  id uuid PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT facility_application_number_key UNIQUE,
  client_id uuid NOT NULL CONSTRAINT facility_application_client_id_key UNIQUE,
  fingerprint bytea NOT NULL CHECK (length(fingerprint) = 32), -- of what was sent under the client id
  at timestamptz NOT NULL,
  state text NOT NULL CHECK (state IN ('unconfirmed', 'waiting', 'asked', 'approved', 'refused')),
  changed_at timestamptz NOT NULL,
  region_id uuid,                                              -- NULL: operators review it
  kind text NOT NULL,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
  kana text NOT NULL CHECK (length(kana) BETWEEN 1 AND 240),
  postal_code text NOT NULL CHECK (postal_code ~ '^[0-9]{7}$'),
  address text NOT NULL CHECK (length(address) BETWEEN 1 AND 200),
  phone text NOT NULL CHECK (length(phone) BETWEEN 1 AND 40),
  person text NOT NULL CHECK (length(person) BETWEEN 1 AND 120),
  person_kana text NOT NULL CHECK (length(person_kana) BETWEEN 1 AND 240),
  profession text NOT NULL,
  mail text NOT NULL CHECK (length(mail) <= 254),
  pledge int NOT NULL,                                         -- the version of the policy `pledge` that was accepted
  facility_id uuid,
  admin_id uuid,                                               -- the account that the first admin made
  CHECK ((state = 'approved') = (facility_id IS NOT NULL)),
  CHECK (admin_id IS NULL OR facility_id IS NOT NULL)
);
CREATE INDEX facility_application_by_state ON care.facility_application (state, at);
-- What happened to it. `question`, `answer`, `approved` and `refused` the applicant reads too.
CREATE TABLE care.facility_application_entry (
  id uuid PRIMARY KEY,
  application_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('confirmed', 'note', 'question', 'answer', 'changed', 'approved', 'refused', 'link', 'redeemed')),
  body text NOT NULL CHECK (length(body) <= 4000),
  operator_id uuid,                                            -- NULL: the applicant
  at timestamptz NOT NULL
);
CREATE INDEX facility_application_entry_by_application ON care.facility_application_entry (application_id, at);
SELECT care.make_append_only('care.facility_application_entry');
-- Who ticked what, and when; the newest row holds.
CREATE TABLE care.facility_application_check (
  application_id uuid NOT NULL,
  item_id uuid NOT NULL,
  version int NOT NULL CHECK (version > 0),
  ticked bool NOT NULL,
  operator_id uuid NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (application_id, item_id, version)
);
SELECT care.make_append_only('care.facility_application_check');

-- ---- The policy of a region, and which facility accepted which version ------------------------------------
CREATE TABLE care.region_policy (
  region_id uuid NOT NULL,
  n int NOT NULL CHECK (n > 0),
  title text NOT NULL CHECK (length(title) BETWEEN 1 AND 120),
  body text NOT NULL CHECK (length(body) BETWEEN 1 AND 20000),
  change text NOT NULL CHECK (length(change) BETWEEN 1 AND 400),
  client_id uuid NOT NULL CONSTRAINT region_policy_client_id_key UNIQUE,
  operator_id uuid NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (region_id, n)
);
SELECT care.make_append_only('care.region_policy');
CREATE TABLE care.region_policy_acceptance (
  facility_id uuid NOT NULL,
  region_id uuid NOT NULL,
  n int NOT NULL,
  account_id uuid NOT NULL,
  session_id uuid NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (facility_id, region_id, n)
);
SELECT care.make_append_only('care.region_policy_acceptance');

GRANT SELECT, INSERT ON care.secretariat, care.vocabulary, care.check_item, care.facility_application, care.facility_application_entry, care.facility_application_check,
  care.region_policy, care.region_policy_acceptance TO renkei_sec;
GRANT UPDATE ON care.vocabulary, care.check_item TO renkei_sec;
GRANT UPDATE, DELETE ON care.facility_application TO renkei_sec;
SELECT care.protect(t) FROM unnest(ARRAY['care.secretariat', 'care.vocabulary', 'care.check_item', 'care.facility_application', 'care.facility_application_entry',
  'care.facility_application_check', 'care.region_policy', 'care.region_policy_acceptance']::regclass[]) t;

SET LOCAL ROLE renkei_sec;

-- Links in letters. `applicant`: the page of the application, as often as wanted. `first_admin`: once.
CREATE TABLE sec.application_link (
  token_hash bytea PRIMARY KEY,
  application_id uuid NOT NULL,
  purpose text NOT NULL CHECK (purpose IN ('applicant', 'first_admin')),
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX application_link_by_application ON sec.application_link (application_id);
CREATE TABLE sec.application_knock (
  at timestamptz NOT NULL,
  address_block text NOT NULL
);
CREATE INDEX application_knock_latest ON sec.application_knock (at);
SELECT care.guard_from_migrator('sec.application_link');
SELECT care.guard_from_migrator('sec.application_knock');

-- ---- The signed context of the console, now with the region of a secretariat -------------------------------
CREATE OR REPLACE FUNCTION sec.open_operator(p_token_hash bytea) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER VOLATILE SET search_path = '' AS $$
DECLARE s sec.operator_session; t timestamptz := pg_catalog.clock_timestamp(); p text;
BEGIN
  SELECT x.* INTO s FROM sec.operator_session x JOIN sec.operator_credential c ON c.operator_id = x.operator_id AND c.suspended_at IS NULL
    WHERE x.token_hash = p_token_hash AND x.ended_at IS NULL AND x.expires_at > t AND x.last_seen > t - interval '15 minutes';
  IF NOT FOUND THEN RAISE EXCEPTION 'no session' USING ERRCODE = 'RK401'; END IF;
  IF s.last_seen < t - interval '30 seconds' THEN
    UPDATE sec.operator_session SET last_seen = t WHERE token_hash = p_token_hash;
  END IF;
  p := pg_catalog.concat_ws('|', 'operator', s.operator_id, s.id, pg_catalog.pg_backend_pid(),
    (extract(epoch from pg_catalog.transaction_timestamp()) * 1000000)::bigint,
    coalesce((SELECT r.region_id::text FROM care.secretariat r WHERE r.operator_id = s.operator_id), '-'));
  PERFORM pg_catalog.set_config('renkei.operator', p || '|' || sec.sign(p), true);
  RETURN true;
END $$;

-- Who sits at the console. Without a region: an operator of the whole deployment.
CREATE TYPE sec.desk AS (operator_id uuid, region_id uuid);
-- Verified; NULL where none was opened.
CREATE FUNCTION sec.verified_desk() RETURNS sec.desk LANGUAGE plpgsql STABLE PARALLEL RESTRICTED AS $$
DECLARE c text := pg_catalog.current_setting('renkei.operator', true); cut int; p text; f text[];
BEGIN
  IF c IS NULL OR c = '' THEN RETURN NULL; END IF;
  cut := pg_catalog.length(c) - 64;
  IF cut < 2 THEN RAISE EXCEPTION 'forged context' USING ERRCODE = '28000'; END IF;
  p := pg_catalog.substr(c, 1, cut - 1);
  f := pg_catalog.string_to_array(p, '|');
  IF sec.sign(p) IS DISTINCT FROM pg_catalog.substr(c, cut + 1) OR f[1] IS DISTINCT FROM 'operator' THEN
    RAISE EXCEPTION 'forged context' USING ERRCODE = '28000';
  END IF;
  IF f[4]::int <> pg_catalog.pg_backend_pid()
     OR f[5]::bigint <> (extract(epoch from pg_catalog.transaction_timestamp()) * 1000000)::bigint THEN
    RAISE EXCEPTION 'stale context' USING ERRCODE = '28000';
  END IF;
  RETURN ROW(f[2]::uuid, nullif(f[6], '-')::uuid)::sec.desk;
END $$;
-- Whoever sits there, for the log.
CREATE OR REPLACE FUNCTION sec.verified_operator() RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL RESTRICTED AS $$
BEGIN
  RETURN (sec.verified_desk()).operator_id;
END $$;
-- The first line of what operators alone may do. To a secretariat it does not exist.
CREATE OR REPLACE FUNCTION sec.must_operate() RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL RESTRICTED AS $$
DECLARE d sec.desk := sec.verified_desk();
BEGIN
  IF d.operator_id IS NULL THEN RAISE EXCEPTION 'no session' USING ERRCODE = 'RK401'; END IF;
  IF d.region_id IS NOT NULL THEN RAISE EXCEPTION 'not of a secretariat' USING ERRCODE = 'RK404'; END IF;
  RETURN d.operator_id;
END $$;
-- The first line of what secretariats may do too. `p_region`: of what is asked about. Operators reach every region and what lies
-- in none; to a secretariat all but its own does not exist.
CREATE FUNCTION sec.must_review(p_region uuid) RETURNS sec.desk LANGUAGE plpgsql STABLE PARALLEL RESTRICTED AS $$
DECLARE d sec.desk := sec.verified_desk();
BEGIN
  IF d.operator_id IS NULL THEN RAISE EXCEPTION 'no session' USING ERRCODE = 'RK401'; END IF;
  IF d.region_id IS NOT NULL AND d.region_id IS DISTINCT FROM p_region THEN RAISE EXCEPTION 'of another region' USING ERRCODE = 'RK404'; END IF;
  RETURN d;
END $$;
-- The same where the answer itself is narrowed to `region_id`.
CREATE FUNCTION sec.must_review() RETURNS sec.desk LANGUAGE plpgsql STABLE PARALLEL RESTRICTED AS $$
DECLARE d sec.desk := sec.verified_desk();
BEGIN
  IF d.operator_id IS NULL THEN RAISE EXCEPTION 'no session' USING ERRCODE = 'RK401'; END IF;
  RETURN d;
END $$;
CREATE FUNCTION op.desk() RETURNS TABLE (id uuid, login_id text, name text, region_id uuid, region text) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE d sec.desk := sec.must_review();
BEGIN
  RETURN QUERY SELECT x.id, x.login_id, x.name, r.region_id, r.name FROM care.operator x LEFT JOIN care.region_now r ON r.region_id = d.region_id WHERE x.id = d.operator_id;
END $$;
-- From the command line. `p_region`: id or name; RK404 where there is none.
CREATE FUNCTION act.add_secretariat(p_operator uuid, p_region text, p_login text, p_name text, p_password_hash text, p_totp_secret bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE t timestamptz := pg_catalog.clock_timestamp(); r uuid;
BEGIN
  SELECT x.region_id INTO r FROM care.region_now x WHERE x.region_id::text = p_region OR x.name = p_region;
  IF r IS NULL THEN RAISE EXCEPTION 'no such region' USING ERRCODE = 'RK404'; END IF;
  INSERT INTO care.operator (id, login_id, name, created_at) VALUES (p_operator, p_login, p_name, t);
  INSERT INTO care.secretariat (operator_id, region_id, at) VALUES (p_operator, r, t);
  INSERT INTO sec.operator_credential (operator_id, password_hash, totp_secret, changed_at) VALUES (p_operator, p_password_hash, p_totp_secret, t);
  PERFORM sec.log_operator_as(NULL, 'secretariat_added', p_operator, (SELECT x.name FROM care.region_now x WHERE x.region_id = r));
END $$;

-- ---- Master data -----------------------------------------------------------------------------------------
-- What a form offers, in its order.
CREATE FUNCTION act.vocabulary() RETURNS TABLE (list text, code text, label_ja text, label_en text, place int, may_join bool, active bool)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT v.list, v.code, v.label_ja, v.label_en, v.place, v.may_join, v.active FROM care.vocabulary v ORDER BY v.list, v.place, v.code
$$;
CREATE FUNCTION op.vocabulary() RETURNS TABLE (list text, code text, label_ja text, label_en text, place int, may_join bool, active bool)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM sec.must_review();
  RETURN QUERY SELECT v.list, v.code, v.label_ja, v.label_en, v.place, v.may_join, v.active FROM care.vocabulary v ORDER BY v.list, v.place, v.code;
END $$;
-- Adds a word (`p_new`; the same again changes nothing) or changes one. RK409: the code is taken. RK404: there is none.
CREATE FUNCTION op.save_word(p_new bool, p_list text, p_code text, p_ja text, p_en text, p_place int, p_may_join bool, p_active bool) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE o uuid := sec.must_operate(); e care.vocabulary;
BEGIN
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('vocabulary', 27));
  SELECT * INTO e FROM care.vocabulary v WHERE v.list = p_list AND v.code = p_code;
  IF NOT FOUND AND NOT p_new THEN RAISE EXCEPTION 'no such word' USING ERRCODE = 'RK404'; END IF;
  IF e IS NOT DISTINCT FROM ROW(p_list, p_code, p_ja, p_en, p_place, p_may_join, p_active)::care.vocabulary THEN RETURN; END IF;
  IF e.code IS NOT NULL AND p_new THEN RAISE EXCEPTION 'code taken' USING ERRCODE = 'RK409'; END IF;
  INSERT INTO care.vocabulary VALUES (p_list, p_code, p_ja, p_en, p_place, p_may_join, p_active) ON CONFLICT (list, code) DO UPDATE
    SET label_ja = p_ja, label_en = p_en, place = p_place, may_join = p_may_join, active = p_active;
  PERFORM sec.log_operator('changed_vocabulary', NULL, p_code || ': ' || coalesce(e.label_ja || ' → ', '') || p_ja
    || CASE WHEN p_active AND p_may_join THEN '' WHEN p_active THEN '（選べない）' ELSE '（使わない）' END);
END $$;
CREATE FUNCTION op.check_items() RETURNS TABLE (id uuid, label text, place int, active bool) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM sec.must_operate();
  RETURN QUERY SELECT i.id, i.label, i.place, i.active FROM care.check_item i ORDER BY i.place, i.id;
END $$;
-- An item keeps its words: whoever ticked it ticked those. Another wording is another item.
CREATE FUNCTION op.save_check_item(p_item uuid, p_label text, p_place int, p_active bool) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE o uuid := sec.must_operate(); e care.check_item;
BEGIN
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('vocabulary', 27));
  SELECT * INTO e FROM care.check_item i WHERE i.id = p_item;
  IF FOUND AND (e.place, e.active) = (p_place, p_active) THEN RETURN; END IF;
  INSERT INTO care.check_item VALUES (p_item, p_label, p_place, p_active) ON CONFLICT (id) DO UPDATE SET place = p_place, active = p_active;
  PERFORM sec.log_operator('changed_check_item', p_item, coalesce(e.label, p_label) || CASE WHEN p_active THEN '' ELSE '（使わない）' END);
END $$;

-- ---- Applying: anybody -----------------------------------------------------------------------------------
CREATE FUNCTION act.region_names() RETURNS TABLE (id uuid, name text) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT r.region_id, r.name FROM care.region_now r ORDER BY r.kana, r.region_id
$$;
-- RK422 where what was chosen cannot be chosen, RK412 where the pledge has a newer version by now.
CREATE FUNCTION sec.must_be_choosable(p_region uuid, p_kind text, p_profession text) RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM care.vocabulary v WHERE v.list = 'facility_kind' AND v.code = p_kind AND v.active AND v.may_join)
     OR NOT EXISTS (SELECT 1 FROM care.vocabulary v WHERE v.list = 'profession' AND v.code = p_profession AND v.active AND v.may_join)
     OR p_region IS NOT NULL AND NOT EXISTS (SELECT 1 FROM care.region r WHERE r.id = p_region) THEN
    RAISE EXCEPTION 'not to be chosen' USING ERRCODE = 'RK422';
  END IF;
END $$;
-- Takes an application in, with the letter that asks to confirm the mail (NULL: planted by a sample). `wait`: seconds until this sender, this mail or everybody
-- may apply again; then nothing was taken. Five in ten minutes and twenty a day from one block of addresses, three letters a day to
-- one mail, two hundred an hour in all.
CREATE FUNCTION act.apply_for_facility(p_application uuid, p_client uuid, p_fingerprint bytea, p_block text, p_region uuid, p_kind text, p_name text, p_kana text, p_postal_code text,
  p_address text, p_phone text, p_person text, p_person_kana text, p_profession text, p_mail text, p_pledge int, p_token_hash bytea, p_letter jsonb)
RETURNS TABLE (id uuid, number bigint, state text, fresh bool, wait int) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE t timestamptz := pg_catalog.clock_timestamp(); e care.facility_application; w int := 0;
BEGIN
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('facility application', 27));
  SELECT * INTO e FROM care.facility_application a WHERE a.client_id = p_client;
  IF FOUND THEN
    IF e.fingerprint <> p_fingerprint THEN RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409'; END IF;
    RETURN QUERY SELECT e.id, e.number, e.state, false, 0; RETURN;
  END IF;
  DELETE FROM sec.application_knock k WHERE k.at < t - interval '1 day';
  IF (SELECT count(*) FROM sec.application_knock k WHERE k.address_block = p_block AND k.at > t - interval '10 minutes') >= 5 THEN w := 600; END IF;
  IF (SELECT count(*) FROM sec.application_knock k WHERE k.address_block = p_block) >= 20 THEN w := 3600; END IF;
  IF (SELECT count(*) FROM sec.application_knock k WHERE k.at > t - interval '1 hour') >= 200 THEN w := 3600; END IF;
  IF (SELECT count(*) FROM care.facility_application a WHERE pg_catalog.lower(a.mail) = pg_catalog.lower(p_mail) AND a.at > t - interval '1 day') >= 3 THEN w := 3600; END IF;
  IF w > 0 THEN RETURN QUERY SELECT NULL::uuid, NULL::bigint, NULL::text, false, w; RETURN; END IF;
  PERFORM sec.must_be_choosable(p_region, p_kind, p_profession);
  IF p_pledge IS DISTINCT FROM (SELECT max(v.n) FROM care.policy_version v WHERE v.policy = 'pledge') THEN RAISE EXCEPTION 'stale' USING ERRCODE = 'RK412'; END IF;
  INSERT INTO sec.application_knock VALUES (t, p_block);
  INSERT INTO care.facility_application (id, client_id, fingerprint, at, state, changed_at, region_id, kind, name, kana, postal_code, address, phone, person, person_kana, profession, mail, pledge)
    VALUES (p_application, p_client, p_fingerprint, t, 'unconfirmed', t, p_region, p_kind, p_name, p_kana, p_postal_code, p_address, p_phone, p_person, p_person_kana, p_profession, p_mail, p_pledge)
    RETURNING * INTO e;
  INSERT INTO sec.application_link (token_hash, application_id, purpose, expires_at) VALUES (p_token_hash, p_application, 'applicant', t + interval '180 days');
  IF p_letter IS NOT NULL THEN PERFORM sec.enqueue('mail', p_letter, interval '0', 18); END IF;
  RETURN QUERY SELECT e.id, e.number, e.state, true, 0;
END $$;
-- The application behind a link; RK404 for an invented link, and for one whose time is over.
CREATE FUNCTION sec.application_of(p_token_hash bytea) RETURNS care.facility_application LANGUAGE plpgsql STABLE AS $$
DECLARE a care.facility_application; t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  SELECT x.* INTO a FROM sec.application_link l JOIN care.facility_application x ON x.id = l.application_id
    WHERE l.token_hash = p_token_hash AND l.purpose = 'applicant' AND l.expires_at > t;
  IF NOT FOUND OR a.state = 'unconfirmed' AND a.at <= t - interval '72 hours' THEN RAISE EXCEPTION 'no such link' USING ERRCODE = 'RK404'; END IF;
  RETURN a;
END $$;
CREATE FUNCTION act.application_of(p_token_hash bytea) RETURNS TABLE (id uuid, number bigint, at timestamptz, state text, region_id uuid, kind text, name text, kana text, postal_code text, address text,
  phone text, person text, person_kana text, profession text, mail text, pledge int) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
DECLARE a care.facility_application := sec.application_of(p_token_hash);
BEGIN
  RETURN QUERY SELECT a.id, a.number, a.at, a.state, a.region_id, a.kind, a.name, a.kana, a.postal_code, a.address, a.phone, a.person, a.person_kana, a.profession, a.mail, a.pledge;
END $$;
-- What the applicant may read of what happened, oldest first.
CREATE FUNCTION act.application_talk(p_token_hash bytea) RETURNS TABLE (kind text, body text, at timestamptz) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE a care.facility_application := sec.application_of(p_token_hash);
BEGIN
  RETURN QUERY SELECT e.kind, e.body, e.at FROM care.facility_application_entry e WHERE e.application_id = a.id AND e.kind IN ('question', 'answer', 'approved', 'refused') ORDER BY e.at, e.id;
END $$;
-- The mail is confirmed: from here on reviewers see the application. Once more changes nothing.
CREATE FUNCTION act.confirm_application(p_token_hash bytea) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE a care.facility_application := sec.application_of(p_token_hash); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  UPDATE care.facility_application SET state = 'waiting', changed_at = t WHERE id = a.id AND state = 'unconfirmed';
  IF FOUND THEN INSERT INTO care.facility_application_entry VALUES (pg_catalog.gen_random_uuid(), a.id, 'confirmed', '', NULL, t); END IF;
END $$;
-- Answers what was asked, with what the applicant corrected on the way. `p_changes`: in words, for the reviewers; empty: nothing.
-- The same entry again is the same answer. The mail stays: it is confirmed. RK409: nothing is asked now.
CREATE FUNCTION act.answer_question(p_token_hash bytea, p_entry uuid, p_answer text, p_changes text, p_region uuid, p_kind text, p_name text, p_kana text, p_postal_code text, p_address text,
  p_phone text, p_person text, p_person_kana text, p_profession text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE a care.facility_application := sec.application_of(p_token_hash); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  PERFORM 1 FROM care.facility_application x WHERE x.id = a.id FOR UPDATE;
  IF EXISTS (SELECT 1 FROM care.facility_application_entry e WHERE e.id = p_entry AND e.application_id = a.id AND e.kind = 'answer' AND e.body = p_answer) THEN RETURN; END IF;
  IF (SELECT x.state FROM care.facility_application x WHERE x.id = a.id) <> 'asked' THEN RAISE EXCEPTION 'nothing is asked' USING ERRCODE = 'RK409'; END IF;
  PERFORM sec.must_be_choosable(p_region, p_kind, p_profession);
  UPDATE care.facility_application SET state = 'waiting', changed_at = t, region_id = p_region, kind = p_kind, name = p_name, kana = p_kana, postal_code = p_postal_code, address = p_address,
    phone = p_phone, person = p_person, person_kana = p_person_kana, profession = p_profession WHERE id = a.id;
  INSERT INTO care.facility_application_entry VALUES (p_entry, a.id, 'answer', p_answer, NULL, t);
  IF p_changes <> '' THEN INSERT INTO care.facility_application_entry VALUES (pg_catalog.gen_random_uuid(), a.id, 'changed', pg_catalog."left"(p_changes, 4000), NULL, t); END IF;
END $$;
-- What nobody confirmed within three days goes, with its link. How many.
CREATE FUNCTION act.forget_unconfirmed() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE n bigint; t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  WITH gone AS (DELETE FROM care.facility_application a WHERE a.state = 'unconfirmed' AND a.at <= t - interval '72 hours' RETURNING a.id)
  DELETE FROM sec.application_link l USING gone g WHERE l.application_id = g.id;
  GET DIAGNOSTICS n = ROW_COUNT;
  DELETE FROM sec.application_link l WHERE l.expires_at < t - interval '30 days';
  RETURN n;
END $$;

-- ---- Reviewing: operators, and the secretariat of the region -----------------------------------------------
-- Locked, for an act; RK404 where it is of another region or not confirmed.
CREATE FUNCTION sec.reviewed(p_application uuid) RETURNS care.facility_application LANGUAGE plpgsql VOLATILE AS $$
DECLARE a care.facility_application;
BEGIN
  SELECT * INTO a FROM care.facility_application x WHERE x.id = p_application AND x.state <> 'unconfirmed' FOR UPDATE;
  PERFORM sec.must_review(a.region_id);
  IF a.id IS NULL THEN RAISE EXCEPTION 'no such application' USING ERRCODE = 'RK404'; END IF;
  RETURN a;
END $$;
CREATE FUNCTION op.applications(p_closed bool, p_limit int) RETURNS TABLE (id uuid, number bigint, at timestamptz, state text, changed_at timestamptz, region text, kind text, name text, person text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE d sec.desk := sec.must_review();
BEGIN
  RETURN QUERY SELECT a.id, a.number, a.at, a.state, a.changed_at, r.name, a.kind, a.name, a.person
    FROM care.facility_application a LEFT JOIN care.region_now r ON r.region_id = a.region_id
    WHERE (a.state = ANY (ARRAY['approved', 'refused'])) = p_closed AND a.state <> 'unconfirmed' AND (d.region_id IS NULL OR a.region_id = d.region_id)
    ORDER BY CASE WHEN p_closed THEN NULL ELSE a.at END, a.changed_at DESC LIMIT least(p_limit, 500);
END $$;
CREATE FUNCTION op.application(p_application uuid) RETURNS TABLE (id uuid, number bigint, at timestamptz, state text, changed_at timestamptz, region_id uuid, region text, kind text, name text, kana text,
  postal_code text, address text, phone text, person text, person_kana text, profession text, mail text, pledge int, facility_id uuid, redeemed bool, link_until timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE d sec.desk := sec.must_review();
BEGIN
  RETURN QUERY SELECT a.id, a.number, a.at, a.state, a.changed_at, a.region_id, r.name, a.kind, a.name, a.kana, a.postal_code, a.address, a.phone, a.person, a.person_kana, a.profession, a.mail, a.pledge,
      a.facility_id, a.admin_id IS NOT NULL,
      (SELECT max(l.expires_at) FROM sec.application_link l WHERE l.application_id = a.id AND l.purpose = 'first_admin' AND l.used_at IS NULL)
    FROM care.facility_application a LEFT JOIN care.region_now r ON r.region_id = a.region_id
    WHERE a.id = p_application AND a.state <> 'unconfirmed' AND (d.region_id IS NULL OR a.region_id = d.region_id);
END $$;
CREATE FUNCTION op.application_entries(p_application uuid) RETURNS TABLE (kind text, body text, operator text, at timestamptz) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
BEGIN
  PERFORM sec.must_review((SELECT a.region_id FROM care.facility_application a WHERE a.id = p_application));
  RETURN QUERY SELECT e.kind, e.body, o.name, e.at FROM care.facility_application_entry e LEFT JOIN care.operator o ON o.id = e.operator_id WHERE e.application_id = p_application ORDER BY e.at, e.id;
END $$;
-- What is on the list now, and what was ticked when it still was; with who ticked it last.
CREATE FUNCTION op.application_checks(p_application uuid) RETURNS TABLE (id uuid, label text, active bool, ticked bool, operator text, at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
BEGIN
  PERFORM sec.must_review((SELECT a.region_id FROM care.facility_application a WHERE a.id = p_application));
  RETURN QUERY SELECT i.id, i.label, i.active, coalesce(c.ticked AND c.at > sec.particulars_since(p_application), false), o.name, c.at FROM care.check_item i
    LEFT JOIN LATERAL (SELECT x.* FROM care.facility_application_check x WHERE x.application_id = p_application AND x.item_id = i.id ORDER BY x.version DESC LIMIT 1) c ON true
    LEFT JOIN care.operator o ON o.id = c.operator_id WHERE i.active OR c.ticked ORDER BY i.place, i.id;
END $$;
-- Facilities and open applications with the same name or the same telephone number. Of other regions too: a facility that comes in a
-- second time does so elsewhere. The names of facilities are known to everybody in the network.
CREATE FUNCTION sec.plain(p_text text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT pg_catalog.lower(pg_catalog.regexp_replace(normalize(p_text, NFKC), '[\s・－‐―-]', '', 'g'))
$$;
CREATE FUNCTION sec.digits(p_text text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT pg_catalog.regexp_replace(normalize(p_text, NFKC), '\D', '', 'g')
$$;
CREATE FUNCTION op.application_doubles(p_application uuid) RETURNS TABLE (facility bool, name text, phone text, same_name bool, same_phone bool) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE a care.facility_application;
BEGIN
  SELECT * INTO a FROM care.facility_application x WHERE x.id = p_application;
  PERFORM sec.must_review(a.region_id);
  RETURN QUERY SELECT x.facility, x.name, x.phone, x.same_name, x.same_phone FROM (
      SELECT true AS facility, v.name, v.phone, sec.plain(v.name) = sec.plain(a.name) AS same_name, sec.digits(v.phone) = sec.digits(a.phone) AND sec.digits(v.phone) <> '' AS same_phone
        FROM care.facility_now f JOIN care.facility_version v ON v.id = f.version WHERE f.facility_id IS DISTINCT FROM a.facility_id
      UNION ALL SELECT false, o.name, o.phone, sec.plain(o.name) = sec.plain(a.name), sec.digits(o.phone) = sec.digits(a.phone)
        FROM care.facility_application o WHERE o.id <> a.id AND o.state IN ('waiting', 'asked')) x
    WHERE x.same_name OR x.same_phone ORDER BY x.same_name AND x.same_phone DESC, x.name LIMIT 20;
END $$;
-- When the applicant last changed what was to be checked: a tick from before is of other particulars.
CREATE FUNCTION sec.particulars_since(p_application uuid) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT coalesce(max(e.at), '-infinity') FROM care.facility_application_entry e WHERE e.application_id = p_application AND e.kind = 'changed'
$$;
CREATE FUNCTION op.tick(p_application uuid, p_item uuid, p_ticked bool) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE d sec.desk := sec.must_review(); a care.facility_application := sec.reviewed(p_application); n int; was bool;
BEGIN
  IF a.state NOT IN ('waiting', 'asked') THEN RAISE EXCEPTION 'decided already' USING ERRCODE = 'RK409'; END IF;
  IF NOT EXISTS (SELECT 1 FROM care.check_item i WHERE i.id = p_item AND i.active) THEN RAISE EXCEPTION 'no such item' USING ERRCODE = 'RK404'; END IF;
  SELECT x.version, x.ticked AND x.at > sec.particulars_since(a.id) INTO n, was FROM care.facility_application_check x WHERE x.application_id = a.id AND x.item_id = p_item ORDER BY x.version DESC LIMIT 1;
  IF coalesce(was, false) = p_ticked THEN RETURN; END IF;
  INSERT INTO care.facility_application_check VALUES (a.id, p_item, coalesce(n, 0) + 1, p_ticked, d.operator_id, pg_catalog.clock_timestamp());
END $$;
-- `note`: for reviewers alone. `question`: the applicant gets a letter with a link (`p_letter`) and answers.
-- The same entry again is the same one; RK409 where it stands for another text.
CREATE FUNCTION op.write_entry(p_application uuid, p_entry uuid, p_kind text, p_body text, p_token_hash bytea, p_letter jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE d sec.desk := sec.must_review(); a care.facility_application := sec.reviewed(p_application); t timestamptz := pg_catalog.clock_timestamp(); e care.facility_application_entry;
BEGIN
  SELECT * INTO e FROM care.facility_application_entry x WHERE x.id = p_entry;
  IF FOUND THEN
    IF (e.application_id, e.kind, e.body) IS DISTINCT FROM (a.id, p_kind, p_body) THEN RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409'; END IF;
    RETURN;
  END IF;
  IF p_kind NOT IN ('note', 'question') THEN RAISE EXCEPTION 'note or question' USING ERRCODE = 'RK422'; END IF;
  IF p_kind = 'question' THEN
    IF a.state <> 'waiting' THEN RAISE EXCEPTION 'not now' USING ERRCODE = 'RK409'; END IF;
    UPDATE care.facility_application SET state = 'asked', changed_at = t WHERE id = a.id;
    INSERT INTO sec.application_link (token_hash, application_id, purpose, expires_at) VALUES (p_token_hash, a.id, 'applicant', t + interval '180 days');
    PERFORM sec.enqueue('mail', p_letter, interval '0', 18);
    PERFORM sec.log_operator('asked_applicant', a.id, a.number::text);
  END IF;
  INSERT INTO care.facility_application_entry VALUES (p_entry, a.id, p_kind, p_body, d.operator_id, t);
END $$;
-- Makes the facility, its key and its place in the region, and writes to its first admin, all at once. Approved before: the same
-- facility again, and no second letter. RK409: decided otherwise, or not everything is ticked.
CREATE FUNCTION op.approve_application(p_application uuid, p_facility uuid, p_version uuid, p_master text, p_wrapped bytea, p_reason text, p_token_hash bytea, p_letter jsonb) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE d sec.desk := sec.must_review(); a care.facility_application := sec.reviewed(p_application); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  IF a.state = 'approved' THEN RETURN a.facility_id; END IF;
  IF a.state = 'refused' THEN RAISE EXCEPTION 'decided already' USING ERRCODE = 'RK409'; END IF;
  IF EXISTS (SELECT 1 FROM care.check_item i WHERE i.active AND NOT coalesce((SELECT c.ticked AND c.at > sec.particulars_since(a.id) FROM care.facility_application_check c
      WHERE c.application_id = a.id AND c.item_id = i.id ORDER BY c.version DESC LIMIT 1), false)) THEN
    RAISE EXCEPTION 'checklist first' USING ERRCODE = 'RK409';
  END IF;
  INSERT INTO care.facility (id, created_at) VALUES (p_facility, sec.clock());
  INSERT INTO care.facility_version (id, facility_id, kind, name, kana, phone, from_at) VALUES (p_version, p_facility, a.kind, a.name, a.kana, a.phone, sec.clock());
  INSERT INTO care.facility_key VALUES (p_facility, 1, p_master, p_wrapped, sec.clock());
  PERFORM sec.log(NULL, 'added_facility', NULL, NULL, p_facility, p_facility, 'done', NULL);
  IF a.region_id IS NOT NULL THEN
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('regions', 21));
    INSERT INTO care.facility_region VALUES (p_facility, 1, a.region_id, d.operator_id, t);
  END IF;
  UPDATE care.facility_application SET state = 'approved', changed_at = t, facility_id = p_facility WHERE id = a.id;
  INSERT INTO care.facility_application_entry VALUES (pg_catalog.gen_random_uuid(), a.id, 'approved', p_reason, d.operator_id, t);
  INSERT INTO sec.application_link (token_hash, application_id, purpose, expires_at) VALUES (p_token_hash, a.id, 'first_admin', t + interval '7 days');
  PERFORM sec.enqueue('mail', p_letter, interval '0', 18);
  PERFORM sec.log_operator('approved_application', a.id, a.name);
  RETURN p_facility;
END $$;
CREATE FUNCTION op.refuse_application(p_application uuid, p_reason text, p_token_hash bytea, p_letter jsonb) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE d sec.desk := sec.must_review(); a care.facility_application := sec.reviewed(p_application); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  IF a.state = 'refused' THEN RETURN; END IF;
  IF a.state = 'approved' THEN RAISE EXCEPTION 'decided already' USING ERRCODE = 'RK409'; END IF;
  UPDATE care.facility_application SET state = 'refused', changed_at = t WHERE id = a.id;
  INSERT INTO care.facility_application_entry VALUES (pg_catalog.gen_random_uuid(), a.id, 'refused', p_reason, d.operator_id, t);
  INSERT INTO sec.application_link (token_hash, application_id, purpose, expires_at) VALUES (p_token_hash, a.id, 'applicant', t + interval '180 days');
  PERFORM sec.enqueue('mail', p_letter, interval '0', 18);
  PERFORM sec.log_operator('refused_application', a.id, a.name);
END $$;
-- Another link for the first admin; those before it open nothing any more. RK409: not approved, or somebody is in already.
CREATE FUNCTION op.renew_first_admin(p_application uuid, p_token_hash bytea, p_letter jsonb) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE d sec.desk := sec.must_review(); a care.facility_application := sec.reviewed(p_application); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  IF a.state <> 'approved' OR a.admin_id IS NOT NULL THEN RAISE EXCEPTION 'not now' USING ERRCODE = 'RK409'; END IF;
  UPDATE sec.application_link SET expires_at = t WHERE application_id = a.id AND purpose = 'first_admin' AND used_at IS NULL AND expires_at > t;
  INSERT INTO sec.application_link (token_hash, application_id, purpose, expires_at) VALUES (p_token_hash, a.id, 'first_admin', t + interval '7 days');
  INSERT INTO care.facility_application_entry VALUES (pg_catalog.gen_random_uuid(), a.id, 'link', '', d.operator_id, t);
  PERFORM sec.enqueue('mail', p_letter, interval '0', 18);
  PERFORM sec.log_operator('renewed_first_admin', a.id, a.name);
END $$;

-- ---- The first admin -------------------------------------------------------------------------------------
-- `waits`, `used` or `expired`, and what the page shows; no row for an invented link.
CREATE FUNCTION act.first_admin_link(p_token_hash bytea) RETURNS TABLE (state text, facility text, person text, person_kana text, profession text, phone text) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT CASE WHEN l.used_at IS NOT NULL OR a.admin_id IS NOT NULL THEN 'used' WHEN l.expires_at <= pg_catalog.clock_timestamp() THEN 'expired' ELSE 'waits' END,
    a.name, a.person, a.person_kana, a.profession, a.phone
  FROM sec.application_link l JOIN care.facility_application a ON a.id = l.application_id WHERE l.token_hash = p_token_hash AND l.purpose = 'first_admin'
$$;
-- Uses the link up and makes the account the facility's admin. RK404: no such link (any more).
CREATE FUNCTION sec.become_first_admin(p_token_hash bytea, p_account uuid) RETURNS care.facility_application LANGUAGE plpgsql AS $$
DECLARE a care.facility_application; t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  SELECT x.* INTO a FROM sec.application_link l JOIN care.facility_application x ON x.id = l.application_id WHERE l.token_hash = p_token_hash AND l.purpose = 'first_admin' FOR UPDATE OF x;
  UPDATE sec.application_link l SET used_at = t WHERE l.token_hash = p_token_hash AND l.used_at IS NULL AND l.expires_at > t AND a.admin_id IS NULL;
  IF NOT FOUND THEN RAISE EXCEPTION 'used or expired' USING ERRCODE = 'RK404'; END IF;
  UPDATE care.facility_application SET admin_id = p_account WHERE id = a.id;
  INSERT INTO care.facility_application_entry VALUES (pg_catalog.gen_random_uuid(), a.id, 'redeemed', '', NULL, t);
  INSERT INTO care.staff (facility_id, account_id, admin, state, since) VALUES (a.facility_id, p_account, true, 'active', sec.clock());
  INSERT INTO care.staff_event (facility_id, account_id, kind, by_account, at) VALUES (a.facility_id, p_account, 'joined', p_account, sec.clock());
  PERFORM sec.log(NULL, 'added_staff', NULL, NULL, a.facility_id, p_account, 'done', NULL);
  RETURN a;
END $$;
-- A new account: the mail to which the link went counts as confirmed. RK409 `mail of another account`: one person, one account.
CREATE FUNCTION act.first_admin(p_token_hash bytea, p_account uuid, p_version uuid, p_login text, p_name text, p_kana text, p_profession text, p_phone text, p_password_hash text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE a care.facility_application; t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  INSERT INTO care.account (id, login_id, created_at) VALUES (p_account, p_login, sec.clock());
  INSERT INTO care.account_version (id, account_id, name, kana, profession, from_at) VALUES (p_version, p_account, p_name, p_kana, p_profession, sec.clock());
  INSERT INTO sec.credential (account_id, password_hash, totp_last_step, changed_at) VALUES (p_account, p_password_hash, 0, sec.clock());
  PERFORM sec.log(NULL, 'added_account', NULL, NULL, NULL, p_account, 'done', NULL);
  a := sec.become_first_admin(p_token_hash, p_account);
  IF EXISTS (SELECT 1 FROM sec.contact c WHERE pg_catalog.lower(c.mail) = pg_catalog.lower(a.mail) AND c.mail_confirmed_at IS NOT NULL) THEN
    RAISE EXCEPTION 'mail of another account' USING ERRCODE = 'RK409';
  END IF;
  INSERT INTO sec.contact (account_id, mail, mail_confirmed_at, phone, changed_at) VALUES (p_account, a.mail, t, p_phone, t);
END $$;
-- Somebody who has an account already, signed in.
CREATE FUNCTION act.first_admin_signed_in(p_token_hash bytea) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  PERFORM sec.become_first_admin(p_token_hash, c.account_id);
END $$;

-- ---- What a secretariat has of its region ------------------------------------------------------------------
-- Counts, never a name of a person and never a word. Posts: of the groups that the facility manages, in this month of Japan and the
-- one before. `seq` is dense and in the order of time within its stream, so a month is a difference of two numbers.
CREATE FUNCTION op.region_facilities() RETURNS TABLE (id uuid, name text, kind text, region_id uuid, region text, staff bigint, groups bigint, this_month bigint, last_month bigint, policy int, accepted int)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE d sec.desk := sec.must_review(); m timestamptz := pg_catalog.date_trunc('month', pg_catalog.clock_timestamp(), 'Asia/Tokyo');
  b timestamptz := pg_catalog.date_trunc('month', m - interval '1 day', 'Asia/Tokyo');
BEGIN
  RETURN QUERY SELECT f.facility_id, f.name, f.kind, r.region_id, r.name,
      (SELECT count(*) FROM care.staff s WHERE s.facility_id = f.facility_id AND s.state = 'active'),
      (SELECT count(*) FROM care.groups g JOIN care.group_state x ON x.group_id = g.id WHERE g.facility_id = f.facility_id AND x.archived_at IS NULL),
      coalesce(p.this_month, 0)::bigint, coalesce(p.last_month, 0)::bigint,
      (SELECT max(y.n) FROM care.region_policy y WHERE y.region_id = r.region_id),
      (SELECT max(y.n) FROM care.region_policy_acceptance y WHERE y.region_id = r.region_id AND y.facility_id = f.facility_id)
    FROM care.facility_now f LEFT JOIN care.region_now r ON r.region_id = sec.region_of(f.facility_id)
    LEFT JOIN LATERAL (SELECT sum(h.seq - u.seq) AS this_month, sum(u.seq - v.seq) AS last_month
      FROM care.groups g JOIN care.stream s ON s.group_id = g.id AND s.kind IN ('team', 'family') JOIN care.stream_head h ON h.stream_id = s.id
      CROSS JOIN LATERAL (SELECT coalesce((SELECT p.seq FROM care.post p WHERE p.stream_id = s.id AND p.at < m ORDER BY p.seq DESC LIMIT 1), 0) AS seq) u
      CROSS JOIN LATERAL (SELECT coalesce((SELECT p.seq FROM care.post p WHERE p.stream_id = s.id AND p.seq <= u.seq AND p.at < b ORDER BY p.seq DESC LIMIT 1), 0) AS seq) v
      WHERE g.facility_id = f.facility_id) p ON true
    WHERE d.region_id IS NULL OR r.region_id = d.region_id ORDER BY f.kana, f.facility_id;
END $$;
CREATE FUNCTION op.region_policies(p_region uuid) RETURNS TABLE (n int, title text, body text, change text, at timestamptz, operator text, accepted bigint, facilities bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
BEGIN
  PERFORM sec.must_review(p_region);
  IF NOT EXISTS (SELECT 1 FROM care.region r WHERE r.id = p_region) THEN RAISE EXCEPTION 'no such region' USING ERRCODE = 'RK404'; END IF;
  RETURN QUERY SELECT p.n, p.title, p.body, p.change, p.at, o.name,
      (SELECT count(*) FROM care.region_policy_acceptance a WHERE a.region_id = p_region AND a.n = p.n AND sec.region_of(a.facility_id) = p_region),
      (SELECT count(*) FROM care.facility f WHERE sec.region_of(f.id) = p_region)
    FROM care.region_policy p LEFT JOIN care.operator o ON o.id = p.operator_id WHERE p.region_id = p_region ORDER BY p.n DESC;
END $$;
-- The next version. RK412: somebody else published first. The same client id again changes nothing.
CREATE FUNCTION op.publish_region_policy(p_region uuid, p_n int, p_client uuid, p_title text, p_body text, p_change text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE d sec.desk := sec.must_review(p_region); e care.region_policy;
BEGIN
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('region policy ' || p_region::text, 27));
  IF NOT EXISTS (SELECT 1 FROM care.region r WHERE r.id = p_region) THEN RAISE EXCEPTION 'no such region' USING ERRCODE = 'RK404'; END IF;
  SELECT * INTO e FROM care.region_policy p WHERE p.client_id = p_client;
  IF FOUND THEN
    IF (e.region_id, e.title, e.body, e.change) IS DISTINCT FROM (p_region, p_title, p_body, p_change) THEN RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409'; END IF;
    RETURN;
  END IF;
  IF p_n <> 1 + coalesce((SELECT max(p.n) FROM care.region_policy p WHERE p.region_id = p_region), 0) THEN RAISE EXCEPTION 'stale' USING ERRCODE = 'RK412'; END IF;
  INSERT INTO care.region_policy VALUES (p_region, p_n, p_title, p_body, p_change, p_client, d.operator_id, pg_catalog.clock_timestamp());
  PERFORM sec.log_operator('published_region_policy', p_region, p_title || ' 第' || p_n || '版');
END $$;
-- Notices of a region: announcements to it alone.
CREATE FUNCTION op.region_notices(p_region uuid) RETURNS TABLE (id uuid, title text, body text, at timestamptz, operator text, staff bigint, reads bigint) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
BEGIN
  PERFORM sec.must_review(p_region);
  IF NOT EXISTS (SELECT 1 FROM care.region r WHERE r.id = p_region) THEN RAISE EXCEPTION 'no such region' USING ERRCODE = 'RK404'; END IF;
  RETURN QUERY SELECT v.announcement_id, v.title, v.body, v.at, o.name,
      (SELECT count(DISTINCT s.account_id) FROM care.staff s WHERE s.state = 'active' AND sec.region_of(s.facility_id) = p_region),
      (SELECT count(*) FROM care.announcement_read r WHERE r.announcement_id = v.announcement_id AND r.version = v.version)
    FROM care.announcement a JOIN LATERAL (SELECT x.* FROM care.announcement_version x WHERE x.announcement_id = a.id ORDER BY x.version DESC LIMIT 1) v ON true
    LEFT JOIN care.operator o ON o.id = v.operator_id
    WHERE v.audience = 'regions' AND v.regions = ARRAY[p_region] AND NOT v.withdrawn ORDER BY v.at DESC LIMIT 100;
END $$;
CREATE FUNCTION op.notify_region(p_region uuid, p_notice uuid, p_title text, p_body text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE d sec.desk := sec.must_review(p_region); t timestamptz := pg_catalog.clock_timestamp(); e care.announcement_version;
BEGIN
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(p_notice::text, 13));
  IF NOT EXISTS (SELECT 1 FROM care.region r WHERE r.id = p_region) THEN RAISE EXCEPTION 'no such region' USING ERRCODE = 'RK404'; END IF;
  SELECT * INTO e FROM care.announcement_version v WHERE v.announcement_id = p_notice AND v.version = 1;
  IF FOUND THEN
    IF (e.title, e.body, e.regions) IS DISTINCT FROM (p_title, p_body, ARRAY[p_region]) THEN RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409'; END IF;
    RETURN;
  END IF;
  INSERT INTO care.announcement (id, created_at) VALUES (p_notice, t);
  INSERT INTO care.announcement_version (announcement_id, version, title, body, importance, audience, from_at, operator_id, at, regions)
    VALUES (p_notice, 1, p_title, p_body, 'normal', 'regions', t, d.operator_id, t, ARRAY[p_region]);
  PERFORM sec.log_operator('announced', p_notice, '');
END $$;

-- ---- What a facility has of its region ---------------------------------------------------------------------
-- The region of the facility for which the caller acts, its newest policy, and what the facility accepted last. No row: it lies in none.
CREATE FUNCTION act.my_region() RETURNS TABLE (region_id uuid, region text, n int, title text, body text, change text, at timestamptz, accepted_n int, accepted_at timestamptz, accepted_by text, accepted_body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT r.region_id, r.name, p.n, p.title, p.body, p.change, p.at, a.n, a.at, y.name, q.body
    FROM care.region_now r
    LEFT JOIN LATERAL (SELECT x.* FROM care.region_policy x WHERE x.region_id = r.region_id ORDER BY x.n DESC LIMIT 1) p ON true
    LEFT JOIN LATERAL (SELECT x.* FROM care.region_policy_acceptance x WHERE x.region_id = r.region_id AND x.facility_id = c.facility_id ORDER BY x.n DESC LIMIT 1) a ON true
    LEFT JOIN care.region_policy q ON q.region_id = r.region_id AND q.n = a.n
    LEFT JOIN care.person_now y ON y.account_id = a.account_id
    WHERE r.region_id = sec.region_of(c.facility_id);
END $$;
-- Its admin accepts the newest version for the facility. RK412: there is a newer one, or the facility lies elsewhere by now.
CREATE FUNCTION act.accept_region_policy(p_region uuid, p_n int) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'admins alone' USING ERRCODE = 'RK403'; END IF;
  IF sec.region_of(c.facility_id) IS DISTINCT FROM p_region OR p_n IS DISTINCT FROM (SELECT max(p.n) FROM care.region_policy p WHERE p.region_id = p_region) THEN
    RAISE EXCEPTION 'stale' USING ERRCODE = 'RK412';
  END IF;
  INSERT INTO care.region_policy_acceptance VALUES (c.facility_id, p_region, p_n, c.account_id, c.session_id, sec.clock()) ON CONFLICT DO NOTHING;
  IF FOUND THEN PERFORM sec.log(c, 'accepted_region_policy', NULL, NULL, c.facility_id, p_region, 'done', NULL); END IF;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT EXECUTE ON FUNCTION op.desk(), op.vocabulary(), op.save_word(bool, text, text, text, text, int, bool, bool), op.check_items(), op.save_check_item(uuid, text, int, bool),
  op.applications(bool, int), op.application(uuid), op.application_entries(uuid), op.application_checks(uuid), op.application_doubles(uuid), op.tick(uuid, uuid, bool),
  op.write_entry(uuid, uuid, text, text, bytea, jsonb), op.approve_application(uuid, uuid, uuid, text, bytea, text, bytea, jsonb), op.refuse_application(uuid, text, bytea, jsonb),
  op.renew_first_admin(uuid, bytea, jsonb), op.region_facilities(), op.region_policies(uuid), op.publish_region_policy(uuid, int, uuid, text, text, text),
  op.region_notices(uuid), op.notify_region(uuid, uuid, text, text) TO renkei_operator;
GRANT EXECUTE ON FUNCTION act.vocabulary(), act.region_names(),
  act.apply_for_facility(uuid, uuid, bytea, text, uuid, text, text, text, text, text, text, text, text, text, text, int, bytea, jsonb),
  act.application_of(bytea), act.application_talk(bytea), act.confirm_application(bytea),
  act.answer_question(bytea, uuid, text, text, uuid, text, text, text, text, text, text, text, text, text),
  act.first_admin_link(bytea), act.first_admin(bytea, uuid, uuid, text, text, text, text, text, text) TO renkei_auth;
GRANT EXECUTE ON FUNCTION act.first_admin_signed_in(bytea), act.my_region(), act.accept_region_policy(uuid, int) TO renkei_app;
GRANT EXECUTE ON FUNCTION act.add_secretariat(uuid, text, text, text, text, bytea), act.forget_unconfirmed() TO renkei_job;
SET LOCAL ROLE renkei_owner;
