//! What comes in and what goes out.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::words::t;
use crate::{FieldError, auth::token, features::groups::model::Role};

/// As what somebody is invited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Joining {
    Member,
    /// Until a day.
    Guest,
}

impl Joining {
    pub fn code(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Guest => "guest",
        }
    }
}

/// Body of `POST /groups/{id}/invitations`.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationBody {
    pub client_id: Uuid,
    pub account_id: Uuid,
    /// For which facility the person is to join.
    pub facility_id: Uuid,
    pub role: Joining,
    /// When the membership will end by itself: for guests, and only for them.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    /// Whether the posts before the joining stay closed.
    #[serde(default)]
    pub from_now_on: bool,
}

impl InvitationBody {
    /// The rule of guests: an end, and one that lies ahead.
    pub fn check(self, now: Timestamp) -> Result<Self, FieldError> {
        match (self.role, self.until) {
            (Joining::Guest, None) => {
                Err(FieldError::new("until", "empty", t("いつまで参加するかを入れてください。")))
            }
            (Joining::Guest, Some(until)) if until <= now => {
                Err(FieldError::new("until", "not_ahead", t("終わりの日は、いまより先にしてください。")))
            }
            (Joining::Member, Some(_)) => {
                Err(FieldError::new("until", "guests_only", t("終わりの日は、一時参加のときだけ入れます。")))
            }
            _ => Ok(self),
        }
    }
}

/// An invitation that was sent.
#[derive(Serialize, ToSchema)]
pub struct Invited {
    pub id: Uuid,
    /// A single-use address that works for the invited person only.
    pub link: String,
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// Whether the host has to approve after the person has accepted.
    pub needs_approval: bool,
}

crate::opaque_debug!(Invited);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Accept,
    Decline,
}

/// Body of `POST /invitations/{id}/acceptance`.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerBody {
    pub client_id: Uuid,
    pub decision: Answer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Approve,
    Decline,
}

/// Body of `POST /groups/{id}/members/{account}/approval`.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionBody {
    pub client_id: Uuid,
    pub decision: Decision,
}

/// Where an invitation stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct State {
    /// `joined`; `accepted`: waits for the host; `declined` by the person; `refused` by the host.
    pub state: String,
}

/// An invitation that waits for the caller's answer. The patient is not named before the caller has joined.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Invitation {
    pub id: Uuid,
    pub invited_by: Inviter,
    /// The facility that manages the patient.
    pub managing_facility: String,
    /// For which of the caller's facilities.
    pub facility_id: Uuid,
    pub role: Role,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    pub needs_approval: bool,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Inviter {
    pub id: Uuid,
    pub name: String,
    pub profession: String,
    pub facility: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InvitationList {
    pub items: Vec<Invitation>,
    pub next: Option<String>,
}

/// How an invitation is named in an address: by its id in the product, by the token of its link elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    pub id: Option<Uuid>,
    pub link_hash: Option<[u8; 32]>,
}

impl Named {
    pub fn parse(text: &str) -> Self {
        match Uuid::try_parse(text) {
            Ok(id) => Self { id: Some(id), link_hash: None },
            Err(_) => Self { id: None, link_hash: Some(token::hash(text)) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(role: Joining, until: Option<&str>) -> InvitationBody {
        InvitationBody {
            client_id: Uuid::nil(),
            account_id: Uuid::nil(),
            facility_id: Uuid::nil(),
            role,
            until: until.map(|text| text.parse().unwrap()),
            from_now_on: false,
        }
    }

    #[test]
    fn guests_have_an_end_and_members_have_none() {
        let now: Timestamp = "2026-11-17T05:00:00Z".parse().unwrap();
        assert!(body(Joining::Member, None).check(now).is_ok());
        assert!(body(Joining::Guest, Some("2026-12-01T15:00:00Z")).check(now).is_ok());
        let code = |b: InvitationBody| b.check(now).unwrap_err().code;
        assert_eq!(code(body(Joining::Guest, None)), "empty");
        assert_eq!(code(body(Joining::Guest, Some("2026-11-17T05:00:00Z"))), "not_ahead");
        assert_eq!(code(body(Joining::Member, Some("2026-12-01T15:00:00Z"))), "guests_only");
    }

    #[test]
    fn an_address_holds_an_id_or_a_token() {
        let id = Uuid::now_v7();
        assert_eq!(Named::parse(&id.to_string()), Named { id: Some(id), link_hash: None });
        let token = token::fresh();
        assert_eq!(Named::parse(&token).link_hash, Some(token::hash(&token)));
    }
}
