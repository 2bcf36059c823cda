//! What comes in and what goes out. Anything that holds a patient's words prints as `…`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::rules;
use crate::words::{fill, t};
use crate::{FieldError, features::files::model::PostFile, web::input};

/// Characters of a post.
pub const MAX_BODY: usize = 8_000;
/// Characters of a reason.
pub const MAX_REASON: usize = 500;
/// Files of one post.
pub const MAX_FILES: usize = 20;
/// Mentions of one post.
pub const MAX_MENTIONS: usize = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Timeline {
    #[default]
    Team,
    Family,
}

impl Timeline {
    pub fn code(self) -> &'static str {
        match self {
            Self::Team => "team",
            Self::Family => "family",
        }
    }
}

/// Body of `POST /groups/{id}/posts`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostBody {
    pub client_id: Uuid,
    pub body: String,
    #[serde(default)]
    pub timeline: Timeline,
    pub reply_to: Option<Uuid>,
    #[serde(default)]
    pub files: Vec<Uuid>,
    #[serde(default)]
    pub mentions: Vec<MentionBody>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub must_acknowledge_by: Option<Timestamp>,
    /// The template that the text was filled in on.
    pub template: Option<TemplateBody>,
    /// It passes the readers' quiet hours.
    #[serde(default)]
    pub urgent: bool,
}

/// A template and its version.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateBody {
    pub id: Uuid,
    pub version: u32,
}

/// Body of `POST /posts/{id}/corrections`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectionBody {
    pub client_id: Uuid,
    pub body: String,
    #[serde(default)]
    pub files: Vec<Uuid>,
}

/// Body of `POST /posts/{id}/withdrawal`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawalBody {
    pub client_id: Uuid,
    pub reason: String,
}

/// Body of `POST /groups/{id}/read`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadBody {
    #[serde(default)]
    pub timeline: Timeline,
    pub up_to_seq: i64,
}

/// Whom a post addresses: one of these.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum MentionBody {
    Account(Uuid),
    Facility(Uuid),
    Profession(String),
    /// Whoever is on duty in this facility now.
    OnDuty(Uuid),
}

impl MentionBody {
    /// As the fields of forms say it: `account:…`.
    pub fn code(&self) -> String {
        match self {
            Self::Account(id) => format!("account:{id}"),
            Self::Facility(id) => format!("facility:{id}"),
            Self::Profession(code) => format!("profession:{code}"),
            Self::OnDuty(id) => format!("on_duty:{id}"),
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        let (kind, value) = code.split_once(':')?;
        match kind {
            "account" => value.parse().ok().map(Self::Account),
            "facility" => value.parse().ok().map(Self::Facility),
            "profession" => Some(Self::Profession(value.to_owned())),
            "on_duty" => value.parse().ok().map(Self::OnDuty),
            _ => None,
        }
    }
}

/// What a post says, parsed.
#[derive(Clone, Serialize)]
pub struct NewPost {
    pub body: String,
    pub timeline: Timeline,
    pub reply_to: Option<Uuid>,
    pub corrects: Option<Uuid>,
    pub files: Vec<Uuid>,
    pub mentions: Vec<MentionBody>,
    pub must_acknowledge_by: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateBody>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub urgent: bool,
    #[serde(skip)]
    pub client_id: Uuid,
}

impl TryFrom<PostBody> for NewPost {
    type Error = Vec<FieldError>;

    fn try_from(p: PostBody) -> Result<Self, Vec<FieldError>> {
        asks_well(&p).map_err(|e| vec![e])?;
        Ok(Self {
            body: body_with_files(&p.body, &p.files)?,
            timeline: p.timeline,
            reply_to: p.reply_to,
            corrects: None,
            files: p.files,
            mentions: p.mentions,
            must_acknowledge_by: p.must_acknowledge_by,
            template: p.template,
            urgent: p.urgent,
            client_id: p.client_id,
        })
    }
}

impl NewPost {
    /// A post of words alone.
    pub fn words(timeline: Timeline, body: String, client_id: Uuid) -> Self {
        Self {
            body,
            timeline,
            reply_to: None,
            corrects: None,
            files: Vec::new(),
            mentions: Vec::new(),
            must_acknowledge_by: None,
            template: None,
            urgent: false,
            client_id,
        }
    }

    pub fn correction(of: Uuid, timeline: Timeline, c: &CorrectionBody) -> Result<Self, Vec<FieldError>> {
        Ok(Self {
            body: body_with_files(&c.body, &c.files)?,
            timeline,
            reply_to: None,
            corrects: Some(of),
            files: c.files.clone(),
            mentions: Vec::new(),
            must_acknowledge_by: None,
            template: None,
            urgent: false,
            client_id: c.client_id,
        })
    }

