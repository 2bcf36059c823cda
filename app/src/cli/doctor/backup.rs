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
        Ok((backup, drill, copies)) => [
            Some(judge("backup_age", backup, || words!("バックアップ", "backup"))),
            Some(judge("drill_age", drill, || words!("復元の訓練", "restore drill"))),
            copies.map(|code| vault(&code)),
        ]
        .into_iter()
        .flatten()
        .collect(),
        Err(why) => vec![not_seen("backup_age", "care.backup_run", &why)],
    }
}

/// The newest runs, and what was last said of the vault or the bucket.
async fn look(site: &Site) -> Result<(Option<Run>, Option<Run>, Option<String>)> {
    let job = site.connect("renkei_job").await?;
    let (backup, proof) = (drill::newest(&job, "backup").await?, drill::newest(&job, "drill").await?);
    Ok((backup, proof, drill::vault(&job).await?))
}

/// `code`: empty where it is well.
fn vault(code: &str) -> Finding {
    const NAME: &str = "vault";
    const PLACE: &str = "care.backup_run";
    match code {
        "" => Finding::ok(
            NAME,
            PLACE,
            words!("書きかえられない写しがあります", "copies that cannot be changed are there"),
        ),
        "vault_silent" => Finding::bad(
            NAME,
            PLACE,
            words!("保管庫が15分以上、写しをとっていません", "the vault has not pulled for 15 minutes"),
            words!(
                "保管庫のサーバーで renkei vault pull が動いているか、[backup] vault のフォルダーが見えるかを確かめてください",
                "see whether `renkei vault pull` runs on the vault's host, and whether the folder of [backup] vault can be seen"
            ),
        ),
        "vault_unseen" => Finding::bad(
            NAME,
            PLACE,
            words!("保管庫を、26時間以上だれも見ていません", "nobody has looked at the vault for 26 hours"),
            words!(
                "バックアップを受けもつ renkei が動いているかを確かめてください（docs/operations/backup.md）",
                "see whether the process that keeps the backups runs (docs/operations/backup.md)"
            ),
        ),
        "vault_not_immutable" => Finding::bad(
            NAME,
            PLACE,
            words!(
                "保管庫の写しは、書きかえも削除もできる状態です",
                "the vault's copies can be changed and deleted"
            ),
            words!(
                "renkei vault pull を、保管庫のサーバーの root で、ext4・XFS・Btrfs のディスクに向けて動かしてください（docs/operations/backup.md）",
                "run `renkei vault pull` as root of the vault's host, on ext4, XFS or Btrfs (docs/operations/backup.md)"
            ),
        ),
        "bucket_not_locked" => Finding::bad(
            NAME,
            PLACE,
            words!(
                "バケットに、消せない期間（COMPLIANCE）の既定がありません。鍵を持つ人は、だれでもバックアップを消せます",
                "the bucket has no default retention (COMPLIANCE) for as many days as generations are kept: whoever has the key can delete the backups"
            ),
            words!(
                "Object Lock を有効にして作ったバケットに、世代の数以上の日数の既定を設定してください（docs/operations/backup.md）",
                "give a bucket made with Object Lock a default retention of at least as many days as generations (docs/operations/backup.md)"
            ),
        ),
        _ => Finding::bad(
            NAME,
            PLACE,
            words!(
                "保管庫が、おかしなものを見つけています。片づくまで、古い世代も残り、ディスクが増えつづけます",
                "the vault found something; until it is cleared nothing old leaves it, and its disk fills"
            ),
            words!(
                "renkei backup list で中身を見て、docs/operations/backup.md の「When the vault finds something」のとおりにしてください",
                "see what with `renkei backup list`, then docs/operations/backup.md, \"When the vault finds something\""
            ),
        ),
    }
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

    #[test]
    fn a_vault_that_is_not_well_is_bad_and_says_what_to_do() {
        assert_eq!(vault("").state, State::Ok);
        for code in
            ["vault_silent", "vault_unseen", "vault_not_immutable", "vault_fault", "bucket_not_locked"]
        {
            assert_eq!(vault(code).state, State::Bad, "{code}");
        }
    }
}
