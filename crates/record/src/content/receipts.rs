use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::prints_nothing;

/// A member displayed a stream up to a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Read {
    /// The team or family stream.
    pub stream: Uuid,
    /// The last record that was on the screen.
    pub up_to_seq: u64,
}

/// A member confirmed one post.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledged {
    /// The id of the post or correction that was on the screen.
    pub post: Uuid,
}

/// What a post asked for is done.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handled {
    /// The post or correction that asked for it.
    pub post: Uuid,
    /// What was done, in the person's words.
    pub result: String,
}

/// Somebody who had not answered a post was called.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Called {
    /// The post or correction that it was about.
    pub post: Uuid,
    /// Who was called.
    pub account: Uuid,
    /// What came of it.
    pub result: CallResult,
    /// More, in the caller's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallResult {
    /// The person spoke.
    Answered,
    /// Nobody answered.
    NoAnswer,
    /// A message was left.
    Message,
}

prints_nothing!(Handled, Called);
