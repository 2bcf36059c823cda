//! `/api/v1/facilities/{id}/webhooks`.

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
    model::{self, Call, Rotation, Webhook},
};
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::facilities::staff,
    web::{input::Strict, problem::Problem},
};

/// The newest calls of each webhook that a list shows.
const CALLS: i32 = 100;

/// The facility's admin, for the facility for which they act.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list, make))
        .routes(routes!(end))
        .routes(routes!(rotate))
        .routes(routes!(stop))
        .routes(routes!(try_out))
        .routes(routes!(resume))
        .routes(routes!(resend))
}

#[derive(Serialize, ToSchema)]
struct CallBody {
    id: Uuid,
    kind: String,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// `waiting`, `delivered` or `failed`.
    state: String,
    tries: i32,
    /// What went wrong the last time.
    code: Option<String>,
    /// The receiver's HTTP status, the last time.
    status: Option<i32>,
    #[schema(value_type = Option<String>, format = DateTime)]
    tried_at: Option<Timestamp>,
}

#[derive(Serialize, ToSchema)]
struct WebhookBody {
    id: Uuid,
    url: String,
    kinds: Vec<String>,
    #[schema(value_type = String, format = DateTime)]
    made_at: Timestamp,
    /// When a call arrived last.
    #[schema(value_type = Option<String>, format = DateTime)]
    delivered_at: Option<Timestamp>,
    /// Since when no call has arrived.
    #[schema(value_type = Option<String>, format = DateTime)]
    failing_since: Option<Timestamp>,
    /// Calls in a row that did not arrive.
    failures: i32,
    /// The receiver failed: it is called again then.
    #[schema(value_type = Option<String>, format = DateTime)]
    held_until: Option<Timestamp>,
    /// Calls that are still to be made.
    waiting: i64,
    /// Until then calls are signed with the secret before this one too.
    #[schema(value_type = Option<String>, format = DateTime)]
    old_secret_until: Option<Timestamp>,
    /// Since when it is called no more.
    #[schema(value_type = Option<String>, format = DateTime)]
    off_at: Option<Timestamp>,
    /// `admin`, `failing` (five days without one arrival) or `gone` (it answered 410).
    off_why: Option<String>,
    /// The newest first, 100 at most.
    calls: Vec<CallBody>,
}

