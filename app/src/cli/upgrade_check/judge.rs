//! The plan in words, and what speaks against it.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use migration_plan::{Lock, Work};

use super::{Plan, measure};

pub fn text(plan: &Plan) -> String {
    let mut text = String::new();
    if plan.pending.is_empty() {
        text.push_str("足りない移行はありません。表はこの版のものです。\n");
    }
    for migration in &plan.pending {
        let _ = writeln!(text, "{}", migration.name);
        for (step, size) in &migration.steps {
            let table = if step.table.is_empty() { "（実行時に決まる）" } else { &step.table };
            let breaks = if step.breaks { "・前の版と合わない" } else { "" };
            let _ = writeln!(
                text,
                "  {table}  {} 行  {}（{}）・{}{breaks}\n      {}",
                size.rows,
                step.lock.name(),
                waiting(step.lock),
                work(step.work),
                step.statement
            );
        }
    }
    let minutes = seconds(plan) / 60.0;
    let _ = writeln!(
        text,
        "見込み時間  {minutes:.1} 分（ここで測った速さ：走査 {:.0} 行/秒、並べ替え {:.0} 行/秒）",
        plan.rates.scan, plan.rates.sort
    );
    let free = plan
        .free
        .map_or("このコマンドからは分かりません".to_owned(), |f| format!("{} MiB", f >> 20));
    let _ = writeln!(text, "必要な空き  {} MiB（いまの空き：{free}）", bytes(plan) >> 20);
    let drill = plan.drill.map_or("記録がありません".to_owned(), |d| {
        format!("{} {}", d.at.strftime("%Y-%m-%d %H:%M UTC"), if d.done { "成功" } else { "失敗" })
    });
    let _ = writeln!(text, "復元の訓練  {drill}");
    let together = if breaks(plan) {
        "できません（全員を止めて更新）"
    } else {
        "できます（1台ずつ更新）"
    };
    let _ = writeln!(text, "前の版と同時に動かすこと  {together}");
    text
}

fn waiting(lock: Lock) -> &'static str {
    match lock {
        Lock::Rows | Lock::Maintenance => "読み書きは続く",
        Lock::Writes => "書き込みが待つ",
        Lock::Everything => "この表の読み書きが待つ",
    }
}

fn work(work: Work) -> &'static str {
    match work {
        Work::Moment => "一瞬",
        Work::Scan => "全行を読む",
        Work::Index => "全行を読んで索引を作る",
        Work::Rewrite => "全行を書き直す",
        Work::Unknown => "実行するまで分からない",
    }
}

fn seconds(plan: &Plan) -> f64 {
    steps(plan).map(|(step, size)| measure::seconds(step, *size, plan.rates)).sum()
}

fn bytes(plan: &Plan) -> u64 {
    let all: i64 = steps(plan).map(|(step, size)| measure::bytes(step, *size)).sum();
    u64::try_from(all).unwrap_or(0)
}

fn breaks(plan: &Plan) -> bool {
    steps(plan).any(|(step, _)| step.breaks)
}

fn steps(plan: &Plan) -> impl Iterator<Item = &(migration_plan::Step, measure::Size)> {
    plan.pending.iter().flat_map(|m| &m.steps)
}

/// Reasons not to upgrade now; none when there is nothing to do.
pub fn against(plan: &Plan, drill_days: i64, now: Timestamp) -> Vec<String> {
    let mut reasons = Vec::new();
    for version in &plan.foreign {
        reasons.push(format!("V{version} の中身がこの配布物と違います。正式な配布物か確かめてください。"));
    }
    if plan.pending.is_empty() {
        return reasons;
    }
    match plan.drill {
        None => reasons
            .push("復元の訓練の記録がありません。先に renkei backup drill を実行してください。".to_owned()),
        Some(drill) if !drill.done => {
            reasons.push("最後の復元の訓練が失敗しています。戻せないまま更新しないでください。".to_owned());
        }
        Some(drill) if drill.age(now) > SignedDuration::from_hours(24 * drill_days) => {
            reasons.push(format!(
                "最後の復元の訓練が {drill_days} 日より前です。renkei backup drill を実行してください。"
            ));
        }
        Some(_) => {}
    }
    if plan.free.is_some_and(|free| free < bytes(plan)) {
        reasons.push("空き容量が足りません。".to_owned());
    }
    if breaks(plan) {
        reasons.push("前の版のサーバーが動いたままでは更新できません。".to_owned());
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{
        drill::Run,
        upgrade_check::{
            Pending,
            measure::{Rates, Size},
        },
    };

    fn now() -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * 1000)
    }

    fn plan(sql: &str) -> Plan {
        let size = Size { rows: 600_000, bytes: 1 << 30 };
        let steps = migration_plan::steps(sql).into_iter().map(|s| (s, size)).collect();
        Plan {
            pending: vec![Pending { name: "V99 test".into(), steps }],
            foreign: Vec::new(),
            rates: Rates { scan: 1e5, sort: 1e4 },
            free: Some(10 << 30),
            drill: Some(Run { at: now() - SignedDuration::from_hours(20), done: true }),
        }
    }

    #[test]
    fn a_proved_restore_and_room_are_asked_for() {
        let good = || plan("CREATE INDEX i ON care.post (a)");
        assert!(against(&good(), 7, now()).is_empty());
        let text = text(&good());
        assert!(
            text.contains("1.0 分")
                && text.contains("必要な空き  512 MiB")
                && text.contains("書き込みが待つ"),
            "{text}"
        );
        let reasons = |change: fn(&mut Plan)| {
            let mut plan = good();
            change(&mut plan);
            against(&plan, 7, now()).len()
        };
        assert_eq!(reasons(|p| p.drill = None), 1);
        assert_eq!(reasons(|p| p.drill.as_mut().unwrap().done = false), 1);
        assert_eq!(reasons(|p| p.drill.as_mut().unwrap().at = now() - SignedDuration::from_hours(24 * 8)), 1);
        assert_eq!(reasons(|p| p.free = Some(1 << 20)), 1);
        assert_eq!(reasons(|p| p.free = None), 0);
        assert_eq!(reasons(|p| p.foreign = vec![3]), 1);
        assert_eq!(against(&plan("ALTER TABLE care.post DROP COLUMN a"), 7, now()).len(), 1);
    }

    #[test]
    fn nothing_to_do_needs_no_drill() {
        let mut plan = plan("");
        plan.pending.clear();
        plan.drill = None;
        assert!(against(&plan, 7, now()).is_empty());
        assert!(text(&plan).contains("足りない移行はありません"));
    }
}
