//! What comes in and what goes out. What a task says is of a patient, so it prints as `…`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::rules::Due;
use crate::words::t;
use crate::{FieldError, opaque_debug, people::PersonBody, web::input};

/// Characters of what is to be done, and of a result or a line to the next one.
pub const MAX_WHAT: usize = 200;
pub const MAX_TEXT: usize = 1_000;

/// What is sealed in the state row, and in the event that made or changed it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    pub what: String,
    pub due: Due,
}

/// What is sealed in every other event: a result, a reason, a line to the next one.
#[derive(Clone, Serialize, Deserialize)]
pub struct Said {
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Open,
    Done,
    /// Not to be done any more.
    Dropped,
}

impl State {
    pub fn from_code(code: &str) -> Self {
        match code {
            "done" => Self::Done,
            "dropped" => Self::Dropped,
            _ => Self::Open,
        }
    }
}

/// Body of `POST /groups/{id}/tasks`, and of `POST /posts/{id}/tasks`, where `what` may be left out: the post's first line.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskBody {
    pub client_id: Uuid,
    pub what: Option<String>,
    /// The account of a member; the caller, if left out.
    pub owner: Option<Uuid>,
    /// `2026-11-29`
    pub due_date: String,
    /// `17:00`
    pub due_time: Option<String>,
}

/// Body of `PUT /tasks/{id}`: one change at a time. `state` with a `text` (the result, or why not), or `owner` with a `text`
/// (a line to the next one), or `what` and the due date with the `version` that was seen.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeBody {
    pub client_id: Uuid,
    pub state: Option<State>,
    pub owner: Option<Uuid>,
    pub text: Option<String>,
    pub what: Option<String>,
    pub due_date: Option<String>,
    pub due_time: Option<String>,
    pub version: Option<i32>,
}

/// A new task, parsed.
#[derive(Clone)]
pub struct NewTask {
    pub client_id: Uuid,
    pub words: Words,
    /// Nobody named: the caller.
    pub owner: Option<Uuid>,
    pub post: Option<Uuid>,
}

/// A change, parsed.
#[derive(Clone)]
pub enum Change {
    Words { words: Words, seen: i32 },
    HandOver { to: Uuid, text: String },
    Done { text: String },
    Drop { text: String },
    Reopen { text: String },
}

impl Change {
    /// The kind of its event.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Words { .. } => "changed",
            Self::HandOver { .. } => "handed_over",
            Self::Done { .. } => "done",
            Self::Drop { .. } => "dropped",
            Self::Reopen { .. } => "reopened",
        }
    }
}

/// A task as the API shows it, with the names of now.
#[derive(Clone, Serialize, ToSchema)]
pub struct Task {
    pub id: Uuid,
    pub group_id: Uuid,
    pub post_id: Option<Uuid>,
    pub what: String,
    pub due_date: String,
    pub due_time: Option<String>,
    pub overdue: bool,
    pub owner: PersonBody,
    pub made_by: PersonBody,
    pub state: State,
    /// What was said when it was done, dropped, reopened or handed over.
    pub text: Option<String>,
    /// The host has it because whoever had it left.
    pub passed_on: bool,
    pub version: i32,
    #[schema(value_type = String, format = DateTime)]
    pub made_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Timestamp,
    #[serde(skip)]
    pub due: Due,
}

/// One change of a task, for its history.
#[derive(Clone)]
pub struct Happened {
    pub kind: String,
    pub at: Timestamp,
    /// Nobody: the owner's leaving did it.
    pub by: Option<String>,
    /// Who had it from then on.
    pub owner: String,
    pub text: Option<String>,
    pub words: Option<Words>,
}

/// One change of a task as the API shows it.
#[derive(Clone, Serialize, ToSchema)]
pub struct TaskEvent {
    /// `made`, `changed`, `handed_over`, `done`, `dropped`, `reopened` or `passed_on`.
    pub kind: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Null where the owner's leaving did it.
    pub by: Option<String>,
    /// Who had it from then on.
    pub owner: String,
    pub text: Option<String>,
    /// What it was called and when it was due from then on, where that was said.
    pub what: Option<String>,
    pub due_date: Option<String>,
    pub due_time: Option<String>,
}

