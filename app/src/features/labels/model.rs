//! The labels with their words.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::words::t;

/// Every label: its code in addresses and rows, and its word. Few, so that the same thing gets the same one.
pub fn all() -> [(&'static str, &'static str); 8] {
    [
        ("medication", t("お薬")),
        ("meals", t("食事・水分")),
        ("skin", t("皮膚・傷")),
        ("pain", t("痛み")),
        ("excretion", t("排泄")),
        ("mind", t("こころ・認知")),
        ("home", t("暮らし・介護")),
        ("papers", t("書類・手続き")),
    ]
}

/// The code as the program has it; nothing for any other.
pub fn known(code: &str) -> Option<&'static str> {
    all().into_iter().find(|(known, _)| *known == code).map(|(known, _)| known)
}

pub fn word(code: &str) -> &'static str {
    all().into_iter().find(|(known, _)| *known == code).map_or("", |(_, word)| word)
}

/// `GET /posts/{id}/labels`: what was done, the newest first, and what stands there now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Labels {
    /// Codes of the labels that the post has.
    pub items: Vec<&'static str>,
    pub acts: Vec<LabelAct>,
}

/// One setting or taking away.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LabelAct {
    pub code: &'static str,
    pub word: &'static str,
    /// False: it was taken away.
    pub given: bool,
    pub by: Uuid,
    pub name: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// `GET /groups/{id}/labels`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Labelled {
    pub items: Vec<LabelledPost>,
    /// The cursor of the posts before these, where there are more.
    pub next: Option<String>,
}

/// A post that has a label, in brief.
#[derive(Clone, Serialize, ToSchema)]
pub struct LabelledPost {
    pub post_id: Uuid,
    pub codes: Vec<&'static str>,
    pub author: String,
    #[schema(value_type = String, format = DateTime)]
    pub post_at: Timestamp,
    /// The beginning of its text; empty where it was withdrawn.
    pub excerpt: String,
    pub corrected: bool,
}

crate::opaque_debug!(LabelledPost);
