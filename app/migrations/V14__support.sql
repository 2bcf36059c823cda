-- The support desk: inquiries and their answers. What people write is ciphertext under a key of the desk's own: somebody
-- always writes a patient's name in spite of being asked not to.

CREATE TABLE care.desk_key (
  version int PRIMARY KEY CHECK (version = 1),
  master text NOT NULL,                                        -- id of the master key that wrapped it
  wrapped bytea NOT NULL,
  created_at timestamptz NOT NULL
);
SELECT care.make_append_only('care.desk_key');
CREATE TABLE care.inquiry (
  id uuid PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT inquiry_number_key UNIQUE,
  category text NOT NULL CHECK (category IN ('use', 'sign_in', 'trouble', 'security', 'personal_data', 'contract', 'other')),
  account_id uuid,                                             -- NULL: not signed in
  facility_id uuid,
  contact bytea NOT NULL,                                      -- name and mail address, sealed
  body bytea NOT NULL CHECK (octet_length(body) <= 60000),     -- sealed
  client_id uuid NOT NULL CONSTRAINT inquiry_client_id_key UNIQUE,
  at timestamptz NOT NULL
);
CREATE INDEX inquiry_by_account ON care.inquiry (account_id, at DESC) WHERE account_id IS NOT NULL;
SELECT care.make_append_only('care.inquiry');
CREATE TABLE care.inquiry_answer (
  id uuid PRIMARY KEY,
  inquiry_id uuid NOT NULL REFERENCES care.inquiry,
  operator_id uuid NOT NULL,
  body bytea NOT NULL CHECK (octet_length(body) <= 60000),     -- sealed
  at timestamptz NOT NULL
);
CREATE INDEX inquiry_answer_by_inquiry ON care.inquiry_answer (inquiry_id, at);
SELECT care.make_append_only('care.inquiry_answer');
CREATE TABLE care.inquiry_state (
  inquiry_id uuid PRIMARY KEY REFERENCES care.inquiry,
  state text NOT NULL CHECK (state IN ('new', 'waiting', 'answered', 'closed')),
  assigned_to uuid,
  first_answer_at timestamptz,
  at timestamptz NOT NULL
);
CREATE INDEX inquiry_state_open ON care.inquiry_state (state) WHERE state <> 'closed';

GRANT SELECT, INSERT ON care.desk_key, care.inquiry, care.inquiry_answer, care.inquiry_state TO renkei_sec;
GRANT UPDATE ON care.inquiry_state TO renkei_sec;
SELECT care.protect('care.desk_key');
SELECT care.protect('care.inquiry');
SELECT care.protect('care.inquiry_answer');
SELECT care.protect('care.inquiry_state');
GRANT UPDATE (id) ON care.inquiry TO renkei_owner;

SET LOCAL ROLE renkei_sec;

