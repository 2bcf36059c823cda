-- What the disclosure stands on: policies and their acceptance, the register of the organisation (people, certificates,
-- subcontractors, places, contacts, statements), stored contracts, published editions of the disclosure. Everything is
-- append-only: a new version stands beside the old one, an end is an entry of its own.

CREATE TABLE care.policy_version (
  id uuid PRIMARY KEY,
  policy text NOT NULL CHECK (policy ~ '^[a-z_]{2,40}$'),
  n int NOT NULL CHECK (n > 0),
  title text NOT NULL CHECK (length(title) BETWEEN 1 AND 120),
  body text NOT NULL CHECK (length(body) BETWEEN 1 AND 20000),
  audience text NOT NULL CHECK (audience IN ('public', 'staff', 'internal')),  -- internal: the operator's own people; others learn title and date
  must_accept bool NOT NULL,
  effective_on date NOT NULL,
  change text NOT NULL CHECK (length(change) BETWEEN 1 AND 400),               -- what is new, in a sentence
  at timestamptz NOT NULL,
  operator_id uuid NOT NULL,
  CONSTRAINT policy_version_one_of_a_number UNIQUE (policy, n),
  CONSTRAINT policy_version_readable CHECK (NOT must_accept OR audience <> 'internal')
);
SELECT care.make_append_only('care.policy_version');

-- Who accepted which version, when, acting for which facility.
CREATE TABLE care.policy_acceptance (
  version_id uuid NOT NULL,
  account_id uuid NOT NULL,
  facility_id uuid NOT NULL,
  session_id uuid NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (account_id, version_id)
);
CREATE INDEX policy_acceptance_by_version ON care.policy_acceptance (version_id, at);
SELECT care.make_append_only('care.policy_acceptance');

-- One version of one entry of the register. `fields` holds short texts by name; the kinds and their fields stand in the program.
CREATE TABLE care.register_version (
  id uuid PRIMARY KEY,
  entry_id uuid NOT NULL,
  n int NOT NULL CHECK (n > 0),
  kind text NOT NULL CHECK (kind ~ '^[a-z_]{2,40}$'),
  fields jsonb NOT NULL CHECK (jsonb_typeof(fields) = 'object'),
  removed bool NOT NULL,
  at timestamptz NOT NULL,
  operator_id uuid NOT NULL,
  CONSTRAINT register_version_one_of_a_number UNIQUE (entry_id, n)
);
SELECT care.make_append_only('care.register_version');

-- A contract or another paper. The bytes stand encrypted in the blob store, under a key that the master key wraps.
CREATE TABLE care.paper (
  id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind ~ '^[a-z_]{2,40}$'),
  title text NOT NULL CHECK (length(title) BETWEEN 1 AND 120),
  party text NOT NULL CHECK (length(party) <= 120),
  facility_id uuid,                                            -- whose admins may read it; NULL: operators alone
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  media_type text NOT NULL,
  size bigint NOT NULL CHECK (size > 0),
  digest bytea NOT NULL CHECK (length(digest) = 32),           -- SHA-256 of the stored bytes
  wrapped_key bytea NOT NULL,
  at timestamptz NOT NULL,
  operator_id uuid NOT NULL
);
SELECT care.make_append_only('care.paper');

-- Everything that happened to a paper: every reader is named.
CREATE TABLE care.paper_event (
  id uuid PRIMARY KEY,
  paper_id uuid NOT NULL,
  at timestamptz NOT NULL,
  act text NOT NULL CHECK (act IN ('stored', 'opened', 'ended')),
  operator_id uuid,
  account_id uuid,
  facility_id uuid,
  CONSTRAINT paper_event_by_somebody CHECK ((operator_id IS NULL) <> (account_id IS NULL))
);
CREATE INDEX paper_event_of_paper ON care.paper_event (paper_id, at);
SELECT care.make_append_only('care.paper_event');

