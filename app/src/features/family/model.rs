//! Who comes to a family timeline, and what one of them may know of it.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::words::{fill, t};
use crate::{FieldError, people::Named, web::input};

/// The promise that whoever joins accepts; its text stands in `join_views`. Another text is another number.
pub const PROMISE: i32 = 1;

/// As what somebody is on the timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Patient,
    Family,
}

impl Role {
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Patient, Self::Family].into_iter().find(|role| role.code() == code)
    }

    pub fn code(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Family => "family",
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Patient => t("ご本人"),
            Self::Family => t("ご家族"),
        }
    }

    pub fn in_record(self) -> record::Role {
        match self {
            Self::Patient => record::Role::Patient,
            Self::Family => record::Role::Family,
        }
    }
}

/// `ご家族・長女`, or `ご本人`.
pub fn role_words(role: Role, relation: &str) -> String {
    if relation.is_empty() {
        role.word().to_owned()
    } else {
        fill(t("{0}・{relation}"), &[("0", &role.word()), ("relation", &relation)])
    }
}

/// Somebody who is to come, as the host typed it.
#[derive(Clone)]
pub struct NewRelative {
    pub client_id: Uuid,
    pub role: Role,
    pub person: Named,
}

crate::opaque_debug!(NewRelative);

/// Everything that is wrong at once, in the order of the form.
pub fn new_relative(
    client_id: Uuid,
    role: &str,
    name: &str,
    relation: &str,
    patient: &str,
) -> Result<NewRelative, Vec<FieldError>> {
    let mut wrong = Vec::new();
    let role = Role::from_code(role);
    if role.is_none() {
        wrong.push(FieldError::new("role", "empty", t("ご本人かご家族かを選んでください。")));
    }
    let name = input::line("name", name, 60).map_err(|e| wrong.push(e)).unwrap_or_default();
    let relation = match role {
        Some(Role::Patient) => String::new(),
        _ => input::line("relation", relation, 30).map_err(|e| wrong.push(e)).unwrap_or_default(),
    };
    match (role, wrong.is_empty()) {
        (Some(role), true) => {
            let person = Named { name, relation, patient: patient.to_owned() };
            Ok(NewRelative { client_id, role, person })
        }
        _ => Err(wrong),
    }
}

/// One family timeline that somebody is on now.
#[derive(Clone)]
pub struct Place {
    pub account_id: Uuid,
    pub login_id: String,
    pub session_id: Uuid,
    pub group_id: Uuid,
    pub role: Role,
    pub person: Named,
    pub stream: Uuid,
    /// The managing facility, and where it is called.
    pub facility: String,
    pub phone: String,
    /// When somebody reads, in the host's words.
    pub hours: Option<String>,
    pub archived: bool,
    pub unread: i64,
    pub last_post_at: Option<Timestamp>,
    pub since: Timestamp,
    pub read_up_to: i64,
}

crate::opaque_debug!(Place);

/// Somebody who reads the timeline.
#[derive(Clone)]
pub struct Reader {
    pub account_id: Uuid,
    pub name: String,
    /// Of somebody of the team, where the reader wants readings; else empty.
    pub reading: String,
    /// A profession's code, or `patient`, `family`.
    pub profession: String,
    /// Empty for patient and family.
    pub facility: String,
    pub relation: Option<String>,
}

crate::opaque_debug!(Reader);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patient_has_no_relation_and_a_relative_needs_one() {
        let new = |role, relation| new_relative(Uuid::nil(), role, "小野寺 美香", relation, "小野寺 ハル子");
        assert_eq!(new("family", "長女").unwrap().person.relation, "長女");
        assert_eq!(new("patient", "長女").unwrap().person.relation, "");
        let wrong = |role, relation| new(role, relation).unwrap_err()[0].field.to_string();
        assert_eq!(wrong("family", ""), "relation");
        assert_eq!(wrong("doctor", "長女"), "role");
    }
}
