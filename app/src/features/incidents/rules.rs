//! The clocks of a breach, from dated rules, and what was within reach of whom. Pure: the caller brings the time.

use jiff::{Timestamp, ToSpan, civil::Date};
use serde::Deserialize;

use super::model::{Kind, Reached, Step, StepKind};
use crate::{Error, Result, web::ui::time};

const TEXT: &str = include_str!("../../../rules/breach.toml");

/// What the law asks for from a day on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    from: toml::value::Datetime,
    pub source: String,
    pub early_aim_days: i64,
    pub early_due_days: i64,
    pub final_days: i64,
    pub final_days_improper: i64,
    report_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rule: Vec<Rule>,
}

impl Rule {
    fn begins(&self) -> Option<Date> {
        let date = self.from.date?;
        Date::new(i16::try_from(date.year).ok()?, date.month.cast_signed(), date.day.cast_signed()).ok()
    }

    pub fn must_report(&self, kind: Kind) -> bool {
        self.report_kinds.contains(&kind)
    }
}

/// The rule of the day on which an incident became known; the oldest one for anything older.
pub fn rule_of(known_at: Timestamp) -> Result<Rule> {
    let file: File = toml::from_str(TEXT).map_err(Error::internal)?;
    pick(file.rule, time::day_of(known_at)).ok_or_else(|| Error::internal("no rule for breaches"))
}

fn pick(mut rules: Vec<Rule>, day: Date) -> Option<Rule> {
    rules.sort_by_key(Rule::begins);
    let newest = rules.iter().rposition(|r| r.begins().is_some_and(|from| from <= day)).unwrap_or(0);
    (newest < rules.len()).then(|| rules.swap_remove(newest))
}

/// One report that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clock {
    pub what: StepKind,
    /// The early report should be made by then already.
    pub aim: Option<Timestamp>,
    pub due: Timestamp,
    pub done: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hand {
    /// There is time.
    Running,
    /// Past the aim, not past the due time.
    Pressing,
    Overdue,
    Done,
    DoneLate,
}

impl Clock {
    pub fn at(&self, now: Timestamp) -> Hand {
        match self.done {
            Some(done) if done <= self.due => Hand::Done,
            Some(_) => Hand::DoneLate,
            None if now > self.due => Hand::Overdue,
            None if self.aim.is_some_and(|aim| now > aim) => Hand::Pressing,
            None => Hand::Running,
        }
    }
}

/// The clocks of an incident; none where nothing has to be reported.
pub fn clocks(rule: &Rule, known_at: Timestamp, kind: Kind, improper: bool, steps: &[Step]) -> Vec<Clock> {
    if !rule.must_report(kind) {
        return Vec::new();
    }
    let final_days = if improper { rule.final_days_improper } else { rule.final_days };
    let done = |what| steps.iter().find(|s| s.kind == what).map(|s| s.happened_at);
    let clock = |what, aim: Option<i64>, due| Clock {
        what,
        aim: aim.map(|days| end_of(known_at, days)),
        due: end_of(known_at, due),
        done: done(what),
    };
    vec![
        clock(StepKind::ReportedEarly, Some(rule.early_aim_days), rule.early_due_days),
        clock(StepKind::ReportedFinal, None, final_days),
    ]
}

/// The end of the n-th day in Japan, the day of knowing being the first.
fn end_of(known_at: Timestamp, days: i64) -> Timestamp {
    let last = time::day_of(known_at).checked_add((days - 1).days()).ok();
    last.and_then(time::end_of_day).unwrap_or(known_at)
}

/// Where the master key lies: what the words "the keys were not within reach" rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Custody {
    /// A file on the service's own host, apart from the database.
    LocalKeyFile,
}

/// Whether somebody with this in hand could read what they took.
pub fn opens_records(custody: Custody, reached: Reached) -> bool {
    match (custody, reached) {
        (_, Reached::Database | Reached::Files | Reached::Backup) => false,
        (Custody::LocalKeyFile, Reached::Disk) => true,
        (_, Reached::Server | Reached::Session | Reached::Paper) => true,
    }
}

