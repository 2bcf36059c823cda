-- Regions (地域): the area of a secretariat. A facility lies in one or in none. What is addressed to a region reaches the
-- people of the facilities that lie in it at the time of reading.
-- No foreign keys to older tables, see V13.

CREATE TABLE care.region (
  id uuid PRIMARY KEY,
  created_at timestamptz NOT NULL
);
SELECT care.make_append_only('care.region');
-- A renaming is a new version.
CREATE TABLE care.region_version (
  region_id uuid NOT NULL REFERENCES care.region,
  version int NOT NULL CHECK (version > 0),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
  kana text NOT NULL CHECK (length(kana) BETWEEN 1 AND 240),
  operator_id uuid NOT NULL,
  from_at timestamptz NOT NULL,
  PRIMARY KEY (region_id, version)
);
SELECT care.make_append_only('care.region_version');
-- Where a facility lies: the newest row holds. NULL: in none any more.
CREATE TABLE care.facility_region (
  facility_id uuid NOT NULL,
  version int NOT NULL CHECK (version > 0),
  region_id uuid REFERENCES care.region,
  operator_id uuid NOT NULL,
  from_at timestamptz NOT NULL,
  PRIMARY KEY (facility_id, version)
);
SELECT care.make_append_only('care.facility_region');
CREATE VIEW care.region_now WITH (security_invoker = true) AS
  SELECT r.id AS region_id, v.version, v.name, v.kana
  FROM care.region r CROSS JOIN LATERAL (SELECT x.* FROM care.region_version x WHERE x.region_id = r.id ORDER BY x.version DESC LIMIT 1) v;

-- An announcement may be for regions.
ALTER TABLE care.announcement_version ADD COLUMN regions uuid[] NOT NULL DEFAULT '{}',
  DROP CONSTRAINT announcement_version_audience_check,
  ADD CONSTRAINT announcement_version_audience_check CHECK (audience IN ('all', 'kind', 'facilities', 'regions')),
  ADD CONSTRAINT announcement_version_regions_check CHECK ((audience = 'regions') = (pg_catalog.cardinality(regions) > 0));

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['region', 'region_version', 'facility_region'] LOOP
    EXECUTE pg_catalog.format('GRANT SELECT, INSERT ON care.%I TO renkei_sec', t);
    PERFORM care.protect(('care.' || t)::regclass);
  END LOOP;
END $$;
GRANT SELECT ON care.region_now TO renkei_sec;
-- Foreign key checks run as the owner with a key-share lock.
GRANT UPDATE (id) ON care.region TO renkei_owner;

SET LOCAL ROLE renkei_sec;

-- NULL: in none.
CREATE FUNCTION sec.region_of(p_facility uuid) RETURNS uuid LANGUAGE sql STABLE AS $$
  SELECT x.region_id FROM care.facility_region x WHERE x.facility_id = p_facility ORDER BY x.version DESC LIMIT 1
$$;

-- ---- The console -----------------------------------------------------------------------------------------
-- By kana, with how many facilities lie in each.
CREATE FUNCTION op.regions() RETURNS TABLE (id uuid, version int, name text, kana text, facilities bigint) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM sec.must_operate();
  RETURN QUERY SELECT r.region_id, r.version, r.name, r.kana, (SELECT count(*) FROM care.facility f WHERE sec.region_of(f.id) = r.region_id)
    FROM care.region_now r ORDER BY r.kana, r.region_id;
END $$;
-- Makes a region (`p_seen` 0; the same again changes nothing) or renames one. RK412: somebody else renamed it first.
CREATE FUNCTION op.save_region(p_region uuid, p_seen int, p_name text, p_kana text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE o uuid := sec.must_operate(); t timestamptz := pg_catalog.clock_timestamp(); e record;
BEGIN
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('regions', 21));
  SELECT r.version, r.name, r.kana INTO e FROM care.region_now r WHERE r.region_id = p_region;
  IF FOUND AND p_seen = 0 THEN
    IF e.version = 1 AND e.name = p_name AND e.kana = p_kana THEN RETURN; END IF;
    RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409';
  END IF;
  IF NOT FOUND AND p_seen > 0 THEN RAISE EXCEPTION 'no such region' USING ERRCODE = 'RK404'; END IF;
  IF coalesce(e.version, 0) <> p_seen THEN RAISE EXCEPTION 'stale' USING ERRCODE = 'RK412'; END IF;
  IF EXISTS (SELECT 1 FROM care.region_now r WHERE r.name = p_name AND r.region_id <> p_region) THEN
    RAISE EXCEPTION 'name taken' USING ERRCODE = 'RK409';
  END IF;
  IF p_seen = 0 THEN INSERT INTO care.region VALUES (p_region, t); END IF;
  INSERT INTO care.region_version VALUES (p_region, p_seen + 1, p_name, p_kana, o, t);
  IF p_seen = 0 THEN
    PERFORM sec.log_operator('added_region', p_region, p_name);
  ELSE
    PERFORM sec.log_operator('renamed_region', p_region, e.name || ' → ' || p_name);
  END IF;
