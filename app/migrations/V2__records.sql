-- Patients, groups, streams and the four record tables.
-- The unit of order, chain, key and right is the stream. `seq` is dense within it.

CREATE TABLE care.patient (
  id uuid PRIMARY KEY,
  facility_id uuid NOT NULL REFERENCES care.facility,          -- the managing facility
  number bytea,                                                -- the facility's own patient number, sealed under the face sheet's key
  registered_by uuid NOT NULL REFERENCES care.account,
  client_id uuid NOT NULL,
  fingerprint bytea NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT patient_client_id_key UNIQUE (registered_by, client_id)
);
CREATE INDEX patient_by_facility ON care.patient (facility_id);
SELECT care.make_append_only('care.patient');

CREATE TABLE care.groups (
  id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('patient', 'free', 'direct')),
  patient_id uuid CONSTRAINT groups_one_per_patient UNIQUE REFERENCES care.patient,
  facility_id uuid NOT NULL REFERENCES care.facility,
  opened_by uuid NOT NULL REFERENCES care.account,
  client_id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  CHECK ((kind = 'patient') = (patient_id IS NOT NULL)),
  CONSTRAINT groups_client_id_key UNIQUE (opened_by, client_id)
);
CREATE INDEX groups_by_facility ON care.groups (facility_id);
SELECT care.make_append_only('care.groups');

CREATE TABLE care.group_state (
  group_id uuid PRIMARY KEY REFERENCES care.groups,
  host_id uuid NOT NULL REFERENCES care.account,
  archived_at timestamptz
);

CREATE TABLE care.stream (
  id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('team', 'family', 'membership', 'receipts', 'face_sheet')),
  group_id uuid REFERENCES care.groups,
  patient_id uuid REFERENCES care.patient,
  created_at timestamptz NOT NULL,
  CHECK ((kind = 'face_sheet') = (patient_id IS NOT NULL)),
  CHECK ((kind = 'face_sheet') = (group_id IS NULL)),
  CONSTRAINT stream_one_of_each UNIQUE (group_id, kind),
  CONSTRAINT stream_one_sheet UNIQUE (patient_id)
);
SELECT care.make_append_only('care.stream');

-- The end of each chain. Updating this row is what puts the records of a stream in one order;
-- it can be rebuilt from the records, and `renkei verify` compares.
CREATE TABLE care.stream_head (
  stream_id uuid PRIMARY KEY REFERENCES care.stream,
  seq bigint NOT NULL DEFAULT 0,
  at timestamptz NOT NULL,
  prev bytea NOT NULL,
  hash bytea NOT NULL CHECK (octet_length(hash) = 32)
) WITH (fillfactor = 50);

-- Wrapped keys. Backed up apart from the rest: without them the ciphertext of a dump stays closed for good.
CREATE TABLE care.facility_key (
  facility_id uuid NOT NULL REFERENCES care.facility,
  version int NOT NULL,
  master text NOT NULL,                                        -- id of the master key that wrapped it
  wrapped bytea NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (facility_id, version)
);
CREATE TABLE care.data_key (
  stream_id uuid PRIMARY KEY REFERENCES care.stream,
  facility_id uuid NOT NULL,
  facility_key_version int NOT NULL,
  wrapped bytea NOT NULL,
  FOREIGN KEY (facility_id, facility_key_version) REFERENCES care.facility_key
);

