-- Who may read which rows, and who may call what. Row security is forced: it binds the tables' owner too.
SET LOCAL ROLE renkei_owner;
DO $$
DECLARE t record;
BEGIN
  FOR t IN SELECT c.oid::regclass AS name FROM pg_catalog.pg_class c WHERE c.relnamespace = 'care'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'refinery_schema_history' LOOP
    EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t.name);
    EXECUTE pg_catalog.format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t.name);
    -- The definer functions see everything; they check for themselves, and nobody can log in as their owner.
    EXECUTE pg_catalog.format('CREATE POLICY definers ON %s TO renkei_sec USING (true) WITH CHECK (true)', t.name);
    PERFORM care.guard_from_migrator(t.name);
  END LOOP;
END $$;

-- Operational facts that hold no patient data: any signed-in person.
CREATE POLICY signed_in ON care.deployment FOR SELECT TO renkei_app USING ((SELECT sec.me()) IS NOT NULL);
CREATE POLICY signed_in ON care.account FOR SELECT TO renkei_app USING ((SELECT sec.me()) IS NOT NULL);
CREATE POLICY signed_in ON care.facility FOR SELECT TO renkei_app USING ((SELECT sec.me()) IS NOT NULL);
CREATE POLICY signed_in ON care.facility_version FOR SELECT TO renkei_app USING ((SELECT sec.me()) IS NOT NULL);
CREATE POLICY signed_in ON care.account_version FOR SELECT TO renkei_app USING ((SELECT sec.me()) IS NOT NULL);
CREATE POLICY signed_in ON care.staff FOR SELECT TO renkei_app USING ((SELECT sec.me()) IS NOT NULL);
-- Wrapped keys of the streams one may know of: nobody counts the streams of others.
CREATE POLICY member ON care.data_key FOR SELECT TO renkei_app USING (EXISTS (SELECT 1 FROM care.stream s WHERE s.id = stream_id));
CREATE POLICY signed_in ON care.facility_key FOR SELECT TO renkei_app USING ((SELECT sec.me()) IS NOT NULL);

-- Groups: members, and the managing facility's admin (existence and members, not posts).
CREATE POLICY member ON care.groups FOR SELECT TO renkei_app USING (id = ANY ((SELECT sec.my_groups())::uuid[]) OR id = ANY ((SELECT sec.managed_groups())::uuid[]));
CREATE POLICY member ON care.group_state FOR SELECT TO renkei_app USING (group_id = ANY ((SELECT sec.my_groups())::uuid[]) OR group_id = ANY ((SELECT sec.managed_groups())::uuid[]));
CREATE POLICY member ON care.membership FOR SELECT TO renkei_app USING (group_id = ANY ((SELECT sec.my_groups())::uuid[]) OR group_id = ANY ((SELECT sec.managed_groups())::uuid[]));
CREATE POLICY member ON care.membership_event FOR SELECT TO renkei_app USING (group_id = ANY ((SELECT sec.my_groups())::uuid[]) OR group_id = ANY ((SELECT sec.managed_groups())::uuid[]));
CREATE POLICY keeper ON care.invitation FOR SELECT TO renkei_app USING (account_id = (SELECT sec.me()) OR group_id = ANY ((SELECT sec.my_groups())::uuid[]) OR group_id = ANY ((SELECT sec.managed_groups())::uuid[]));
CREATE POLICY member ON care.stream FOR SELECT TO renkei_app USING (group_id = ANY ((SELECT sec.my_groups())::uuid[]) OR group_id = ANY ((SELECT sec.managed_groups())::uuid[]) OR patient_id = ANY ((SELECT sec.my_patients())::uuid[]));
CREATE POLICY member ON care.stream_head FOR SELECT TO renkei_app USING (EXISTS (SELECT 1 FROM care.stream s WHERE s.id = stream_id));

-- Posts and receipts: members alone, and only from where their membership begins.
CREATE POLICY member ON care.post FOR SELECT TO renkei_app USING (group_id = ANY ((SELECT sec.my_whole_groups())::uuid[])
  OR (group_id = ANY ((SELECT sec.my_late_groups())::uuid[]) AND seq > sec.my_first(group_id)));
