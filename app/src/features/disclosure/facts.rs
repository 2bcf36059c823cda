//! Measured facts: a value, when it was measured, whether it is as it should be, and how old it may be.
//!
//! A capability that measures something sets its code in [`measure`]; what nobody has measured stands as such and makes
//! every はい that rests on it an いいえ.

use jiff::{SignedDuration, Timestamp};

use super::{acts::House, measured};
use crate::{Result, app::App, web::ui::time};

/// One measurement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// In `controls.toml`.
    pub code: &'static str,
    pub title: &'static str,
    /// `None`: never measured.
    pub value: Option<String>,
    pub at: Option<Timestamp>,
    /// Whether the value is what it has to be.
    pub good: bool,
    /// Older than this it counts for nothing.
    pub max_age: SignedDuration,
}

const DAY: SignedDuration = SignedDuration::from_hours(24);

impl Fact {
    /// Measured in this very moment.
    fn now(code: &'static str, title: &'static str, value: String, good: bool, now: Timestamp) -> Self {
        Self { code, title, value: Some(value), at: Some(now), good, max_age: DAY }
    }

    /// What nothing in this deployment measures yet.
    const fn unknown(code: &'static str, title: &'static str, max_age: SignedDuration) -> Self {
        Self { code, title, value: None, at: None, good: false, max_age }
    }

    /// Why it backs nothing; `None`: it does.
    pub fn doubt(&self, now: Timestamp) -> Option<String> {
        let Some((value, at)) = self.value.as_ref().zip(self.at) else {
            return Some(format!("{}を、まだ測っていません", self.title));
        };
        if now.duration_since(at) > self.max_age {
            return Some(format!("{}の測定が古くなっています（{}）", self.title, time::to_the_second(at)));
        }
        (!self.good).then(|| format!("{}: {value}", self.title))
    }

    /// The value with its time, for a sentence or a cell.
    pub fn in_words(&self) -> String {
        match (&self.value, self.at) {
            (Some(value), Some(at)) => format!("{value}（{} 測定）", time::to_the_second(at)),
            _ => "まだ測っていません".to_owned(),
        }
    }
}

/// Everything that is measured, in the order of the appendix.
pub async fn measure(app: &App, house: &House, now: Timestamp) -> Result<Vec<Fact>> {
    let mut facts = of_house(house, now);
    facts.extend(unknown());
    measured::fill(&mut facts, app, now).await?;
    Ok(facts)
}

/// What the database says about itself.
pub fn of_house(house: &House, now: Timestamp) -> Vec<Fact> {
    let all = house.staff > 0 && house.two_factor == house.staff;
    let fact = |code, title, value, good| Fact::now(code, title, value, good, now);
    vec![
        fact(
            "append_only",
            "書きかえと削除の権利",
            format!(
                "記録の表を書きかえられる役割の権利 {}件、休んでいる番人 {}件",
                house.rewriters, house.guards
            ),
            house.rewriters == 0 && house.guards == 0,
        ),
        fact(
            "row_security",
            "行ごとのアクセス制御",
            format!("制御のかかっていない表 {}件", house.blind),
            house.blind == 0,
        ),
        fact(
            "two_factor",
            "二要素の認証",
            format!("利用中のスタッフ {}人のうち {}人が設定ずみ", house.staff, house.two_factor),
            all,
        ),
        fact(
            "operators",
            "運営者の数",
            format!("{}人（全員が二要素）", house.operators),
            house.operators > 0,
        ),
        fact(
            "synchronous",
            "データベースの同期の写し",
            if house.synchronous { "あり" } else { "なし" }.to_owned(),
            house.synchronous,
        ),
        fact(
            "checksums",
            "データベースの誤り検出符号",
            if house.checksums { "あり" } else { "なし" }.to_owned(),
            house.checksums,
        ),
    ]
}

fn unknown() -> Vec<Fact> {
    let week = SignedDuration::from_hours(24 * 7);
    let month = SignedDuration::from_hours(24 * 31);
    vec![
        Fact::unknown("clock", "時計のずれ", DAY),
        Fact::unknown("tls", "TLSの設定表", week),
        Fact::unknown("availability", "稼働率（月ごと）", month),
        Fact::unknown("backup", "最後のバックアップ", SignedDuration::from_hours(30)),
        Fact::unknown("generations", "バックアップの世代", SignedDuration::from_hours(30)),
        Fact::unknown("immutable", "書きかえられない保管庫", week),
        Fact::unknown("drill", "最後に成功した復元の訓練", week),
        Fact::unknown("waf", "WAFの試験", month),
        Fact::unknown("alarms", "警報の見張りと知らせ先", DAY),
        Fact::unknown("fingerprint", "予定にない変更の検査", SignedDuration::from_hours(3)),
        Fact::unknown("incidents", "事故の記録と訓練", DAY),
    ]
}

/// Fills in a measurement under its code: a value, whether it is what it has to be, and when it was taken.
pub fn set(facts: &mut [Fact], code: &str, value: String, good: bool, at: Timestamp) {
    if let Some(fact) = facts.iter_mut().find(|f| f.code == code) {
        (fact.value, fact.good, fact.at) = (Some(value), good, Some(at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_backs_only_while_it_is_good_and_fresh() {
        let at: Timestamp = "2026-11-20T00:00:00Z".parse().unwrap();
        let mut facts = unknown();
        let doubt = |facts: &[Fact], hours| {
            facts.iter().find(|f| f.code == "backup").unwrap().doubt(at + SignedDuration::from_hours(hours))
        };
        assert!(doubt(&facts, 0).unwrap().contains("まだ測っていません"));
        set(&mut facts, "backup", "8世代".into(), true, at);
        assert_eq!(doubt(&facts, 29), None);
        assert!(doubt(&facts, 31).unwrap().contains("古く"));
        set(&mut facts, "backup", "失敗".into(), false, at);
        assert!(doubt(&facts, 1).unwrap().contains("失敗"));
    }
}