END $$;
-- Puts a facility into a region, or takes it out of that one (RK412 where it is in another by now). The same again changes nothing.
CREATE FUNCTION op.place_facility(p_facility uuid, p_region uuid, p_in bool) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE o uuid := sec.must_operate(); n int; was uuid; goes uuid := CASE WHEN p_in THEN p_region END;
BEGIN
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('regions', 21));
  IF NOT EXISTS (SELECT 1 FROM care.facility f WHERE f.id = p_facility) OR NOT EXISTS (SELECT 1 FROM care.region r WHERE r.id = p_region) THEN
    RAISE EXCEPTION 'no such facility or region' USING ERRCODE = 'RK404';
  END IF;
  was := sec.region_of(p_facility);
  IF was IS NOT DISTINCT FROM goes THEN RETURN; END IF;
  IF NOT p_in AND was <> p_region THEN RAISE EXCEPTION 'the facility is in another region' USING ERRCODE = 'RK412'; END IF;
  SELECT coalesce(max(x.version), 0) + 1 INTO n FROM care.facility_region x WHERE x.facility_id = p_facility;
  INSERT INTO care.facility_region VALUES (p_facility, n, goes, o, pg_catalog.clock_timestamp());
  PERFORM sec.log_operator('placed_facility', p_facility, (SELECT f.name FROM care.facility_now f WHERE f.facility_id = p_facility) || ' → '
    || coalesce((SELECT r.name FROM care.region_now r WHERE r.region_id = goes), 'なし'));
END $$;

DROP FUNCTION op.facilities(), op.save_announcement(uuid, int, text, text, text, text, text[], uuid[], timestamptz, timestamptz, bool), op.announcements(timestamptz, int),
  op.announcement_versions(uuid);
CREATE FUNCTION op.facilities() RETURNS TABLE (id uuid, name text, kana text, kind text, staff bigint, region uuid) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM sec.must_operate();
  RETURN QUERY SELECT f.facility_id, f.name, f.kana, f.kind, (SELECT count(*) FROM care.staff s WHERE s.facility_id = f.facility_id AND s.state = 'active'), sec.region_of(f.facility_id)
    FROM care.facility_now f ORDER BY f.kana;
END $$;

-- ---- Announcements, as in V13, with regions ----------------------------------------------------------------
-- `p_seen` is the version that the writer saw, 0 for a new announcement. RK412: somebody else was first.
CREATE FUNCTION op.save_announcement(p_announcement uuid, p_seen int, p_title text, p_body text, p_importance text, p_audience text, p_kinds text[], p_facilities uuid[], p_regions uuid[],
  p_from timestamptz, p_until timestamptz, p_withdrawn bool) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE o uuid := sec.must_operate(); t timestamptz := pg_catalog.clock_timestamp(); top int;
BEGIN
  IF p_seen = 0 THEN
    -- The same id again is a second click: it finds the first one's version and is stale.
    INSERT INTO care.announcement VALUES (p_announcement, t) ON CONFLICT DO NOTHING;
  END IF;
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(p_announcement::text, 13));
  IF NOT EXISTS (SELECT 1 FROM care.announcement a WHERE a.id = p_announcement) THEN RAISE EXCEPTION 'no such announcement' USING ERRCODE = 'RK404'; END IF;
  SELECT coalesce(max(v.version), 0) INTO top FROM care.announcement_version v WHERE v.announcement_id = p_announcement;
  IF top <> p_seen THEN RAISE EXCEPTION 'stale' USING ERRCODE = 'RK412'; END IF;
  IF EXISTS (SELECT 1 FROM pg_catalog.unnest(p_facilities) x WHERE NOT EXISTS (SELECT 1 FROM care.facility f WHERE f.id = x)) THEN
    RAISE EXCEPTION 'no such facility' USING ERRCODE = 'RK422';
  END IF;
  IF EXISTS (SELECT 1 FROM pg_catalog.unnest(p_regions) x WHERE NOT EXISTS (SELECT 1 FROM care.region r WHERE r.id = x)) THEN
    RAISE EXCEPTION 'no such region' USING ERRCODE = 'RK422';
  END IF;
  INSERT INTO care.announcement_version VALUES (p_announcement, top + 1, p_title, p_body, p_importance, p_audience, p_kinds, p_facilities, p_from, p_until, p_withdrawn, o, t, p_regions);
  IF p_withdrawn THEN
    PERFORM sec.log_operator('withdrew_announcement', p_announcement, '');
  ELSIF top = 0 THEN
    PERFORM sec.log_operator('announced', p_announcement, '');
  ELSE
    PERFORM sec.log_operator('corrected_announcement', p_announcement, '');
  END IF;
  RETURN top + 1;
