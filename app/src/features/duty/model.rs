//! What comes in and what goes out.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Body of `PUT /facilities/{id}/on-duty`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DutyBody {
    pub client_id: Uuid,
    /// Who is on duty from now on; `null`: nobody.
    pub account: Option<Uuid>,
    /// At most seven days ahead.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
}

/// Who is on duty in a facility now.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Duty {
    pub on_duty: Option<OnDuty>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OnDuty {
    pub id: Uuid,
    pub name: String,
    pub profession: String,
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
}

/// Body of `PUT /facilities/{id}/staff/{account}/substitute`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubstituteBody {
    /// `null`: nobody.
    pub substitute: Option<Uuid>,
}

/// Who stands in for somebody.
#[derive(Debug, Serialize, ToSchema)]
pub struct Substitute {
    pub substitute: Option<Uuid>,
}

/// One hand-over.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HandOver {
    /// Who had the duty from then on; `null`: nobody.
    pub to: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
    pub by: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HandOvers {
    /// The newest first.
    pub items: Vec<HandOver>,
    /// Always null: the last ten.
    pub next: Option<String>,
}

/// The telephone by which the caller wants to be reached at work; empty: none.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShownPhone {
    pub phone: String,
}
