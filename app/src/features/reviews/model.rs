//! Reviews as they are read.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::rules::Answer;
use crate::opaque_debug;

/// Body of `POST /facilities/{id}/reviews`.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    pub client_id: Uuid,
}

/// Body of `PUT /review-items/{item}/answer`, and the form of the pages.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Answering {
    pub client_id: Uuid,
    pub answer: Answer,
}

/// What came of an answer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Answered {
    /// `keep`, `remove`, or `gone` where there was nothing left to answer.
    pub answer: String,
    /// Whether it was the last one: the review is over.
    pub closed: bool,
}

/// One review of the facility, with how far it is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Review {
    pub id: Uuid,
    /// `2026-Q4`.
    pub quarter: String,
    /// The admin who opened it; absent: the schedule.
    pub opened_by: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub opened_at: Timestamp,
    /// What nobody has answered by then ends as the rules say.
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closed_at: Option<Timestamp>,
    pub items: i32,
    pub answers: i32,
    pub accounts: i64,
    /// Accounts without an answer.
    pub accounts_left: i64,
}

/// One account or membership that is asked about, as the facility's admin may see it. Of a group that another facility manages
/// who, which group and when are absent.
#[derive(Clone, Serialize, ToSchema)]
pub struct Item {
    pub id: Uuid,
    /// Its place in the list.
    pub n: i32,
    /// `account` or `membership`.
    pub kind: String,
    pub account_id: Option<Uuid>,
    pub name: Option<String>,
    pub profession: Option<String>,
    pub login_id: Option<String>,
    pub facility_id: Option<Uuid>,
    pub facility: Option<String>,
    /// `admin` or `staff`; `member` or `guest`.
    pub role: String,
    /// When the review was opened: `active` or `suspended`.
    pub state: String,
    /// The last use for the facility; of a member: the last reading in the group. As of the opening.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub used_at: Option<Timestamp>,
    pub group_id: Option<Uuid>,
    /// The group's host of now.
    pub host: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    /// Whether there is still something to answer.
    pub there: bool,
    /// The account's state now.
    pub tie: Option<String>,
    /// `keep`, `remove`, `gone`; at the end also `suspended`, `spared`, `unanswered`.
    pub answer: Option<String>,
    pub by_account: Option<Uuid>,
    pub by_name: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Timestamp>,
    /// The answer's place in the chain.
    pub place: Option<i32>,
    /// Hexadecimal: the item's digest, and the chain's up to its answer.
    pub digest: String,
    pub chain: Option<String>,
}

opaque_debug!(Item);

impl Item {
    pub fn is_account(&self) -> bool {
        self.kind == "account"
    }
}

/// What proves a result: see `proof.rs` for the bytes.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Proof {
    pub facility_id: Uuid,
    /// Hexadecimal: the digest of the whole list, where the chain of answers begins.
    pub list: String,
    /// Hexadecimal: the chain's end.
    pub result: String,
    /// Hexadecimal, Ed25519 (RFC 8032); absent until the review is over and signed.
    pub public_key: Option<String>,
    pub signature: Option<String>,
    /// Whether everything was recomputed just now, and held.
    pub holds: bool,
}

/// One membership for its host to answer.
#[derive(Clone)]
pub struct Mine {
    pub id: Uuid,
    pub review: Uuid,
    pub due_at: Timestamp,
    pub group: Uuid,
    pub account: Uuid,
    pub name: String,
    pub profession: String,
    pub facility: String,
    pub role: String,
    pub used_at: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub there: bool,
    pub answer: Option<String>,
}

opaque_debug!(Mine);

/// A review that waits for the caller.
#[derive(Debug, Clone, Copy)]
pub struct Waiting {
    pub review: Uuid,
    /// As the host of groups; otherwise as the facility's admin.
    pub as_host: bool,
    pub opened_at: Timestamp,
    pub due_at: Timestamp,
    pub remaining: i64,
}

/// A guest of the caller's groups whose date is near.
#[derive(Clone)]
pub struct Ending {
    pub group: Uuid,
    pub account: Uuid,
    pub name: String,
    pub profession: String,
    pub facility: String,
    pub until: Timestamp,
}

opaque_debug!(Ending);