-- The disclosure as it was published: the whole paper, with the answers of that moment.
CREATE TABLE care.disclosure_edition (
  n int PRIMARY KEY CHECK (n > 0),
  at timestamptz NOT NULL,
  operator_id uuid NOT NULL,
  change text NOT NULL CHECK (length(change) BETWEEN 1 AND 400),
  paper jsonb NOT NULL,
  yes int NOT NULL,
  no int NOT NULL,
  not_applicable int NOT NULL
);
SELECT care.make_append_only('care.disclosure_edition');

GRANT SELECT, INSERT ON care.policy_version, care.policy_acceptance, care.register_version, care.paper, care.paper_event, care.disclosure_edition TO renkei_sec;
SELECT care.protect(t) FROM unnest(ARRAY['care.policy_version', 'care.policy_acceptance', 'care.register_version', 'care.paper', 'care.paper_event', 'care.disclosure_edition']::regclass[]) t;

SET LOCAL ROLE renkei_sec;

-- ---- Policies ------------------------------------------------------------------------------------------
-- The newest version of a policy that must be accepted and is in force today, where the calendar of the care teams is.
CREATE FUNCTION sec.demanded() RETURNS SETOF care.policy_version LANGUAGE sql STABLE AS $$
  SELECT DISTINCT ON (v.policy) v.* FROM care.policy_version v
  WHERE v.must_accept AND v.effective_on <= (sec.clock() AT TIME ZONE 'Asia/Tokyo')::date
  ORDER BY v.policy, v.n DESC
