//! What a departure ends, and what stays written of it.

use std::{collections::HashMap, sync::Arc};

use envelope::DataKey;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Body of `POST /facilities/{id}/staff/{account}/departure`.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Departing {
    pub client_id: Uuid,
    /// Who becomes the host, by group. Where nobody is named: the longest member of the same facility, else the admin who acts.
    #[serde(default)]
    pub successors: HashMap<Uuid, Uuid>,
}

/// Everything that ends with one tie.
#[derive(Debug, Default)]
pub struct Plan {
    pub groups: Vec<Tie>,
    pub invitations: Vec<Ending>,
}

/// One group of the person, or one where only an invitation ends.
pub struct Tie {
    pub group: Uuid,
    pub role: Option<String>,
    pub patient: Option<Uuid>,
    /// The managing facility.
    pub owner: Uuid,
    pub owner_name: String,
    pub archived: bool,
    /// The membership stream.
    pub stream: Uuid,
    pub key: Arc<DataKey>,
    /// Who may be the host instead, the default first; empty unless the person is the host.
    pub successors: Vec<Successor>,
}

impl std::fmt::Debug for Tie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tie({})", self.group)
    }
}

impl Tie {
    pub fn is_member(&self) -> bool {
        self.role.is_some()
    }

    /// A conversation of two people: no group of a facility, and nobody else's business.
    pub fn is_direct(&self) -> bool {
        self.role.as_deref() == Some("direct")
    }

    pub fn is_host(&self) -> bool {
        self.role.as_deref() == Some("host")
    }
}

/// What somebody is in a group before becoming its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Member,
    Guest,
    Nothing,
}

#[derive(Debug, Clone)]
pub struct Successor {
    pub account: Uuid,
    pub facility: Uuid,
    pub standing: Standing,
    pub name: String,
    pub profession: String,
    pub facility_name: String,
}

/// An open invitation, to the person or by the person.
#[derive(Debug, Clone, Copy)]
pub struct Ending {
    pub id: Uuid,
    pub group: Uuid,
    pub account: Uuid,
    pub facility: Uuid,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct GroupLeft {
    pub group_id: Uuid,
    /// The managing facility.
    pub facility_id: Uuid,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HandedOver {
    pub group_id: Uuid,
    /// The account of the host from then on.
    pub to: Uuid,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InvitationEnded {
    pub invitation_id: Uuid,
    pub group_id: Uuid,
}

/// The report of one departure. Ids; whoever may know the names asks for them.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Report {
    pub id: Uuid,
    /// Who left.
    pub account: Uuid,
    pub facility_id: Uuid,
    /// The admin who did it.
    pub by: Uuid,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub groups_left: Vec<GroupLeft>,
    pub hosts_handed_over: Vec<HandedOver>,
    pub invitations_ended: Vec<InvitationEnded>,
    pub sessions_ended: i32,
    /// On how many devices.
    pub devices_signed_out: i32,
}
