use serde::{Deserialize, Serialize};
use uuid::Uuid;

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
