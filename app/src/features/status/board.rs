//! What the status page shows, gathered once a minute and kept: it must answer when the database does not.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp, civil::Date};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::{
    figures::{Figures, Work, figures},
    probe::Book,
    slots::PATIENCE,
    store, views,
};
use crate::{
    Result,
    app::{App, Shared},
    config::Config,
    features::service_modes,
    service::InForce,
    web::ui::time,
    whole_file::write_whole,
};

const GATHER: Duration = Duration::from_secs(60);
/// What is younger may still be under way, or on its way here from another node.
const UNDER_WAY: SignedDuration = SignedDuration::from_secs(150);
/// A day is closed this long after its end: nodes remember what they could not tell while the database was away.
const CLOSED_AFTER: SignedDuration = SignedDuration::from_hours(3);
/// Days that are shown, and so gathered.
const SHOWN: i64 = 400;
/// Announced work is shown for this long after its end.
const WORKS_SHOWN: SignedDuration = SignedDuration::from_hours(24 * 400);

/// One day's reading and writing; the last day is as long as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    pub day: Date,
    pub read: Figures,
    pub write: Figures,
}

impl Day {
    pub fn both(&self) -> Figures {
        self.read.and(self.write)
    }
}

/// Everything about the past and the plans. How it is now each node knows from its own synthetic user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    pub at: Timestamp,
    /// In the order of time.
    pub days: Vec<Day>,
    pub works: Vec<Work>,
    pub mode: Option<InForce>,
}

/// A month of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month {
    pub year: i16,
    pub month: i8,
    pub figures: Figures,
    /// Writing alone.
    pub write: Figures,
}

/// Months that are shown; the days of the oldest are all there.
const MONTHS: usize = 13;

impl Snapshot {
    /// Newest first.
    pub fn months(&self) -> Vec<Month> {
        let mut months: Vec<Month> = Vec::new();
        for day in self.days.iter().rev() {
            let (year, month) = (day.day.year(), day.day.month());
            match months.last_mut().filter(|m| (m.year, m.month) == (year, month)) {
                Some(known) => {
                    known.figures = known.figures.and(day.both());
                    known.write = known.write.and(day.write);
                }
                None => months.push(Month { year, month, figures: day.both(), write: day.write }),
            }
        }
        months.truncate(MONTHS);
        months
    }

    /// Of all days that are shown.
    pub fn whole(&self) -> Figures {
        self.days.iter().fold(Figures::default(), |sum, day| sum.and(day.both()))
    }
}

/// One per node.
#[derive(Debug, Default)]
pub struct Status {
    pub book: Book,
    known: Mutex<Option<Arc<Snapshot>>>,
}

