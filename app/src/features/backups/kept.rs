//! Which generations are kept, noted for what the product says of itself: the disclosure asks the database, never the
//! repository.

use generations::Manifest;
use jiff::{SignedDuration, Timestamp, civil::Time};

use super::{Place, Trouble, restore, store};
use crate::{Result, cli::deployment, db::Db};

/// As many days as can be gone back to.
const DAYS: usize = 8;
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// A backup may take this long after its time before its day counts as one without.
const GRACE: SignedDuration = SignedDuration::from_hours(4);

/// What was found, and since when there are backups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub at: Timestamp,
    /// When each whole generation was complete, oldest first.
    pub whole: Vec<Timestamp>,
    /// That are listed, but lack something.
    pub damaged: i32,
    pub first_at: Option<Timestamp>,
}

/// Looks whether each generation has its signed list and every file of it (reads none), and notes it.
pub async fn note(place: &Place) -> Result<(), Trouble> {
    let (mut whole, mut damaged) = (Vec::new(), 0_i32);
    let info = place.engine.info().await?;
    let there = Manifest::listing(&place.store).await?;
    for generation in &info.generations {
        match restore::look_at(place, &generation.label, &there).await?.first() {
            None => whole.push(generation.stopped),
            Some(fault) => {
                tracing::error!(generation = generation.label, fault, "a generation is not whole");
                damaged += 1;
            }
        }
    }
    let client = deployment::connect(&place.job).await?;
    client.query_one(store::NOTE_KEPT, &[&whole, &damaged]).await?;
    Ok(())
}

/// What was last noted.
pub async fn kept(db: &Db) -> Result<Option<Kept>> {
    let rows = db.job(store::KEPT, &[]).await?;
    Ok(rows.first().map(|r| Kept { at: r.get(0), whole: r.get(1), damaged: r.get(2), first_at: r.get(3) }))
}

impl Kept {
    /// Whether what should be there is there: nothing damaged, a fresh one, and eight, or, of a younger deployment, one for
    /// each day since its first. `at`: when the daily backup is made, in Japan.
    pub fn as_it_should(&self, at: Time, now: Timestamp) -> bool {
        // Made while the clock was ahead: it would look fresh for as long as that.
        let whole: Vec<_> = self.whole.iter().copied().filter(|moment| *moment <= now).collect();
        let Some(newest) = whole.last() else { return false };
        let fresh = now.duration_since(*newest) < DAY + GRACE;
        self.damaged == 0 && fresh && (whole.len() >= DAYS || self.each_day_has_one(&whole, at, now))
    }

    fn each_day_has_one(&self, whole: &[Timestamp], at: Time, now: Timestamp) -> bool {
        let Some((first, due)) = self.first_at.zip(crate::jobs::latest(at, now)) else { return false };
        // The day that has begun counts when its backup has had its time.
        let from = if now.duration_since(due) < GRACE { due - DAY } else { due };
        (0..DAYS)
            .map(|back| from - DAY * i32::try_from(back).unwrap_or(i32::MAX))
            .all(|day| first >= day + DAY || whole.iter().any(|moment| (day..day + DAY).contains(moment)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: Time = Time::constant(2, 0, 0, 0);

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    /// Backups at 02:03 on these days of April; the first one ever at noon of the first.
    fn kept(days: &[u8]) -> Kept {
        let whole: Vec<_> = days.iter().map(|day| at(&format!("2026-04-{day:02}T02:03:00+09:00"))).collect();
        Kept {
            at: at("2026-04-01T12:00:00+09:00"),
            whole,
            damaged: 0,
            first_at: Some(at("2026-04-01T12:00:00+09:00")),
        }
    }

    #[test]
    fn a_young_deployment_has_one_for_each_day_and_a_missing_one_is_seen() {
        let now = at("2026-04-04T10:00:00+09:00");
        let mut three = kept(&[2, 3, 4]);
        three.whole.insert(0, at("2026-04-01T12:00:00+09:00"));
        assert!(three.as_it_should(TWO, now), "each day since the first");
        let mut gap = three.clone();
        gap.whole.remove(2);
        assert!(!gap.as_it_should(TWO, now), "the third is missing");
        assert!(three.as_it_should(TWO, at("2026-04-05T02:01:00+09:00")), "today's is being made");
        assert!(!three.as_it_should(TWO, at("2026-04-05T07:00:00+09:00")), "today's was not made");
        assert!(!Kept { damaged: 1, ..three.clone() }.as_it_should(TWO, now));
        let first_day = Kept { whole: three.whole[..1].to_vec(), ..three };
        assert!(first_day.as_it_should(TWO, at("2026-04-01T13:00:00+09:00")), "an hour after the first");
        assert!(!kept(&[]).as_it_should(TWO, now));
    }

    #[test]
    fn later_eight_are_enough_and_fewer_are_not() {
        let now = at("2026-04-20T10:00:00+09:00");
        assert!(kept(&[13, 14, 15, 16, 17, 18, 19, 20]).as_it_should(TWO, now));
        assert!(!kept(&[14, 15, 16, 17, 18, 19, 20]).as_it_should(TWO, now), "seven after twenty days");
        assert!(kept(&[1, 2, 3, 4, 5, 6, 7, 20]).as_it_should(TWO, now), "eight, whenever");
        assert!(!kept(&[11, 12, 13, 14, 15, 16, 17, 18]).as_it_should(TWO, now), "no fresh one");
        assert!(
            !kept(&[11, 12, 13, 14, 15, 16, 17, 29]).as_it_should(TWO, now),
            "none of a day that is to come"
        );
        assert!(
            kept(&[13, 14, 15, 16, 17, 18, 19, 20, 29]).as_it_should(TWO, now),
            "nor does it stand in the way"
        );
    }
}
