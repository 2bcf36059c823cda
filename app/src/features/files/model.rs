//! What comes out: a file as posts, lists and uploads show it.

use intake::{Warning, sniff::Family};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A file as a post shows it.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PostFile {
    pub id: Uuid,
    pub name: String,
    /// By content, not by name.
    pub media_type: String,
    /// Of the readable bytes.
    pub bytes: u64,
    /// Of the readable bytes, in hex.
    pub sha256: String,
    /// `picture`, `examination`, `medication_history`, `narcotics_ledger`, `referral_letter` or `other`.
    pub class: String,
    /// `scanning`, `ready`, `refused` or `unscanned`.
    pub state: String,
    pub has_thumbnail: bool,
}

/// The answer to an upload.
#[derive(Clone, Serialize, ToSchema)]
pub struct Uploaded {
    pub id: Uuid,
    pub name: String,
    pub media_type: String,
    pub bytes: u64,
    pub sha256: String,
    pub class: String,
    pub state: String,
    /// `macros`, `executable`, `active_content`, `name_misleads`, `scaled_down`, `no_preview`.
    pub warnings: Vec<&'static str>,
    /// Whether this call stored it, or an earlier one with the same client id.
    #[serde(skip)]
    pub created: bool,
}

/// A file of a group, with the post that carries it.
#[derive(Clone, Serialize, ToSchema)]
pub struct GroupFile {
    #[serde(flatten)]
    pub file: PostFile,
    pub post_id: Uuid,
    pub author_id: Uuid,
    /// Name and profession as of the time of writing.
    pub author: String,
    pub profession: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// The post was withdrawn since; its files stay readable for the members.
    pub withdrawn: bool,
}

#[derive(Clone, Serialize, ToSchema)]
pub struct GroupFiles {
    pub items: Vec<GroupFile>,
    pub next: Option<String>,
}

crate::opaque_debug!(PostFile, Uploaded, GroupFile, GroupFiles);

const FAMILIES: [(Family, &str); 12] = [
    (Family::Photo, "photo"),
    (Family::Text, "text"),
    (Family::Audio, "audio"),
    (Family::Video, "video"),
    (Family::Dicom, "dicom"),
    (Family::Pdf, "pdf"),
    (Family::Office, "office"),
    (Family::Other, "other"),
    (Family::Archive, "archive"),
    (Family::MacroOffice, "macro_office"),
    (Family::ActiveContent, "active_content"),
    (Family::Executable, "executable"),
];

/// The family as the database spells it.
pub(super) fn family_code(family: Family) -> &'static str {
    FAMILIES.iter().find(|(f, _)| *f == family).map_or("other", |(_, code)| *code)
}

/// A code that is not known is treated as the most dangerous.
pub(super) fn family_from_code(code: &str) -> Family {
    FAMILIES.iter().find(|(_, c)| *c == code).map_or(Family::Executable, |(family, _)| *family)
}

/// Whether opening it on one's own computer may run something.
pub(super) fn asks_first(family: Family) -> bool {
    matches!(family, Family::MacroOffice | Family::ActiveContent | Family::Executable)
}

pub(super) fn warning_code(warning: Warning) -> &'static str {
    match warning {
        Warning::Macros => "macros",
        Warning::Executable => "executable",
        Warning::ActiveContent => "active_content",
        Warning::NameMisleads => "name_misleads",
        Warning::ScaledDown => "scaled_down",
        Warning::NoPreview => "no_preview",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_spelled_both_ways() {
        for (family, code) in FAMILIES {
            assert_eq!((family_code(family), family_from_code(code)), (code, family));
        }
        assert!(asks_first(family_from_code("something new")));
    }
}