END $$;
CREATE FUNCTION op.announcements(p_before timestamptz, p_limit int) RETURNS TABLE (id uuid, version int, title text, body text, importance text, audience text, kinds text[],
  facilities uuid[], regions uuid[], from_at timestamptz, until_at timestamptz, withdrawn bool, at timestamptz, operator text) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
BEGIN
  PERFORM sec.must_operate();
  RETURN QUERY SELECT v.announcement_id, v.version, v.title, v.body, v.importance, v.audience, v.kinds, v.facilities, v.regions, v.from_at, v.until_at, v.withdrawn, v.at, o.name
    FROM (SELECT a.id FROM care.announcement a WHERE p_before IS NULL OR a.created_at < p_before ORDER BY a.created_at DESC LIMIT least(p_limit, 500)) a
    JOIN LATERAL (SELECT x.* FROM care.announcement_version x WHERE x.announcement_id = a.id ORDER BY x.version DESC LIMIT 1) v ON true
    JOIN care.operator o ON o.id = v.operator_id ORDER BY v.from_at DESC;
END $$;
CREATE FUNCTION op.announcement_versions(p_announcement uuid) RETURNS TABLE (id uuid, version int, title text, body text, importance text, audience text, kinds text[],
  facilities uuid[], regions uuid[], from_at timestamptz, until_at timestamptz, withdrawn bool, at timestamptz, operator text) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
BEGIN
  PERFORM sec.must_operate();
  RETURN QUERY SELECT v.announcement_id, v.version, v.title, v.body, v.importance, v.audience, v.kinds, v.facilities, v.regions, v.from_at, v.until_at, v.withdrawn, v.at, o.name
    FROM care.announcement_version v JOIN care.operator o ON o.id = v.operator_id WHERE v.announcement_id = p_announcement ORDER BY v.version DESC;
END $$;
-- How many of each facility's staff have read the newest version. Counts, never who.
CREATE OR REPLACE FUNCTION op.announcement_reads(p_announcement uuid) RETURNS TABLE (facility_id uuid, facility text, staff bigint, reads bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE v care.announcement_version := sec.newest_announcement(p_announcement);
BEGIN
  PERFORM sec.must_operate();
  RETURN QUERY SELECT f.facility_id, f.name, count(s.account_id), count(r.account_id) FROM care.facility_now f JOIN care.staff s ON s.facility_id = f.facility_id AND s.state = 'active'
    LEFT JOIN care.announcement_read r ON r.announcement_id = p_announcement AND r.version = v.version AND r.account_id = s.account_id
    WHERE v.audience = 'all' OR f.kind = ANY (v.kinds) OR f.facility_id = ANY (v.facilities) OR sec.region_of(f.facility_id) = ANY (v.regions) GROUP BY f.facility_id, f.name, f.kana ORDER BY f.kana;
END $$;
-- The newest version of what has begun and is for the facility for which the caller acts.
CREATE OR REPLACE FUNCTION sec.announcements(c sec.context) RETURNS TABLE (id uuid, version int, title text, body text, importance text, from_at timestamptz, until_at timestamptz, read bool)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE k text; here uuid := sec.region_of(c.facility_id); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  SELECT f.kind INTO k FROM care.facility_now f WHERE f.facility_id = c.facility_id;
  RETURN QUERY SELECT v.announcement_id, v.version, v.title, v.body, v.importance, v.from_at, v.until_at,
      EXISTS (SELECT 1 FROM care.announcement_read r WHERE r.announcement_id = v.announcement_id AND r.version = v.version AND r.account_id = c.account_id)
    FROM care.announcement a JOIN LATERAL (SELECT x.* FROM care.announcement_version x WHERE x.announcement_id = a.id ORDER BY x.version DESC LIMIT 1) v ON true
    WHERE NOT v.withdrawn AND v.from_at <= t AND (v.audience = 'all' OR k = ANY (v.kinds) OR c.facility_id = ANY (v.facilities) OR here = ANY (v.regions));
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT EXECUTE ON FUNCTION op.regions(), op.save_region(uuid, int, text, text), op.place_facility(uuid, uuid, bool), op.facilities(),
  op.save_announcement(uuid, int, text, text, text, text, text[], uuid[], uuid[], timestamptz, timestamptz, bool), op.announcements(timestamptz, int),
  op.announcement_versions(uuid) TO renkei_operator;
SET LOCAL ROLE renkei_owner;
