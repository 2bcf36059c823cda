//! Each role reaches the primary of a database that is new enough.

use super::{Finding, Site, words};
use crate::Result;

/// The roles that the running service cannot do without, then those of single commands.
const NEEDED: [&str; 3] = ["renkei_app", "renkei_auth", "renkei_job"];
const FOR_COMMANDS: [&str; 2] = ["renkei_migrate", "renkei_verify"];
const OLDEST: i32 = 150_000;
/// Connections of sign-in, jobs, listeners and commands beside those of the service's own role.
const BESIDE: i32 = 14;

const SERVER: &str = "SELECT current_setting('server_version_num')::int, current_setting('server_version'),
  pg_catalog.pg_is_in_recovery(), current_setting('max_connections')::int";

pub async fn check(site: &Site) -> Vec<Finding> {
    if site.config().is_none() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for role in NEEDED {
        findings.push(reach(site, role, true).await);
    }
    for role in FOR_COMMANDS {
        findings.push(reach(site, role, false).await);
    }
    if let Ok(found) = server(site).await {
        findings.extend(found);
    }
    findings
}

async fn reach(site: &Site, role: &'static str, needed: bool) -> Finding {
    let why = match site.connect(role).await {
        Ok(_) => {
            return Finding::ok("reach", role, words!("つながりました", "connects"));
        }
        Err(why) => why,
    };
    let what = words!("つながりません：{why}", "cannot connect: {why}");
    if needed {
        let fix = words!(
            "PostgreSQL が動いているか（systemctl status postgresql）、[database] のURL、pg_hba.conf を確かめてください",
            "check that PostgreSQL runs (systemctl status postgresql), the URL in [database], and pg_hba.conf"
        );
        return Finding::bad("reach", role, what, fix);
    }
    let fix = words!(
        "移行と点検に使います。[database] にこの役割のURLを入れてください",
        "commands need it: put this role's URL into [database]"
    );
    Finding::warning("reach", role, what, fix)
}

async fn server(site: &Site) -> Result<Vec<Finding>> {
    let row = site.connect("renkei_job").await?.query_one(SERVER, &[]).await?;
    let (number, version, standby, most): (i32, String, bool, i32) =
        (row.get(0), row.get(1), row.get(2), row.get(3));
    let wanted = i32::try_from(site.config().map_or(16, |c| c.database.connections)).unwrap_or(i32::MAX);
    Ok(vec![version_of(number, &version), role_of(standby), room(most, wanted)])
}

fn version_of(number: i32, version: &str) -> Finding {
    if number >= OLDEST {
        return Finding::ok(
            "version",
            "server_version",
            words!("PostgreSQL {version}", "PostgreSQL {version}"),
        );
    }
    Finding::bad(
        "version",
        "server_version",
        words!("PostgreSQL {version} は古すぎます", "PostgreSQL {version} is too old"),
        words!(
            "PostgreSQL 15 以降へ上げてください（pg_upgrade）",
            "upgrade to PostgreSQL 15 or later (pg_upgrade)"
        ),
    )
}

fn role_of(standby: bool) -> Finding {
    if !standby {
        return Finding::ok(
            "primary",
            "pg_is_in_recovery",
            words!("書き込める主系です", "this is the primary"),
        );
    }
    Finding::bad(
        "primary",
        "pg_is_in_recovery",
        words!(
            "つながった先は待機系で、書き込めません",
            "the URLs lead to a standby, which cannot be written to"
        ),
        words!(
            "URLに target_session_attrs=read-write と全ホストを並べるか、主系を指してください",
            "name every host with target_session_attrs=read-write in the URLs, or the primary"
        ),
    )
}

fn room(most: i32, wanted: i32) -> Finding {
    let needed = wanted.saturating_add(BESIDE);
    if most >= needed {
        return Finding::ok(
            "connections",
            "max_connections",
            words!("{most}（必要 {needed}）", "{most}, {needed} needed"),
        );
    }
    Finding::bad(
        "connections",
        "max_connections",
        words!("接続が足りません：{most}（必要 {needed}）", "too few connections: {most}, {needed} needed"),
        words!(
            "max_connections を {needed} 以上にするか、database.connections を減らしてください",
            "raise max_connections to {needed}, or lower database.connections"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::State;

    #[test]
    fn old_servers_standbys_and_small_servers_are_bad() {
        assert_eq!(version_of(150_004, "15.4").state, State::Ok);
        assert_eq!(version_of(140_009, "14.9").state, State::Bad);
        assert_eq!(role_of(false).state, State::Ok);
        assert_eq!(role_of(true).state, State::Bad);
        assert_eq!(room(100, 16).state, State::Ok);
        assert_eq!(room(29, 16).state, State::Bad);
    }
}