CREATE POLICY member ON care.receipt FOR SELECT TO renkei_app USING (group_id = ANY ((SELECT sec.my_groups())::uuid[]));
CREATE POLICY member ON care.read_position FOR SELECT TO renkei_app USING (group_id = ANY ((SELECT sec.my_groups())::uuid[]));
CREATE POLICY member ON care.post_file FOR SELECT TO renkei_app USING (group_id = ANY ((SELECT sec.my_groups())::uuid[])
  AND EXISTS (SELECT 1 FROM care.post p WHERE p.id = post_id));
-- The uploader until a post carries it; from then on whoever may read such a post.
CREATE POLICY mine ON care.file FOR SELECT TO renkei_app USING ((uploader_id = (SELECT sec.me()) AND NOT sec.is_posted(id)) OR EXISTS (SELECT 1 FROM care.post_file x WHERE x.file_id = id));
CREATE POLICY mine ON care.file_state FOR SELECT TO renkei_app USING (EXISTS (SELECT 1 FROM care.file f WHERE f.id = file_id));

-- Patients and face sheets.
CREATE POLICY mine ON care.patient FOR SELECT TO renkei_app USING (id = ANY ((SELECT sec.my_patients())::uuid[]));
CREATE POLICY mine ON care.face_sheet_version FOR SELECT TO renkei_app USING (patient_id = ANY ((SELECT sec.my_patients())::uuid[]));

-- Access log: the admin of the facility that manages the patient, or for which the person acted.
CREATE POLICY admin ON care.access_event FOR SELECT TO renkei_app USING (owner_facility_id = (SELECT sec.admin_of()) OR facility_id = (SELECT sec.admin_of()));

GRANT SELECT ON care.deployment, care.facility, care.facility_version, care.account_version, care.staff, care.data_key, care.facility_key, care.groups, care.group_state, care.membership,
  care.membership_event, care.invitation, care.stream, care.stream_head, care.post, care.receipt, care.read_position, care.post_file, care.file, care.file_state, care.patient,
  care.face_sheet_version, care.access_event, care.person_now, care.facility_now TO renkei_app;
-- That an account exists, never its login id.
GRANT SELECT (id) ON care.account TO renkei_app;

