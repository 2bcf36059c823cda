//! One day: three statements, for one group or for all.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use uuid::Uuid;

use super::views::{Day, OfGroup};
use crate::{
    Error, Result,
    app::App,
    audit,
    db::Tx,
    features::{
        tasks::{self, model::State},
        visit_records::before,
        visits,
    },
    japan,
};

/// Posts of one digest at most, the newest.
const LIMIT: i64 = 400;
/// Posts of a day without what was withdrawn or is told better by a correction, by their time. The scan of each stream begins
/// behind the last post before that day. $3: one group or NULL.
const POSTS: &str = "SELECT p.id, p.stream_id, p.kind, p.author, p.facility, p.at, p.envelope, s.group_id FROM care.stream s
  JOIN care.group_state g ON g.group_id = s.group_id AND (g.archived_at IS NULL OR $3::uuid IS NOT NULL)
  CROSS JOIN LATERAL (SELECT x.* FROM care.post x WHERE x.stream_id = s.id AND x.at < $2 AND x.kind <> 'withdrawal'
    AND x.seq > coalesce((SELECT y.seq FROM care.post y WHERE y.stream_id = s.id AND y.at < $1 ORDER BY y.seq DESC LIMIT 1), 0)) p
  WHERE s.kind = 'team' AND s.group_id = ANY ((SELECT sec.my_groups())::uuid[]) AND ($3::uuid IS NULL OR s.group_id = $3)
    AND NOT EXISTS (SELECT 1 FROM care.post w WHERE w.target = p.id) ORDER BY p.at DESC LIMIT $4";

/// The first instant of a day in Japan, and of the next.
fn bounds(day: Date) -> Result<(Timestamp, Timestamp)> {
    let at = |day: Date| day.to_zoned(japan::zone()).map(|z| z.timestamp()).map_err(Error::internal);
    Ok((at(day)?, at(day.tomorrow().map_err(Error::internal)?)?))
}

/// In the log of every group of which something is shown. A day on which nothing was is a look too.
pub async fn noted(tx: &mut Tx, day: &Day) -> Result<()> {
    if day.groups.is_empty() {
        return audit::viewed(tx, "viewed_digest", None, None, None).await;
    }
    for group in day.groups.keys() {
        audit::viewed(tx, "viewed_digest", Some(*group), None, None).await?;
    }
    Ok(())
}

/// By group; only those where something was.
pub async fn day(app: &App, tx: &mut Tx, day: Date, group: Option<Uuid>) -> Result<Day> {
    let (from, before_next) = bounds(day)?;
    let mut rows = tx.query(POSTS, &[&from, &before_next, &group, &LIMIT]).await?;
    rows.reverse();
    let headlines = before::headlines(app, tx, &rows).await?;
    let mut groups: BTreeMap<Uuid, OfGroup> = BTreeMap::new();
    for (row, headline) in rows.iter().zip(headlines) {
        groups.entry(row.get(7)).or_default().posts.push(headline);
    }
    let closed = tasks::read::Wanted { group, open: Some(false), ..Default::default() };
    for task in tasks::read::list(app, tx, closed).await? {
        if task.state == State::Done && (from..before_next).contains(&task.changed_at) {
            groups.entry(task.group_id).or_default().done.push(task);
        }
    }
    let visits = visits::read::list(app, tx, group).await?;
    for placed in visits::read::placed(&visits, day, day) {
        groups.entry(placed.visit.group).or_default().visits.push(visits::read::shown(&placed));
    }
    Ok(Day { day, groups })
}