$$;
-- What this person has yet to accept, with the text that was accepted last. Nothing while everything is accepted.
CREATE FUNCTION act.terms_to_accept() RETURNS TABLE (id uuid, policy text, n int, title text, body text, change text, effective_on date, accepted_n int, accepted_body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT d.id, d.policy, d.n, d.title, d.body, d.change, d.effective_on, o.n, o.body
    FROM sec.demanded() d
    LEFT JOIN LATERAL (SELECT v.n, v.body FROM care.policy_acceptance a JOIN care.policy_version v ON v.id = a.version_id
      WHERE a.account_id = c.account_id AND v.policy = d.policy ORDER BY v.n DESC LIMIT 1) o ON true
    WHERE coalesce(o.n, 0) < d.n ORDER BY d.policy;
END $$;
-- RK404 where there is no such version to accept; accepting twice is accepting once.
CREATE FUNCTION act.accept_policy(p_version uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT EXISTS (SELECT 1 FROM care.policy_version v WHERE v.id = p_version AND v.must_accept) THEN
    RAISE EXCEPTION 'no such version' USING ERRCODE = 'RK404';
  END IF;
  INSERT INTO care.policy_acceptance (version_id, account_id, facility_id, session_id, at)
    VALUES (p_version, c.account_id, c.facility_id, c.session_id, sec.clock()) ON CONFLICT (account_id, version_id) DO NOTHING;
  IF FOUND THEN PERFORM sec.log(c, 'accepted_policy', NULL, NULL, c.facility_id, p_version, 'done', NULL); END IF;
END $$;
-- Newest versions that staff may read, with when the caller accepted them.
CREATE FUNCTION act.policies() RETURNS TABLE (id uuid, policy text, n int, title text, body text, effective_on date, accepted_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT DISTINCT ON (v.policy) v.id, v.policy, v.n, v.title, v.body, v.effective_on, a.at
    FROM care.policy_version v LEFT JOIN care.policy_acceptance a ON a.version_id = v.id AND a.account_id = c.account_id
    WHERE v.audience <> 'internal' ORDER BY v.policy, v.n DESC;
END $$;
-- Which versions are demanded now, as one text: nodes compare it, and ask nobody while it is empty.
CREATE FUNCTION act.demanded_versions() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT coalesce(pg_catalog.string_agg(d.id::text, ' ' ORDER BY d.policy), '') FROM sec.demanded() d
$$;
-- For everybody: the newest versions; the text only of what is public.
CREATE FUNCTION act.published_policies() RETURNS TABLE (policy text, n int, title text, body text, audience text, must_accept bool, effective_on date, at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT DISTINCT ON (v.policy) v.policy, v.n, v.title, CASE WHEN v.audience = 'public' THEN v.body END, v.audience, v.must_accept, v.effective_on, v.at
  FROM care.policy_version v ORDER BY v.policy, v.n DESC
$$;

CREATE FUNCTION op.policy_versions(p_policy text) RETURNS TABLE (id uuid, policy text, n int, title text, body text, audience text, must_accept bool, effective_on date, change text, at timestamptz, by_name text, accepted bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE o uuid := sec.must_operate();
BEGIN
  RETURN QUERY SELECT v.id, v.policy, v.n, v.title, v.body, v.audience, v.must_accept, v.effective_on, v.change, v.at, x.name,
      (SELECT count(*) FROM care.policy_acceptance a WHERE a.version_id = v.id)
    FROM care.policy_version v LEFT JOIN care.operator x ON x.id = v.operator_id
    WHERE p_policy IS NULL OR v.policy = p_policy ORDER BY v.policy, v.n DESC;
END $$;
-- Who accepted a version, the latest first.
CREATE FUNCTION op.acceptances(p_version uuid, p_limit int) RETURNS TABLE (at timestamptz, name text, facility text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE o uuid := sec.must_operate();
BEGIN
  RETURN QUERY SELECT a.at, p.name, f.name FROM care.policy_acceptance a JOIN care.person_now p ON p.account_id = a.account_id
      JOIN care.facility_now f ON f.facility_id = a.facility_id
    WHERE a.version_id = p_version ORDER BY a.at DESC LIMIT least(p_limit, 1000);
END $$;
-- RK412 where somebody else published first.
CREATE FUNCTION op.publish_policy(p_id uuid, p_policy text, p_n int, p_title text, p_body text, p_audience text, p_must_accept bool, p_effective_on date, p_change text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE o uuid := sec.must_operate();
BEGIN
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('policy ' || p_policy, 7));
  IF p_n <> 1 + coalesce((SELECT max(v.n) FROM care.policy_version v WHERE v.policy = p_policy), 0) THEN
    RAISE EXCEPTION 'stale' USING ERRCODE = 'RK412';
  END IF;
  INSERT INTO care.policy_version (id, policy, n, title, body, audience, must_accept, effective_on, change, at, operator_id)
    VALUES (p_id, p_policy, p_n, p_title, p_body, p_audience, p_must_accept, p_effective_on, p_change, sec.clock(), o);
  PERFORM sec.log_operator('policy_published', p_id, p_title || ' 第' || p_n || '版');
END $$;

-- ---- The register ----------------------------------------------------------------------------------------
CREATE FUNCTION act.register() RETURNS TABLE (entry_id uuid, n int, kind text, fields jsonb, at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT v.entry_id, v.n, v.kind, v.fields, v.at FROM care.register_version v
  WHERE NOT v.removed AND NOT EXISTS (SELECT 1 FROM care.register_version x WHERE x.entry_id = v.entry_id AND x.n > v.n) ORDER BY v.kind, v.entry_id
$$;
CREATE FUNCTION op.entry_versions(p_entry uuid) RETURNS TABLE (n int, kind text, fields jsonb, removed bool, at timestamptz, by_name text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE o uuid := sec.must_operate();
BEGIN
  RETURN QUERY SELECT v.n, v.kind, v.fields, v.removed, v.at, x.name FROM care.register_version v LEFT JOIN care.operator x ON x.id = v.operator_id
    WHERE v.entry_id = p_entry ORDER BY v.n DESC;
END $$;
CREATE FUNCTION op.save_entry(p_id uuid, p_entry uuid, p_n int, p_kind text, p_fields jsonb, p_removed bool) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE o uuid := sec.must_operate(); k text;
BEGIN
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('register ' || p_entry::text, 7));
  SELECT v.kind INTO k FROM care.register_version v WHERE v.entry_id = p_entry LIMIT 1;
  IF p_n <> 1 + coalesce((SELECT max(v.n) FROM care.register_version v WHERE v.entry_id = p_entry), 0) OR k <> p_kind THEN
    RAISE EXCEPTION 'stale' USING ERRCODE = 'RK412';
  END IF;
  INSERT INTO care.register_version (id, entry_id, n, kind, fields, removed, at, operator_id) VALUES (p_id, p_entry, p_n, p_kind, p_fields, p_removed, sec.clock(), o);
  PERFORM sec.log_operator('register_changed', p_entry, p_kind);
END $$;

-- ---- Papers ----------------------------------------------------------------------------------------------
CREATE FUNCTION op.papers() RETURNS TABLE (id uuid, kind text, title text, party text, facility text, name text, size bigint, at timestamptz, opened bigint, ended_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE o uuid := sec.must_operate();
BEGIN
  RETURN QUERY SELECT p.id, p.kind, p.title, p.party, f.name, p.name, p.size, p.at,
      (SELECT count(*) FROM care.paper_event e WHERE e.paper_id = p.id AND e.act = 'opened'),
      (SELECT min(e.at) FROM care.paper_event e WHERE e.paper_id = p.id AND e.act = 'ended')
    FROM care.paper p LEFT JOIN care.facility_now f ON f.facility_id = p.facility_id ORDER BY p.at DESC LIMIT 500;
END $$;
CREATE FUNCTION op.store_paper(p_id uuid, p_kind text, p_title text, p_party text, p_facility uuid, p_name text, p_media_type text, p_size bigint, p_digest bytea, p_wrapped_key bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE o uuid := sec.must_operate(); t timestamptz := sec.clock();
BEGIN
  IF p_facility IS NOT NULL AND NOT EXISTS (SELECT 1 FROM care.facility f WHERE f.id = p_facility) THEN
    RAISE EXCEPTION 'no such facility' USING ERRCODE = 'RK404';
  END IF;
  INSERT INTO care.paper (id, kind, title, party, facility_id, name, media_type, size, digest, wrapped_key, at, operator_id)
    VALUES (p_id, p_kind, p_title, p_party, p_facility, p_name, p_media_type, p_size, p_digest, p_wrapped_key, t, o);
  INSERT INTO care.paper_event (id, paper_id, at, act, operator_id) VALUES (pg_catalog.gen_random_uuid(), p_id, t, 'stored', o);
  PERFORM sec.log_operator('paper_stored', p_id, p_title);
END $$;
-- What is needed to open the bytes; that it was asked for is written first.
CREATE FUNCTION op.open_paper(p_id uuid) RETURNS TABLE (name text, media_type text, wrapped_key bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE o uuid := sec.must_operate(); k text;
BEGIN
  SELECT p.title INTO k FROM care.paper p WHERE p.id = p_id;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such paper' USING ERRCODE = 'RK404'; END IF;
  INSERT INTO care.paper_event (id, paper_id, at, act, operator_id) VALUES (pg_catalog.gen_random_uuid(), p_id, sec.clock(), 'opened', o);
  PERFORM sec.log_operator('paper_opened', p_id, k);
  RETURN QUERY SELECT p.name, p.media_type, p.wrapped_key FROM care.paper p WHERE p.id = p_id;
END $$;
CREATE FUNCTION op.end_paper(p_id uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE o uuid := sec.must_operate(); k text;
BEGIN
  SELECT p.title INTO k FROM care.paper p WHERE p.id = p_id;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such paper' USING ERRCODE = 'RK404'; END IF;
  INSERT INTO care.paper_event (id, paper_id, at, act, operator_id) VALUES (pg_catalog.gen_random_uuid(), p_id, sec.clock(), 'ended', o);
  PERFORM sec.log_operator('paper_ended', p_id, k);
END $$;
CREATE FUNCTION op.paper_events(p_id uuid) RETURNS TABLE (at timestamptz, act text, name text, facility text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE o uuid := sec.must_operate();
BEGIN
  RETURN QUERY SELECT e.at, e.act, coalesce(x.name, p.name), f.name FROM care.paper_event e LEFT JOIN care.operator x ON x.id = e.operator_id
      LEFT JOIN care.person_now p ON p.account_id = e.account_id LEFT JOIN care.facility_now f ON f.facility_id = e.facility_id
    WHERE e.paper_id = p_id ORDER BY e.at DESC LIMIT 500;
END $$;
-- Papers that the operator shared with the facility for which the caller is admin. Nobody else's exist.
CREATE FUNCTION act.facility_papers() RETURNS TABLE (id uuid, kind text, title text, name text, size bigint, at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'not an admin' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT p.id, p.kind, p.title, p.name, p.size, p.at FROM care.paper p
    WHERE p.facility_id = c.facility_id AND NOT EXISTS (SELECT 1 FROM care.paper_event e WHERE e.paper_id = p.id AND e.act = 'ended') ORDER BY p.at DESC LIMIT 500;
END $$;
CREATE FUNCTION act.open_paper(p_id uuid) RETURNS TABLE (name text, media_type text, wrapped_key bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT EXISTS (SELECT 1 FROM act.facility_papers() p WHERE p.id = p_id) THEN RAISE EXCEPTION 'no such paper' USING ERRCODE = 'RK404'; END IF;
  INSERT INTO care.paper_event (id, paper_id, at, act, account_id, facility_id) VALUES (pg_catalog.gen_random_uuid(), p_id, sec.clock(), 'opened', c.account_id, c.facility_id);
  PERFORM sec.log(c, 'opened_paper', NULL, NULL, c.facility_id, p_id, 'done', NULL);
  RETURN QUERY SELECT p.name, p.media_type, p.wrapped_key FROM care.paper p WHERE p.id = p_id;
END $$;

-- ---- The disclosure ----------------------------------------------------------------------------------------
CREATE FUNCTION act.disclosure_editions() RETURNS TABLE (n int, at timestamptz, change text, yes int, no int, not_applicable int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT e.n, e.at, e.change, e.yes, e.no, e.not_applicable FROM care.disclosure_edition e ORDER BY e.n DESC
$$;
CREATE FUNCTION act.disclosure_edition(p_n int) RETURNS TABLE (at timestamptz, change text, paper jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT e.at, e.change, e.paper FROM care.disclosure_edition e WHERE e.n = p_n
$$;
CREATE FUNCTION op.publish_disclosure(p_n int, p_change text, p_paper jsonb, p_yes int, p_no int, p_not_applicable int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE o uuid := sec.must_operate();
BEGIN
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('disclosure', 7));
  IF p_n <> 1 + coalesce((SELECT max(e.n) FROM care.disclosure_edition e), 0) THEN RAISE EXCEPTION 'stale' USING ERRCODE = 'RK412'; END IF;
  INSERT INTO care.disclosure_edition (n, at, operator_id, change, paper, yes, no, not_applicable) VALUES (p_n, sec.clock(), o, p_change, p_paper, p_yes, p_no, p_not_applicable);
  PERFORM sec.log_operator('disclosure_published', NULL, '第' || p_n || '版');
END $$;

-- What the database can say about itself, for answers that must be true now.
--   rewriters: rights to change or delete that a login role holds on a table of the record     guards: sleeping or missing guards
--   blind: tables of the record without forced row security                                    staff, two_factor: who may sign in, and how many have two factors
--   operators: who may operate; every one has two factors by the shape of the table            facilities: how many
--   synchronous, archiving, checksums: settings of the server                                  version: of the server
CREATE FUNCTION act.state_of_the_house() RETURNS jsonb LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT pg_catalog.jsonb_build_object(
    'rewriters', (SELECT count(*) FROM pg_catalog.pg_class c, pg_catalog.aclexplode(c.relacl) a JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
      WHERE c.relnamespace = 'care'::regnamespace AND c.relkind IN ('r', 'p') AND r.rolcanlogin AND NOT r.rolsuper AND a.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')),
    'guards', (SELECT count(*) FROM unnest(ARRAY['post', 'receipt', 'membership_event', 'face_sheet_version', 'file', 'post_file', 'staff_event', 'account_version', 'facility_version', 'access_event_rest',
        'operator_event', 'policy_version', 'policy_acceptance', 'register_version', 'paper_event', 'disclosure_edition']) t, unnest(ARRAY['no_row_change', 'no_truncate']) g
      WHERE NOT EXISTS (SELECT 1 FROM pg_catalog.pg_trigger x WHERE x.tgrelid = ('care.' || t)::regclass AND x.tgname = g AND x.tgenabled = 'A'))
      + (SELECT count(*) FROM pg_catalog.pg_trigger x JOIN pg_catalog.pg_class c ON c.oid = x.tgrelid AND c.relnamespace = 'care'::regnamespace WHERE x.tgname IN ('no_row_change', 'no_truncate') AND x.tgenabled <> 'A'),
    'blind', (SELECT count(*) FROM pg_catalog.pg_class c WHERE c.relnamespace = 'care'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'refinery_schema_history' AND NOT (c.relrowsecurity AND c.relforcerowsecurity)),
    'staff', (SELECT count(DISTINCT s.account_id) FROM care.staff s WHERE s.state = 'active'),
    'two_factor', (SELECT count(DISTINCT s.account_id) FROM care.staff s JOIN sec.credential c ON c.account_id = s.account_id AND c.totp_confirmed_at IS NOT NULL WHERE s.state = 'active'),
    'operators', (SELECT count(*) FROM sec.operator_credential c WHERE c.suspended_at IS NULL),
    'facilities', (SELECT count(*) FROM care.facility),
    'synchronous', pg_catalog.current_setting('synchronous_standby_names') <> '',
    'archiving', pg_catalog.current_setting('archive_mode') <> 'off',
    'checksums', pg_catalog.current_setting('data_checksums') = 'on',
    'version', pg_catalog.split_part(pg_catalog.current_setting('server_version'), '.', 1))
$$;

REVOKE ALL ON FUNCTION sec.demanded(), act.terms_to_accept(), act.accept_policy(uuid), act.policies(), act.demanded_versions(), act.published_policies(), act.register(),
  act.facility_papers(), act.open_paper(uuid), act.disclosure_editions(), act.disclosure_edition(int), act.state_of_the_house(),
  op.policy_versions(text), op.acceptances(uuid, int), op.publish_policy(uuid, text, int, text, text, text, bool, date, text), op.entry_versions(uuid),
  op.save_entry(uuid, uuid, int, text, jsonb, bool), op.papers(), op.store_paper(uuid, text, text, text, uuid, text, text, bigint, bytea, bytea),
  op.open_paper(uuid), op.end_paper(uuid), op.paper_events(uuid), op.publish_disclosure(int, text, jsonb, int, int, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.terms_to_accept(), act.accept_policy(uuid), act.policies(), act.facility_papers(), act.open_paper(uuid) TO renkei_app;
GRANT EXECUTE ON FUNCTION act.demanded_versions(), act.published_policies(), act.register(), act.disclosure_editions(), act.disclosure_edition(int), act.state_of_the_house() TO renkei_job;
GRANT EXECUTE ON FUNCTION op.policy_versions(text), op.acceptances(uuid, int), op.publish_policy(uuid, text, int, text, text, text, bool, date, text), op.entry_versions(uuid),
  op.save_entry(uuid, uuid, int, text, jsonb, bool), op.papers(), op.store_paper(uuid, text, text, text, uuid, text, text, bigint, bytea, bytea),
  op.open_paper(uuid), op.end_paper(uuid), op.paper_events(uuid), op.publish_disclosure(int, text, jsonb, int, int, int) TO renkei_operator;
SET LOCAL ROLE renkei_owner;
