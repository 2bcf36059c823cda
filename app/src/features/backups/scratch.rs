//! A cluster made from a backup: restored, started, replayed, promoted. It archives nothing.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use pgbackrest::{Engine, Target};
use private_postgres::{Cluster, Options};

use super::{Place, Trouble};
use crate::{
    Error,
    cli::deployment::{self, DATABASE},
    db,
};

/// Replaying a day's log of a large deployment takes its time.
const PATIENCE: Duration = Duration::from_secs(24 * 3600);
const SEGMENT: u64 = 16 << 20;

/// A folder that goes away with everything in it.
#[derive(Debug)]
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    /// Beside the engine's working folder: on a disk that holds clusters, where their owner may pass.
    pub(super) fn beside(place: &Place, purpose: &str) -> Self {
        let engine = &place.config.backup.engine;
        let name = format!("{purpose}-{}", uuid::Uuid::new_v4().simple());
        Self(engine.parent().unwrap_or(engine).join(name))
    }

    /// It stays after all.
    pub(super) fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.0.exists()
            && let Err(error) = std::fs::remove_dir_all(&self.0)
        {
            tracing::warn!(%error, folder = %self.0.display(), "a scratch folder could not be removed");
        }
    }
}

/// Restores into `into/cluster` and starts it. Any end of the log before its known end is an error that names the place.
pub(super) async fn bring_up(
    place: &Place,
    into: &Path,
    label: Option<&str>,
    target: Target,
    say: &mut (dyn FnMut(&str) + Send),
) -> Result<Cluster, Trouble> {
    enough_room(place, into, label).await?;
    let (cluster, owner) = private_postgres::make_room(into)?;
    let engine = place.engine_into(&cluster, &into.join("pgbackrest"), &owner)?;
    engine.restore(label, target, &mut |percent| say(&format!("the database's files: {percent} %"))).await?;
    say("replaying the log …");
    let cluster = match start(into).await {
        Ok(cluster) => cluster,
        Err(private_postgres::Error::DidNotStart { log, tail }) => {
            return Err(why_not(place, &log, &tail, target).await);
        }
        Err(error) => return Err(error.into()),
    };
    if target == Target::Newest
        && let Err(trouble) = reached_the_end(&engine, into, &cluster).await
    {
        cluster.stop().await?;
        return Err(trouble);
    }
    Ok(cluster)
}

async fn start(into: &Path) -> Result<Cluster, private_postgres::Error> {
    let settings = [("archive_mode", "off"), ("archive_command", ""), ("hot_standby", "off")];
    let options = Options {
        data: into.to_owned(),
        settings: settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        port: 5432,
        roles: db::LOGIN_ROLES.iter().map(|role| (*role).to_owned()).collect(),
    };
    Cluster::start_within(options, PATIENCE).await
}

async fn enough_room(place: &Place, into: &Path, label: Option<&str>) -> Result<(), Trouble> {
    let generations = place.engine.info().await?.generations;
    let wanted = match label {
        Some(label) => generations.iter().find(|generation| generation.label == label),
        None => generations.last(),
    };
    let Some(wanted) = wanted else {
        return Err(pgbackrest::Error::NoBackup(match label {
            Some(label) => format!("the generation {label} is not in the repository"),
            None => "the repository holds no generation".into(),
        })
        .into());
    };
    let there = into.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("/"));
    let disk = rustix::fs::statvfs(there).map_err(Error::internal)?;
    let (free, needed) = (disk.f_bavail * disk.f_frsize, wanted.bytes + wanted.bytes / 5);
    if free < needed {
        return Err(Trouble::Refused(format!(
            "{} has {} MB free, the restore needs {} MB",
            there.display(),
            free >> 20,
            needed >> 20
        )));
    }
    Ok(())
}

