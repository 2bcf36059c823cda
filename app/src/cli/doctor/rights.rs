//! What holds even when the program is wrong: who owns what, who may write where, and row security.

use super::{Finding, Site, Words, not_seen, words};

/// A rule of the database's floor. The query lists what breaks it, one text a row.
struct Rule {
    name: &'static str,
    place: &'static str,
    offenders: &'static str,
    holds: fn() -> Words,
    broken: fn(&str) -> Words,
}

const RULES: [Rule; 7] = [
    Rule {
        name: "no_superuser",
        place: "pg_roles",
        offenders: "SELECT r.rolname::text FROM pg_catalog.pg_roles r WHERE r.rolname LIKE 'renkei\\_%'
  AND (r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication AND r.rolname <> 'renkei_backup')",
        holds: || words!("特別な力をもつ役割はありません", "no role has powers beyond its grants"),
        broken: |who| words!("特別な力（BYPASSRLSなど）をもつ役割：{who}", "roles with special powers (BYPASSRLS …): {who}"),
    },
    Rule {
        name: "own_nothing",
        place: "pg_shdepend",
        offenders: "SELECT DISTINCT r.rolname::text FROM pg_catalog.pg_shdepend d JOIN pg_catalog.pg_roles r ON r.oid = d.refobjid
  WHERE d.refclassid = 'pg_catalog.pg_authid'::regclass AND d.deptype = 'o' AND r.rolcanlogin AND r.rolname LIKE 'renkei\\_%'",
        holds: || words!("ログインする役割は何も所有していません", "login roles own nothing"),
        broken: |who| words!("何かを所有しているログイン役割：{who}", "login roles that own something: {who}"),
    },
    Rule {
        name: "members",
        place: "pg_auth_members",
        offenders: "SELECT m.rolname || ' in ' || g.rolname FROM pg_catalog.pg_auth_members a
  JOIN pg_catalog.pg_roles m ON m.oid = a.member JOIN pg_catalog.pg_roles g ON g.oid = a.roleid
  WHERE g.rolname IN ('renkei_owner', 'renkei_sec') AND m.rolname <> 'renkei_migrate' AND NOT m.rolsuper",
        holds: || words!("表の持ち主になれるのは移行の役割だけです", "only the migrator may become the tables' owner"),
        broken: |who| words!("表の持ち主になれる役割：{who}", "roles that may become the tables' owner: {who}"),
    },
    Rule {
        name: "row_security",
        place: "care.*",
        offenders: "SELECT c.oid::regclass::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'care' AND c.relkind IN ('r', 'p') AND c.relname <> 'refinery_schema_history'
    AND NOT (c.relrowsecurity AND c.relforcerowsecurity)",
        holds: || words!("すべての表で行ごとの制限が強制されています", "row security is forced on every table"),
        broken: |what| words!("行ごとの制限が強制されていない表：{what}", "tables without forced row security: {what}"),
    },
    Rule {
        name: "write_nothing",
        place: "care.*",
        offenders: "SELECT r.rolname || ' on ' || c.oid::regclass::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  CROSS JOIN pg_catalog.pg_roles r WHERE n.nspname = 'care' AND c.relkind IN ('r', 'p') AND r.rolcanlogin AND NOT r.rolsuper
    AND r.rolname LIKE 'renkei\\_%' AND (pg_catalog.has_any_column_privilege(r.oid, c.oid, 'INSERT, UPDATE')
      OR pg_catalog.has_table_privilege(r.oid, c.oid, 'DELETE, TRUNCATE'))",
        holds: || words!("ログインする役割は表へ直接書けません", "no login role can write a table directly"),
        broken: |what| words!("表へ直接書ける役割：{what}", "roles that can write a table directly: {what}"),
    },
    Rule {
        name: "function_paths",
        place: "pg_proc",
        offenders: "SELECT p.oid::regprocedure::text FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  WHERE n.nspname IN ('care', 'sec', 'act', 'op', 'guard') AND p.prosecdef
    AND NOT EXISTS (SELECT 1 FROM pg_catalog.unnest(p.proconfig) s WHERE s LIKE 'search\\_path=%')",
        holds: || words!("権限を借りる関数は検索パスを固定しています", "definer functions fix their search_path"),
        broken: |what| words!("検索パスを固定していない関数：{what}", "definer functions without a fixed search_path: {what}"),
    },
    Rule {
        name: "public_functions",
        place: "pg_proc",
        offenders: "SELECT p.oid::regprocedure::text FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  CROSS JOIN LATERAL pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) a
  WHERE n.nspname IN ('sec', 'act', 'op') AND a.grantee = 0 AND a.privilege_type = 'EXECUTE'",
        holds: || words!("だれでも呼べる関数はありません", "no function is open to everybody"),
        broken: |what| words!("だれでも呼べる関数：{what}", "functions that everybody may call: {what}"),
    },
];

/// Enough to act on; a broken rule often lists every table.
const SHOWN: usize = 5;

pub async fn check(site: &Site) -> Vec<Finding> {
    if site.config().is_none() {
        return Vec::new();
    }
    // The catalogue is readable for every role; the sign-in role sees it as any intruder would.
    let client = match site.connect("renkei_job").await {
        Ok(client) => client,
        Err(why) => return vec![not_seen("rights", "pg_catalog", &why)],
    };
    let mut findings = Vec::new();
    for rule in &RULES {
        findings.push(match client.query(rule.offenders, &[]).await {
            Ok(rows) => rule.judge(&rows.iter().map(|r| r.get(0)).collect::<Vec<String>>()),
            Err(why) => not_seen(rule.name, rule.place, &why.into()),
        });
    }
    findings
}

impl Rule {
    fn judge(&self, offenders: &[String]) -> Finding {
        if offenders.is_empty() {
            return Finding::ok(self.name, self.place, (self.holds)());
        }
        let mut list = offenders.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
        if offenders.len() > SHOWN {
            list.push_str(" …");
        }
        Finding::bad(
            self.name,
            self.place,
            (self.broken)(&list),
            words!(
                "だれがいつ変えたか調べてください。不正な変更なら docs/operations/incident.md へ。戻すのはデータベース管理者です",
                "find out who changed it and when; if nobody meant to, go to docs/operations/incident.md. A superuser takes it back"
            ),
        )
    }
}
