//! What is known of devices, and what a facility may demand.

use jiff::{Timestamp, civil::Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::words::{fill, t};
use crate::{
    FieldError,
    web::{input, ui::time::of_day},
};

/// What it is, as the browser says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Phone,
    Tablet,
    Pc,
    Other,
}

impl Kind {
    pub fn from_code(code: &str) -> Self {
        match code {
            "phone" => Self::Phone,
            "tablet" => Self::Tablet,
            "pc" => Self::Pc,
            _ => Self::Other,
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Phone => t("スマートフォン"),
            Self::Tablet => t("タブレット"),
            Self::Pc => t("パソコン"),
            Self::Other => t("端末"),
        }
    }
}

/// Whose property it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    Facility,
    Personal,
}

impl Owner {
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "facility" => Some(Self::Facility),
            "personal" => Some(Self::Personal),
            _ => None,
        }
    }

    pub fn code(self) -> &'static str {
        match self {
            Self::Facility => "facility",
            Self::Personal => "personal",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Facility => t("施設の端末"),
            Self::Personal => t("個人の端末"),
        }
    }
}

/// What a facility has said of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It was used; nobody has decided.
    Seen,
    /// Somebody signed in on it and waits.
    Waiting,
    Approved,
    Refused,
}

impl Standing {
    pub fn from_code(code: &str) -> Self {
        match code {
            "waiting" => Self::Waiting,
            "approved" => Self::Approved,
            "refused" => Self::Refused,
            _ => Self::Seen,
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Seen => t("未確認"),
            Self::Waiting => t("承認待ち"),
            Self::Approved => t("承認済み"),
            Self::Refused => t("使わせない"),
        }
    }
}

/// One of the caller's own that is signed in, or remembered.
#[derive(Debug, Clone)]
pub struct OwnDevice {
    pub id: Uuid,
    pub name: String,
    pub kind: Kind,
    /// The facility for which it was used last.
    pub place: Option<String>,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    /// Until then no code is asked for on it.
    pub remembered_until: Option<Timestamp>,
    /// The device of this very request.
    pub this_one: bool,
    /// Keeps copies of pages for when there is no line.
    pub copies: bool,
}

/// One that has acted for the facility, with the person who uses it.
#[derive(Debug, Clone)]
pub struct FacilityDevice {
    pub id: Uuid,
    pub name: String,
    pub kind: Kind,
    pub account: Uuid,
    pub person: String,
    pub profession: String,
    /// For this facility.
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    pub owner: Option<Owner>,
    pub standing: Standing,
    /// Open sessions for this facility.
    pub sessions: i64,
    /// The certificate that it came in by the last time.
    pub certificate: Option<String>,
    pub this_one: bool,
    /// Keeps copies of pages for when there is no line.
    pub copies: bool,
}

impl FacilityDevice {
    pub fn is_managed(&self) -> bool {
        self.standing == Standing::Approved || self.certificate.is_some()
    }
}

/// When people may sign in, each day, in the deployment's zone. A window may cross midnight: 22:00 to 07:00.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    pub from: Time,
    pub to: Time,
}

impl Hours {
    /// `H:MM`, both or neither.
    pub fn parse(from: &str, to: &str) -> Result<Option<Self>, FieldError> {
        let (from, to) = (from.trim(), to.trim());
        if from.is_empty() && to.is_empty() {
            return Ok(None);
        }
        let time = |field: &'static str, text: &str| {
            Time::strptime("%H:%M", text)
                .map_err(|_| FieldError::new(field, "time", t("時刻を、08:30 のように入れてください。")))
        };
        let hours = Self { from: time("from", from)?, to: time("to", to)? };
        if hours.from == hours.to {
            return Err(FieldError::new(
                "to",
                "same",
                t("始まりと終わりを、別の時刻にしてください。いつでもよいときは、両方を空にしてください。"),
            ));
        }
        Ok(Some(hours))
    }

    pub fn in_words(self) -> String {
        fill(t("{0}〜{1}"), &[("0", &of_day(self.from)), ("1", &of_day(self.to))])
    }
}

/// What a facility demands, checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demands {
    pub managed_devices_only: bool,
    pub idle_minutes: i32,
    pub hours: Option<Hours>,
    /// How long a page of a patient may stay on a device, sealed, to be read without a line; 0: not at all.
    pub copy_hours: i32,
}

impl Demands {
    pub fn checked(
        managed_devices_only: bool,
        idle_minutes: i64,
        hours: Option<Hours>,
        copy_hours: i64,
    ) -> Result<Self, FieldError> {
        let Ok(idle_minutes @ 1..=30) = i32::try_from(idle_minutes) else {
            let range = t("1から30までの分数を入れてください。");
            return Err(FieldError::new("idle_minutes", "range", range));
        };
        let Ok(copy_hours @ 0..=72) = i32::try_from(copy_hours) else {
            let range = t("0から72までの時間数を入れてください。0なら、控えを残しません。");
            return Err(FieldError::new("copy_hours", "range", range));
        };
        Ok(Self { managed_devices_only, idle_minutes, hours, copy_hours })
    }
}

/// A version of the policy. Version 0: the facility never set one, and the deployment's usual one holds.
#[derive(Debug, Clone)]
pub struct Policy {
    pub version: i32,
    pub demands: Demands,
    /// Who, and when. No one: whoever runs the deployment.
    pub by: Option<(Uuid, String)>,
    pub at: Option<Timestamp>,
}

/// Somebody whom a policy would sign out at once.
#[derive(Debug, Clone)]
pub struct ShutOut {
    pub person: String,
    pub device: String,
    /// Else: because of the hours.
    pub by_device: bool,
}

/// A report of a lost device.
#[derive(Debug, Clone)]
pub struct Loss {
    pub person: String,
    pub device: String,
    pub by_self: bool,
    pub at: Timestamp,
    pub sessions: i32,
}

/// A name that its owner gives to a device.
pub fn name(raw: &str) -> Result<String, FieldError> {
    input::line("name", raw, 80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_both_or_neither_and_differ() {
        assert_eq!(Hours::parse("", " "), Ok(None));
        assert_eq!(Hours::parse("22:00", "7:05").unwrap().unwrap().in_words(), "22:00〜7:05");
        for (from, to) in [("8:00", ""), ("", "8:00"), ("8:00", "08:00"), ("25:00", "8:00"), ("8", "9")] {
            assert!(Hours::parse(from, to).is_err(), "{from} {to}");
        }
    }

    #[test]
    fn the_screen_locks_after_one_to_thirty_minutes() {
        for (minutes, fine) in
            [(0, false), (1, true), (30, true), (31, false), (-1, false), (i64::MAX, false)]
        {
            assert_eq!(Demands::checked(false, minutes, None, 0).is_ok(), fine, "{minutes}");
        }
    }

    #[test]
    fn copies_stay_for_three_days_at_most() {
        for (hours, fine) in [(0, true), (72, true), (73, false), (-1, false), (i64::MAX, false)] {
            assert_eq!(Demands::checked(false, 15, None, hours).is_ok(), fine, "{hours}");
        }
    }
}
