use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::prints_nothing;
use crate::moment;

/// A member hid a post that is about another patient, with its corrections and with what the family was shown of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quarantined {
    /// The post; of a correction, the one that it goes back to.
    pub post: Uuid,
    /// Why, in the person's words.
    pub reason: String,
    /// Who decides, an account; nobody where nobody could.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second: Option<Uuid>,
}

/// Somebody else decides from here on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuarantineHanded {
    /// The id of the record by which it was hidden.
    pub quarantine: Uuid,
    /// The post.
    pub post: Uuid,
    /// Who, an account.
    pub second: Uuid,
}

/// The other one of the two has looked: the post stays hidden, or it comes back.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuarantineDecided {
    /// The id of the record by which it was hidden.
    pub quarantine: Uuid,
    /// The post.
    pub post: Uuid,
    /// More, in the person's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A post of this group stood in another one, where it did not belong, before it was written here. Which one that was is not said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moved {
    /// The post here.
    pub post: Uuid,
    /// When the first one was written.
    #[serde(with = "moment")]
    pub written_at: Timestamp,
    /// When it was hidden.
    #[serde(with = "moment")]
    pub hidden_at: Timestamp,
    /// How many people beside its author had it on the screen before.
    pub seen_by: u32,
}

prints_nothing!(Quarantined, QuarantineDecided);