-- The record tables. The same header columns stand in each; see docs/decisions and crates/record for the bytes.
-- No foreign keys here: rows come only from definer functions that take every id from a checked row, and a
-- key-share lock on the author's version for every post would serialise busy people.
CREATE TABLE care.post (
  stream_id uuid NOT NULL, seq bigint NOT NULL, id uuid NOT NULL, group_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('post', 'correction', 'withdrawal')),
  author_id uuid NOT NULL, author uuid NOT NULL, entered_by uuid NOT NULL, facility_id uuid NOT NULL, facility uuid NOT NULL,
  at timestamptz NOT NULL, client_id uuid NOT NULL, fingerprint bytea NOT NULL,
  reply_to uuid, target uuid, must_acknowledge_by timestamptz, files bytea[] NOT NULL DEFAULT '{}',
  prev bytea NOT NULL, commitment bytea NOT NULL CHECK (octet_length(commitment) = 32), hash bytea NOT NULL CHECK (octet_length(hash) = 32),
  envelope bytea NOT NULL CHECK (octet_length(envelope) BETWEEN 32 AND 200000),
  PRIMARY KEY (stream_id, seq),
  CONSTRAINT post_id_key UNIQUE (id),
  CONSTRAINT post_client_id_key UNIQUE (stream_id, author_id, client_id),
  CHECK ((kind = 'post') = (target IS NULL))
);
-- One correction and one withdrawal at most.
CREATE UNIQUE INDEX post_one_of_a_kind ON care.post (target, kind) WHERE target IS NOT NULL;
CREATE INDEX post_replies ON care.post (reply_to) WHERE reply_to IS NOT NULL;
CREATE INDEX post_must_acknowledge ON care.post (group_id, must_acknowledge_by) WHERE must_acknowledge_by IS NOT NULL;
SELECT care.make_append_only('care.post');

CREATE TABLE care.receipt (
  stream_id uuid NOT NULL, seq bigint NOT NULL, id uuid NOT NULL, group_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('read', 'acknowledged')),
  author_id uuid NOT NULL, author uuid NOT NULL, entered_by uuid NOT NULL, facility_id uuid NOT NULL, facility uuid NOT NULL,
  at timestamptz NOT NULL, client_id uuid NOT NULL,
  target_stream uuid NOT NULL, up_to_seq bigint, post_id uuid,
  prev bytea NOT NULL, commitment bytea NOT NULL CHECK (octet_length(commitment) = 32), hash bytea NOT NULL CHECK (octet_length(hash) = 32),
  envelope bytea NOT NULL CHECK (octet_length(envelope) BETWEEN 32 AND 4000),
  PRIMARY KEY (stream_id, seq),
  CHECK ((kind = 'read') = (up_to_seq IS NOT NULL)),
  CHECK ((kind = 'acknowledged') = (post_id IS NOT NULL))
);
CREATE UNIQUE INDEX receipt_one_acknowledgement ON care.receipt (post_id, author_id) WHERE kind = 'acknowledged';
CREATE INDEX receipt_reads ON care.receipt (target_stream, author_id, up_to_seq) WHERE kind = 'read';
SELECT care.make_append_only('care.receipt');

-- How far each person has read each stream: rebuilt from receipts, kept for one-statement pages.
CREATE TABLE care.read_position (
  stream_id uuid NOT NULL, account_id uuid NOT NULL, group_id uuid NOT NULL, up_to_seq bigint NOT NULL, at timestamptz NOT NULL,
  PRIMARY KEY (stream_id, account_id)
) WITH (fillfactor = 70);

CREATE TABLE care.membership_event (
  stream_id uuid NOT NULL, seq bigint NOT NULL, id uuid NOT NULL, group_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('opened', 'invited', 'accepted', 'declined', 'approved', 'refused', 'joined', 'removed', 'left',
                                     'role_changed', 'handed_over', 'archived', 'reopened')),
  author_id uuid NOT NULL, author uuid NOT NULL, entered_by uuid NOT NULL, facility_id uuid NOT NULL, facility uuid NOT NULL,
  at timestamptz NOT NULL, client_id uuid NOT NULL,
  subject_id uuid,                                             -- the account that the event is about
  prev bytea NOT NULL, commitment bytea NOT NULL CHECK (octet_length(commitment) = 32), hash bytea NOT NULL CHECK (octet_length(hash) = 32),
  envelope bytea NOT NULL CHECK (octet_length(envelope) BETWEEN 32 AND 20000),
  PRIMARY KEY (stream_id, seq),
  CONSTRAINT membership_event_client_id_key UNIQUE (stream_id, author_id, client_id)
);
CREATE INDEX membership_event_by_subject ON care.membership_event (subject_id, at DESC) WHERE subject_id IS NOT NULL;
SELECT care.make_append_only('care.membership_event');

