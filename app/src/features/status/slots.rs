//! What a synthetic user met in a minute: a slot for every five seconds in which it set out, once to read and once to write.

use std::time::Duration;

use jiff::Timestamp;

/// Between two users that set out.
pub const PACE: i64 = 5;
/// Slots of a minute.
pub const SLOTS: usize = 12;
/// Slower than this is an outage that somebody felt.
pub const AT_ONCE: Duration = Duration::from_secs(3);
/// How long a client goes on trying by itself.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What became of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Slot {
    /// Nobody set out: the node was not there.
    #[default]
    Nobody,
    /// Within three seconds.
    AtOnce,
    /// The same, read from a standby.
    Elsewhere,
    /// Within a minute, with automatic retries.
    Late,
    /// Not within a minute.
    Failed,
    /// Answered, but something acknowledged before was not there.
    Lost,
}

impl Slot {
    const CODES: [(Self, char); 6] = [
        (Self::Nobody, '.'),
        (Self::AtOnce, '1'),
        (Self::Elsewhere, 'e'),
        (Self::Late, 'r'),
        (Self::Failed, 'x'),
        (Self::Lost, 'l'),
    ];

    pub fn code(self) -> char {
        Self::CODES.iter().find(|(slot, _)| *slot == self).map_or('.', |(_, code)| *code)
    }

    /// An unknown character, written by a newer release, is a request that did not succeed.
    pub fn from_code(code: char) -> Self {
        Self::CODES.iter().find(|(_, c)| *c == code).map_or(Self::Failed, |(slot, _)| *slot)
    }

    pub fn is_at_once(self) -> bool {
        matches!(self, Self::AtOnce | Self::Elsewhere)
    }

    pub fn is_within(self) -> bool {
        self.is_at_once() || self == Self::Late
    }
}

/// The slots of one minute for reading or writing.
pub type Minute = [Slot; SLOTS];

pub fn to_text(minute: &Minute) -> String {
    minute.iter().map(|slot| slot.code()).collect()
}

pub fn from_text(text: &str) -> Minute {
    let mut minute = Minute::default();
    for (slot, code) in minute.iter_mut().zip(text.chars()) {
        *slot = Slot::from_code(code);
    }
    minute
}

/// The minute that a moment lies in, and its slot there.
pub fn place(at: Timestamp) -> (i64, usize) {
    let seconds = at.as_second();
    let slot = seconds.rem_euclid(60) / PACE;
    (seconds - seconds.rem_euclid(60), usize::try_from(slot).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_written_and_read_back() {
        let text = ".1erxl111111";
        assert_eq!(to_text(&from_text(text)), text);
        assert_eq!(Slot::from_code('?'), Slot::Failed);
        let at: Timestamp = "2026-11-28T01:02:34Z".parse().expect("a time");
        assert_eq!(place(at), (at.as_second() - 34, 6));
    }
}
