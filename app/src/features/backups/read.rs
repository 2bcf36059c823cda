//! What the product says of its own backups, measured.

use jiff::{SignedDuration, Timestamp};

use super::store;
use crate::{Result, db::Db};

/// The newest run of one kind and outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub started: Timestamp,
    pub finished: Timestamp,
    pub generation: Option<String>,
    pub to: Option<Timestamp>,
    pub bytes: Option<i64>,
    pub records: Option<i64>,
    pub files: Option<i64>,
    pub missing: Option<i64>,
    pub immutable: Option<bool>,
    pub code: Option<String>,
}

/// For the disclosure, the operator's page and the alarms.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    pub backup: Option<Run>,
    pub backup_failed: Option<Run>,
    pub drill: Option<Run>,
    pub drill_failed: Option<Run>,
    pub restore: Option<Run>,
    pub vault: Option<Run>,
    pub export: Option<Run>,
}

impl Facts {
    /// Whether copies exist that nobody on the database's host can change. Not known is no, and so is what nobody has looked
    /// at since yesterday: it is noted once a day.
    pub fn immutable(&self, now: Timestamp) -> bool {
        let fresh = |run: &&Run| now.duration_since(run.finished) <= SignedDuration::from_hours(26);
        self.vault.as_ref().filter(fresh).is_some_and(|run| run.immutable == Some(true))
    }

    /// Whether the last drill succeeded, after the last one that failed.
    pub fn proved(&self) -> bool {
        match (&self.drill, &self.drill_failed) {
            (Some(good), Some(bad)) => good.finished > bad.finished,
            (good, _) => good.is_some(),
        }
    }
}

pub async fn facts(db: &Db) -> Result<Facts> {
    Ok(Facts::of(&db.job(store::FACTS, &[]).await?))
}

impl Facts {
    pub(super) fn of(rows: &[tokio_postgres::Row]) -> Self {
        let mut facts = Self::default();
        for row in rows {
            let run = Run {
                started: row.get(2),
                finished: row.get(3),
                generation: row.get(4),
                to: row.get(5),
                bytes: row.get(6),
                records: row.get(7),
                files: row.get(8),
                missing: row.get(9),
                immutable: row.get(10),
                code: row.get(11),
            };
            let place = match (row.get::<_, &str>(0), row.get::<_, &str>(1)) {
                ("backup", "done") => &mut facts.backup,
                ("backup", _) => &mut facts.backup_failed,
                ("drill", "done") => &mut facts.drill,
                ("drill", _) => &mut facts.drill_failed,
                ("restore", _) => &mut facts.restore,
                ("vault", _) => &mut facts.vault,
                _ => &mut facts.export,
            };
            if place.as_ref().is_none_or(|known| known.finished < run.finished) {
                *place = Some(run);
            }
        }
        facts
    }
}
