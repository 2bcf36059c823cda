//! The server's settings that decide whether an acknowledged record survives a power cut.

use std::collections::BTreeMap;

use super::{Finding, Site, Words, not_seen, words};
use crate::Result;

const SETTINGS: &str = "SELECT name, setting FROM pg_catalog.pg_settings
  WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums', 'archive_mode')";
/// Settings may also hide in a role or a database.
const OVERRIDES: &str = "SELECT c FROM pg_catalog.pg_db_role_setting s, pg_catalog.unnest(s.setconfig) c
  WHERE s.setdatabase IN (0, (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database()))
    AND c LIKE 'synchronous_commit=%' AND c NOT IN ('synchronous_commit=on', 'synchronous_commit=remote_apply')";

pub async fn check(site: &Site) -> Vec<Finding> {
    if site.config().is_none() {
        return Vec::new();
    }
    match look(site).await {
        Ok((settings, overrides)) => judge(&settings, &overrides),
        Err(why) => vec![not_seen("settings", "pg_settings", &why)],
    }
}

async fn look(site: &Site) -> Result<(BTreeMap<String, String>, Vec<String>)> {
    let client = site.connect("renkei_job").await?;
    let settings = client.query(SETTINGS, &[]).await?.iter().map(|r| (r.get(0), r.get(1))).collect();
    let overrides = client.query(OVERRIDES, &[]).await?.iter().map(|r| r.get(0)).collect();
    Ok((settings, overrides))
}

fn judge(settings: &BTreeMap<String, String>, overrides: &[String]) -> Vec<Finding> {
    let value = |name: &str| settings.get(name).map_or("", String::as_str);
    let mut findings: Vec<Finding> = ["fsync", "full_page_writes"].map(|name| on(name, value(name))).into();
    findings.push(commits(value("synchronous_commit"), overrides));
    findings.push(checksums(value("data_checksums")));
    findings.push(archiving(value("archive_mode")));
    findings
}

fn on(name: &'static str, value: &str) -> Finding {
    if value == "on" {
        return Finding::ok(name, name, words!("入っています", "on"));
    }
    Finding::bad(
        name,
        name,
        words!("{value} です。停電で記録を失います", "it is {value}: a power cut loses records"),
        words!(
            "ALTER SYSTEM SET {name} = on; のあと再起動",
            "ALTER SYSTEM SET {name} = on; then restart PostgreSQL"
        ),
    )
}

fn commits(value: &str, overrides: &[String]) -> Finding {
    const NAME: &str = "synchronous_commit";
    let durable = ["on", "remote_apply"].contains(&value) && overrides.is_empty();
    if durable {
        return Finding::ok(NAME, NAME, words!("{value} です", "it is {value}"));
    }
    let found = overrides.first().map_or(value, String::as_str);
    Finding::bad(
        NAME,
        NAME,
        words!(
            "{found} です。保存の返事のあとに記録を失うことがあります",
            "it is {found}: records may be lost after they were acknowledged"
        ),
        words!(
            "ALTER SYSTEM SET synchronous_commit = on; と、ALTER ROLE／DATABASE の上書きの取り消し",
            "ALTER SYSTEM SET synchronous_commit = on; and RESET what a role or database overrides"
        ),
    )
}

fn checksums(value: &str) -> Finding {
    if value == "on" {
        return Finding::ok("data_checksums", "data_checksums", words!("入っています", "on"));
    }
    Finding::bad(
        "data_checksums",
        "data_checksums",
        words!("ディスクの壊れに気づけません", "a rotting disk goes unnoticed"),
        words!(
            "PostgreSQL を止めて pg_checksums --enable を実行してください",
            "stop PostgreSQL and run pg_checksums --enable"
        ),
    )
}

fn archiving(value: &str) -> Finding {
    let what: Words = words!("archive_mode は {value} です", "archive_mode is {value}");
    if ["on", "always"].contains(&value) {
        return Finding::ok("archive_mode", "archive_mode", what);
    }
    Finding::warning(
        "archive_mode",
        "archive_mode",
        what,
        words!(
            "バックアップを設定すると、好きな時刻へ戻せるようになります（docs/operations/backup.md）",
            "set up backups to be able to go back to any second (docs/operations/backup.md)"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::State;

    fn states(change: Option<(&str, &str)>, overrides: &[&str]) -> Vec<State> {
        let mut settings: BTreeMap<String, String> =
            ["fsync", "full_page_writes", "synchronous_commit", "data_checksums", "archive_mode"]
                .map(|n| (n.to_owned(), "on".to_owned()))
                .into();
        settings.extend(change.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let overrides: Vec<String> = overrides.iter().map(|o| (*o).to_owned()).collect();
        judge(&settings, &overrides).iter().map(|f| f.state).collect()
    }

    #[test]
    fn each_setting_that_loses_records_is_bad() {
        assert_eq!(states(None, &[]), [State::Ok; 5]);
        for (name, value) in [
            ("fsync", "off"),
            ("full_page_writes", "off"),
            ("synchronous_commit", "local"),
            ("data_checksums", "off"),
        ] {
            assert_eq!(states(Some((name, value)), &[]).iter().max(), Some(&State::Bad), "{name}");
        }
        assert_eq!(states(None, &["synchronous_commit=off"]).iter().max(), Some(&State::Bad));
        assert_eq!(states(Some(("archive_mode", "off")), &[]).iter().max(), Some(&State::Warning));
    }
}
