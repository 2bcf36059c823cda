//! What a review is, and what is signed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{figures::Figures, rules::Month};
use crate::{FieldError, opaque_debug, web::input};

/// Characters of a note.
pub const MAX_NOTE: usize = 1000;

/// One month's, as the list shows it.
#[derive(Debug, Clone)]
pub struct Review {
    pub month: Month,
    pub opened_at: Timestamp,
    pub due_at: Timestamp,
    /// When, and by whom first.
    pub signed: Option<(Timestamp, String)>,
}

impl Review {
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.signed.is_none() && self.due_at <= now
    }
}

/// A signature with what was seen.
#[derive(Clone)]
pub struct Signature {
    pub id: Uuid,
    pub account: Uuid,
    /// As it was then.
    pub name: String,
    pub profession: String,
    pub at: Timestamp,
    pub figures: Figures,
    pub note: String,
}

/// What somebody sends to sign.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Signing {
    pub client_id: Uuid,
    /// What was looked into, and what came of it. May be empty.
    #[serde(default)]
    pub note: String,
}

opaque_debug!(Signature, Signing);

impl Signing {
    pub fn checked(self) -> Result<Self, FieldError> {
        let note = input::optional_text("note", &self.note, MAX_NOTE)?;
        Ok(Self { note, ..self })
    }
}
