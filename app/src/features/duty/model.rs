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
#[derive(Debug, Clone)]
pub struct HandOver {
    pub to: Option<String>,
    pub until: Timestamp,
    pub by: String,
    pub at: Timestamp,
}
