//! `/api/v1/me/notification-settings`, `/api/v1/me/push-subscriptions`, `/api/v1/groups/{id}/notification-level`; and where a device
//! says that it has shown a push.

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
    acts::{self, New},
    model::{self, Level, Mail, Quiet, Wanted},
    store,
};
use crate::words::t;
use crate::{
    Error, FieldError, Result,
    app::Shared,
    audit,
    auth::{Actor, token},
    web::{
        input::{self, Strict},
        problem::Problem,
    },
};

/// Any signed-in person, for themselves; 404 for groups that they are not in. The confirmation: whoever has the token.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(show, put))
        .routes(routes!(subscribe, end_here))
        .routes(routes!(end))
        .routes(routes!(set_level))
        .routes(routes!(counts))
        .route("/push/confirmations", axum::routing::post(confirm))
}

/// One window of quiet hours, `HH:MM` in Japan; one that ends at or before its beginning ends on the next day.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WindowBody {
    from: String,
    to: String,
}

pub(super) type Windows = Vec<Option<WindowBody>>;

pub(super) fn windows(quiet: &Quiet) -> Windows {
    let body =
        |w: model::Window| WindowBody { from: input::clock_value(w.from), to: input::clock_value(w.to) };
    quiet.0.iter().map(|w| w.map(body)).collect()
}

pub(super) fn parsed(windows: &Windows) -> Result<Quiet> {
    if windows.len() != 7 {
        let words = t("月曜日から日曜日まで、7つを入れてください。");
        return Err(Error::invalid("quiet_hours", "seven", words));
    }
    Quiet::parse(|day, end| match &windows[day] {
        Some(window) => {
            if end == 0 {
                &window.from
            } else {
                &window.to
            }
        }
        None => "",
    })
    .map_err(Error::Invalid)
}

#[derive(Serialize, ToSchema)]
struct PushBody {
    /// `applicationServerKey` of this deployment; null where there is no push.
    public_key: Option<String>,
    /// Whether this device is reached, or was until something else than the person ended it: then it subscribes anew.
    wanted: bool,
    devices: Vec<DeviceBody>,
}

#[derive(Serialize, ToSchema)]
struct DeviceBody {
    /// The subscription.
    id: Uuid,
    device_id: Uuid,
    name: String,
    /// The device of this request.
    current: bool,
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// When the device last said that it had shown a push.
    #[schema(value_type = Option<String>, format = DateTime)]
    on_device_at: Option<Timestamp>,
    /// Since then nothing has got through.
    #[schema(value_type = Option<String>, format = DateTime)]
    failing_since: Option<Timestamp>,
}

#[derive(Serialize, ToSchema)]
struct SettingsAnswer {
    mail: Mail,
    /// `HH:MM` in Japan.
    digest_at: String,
    /// Seven windows, Monday first; null: as the facility says.
    quiet_hours: Option<Windows>,
    /// What the facility says; null: nothing.
    facility_quiet_hours: Option<Windows>,
    /// Whether there is a confirmed address for letters.
    address_confirmed: bool,
    /// Whether a mail server has refused that address, at once or in a report that came later. A new address begins anew.
    mail_refused: bool,
    push: PushBody,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SettingsBody {
    mail: Mail,
    digest_at: String,
    quiet_hours: Option<Windows>,
}

#[derive(Serialize, ToSchema)]
struct CountsAnswer {
    /// Notices that were not on the screen yet.
    notices: i64,
    /// Posts on the team timelines of the caller's groups; counted up to 1000 in each.
    unread: i64,
    /// The same on the family timelines.
    family_unread: i64,
}

/// What the navigation and the app's icon show. Numbers alone: no view of anything.
#[utoipa::path(get, path = "/api/v1/me/counts", tag = "notifications", responses((status = 200, body = CountsAnswer)))]
async fn counts(State(app): State<Shared>, who: Actor) -> Result<Json<CountsAnswer>> {
    let mut tx = app.db.acting(&who).await?;
    let [notices, unread, family_unread] = store::counts(&mut tx).await?;
    tx.commit().await?;
    Ok(Json(CountsAnswer { notices, unread, family_unread }))
}

/// How the caller is told of new posts.
#[utoipa::path(get, path = "/api/v1/me/notification-settings", tag = "notifications", responses((status = 200, body = SettingsAnswer)))]
async fn show(State(app): State<Shared>, who: Actor) -> Result<Json<SettingsAnswer>> {
    let public_key = acts::public_key(&app).await?;
    let mut tx = app.db.acting(&who).await?;
    let settings = store::settings(&mut tx).await?;
    let devices = store::my_push(&mut tx).await?;
    audit::viewed(&mut tx, "viewed_notification_settings", None, None, None).await?;
    tx.commit().await?;
    let wanted = devices.iter().any(|d| d.this_one && d.wanted);
    let body = |d: model::Device| {
        Some(DeviceBody {
            id: d.subscription?,
            device_id: d.device,
            name: d.name,
            current: d.this_one,
            since: d.since,
            on_device_at: d.on_device_at,
            failing_since: d.failing_since,
        })
    };
    Ok(Json(SettingsAnswer {
        mail: settings.mail,
        digest_at: input::clock_value(settings.digest_at),
        quiet_hours: settings.own.as_ref().map(windows),
        facility_quiet_hours: settings.facility.as_ref().map(windows),
        address_confirmed: settings.address,
        mail_refused: settings.failing,
        push: PushBody { public_key, wanted, devices: devices.into_iter().filter_map(body).collect() },
    }))
}

/// Sets letters and quiet hours. Letters need a confirmed address (422).
#[utoipa::path(put, path = "/api/v1/me/notification-settings", tag = "notifications", request_body = SettingsBody,
    responses((status = 204), (status = 422, body = Problem)))]