-- The verifier also asks whose version a record names.
CREATE POLICY verify ON care.account_version FOR SELECT TO renkei_verify USING (true);
CREATE POLICY verify ON care.facility_version FOR SELECT TO renkei_verify USING (true);
GRANT SELECT (id, account_id) ON care.account_version TO renkei_verify;
GRANT SELECT (id, facility_id) ON care.facility_version TO renkei_verify;
-- The verifier: hashes and headers of every stream, no text. The text it opens with the deployment's own keys, as ciphertext.
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['deployment', 'stream', 'stream_head', 'post', 'receipt', 'membership_event', 'face_sheet_version', 'data_key', 'facility_key', 'file', 'file_state', 'post_file', 'access_event'] LOOP
    EXECUTE pg_catalog.format('CREATE POLICY verify ON care.%I FOR SELECT TO renkei_verify USING (true)', t);
    EXECUTE pg_catalog.format('GRANT SELECT ON care.%I TO renkei_verify', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['post', 'receipt', 'membership_event', 'face_sheet_version'] LOOP
    EXECUTE pg_catalog.format('CREATE POLICY sealer ON care.%I FOR SELECT TO renkei_sealer USING (true)', t);
    EXECUTE pg_catalog.format('GRANT SELECT (stream_id, seq, hash) ON care.%I TO renkei_sealer', t);
  END LOOP;
END $$;

REVOKE INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER, REFERENCES ON ALL TABLES IN SCHEMA care FROM renkei_owner;
-- Identity columns count without asking for a right; nobody turns them back.
REVOKE ALL ON ALL SEQUENCES IN SCHEMA care FROM renkei_owner;
-- Foreign key checks run as the owner with a key-share lock, which needs UPDATE on some column; the row guards still refuse real updates.
GRANT UPDATE (id) ON care.facility, care.account, care.patient, care.groups, care.stream, care.file TO renkei_owner;
GRANT UPDATE (facility_id) ON care.facility_key TO renkei_owner;
GRANT INSERT ON care.refinery_schema_history TO renkei_owner;

SET LOCAL ROLE renkei_sec;
DO $$
DECLARE t regclass;
BEGIN
  FOR t IN SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relnamespace = 'sec'::regnamespace AND c.relkind = 'r' LOOP
    PERFORM care.guard_from_migrator(t);
  END LOOP;
END $$;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sec.open(bytea, bool), sec.ctx(), sec.me(), sec.my_groups(), sec.my_whole_groups(), sec.managed_groups(), sec.my_patients(), sec.admin_of(), sec.my_late_groups(), sec.my_first(uuid), sec.is_posted(uuid) TO renkei_app, renkei_owner;
GRANT EXECUTE ON FUNCTION
  act.post(bytea, uuid, text, uuid, text, uuid, bytea, bytea, bytea, uuid, uuid, timestamptz, uuid[], bytea[], bytea[]),
  act.read(uuid, text, bigint, uuid, uuid, bytea, bytea), act.positions(uuid, uuid), act.acknowledge(uuid, uuid, uuid, uuid, bytea, bytea),
  act.viewed(text, uuid, uuid, uuid), act.refused(text, uuid, uuid, uuid), act.facility_key(),
  act.register_patient(uuid, uuid, bytea, bytea, uuid, int, bytea, uuid, bytea, bytea), act.save_face_sheet(uuid, bigint, uuid, uuid, bytea, bytea, bytea),
  act.open_group(uuid, uuid, uuid, uuid, uuid[], int, bytea[], uuid, bytea, bytea, uuid, uuid, bytea, bytea),
  act.invite(uuid, uuid, uuid, uuid, text, timestamptz, bool, bytea, uuid, uuid, bytea, bytea), act.find_invitation(uuid, bytea),
  act.answer_invitation(uuid, text, bigint, uuid, uuid, bytea, bytea), act.decide_member(uuid, uuid, text, uuid, uuid, bytea, bytea, bigint, uuid, uuid, bytea, bytea),
  act.my_invitations(), act.my_notices(int),
  act.end_membership(uuid, uuid, text, uuid, uuid, bytea, bytea), act.hand_over(uuid, uuid, uuid, uuid, uuid, bytea, bytea), act.set_archived(uuid, bool, uuid, uuid, bytea, bytea),
  act.add_file(uuid, uuid, int, bytea, bytea, text, text, text, bigint, bytea, bytea, bytea, text),
  act.viewer(), act.my_facilities(), act.act_for(uuid), act.my_devices(), act.end_device(uuid), act.sign_out_everywhere(), act.my_account(), act.set_password(text), act.renew_recovery_codes(bytea[]),
  act.staff_of_mine(), act.staff_member(uuid), act.device_names(uuid[]), act.set_suspended(uuid, bool), act.events_since(text) TO renkei_app;
GRANT EXECUTE ON FUNCTION act.sign_in_begin(uuid, text, bytea, bytea, text), act.sign_in_half(bytea, uuid, uuid, bytea), act.sign_in_halved(bytea),
  act.sign_in_done(uuid, bytea, uuid, bytea, uuid, bytea, text, bytea, uuid, bytea, text, bool, text[], bigint, bytea, interval, interval), act.sign_in_refused(uuid),
  act.recovery_codes_left(uuid), act.session_state(bytea), act.enrol_offer(bytea, bytea), act.enrol_confirm(bytea, bigint, bytea[]),
  act.lock(bytea), act.confirm_begin(bytea, uuid, bytea, text), act.confirm_done(bytea, uuid, bigint), act.unlock_done(bytea, uuid), act.sign_out(bytea) TO renkei_auth;
GRANT EXECUTE ON FUNCTION act.add_facility(uuid, uuid, text, text, text, text, text, bytea), act.add_account(uuid, uuid, text, text, text, text, text, bytea), act.add_staff(uuid, uuid, bool),
  act.set_file_state(uuid, text), act.scanning_files(), act.demo_groups(), act.fan_out(text), act.stream_position(), act.dead_sessions(uuid[]), act.forget_old_events(), act.views_continued(uuid[], uuid[], int[]) TO renkei_job;
SET LOCAL ROLE renkei_owner;
