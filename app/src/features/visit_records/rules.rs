//! How a visit record reads as a post. Pure.

use jiff::civil::{Date, Time};

use super::model::Record;
use crate::{
    web::ui::time::{of_day, with_year},
    words::{is_english, stored},
};

const WEEKDAYS: [char; 7] = ['月', '火', '水', '木', '金', '土', '日'];

/// `2026年12月4日(金) 10:00`: whole, because a post is read years later.
pub fn day_words(day: Date, at: Option<Time>) -> String {
    if is_english() {
        let clock = at.map(|at| format!(" {}", of_day(at))).unwrap_or_default();
        return format!("{}{clock}", with_year(day));
    }
    let weekday = WEEKDAYS[usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or_default()];
    let day = format!("{}年{}月{}日({weekday})", day.year(), day.month(), day.day());
    at.map_or(day.clone(), |at| format!("{day} {}", of_day(at)))
}

/// The body of the post. What was left empty is not there, except what 在宅医療情報連携加算 asks in any case: whether the plan
/// changed, and the next date, where there is one.
pub fn body(record: &Record) -> String {
    stored(|| written(record))
}

fn written(record: &Record) -> String {
    let mut parts = vec![format!("【訪問記録】{} {}", record.kind.label(), day_words(record.day, record.at))];
    let mut part = |heading: &str, text: &str| {
        if !text.is_empty() {
            parts.push(format!("■{heading}\n{text}"));
        }
    };
    part("行ったこと", &record.did);
    part("様子", &record.condition);
    let plan = if record.plan_changed { format!("あり\n{}", record.plan) } else { "なし".to_owned() };
    part("計画の変更", &plan);
    part("留意点", &record.cautions);
    if let Some(next) = record.next {
        part("次回の訪問", &day_words(next.day, next.at));
    }
    parts.join("\n\n")
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};

    use super::*;
    use crate::features::{visit_records::model::Next, visits::model::Kind};

    #[test]
    fn a_record_reads_as_a_post_and_always_says_whether_the_plan_changed() {
        let mut record = Record {
            kind: Kind::Medical,
            day: date(2026, 12, 4),
            at: Some(time(10, 5, 0, 0)),
            did: "診察、採血".into(),
            condition: String::new(),
            plan_changed: true,
            plan: "利尿薬を半量に".into(),
            cautions: "体重が2kg増えたら連絡".into(),
            next: Some(Next { day: date(2026, 12, 18), at: None }),
        };
        assert_eq!(
            body(&record),
            "【訪問記録】訪問診療 2026年12月4日(金) 10:05\n\n■行ったこと\n診察、採血\n\n■計画の変更\nあり\n利尿薬を半量に\n\n■留意点\n体重が2kg増えたら連絡\n\n■次回の訪問\n2026年12月18日(金)"
        );
        (record.plan_changed, record.plan, record.next) = (false, String::new(), None);
        assert!(body(&record).contains("■計画の変更\nなし") && !body(&record).contains("次回"));
    }
}
