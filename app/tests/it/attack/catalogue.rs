//! The catalogue itself: queries that must return no row. Each is shown to find what it looks for.

use tokio_postgres::Client;

use crate::world::World;

/// What it finds, the query, and a statement after which it finds something.
const LINT: &[(&str, &str, &str)] = &[
    (
        "a definer function without a pinned search path",
        "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.prosecdef AND p.pronamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')
         AND NOT EXISTS (SELECT 1 FROM unnest(coalesce(p.proconfig, '{}')) c WHERE c LIKE 'search_path=%')",
        "ALTER FUNCTION sec.me() RESET search_path",
    ),
    (
        "a function of ours that PUBLIC may execute",
        "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace::regnamespace::text IN ('care', 'sec', 'act', 'op', 'guard', 'ext')
         AND has_function_privilege('public', p.oid, 'EXECUTE')",
        "GRANT EXECUTE ON FUNCTION sec.sign(text) TO PUBLIC",
    ),
    (
        "a table, view or schema of ours that PUBLIC may use",
        "SELECT c.oid::regclass::text FROM pg_class c, aclexplode(c.relacl) a WHERE a.grantee = 0 AND c.relnamespace::regnamespace::text IN ('care', 'sec', 'guard')
         UNION ALL SELECT n.nspname FROM pg_namespace n, aclexplode(n.nspacl) a WHERE a.grantee = 0 AND n.nspname IN ('care', 'sec', 'act', 'op', 'guard', 'ext', 'public')",
        "GRANT SELECT ON care.facility TO PUBLIC",
    ),
    (
        "a table of the record without forced row security",
        "SELECT c.oid::regclass::text FROM pg_class c WHERE c.relnamespace = 'care'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'refinery_schema_history'
         AND NOT (c.relrowsecurity AND c.relforcerowsecurity)",
        "ALTER TABLE care.post NO FORCE ROW LEVEL SECURITY",
    ),
    (
        "an object whose owner can log in",
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE c.relnamespace::regnamespace::text IN ('care', 'sec') AND r.rolcanlogin
         UNION ALL SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner WHERE p.pronamespace::regnamespace::text IN ('care', 'sec', 'act', 'op') AND r.rolcanlogin",
        "ALTER TABLE care.post OWNER TO renkei_app",
    ),
    (
        "a guard that does not always fire",
        "SELECT t.tgrelid::regclass || '.' || t.tgname FROM pg_trigger t WHERE t.tgname IN ('no_row_change', 'no_truncate', 'no_delete', 'no_migrator') AND t.tgenabled <> 'A'",
        "ALTER TABLE care.post ENABLE TRIGGER no_row_change",
    ),
    (
        "a record table without its guards",
        "SELECT t || '.' || g FROM unnest(ARRAY['post', 'receipt', 'membership_event', 'face_sheet_version', 'patient', 'groups', 'stream', 'facility', 'facility_version', 'account', 'account_version',
           'staff_event', 'departure', 'sign_in_policy', 'device_loss', 'file', 'post_file', 'deployment', 'epoch', 'log_entry', 'log_epoch', 'checkpoint', 'checkpoint_copy', 'checkpoint_stamp', 'witness_answer', 'log_finding', 'access_review', 'access_review_reminder', 'access_review_signature', 'reader_policy', 'moved_post', 'access_event_rest']) t, unnest(ARRAY['no_row_change', 'no_truncate']) g
         WHERE NOT EXISTS (SELECT 1 FROM pg_trigger x WHERE x.tgrelid = ('care.' || t)::regclass AND x.tgname = g)",
        "DROP TRIGGER no_row_change ON care.receipt",
    ),
    (
        "a partition of the access log without its guards",
        "SELECT i.inhrelid::regclass::text FROM pg_inherits i WHERE i.inhparent = 'care.access_event'::regclass
         AND (SELECT count(*) FROM pg_trigger x WHERE x.tgrelid = i.inhrelid AND x.tgname IN ('no_row_change', 'no_truncate', 'no_migrator')) < 3",
        "DROP TRIGGER no_truncate ON care.access_event_rest",
    ),
    (
        "a table that the migrator may write without a window",
        "SELECT c.oid::regclass::text FROM pg_class c WHERE c.relnamespace::regnamespace::text IN ('care', 'sec') AND c.relkind IN ('r', 'p') AND c.relname <> 'refinery_schema_history'
         AND NOT EXISTS (SELECT 1 FROM pg_trigger x WHERE x.tgrelid = c.oid AND x.tgname = 'no_migrator')",
        "DROP TRIGGER no_migrator ON sec.session",
    ),
    (
        "the guard of the structure is missing or sleeps",
        "SELECT 'renkei_guard_ddl' WHERE NOT EXISTS (SELECT 1 FROM pg_event_trigger WHERE evtname = 'renkei_guard_ddl' AND evtenabled = 'A')",
        "ALTER EVENT TRIGGER renkei_guard_ddl ENABLE",
    ),
    (
        "a login role with power",
        "SELECT r.rolname FROM pg_roles r WHERE r.rolname LIKE 'renkei\\_%' AND r.rolname <> 'renkei_seed' AND
         (r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls OR (r.rolcanlogin AND r.rolinherit))",
        "ALTER ROLE renkei_backup CREATEDB",
    ),
    (
        "a login role that may become another one",
        "SELECT m.rolname || ' in ' || r.rolname FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
         WHERE m.rolname LIKE 'renkei\\_%' AND m.rolname <> 'renkei_seed' AND NOT (m.rolname = 'renkei_migrate' AND r.rolname IN ('renkei_owner', 'renkei_sec'))",
        "GRANT renkei_job TO renkei_app",
    ),
    (
        "a right to write that a login role holds",
        "SELECT r.rolname || ' ' || a.privilege_type || ' ' || c.oid::regclass FROM pg_class c, aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
         WHERE c.relnamespace::regnamespace::text IN ('care', 'sec', 'guard') AND r.rolcanlogin AND a.privilege_type <> 'SELECT' AND NOT r.rolsuper
         UNION ALL SELECT r.rolname || ' ' || x.privilege_type || ' ' || a.attrelid::regclass FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid, aclexplode(a.attacl) x JOIN pg_roles r ON r.oid = x.grantee
         WHERE c.relnamespace::regnamespace::text IN ('care', 'sec', 'guard') AND r.rolcanlogin AND x.privilege_type <> 'SELECT' AND NOT r.rolsuper",
        "GRANT UPDATE (id) ON care.file TO renkei_app",
    ),
    (
        "a definer function of the service that asks nobody who is calling",
        "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.prosecdef AND has_function_privilege('renkei_app', p.oid, 'EXECUTE') AND p.pronamespace::regnamespace::text IN ('sec', 'act')
         AND p.prosrc !~ 'sec\\.(must|verified|caller|open|synthetic|good_system)\\(' AND p.oid <> ALL (ARRAY['sec.open(bytea,bool)', 'sec.open_reading(bytea,timestamptz)', 'sec.ctx()']::regprocedure[])",
        "CREATE FUNCTION act.leak() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT count(*) FROM care.post'; GRANT EXECUTE ON FUNCTION act.leak() TO renkei_app",
    ),
    (
        "a function of the console that asks nobody who is calling",
        "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace = 'op'::regnamespace AND p.prosrc !~ 'sec\\.(must_operate|must_review)\\('
         UNION ALL SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace::regnamespace::text IN ('care', 'sec', 'act', 'guard', 'ext') AND has_function_privilege('renkei_operator', p.oid, 'EXECUTE')
         AND p.proname NOT IN ('open_operator', 'operator')",
        "CREATE FUNCTION op.leak() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT count(*) FROM care.post'",
    ),
    (
        "a function of the console that somebody else may call",
        "SELECT p.oid::regprocedure || ' ' || r.rolname FROM pg_proc p, pg_roles r WHERE p.pronamespace = 'op'::regnamespace AND r.rolname LIKE 'renkei\\_%' AND r.rolcanlogin
         AND r.rolname <> 'renkei_operator' AND has_function_privilege(r.oid, p.oid, 'EXECUTE')",
        "GRANT EXECUTE ON FUNCTION op.me() TO renkei_app",
    ),
    (
        "a table of the record that the operators' role may read",
        "SELECT c.oid::regclass::text FROM pg_class c WHERE c.relnamespace::regnamespace::text IN ('care', 'sec', 'guard') AND c.relkind IN ('r', 'p', 'v')
         AND has_any_column_privilege('renkei_operator', c.oid, 'SELECT') AND c.relname NOT IN ('operator', 'operator_event')",
        "GRANT SELECT (id) ON care.post TO renkei_operator",
    ),
    (
        "a function of the family's door that asks nobody who is calling",
        "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace = 'fam'::regnamespace AND p.prosrc !~ 'sec\\.kin(_session|_link)?\\('
         UNION ALL SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace::regnamespace::text IN ('care', 'sec', 'act', 'op', 'guard', 'ext') AND has_function_privilege('renkei_family', p.oid, 'EXECUTE')",
        "CREATE FUNCTION fam.leak() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT count(*) FROM care.post'",
    ),
    (
        "a function of the family's door that somebody else may call",
        "SELECT p.oid::regprocedure || ' ' || r.rolname FROM pg_proc p, pg_roles r WHERE p.pronamespace = 'fam'::regnamespace AND r.rolname LIKE 'renkei\\_%' AND r.rolcanlogin
         AND r.rolname NOT IN ('renkei_family', 'renkei_seed') AND has_function_privilege(r.oid, p.oid, 'EXECUTE')",
        "GRANT EXECUTE ON FUNCTION fam.groups(bytea) TO renkei_app",
    ),
    (
        "a table that the family's role may read",
        "SELECT c.oid::regclass::text FROM pg_class c WHERE c.relnamespace::regnamespace::text IN ('care', 'sec', 'guard') AND c.relkind IN ('r', 'p', 'v')
         AND has_any_column_privilege('renkei_family', c.oid, 'SELECT')",
        "GRANT SELECT (id) ON care.post TO renkei_family",
    ),
    (
        "something that the mail server's pipe may do but say that a letter came back",
        "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace::regnamespace::text IN ('care', 'sec', 'act', 'op', 'fam', 'guard', 'ext')
         AND has_function_privilege('renkei_bounce', p.oid, 'EXECUTE') AND p.proname <> 'mail_returned'
         UNION ALL SELECT c.oid::regclass::text FROM pg_class c WHERE c.relnamespace::regnamespace::text IN ('care', 'sec', 'guard') AND c.relkind IN ('r', 'p', 'v')
         AND has_any_column_privilege('renkei_bounce', c.oid, 'SELECT')",
        "GRANT EXECUTE ON FUNCTION act.dead_jobs(int) TO renkei_bounce",
    ),
    (
        "a function of the family's door that speaks of another stream than the family's",
        "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace = 'fam'::regnamespace AND p.prosrc ~ '(face_sheet|''team''|care\\.patient|care\\.file|sec\\.session)'",
        "CREATE FUNCTION fam.leak(t bytea) RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT count(*) FROM care.stream WHERE kind = ''team'' AND (SELECT sec.kin_session(t, ''active'')) IS NOT NULL'",
    ),
    (
        "a function of the service that is neither an act nor a question of the row policies",
        "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace::regnamespace::text IN ('sec', 'care', 'guard') AND has_function_privilege('renkei_app', p.oid, 'EXECUTE')
         AND p.proname NOT IN ('open', 'open_reading', 'ctx', 'me', 'my_groups', 'managed_groups', 'my_patients', 'admin_of', 'my_late_groups', 'my_whole_groups', 'my_first', 'my_since', 'is_posted', 'my_quarantined')",
        "GRANT EXECUTE ON FUNCTION sec.sign(text) TO renkei_app",
    ),
    (
        "a view that reads with its owner's rights",
        "SELECT c.oid::regclass::text FROM pg_class c WHERE c.relkind IN ('v', 'm') AND c.relnamespace::regnamespace::text IN ('care', 'sec', 'act') AND NOT coalesce(c.reloptions::text LIKE '%security_invoker=true%', false)",
        "ALTER VIEW care.person_now RESET (security_invoker)",
    ),
    (
        "a language that can reach the machine",
        "SELECT l.lanname::text FROM pg_language l WHERE NOT l.lanpltrusted AND l.lanname NOT IN ('c', 'internal')",
        "UPDATE pg_language SET lanpltrusted = false WHERE lanname = 'plpgsql'",
    ),
    (
        "a login role without its limits",
        "SELECT r || ' ' || s FROM unnest(ARRAY['renkei_app', 'renkei_auth', 'renkei_job', 'renkei_operator', 'renkei_family', 'renkei_bounce', 'renkei_sealer', 'renkei_verify']) r,
           unnest(ARRAY['search_path', 'statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'temp_file_limit']) s
         WHERE NOT EXISTS (SELECT 1 FROM pg_db_role_setting d JOIN pg_roles x ON x.oid = d.setrole, unnest(d.setconfig) c WHERE x.rolname = r AND c LIKE s || '=%')",
        "ALTER ROLE renkei_job RESET temp_file_limit",
    ),
];

async fn found(superuser: &Client, query: &str) -> Vec<String> {
    superuser.query(query, &[]).await.expect(query).iter().map(|r| r.get(0)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_catalogue_has_no_hole_and_each_query_would_find_one() {
    let w = World::new().await;
    let superuser = w.superuser().await;
    for (what, query, _) in LINT {
        assert_eq!(found(&superuser, query).await, Vec::<String>::new(), "{what}");
    }
    superuser.batch_execute("SELECT guard.open_window('5 minutes', 'test')").await.expect("a window");
    for (what, query, hole) in LINT {
        superuser.batch_execute(&format!("BEGIN; {hole}")).await.expect(hole);
        assert!(!found(&superuser, query).await.is_empty(), "blind: {what}");
        superuser.batch_execute("ROLLBACK").await.expect("undone");
    }
}