#[derive(Serialize, ToSchema)]
struct Webhooks {
    items: Vec<WebhookBody>,
    /// Always null: 5 at most.
    next: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct New {
    client_id: Uuid,
    url: String,
    /// Of `post.created`, `post.corrected`, `post.withdrawn`, `task.changed`, `visit.changed`, `observations.changed`.
    kinds: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct Made {
    id: Uuid,
    /// `whsec_` and the key. Here and never again: null where this `client_id` was answered before.
    secret: Option<String>,
}

fn body(w: Webhook, calls: &[Call]) -> WebhookBody {
    let of = calls.iter().filter(|c| c.webhook == w.id).map(|c| CallBody {
        id: c.id,
        kind: c.kind.clone(),
        at: c.at,
        state: c.state.clone(),
        tries: c.tries,
        code: c.code.clone(),
        status: c.status,
        tried_at: c.tried_at,
    });
    WebhookBody {
        calls: of.collect(),
        id: w.id,
        url: w.url,
        kinds: w.kinds,
        made_at: w.made_at,
        delivered_at: w.delivered_at,
        failing_since: w.failing_since,
        failures: w.failures,
        held_until: w.held_until,
        waiting: w.waiting,
        old_secret_until: w.old_until,
        off_at: w.off.as_ref().map(|off| off.at),
        off_why: w.off.map(|off| off.why),
    }
}

/// The facility's webhooks with their newest calls.
#[utoipa::path(get, path = "/api/v1/facilities/{id}/webhooks", tag = "webhooks",
    responses((status = 200, body = Webhooks), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn list(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<Json<Webhooks>> {
    let (mut tx, _) = staff::administrating(&app, &who, "viewed_webhooks", Some(id)).await?;
    audit::viewed(&mut tx, "viewed_webhooks", None, None, None).await?;
    let (webhooks, calls) = (acts::here(&mut tx).await?, acts::calls(&mut tx, CALLS).await?);
    tx.commit().await?;
    Ok(Json(Webhooks { items: webhooks.into_iter().map(|w| body(w, &calls)).collect(), next: None }))
}

/// Registers an address. Asks for a session that has proven again who it is (`POST /session/step-up`).
#[utoipa::path(post, path = "/api/v1/facilities/{id}/webhooks", tag = "webhooks", request_body = New,
    responses((status = 201, body = Made), (status = 200, body = Made, description = "made before with this client_id"),
        (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn make(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Strict(new): Strict<New>,
) -> Result<(StatusCode, Json<Made>)> {
    drop(staff::administrating(&app, &who, "made_webhook", Some(id)).await?);
    let parsed = model::parse(&app.config.webhooks, new.client_id, &new.url, &new.kinds);
    let secret = acts::make(&app, &who, &parsed.map_err(Error::Invalid)?).await?;
    let status = if secret.is_some() { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(Made { id: new.client_id, secret })))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewSecret {
    client_id: Uuid,
    /// True: somebody else knows the secret before this one, and it signs no more. Else it goes on signing for three days.
    #[serde(default)]
    at_once: bool,
}

/// Gives a webhook another secret. Asks for a session that has proven again who it is (`POST /session/step-up`).
#[utoipa::path(post, path = "/api/v1/facilities/{id}/webhooks/{webhook}/rotation", tag = "webhooks", request_body = NewSecret,
    responses((status = 201, body = Made), (status = 200, body = Made, description = "done before with this client_id"),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn rotate(
    State(app): State<Shared>,
    who: Actor,
    Path((id, webhook)): Path<(Uuid, Uuid)>,
    Strict(new): Strict<NewSecret>,
) -> Result<(StatusCode, Json<Made>)> {
    drop(staff::administrating(&app, &who, "rotated_webhook", Some(id)).await?);
    let rotation = Rotation { client_id: new.client_id, at_once: new.at_once };
    let secret = acts::rotate(&app, &who, webhook, &rotation).await?;
    let status = if secret.is_some() { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(Made { id: webhook, secret })))
}

/// Stops a webhook: it stands, is called no more, and what waits is given up.
#[utoipa::path(post, path = "/api/v1/facilities/{id}/webhooks/{webhook}/stop", tag = "webhooks",
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn stop(
    State(app): State<Shared>,
    who: Actor,
    Path((id, webhook)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode> {
    drop(staff::administrating(&app, &who, "stopped_webhook", Some(id)).await?);
    acts::stop(&app, &who, webhook).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends a webhook: it is called no more, and forgotten with its secrets and its calls.
#[utoipa::path(delete, path = "/api/v1/facilities/{id}/webhooks/{webhook}", tag = "webhooks",
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn end(
    State(app): State<Shared>,
    who: Actor,
    Path((id, webhook)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode> {
    drop(staff::administrating(&app, &who, "ended_webhook", Some(id)).await?);
    acts::end(&app, &who, webhook).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Calls it with the kind `test`, ten times an hour at most.
#[utoipa::path(post, path = "/api/v1/facilities/{id}/webhooks/{webhook}/test", tag = "webhooks",
    responses((status = 202), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn try_out(
    State(app): State<Shared>,
    who: Actor,
    Path((id, webhook)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode> {
    drop(staff::administrating(&app, &who, "tested_webhook", Some(id)).await?);
    acts::try_out(&app, &who, webhook).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Calls it again after it was stopped or stopped by itself. What happened meanwhile is not sent. Asks for a session that has proven
/// again who it is.
#[utoipa::path(post, path = "/api/v1/facilities/{id}/webhooks/{webhook}/resumption", tag = "webhooks",
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn resume(
    State(app): State<Shared>,
    who: Actor,
    Path((id, webhook)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode> {
    drop(staff::administrating(&app, &who, "resumed_webhook", Some(id)).await?);
    acts::resume(&app, &who, webhook).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sends a failed call once more, under the same `webhook-id`.
#[utoipa::path(post, path = "/api/v1/facilities/{id}/webhooks/{webhook}/calls/{call}/resending", tag = "webhooks",
    responses((status = 202), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn resend(
    State(app): State<Shared>,
    who: Actor,
    Path((id, webhook, call)): Path<(Uuid, Uuid, Uuid)>,
) -> Result<StatusCode> {
    drop(staff::administrating(&app, &who, "resent_webhook", Some(id)).await?);
    acts::resend(&app, &who, webhook, call).await?;
    Ok(StatusCode::ACCEPTED)
}