impl From<Happened> for TaskEvent {
    fn from(h: Happened) -> Self {
        let due = h.words.as_ref().map(|words| words.due);
        Self {
            kind: h.kind,
            at: h.at,
            by: h.by,
            owner: h.owner,
            text: h.text,
            due_date: due.map(|due| due.day.to_string()),
            due_time: due.and_then(|due| due.time).map(input::clock_value),
            what: h.words.map(|words| words.what),
        }
    }
}

/// Answer of `GET /tasks/{id}`.
#[derive(Clone, Serialize, ToSchema)]
pub struct TaskWithHistory {
    #[serde(flatten)]
    pub task: Task,
    /// Everything that happened to it, the oldest first.
    pub history: Vec<TaskEvent>,
}

#[derive(Clone, Serialize, ToSchema)]
pub struct TaskPage {
    pub items: Vec<Task>,
    pub next: Option<String>,
}

opaque_debug!(
    Words,
    Said,
    TaskBody,
    ChangeBody,
    NewTask,
    Change,
    Task,
    Happened,
    TaskPage,
    TaskEvent,
    TaskWithHistory
);

/// What is to be done, and until when.
pub fn words(what: &str, due_date: &str, due_time: &str) -> Result<Words, Vec<FieldError>> {
    let mut problems = Vec::new();
    let what = input::line("what", what, MAX_WHAT).map_err(|e| problems.push(e)).unwrap_or_default();
    let due = due(due_date, due_time).map_err(|e| problems.push(e)).ok();
    match due {
        Some(due) if problems.is_empty() => Ok(Words { what, due }),
        _ => Err(problems),
    }
}

fn due(day: &str, time_of_day: &str) -> Result<Due, FieldError> {
    let day = input::near_day("due_date", day)?;
    let time = match time_of_day.trim() {
        "" => None,
        text => Some(input::clock("due_time", text)?),
    };
    Ok(Due { day, time })
}

impl NewTask {
    /// `first_line`: of the post that it comes from.
    pub fn parse(body: &TaskBody, post: Option<Uuid>, first_line: &str) -> Result<Self, Vec<FieldError>> {
        let what = body.what.as_deref().unwrap_or(first_line);
        let words = words(what, &body.due_date, body.due_time.as_deref().unwrap_or_default())?;
        Ok(Self { client_id: body.client_id, words, owner: body.owner, post })
    }
}

impl TryFrom<&ChangeBody> for Change {
    type Error = Vec<FieldError>;

    fn try_from(body: &ChangeBody) -> Result<Self, Vec<FieldError>> {
        let text = |needed: bool| {
            let raw = body.text.as_deref().unwrap_or_default();
            let parsed = if needed {
                input::text("text", raw, MAX_TEXT)
            } else {
                input::optional_text("text", raw, MAX_TEXT)
            };
            parsed.map_err(|e| vec![e])
        };
        let new_words = body.what.is_some() || body.due_date.is_some();
        match (body.state, body.owner, new_words) {
            (Some(State::Done), None, false) => Ok(Self::Done { text: text(false)? }),
            (Some(State::Dropped), None, false) => Ok(Self::Drop { text: text(true)? }),
            (Some(State::Open), None, false) => Ok(Self::Reopen { text: text(false)? }),
            (None, Some(to), false) => Ok(Self::HandOver { to, text: text(false)? }),
            (None, None, true) => {
                let field = |f: &Option<String>| f.clone().unwrap_or_default();
                let words = words(&field(&body.what), &field(&body.due_date), &field(&body.due_time))?;
                let seen = body.version.ok_or_else(|| {
                    vec![FieldError::new("version", "empty", t("もとにした版（version）を付けてください。"))]
                })?;
                Ok(Self::Words { words, seen })
            }
            _ => Err(vec![FieldError::new(
                "state",
                "one_change",
                t("変更は1つずつ送ってください（状態・担当・内容のどれか）。"),
            )]),
        }
    }
}
