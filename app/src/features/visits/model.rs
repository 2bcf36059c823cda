//! What comes in and what goes out. When somebody comes, and why, is of a patient: it prints as `…`.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{plan::Plan, rules::Moved};
use crate::opaque_debug;
use crate::words::t;

/// Characters of a note, and of a reason.
pub const MAX_NOTE: usize = 500;
pub const MAX_REASON: usize = 200;

/// What somebody comes for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Medical,
    Nursing,
    Medication,
    Care,
    Rehabilitation,
    Other,
}

impl Kind {
    pub const ALL: [Self; 6] =
        [Self::Medical, Self::Nursing, Self::Medication, Self::Care, Self::Rehabilitation, Self::Other];

    pub fn code(self) -> &'static str {
        match self {
            Self::Medical => "medical",
            Self::Nursing => "nursing",
            Self::Medication => "medication",
            Self::Care => "care",
            Self::Rehabilitation => "rehabilitation",
            Self::Other => "other",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The whole word.
    pub fn label(self) -> &'static str {
        match self {
            Self::Medical => t("訪問診療"),
            Self::Nursing => t("訪問看護"),
            Self::Medication => t("服薬指導"),
            Self::Care => t("訪問介護"),
            Self::Rehabilitation => t("リハビリ"),
            Self::Other => t("その他"),
        }
    }

    pub fn icon(self) -> &'static str {
        match self {
            Self::Medical => "doctor",
            Self::Nursing => "nurse",
            Self::Medication => "pharmacy",
            Self::Care => "helper",
            Self::Rehabilitation => "rehab",
            Self::Other => "cal",
        }
    }

    /// What people of a profession mostly come for.
    pub fn of_profession(code: &str) -> Self {
        match code {
            "doctor" | "dentist" => Self::Medical,
            "nurse" | "public_health_nurse" | "midwife" => Self::Nursing,
            "pharmacist" => Self::Medication,
            "helper" | "care_worker" => Self::Care,
            "physical_therapist" | "occupational_therapist" | "speech_therapist" => Self::Rehabilitation,
            _ => Self::Other,
        }
    }
}

/// What is sealed in an event: the plan from then on, and why.
#[derive(Clone, Serialize, Deserialize)]
pub struct Changed {
    pub plan: Plan,
    pub reason: String,
}

/// Who comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Party {
    pub facility: Uuid,
    pub account: Option<Uuid>,
}

#[derive(Clone)]
pub struct NewVisit {
    pub client_id: Uuid,
    pub party: Party,
    pub plan: Plan,
}

/// One change, parsed.
#[derive(Clone)]
pub enum Change {
    /// Everything anew, by one who saw this version.
    Plan {
        party: Party,
        plan: Plan,
        seen: i32,
    },
    Move {
        day: Date,
        to: Moved,
        reason: String,
    },
    Cancel {
        day: Date,
        reason: String,
    },
    Restore {
        day: Date,
    },
    /// No visits from this day on.
    End {
        from: Date,
        reason: String,
    },
}

impl Change {
    /// The kind of its event.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Plan { .. } => "changed",
            Self::Move { .. } => "moved",
            Self::Cancel { .. } => "cancelled",
            Self::Restore { .. } => "restored",
            Self::End { .. } => "ended",
        }
    }
}

/// How a visit comes again: nothing of it, or one of the two.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RepeatBody {
    /// Every so many weeks, 1 to 8, on `weekdays` (1 is Monday).
    pub every_weeks: Option<u8>,
    #[serde(default)]
    pub weekdays: Vec<i8>,
    /// In every month on the first, second … (-1: the last) of `weekdays[0]`.
    #[serde(default)]
    pub nth: Vec<i8>,
    /// The last day, `2027-03-31`.
    pub until: Option<String>,
}

/// Body of `POST /groups/{id}/visits`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitBody {
    pub client_id: Uuid,
    /// The caller's facility, if left out.
    pub facility_id: Option<Uuid>,
    pub account_id: Option<Uuid>,
    pub kind: Kind,
    /// `2026-12-01`: the first day.
    pub date: String,
    /// `10:00`
    pub start: String,
    /// `10:45`
    pub end: String,
    #[serde(default)]
    pub note: String,
    pub repeat: Option<RepeatBody>,
}

/// Body of `PUT /visits/{id}`: `plan` replaces everything (with the `version` that was seen); `move`, `cancel` and `restore` are
/// about the visit of one `day` of the series; `end` ends it before `day`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitChangeBody {
    pub client_id: Uuid,
    pub change: ChangeKind,
    pub day: Option<String>,
    #[serde(default)]
    pub reason: String,
    pub version: Option<i32>,
    pub date: Option<String>,
    pub start: Option<String>,
    pub end: Option<String>,
    pub facility_id: Option<Uuid>,
    pub account_id: Option<Uuid>,
    pub kind: Option<Kind>,
    pub note: Option<String>,
    pub repeat: Option<RepeatBody>,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    Plan,
    Move,
    Cancel,
    Restore,
    End,
}

/// A visit of the group with the names of now.
#[derive(Clone)]
pub struct Visit {
    pub id: Uuid,
    pub group: Uuid,
    pub party: Party,
    pub facility: String,
    pub person: Option<String>,
    pub version: i32,
    pub made_by: Uuid,
    pub plan: Plan,
}

/// One visit of a series as the API shows it.
#[derive(Clone, Serialize, ToSchema)]
pub struct Shown {
    pub visit_id: Uuid,
    /// The day on which the series has it: what `PUT /visits/{id}` calls it.
    pub day: String,
    #[schema(value_type = String, format = DateTime)]
    pub start: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub end: Timestamp,
    pub kind: Kind,
    pub facility_id: Uuid,
    pub facility: String,
    pub account_id: Option<Uuid>,
    pub person: Option<String>,
    pub note: String,
    pub moved: bool,
    pub cancelled: bool,
    pub reason: String,
    /// It overlaps another one, or there is less than a quarter of an hour between them.
    pub conflict: bool,
    pub holiday: Option<String>,
    pub version: i32,
}

#[derive(Clone, Serialize, ToSchema)]
pub struct VisitPage {
    pub items: Vec<Shown>,
    pub next: Option<String>,
}

/// Answer of the calls that make or change one.
#[derive(Clone, Serialize, ToSchema)]
pub struct Planned {
    pub id: Uuid,
    pub group_id: Uuid,
    pub version: i32,
    /// The next visit that is not called off.
    pub next: Option<Shown>,
}

opaque_debug!(Changed, NewVisit, Change, VisitBody, VisitChangeBody, Visit, Shown, VisitPage, Planned);
