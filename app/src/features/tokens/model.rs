//! What a token is, and what may be asked for.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::words::{fill, t};
use crate::{error::FieldError, web::input};

/// The longest life of a token, in days; the database holds it too.
pub const MOST_DAYS: i32 = 90;
/// Characters of a name; the column holds no more.
const NAME: usize = 60;

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Read,
    Post,
    Both,
}

impl Scope {
    pub const ALL: [Self; 3] = [Self::Read, Self::Post, Self::Both];

    pub fn code(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Post => "post",
            Self::Both => "both",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.code() == code)
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Read => t("読むだけ"),
            Self::Post => t("書き込むだけ"),
            Self::Both => t("読むことと書き込むこと"),
        }
    }
}

/// A token to be made.
#[derive(Debug, Clone)]
pub struct NewToken {
    pub id: Uuid,
    pub name: String,
    pub scope: Scope,
    pub days: i32,
}

/// Every problem at once, so that nobody corrects one field after the other.
pub fn parse(
    id: Uuid,
    name: &str,
    scope: Option<Scope>,
    days: Option<i32>,
) -> Result<NewToken, Vec<FieldError>> {
    let name = input::line("name", name, NAME);
    let scope = scope
        .ok_or_else(|| FieldError::new("scope", "empty", t("このトークンでできることを選んでください。")));
    let days = days.filter(|days| (1..=MOST_DAYS).contains(days)).ok_or_else(|| {
        FieldError::new(
            "days",
            "impossible",
            fill(t("期限は1日から{MOST_DAYS}日のあいだで決めてください。"), &[("MOST_DAYS", &MOST_DAYS)]),
        )
    });
    match (name, scope, days) {
        (Ok(name), Ok(scope), Ok(days)) => Ok(NewToken { id, name, scope, days }),
        (name, scope, days) => Err([name.err(), scope.err(), days.err()].into_iter().flatten().collect()),
    }
}

/// A token as its owner sees it. What it is itself is known only when it is made.
#[derive(Debug, Clone)]
pub struct Token {
    pub id: Uuid,
    pub name: String,
    pub scope: Scope,
    pub facility: String,
    pub made_at: Timestamp,
    pub expires_at: Timestamp,
    /// To the minute.
    pub used_at: Option<Timestamp>,
    /// Ended, or run out.
    pub ended_at: Option<Timestamp>,
}

/// The same for the facility's admin.
#[derive(Debug, Clone)]
pub struct FacilityToken {
    pub account: Uuid,
    pub person: String,
    pub profession: String,
    pub token: Token,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_a_name_a_scope_and_an_end() {
        let id = Uuid::from_u128(1);
        for days in [1, MOST_DAYS] {
            assert_eq!(parse(id, " 検査 ", Some(Scope::Read), Some(days)).expect("good").name, "検査");
        }
        for days in [None, Some(0), Some(-1), Some(MOST_DAYS + 1)] {
            let problems = parse(id, "検査", Some(Scope::Read), days).expect_err("no such end");
            assert_eq!(problems[0].field, "days");
        }
        assert_eq!(parse(id, "", None, None).expect_err("nothing is there").len(), 3);
        for scope in Scope::ALL {
            assert_eq!(Scope::from_code(scope.code()), Some(scope));
        }
    }
}
