//! Settings as they are parsed and shown.

use jiff::{
    Timestamp,
    civil::{Time, Weekday},
};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::words::{fill, t};
use crate::{FieldError, web::ui::time::of_day};

/// Letters about new posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mail {
    Off,
    /// With each ring, at once.
    Immediate,
    /// Once a day, numbers alone.
    Digest,
}

impl Mail {
    pub fn code(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Immediate => "immediate",
            Self::Digest => "digest",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Off, Self::Immediate, Self::Digest].into_iter().find(|mail| mail.code() == code)
    }
}

/// Which posts of one group a person is told of. Urgent ones always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    #[default]
    All,
    /// What names the person or asks for 了解.
    Mine,
    None,
}

impl Level {
    pub const ALL: [Self; 3] = [Self::All, Self::Mine, Self::None];

    pub fn code(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Mine => "mine",
            Self::None => "none",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.code() == code)
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::All => t("すべて"),
            Self::Mine => t("自分宛てと要了解だけ"),
            Self::None => t("なし"),
        }
    }
}

/// A window of one day. One that ends at or before its beginning ends on the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub from: Time,
    pub to: Time,
}

impl Window {
    /// `20:00〜翌7:00`.
    pub fn in_words(self) -> String {
        let next = if self.to <= self.from { t("翌") } else { "" };
        fill(t("{0}〜{next}{1}"), &[("0", &of_day(self.from)), ("next", &next), ("1", &of_day(self.to))])
    }
}

/// One side of the windows of a week, as a column of the database.
type Times = Vec<Option<Time>>;

/// 静かにする時間: one window for each day on which it begins, Monday first, in Japan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quiet(pub [Option<Window>; 7]);

/// 月, `Mon`: of the days of a week, Monday first.
pub fn weekday(day: usize) -> &'static str {
    let day = i8::try_from(day).ok().and_then(|day| Weekday::from_monday_zero_offset(day).ok());
    day.map_or("", crate::web::ui::time::weekday)
}

impl Quiet {
    /// `read(day, end)` gives what was typed: `end` 0 for the beginning, 1 for the end. Both empty: none that day.
    pub fn parse<'a>(read: impl Fn(usize, usize) -> &'a str) -> Result<Self, Vec<FieldError>> {
        let (mut windows, mut problems) = ([None; 7], Vec::new());
        for (day, window) in windows.iter_mut().enumerate() {
            let (from, to) = (read(day, 0).trim(), read(day, 1).trim());
            let say =
                |field: &str, code, words: String| FieldError::new(format!("{field}{day}"), code, words);
            match (from.is_empty(), to.is_empty()) {
                (true, true) => {}
                (true, false) => {
                    problems.push(say(
                        "from",
                        "empty",
                        fill(t("{0}曜日の始まりも入れてください。"), &[("0", &weekday(day))]),
                    ));
                }
                (false, true) => {
                    problems.push(say(
                        "to",
                        "empty",
                        fill(t("{0}曜日の終わりも入れてください。"), &[("0", &weekday(day))]),
                    ));
                }
                (false, false) => match (time(from), time(to)) {
                    (Some(from), Some(to)) => *window = Some(Window { from, to }),
                    (wrong, _) => {
                        let field = if wrong.is_none() { "from" } else { "to" };
                        let words = fill(
                            t("{0}曜日の時刻は、20:00 のように入れてください。"),
                            &[("0", &weekday(day))],
                        );
                        problems.push(say(field, "time", words));
                    }
                },
            }
        }
        if problems.is_empty() { Ok(Self(windows)) } else { Err(problems) }
    }

    /// As the database keeps them; `None` where there are none.
    pub fn of(columns: Option<(Times, Times)>) -> Option<Self> {
        let (from, to) = columns?;
        let mut windows = [None; 7];
        for (window, pair) in windows.iter_mut().zip(from.into_iter().zip(to)) {
            *window = pair.0.zip(pair.1).map(|(from, to)| Window { from, to });
        }
        Some(Self(windows))
    }

    pub fn columns(&self) -> (Vec<Option<Time>>, Vec<Option<Time>>) {
        self.0.iter().map(|w| (w.map(|w| w.from), w.map(|w| w.to))).unzip()
    }

    /// Days with the same window stand together: `月〜金 20:00〜翌7:00、土・日 一日中`.
    pub fn in_words(&self) -> String {
        let mut parts: Vec<(Window, Vec<usize>)> = Vec::new();
        for (day, window) in self.0.iter().enumerate() {
            let Some(window) = *window else { continue };
            match parts.iter_mut().find(|(known, _)| *known == window) {
                Some((_, days)) => days.push(day),
                None => parts.push((window, vec![day])),
            }
        }
        let words = |(window, days): &(Window, Vec<usize>)| {
            let run = days.len() > 2 && days.windows(2).all(|pair| pair[1] == pair[0] + 1);
            let names = match (days.len(), run) {
                (7, _) => t("毎日").to_owned(),
                (_, true) => {
                    fill(t("{0}〜{1}"), &[("0", &weekday(days[0])), ("1", &weekday(days[days.len() - 1]))])
                }
                _ => days.iter().map(|day| weekday(*day)).collect::<Vec<_>>().join(t("・")),
            };
            format!("{names} {}", window.in_words())
        };
        if parts.is_empty() {
            return t("なし（いつでも知らせます）").to_owned();
        }
        parts.iter().map(words).collect::<Vec<_>>().join(t("、"))
    }
}

