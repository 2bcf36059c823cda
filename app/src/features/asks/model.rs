//! What comes in and what goes out.

use jiff::Timestamp;
use record::CallResult;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::words::t;
use crate::{FieldError, web::input};

/// Characters of a result or of a note.
pub const MAX_TEXT: usize = 500;

/// What somebody did about a post.
#[derive(Debug, Clone)]
pub enum What {
    /// 対応済
    Handled,
    /// A call to somebody who had not answered.
    Called { whom: String, result: CallResult },
}

/// What came of a call, after the name of who was called.
pub fn call_words(result: CallResult) -> &'static str {
    match result {
        CallResult::Answered => t("話しました"),
        CallResult::NoAnswer => t("出ませんでした"),
        CallResult::Message => t("伝言を残しました"),
    }
}

/// The results of a call as forms and JSON name them.
pub const RESULTS: [(&str, CallResult); 3] = [
    ("answered", CallResult::Answered),
    ("no_answer", CallResult::NoAnswer),
    ("message", CallResult::Message),
];

pub fn result_of(code: &str) -> Result<CallResult, FieldError> {
    RESULTS.iter().find(|(c, _)| *c == code).map(|(_, result)| *result).ok_or_else(|| {
        FieldError::new("result", "unknown", t("「出た」「出ない」「伝言」から選んでください。"))
    })
}

/// Body of `PUT /posts/{id}/handled`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandledBody {
    pub client_id: Uuid,
    /// What was done.
    pub result: String,
}

/// Body of `POST /posts/{id}/calls`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallBody {
    pub client_id: Uuid,
    /// Who was called: somebody whom the post asks.
    pub account: Uuid,
    /// `answered`, `no_answer` or `message`.
    pub result: String,
    #[serde(default)]
    pub note: String,
}

/// A call, parsed.
#[derive(Clone)]
pub struct NewCall {
    pub client_id: Uuid,
    pub account: Uuid,
    pub result: CallResult,
    pub note: Option<String>,
}

impl TryFrom<CallBody> for NewCall {
    type Error = Vec<FieldError>;

    fn try_from(c: CallBody) -> Result<Self, Vec<FieldError>> {
        let result = result_of(&c.result).map_err(|e| vec![e])?;
        let note = input::optional_text("note", &c.note, MAX_TEXT).map_err(|e| vec![e])?;
        Ok(Self {
            client_id: c.client_id,
            account: c.account,
            result,
            note: Some(note).filter(|note| !note.is_empty()),
        })
    }
}

/// `GET /me/open-items`: what waits for me, and what I wait for.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenItems {
    /// Posts that ask me, the nearest deadline first, those without one last.
    pub items: Vec<OpenItem>,
    /// My own posts that somebody has not acknowledged.
    pub waiting: Vec<Waiting>,
}

#[derive(Clone, Serialize, ToSchema)]
pub struct OpenItem {
    pub post_id: Uuid,
    pub group_id: Uuid,
    /// `mentioned`, `must`, `corrected` (a text that I had read was corrected) or `substitute`.
    pub why: String,
    /// Until when 了解 is asked for; `null`: it is enough to read it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub must_acknowledge_by: Option<Timestamp>,
    pub overdue: bool,
    pub urgent: bool,
    pub author: String,
    pub author_profession: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// The beginning of the text.
    pub excerpt: String,
}

#[derive(Clone, Serialize, ToSchema)]
pub struct Waiting {
    pub post_id: Uuid,
    pub group_id: Uuid,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub must_acknowledge_by: Option<Timestamp>,
    pub urgent: bool,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    pub excerpt: String,
    pub missing: Vec<Missing>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Missing {
    pub id: Uuid,
    pub name: String,
    pub profession: String,
    pub facility: String,
    pub overdue: bool,
    /// Who was asked too when the deadline had passed.
    pub substitute: Option<String>,
}

/// Somebody whom a post asks for 了解, and who has not answered.
#[derive(Clone, Serialize, ToSchema)]
pub struct AskedPerson {
    pub id: Uuid,
    pub name: String,
    pub profession: String,
    pub facility: String,
    /// By which the person wants to be reached at work; empty: none is shown.
    pub phone: String,
    pub facility_phone: String,
    pub overdue: bool,
    /// Who was asked too when the deadline had passed.
    pub substitute: Option<String>,
    /// Was asked in the place of somebody else.
    pub stands_in: bool,
}

/// What was done about a post.
#[derive(Clone, Serialize, ToSchema)]
pub struct FollowedBody {
    /// `handled` or `called`.
    pub kind: &'static str,
    pub by: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who was called, and what came of it: `answered`, `no_answer` or `message`.
    pub called: Option<String>,
    pub result: Option<&'static str>,
    pub text: String,
}

/// `GET /posts/{id}/asked`
#[derive(Serialize, ToSchema)]
pub struct AskedOfPost {
    pub items: Vec<AskedPerson>,
    /// Always null: there is one page.
    pub next: Option<String>,
    pub followed: Vec<FollowedBody>,
}

crate::opaque_debug!(
    HandledBody,
    CallBody,
    NewCall,
    OpenItem,
    Waiting,
    AskedPerson,
    FollowedBody,
    AskedOfPost
);
