//! What comes in and what goes out.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::words::{fill, t};
use crate::{FieldError, features::posts::model::MAX_BODY, opaque_debug, web::input};

/// The longest life of a system's token, in days; the database holds it too.
pub const MOST_DAYS: i32 = 366;
/// Characters of an entry's id in its own system.
const EXTERNAL_ID: usize = 100;
/// Characters of names.
const NAME: usize = 60;

/// Body of `POST /groups/{id}/proxy-entries`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntryBody {
    /// The entry's id in the system that sends it: under it a retry finds the first result. No name and no number of a patient.
    pub external_id: String,
    /// The member in whose name it is entered.
    pub on_behalf_of: Uuid,
    pub body: String,
    /// Who typed it there.
    pub typist: Option<String>,
}

/// An entry, parsed. Its JSON tells a retry from another entry under the same id.
#[derive(Clone, Serialize)]
pub struct NewEntry {
    pub external_id: String,
    pub on_behalf_of: Uuid,
    pub body: String,
    pub typist: Option<String>,
}

impl TryFrom<EntryBody> for NewEntry {
    type Error = Vec<FieldError>;

    fn try_from(e: EntryBody) -> Result<Self, Vec<FieldError>> {
        let external_id = input::line("external_id", &e.external_id, EXTERNAL_ID);
        let body = input::text("body", &e.body, MAX_BODY);
        let typist = e.typist.as_deref().map(|typist| input::line("typist", typist, NAME)).transpose();
        match (external_id, body, typist) {
            (Ok(external_id), Ok(body), Ok(typist)) => {
                Ok(Self { external_id, on_behalf_of: e.on_behalf_of, body, typist })
            }
            (id, body, typist) => Err([id.err(), body.err(), typist.err()].into_iter().flatten().collect()),
        }
    }
}

/// What the person said to an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryState {
    Waiting,
    Confirmed,
    /// She wrote another text in its place.
    Corrected,
    Withdrawn,
}

impl EntryState {
    pub fn of(code: &str) -> Self {
        match code {
            "confirmed" => Self::Confirmed,
            "corrected" => Self::Corrected,
            "withdrawn" => Self::Withdrawn,
            _ => Self::Waiting,
        }
    }
}

/// What a system is told of its entry: nothing of the timeline.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Entered {
    /// The post.
    pub id: Uuid,
    pub seq: i64,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    pub state: EntryState,
}

/// A system that asks to speak for the viewer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Asking {
    pub id: Uuid,
    pub name: String,
    pub agreed: bool,
    /// Since when it is so; null: never answered.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since: Option<Timestamp>,
}

/// An entry in the viewer's name that waits for her word.
#[derive(Clone, Serialize, ToSchema)]
pub struct Waiting {
    pub post_id: Uuid,
    pub group_id: Uuid,
    /// What the system is called.
    pub system: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub body: String,
}

/// A system as its facility's admin sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct System {
    pub id: Uuid,
    pub name: String,
    #[schema(value_type = String, format = DateTime)]
    pub registered_at: Timestamp,
    /// The name of who registered it.
    pub registered_by: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// How many people let it speak for them.
    pub agreed: i64,
    /// How many entries it made, and how many of them wait.
    pub entered: i64,
    pub waiting: i64,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_at: Option<Timestamp>,
}

/// A system's token. What it is itself is known only when it is made.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SystemToken {
    pub id: Uuid,
    #[schema(value_type = String, format = DateTime)]
    pub made_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// The last use, to the minute.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub used_at: Option<Timestamp>,
    /// Since when it opens nothing any more.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
}

/// Somebody who lets a system speak for her.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SpokenFor {
    /// What `on_behalf_of` says.
    pub id: Uuid,
    pub name: String,
    pub profession: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since: Option<Timestamp>,
}

opaque_debug!(EntryBody, NewEntry, Waiting);

pub fn name(raw: &str) -> Result<String, FieldError> {
    input::line("name", raw, NAME)
}

pub fn days(days: Option<i32>) -> Result<i32, FieldError> {
    days.filter(|days| (1..=MOST_DAYS).contains(days)).ok_or_else(|| {
        FieldError::new(
            "days",
            "impossible",
            fill(t("期限は1日から{MOST_DAYS}日のあいだで決めてください。"), &[("MOST_DAYS", &MOST_DAYS)]),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(external_id: &str, body: &str, typist: Option<&str>) -> EntryBody {
        EntryBody {
            external_id: external_id.into(),
            on_behalf_of: Uuid::from_u128(1),
            body: body.into(),
            typist: typist.map(Into::into),
        }
    }

    #[test]
    fn an_entry_has_an_id_and_words() {
        assert!(NewEntry::try_from(body("A-1", "結果です", None)).is_ok());
        assert!(NewEntry::try_from(body("A-1", "結果です", Some("事務 柚木"))).is_ok());
        for (wrong, field) in [
            (body("", "結果です", None), "external_id"),
            (body(&"1".repeat(EXTERNAL_ID + 1), "結果です", None), "external_id"),
            (body("A-1", " ", None), "body"),
            (body("A-1", "結果です", Some("")), "typist"),
        ] {
            assert_eq!(NewEntry::try_from(wrong).expect_err("refused")[0].field, field);
        }
        for wrong in [None, Some(0), Some(MOST_DAYS + 1)] {
            assert!(days(wrong).is_err());
        }
    }
}