    /// Asks whom the corrected post asked, and as it did.
    #[must_use]
    pub fn asking_as(self, old: &Post, now: Timestamp) -> Self {
        Self {
            mentions: old.mentions.clone(),
            must_acknowledge_by: old.must_acknowledge_by.map(|by| rules::deadline_again(by, now)),
            urgent: old.urgent,
            ..self
        }
    }
}

/// Only the team is asked: the family timeline has no readers that could be made to answer.
fn asks_well(p: &PostBody) -> Result<(), FieldError> {
    if p.timeline == Timeline::Family
        && (!p.mentions.is_empty() || p.must_acknowledge_by.is_some() || p.urgent)
    {
        let words = t("患者・家族のタイムラインでは、宛先・要了解・緊急は使えません。");
        return Err(FieldError::new("mentions", "team_only", words));
    }
    if p.mentions.len() > MAX_MENTIONS {
        let words = fill(
            t("宛先は{MAX_MENTIONS}件までです。施設や職種でまとめて選んでください。"),
            &[("MAX_MENTIONS", &MAX_MENTIONS)],
        );
        return Err(FieldError::new("mentions", "too_many", words));
    }
    Ok(())
}

/// A post needs words or at least one file.
fn body_with_files(body: &str, files: &[Uuid]) -> Result<String, Vec<FieldError>> {
    if files.len() > MAX_FILES {
        return Err(vec![FieldError::new(
            "files",
            "too_many",
            fill(t("ファイルは1回に{MAX_FILES}個までです。"), &[("MAX_FILES", &MAX_FILES)]),
        )]);
    }
    let parsed = if files.is_empty() {
        input::text("body", body, MAX_BODY)
    } else {
        input::optional_text("body", body, MAX_BODY)
    };
    parsed.map_err(|e| vec![e])
}

macro_rules! secret {
    ($($name:ident),+) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+};
}
secret!(PostBody, CorrectionBody, WithdrawalBody, NewPost, Post, Proxy, Withdrawn, PostPage);

/// A post as the API shows it. Names are those of the time of writing.
#[derive(Clone, Serialize, ToSchema)]
pub struct Post {
    pub id: Uuid,
    pub seq: i64,
    pub group_id: Uuid,
    pub timeline: Timeline,
    pub author: Author,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// `null` when withdrawn, and when hidden as a post about somebody else.
    pub body: Option<String>,
    pub files: Vec<PostFile>,
    pub reply_to: Option<Uuid>,
    pub corrects: Option<Uuid>,
    pub corrected_by: Option<Uuid>,
    pub withdrawn: Option<Withdrawn>,
    pub mentions: Vec<MentionBody>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub must_acknowledge_by: Option<Timestamp>,
    pub urgent: bool,
    /// A system outside entered it for the author (代行入力). Left out where she wrote it herself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<Proxy>,
    /// It is hidden as a post about another patient (誤投稿隔離): only two people have its text. Left out otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quarantined: Option<Quarantined>,
    /// It stood in another group, where it did not belong, before. Left out otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved: Option<Moved>,
    pub acknowledgements: Acknowledgements,
    pub read_by: ReadBy,
}

/// Who hid a post, and whether a second person has said so too.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Quarantined {
    pub id: Uuid,
    pub state: Isolation,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub by: String,
    /// Whether the caller is one of the two, who have the text at `GET /quarantines/{id}`.
    pub mine: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Isolation {
    Waiting,
    Confirmed,
}

/// How long a text stood where it did not belong, and how many people beside its author had it on the screen there.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Moved {
    #[schema(value_type = String, format = DateTime)]
    pub written_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub hidden_at: Timestamp,
    pub seen_by: i32,
}

/// Where a proxy entry came from, and since when the author says that it is hers.
#[derive(Clone, Serialize, ToSchema)]
pub struct Proxy {
    /// What the system is called.
    pub system: String,
    /// The entry's id there.
    pub external_id: String,
    /// Who typed it there, if the system says.
    pub typist: Option<String>,
    /// `null`: she has not confirmed it yet.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub confirmed_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Author {
    pub id: Uuid,
    pub name: String,
    /// For pages alone.
    #[serde(skip)]
    pub reading: String,
    pub profession: String,
    /// Empty for a patient or relative (`profession` is then `patient` or `family`).
    pub facility: String,
    pub facility_id: Uuid,
    /// 続柄 of a relative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relation: Option<String>,
}

#[derive(Clone, Serialize, ToSchema)]
pub struct Withdrawn {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub by: String,
    pub reason: String,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Acknowledgements {
    pub count: i64,
    pub mine: bool,
}

/// `total` = members now without the author.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct ReadBy {
    pub count: i64,
    pub total: i64,
}

#[derive(Clone, Serialize, ToSchema)]
pub struct PostPage {
    pub items: Vec<Post>,
    pub next: Option<String>,
}

/// One line of `GET /posts/{id}/readers`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Reader {
    pub id: Uuid,
    pub name: String,
    pub profession: String,
    pub facility: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub displayed_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub acknowledged_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub handled_at: Option<Timestamp>,
    /// A push service took a notice for a device of this person. It does not prove that the device got it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub push_accepted_at: Option<Timestamp>,
    /// The mail server took a letter to this person.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub mail_accepted_at: Option<Timestamp>,
    /// A device of this person showed a notice. It does not prove that anybody looked.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub on_device_at: Option<Timestamp>,
    /// No notice could be handed over on any way.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub notice_failed_at: Option<Timestamp>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Readers {
    pub items: Vec<Reader>,
}
