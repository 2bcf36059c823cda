//! `/api/v1/facilities/{id}/sign-in-policy`.

use axum::{
    Json,
    extract::{Path, State},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    acts,
    model::{Demands, Hours, Policy},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::facilities::staff,
    web::{
        input::{self, Strict},
        problem::Problem,
    },
};

/// The facility's admin, for the facility for which they act.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(get, put))
}

/// Each day, in the deployment's zone; `from` after `to` crosses midnight.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HoursBody {
    /// `08:30`
    from: String,
    to: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PolicyBody {
    /// `required`, and nothing else: two factors are always asked for.
    second_factor: String,
    managed_devices_only: bool,
    /// Minutes without a touch until the session locks, 1 to 30.
    idle_minutes: i64,
    /// Null or left out: at any hour.
    sign_in_hours: Option<HoursBody>,
    /// How long a page of a patient may stay on a device, sealed, to be read without a line: 0 to 72 hours. Left out: 0, not at all.
    #[serde(default)]
    copy_hours: i64,
}

#[derive(Debug, Serialize, ToSchema)]
struct PolicyAnswer {
    /// 0: the facility never set one, and the deployment's usual one holds.
    version: i32,
    second_factor: &'static str,
    managed_devices_only: bool,
    idle_minutes: i32,
    sign_in_hours: Option<HoursBody>,
    copy_hours: i32,
    /// The account that set it.
    changed_by: Option<Uuid>,
    #[schema(value_type = Option<String>, format = DateTime)]
    changed_at: Option<Timestamp>,
    /// How many sessions this call ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    sessions_ended: Option<i32>,
}

impl PolicyAnswer {
    fn of(policy: &Policy, sessions_ended: Option<i32>) -> Self {
        let d = &policy.demands;
        Self {
            version: policy.version,
            second_factor: "required",
            managed_devices_only: d.managed_devices_only,
            idle_minutes: d.idle_minutes,
            sign_in_hours: d
                .hours
                .map(|h| HoursBody { from: input::clock_value(h.from), to: input::clock_value(h.to) }),
            copy_hours: d.copy_hours,
            changed_by: policy.by.as_ref().map(|(id, _)| *id),
            changed_at: policy.at,
            sessions_ended,
        }
    }
}

fn checked(body: &PolicyBody) -> Result<Demands> {
    if body.second_factor != "required" {
        return Err(Error::invalid("second_factor", "required", t("二要素認証は、いつも必要です。")));
    }
    let hours = match &body.sign_in_hours {
        Some(h) => Hours::parse(&h.from, &h.to).map_err(|e| Error::Invalid(vec![e]))?,
        None => None,
    };
    Demands::checked(body.managed_devices_only, body.idle_minutes, hours, body.copy_hours)
        .map_err(|e| Error::Invalid(vec![e]))
}

/// The policy in force.
#[utoipa::path(get, path = "/api/v1/facilities/{id}/sign-in-policy", tag = "devices",
    responses((status = 200, body = PolicyAnswer), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn get(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<Json<PolicyAnswer>> {
    let (mut tx, _) = staff::administrating(&app, &who, "viewed_sign_in_policy", Some(id)).await?;
    audit::viewed(&mut tx, "viewed_sign_in_policy", None, None, None).await?;
    let (policy, _) = acts::policies(&app, &mut tx).await?;
    tx.commit().await?;
    Ok(Json(PolicyAnswer::of(&policy, None)))
}

/// Sets the policy as a new version, at once and for open sessions too; the same again makes none. The caller must have confirmed who
/// they are just now. Whoever is on a device that is no longer let in, or outside the hours, is signed out; the caller's own device is
/// approved in the same act.
#[utoipa::path(put, path = "/api/v1/facilities/{id}/sign-in-policy", tag = "devices", request_body = PolicyBody,
    responses((status = 200, body = PolicyAnswer), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn put(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Strict(body): Strict<PolicyBody>,
) -> Result<Json<PolicyAnswer>> {
    drop(staff::administrating(&app, &who, "changed_sign_in_policy", Some(id)).await?);
    let ended = acts::set_policy(&app, &who, &checked(&body)?).await?;
    let mut tx = app.db.acting(&who).await?;
    let (policy, _) = acts::policies(&app, &mut tx).await?;
    tx.commit().await?;
    Ok(Json(PolicyAnswer::of(&policy, Some(ended))))
}
