//! What comes in and what goes out.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{FieldError, features::posts::model::Post, opaque_debug, web::input};

/// Characters of a reason or a note.
pub const MAX_WORDS: usize = 500;

/// Body of `POST /posts/{id}/quarantine`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuarantineBody {
    pub client_id: Uuid,
    /// Why; the two read it.
    pub reason: String,
    /// Who decides, where neither the author nor the host can: 422 for anybody else. Left out: they, or nobody yet.
    pub second: Option<Uuid>,
}

/// Body of `POST /quarantines/{id}/decision`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionBody {
    pub client_id: Uuid,
    pub decision: Decision,
    /// Needed where the post comes back.
    #[serde(default)]
    pub note: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It is about somebody else: it stays hidden.
    Confirm,
    /// It belongs here: it comes back.
    Lift,
}

/// Body of `PUT /quarantines/{id}/second`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecondBody {
    pub account: Uuid,
}

/// Body of `POST /quarantines/{id}/rewriting`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RewritingBody {
    /// Where it belongs.
    pub group: Uuid,
    pub body: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Waiting,
    Confirmed,
    Lifted,
}

impl State {
    pub fn of(code: &str) -> Self {
        match code {
            "waiting" => Self::Waiting,
            "lifted" => Self::Lifted,
            _ => Self::Confirmed,
        }
    }
}

/// A quarantine, for one of its two.
#[derive(Clone, Serialize, ToSchema)]
pub struct Quarantine {
    pub id: Uuid,
    pub group_id: Uuid,
    pub post_id: Uuid,
    /// It stood on the timeline of the patient and the family.
    pub family: bool,
    pub state: State,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub decided_at: Option<Timestamp>,
    /// Whether the caller is the one who decides.
    pub mine: bool,
    pub author_id: Uuid,
    pub found_by: Uuid,
    /// Null: nobody who could decide is in the group yet.
    pub second_id: Option<Uuid>,
    pub finder: String,
    pub second: Option<String>,
    /// Whether the caller may have somebody else decide now.
    pub may_hand_on: bool,
    /// It was written again where it belongs.
    pub moved: bool,
    /// The post there, for whoever is in that group.
    pub moved_to: Option<Uuid>,
    pub moved_group: Option<Uuid>,
}

/// The same with what was said, and what came of the post before it was hidden.
#[derive(Clone, Serialize, ToSchema)]
pub struct Opened {
    #[serde(flatten)]
    pub quarantine: Quarantine,
    pub reason: String,
    pub note: Option<String>,
    /// What is hidden, oldest first: the post, its corrections, what the family was shown.
    pub texts: Vec<Post>,
    /// Who had it on the screen before, whether still in the group or not.
    pub seen: Vec<Seen>,
    pub traces: Traces,
}

/// Somebody who had it on the screen before it was hidden.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Seen {
    /// Left out for the patient and relatives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facility: Option<String>,
    /// The patient or a relative.
    pub relative: bool,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// What stands on its own, and has to be looked at.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
pub struct Traces {
    /// Tasks that were made of it; they are off the lists while it is hidden.
    pub tasks: i64,
    /// Values that were taken from it; they are off the charts while it is hidden.
    pub values: i64,
    /// Replies to it, which still stand.
    pub replies: i64,
}

opaque_debug!(QuarantineBody, DecisionBody, RewritingBody, Quarantine, Opened);

/// A reason in the finder's words.
pub fn reason(raw: &str) -> Result<String, FieldError> {
    input::text("reason", raw, MAX_WORDS)
}

/// What the second person says: a post that comes back needs a reason.
pub fn note(decision: Decision, raw: &str) -> Result<Option<String>, FieldError> {
    match decision {
        Decision::Confirm if raw.trim().is_empty() => Ok(None),
        _ => input::text("note", raw, MAX_WORDS).map(Some),
    }
}
