//! What of a list stands already: the same value of the same time, whoever recorded it. A list that is taken in twice would
//! otherwise stand twice.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{
    csv_list::Line,
    model::{NewObservation, Observed, Place},
    read, store,
};
use crate::{Result, app::App, db::Tx};

/// Every measurement of the lines that can be taken.
pub fn readable(lines: &[Line]) -> impl Iterator<Item = &NewObservation> {
    lines.iter().filter_map(|line| line.read.as_ref().ok()).flatten()
}

/// The client ids of those that stand already. Not of those which an earlier send of this very list has recorded: sent again, it is
/// answered as it was.
pub async fn standing(app: &App, tx: &mut Tx, place: &Place, lines: &[Line]) -> Result<HashSet<Uuid>> {
    let times = || readable(lines).map(|new| new.measured_at);
    let (Some(from), Some(last)) = (times().min(), times().max()) else { return Ok(HashSet::new()) };
    let chart = read::chart(app, tx, place, from, last + SignedDuration::from_micros(1), read::ALL).await?;
    let mut by_time: HashMap<Timestamp, Vec<&Observed>> = HashMap::new();
    for observed in chart.observed.iter().filter(|o| o.counts()) {
        by_time.entry(observed.measured_at).or_default().push(observed);
    }
    let same = |new: &NewObservation, o: &Observed| o.sign == new.sign && o.values == new.values;
    let stands = |new: &&NewObservation| {
        by_time.get(&new.measured_at).is_some_and(|all| all.iter().any(|o| same(new, o)))
    };
    let mut found: HashSet<Uuid> = readable(lines).filter(stands).map(|new| new.client_id).collect();
    let asked: Vec<Uuid> = found.iter().copied().collect();
    for row in tx.query(store::SENT_BEFORE, &[&place.group, &asked]).await? {
        found.remove(&row.get::<_, Uuid>(0));
    }
    Ok(found)
}
