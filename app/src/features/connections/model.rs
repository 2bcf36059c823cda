//! What comes in and what goes out. A greeting may hold anything, so it prints as `…`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{FieldError, opaque_debug, web::input};

/// Characters of a greeting.
pub const MAX_GREETING: usize = 200;

/// Body of `POST /connections`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskBody {
    pub client_id: Uuid,
    /// Who is asked,
    pub account_id: Uuid,
    /// as whose staff.
    pub facility_id: Uuid,
    pub greeting: Option<String>,
}

/// A request, parsed.
#[derive(Clone, Serialize)]
pub struct NewAsk {
    #[serde(skip)]
    pub client_id: Uuid,
    pub account_id: Uuid,
    pub facility_id: Uuid,
    pub greeting: Option<String>,
}

impl TryFrom<AskBody> for NewAsk {
    type Error = FieldError;

    fn try_from(body: AskBody) -> Result<Self, FieldError> {
        let AskBody { client_id, account_id, facility_id, greeting } = body;
        let greeting = greeting.filter(|text| !text.trim().is_empty());
        let greeting = greeting.map(|text| input::text("greeting", &text, MAX_GREETING)).transpose()?;
        Ok(Self { client_id, account_id, facility_id, greeting })
    }
}

/// Body of `POST /connections/{id}/acceptance`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerBody {
    pub decision: Decision,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Accept,
    Decline,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Waits for an answer. For the asker also where there will be none.
    Asked,
    Accepted,
    Ended,
}

impl State {
    pub fn from_code(code: &str) -> Self {
        match code {
            "accepted" => Self::Accepted,
            "ended" => Self::Ended,
            _ => Self::Asked,
        }
    }
}

/// The other person of a connection.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Other {
    /// The account.
    pub id: Uuid,
    pub name: String,
    pub profession: String,
    pub facility: String,
    pub facility_id: Uuid,
}

/// A connection as its two people see it.
#[derive(Clone, Serialize, ToSchema)]
pub struct Connection {
    pub id: Uuid,
    pub state: State,
    /// The caller was asked.
    pub incoming: bool,
    pub person: Other,
    /// Through which of the caller's facilities; only acting for it she answers and talks.
    pub my_facility_id: Uuid,
    /// What the asker wrote.
    pub greeting: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub asked_at: Timestamp,
    /// When a request runs out.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub connected_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// Who ended it; none where somebody's work for a facility did.
    pub ended_by: Option<Uuid>,
    /// The conversation, once there is one: `GET /groups/{id}`.
    pub group_id: Option<Uuid>,
}

/// `GET /me/connection-link`
#[derive(Debug, Serialize, ToSchema)]
pub struct ConnectionLink {
    /// For a letter or a card: the page on which the caller is asked.
    pub link: String,
    /// The same to be shown: a QR code (ISO/IEC 18004, level M) as the SVG element of a page.
    pub qr: String,
    /// What stands in the link, as `POST /connections` takes it.
    pub account_id: Uuid,
    pub facility_id: Uuid,
}

#[derive(Clone, Serialize, ToSchema)]
pub struct Connections {
    pub items: Vec<Connection>,
}

opaque_debug!(AskBody, NewAsk, Connection, Connections);