async fn put(
    State(app): State<Shared>,
    who: Actor,
    Strict(body): Strict<SettingsBody>,
) -> Result<StatusCode> {
    let digest_at = model::time(&body.digest_at)
        .ok_or_else(|| Error::invalid("digest_at", "time", t("時刻は、08:00 のように入れてください。")))?;
    let own = body.quiet_hours.as_ref().map(parsed).transpose()?;
    acts::set(&app, &who, &Wanted { mail: body.mail, digest_at, own }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// As `PushSubscription.toJSON()` writes them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Keys {
    p256dh: String,
    auth: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SubscriptionBody {
    client_id: Uuid,
    endpoint: String,
    keys: Keys,
}

#[derive(Serialize, ToSchema)]
struct SubscriptionAnswer {
    id: Uuid,
}

/// The device of this session is reached there from now on, and nowhere else. The same address and keys again answer 200.
#[utoipa::path(post, path = "/api/v1/me/push-subscriptions", tag = "notifications", request_body = SubscriptionBody,
    responses((status = 201, body = SubscriptionAnswer), (status = 200, body = SubscriptionAnswer, description = "known already"),
        (status = 409, body = Problem), (status = 422, body = Problem, description = "no push service of the list, or keys that are none")))]
async fn subscribe(
    State(app): State<Shared>,
    who: Actor,
    Strict(body): Strict<SubscriptionBody>,
) -> Result<(StatusCode, Json<SubscriptionAnswer>)> {
    let new = New {
        id: body.client_id,
        endpoint: &body.endpoint,
        p256dh: &body.keys.p256dh,
        auth: &body.keys.auth,
    };
    let (id, created) = acts::subscribe(&app, &who, &new).await?;
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(SubscriptionAnswer { id })))
}

/// The device of this session is not reached any more.
#[utoipa::path(delete, path = "/api/v1/me/push-subscriptions", tag = "notifications", responses((status = 204)))]
async fn end_here(State(app): State<Shared>, who: Actor) -> Result<StatusCode> {
    acts::end(&app, &who, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// One of the caller's devices is not reached any more.
#[utoipa::path(delete, path = "/api/v1/me/push-subscriptions/{id}", tag = "notifications", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
async fn end(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<StatusCode> {
    acts::end(&app, &who, Some(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LevelBody {
    level: Level,
}

/// Of which posts of this group the caller is told. Urgent ones always.
#[utoipa::path(put, path = "/api/v1/groups/{id}/notification-level", tag = "notifications", params(("id" = Uuid, Path)),
    request_body = LevelBody, responses((status = 204), (status = 404, body = Problem)))]
async fn set_level(
    State(app): State<Shared>,
    who: Actor,
    Path(group): Path<Uuid>,
    Strict(body): Strict<LevelBody>,
) -> Result<StatusCode> {
    if let Err(error) = acts::set_levels(&app, &who, &[(group, body.level)]).await {
        if matches!(error, Error::NotFound) {
            audit::refused(&app, &who, "changed_notifications", Some(group), None).await;
        }
        return Err(error);
    }
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shown {
    token: String,
}

/// From the service worker, without a session: it has shown the push that held this token. Every answer is the same.
async fn confirm(State(app): State<Shared>, Strict(shown): Strict<Shown>) -> Result<StatusCode> {
    if shown.token.len() > 64 {
        return Err(Error::Invalid(vec![FieldError::new("token", "too_long", t("長すぎます。"))]));
    }
    store::on_device(&app, &token::hash(&shown.token)).await?;
    Ok(StatusCode::NO_CONTENT)
}