CREATE TABLE care.face_sheet_version (
  stream_id uuid NOT NULL, seq bigint NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
  kind text NOT NULL DEFAULT 'version' CHECK (kind = 'version'),
  author_id uuid NOT NULL, author uuid NOT NULL, entered_by uuid NOT NULL, facility_id uuid NOT NULL, facility uuid NOT NULL,
  at timestamptz NOT NULL, client_id uuid NOT NULL, fingerprint bytea NOT NULL,
  prev bytea NOT NULL, commitment bytea NOT NULL CHECK (octet_length(commitment) = 32), hash bytea NOT NULL CHECK (octet_length(hash) = 32),
  envelope bytea NOT NULL CHECK (octet_length(envelope) BETWEEN 32 AND 400000),
  PRIMARY KEY (stream_id, seq),
  CONSTRAINT face_sheet_version_client_id_key UNIQUE (stream_id, author_id, client_id)
);
CREATE INDEX face_sheet_version_latest ON care.face_sheet_version (patient_id, seq DESC);
SELECT care.make_append_only('care.face_sheet_version');

-- Membership now = (group, account, facility, role, until): the sum of the membership events.
CREATE TABLE care.membership (
  group_id uuid NOT NULL REFERENCES care.groups,
  account_id uuid NOT NULL REFERENCES care.account,
  facility_id uuid NOT NULL REFERENCES care.facility,
  role text NOT NULL CHECK (role IN ('host', 'member', 'guest')),
  since timestamptz NOT NULL,
  until timestamptz,
  from_seq bigint NOT NULL DEFAULT 0,                          -- "from now on": earlier posts of the team stream stay closed
  ended_at timestamptz,
  PRIMARY KEY (account_id, group_id, facility_id)
);
CREATE INDEX membership_by_group ON care.membership (group_id) WHERE ended_at IS NULL;

CREATE TABLE care.invitation (
  id uuid PRIMARY KEY,
  group_id uuid NOT NULL REFERENCES care.groups,
  account_id uuid NOT NULL REFERENCES care.account,
  facility_id uuid NOT NULL REFERENCES care.facility,
  role text NOT NULL CHECK (role IN ('member', 'guest')),
  until timestamptz,
  from_now_on bool NOT NULL DEFAULT false,
  needs_approval bool NOT NULL,
  link_hash bytea NOT NULL CONSTRAINT invitation_link_key UNIQUE,
  invited_by uuid NOT NULL REFERENCES care.account,
  invited_for uuid NOT NULL REFERENCES care.facility,          -- for which facility the inviter acted
  client_id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  state text NOT NULL DEFAULT 'invited' CHECK (state IN ('invited', 'accepted', 'joined', 'declined', 'refused', 'cancelled')),
  decided_at timestamptz,
  CHECK ((role = 'guest') = (until IS NOT NULL)),
  CONSTRAINT invitation_client_id_key UNIQUE (group_id, invited_by, client_id)
);
CREATE UNIQUE INDEX invitation_one_open ON care.invitation (group_id, account_id) WHERE state IN ('invited', 'accepted');
CREATE INDEX invitation_by_account ON care.invitation (account_id) WHERE state IN ('invited', 'accepted');

-- Uploaded files. The name is sealed under the file's own key, the key under the uploader's facility key,
-- and again under the stream's data key for each post that carries the file.
CREATE TABLE care.file (
  id uuid PRIMARY KEY,
  uploader_id uuid NOT NULL,
  facility_id uuid NOT NULL,
  facility_key_version int NOT NULL,
  wrapped_key bytea NOT NULL,
  name bytea NOT NULL,
  class text NOT NULL CHECK (class IN ('picture', 'examination', 'medication_history', 'narcotics_ledger', 'referral_letter', 'other')),
  media_type text NOT NULL CHECK (media_type ~ '^[a-z0-9.+-]+/[a-z0-9.+-]+(; charset=[a-z0-9_-]+)?$'),
  family text NOT NULL,
  bytes bigint NOT NULL,
  sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),     -- of the stored, encrypted bytes: no guess can be confirmed against it
  sealed_sha256 bytea NOT NULL,                                -- of the readable bytes, sealed under the file's key
  thumbnail_sha256 bytea,
  client_id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT file_client_id_key UNIQUE (uploader_id, client_id)
);
SELECT care.make_append_only('care.file');
CREATE TABLE care.file_state (
  file_id uuid PRIMARY KEY REFERENCES care.file,
  state text NOT NULL CHECK (state IN ('scanning', 'ready', 'refused', 'unscanned')),
  at timestamptz NOT NULL
);
CREATE INDEX file_state_scanning ON care.file_state (at) WHERE state = 'scanning';
CREATE TABLE care.post_file (
  post_id uuid NOT NULL, position int NOT NULL, file_id uuid NOT NULL, stream_id uuid NOT NULL, group_id uuid NOT NULL, seq bigint NOT NULL,
  wrapped_key bytea NOT NULL,
  PRIMARY KEY (post_id, position)
);
CREATE INDEX post_file_by_file ON care.post_file (file_id);
CREATE INDEX post_file_by_group ON care.post_file (group_id, seq);
SELECT care.make_append_only('care.post_file');

