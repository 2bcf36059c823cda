-- When each step of a notice was reached, for whoever may read the post: a later step does not hide the time of an earlier one.
ALTER TABLE care.delivery ADD COLUMN accepted_at timestamptz, ADD COLUMN on_device_at timestamptz;
GRANT SELECT (accepted_at, on_device_at) ON care.delivery TO renkei_app;

SET LOCAL ROLE renkei_sec;

-- Whoever moves a delivery leaves its time behind. A device may speak before the push service has answered: then only the device has.
CREATE FUNCTION sec.note_delivery() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  IF NEW.state = 'accepted' THEN NEW.accepted_at := coalesce(NEW.accepted_at, NEW.at); END IF;
  IF NEW.state = 'on_device' THEN NEW.on_device_at := coalesce(NEW.on_device_at, NEW.at); END IF;
  RETURN NEW;
END $$;

-- As in V28, with the guards of the records that came after the first list was written.
CREATE OR REPLACE FUNCTION act.state_of_the_house() RETURNS jsonb LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT h.house || pg_catalog.jsonb_build_object('two_factor',
    (SELECT count(*) FROM (SELECT DISTINCT s.account_id FROM care.staff s WHERE s.state = 'active') x WHERE sec.second_factors(x.account_id) > 0),
    'guards', (h.house->>'guards')::int + (SELECT count(*) FROM unnest(ARRAY['observation', 'observation_notice', 'task_event', 'visit_event', 'visit_record', 'visit_mark',
        'release', 'consultation', 'consultation_event', 'direct', 'template_version', 'duty', 'substitute', 'search', 'review', 'review_item', 'review_answer', 'review_signature',
        'work_order', 'work_order_step', 'work_order_act', 'departure', 'incident', 'incident_step', 'service_mode_event', 'inquiry', 'inquiry_answer', 'region_version']) t,
        unnest(ARRAY['no_row_change', 'no_truncate']) g
      WHERE NOT EXISTS (SELECT 1 FROM pg_catalog.pg_trigger x WHERE x.tgrelid = ('care.' || t)::regclass AND x.tgname = g AND x.tgenabled = 'A')))
  FROM (SELECT sec.state_of_the_house() AS house) h
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sec.note_delivery() TO renkei_owner;
SET LOCAL ROLE renkei_owner;
GRANT TRIGGER ON care.delivery TO renkei_owner;
CREATE TRIGGER note_delivery BEFORE UPDATE OF state ON care.delivery FOR EACH ROW EXECUTE FUNCTION sec.note_delivery();
REVOKE TRIGGER ON care.delivery FROM renkei_owner;
