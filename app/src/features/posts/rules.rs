//! The fine rules of posting. The floor (membership now, frozen or not, whose post it is) stands in the database too.

use uuid::Uuid;

/// Only the author corrects or withdraws, in the same group, as a member of now.
pub fn may_change(author: Uuid, me: Uuid) -> bool {
    author == me
}

/// A deadline for 了解 lies ahead, and not further than a person plans.
pub fn is_sensible_deadline(deadline: jiff::Timestamp, now: jiff::Timestamp) -> bool {
    deadline > now && deadline < now + jiff::SignedDuration::from_hours(24 * 92)
}

/// Until when a corrected text is asked for: until then as before, and where that is near or over for one more day.
pub fn deadline_again(old: jiff::Timestamp, now: jiff::Timestamp) -> jiff::Timestamp {
    if old > now + jiff::SignedDuration::from_hours(1) {
        old
    } else {
        now + jiff::SignedDuration::from_hours(24)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_lies_ahead_but_not_for_ever() {
        let now: jiff::Timestamp = "2026-11-17T05:00:00Z".parse().unwrap();
        assert!(is_sensible_deadline("2026-11-17T08:00:00Z".parse().unwrap(), now));
        assert!(!is_sensible_deadline("2026-11-17T04:59:59Z".parse().unwrap(), now));
        assert!(!is_sensible_deadline("2027-11-17T08:00:00Z".parse().unwrap(), now));
    }

    #[test]
    fn a_corrected_text_leaves_time_to_read_it() {
        let now: jiff::Timestamp = "2026-11-17T05:00:00Z".parse().unwrap();
        let far = "2026-11-17T08:00:00Z".parse().unwrap();
        assert_eq!(deadline_again(far, now), far);
        for near in ["2026-11-17T05:30:00Z", "2026-11-10T05:30:00Z"] {
            assert_eq!(deadline_again(near.parse().unwrap(), now).to_string(), "2026-11-18T05:00:00Z");
        }
    }
}
