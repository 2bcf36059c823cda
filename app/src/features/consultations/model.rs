//! What comes in and what goes out. Titles and results may speak of a patient, so they print as `…`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{FieldError, features::posts::model::Author, opaque_debug, web::input};

pub const MAX_TITLE: usize = 60;
/// With the title in front it fits into a post.
pub const MAX_BODY: usize = 4_000;
pub const MAX_WORDS: usize = 500;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Open,
    Closed,
}

impl State {
    pub fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

/// Body of `POST /groups/{id}/consultations`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenBody {
    pub client_id: Uuid,
    pub title: String,
    /// What is asked.
    pub body: String,
}

/// Parsed.
#[derive(Clone)]
pub struct NewConsultation {
    pub client_id: Uuid,
    pub title: String,
    pub body: String,
}

impl TryFrom<OpenBody> for NewConsultation {
    type Error = Vec<FieldError>;

    fn try_from(raw: OpenBody) -> Result<Self, Vec<FieldError>> {
        match (input::line("title", &raw.title, MAX_TITLE), input::text("body", &raw.body, MAX_BODY)) {
            (Ok(title), Ok(body)) => Ok(Self { client_id: raw.client_id, title, body }),
            (title, body) => Err([title.err(), body.err()].into_iter().flatten().collect()),
        }
    }
}

/// Body of `PUT /consultations/{id}`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetBody {
    pub client_id: Uuid,
    pub state: State,
    /// How it was resolved, or why it goes on.
    pub words: String,
}

/// The line of a closing or reopening.
pub fn words(raw: &str) -> Result<String, FieldError> {
    input::text("words", raw, MAX_WORDS)
}

/// A consultation as the API shows it.
#[derive(Clone, Serialize, ToSchema)]
pub struct Consultation {
    pub id: Uuid,
    pub group_id: Uuid,
    /// The post that opened it; replies to it are the talk.
    pub post_id: Uuid,
    /// None: the post was withdrawn.
    pub title: Option<String>,
    pub state: State,
    /// As of the time of writing.
    pub opened_by: Author,
    #[schema(value_type = String, format = DateTime)]
    pub opened_at: Timestamp,
    pub replies: i64,
    /// The last closing or reopening.
    pub changed: Option<Changed>,
    /// Whether the caller may close or reopen it.
    pub may_set: bool,
}

#[derive(Clone, Serialize, ToSchema)]
pub struct Changed {
    /// Name as of the time of writing.
    pub by: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The result, or why it goes on. None: the reply was withdrawn.
    pub words: Option<String>,
    /// The reply that says so.
    pub post_id: Uuid,
}

#[derive(Clone, Serialize, ToSchema)]
pub struct Consultations {
    pub items: Vec<Consultation>,
}

opaque_debug!(OpenBody, NewConsultation, SetBody, Consultation, Changed, Consultations);
