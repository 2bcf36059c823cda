//! `/api/v1/recoveries`: where a facility has no second admin, an operator is the second person. With the console's cookie or its token as a bearer.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    acts,
    model::{AtConsole, Lost, State as Standing},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    auth::Operator,
    web::{input::Strict, problem::Problem},
};

/// Operators.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(confirm))
}

#[derive(Debug, Serialize, ToSchema)]
struct RecoveryContact {
    name: String,
    phone: String,
}

/// What an operator needs to call back and to mean the same one: nobody's name and no ID.
#[derive(Debug, Serialize, ToSchema)]
struct RecoveryAtConsole {
    id: Uuid,
    number: i32,
    facility: String,
    phone: String,
    /// Whom the facility has named for incidents.
    contact: Option<RecoveryContact>,
    /// Active admins of the facility other than the person concerned.
    admins: i64,
    lost: Lost,
    reason: String,
    identified: String,
    state: Standing,
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    ends_at: Timestamp,
    by_operator: bool,
}

impl From<AtConsole> for RecoveryAtConsole {
    fn from(r: AtConsole) -> Self {
        Self {
            id: r.id,
            number: r.number,
            facility: r.facility,
            phone: r.phone,
            contact: r.contact.map(|(name, phone)| RecoveryContact { name, phone }),
            admins: r.admins,
            lost: r.lost,
            reason: r.reason,
            identified: r.identified,
            state: r.state,
            started_at: r.started_at,
            ends_at: r.ends_at,
            by_operator: r.by_operator,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct RecoveriesAtConsole {
    items: Vec<RecoveryAtConsole>,
    /// Always null: at most 200 are told.
    next: Option<String>,
}

/// Those of the last thirty days; what waits for a second person comes first. Operators alone.
#[utoipa::path(get, path = "/api/v1/recoveries", tag = "recovery",
    responses((status = 200, body = RecoveriesAtConsole), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn list(State(app): State<Shared>, who: Operator) -> Result<Json<RecoveriesAtConsole>> {
    let mut tx = app.db.operating(&who).await?;
    let items = acts::at_console(&mut tx).await?.into_iter().map(Into::into).collect();
    tx.commit().await?;
    Ok(Json(RecoveriesAtConsole { items, next: None }))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CalledBack {
    /// "I have called the facility back, on a number known before": without it 422.
    called: bool,
}

/// The operator's yes, after calling the facility back. 409 `recovery_not_waiting` for whoever comes second, or after a day. Asks for a session that
/// has proven again who it is.
#[utoipa::path(post, path = "/api/v1/recoveries/{recovery}/confirmation", tag = "recovery", request_body = CalledBack,
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn confirm(
    State(app): State<Shared>,
    who: Operator,
    Path(recovery): Path<Uuid>,
    Strict(body): Strict<CalledBack>,
) -> Result<StatusCode> {
    if !body.called {
        return Err(Error::invalid("called", "not_called", t("電話で確かめてから、印を付けてください。")));
    }
    acts::confirm_at_console(&app, &who, recovery).await?;
    Ok(StatusCode::NO_CONTENT)
}
