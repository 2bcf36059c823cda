-- People and places. A name, a profession or a facility's name that a record once carried never changes:
-- records refer to *versions*, and versions are append-only.

CREATE FUNCTION care.refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  RAISE EXCEPTION 'append-only table %.%: % refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP USING ERRCODE = '42501';
END $$;

-- Puts the append-only guards on a table. ALWAYS: they fire under session_replication_role=replica too.
CREATE FUNCTION care.make_append_only(p_table regclass) RETURNS void LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  EXECUTE pg_catalog.format('CREATE TRIGGER no_row_change BEFORE UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION care.refuse_change()', p_table);
  EXECUTE pg_catalog.format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION care.refuse_change()', p_table);
  EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ALWAYS TRIGGER no_row_change', p_table);
  EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ALWAYS TRIGGER no_truncate', p_table);
END $$;

-- The migrator may become the owner of tables and functions, and so could write rows past every act. Outside an open
-- change window it may not. The condition of the trigger costs the service nothing.
CREATE FUNCTION care.refuse_migrator() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  IF NOT guard.window_is_open() THEN
    RAISE EXCEPTION '% on %.% refused: no change window is open', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = '42501';
  END IF;
  RETURN NULL;
END $$;
GRANT EXECUTE ON FUNCTION care.refuse_migrator() TO renkei_sec;
CREATE FUNCTION care.guard_from_migrator(p_table regclass) RETURNS void LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  EXECUTE pg_catalog.format('CREATE TRIGGER no_migrator BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s FOR EACH STATEMENT
    WHEN (session_user = ''renkei_migrate'') EXECUTE FUNCTION care.refuse_migrator()', p_table);
  EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ALWAYS TRIGGER no_migrator', p_table);
END $$;
GRANT EXECUTE ON FUNCTION care.guard_from_migrator(regclass) TO renkei_sec;

-- One row: who this deployment is. `epoch` names the life of the event cursor; a restore makes a new one.
CREATE TABLE care.deployment (
  id uuid PRIMARY KEY,
  created_at timestamptz NOT NULL,
  only_one bool NOT NULL DEFAULT true UNIQUE CHECK (only_one)
);
SELECT care.make_append_only('care.deployment');
INSERT INTO care.deployment (id, created_at) VALUES (pg_catalog.gen_random_uuid(), pg_catalog.clock_timestamp());

CREATE TABLE care.epoch (
  id uuid PRIMARY KEY,
  at timestamptz NOT NULL,
  reason text NOT NULL
);
SELECT care.make_append_only('care.epoch');
INSERT INTO care.epoch (id, at, reason) VALUES (pg_catalog.gen_random_uuid(), pg_catalog.clock_timestamp(), 'created');

CREATE TABLE care.facility (
  id uuid PRIMARY KEY,
  created_at timestamptz NOT NULL
);
SELECT care.make_append_only('care.facility');

CREATE TABLE care.facility_version (
  id uuid PRIMARY KEY,
  facility_id uuid NOT NULL REFERENCES care.facility,
  kind text NOT NULL CHECK (kind ~ '^[a-z_]{2,40}$'),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
  kana text NOT NULL CHECK (length(kana) BETWEEN 1 AND 240),
  phone text NOT NULL DEFAULT '',
  from_at timestamptz NOT NULL
);
CREATE INDEX facility_version_latest ON care.facility_version (facility_id, from_at DESC);
SELECT care.make_append_only('care.facility_version');

-- One natural person, one account.
CREATE TABLE care.account (
  id uuid PRIMARY KEY,
  login_id text NOT NULL CONSTRAINT account_login_id_key UNIQUE CHECK (login_id ~ '^[a-z0-9][a-z0-9._-]{2,63}$'),
  created_at timestamptz NOT NULL
);
SELECT care.make_append_only('care.account');

CREATE TABLE care.account_version (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL REFERENCES care.account,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
  kana text NOT NULL CHECK (length(kana) BETWEEN 1 AND 240),
  work_name text CHECK (length(work_name) BETWEEN 1 AND 120),   -- the name used at work, where it differs
  profession text NOT NULL CHECK (profession ~ '^[a-z_]{2,40}$'),
  licence_note text NOT NULL DEFAULT '',
  from_at timestamptz NOT NULL
);
CREATE INDEX account_version_latest ON care.account_version (account_id, from_at DESC);
SELECT care.make_append_only('care.account_version');

-- Who works where: the events, and the state they add up to.
CREATE TABLE care.staff_event (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  facility_id uuid NOT NULL REFERENCES care.facility,
  account_id uuid NOT NULL REFERENCES care.account,
  kind text NOT NULL CHECK (kind IN ('joined', 'suspended', 'resumed', 'left', 'made_admin', 'made_staff')),
  by_account uuid NOT NULL REFERENCES care.account,
  at timestamptz NOT NULL
);
SELECT care.make_append_only('care.staff_event');

CREATE TABLE care.staff (
  facility_id uuid NOT NULL REFERENCES care.facility,
  account_id uuid NOT NULL REFERENCES care.account,
  admin bool NOT NULL DEFAULT false,
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended', 'left')),
  since timestamptz NOT NULL,
  PRIMARY KEY (account_id, facility_id)
);
CREATE INDEX staff_by_facility ON care.staff (facility_id, state);

-- What each person is called now, and where. Written so that a join asks only for the people it needs.
CREATE VIEW care.person_now WITH (security_invoker = true) AS
  SELECT a.id AS account_id, v.id AS version, coalesce(v.work_name, v.name) AS name, v.kana, v.profession
  FROM care.account a CROSS JOIN LATERAL (SELECT x.* FROM care.account_version x WHERE x.account_id = a.id ORDER BY x.from_at DESC LIMIT 1) v;
CREATE VIEW care.facility_now WITH (security_invoker = true) AS
  SELECT f.id AS facility_id, v.id AS version, v.name, v.kana, v.kind
  FROM care.facility f CROSS JOIN LATERAL (SELECT x.* FROM care.facility_version x WHERE x.facility_id = f.id ORDER BY x.from_at DESC LIMIT 1) v;