/// A server that gives up while it replays has not reached the wanted time: because it never was saved, or because a
/// segment before it is damaged or missing.
async fn why_not(place: &Place, log: &Path, tail: &str, target: Target) -> Trouble {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let replayed = text.rsplit("restored log file \"").next().filter(|_| text.contains("restored log file"));
    let replayed = replayed.and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned();
    if text.contains("recovery stop point is before consistent recovery point") {
        return Trouble::NotReached(
            "the wanted time is before this generation was complete; choose an older one".into(),
        );
    }
    if !text.contains("recovery ended before configured recovery target") {
        return Trouble::Log(format!("after segment {replayed}: {tail}"));
    }
    let last = match place.engine.info().await {
        Ok(info) => info.archives.last().map(|archive| archive.last.clone()).unwrap_or_default(),
        Err(error) => return error.into(),
    };
    if text.contains("is not a child of this server's history") || replayed.get(..8) != last.get(..8) {
        return Trouble::NotReached(
            "the wanted time lies on a history that a later restore left behind; --left-behind goes there"
                .into(),
        );
    }
    if replayed >= last && matches!(target, Target::Time(_) | Target::TimeLeftBehind(_)) {
        return Trouble::NotReached("the wanted time is later than what was saved; use --to newest".into());
    }
    Trouble::Log(format!(
        "right after segment {replayed}; it goes on to {last}, but cannot be replayed that far"
    ))
}

const HISTORY: &str = "SELECT pg_catalog.pg_read_file('pg_wal/' || pg_catalog.lpad(pg_catalog.upper(pg_catalog.to_hex(c.timeline_id)), 8, '0') || '.history') FROM pg_catalog.pg_control_checkpoint() c";

/// PostgreSQL takes a segment that it cannot read for the end of the log, without an error. So the place where this
/// cluster left its old timeline is compared with what the repository has; where it is in the last segment, that one is
/// held against its digest.
async fn reached_the_end(engine: &Engine, into: &Path, cluster: &Cluster) -> Result<(), Trouble> {
    let client = deployment::connect(&cluster.config("postgres", DATABASE)).await?;
    client.batch_execute("CHECKPOINT").await?;
    let history: String = client.query_one(HISTORY, &[]).await?.get(0);
    let Some((timeline, end)) = left_at(&history) else { return Ok(()) };
    let last = engine.info().await?.archives.pop().map(|archive| archive.last).unwrap_or_default();
    let Some((kept, position)) = segment(&last) else { return Ok(()) };
    if kept != timeline || end >= (position + 1) * SEGMENT {
        return Ok(());
    }
    if end > position * SEGMENT && engine.segment_holds(&last, &into.join("pgbackrest")).await? {
        return Ok(());
    }
    let stopped = end / SEGMENT;
    Err(Trouble::Log(format!(
        "at segment {timeline:08X}{:08X}{:08X}: replaying stopped there, though the log goes on to the end of {last}",
        stopped >> 8,
        stopped & 0xff
    )))
}

/// The last line of a timeline's history: `1\t0/A000060\tno recovery target specified`.
fn left_at(history: &str) -> Option<(u32, u64)> {
    let line = history.lines().rev().find(|line| line.contains('/'))?;
    let mut fields = line.split_whitespace();
    let timeline = fields.next()?.parse().ok()?;
    let (high, low) = fields.next()?.split_once('/')?;
    let number = |text| u64::from_str_radix(text, 16).ok();
    Some((timeline, (number(high)? << 32) + number(low)?))
}

/// Timeline and position of a segment's name.
fn segment(name: &str) -> Option<(u32, u64)> {
    let number = |from: usize| u64::from_str_radix(name.get(from..from + 8)?, 16).ok();
    Some((u32::try_from(number(0)?).ok()?, (number(8)? << 8) + number(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_timeline_was_left_is_read() {
        let history =
            "1\t0/A000060\tno recovery target specified\n\n2\t1/2000000\tbefore 2026-04-01 02:00:00+00\n";
        assert_eq!(left_at(history), Some((2, 0x1_0200_0000)));
        assert_eq!(left_at(""), None);
        assert_eq!(segment("000000020000000100000002"), Some((2, 0x102)));
        assert_eq!(segment("000000020000000100000002").unwrap().1 * SEGMENT, 0x1_0200_0000);
    }
}
