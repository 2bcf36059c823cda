//! What one node does all the time: files every few seconds, a heartbeat twice a minute, the heads every few minutes, a
//! backup every day, a drill every night. Leadership is an advisory lock on a connection that stays open.

use std::time::Duration;

use generations::vault;
use jiff::{Timestamp, Zoned, civil::Time, tz::TimeZone};
use tokio_postgres::Config as PgConfig;

use super::{Facts, Place, Trouble, drill, make, store};
use crate::{Result, cli::deployment, config::Config};

/// New files are in the repository after at most this long: well before the log that names them.
const FILES: Duration = Duration::from_secs(5);
/// In steps of [`FILES`]: every half minute, every ten minutes.
const HEARTBEAT: u64 = 6;
const HEADS: u64 = 120;
/// A vault that has not pulled for this long is not counted on.
const SILENT: i64 = 15 * 60;
/// A failed backup or drill is tried again after this.
const AGAIN: i64 = 15 * 60;

/// Runs until it is aborted. Trouble is logged and tried again; nothing here ends the service.
pub async fn run(config: Config, job: PgConfig) {
    loop {
        match keep(&config, &job).await {
            Ok(()) => {}
            Err(Trouble::Off) => return,
            Err(trouble @ (Trouble::Refused(_) | Trouble::Engine(pgbackrest::Error::NotInstalled))) => {
                tracing::warn!(%trouble, "backups are not kept by this process");
                return;
            }
            Err(trouble) => tracing::error!(code = trouble.code(), %trouble, "backups"),
        }
        tokio::time::sleep(Duration::from_secs(30)).await;
    }
}

async fn keep(config: &Config, job: &PgConfig) -> Result<(), Trouble> {
    let place = Place::open(config, job)?;
    let leader = deployment::connect(&place.job).await?;
    if !leader.query_one(store::LEAD, &[]).await?.get::<_, bool>(0) {
        return Ok(());
    }
    place.engine.prepare().await?;
    let mut mirror = generations::Mirror::open(&config.blobs, &place.store).await?;
    for step in 0.. {
        if leader.is_closed() {
            return Ok(());
        }
        mirror.ship().await?;
        if step % HEARTBEAT == 0 {
            make::heartbeat(&place).await?;
            let facts = Facts::of(&leader.query(store::FACTS, &[]).await?);
            take_note_of_vault(&place, &facts).await?;
            daily(&place, &facts).await?;
        }
        if step % HEADS == HEADS - 1 {
            make::publish(&place).await?;
        }
        tokio::time::sleep(FILES).await;
    }
    Ok(())
}

/// What the vault says of itself, once a day and whenever it changes. A vault that is not configured says nothing, and the
/// product says いいえ to immutable.
async fn take_note_of_vault(place: &Place, facts: &Facts) -> Result<(), Trouble> {
    let folder = &place.config.backup.vault;
    if folder.as_os_str().is_empty() {
        return Ok(());
    }
    let state = vault::State::read(folder);
    let newest = state.as_ref().ok().and_then(|state| state.generations.last().map(String::as_str));
    let code = match &state {
        Err(_) => Some("vault_silent"),
        Ok(state) if Timestamp::now().as_second() - state.pulled_at.as_second() > SILENT => {
            Some("vault_silent")
        }
        Ok(state) if !state.faults.is_empty() => Some("vault_fault"),
        Ok(_) => None,
    };
    let immutable = code != Some("vault_silent") && state.as_ref().is_ok_and(|state| state.immutable);
    let known = facts.vault.as_ref().is_some_and(|run| {
        run.generation.as_deref() == newest && run.immutable == Some(immutable) && run.code.as_deref() == code
    });
    if known {
        return Ok(());
    }
    let files = state.as_ref().ok().and_then(|state| i64::try_from(state.copied).ok());
    let (started, immutable) = (Timestamp::now(), Some(immutable));
    make::note(
        place,
        &make::Note {
            kind: "vault",
            started,
            generation: newest,
            files,
            immutable,
            code,
            ..Default::default()
        },
    )
    .await
}

