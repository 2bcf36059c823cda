//! The newest backup, and the newest proof that one can be restored.

use jiff::{SignedDuration, Timestamp};

use super::{Finding, Site, Words, not_seen, words};
use crate::{
    Result,
    cli::drill::{self, Run},
};

/// A backup a day, a drill a night; half a day for a machine that was off.
const OLDEST: SignedDuration = SignedDuration::from_hours(36);

pub async fn check(site: &Site) -> Vec<Finding> {
    if site.config().is_none() {
        return Vec::new();
    }
    match look(site).await {
        Ok((backup, drill)) => vec![
            judge("backup_age", backup, || words!("バックアップ", "backup")),
            judge("drill_age", drill, || words!("復元の訓練", "restore drill")),
        ],
        Err(why) => vec![not_seen("backup_age", "care.backup_run", &why)],
    }
}

async fn look(site: &Site) -> Result<(Option<Run>, Option<Run>)> {
    let job = site.connect("renkei_job").await?;
    Ok((drill::newest(&job, "backup").await?, drill::newest(&job, "drill").await?))
}

fn judge(name: &'static str, run: Option<Run>, of: fn() -> Words) -> Finding {
    const PLACE: &str = "care.backup_run";
    let Words { ja, en } = of();
    let fix = words!(
        "renkei backup now と renkei backup drill を実行してください（docs/operations/backup.md）",
        "run `renkei backup now` and `renkei backup drill` (docs/operations/backup.md)"
    );
    let Some(run) = run else {
        let what = words!("{ja}の記録がまだありません", "no {en} has been noted yet");
        return Finding::warning(name, PLACE, what, fix);
    };
    let age = run.age(Timestamp::now());
    let hours = age.as_hours();
    if !run.done {
        return Finding::bad(name, PLACE, words!("最後の{ja}は失敗しています", "the last {en} failed"), fix);
    }
    let what = words!("最後の{ja}は {hours} 時間前です", "the last {en} was {hours} hours ago");
    if age > OLDEST { Finding::bad(name, PLACE, what, fix) } else { Finding::ok(name, PLACE, what) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::State;

    #[test]
    fn a_failed_or_old_run_is_bad_and_none_at_all_a_warning() {
        let run = |hours, done| Some(Run { at: Timestamp::now() - SignedDuration::from_hours(hours), done });
        let state = |run| judge("drill_age", run, || words!("訓練", "drill")).state;
        assert_eq!(state(run(20, true)), State::Ok);
        assert_eq!(state(run(37, true)), State::Bad);
        assert_eq!(state(run(1, false)), State::Bad);
        assert_eq!(state(None), State::Warning);
    }
}
