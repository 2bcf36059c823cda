-- Signing in with an identity that a professional identity provider vouches for (OpenID Connect).
SET LOCAL ROLE renkei_sec;

-- Which account an identity belongs to. Only its own person ties it, while signed in; an address or a name ties nothing.
CREATE TABLE sec.linked_identity (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL,
  issuer text NOT NULL CHECK (length(issuer) <= 255),
  subject text NOT NULL CHECK (length(subject) BETWEEN 1 AND 255),
  linked_at timestamptz NOT NULL,
  last_shown_at timestamptz,
  CONSTRAINT identity_linked_elsewhere UNIQUE (issuer, subject),
  CONSTRAINT another_identity_linked UNIQUE (account_id, issuer)
);
SELECT care.guard_from_migrator('sec.linked_identity');

-- Somebody who went to a provider and has not come back: ten minutes, once, in the browser that left. `session_id`: to link, and
-- only that session may come back. Nonce and PKCE verifier are made of the browser's secret and the state, and stand nowhere.
CREATE TABLE sec.way_out (
  state_hash bytea PRIMARY KEY,
  browser_hash bytea NOT NULL,
  provider text NOT NULL,
  session_id uuid,
  next text NOT NULL CHECK (length(next) <= 1024),
  expires_at timestamptz NOT NULL,
  taken_at timestamptz
);
CREATE INDEX way_out_by_time ON sec.way_out (expires_at);
SELECT care.guard_from_migrator('sec.way_out');

-- Whoever works nowhere any more has no way in, and the identity is free for a new account at once.
CREATE FUNCTION sec.free_identities() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM care.staff s WHERE s.account_id = NEW.account_id AND s.state <> 'left') THEN
    DELETE FROM sec.linked_identity l WHERE l.account_id = NEW.account_id;
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION sec.go_out(p_state bytea, p_browser bytea, p_provider text, p_session uuid, p_next text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  DELETE FROM sec.way_out w WHERE w.expires_at < t;
  INSERT INTO sec.way_out VALUES (p_state, p_browser, p_provider, p_session, p_next, t + interval '10 minutes', NULL);
END $$;

-- ---- Signing in ------------------------------------------------------------------------------------------
CREATE FUNCTION act.go_out_to_sign_in(p_state bytea, p_browser bytea, p_provider text, p_next text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM sec.go_out(p_state, p_browser, p_provider, NULL, p_next);
END $$;
-- Once: the second who comes with the same state finds nothing, and so does another browser, which spoils nothing for the first.
CREATE FUNCTION act.come_back(p_state bytea, p_browser bytea, p_provider text) RETURNS TABLE (linking bool, next text)
LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  UPDATE sec.way_out w SET taken_at = pg_catalog.clock_timestamp()
  WHERE w.state_hash = p_state AND w.browser_hash = p_browser AND w.provider = p_provider AND w.taken_at IS NULL AND w.expires_at > pg_catalog.clock_timestamp()
  RETURNING w.session_id IS NOT NULL, w.next
$$;
-- Whose account it is. An identity that is tied to none, and one whose person may not come in, answer alike: with no row.
CREATE FUNCTION act.show_identity(p_issuer text, p_subject text) RETURNS TABLE (login_id text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE a uuid; f uuid;
BEGIN
  SELECT l.account_id, s.facility_id INTO a, f FROM sec.linked_identity l JOIN care.staff s ON s.account_id = l.account_id AND s.state = 'active'
    WHERE l.issuer = p_issuer AND l.subject = p_subject ORDER BY s.since LIMIT 1;
  IF a IS NULL THEN RETURN; END IF;
  UPDATE sec.linked_identity l SET last_shown_at = pg_catalog.clock_timestamp() WHERE l.issuer = p_issuer AND l.subject = p_subject;
  PERFORM sec.log(ROW(a, f, (SELECT v.version FROM care.person_now v WHERE v.account_id = a), NULL, NULL, NULL, NULL)::sec.context,
    'showed_identity', NULL, NULL, NULL, NULL, 'done', NULL);
  RETURN QUERY SELECT x.login_id FROM care.account x WHERE x.id = a;
END $$;
-- A try that was no guess: a provider's word. It is neither held against the account nor does it clear what is.
CREATE FUNCTION act.forget_attempt(p_attempt uuid) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  DELETE FROM sec.attempt a WHERE a.id = p_attempt AND NOT a.ok
$$;

-- ---- One's own identities --------------------------------------------------------------------------------
CREATE FUNCTION act.my_identities() RETURNS TABLE (id uuid, issuer text, linked_at timestamptz, last_shown_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT l.id, l.issuer, l.linked_at, l.last_shown_at FROM sec.linked_identity l WHERE l.account_id = c.account_id ORDER BY l.linked_at;
END $$;
CREATE FUNCTION act.go_out_to_link(p_state bytea, p_browser bytea, p_provider text, p_next text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  PERFORM sec.must_be_fresh(c);
  PERFORM sec.go_out(p_state, p_browser, p_provider, c.session_id, p_next);
END $$;
-- Only for the session that left with this state and has come back with it; the state is gone afterwards.
CREATE FUNCTION act.link_identity(p_id uuid, p_state bytea, p_issuer text, p_subject text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  DELETE FROM sec.way_out w WHERE w.state_hash = p_state AND w.session_id = c.session_id AND w.taken_at IS NOT NULL AND w.expires_at > pg_catalog.clock_timestamp();
  IF NOT FOUND THEN RAISE EXCEPTION 'begin again' USING ERRCODE = 'RK409'; END IF;
  IF EXISTS (SELECT 1 FROM sec.linked_identity l WHERE l.account_id = c.account_id AND l.issuer = p_issuer AND l.subject = p_subject) THEN RETURN; END IF;
  -- The constraints' names say what stands in the way.
  INSERT INTO sec.linked_identity VALUES (p_id, c.account_id, p_issuer, p_subject, pg_catalog.clock_timestamp(), NULL);
  PERFORM sec.log(c, 'linked_identity', NULL, NULL, c.facility_id, p_id, 'done', NULL);
END $$;
CREATE FUNCTION act.unlink_identity(p_id uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  PERFORM sec.must_be_fresh(c);
  DELETE FROM sec.linked_identity l WHERE l.id = p_id AND l.account_id = c.account_id;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such identity' USING ERRCODE = 'RK404'; END IF;
  PERFORM sec.log(c, 'unlinked_identity', NULL, NULL, c.facility_id, p_id, 'done', NULL);
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.go_out_to_sign_in(bytea, bytea, text, text), act.come_back(bytea, bytea, text), act.show_identity(text, text),
  act.forget_attempt(uuid) TO renkei_auth;
GRANT EXECUTE ON FUNCTION act.my_identities(), act.go_out_to_link(bytea, bytea, text, text), act.link_identity(uuid, bytea, text, text), act.unlink_identity(uuid) TO renkei_app;
GRANT EXECUTE ON FUNCTION sec.free_identities() TO renkei_owner;
SET LOCAL ROLE renkei_owner;
GRANT TRIGGER ON care.staff TO renkei_owner;
CREATE TRIGGER left_with_identities AFTER UPDATE OF state ON care.staff FOR EACH ROW WHEN (NEW.state = 'left' AND OLD.state <> 'left') EXECUTE FUNCTION sec.free_identities();
REVOKE TRIGGER ON care.staff FROM renkei_owner;