-- A link in a letter: good once, for fourteen days.
CREATE TABLE sec.inquiry_link (
  token_hash bytea PRIMARY KEY,
  answer_id uuid NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE TABLE sec.inquiry_knock (
  at timestamptz NOT NULL,
  address_block text NOT NULL
);
CREATE INDEX inquiry_knock_latest ON sec.inquiry_knock (at);
SELECT care.guard_from_migrator('sec.inquiry_link');
SELECT care.guard_from_migrator('sec.inquiry_knock');

-- The key, made with the one offered where there is none yet. The service wraps and unwraps it under the master key.
CREATE FUNCTION act.desk_key(p_master text, p_wrapped bytea) RETURNS bytea LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  INSERT INTO care.desk_key VALUES (1, p_master, p_wrapped, pg_catalog.clock_timestamp()) ON CONFLICT DO NOTHING;
  RETURN (SELECT k.wrapped FROM care.desk_key k WHERE k.version = 1);
END $$;

-- Takes an inquiry in. `wait`: seconds until this sender, or everybody, may write again; then nothing was taken.
-- Five in ten minutes and thirty a day from one block of addresses, three hundred an hour in all.
CREATE FUNCTION sec.ask(c sec.context, p_inquiry uuid, p_client uuid, p_category text, p_block text, p_contact bytea, p_body bytea) RETURNS TABLE (number bigint, wait int)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE t timestamptz := pg_catalog.clock_timestamp(); n bigint; w int := 0;
BEGIN
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('inquiry', 15));
  SELECT i.number INTO n FROM care.inquiry i WHERE i.client_id = p_client AND i.account_id IS NOT DISTINCT FROM c.account_id;
  IF FOUND THEN RETURN QUERY SELECT n, 0; RETURN; END IF;
  DELETE FROM sec.inquiry_knock k WHERE k.at < t - interval '1 day';
  IF (SELECT count(*) FROM sec.inquiry_knock k WHERE k.address_block = p_block AND k.at > t - interval '10 minutes') >= 5 THEN w := 600; END IF;
  IF (SELECT count(*) FROM sec.inquiry_knock k WHERE k.address_block = p_block) >= 30 THEN w := 3600; END IF;
  IF (SELECT count(*) FROM sec.inquiry_knock k WHERE k.at > t - interval '1 hour') >= 300 THEN w := 3600; END IF;
  IF w > 0 THEN RETURN QUERY SELECT NULL::bigint, w; RETURN; END IF;
  INSERT INTO sec.inquiry_knock VALUES (t, p_block);
  INSERT INTO care.inquiry (id, category, account_id, facility_id, contact, body, client_id, at)
    VALUES (p_inquiry, p_category, c.account_id, c.facility_id, p_contact, p_body, p_client, t) RETURNING care.inquiry.number INTO n;
  INSERT INTO care.inquiry_state (inquiry_id, state, at) VALUES (p_inquiry, 'new', t);
  RETURN QUERY SELECT n, 0;