/// `20:00`, full width too.
pub fn time(text: &str) -> Option<Time> {
    let text: String = text.trim().nfkc().collect();
    // A browser's own field may send seconds.
    let text = text.strip_suffix(":00").filter(|rest| rest.contains(':')).unwrap_or(&text);
    Time::strptime("%H:%M", text).ok()
}

/// What a person has decided, and what holds where nothing was.
#[derive(Debug, Clone)]
pub struct Settings {
    pub mail: Mail,
    pub digest_at: Time,
    /// `None`: as the facility says.
    pub own: Option<Quiet>,
    pub facility: Option<Quiet>,
    /// Whether there is a confirmed address to write to.
    pub address: bool,
    pub test: Option<Test>,
    /// A mail server has refused that address, at once or in a report that came later.
    pub failing: bool,
}

/// What a person wants from now on.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    pub mail: Mail,
    pub digest_at: Time,
    pub own: Option<Quiet>,
}

/// The last try that a person made, within a day.
#[derive(Debug, Clone)]
pub struct Test {
    pub state: String,
    pub code: Option<String>,
    pub at: Timestamp,
}

/// One of the viewer's devices, as far as push goes.
#[derive(Debug, Clone)]
pub struct Device {
    pub device: Uuid,
    pub name: String,
    pub this_one: bool,
    /// The living subscription.
    pub subscription: Option<Uuid>,
    pub since: Option<Timestamp>,
    pub on_device_at: Option<Timestamp>,
    pub failing_since: Option<Timestamp>,
    /// Reached, or so until something else than the person ended it.
    pub wanted: bool,
    pub test: Option<Test>,
}

/// One of the staff in one week.
#[derive(Debug, Clone)]
pub struct Rung {
    pub account: Uuid,
    pub name: String,
    pub profession: String,
    pub all: i64,
    pub quiet: i64,
    pub urgent: i64,
    /// Devices that push has given up on.
    pub failing: i64,
    /// A mail server has refused the confirmed address, at once or in a report that came later.
    pub bounced: bool,
}

crate::opaque_debug!(Names);

/// Group and title, as the viewer may see them.
pub struct Names(pub Vec<(Uuid, String, Level)>);

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(pairs: &[(usize, &'static str, &'static str)]) -> Result<Quiet, Vec<FieldError>> {
        Quiet::parse(|day, end| {
            pairs.iter().find(|p| p.0 == day).map_or("", |p| if end == 0 { p.1 } else { p.2 })
        })
    }

    #[test]
    fn windows_are_read_as_people_type_them() {
        let quiet = typed(&[(0, "20:00", "07:00"), (6, "００：００", "0:00")]).expect("fine");
        assert_eq!(quiet.in_words(), "月 20:00〜翌7:00、日 0:00〜翌0:00");
        assert_eq!(typed(&[]).expect("none").in_words(), "なし（いつでも知らせます）");
        assert_eq!(Quiet::of(Some(quiet.columns())), Some(quiet), "there and back");
        assert_eq!(time("20:00:00"), time("20:00"), "with seconds");
    }

    #[test]
    fn what_is_no_window_is_said_at_its_field() {
        let fields = |pairs: &[(usize, &'static str, &'static str)]| {
            let problems = typed(pairs).expect_err("refused");
            problems.iter().map(|p| p.field.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(fields(&[(1, "20:00", ""), (2, "", "7:00")]), ["to1", "from2"]);
        assert_eq!(fields(&[(0, "夜", "7:00"), (3, "20:00", "25:00")]), ["from0", "to3"]);
    }

    #[test]
    fn days_alike_stand_together() {
        let night = Some(Window { from: Time::constant(20, 0, 0, 0), to: Time::constant(7, 0, 0, 0) });
        let mut quiet = Quiet([night; 7]);
        assert_eq!(quiet.in_words(), "毎日 20:00〜翌7:00");
        quiet.0[5] = None;
        quiet.0[6] = None;
        assert_eq!(quiet.in_words(), "月〜金 20:00〜翌7:00");
    }
}