/// The proof about the keys, in lines, and whether all that was taken is ciphertext.
pub fn key_proof(custody: Custody, reached: &[Reached]) -> (Vec<String>, bool) {
    let Custody::LocalKeyFile = custody;
    let mut lines = vec![
        "投稿、患者基礎情報、ファイルとその名前は、AES-256-GCMで暗号化して保存しています。鍵は、記録の流れごとの鍵を施設の鍵で、施設の鍵をマスター鍵で包んでいます。".to_owned(),
        "マスター鍵の置き場：サービスと同じサーバーの鍵ファイル。データベース、ファイル置き場、バックアップには入りません。サーバーの管理者権限があれば読めます。".to_owned(),
    ];
    lines.extend(reached.iter().map(|r| {
        let opens = if opens_records(custody, *r) {
            "記録を読めた可能性があります"
        } else {
            "暗号文だけで、鍵はありません"
        };
        format!("{}：{opens}。", r.label())
    }));
    (lines, !reached.is_empty() && reached.iter().all(|r| !opens_records(custody, *r)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn step(kind: StepKind, happened: &str) -> Step {
        Step { kind, happened_at: at(happened), ..Step::sample() }
    }

    const KNOWN: &str = "2026-11-23T23:30:00+09:00";

    #[test]
    fn the_day_of_knowing_is_the_first_and_days_end_in_japan() {
        let rule = rule_of(at(KNOWN)).unwrap();
        let found = clocks(&rule, at(KNOWN), Kind::UnauthorisedAccess, true, &[]);
        assert_eq!(found[0].aim, Some(at("2026-11-26T00:00:00+09:00")));
        assert_eq!(found[0].due, at("2026-11-28T00:00:00+09:00"));
        assert_eq!(found[1].due, at("2027-01-22T00:00:00+09:00"), "sixty days, 23 November being the first");
        let plain = clocks(&rule, at(KNOWN), Kind::Loss, false, &[]);
        assert_eq!(plain[1].due, at("2026-12-23T00:00:00+09:00"), "thirty days");
        assert!(clocks(&rule, at(KNOWN), Kind::Outage, false, &[]).is_empty(), "an outage is no breach");
    }

    #[test]
    fn each_hand_of_a_clock() {
        let rule = rule_of(at(KNOWN)).unwrap();
        let early = |steps: &[Step]| clocks(&rule, at(KNOWN), Kind::Leak, false, steps).remove(0);
        let open = early(&[]);
        assert_eq!(open.at(at("2026-11-25T23:59:59+09:00")), Hand::Running);
        assert_eq!(open.at(at("2026-11-26T00:00:01+09:00")), Hand::Pressing);
        assert_eq!(open.at(at("2026-11-28T00:00:00+09:00")), Hand::Pressing, "the very end still counts");
        assert_eq!(open.at(at("2026-11-28T00:00:01+09:00")), Hand::Overdue);
        let done = |when| early(&[step(StepKind::ReportedEarly, when)]).at(at("2027-06-01T00:00:00Z"));
        assert_eq!(done("2026-11-27T10:00:00+09:00"), Hand::Done);
        assert_eq!(done("2026-11-29T10:00:00+09:00"), Hand::DoneLate);
    }

    #[test]
    fn the_rule_of_the_day_counts() {
        let rule = |from: &str, days| {
            let text = format!(
                "from = {from}\nsource = \"s\"\nearly_aim_days = 3\nearly_due_days = 5\nfinal_days = {days}\nfinal_days_improper = 60\nreport_kinds = []"
            );
            toml::from_str::<Rule>(&text).expect("a rule")
        };
        let rules = || vec![rule("2030-01-01", 20), rule("2022-04-01", 30)];
        let days = |day: &str| pick(rules(), day.parse().expect("a day")).unwrap().final_days;
        assert_eq!((days("2029-12-31"), days("2030-01-01"), days("2020-01-01")), (30, 20, 30));
    }

    #[test]
    fn a_stolen_database_is_ciphertext_and_a_stolen_server_is_not() {
        let (lines, only) = key_proof(Custody::LocalKeyFile, &[Reached::Database, Reached::Backup]);
        assert!(only && lines.iter().any(|l| l.contains("暗号文だけ")), "{lines:?}");
        let (lines, only) = key_proof(Custody::LocalKeyFile, &[Reached::Database, Reached::Disk]);
        assert!(!only && lines.iter().any(|l| l.contains("読めた可能性")), "{lines:?}");
        assert!(!key_proof(Custody::LocalKeyFile, &[]).1, "nobody has said yet what was within reach");
    }
}
