-- 定型文 of a deployment, as its operators write them. Plain text: they are there for everybody who signs in, before any patient.
-- A change is a new version; the newest holds.
CREATE TABLE care.deployment_template_version (
  template_id uuid NOT NULL,
  version int NOT NULL CHECK (version > 0),
  operator_id uuid NOT NULL,
  at timestamptz NOT NULL,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
  content text NOT NULL CHECK (length(content) BETWEEN 1 AND 4000),
  retired bool NOT NULL,                                       -- no longer offered
  PRIMARY KEY (template_id, version)
);
SELECT care.make_append_only('care.deployment_template_version');
GRANT SELECT, INSERT ON care.deployment_template_version TO renkei_sec;
GRANT SELECT ON care.deployment_template_version TO renkei_app;
SELECT care.protect('care.deployment_template_version');
CREATE POLICY everybody ON care.deployment_template_version FOR SELECT TO renkei_app USING ((SELECT sec.me()) IS NOT NULL);

SET LOCAL ROLE renkei_sec;

-- As they stand, by name; with an id that one, offered or not.
CREATE FUNCTION op.templates(p_id uuid) RETURNS TABLE (id uuid, version int, name text, content text, retired bool)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM sec.must_operate();
  RETURN QUERY SELECT DISTINCT ON (v.template_id) v.template_id, v.version, v.name, v.content, v.retired FROM care.deployment_template_version v
    WHERE p_id IS NULL OR v.template_id = p_id ORDER BY v.template_id, v.version DESC;
END $$;
-- The next version of one, or its end; `p_seen` 0: a new one. The same again changes nothing. RK404: there is none, or it is over.
-- RK412: somebody else was first. RK409: enough of them.
CREATE FUNCTION op.save_template(p_id uuid, p_seen int, p_name text, p_content text, p_retired bool) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE o uuid := sec.must_operate(); e care.deployment_template_version;
BEGIN
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('deployment templates', 54));
  SELECT * INTO e FROM care.deployment_template_version v WHERE v.template_id = p_id ORDER BY v.version DESC LIMIT 1;
  IF e.version = p_seen + 1 AND (e.name, e.content, e.retired) = (p_name, p_content, p_retired) THEN RETURN e.version; END IF;
  IF e.retired OR e.version IS NULL AND (p_seen <> 0 OR p_retired) OR EXISTS (SELECT 1 FROM care.template t WHERE t.id = p_id) THEN
    RAISE EXCEPTION 'no such template' USING ERRCODE = 'RK404';
  END IF;
  IF coalesce(e.version, 0) <> p_seen THEN RAISE EXCEPTION 'stale' USING ERRCODE = 'RK412'; END IF;
  IF e.version IS NULL AND (SELECT count(*) FROM (SELECT DISTINCT ON (v.template_id) v.retired FROM care.deployment_template_version v
      ORDER BY v.template_id, v.version DESC) x WHERE NOT x.retired) >= 100 THEN
    RAISE EXCEPTION 'too many templates' USING ERRCODE = 'RK409';
  END IF;
  INSERT INTO care.deployment_template_version VALUES (p_id, p_seen + 1, o, sec.clock(), p_name, p_content, p_retired);
  PERFORM sec.log_operator(CASE WHEN p_retired THEN 'removed_template' ELSE 'changed_template' END, p_id, p_name);
  RETURN p_seen + 1;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT EXECUTE ON FUNCTION op.templates(uuid), op.save_template(uuid, int, text, text, bool) TO renkei_operator;
SET LOCAL ROLE renkei_owner;
