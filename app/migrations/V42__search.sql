-- Searches in the access log: how far each went, and whose records it showed. Never what was looked for.
-- A search in one group is about that group; one in all of them stands once, with the groups that were in range beside it, and once
-- more for each group of which it showed something: that is a view of that patient's record, and its managing facility reads it.

CREATE TABLE care.search (
  id uuid PRIMARY KEY,                                         -- `ref` of the event `searched`
  at timestamptz NOT NULL,
  account_id uuid NOT NULL,
  facility_id uuid NOT NULL,                                   -- for which the person acted; its admin reads this
  groups uuid[] NOT NULL,                                      -- in range
  patients int NOT NULL CHECK (patients >= 0),                 -- sheets in range that belong to no group of the person
  found int NOT NULL CHECK (found >= 0),                       -- places shown
  complete bool NOT NULL                                       -- whether the search came to the end of what was in range
);
CREATE INDEX search_by_facility ON care.search (facility_id, at DESC);
SELECT care.make_append_only('care.search');
GRANT SELECT, INSERT ON care.search TO renkei_sec;
SELECT care.protect('care.search'::regclass);
CREATE POLICY admin ON care.search FOR SELECT TO renkei_app USING (facility_id = (SELECT sec.admin_of()));
GRANT SELECT ON care.search TO renkei_app;

SET LOCAL ROLE renkei_sec;

-- The last statement of a search: it is written before anything is shown. What is not the caller's to see does not get in.
CREATE FUNCTION act.searched(p_group uuid, p_groups uuid[], p_patients int, p_shown_groups uuid[], p_shown_patients uuid[], p_found int, p_complete bool) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); i uuid := pg_catalog.gen_random_uuid(); mine uuid[] := sec.my_groups(); sheets uuid[]; g record; patient uuid; owner uuid;
BEGIN
  IF p_group IS NOT NULL THEN
    PERFORM sec.member(c, p_group);
    SELECT x.facility_id, x.patient_id INTO owner, patient FROM care.groups x WHERE x.id = p_group;
  END IF;
  INSERT INTO care.search VALUES (i, sec.clock(), c.account_id, c.facility_id, ARRAY(SELECT x FROM pg_catalog.unnest(p_groups) x WHERE x = ANY (mine)), p_patients, p_found, p_complete);
  PERFORM sec.log(c, 'searched', p_group, patient, owner, i, 'done', NULL);
  FOR g IN SELECT x.id, x.patient_id, x.facility_id FROM care.groups x WHERE x.id = ANY (p_shown_groups) AND x.id = ANY (mine) AND x.id IS DISTINCT FROM p_group LOOP
    PERFORM sec.log(c, 'found_in_search', g.id, g.patient_id, g.facility_id, i, 'done', NULL);
  END LOOP;
  IF pg_catalog.cardinality(p_shown_patients) > 0 THEN
    sheets := sec.my_patients();
    FOR g IN SELECT x.id, x.facility_id FROM care.patient x WHERE x.id = ANY (p_shown_patients) AND x.id = ANY (sheets) LOOP
      PERFORM sec.log(c, 'found_in_search', NULL, g.id, g.facility_id, i, 'done', NULL);
    END LOOP;
  END IF;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.searched(uuid, uuid[], int, uuid[], uuid[], int, bool) TO renkei_app;
SET LOCAL ROLE renkei_owner;
