use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::prints_nothing;
use crate::{Digest, moment};

/// A post on the team or family timeline.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Post {
    /// The id by which other records name this post. It is inside the content so that the chain covers it: otherwise
    /// two ids could be exchanged in the database, and a correction would point at another text.
    pub id: Uuid,
    /// The text exactly as typed.
    pub body: String,
    /// The post that this one answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Uuid>,
    /// Whom the author addressed.
    pub mentions: Vec<Mention>,
    /// Until when whoever is addressed, or else every member, should have acknowledged it.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "moment::optional")]
    pub must_acknowledge_by: Option<Timestamp>,
    /// The attached files, in the order of the header's `files`.
    pub files: Vec<File>,
    /// The template that the text was filled in on. The body says everything; this only says how it came about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateUse>,
    /// It passes quiet hours. Left out where it does not.
    #[serde(default, skip_serializing_if = "is_false")]
    pub urgent: bool,
    /// Where a proxy entry came from. Left out where the author typed it; the header's `entered_by` names the same system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
}

/// The system outside that entered a post for somebody.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// What it is called where it is registered.
    pub system: String,
    /// The entry's id there.
    pub id: String,
    /// Who typed it there, if the system says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typist: Option<String>,
}

/// Which template, and which version of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateUse {
    /// The template's id.
    pub id: Uuid,
    /// Its version, 1, 2, 3 …
    pub version: u64,
}

impl Post {
    /// Words alone.
    pub fn words(id: Uuid, body: String) -> Self {
        Self {
            id,
            body,
            reply_to: None,
            mentions: Vec::new(),
            must_acknowledge_by: None,
            files: Vec::new(),
            template: None,
            urgent: false,
            source: None,
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// A new text in place of an earlier one. The earlier record stays as it is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// The id of the post or correction that is corrected.
    pub corrects: Uuid,
    /// What stands there from now on, with an id of its own.
    pub post: Post,
}

/// An earlier text is hidden behind a reason. A member can unfold it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    /// The id of this record.
    pub id: Uuid,
    /// The id of the post or correction that is withdrawn.
    pub withdraws: Uuid,
    /// Why, in the author's words.
    pub reason: String,
}

/// Somebody who is addressed in a post.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mention {
    /// One person, by account.
    Account(Uuid),
    /// Everybody of one facility.
    Facility(Uuid),
    /// Everybody of one profession, by its key in the master data.
    Profession(String),
    /// Whoever was on duty in one facility when it was written.
    OnDuty(Uuid),
}

/// A file: what it is called, what it is, and which bytes it holds.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// The id under which it is fetched.
    pub id: Uuid,
    /// Its name as the sender gave it.
    pub name: String,
    /// The media type that was found by looking at the bytes.
    pub media_type: String,
    /// Length of the readable bytes, below 2^53.
    pub bytes: u64,
    /// SHA-256 of the readable bytes. (The header holds that of the encrypted ones.)
    pub sha256: Digest,
    /// What it is to the team; decides how long it is kept.
    pub class: FileClass,
}

/// What a file is to the team.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileClass {
    /// 画像
    Picture,
    /// 検査
    Examination,
    /// 麻薬帳簿
    NarcoticsLedger,
    /// 薬歴
    MedicationHistory,
    /// 紹介状
    ReferralLetter,
    /// その他
    Other,
}

prints_nothing!(Post, Source, Correction, Withdrawal, Mention, File);
