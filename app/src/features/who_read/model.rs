//! What is told, and what an admin sends to change it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{FieldError, opaque_debug, web::input, words::t};

/// Characters of a reason.
pub const MAX_REASON: usize = 300;
/// Whole days between the end of a day and its being told.
pub const DELAYS: std::ops::RangeInclusive<i32> = 1..=30;

/// What is told now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Told {
    /// Anything at all.
    pub shown: bool,
    /// Who by name; else profession and facility alone.
    pub names: bool,
    /// What it was: timeline, face sheet, file.
    pub kinds: bool,
    pub delay_days: i32,
}

impl Told {
    /// Before anybody has decided.
    pub const NOTHING: Self = Self { shown: false, names: false, kinds: false, delay_days: 1 };
}

/// One version of the policy.
#[derive(Clone)]
pub struct Policy {
    pub version: i32,
    pub told: Told,
    pub by: (Uuid, String),
    pub at: Timestamp,
    pub reason: String,
}

#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    pub client_id: Uuid,
    /// The version that it was made on; 0 where there was none.
    pub seen: i32,
    pub shown: bool,
    #[serde(default)]
    pub names: bool,
    #[serde(default)]
    pub kinds: bool,
    /// 1 to 30.
    pub delay_days: i32,
    pub reason: String,
}

opaque_debug!(Policy, Change);

impl Change {
    /// Every problem at once.
    pub fn checked(self) -> Result<Self, Vec<FieldError>> {
        let mut problems = Vec::new();
        if !DELAYS.contains(&self.delay_days) {
            problems.push(FieldError::new(
                "delay_days",
                "out_of_range",
                t("1から30までの日数を入れてください。"),
            ));
        }
        match input::line("reason", &self.reason, MAX_REASON) {
            Ok(reason) if problems.is_empty() => Ok(Self { reason, ..self }),
            Ok(_) => Err(problems),
            Err(problem) => {
                problems.push(problem);
                Err(problems)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_and_a_delay_are_wanted() {
        let change = Change {
            client_id: Uuid::nil(),
            seen: 0,
            shown: true,
            names: false,
            kinds: false,
            delay_days: 0,
            reason: " ".into(),
        };
        let fields: Vec<_> = change.clone().checked().unwrap_err().into_iter().map(|p| p.field).collect();
        assert_eq!(fields, ["delay_days", "reason"]);
        let good = Change { delay_days: 1, reason: "ご家族会の要望".into(), ..change };
        assert_eq!(good.checked().unwrap().reason, "ご家族会の要望");
    }
}
