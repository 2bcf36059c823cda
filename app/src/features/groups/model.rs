//! What comes in and what goes out. A group's title is the patient's name, so it prints as `…`.

use jiff::Timestamp;
use record::GroupTitle;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{FieldError, opaque_debug, web::input};

/// Characters of a free group's title, and of what it is for.
pub const MAX_TITLE: usize = 60;
pub const MAX_PURPOSE: usize = 400;
/// Characters of a reason.
pub const MAX_REASON: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Patient,
    Free,
    Direct,
}

impl Kind {
    pub fn code(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Free => "free",
            Self::Direct => "direct",
        }
    }

    pub fn from_code(code: &str) -> Self {
        match code {
            "free" => Self::Free,
            "direct" => Self::Direct,
            _ => Self::Patient,
        }
    }
}

/// What the caller is in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Host,
    Member,
    /// A member until a day.
    Guest,
    /// The admin of the managing facility, without being a member: sees who is in, not what they write.
    Admin,
}

impl Role {
    pub fn from_code(code: &str) -> Self {
        match code {
            "host" => Self::Host,
            "guest" => Self::Guest,
            "admin" => Self::Admin,
            _ => Self::Member,
        }
    }

    /// May invite, remove, hand over, archive and reopen.
    pub fn keeps(self) -> bool {
        matches!(self, Self::Host | Self::Admin)
    }

    pub fn is_member(self) -> bool {
        self != Self::Admin
    }
}

/// One group as the API shows it.
#[derive(Clone, Serialize, ToSchema)]
pub struct Group {
    pub id: Uuid,
    pub kind: Kind,
    /// The patient's name from the newest face sheet, without 様; the newest title of a free group; the other person's name.
    pub title: String,
    pub patient_id: Option<Uuid>,
    /// The managing facility.
    pub facility_id: Uuid,
    /// Posts of others on the team timeline that the caller's screens have not shown; counted up to 1000.
    pub unread: i64,
    /// The same on the family timeline.
    pub family_unread: i64,
    /// Posts that wait for the caller's 了解.
    pub must_acknowledge: i64,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_post_at: Option<Timestamp>,
    pub my_role: Role,
    /// Read-only, until it is reopened.
    pub archived: bool,
}

#[derive(Clone, Serialize, ToSchema)]
pub struct GroupPage {
    pub items: Vec<Group>,
    pub next: Option<String>,
}

/// A member of now.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Member {
    /// The account.
    pub id: Uuid,
    pub name: String,
    /// For pages alone.
    #[serde(skip)]
    pub reading: String,
    pub profession: String,
    pub facility: String,
    pub facility_id: Uuid,
    pub role: Role,
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// When a guest's membership ends by itself.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    /// On duty in the facility now, and until when.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub on_duty_until: Option<Timestamp>,
}

/// Somebody on the way in.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OpenInvitation {
    pub id: Uuid,
    pub account_id: Uuid,
    pub name: String,
    pub profession: String,
    pub facility: String,
    pub facility_id: Uuid,
    pub role: Role,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    /// `invited`: the person has not answered; `accepted`: the host has to approve.
    pub state: String,
    pub invited_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Members {
    pub items: Vec<Member>,
    /// For the host and the managing facility's admin; empty for others.
    pub invitations: Vec<OpenInvitation>,
}

/// Body of `POST /groups`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenBody {
    pub client_id: Uuid,
    /// `patient` or `free`; a conversation of two comes from a connection.
    pub kind: Kind,
    /// For a patient's group,
    pub patient_id: Option<Uuid>,
    /// with the account of the host: staff of the managing facility.
    pub host: Option<Uuid>,
    /// For a free group, whose opener is its host.
    pub title: Option<String>,
    pub purpose: Option<String>,
}

/// Body of `PUT /groups/{id}/title`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TitleBody {
    pub client_id: Uuid,
    pub title: String,
    pub purpose: Option<String>,
}

/// Body of `PUT /groups/{id}/host`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HostBody {
    pub client_id: Uuid,
    pub account_id: Uuid,
    pub reason: Option<String>,
}

/// Body of `PUT /groups/{id}/archive`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ArchiveBody {
    pub client_id: Uuid,
    pub archived: bool,
    pub reason: String,
}

/// Body of `DELETE /groups/{id}/members/{account}`, which may also have none.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DepartureBody {
    #[serde(default = "Uuid::new_v4")]
    pub client_id: Uuid,
    pub reason: Option<String>,
}

opaque_debug!(OpenBody, TitleBody, Group, GroupPage, HostBody, ArchiveBody, DepartureBody);

/// Why an act is done, for the record; one line.
pub fn reason(raw: &str) -> Result<String, FieldError> {
    input::line("reason", raw, MAX_REASON)
}

/// The same where it may be left out.
pub fn optional_reason(raw: Option<&str>) -> Result<Option<String>, FieldError> {
    raw.filter(|text| !text.trim().is_empty()).map(reason).transpose()
}

/// What a free group is called, and what for.
pub fn title(title: &str, purpose: Option<&str>) -> Result<GroupTitle, Vec<FieldError>> {
    let purpose = purpose.filter(|text| !text.trim().is_empty());
    let purpose = purpose.map(|text| input::text("purpose", text, MAX_PURPOSE)).transpose();
    match (input::line("title", title, MAX_TITLE), purpose) {
        (Ok(title), Ok(purpose)) => Ok(GroupTitle { title, purpose }),
        (title, purpose) => Err([title.err(), purpose.err()].into_iter().flatten().collect()),
    }
}
