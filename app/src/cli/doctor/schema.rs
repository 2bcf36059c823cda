//! The tables are those of this program, and nobody is changing them just now.

use std::collections::BTreeMap;

use tokio_postgres::Client;

use super::{Finding, Site, not_seen, words};
use crate::{Result, db};

const PLACE: &str = "care.refinery_schema_history";
const AS_OWNER: &str = "SET ROLE renkei_owner";
const APPLIED: &str = "SELECT version, checksum FROM care.refinery_schema_history";
const WINDOW: &str = "SELECT guard.window_is_open()";
const GUARD: &str =
    "SELECT evtenabled::text FROM pg_catalog.pg_event_trigger WHERE evtname = 'renkei_guard_ddl'";

pub async fn check(site: &Site) -> Vec<Finding> {
    if site.config().is_none() {
        return Vec::new();
    }
    match look(site).await {
        Ok(findings) => findings,
        Err(why) => vec![not_seen("migrations", PLACE, &why)],
    }
}

async fn look(site: &Site) -> Result<Vec<Finding>> {
    let client = site.connect("renkei_migrate").await?;
    let enabled: Option<String> = client.query_opt(GUARD, &[]).await?.map(|r| r.get(0));
    client.batch_execute(AS_OWNER).await?;
    let open: bool = client.query_one(WINDOW, &[]).await?.get(0);
    Ok(vec![compared(&applied(&client).await?), guarded(enabled.as_deref()), closed(open)])
}

/// What the database remembers: version and checksum of every migration.
pub(in crate::cli) async fn applied(owner: &Client) -> Result<BTreeMap<i32, String>> {
    Ok(owner.query(APPLIED, &[]).await?.iter().map(|r| (r.get(0), r.get(1))).collect())
}

fn compared(applied: &BTreeMap<i32, String>) -> Finding {
    let ours = db::migrations();
    let newest = ours.last().map_or(0, |m| m.version);
    if let Some(m) =
        ours.iter().find(|m| applied.get(&m.version).is_some_and(|sum| *sum != m.checksum.to_string()))
    {
        let version = m.version;
        return Finding::bad(
            "migrations",
            PLACE,
            words!("V{version} の中身がこの版のものと違います", "V{version} is not the one of this release"),
            words!(
                "正式な配布物を入れ直し、変わらなければ作り手へ知らせてください",
                "install the released package again; if this stays, report it"
            ),
        );
    }
    let missing: Vec<String> = ours
        .iter()
        .filter(|m| !applied.contains_key(&m.version))
        .map(|m| format!("V{}", m.version))
        .collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        return Finding::bad(
            "migrations",
            PLACE,
            words!(
                "表が古い版です。足りないもの：{missing}",
                "the schema is older than the program; missing: {missing}"
            ),
            words!(
                "renkei upgrade-check を見てから renkei migrate を実行してください",
                "look at `renkei upgrade-check`, then run `renkei migrate`"
            ),
        );
    }
    let last = applied.keys().last().copied().unwrap_or(0);
    if last > newest {
        return Finding::warning(
            "migrations",
            PLACE,
            words!(
                "表はプログラムより新しい版です（V{last}）",
                "the schema is newer (V{last}) than the program (V{newest})"
            ),
            words!("新しい版のプログラムを入れてください", "install the newer release of the program"),
        );
    }
    Finding::ok("migrations", PLACE, words!("V{last} まで揃っています", "complete up to V{last}"))
}

fn guarded(enabled: Option<&str>) -> Finding {
    if enabled == Some("A") {
        return Finding::ok(
            "ddl_guard",
            "renkei_guard_ddl",
            words!("表の変更は見張られています", "changes of the schema are guarded"),
        );
    }
    Finding::bad(
        "ddl_guard",
        "renkei_guard_ddl",
        words!(
            "表の変更の見張りが無いか、止められています",
            "the guard against changes of the schema is missing or off"
        ),
        words!(
            "だれが止めたか調べ、管理者で ALTER EVENT TRIGGER renkei_guard_ddl ENABLE ALWAYS を実行してください",
            "find out who did it; then, as superuser: ALTER EVENT TRIGGER renkei_guard_ddl ENABLE ALWAYS"
        ),
    )
}

fn closed(open: bool) -> Finding {
    if !open {
        return Finding::ok(
            "change_window",
            "guard.change_window",
            words!("変更の窓は閉じています", "no change window is open"),
        );
    }
    Finding::bad(
        "change_window",
        "guard.change_window",
        words!("変更の窓が開いたままです", "a change window is open"),
        words!(
            "作業中でなければ、管理者で SELECT guard.close_windows() を実行してください",
            "unless somebody is migrating: as superuser, SELECT guard.close_windows()"
        ),
    )
}