-- Live events: ids only, never text. Readers resume by transaction id, so a late commit is never skipped.
CREATE TABLE care.event (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  xid xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id(),
  kind text NOT NULL,
  group_id uuid, timeline text, post_id uuid, seq bigint,
  account_id uuid,                                             -- only this person, whatever the membership says (removal, session end)
  session_id uuid,
  at timestamptz NOT NULL
);
CREATE INDEX event_by_xid ON care.event (xid);

-- Access log. One row for each view, act and refusal; the leaf is the hash that the log of records takes up.
CREATE TABLE care.access_event (
  id uuid NOT NULL,
  at timestamptz NOT NULL,
  act text NOT NULL CHECK (act ~ '^[a-z_]{2,40}$'),
  outcome text NOT NULL DEFAULT 'done' CHECK (outcome IN ('done', 'refused', 'failed')),
  account_id uuid, account uuid, session_id uuid, device_id uuid,
  facility_id uuid,                                            -- for which facility the person acted
  owner_facility_id uuid,                                      -- which facility manages the patient
  group_id uuid, patient_id uuid, ref uuid,
  seconds int,                                                 -- how long a page was open, on continuing rows
  leaf bytea NOT NULL CHECK (octet_length(leaf) = 32),
  PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
CREATE INDEX access_event_by_owner ON care.access_event (owner_facility_id, at DESC);
CREATE INDEX access_event_by_facility ON care.access_event (facility_id, at DESC);
-- How long a page was open: the log joins the opening with the last row that continued it.
CREATE INDEX access_event_continued ON care.access_event (session_id, group_id, at) WHERE seconds IS NOT NULL;
CREATE TABLE care.access_event_rest PARTITION OF care.access_event DEFAULT;
DO $$
DECLARE m date := pg_catalog.date_trunc('month', pg_catalog.now() - interval '2 months');
BEGIN
  FOR i IN 0..38 LOOP
    EXECUTE pg_catalog.format('CREATE TABLE care.access_event_%s PARTITION OF care.access_event FOR VALUES FROM (%L) TO (%L)',
      pg_catalog.to_char(m, 'YYYY_MM'), m::timestamptz, (m + interval '1 month')::timestamptz);
    m := m + interval '1 month';
  END LOOP;
END $$;
DO $$
DECLARE t regclass;
BEGIN
  FOR t IN SELECT c.oid::regclass FROM pg_catalog.pg_class c WHERE c.relname LIKE 'access\_event%' AND c.relkind IN ('r', 'p') LOOP
    IF (SELECT relkind FROM pg_catalog.pg_class WHERE oid = t) = 'r' THEN PERFORM care.make_append_only(t); END IF;
  END LOOP;
END $$;
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON care.access_event FOR EACH STATEMENT EXECUTE FUNCTION care.refuse_change();
ALTER TABLE care.access_event ENABLE ALWAYS TRIGGER no_truncate;

-- State that changes is never deleted either.
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['staff', 'group_state', 'stream_head', 'facility_key', 'data_key', 'read_position', 'membership', 'invitation', 'file_state'] LOOP
    EXECUTE pg_catalog.format('CREATE TRIGGER no_delete BEFORE DELETE OR TRUNCATE ON care.%I FOR EACH STATEMENT EXECUTE FUNCTION care.refuse_change()', t);
    EXECUTE pg_catalog.format('ALTER TABLE care.%I ENABLE ALWAYS TRIGGER no_delete', t);
  END LOOP;
END $$;
