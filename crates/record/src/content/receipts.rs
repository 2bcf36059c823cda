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

/// A member put a stamp on a post, or took it back. It says nothing about whether the post was understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stamped {
    /// The id of the post or correction that was on the screen.
    pub post: Uuid,
    /// Which stamp.
    pub stamp: Stamp,
}

/// The stamps that there are: few, each with a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stamp {
    /// ありがとう
    Thanks,
    /// 確認します
    WillCheck,
    /// お大事に
    TakeCare,
    /// おつかれさま
    WellDone,
    /// すごい
    Great,
    /// 相談したい
    Consult,
}

/// A member pinned a post above the timeline, or unpinned it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pinned {
    /// The id of the post.
    pub post: Uuid,
}

/// A member confirmed one post.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledged {
    /// The id of the post or correction that was on the screen.
    pub post: Uuid,
}

/// Somebody in whose name a post was entered says that it is hers. Her 了解 of another's post is [`Acknowledged`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmed {
    /// The id of the post.
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
