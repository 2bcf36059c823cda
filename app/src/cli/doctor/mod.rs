//! `renkei doctor`: looks at everything that a deployment stands on, and says in plain words what is not as it should
//! be, where, and how to mend it. It changes nothing.
//!
//! One file for each subject. To add one: a `pub async fn check(&Site) -> Vec<Finding>` and a line in `SUBJECTS`.

mod backup;
mod clock;
mod configuration;
mod database;
mod devices;
mod disk;
mod finding;
mod keys;
mod ports;
mod report;
mod rights;
pub(super) mod schema;
mod settings;
mod site;
mod sshd;
mod telling;

use clap::Args;
use futures_util::{FutureExt, future::BoxFuture};

pub(crate) use finding::words;
pub use finding::{Finding, State, Words};
pub use report::{Language, Report, Subject};
pub use site::Site;

use super::which::Which;
use crate::{Error, Result};

#[derive(Debug, Args)]
pub struct Doctor {
    #[command(flatten)]
    which: Which,
    /// Machine-readable, in both languages.
    #[arg(long)]
    json: bool,
    #[arg(long, value_enum, default_value_t)]
    lang: Language,
    /// Also lists what is as it should be.
    #[arg(long)]
    all: bool,
}

type Check = for<'a> fn(&'a Site) -> BoxFuture<'a, Vec<Finding>>;

/// Every subject in the order of the report: name for machines, for people in Japanese and English, and its check.
const SUBJECTS: &[(&str, &str, &str, Check)] = &[
    ("configuration", "設定", "configuration", |s| configuration::check(s).boxed()),
    ("keys", "鍵", "keys", |s| keys::check(s).boxed()),
    ("database", "データベース", "database", |s| database::check(s).boxed()),
    ("schema", "表の版", "schema", |s| schema::check(s).boxed()),
    ("rights", "データベースの権限", "database rights", |s| rights::check(s).boxed()),
    ("settings", "データベースの設定", "database settings", |s| settings::check(s).boxed()),
    ("clock", "時計", "clock", |s| clock::check(s).boxed()),
    ("disk", "ディスク", "disk", |s| disk::check(s).boxed()),
    ("backup", "バックアップ", "backup", |s| backup::check(s).boxed()),
    ("telling", "警報の知らせ先", "who hears of alarms", |s| telling::check(s).boxed()),
    ("sshd", "サーバーへのログイン", "server sign-in", |s| sshd::check(s).boxed()),
    ("devices", "端末の証明書", "device certificates", |s| devices::check(s).boxed()),
    ("ports", "開いているポート", "open ports", |s| ports::check(s).boxed()),
];

/// Prints the report. Anything bad is an error, so that the exit code says it too.
pub async fn doctor(options: Doctor) -> Result<()> {
    let report = examine(&Site::of(&options.which)).await;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&report).map_err(Error::internal)?);
    } else {
        print!("{}", report.text(options.lang, options.all));
    }
    match report.count(State::Bad) {
        0 => Ok(()),
        bad => Err(Error::Internal(format!("doctor: {bad} to mend"))),
    }
}

/// All subjects, one after the other: their order is the order of the report.
pub async fn examine(site: &Site) -> Report {
    let mut subjects = Vec::new();
    for (name, ja, en, check) in SUBJECTS {
        let findings = check(site).await;
        subjects.push(Subject { name, ja, en, findings });
    }
    Report { place: site.place.display().to_string(), at: jiff::Timestamp::now(), subjects }
}

/// A finding for a subject that could not be looked at, and why.
fn not_seen(name: &'static str, place: impl std::fmt::Display, why: &Error) -> Finding {
    Finding::warning(
        name,
        place,
        words!("調べられませんでした：{why}", "could not be looked at: {why}"),
        words!(
            "先に上の「要対応」を直してから、もう一度実行してください",
            "mend what is bad above, then run this again"
        ),
    )
}

#[cfg(test)]
mod tests;
