//! The stamps with their words, and what is on a post.

use jiff::Timestamp;
use record::Stamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::words::t;

/// Characters of a bookmark's note.
pub const MAX_NOTE: usize = 300;
/// Pins of a group.
pub const MAX_PINS: usize = 5;

/// Every stamp: its code in addresses and rows, and its word. Each says what it says; none says 了解.
pub const STAMPS: [(Stamp, &str, &str); 6] = [
    (Stamp::Thanks, "thanks", "ありがとう"),
    (Stamp::WellDone, "well_done", "おつかれさま"),
    (Stamp::WillCheck, "will_check", "確認します"),
    (Stamp::TakeCare, "take_care", "お大事に"),
    (Stamp::Great, "great", "すごい"),
    (Stamp::Consult, "consult", "相談したい"),
];

pub fn from_code(code: &str) -> Option<Stamp> {
    STAMPS.iter().find(|(_, c, _)| *c == code).map(|(stamp, ..)| *stamp)
}

pub fn code(stamp: Stamp) -> &'static str {
    STAMPS.iter().find(|(s, ..)| *s == stamp).map_or("", |(_, code, _)| code)
}

pub fn word(stamp: Stamp) -> &'static str {
    STAMPS.iter().find(|(s, ..)| *s == stamp).map_or("", |(.., word)| t(word))
}

/// One person's stamp on one post.
#[derive(Debug, Clone)]
pub struct Given {
    pub stamp: Stamp,
    pub account_id: Uuid,
    /// As of the time.
    pub name: String,
    pub at: Timestamp,
}

/// What is on one post.
#[derive(Debug, Clone, Default)]
pub struct PostMarks {
    /// In the order in which they were given.
    pub stamps: Vec<Given>,
    /// Who pinned it.
    pub pinned: Option<PinnedBy>,
    /// The viewer's own.
    pub bookmarked: bool,
    /// Codes of its labels.
    pub labels: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct PinnedBy {
    pub account_id: Uuid,
    pub name: String,
    pub at: Timestamp,
}

/// `GET /posts/{id}/stamps`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Stamps {
    pub items: Vec<StampCount>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct StampCount {
    pub code: &'static str,
    /// What it says.
    pub word: &'static str,
    pub count: usize,
    pub mine: bool,
    pub by: Vec<StampBy>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct StampBy {
    pub id: Uuid,
    pub name: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// `GET /groups/{id}/pins`, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Pins {
    pub items: Vec<Pin>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Pin {
    pub post_id: Uuid,
    pub pinned_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub pinned_at: Timestamp,
}

/// Body of `PUT /posts/{id}/bookmark`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BookmarkBody {
    #[serde(default)]
    pub note: String,
}

/// One of the caller's own, with the beginning of its post.
#[derive(Clone, Serialize, ToSchema)]
pub struct Bookmark {
    pub post_id: Uuid,
    pub group_id: Uuid,
    pub group_title: String,
    pub author: String,
    #[schema(value_type = String, format = DateTime)]
    pub post_at: Timestamp,
    /// The first words; empty when only files were sent, and when withdrawn.
    pub excerpt: String,
    pub note: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// `GET /bookmarks`, the newest first.
#[derive(Serialize, ToSchema)]
pub struct Bookmarks {
    pub items: Vec<Bookmark>,
    pub next: Option<String>,
}

crate::opaque_debug!(BookmarkBody, Bookmark, Bookmarks);

/// The stamps of one post, counted; only those that somebody gave, in the order of the table.
pub fn counted(given: &[Given], me: Uuid) -> Vec<StampCount> {
    STAMPS
        .iter()
        .filter_map(|(stamp, code, word)| {
            let by: Vec<StampBy> = given
                .iter()
                .filter(|g| g.stamp == *stamp)
                .map(|g| StampBy { id: g.account_id, name: g.name.clone(), at: g.at })
                .collect();
            let mine = by.iter().any(|b| b.id == me);
            (!by.is_empty()).then_some(StampCount { code, word: t(word), count: by.len(), mine, by })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stamp_has_a_code_and_a_word_and_none_says_ryoukai() {
        for (stamp, code_, word_) in STAMPS {
            assert_eq!((from_code(code_), code(stamp), word(stamp)), (Some(stamp), code_, word_));
            assert_eq!(serde_json::to_value(stamp).unwrap(), code_, "the record spells it the same");
            assert!(!word_.contains("了解"));
        }
        assert_eq!(from_code("acknowledged"), None);
    }
}
