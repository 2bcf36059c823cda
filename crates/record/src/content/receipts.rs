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

/// A member confirmed one post.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledged {
    /// The id of the post or correction that was on the screen.
    pub post: Uuid,
}