impl Status {
    /// With what the node knew before it was started anew.
    pub fn new(config: &Config) -> Self {
        let file = config.status.copy.join(SNAPSHOT);
        let known = std::fs::read(file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Self { book: Book::default(), known: Mutex::new(known.map(Arc::new)) }
    }

    pub fn known(&self) -> Option<Arc<Snapshot>> {
        self.known.lock().clone()
    }
}

/// Gathers until the process ends.
pub async fn run(app: Shared) {
    loop {
        match gather(&app, Timestamp::now()).await {
            Ok(snapshot) => *app.status.known.lock() = Some(Arc::new(snapshot)),
            Err(error) => tracing::warn!(%error, "the status was not gathered"),
        }
        // Without the database, too: the copy says then how it is now.
        if let Err(error) = keep_copy(&app) {
            tracing::warn!(%error, "the copy of the status page was not written");
        }
        tokio::time::sleep(GATHER).await;
    }
}

/// The figures of all days, of which today's end a moment ago.
pub async fn gather(app: &App, now: Timestamp) -> Result<Snapshot> {
    let (first, closed) = store::span(app).await?;
    let works = store::works(app, now - WORKS_SHOWN).await?;
    let since = time::day_of(now - SignedDuration::from_hours(24 * SHOWN));
    let mut days: Vec<Day> = store::days(app, since)
        .await?
        .into_iter()
        .map(|(day, [read, write])| Day { day, read, write })
        .collect();
    for (day, from, to) in open_days(first, closed, now - UNDER_WAY) {
        let [read, write] = count(app, from, to, &works).await?;
        days.push(Day { day, read, write });
    }
    let mode = service_modes::acts::of_all(app).await?;
    Ok(Snapshot { at: now, days, works, mode })
}

/// Closes the days that are over. Returns how many.
pub async fn close_days(app: &App, now: Timestamp) -> Result<usize> {
    let (first, closed) = store::span(app).await?;
    let works = store::works(app, now - WORKS_SHOWN).await?;
    let over = |(_, _, to): &(Date, Timestamp, Timestamp)| *to + CLOSED_AFTER <= now;
    let today = time::day_of(now);
    let days: Vec<_> =
        open_days(first, closed, now).into_iter().filter(|d| d.0 < today).filter(over).collect();
    for (day, from, to) in &days {
        let both = count(app, *from, *to, &works).await?;
        store::close_day(app, *day, both).await?;
    }
    store::forget(app).await?;
    Ok(days.len())
}

/// Days from the first minute that was told, or the day behind the last closed one, to `until`; each with its span.
fn open_days(
    first: Option<Timestamp>,
    closed: Option<Date>,
    until: Timestamp,
) -> Vec<(Date, Timestamp, Timestamp)> {
    let mut days = Vec::new();
    let begin = match (closed.and_then(time::end_of_day), first) {
        (Some(after), _) => after,
        (None, Some(first)) => first,
        (None, None) => return days,
    };
    let mut from = begin;
    while from < until {
        let day = time::day_of(from);
        let Some(end) = time::end_of_day(day) else { break };
        days.push((day, from, end.min(until)));
        from = end;
    }
    days
}

async fn count(app: &App, from: Timestamp, to: Timestamp, works: &[Work]) -> Result<[Figures; 2]> {
    let reach = SignedDuration::try_from(PATIENCE).unwrap_or_default();
    let [reads, writes] = store::told(app, from, to + reach).await?;
    Ok([figures(&reads, from, to, works), figures(&writes, from, to, works)])
}

const SNAPSHOT: &str = "status.json";
const PAGE: &str = "index.html";

fn keep_copy(app: &App) -> std::io::Result<()> {
    let folder = &app.config.status.copy;
    let (Some(known), false) = (app.status.known(), folder.as_os_str().is_empty()) else { return Ok(()) };
    std::fs::create_dir_all(folder)?;
    write_whole(&folder.join(SNAPSHOT), &serde_json::to_vec(&*known)?)?;
    let page = views::copy(&views::StatusView::of(app, Timestamp::now()));
    write_whole(&folder.join(PAGE), page.into_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn open_days_begin_with_the_first_minute_or_behind_the_last_closed_day() {
        assert!(open_days(None, None, at("2026-11-28T00:00:00Z")).is_empty());
        let first = at("2026-11-27T20:00:00+09:00");
        let until = at("2026-11-29T08:00:00+09:00");
        let days = open_days(Some(first), None, until);
        let named: Vec<_> = days.iter().map(|(day, ..)| day.to_string()).collect();
        assert_eq!(named, ["2026-11-27", "2026-11-28", "2026-11-29"]);
        assert_eq!((days[0].1, days[0].2), (first, at("2026-11-28T00:00:00+09:00")));
        assert_eq!(days[2].2, until);
        let days = open_days(Some(first), Some("2026-11-28".parse().unwrap()), until);
        assert_eq!(days.len(), 1);
        assert_eq!(days[0].1, at("2026-11-29T00:00:00+09:00"));
        assert!(
            open_days(Some(first), Some("2026-11-28".parse().unwrap()), at("2026-11-28T09:00:00+09:00"))
                .is_empty()
        );
    }

    #[test]
    fn months_add_their_days_up_newest_first() {
        let figures = |asked, within| Figures { asked, within, ..Figures::default() };
        let day = |day: &str, asked, within| Day {
            day: day.parse().unwrap(),
            read: figures(asked, within),
            write: figures(asked, asked),
        };
        let known = Snapshot {
            at: at("2026-12-02T00:00:00Z"),
            days: vec![day("2026-11-29", 10, 9), day("2026-11-30", 10, 10), day("2026-12-01", 4, 4)],
            works: Vec::new(),
            mode: None,
        };
        let months = known.months();
        assert_eq!(months.len(), 2);
        assert_eq!((months[0].month, months[0].figures.asked), (12, 8));
        assert_eq!((months[1].month, months[1].figures.asked, months[1].figures.within), (11, 40, 39));
        assert_eq!(known.whole().per_million(), Some(979_166));
        let kept: Snapshot = serde_json::from_slice(&serde_json::to_vec(&known).unwrap()).unwrap();
        assert_eq!(kept, known);
    }
}