/// Whatever is due. A failure is noted by the run itself, and the next steps go on.
async fn daily(place: &Place, facts: &Facts) -> Result<(), Trouble> {
    let now = Timestamp::now().to_zoned(zone()?);
    let section = &place.config.backup;
    let tried = facts.backup_failed.as_ref().map(|run| run.finished);
    if due(&now, section.backup_time()?, facts.backup.as_ref().map(|run| run.started), tried, true) {
        if let Err(trouble) = make::now(place, &mut |_| {}).await {
            tracing::error!(code = trouble.code(), %trouble, "the backup failed");
        }
        return Ok(());
    }
    let tried = facts.drill_failed.as_ref().map(|run| run.finished);
    if due(&now, section.drill_time()?, facts.drill.as_ref().map(|run| run.started), tried, false) {
        let outcome = drill::run(place, false, &mut |_| {}).await?;
        for finding in &outcome.bad {
            tracing::error!(code = finding.code, finding = finding.text, "the drill found something");
        }
    }
    Ok(())
}

/// Whether today's time (or, before it, yesterday's) has passed since the last success. Without any success a backup is
/// due at once, a drill at its time.
fn due(
    now: &Zoned,
    at: Time,
    last: Option<Timestamp>,
    failed: Option<Timestamp>,
    first_at_once: bool,
) -> bool {
    let today = now.with().time(at).build();
    let latest = match today {
        Ok(today) if today <= *now => Ok(today),
        Ok(today) => today.yesterday().and_then(|day| day.with().time(at).build()),
        Err(error) => Err(error),
    };
    let Ok(latest) = latest.map(|zoned| zoned.timestamp()) else { return false };
    if failed.is_some_and(|failed| now.timestamp().as_second() - failed.as_second() < AGAIN) {
        return false;
    }
    match last {
        Some(last) => last < latest,
        None => {
            first_at_once
                || failed.is_none_or(|failed| failed < latest)
                    && now.timestamp().as_second() - latest.as_second() < AGAIN
        }
    }
}

fn zone() -> Result<TimeZone, Trouble> {
    Ok(TimeZone::get("Asia/Tokyo").map_err(crate::Error::internal)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Zoned {
        text.parse::<Timestamp>().expect("a time").to_zoned(zone().expect("the zone"))
    }

    #[test]
    fn a_backup_is_due_once_a_day_and_at_once_where_there_is_none() {
        let two = Time::constant(2, 0, 0, 0);
        let (before, after) = (at("2026-04-01T01:59:00+09:00"), at("2026-04-01T02:00:30+09:00"));
        let last = Some(at("2026-03-31T02:00:10+09:00").timestamp());
        assert!(!due(&before, two, last, None, true), "yesterday's was made");
        assert!(due(&after, two, last, None, true));
        assert!(!due(&after, two, Some(after.timestamp()), None, true));
        assert!(due(&before, two, None, None, true), "the first at once");
        let days_off = at("2026-04-05T12:00:00+09:00");
        assert!(due(&days_off, two, last, None, true), "a machine that was off makes it up");
    }

    #[test]
    fn a_failure_is_tried_again_after_a_while_and_a_first_drill_waits_for_its_time() {
        let two = Time::constant(2, 0, 0, 0);
        let now = at("2026-04-01T02:10:00+09:00");
        let last = Some(at("2026-03-31T02:00:10+09:00").timestamp());
        assert!(!due(&now, two, last, Some(at("2026-04-01T02:00:30+09:00").timestamp()), true));
        assert!(due(&now, two, last, Some(at("2026-04-01T01:50:30+09:00").timestamp()), true));
        assert!(due(&now, two, None, None, false));
        assert!(!due(&at("2026-04-01T12:00:00+09:00"), two, None, None, false));
    }
}
