//! What other capabilities measure, as facts of the disclosure.

use jiff::{SignedDuration, Timestamp};

use super::facts::{Fact, set};
use crate::{
    Result,
    app::App,
    features::{alarms, backups, incidents, status},
    watch,
    web::{page::grouped, ui::time},
};

/// A clock further off than this is an alarm (milliseconds).
const CLOCK: i32 = 1_000;
/// A drill of an incident counts this long.
const YEAR: SignedDuration = SignedDuration::from_hours(24 * 365);

/// Fills in everything that has been measured so far.
pub async fn fill(facts: &mut [Fact], app: &App, now: Timestamp) -> Result<()> {
    backups(facts, app, now).await?;
    generations(facts, app, now).await?;
    watching(facts, app).await?;
    incidents(facts, app, now).await?;
    availability(facts, app).await?;
    front(facts, app).await?;
    clock(facts, app, now).await?;
    port(facts, app, now)
}

async fn backups(facts: &mut [Fact], app: &App, now: Timestamp) -> Result<()> {
    let said = backups::facts(&app.db).await?;
    if let Some(run) = &said.backup {
        let failed = said.backup_failed.as_ref().is_some_and(|f| f.finished > run.finished);
        let size = run.bytes.and_then(|b| u64::try_from(b).ok()).unwrap_or_default();
        let value = if failed {
            format!("{}のあと、失敗しています", time::to_the_second(run.finished))
        } else {
            format!("{}にできました（{}バイト）", time::to_the_second(run.finished), grouped(size))
        };
        set(facts, "backup", value, !failed, run.finished);
    }
    if let Some(run) = &said.drill {
        let took = run.finished.duration_since(run.started).as_secs().max(0);
        let value = format!(
            "{}の状態への復元に成功（{}分{}秒、記録{}件を確かめた）",
            run.to.map_or_else(|| "最新".to_owned(), time::to_the_second),
            took / 60,
            took % 60,
            grouped(run.records.and_then(|n| u64::try_from(n).ok()).unwrap_or_default())
        );
        set(facts, "drill", value, said.proved(), run.finished);
    }
    if let Some(run) = &said.vault {
        let value = if said.immutable(now) {
            "書きかえも削除もできない写しがある"
        } else {
            "書きかえられない写しは、まだない"
        };
        set(facts, "immutable", value.to_owned(), said.immutable(now), run.finished);
    }
    Ok(())
}

/// From what the schedule last found in the repository.
async fn generations(facts: &mut [Fact], app: &App, now: Timestamp) -> Result<()> {
    let Some(kept) = backups::kept(&app.db).await? else { return Ok(()) };
    let range = match (kept.whole.first(), kept.whole.last()) {
        (Some(oldest), Some(newest)) => {
            format!("（{}から{}まで）", time::to_the_second(*oldest), time::to_the_second(*newest))
        }
        _ => String::new(),
    };
    let damaged = match kept.damaged {
        0 => String::new(),
        n => format!("、欠けている世代 {n}"),
    };
    let value = format!("そろっている世代 {}{range}{damaged}", kept.whole.len());
    let good = kept.as_it_should(app.config.backup.backup_time()?, now);
    set(facts, "generations", value, good, kept.at);
    Ok(())
}

async fn watching(facts: &mut [Fact], app: &App) -> Result<()> {
    let said = alarms::facts(app).await?;
    if let Some(at) = said.looked_at {
        let told = said.told_by_mail || said.told_by_webhook;
        let how = match (said.told_by_mail, said.told_by_webhook) {
            (true, true) => "メールと自動の連絡で知らせる",
            (true, false) => "メールで知らせる",
            (false, true) => "自動の連絡で知らせる",
            (false, false) => "知らせる先が、まだ決まっていない",
        };
        set(facts, "alarms", format!("{}種類を15秒ごとに見ている。{how}", said.rules), told, at);
    }
    if let Some(at) = said.compared_at {
        let value = said.accepted.as_ref().map_or_else(
            || "比べるもとが、まだ認められていない".to_owned(),
            |(since, _)| format!("{}に認めた状態と、1時間ごとに比べている", time::to_the_second(*since)),
        );
        set(facts, "fingerprint", value, said.accepted.is_some(), at);
    }
    Ok(())
}

async fn incidents(facts: &mut [Fact], app: &App, now: Timestamp) -> Result<()> {
    let said = incidents::acts::facts(app).await?;
    let drilled = said.last_drill.filter(|at| now.duration_since(*at) < YEAR);
    let drill = drilled
        .map_or_else(|| "1年以内の訓練なし".to_owned(), |at| format!("訓練 {}", time::to_the_second(at)));
    let value = format!(
        "情報に関わる事故 {}件、ほかの事故 {}件、対応中 {}件、{drill}",
        said.breaches, said.others, said.open
    );
    set(facts, "incidents", value, drilled.is_some(), now);
    Ok(())
}

/// The promise: per million requests of the synthetic users that succeed within a minute, automatic retries included.
const PROMISE: u64 = 999_998;

async fn availability(facts: &mut [Fact], app: &App) -> Result<()> {
    let Some(said) = status::facts(app).await? else { return Ok(()) };
    let value = format!(
        "{}（{}からの試し{}回のうち、60秒以内に成功した割合。3秒以内は{}）",
        status::percent(said.figures.per_million()),
        said.since,
        grouped(said.figures.asked),
        status::percent(said.figures.at_once_per_million()),
    );
    let kept = said.figures.per_million().is_some_and(|n| n >= PROMISE) && said.figures.lost == 0;
    set(facts, "availability", value, kept, said.at);
    Ok(())
}

async fn front(facts: &mut [Fact], app: &App) -> Result<()> {
    let Some(trial) = status::trial(app).await? else { return Ok(()) };
    let value = format!(
        "攻撃の見本{}件のうち{}件を入口で断った。ふつうの文{}件のうち{}件を通した",
        trial.attacks,
        trial.attacks_refused,
        trial.sentences,
        trial.sentences - trial.sentences_refused
    );
    set(facts, "waf", value, trial.is_good(), trial.at);
    Ok(())
}

fn port(facts: &mut [Fact], app: &App, now: Timestamp) -> Result<()> {
    let sheet = app.port.sheet(&app.config)?;
    let holds = app.config.base_url.starts_with("https://") && sheet.holds();
    let value = if holds {
        "高セキュリティ型の設定に合っている"
    } else {
        "高セキュリティ型の設定に、合っていない項目がある"
    };
    set(facts, "tls", value.to_owned(), holds, now);
    Ok(())
}

/// The clock of this node: against the database's, and whether the system keeps it to standard time.
async fn clock(facts: &mut [Fact], app: &App, now: Timestamp) -> Result<()> {
    let offset = watch::clock::offset_ms(app).await?;
    let ntp = watch::clock::ntp().await;
    let kept = match ntp {
        "synchronised" => "標準時に合わせている",
        "unsynchronised" => "時刻合わせが効いていない",
        _ => "時刻合わせの仕組みが見つからない",
    };
    let good = ntp == "synchronised" && offset.abs() < CLOCK;
    set(facts, "clock", format!("{kept}。データベースの時計とのずれ {offset}ミリ秒"), good, now);
    Ok(())
}