END $$;
CREATE FUNCTION act.ask(p_inquiry uuid, p_client uuid, p_category text, p_block text, p_contact bytea, p_body bytea) RETURNS TABLE (number bigint, wait int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  RETURN QUERY SELECT * FROM sec.ask(NULL, p_inquiry, p_client, p_category, p_block, p_contact, p_body);
END $$;
CREATE FUNCTION act.ask_signed_in(p_inquiry uuid, p_client uuid, p_category text, p_block text, p_contact bytea, p_body bytea) RETURNS TABLE (number bigint, wait int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  PERFORM sec.log(c, 'asked_desk', NULL, NULL, c.facility_id, p_inquiry, 'done', NULL);
  RETURN QUERY SELECT * FROM sec.ask(c, p_inquiry, p_client, p_category, p_block, p_contact, p_body);
END $$;
-- The caller's own, newest first, one row for each answer (or one without).
CREATE FUNCTION act.my_inquiries() RETURNS TABLE (id uuid, number bigint, category text, body bytea, at timestamptz, state text, answer_id uuid, answer bytea, answered_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT i.id, i.number, i.category, i.body, i.at, s.state, a.id, a.body, a.at
    FROM (SELECT x.* FROM care.inquiry x WHERE x.account_id = c.account_id ORDER BY x.at DESC LIMIT 100) i
    JOIN care.inquiry_state s ON s.inquiry_id = i.id LEFT JOIN care.inquiry_answer a ON a.inquiry_id = i.id ORDER BY i.at DESC, a.at;
END $$;
-- Whether a link still opens something; opening it uses it up.
CREATE FUNCTION act.answer_waits(p_token_hash bytea) RETURNS bool LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT EXISTS (SELECT 1 FROM sec.inquiry_link l WHERE l.token_hash = p_token_hash AND l.used_at IS NULL AND l.expires_at > pg_catalog.clock_timestamp())
$$;
CREATE FUNCTION act.open_answer(p_token_hash bytea) RETURNS TABLE (id uuid, number bigint, category text, body bytea, at timestamptz, answer_id uuid, answer bytea, answered_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE x uuid;
BEGIN
  UPDATE sec.inquiry_link l SET used_at = pg_catalog.clock_timestamp() WHERE l.token_hash = p_token_hash AND l.used_at IS NULL AND l.expires_at > pg_catalog.clock_timestamp()
    RETURNING l.answer_id INTO x;
  IF x IS NULL THEN RAISE EXCEPTION 'used or expired' USING ERRCODE = 'RK404'; END IF;
  RETURN QUERY SELECT i.id, i.number, i.category, i.body, i.at, a.id, a.body, a.at FROM care.inquiry_answer a JOIN care.inquiry i ON i.id = a.inquiry_id WHERE a.id = x;
END $$;

-- ---- The operators' queue ----------------------------------------------------------------------------------
CREATE FUNCTION op.inquiries(p_closed bool, p_limit int) RETURNS TABLE (id uuid, number bigint, category text, facility text, at timestamptz, state text, assigned text, first_answer_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
BEGIN
  PERFORM sec.must_operate();
  RETURN QUERY SELECT i.id, i.number, i.category, f.name, i.at, s.state, o.name, s.first_answer_at
    FROM care.inquiry_state s JOIN care.inquiry i ON i.id = s.inquiry_id LEFT JOIN care.facility_now f ON f.facility_id = i.facility_id LEFT JOIN care.operator o ON o.id = s.assigned_to
    WHERE (s.state = 'closed') = p_closed
    ORDER BY pg_catalog.array_position(ARRAY['new', 'waiting', 'answered', 'closed'], s.state), CASE WHEN p_closed THEN NULL ELSE i.at END, i.at DESC LIMIT least(p_limit, 500);
END $$;
CREATE FUNCTION op.inquiry(p_inquiry uuid) RETURNS TABLE (id uuid, number bigint, category text, facility text, signed_in bool, contact bytea, body bytea, at timestamptz, state text, assigned text, first_answer_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
BEGIN
  PERFORM sec.must_operate();
  RETURN QUERY SELECT i.id, i.number, i.category, f.name, i.account_id IS NOT NULL, i.contact, i.body, i.at, s.state, o.name, s.first_answer_at
    FROM care.inquiry i JOIN care.inquiry_state s ON s.inquiry_id = i.id LEFT JOIN care.facility_now f ON f.facility_id = i.facility_id LEFT JOIN care.operator o ON o.id = s.assigned_to
    WHERE i.id = p_inquiry;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such inquiry' USING ERRCODE = 'RK404'; END IF;
  PERFORM sec.log_operator('read_inquiry', p_inquiry, '');
END $$;
CREATE FUNCTION op.inquiry_answers(p_inquiry uuid) RETURNS TABLE (id uuid, operator text, body bytea, at timestamptz) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
BEGIN
  PERFORM sec.must_operate();
  RETURN QUERY SELECT a.id, o.name, a.body, a.at FROM care.inquiry_answer a LEFT JOIN care.operator o ON o.id = a.operator_id WHERE a.inquiry_id = p_inquiry ORDER BY a.at;
END $$;
-- `take`: the caller looks after it. `close`, `reopen`.
CREATE FUNCTION op.move_inquiry(p_inquiry uuid, p_act text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE o uuid := sec.must_operate(); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  UPDATE care.inquiry_state SET at = t, assigned_to = CASE WHEN p_act = 'take' THEN o ELSE assigned_to END,
      state = CASE p_act WHEN 'close' THEN 'closed' WHEN 'reopen' THEN 'waiting' ELSE CASE state WHEN 'new' THEN 'waiting' ELSE state END END
    WHERE inquiry_id = p_inquiry AND (state = 'closed') = (p_act = 'reopen') AND p_act IN ('take', 'close', 'reopen');
  IF NOT FOUND THEN
    IF NOT EXISTS (SELECT 1 FROM care.inquiry i WHERE i.id = p_inquiry) THEN RAISE EXCEPTION 'no such inquiry' USING ERRCODE = 'RK404'; END IF;
    RAISE EXCEPTION 'not now' USING ERRCODE = 'RK409';
  END IF;
  PERFORM sec.log_operator('moved_inquiry', p_inquiry, p_act);
END $$;
-- `p_letter`: payload of a `mail` job with the link, NULL where nobody is to be written to. The same id again is the same answer.
CREATE FUNCTION op.answer_inquiry(p_inquiry uuid, p_answer uuid, p_body bytea, p_link_hash bytea, p_letter jsonb) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE o uuid := sec.must_operate(); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  IF EXISTS (SELECT 1 FROM care.inquiry_answer a WHERE a.id = p_answer) THEN RETURN; END IF;
  UPDATE care.inquiry_state SET state = 'answered', at = t, assigned_to = coalesce(assigned_to, o), first_answer_at = coalesce(first_answer_at, t)
    WHERE inquiry_id = p_inquiry AND state <> 'closed';
  IF NOT FOUND THEN
    IF NOT EXISTS (SELECT 1 FROM care.inquiry i WHERE i.id = p_inquiry) THEN RAISE EXCEPTION 'no such inquiry' USING ERRCODE = 'RK404'; END IF;
    RAISE EXCEPTION 'not now' USING ERRCODE = 'RK409';
  END IF;
  INSERT INTO care.inquiry_answer VALUES (p_answer, p_inquiry, o, p_body, t);
  IF p_letter IS NOT NULL THEN
    INSERT INTO sec.inquiry_link (token_hash, answer_id, expires_at) VALUES (p_link_hash, p_answer, t + interval '14 days');
    PERFORM sec.enqueue('mail', p_letter, interval '0', 18);
  END IF;
  PERFORM sec.log_operator('answered_inquiry', p_inquiry, '');
END $$;
-- How the desk does: what is open, and the mean time to the first answer over three months.
CREATE FUNCTION sec.desk_facts() RETURNS TABLE (new bigint, waiting bigint, answered bigint, asked bigint, first_answers bigint, mean_seconds float8) LANGUAGE sql STABLE AS $$
  SELECT count(*) FILTER (WHERE s.state = 'new'), count(*) FILTER (WHERE s.state = 'waiting'), count(*) FILTER (WHERE s.state = 'answered'),
    count(*) FILTER (WHERE i.at > r.t), count(s.first_answer_at) FILTER (WHERE i.at > r.t), (avg(extract(epoch FROM s.first_answer_at - i.at)) FILTER (WHERE i.at > r.t))::float8
  FROM care.inquiry i JOIN care.inquiry_state s ON s.inquiry_id = i.id CROSS JOIN (SELECT pg_catalog.clock_timestamp() - interval '3 months' AS t) r
$$;
CREATE FUNCTION op.desk_facts() RETURNS TABLE (new bigint, waiting bigint, answered bigint, asked bigint, first_answers bigint, mean_seconds float8) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM sec.must_operate();
  RETURN QUERY SELECT * FROM sec.desk_facts();
END $$;
CREATE FUNCTION act.desk_facts() RETURNS TABLE (new bigint, waiting bigint, answered bigint, asked bigint, first_answers bigint, mean_seconds float8) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT * FROM sec.desk_facts()
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.ask_signed_in(uuid, uuid, text, text, bytea, bytea), act.my_inquiries() TO renkei_app;
GRANT EXECUTE ON FUNCTION act.ask(uuid, uuid, text, text, bytea, bytea), act.answer_waits(bytea), act.open_answer(bytea) TO renkei_auth;
GRANT EXECUTE ON FUNCTION act.desk_key(text, bytea), act.desk_facts() TO renkei_job;
GRANT EXECUTE ON FUNCTION op.inquiries(bool, int), op.inquiry(uuid), op.inquiry_answers(uuid), op.move_inquiry(uuid, text), op.answer_inquiry(uuid, uuid, bytea, bytea, jsonb), op.desk_facts() TO renkei_operator;
SET LOCAL ROLE renkei_owner;
