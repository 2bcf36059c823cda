//! What stands in the forms of a task, as it was typed.

use jiff::Timestamp;
use uuid::Uuid;

use super::model::{Change, ChangeBody, NewTask, State, Task, TaskBody};
use crate::words::t;
use crate::{Error, FieldError, Result, opaque_debug, web::forms::Errors, web::input::Fields, web::ui::time};

/// The names of all of them.
const NAMES: [&str; 12] = [
    "client_id",
    "kind",
    "what",
    "owner",
    "due_date",
    "due_time",
    "version",
    "post",
    "done-text",
    "drop-text",
    "reopen-text",
    "hand_over-text",
];

#[derive(Clone)]
pub struct Typed {
    pub client_id: Uuid,
    /// Which of the forms of a task's page was sent: `done`, `drop`, `reopen`, `hand_over` or `words`.
    pub kind: String,
    pub what: String,
    pub owner: String,
    pub due_date: String,
    pub due_time: String,
    pub text: String,
    pub version: String,
    /// Somebody saved first: the version on which this began.
    pub began: String,
    pub post: Option<Uuid>,
    pub errors: Errors,
}

opaque_debug!(Typed);

impl Typed {
    /// Nothing yet; due today.
    pub fn new(now: Timestamp) -> Self {
        Self {
            client_id: Uuid::now_v7(),
            kind: String::new(),
            what: String::new(),
            owner: String::new(),
            due_date: time::day_of(now).to_string(),
            due_time: String::new(),
            text: String::new(),
            version: String::new(),
            began: String::new(),
            post: None,
            errors: Errors::none(),
        }
    }

    pub fn sent(pairs: Vec<(String, String)>) -> Result<Self> {
        let fields = Fields::only(pairs, &NAMES)?;
        let one = |name| fields.one(name).to_owned();
        let unreadable = || Error::BadRequest("unreadable_form".into());
        let post = match fields.one("post") {
            "" => None,
            id => Some(id.parse().map_err(|_| unreadable())?),
        };
        Ok(Self {
            client_id: fields.one("client_id").parse().map_err(|_| unreadable())?,
            kind: one("kind"),
            what: one("what"),
            owner: one("owner"),
            due_date: one("due_date"),
            due_time: one("due_time"),
            text: fields.one(&format!("{}-text", fields.one("kind"))).to_owned(),
            version: one("version"),
            began: String::new(),
            post,
            errors: Errors::none(),
        })
    }

    /// What the task says now, for the form that changes it.
    pub fn fill(&mut self, task: &Task) {
        self.what.clone_from(&task.what);
        self.due_date.clone_from(&task.due_date);
        self.due_time = task.due_time.clone().unwrap_or_default();
        self.version = task.version.to_string();
    }

    fn owner(&self) -> Result<Option<Uuid>, Vec<FieldError>> {
        match self.owner.as_str() {
            "" => Ok(None),
            id => id
                .parse()
                .map(Some)
                .map_err(|_| vec![FieldError::new("owner", "unknown", t("担当を選んでください。"))]),
        }
    }

    pub fn new_task(&self) -> Result<NewTask, Vec<FieldError>> {
        let body = TaskBody {
            client_id: self.client_id,
            what: Some(self.what.clone()),
            owner: self.owner()?,
            due_date: self.due_date.clone(),
            due_time: Some(self.due_time.clone()),
        };
        NewTask::parse(&body, self.post, "")
    }

    pub fn change(&self) -> Result<Change, Vec<FieldError>> {
        let text = Some(self.text.clone());
        let mut body = ChangeBody {
            client_id: self.client_id,
            state: None,
            owner: None,
            text,
            what: None,
            due_date: None,
            due_time: None,
            version: None,
        };
        match self.kind.as_str() {
            "done" => body.state = Some(State::Done),
            "drop" => body.state = Some(State::Dropped),
            "reopen" => body.state = Some(State::Open),
            "hand_over" => {
                let owner = self.owner()?;
                let missing = || vec![FieldError::new("owner", "empty", t("引き継ぐ相手を選んでください。"))];
                body.owner = Some(owner.ok_or_else(missing)?);
            }
            _ => {
                body.what = Some(self.what.clone());
                body.due_date = Some(self.due_date.clone());
                body.due_time = Some(self.due_time.clone());
                body.version = self.version.parse().ok().or(Some(0));
            }
        }
        Change::try_from(&body)
    }
}

/// Several forms of the page have a `text`: its problem stands at the one that was sent.
pub fn on_the_page(problems: Vec<FieldError>, kind: &str) -> Errors {
    let name = |field: &str| if field == "text" { format!("{kind}-text") } else { field.to_owned() };
    problems.into_iter().map(|p| (name(&p.field), p.message.into_owned())).collect()
}
