//! The facility's device registry. 403 for everybody but its admin.

use axum::{
    Router,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts, csv,
    facility_views::{FacilityDevicesView, devices_page},
    model::Owner,
    own_views::{LossView, loss_page},
    store,
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::facilities::staff,
    web::{
        csv::download,
        input::{Done, Form},
        urls,
        viewer::Asked,
    },
};

/// The facility admin, for the facility for which they act; devices that never acted for it do not exist.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/facility/devices", get(list))
        .route("/facility/devices.csv", get(save))
        .route("/facility/devices/{device}/sign-out", post(end))
        .route("/facility/devices/{device}/approval", post(decide))
        .route("/facility/devices/{device}/owner", post(describe))
        .route("/facility/devices/{device}/loss", get(ask_loss).post(lose))
}

fn words(done: &Done) -> Option<&'static str> {
    Some(match done.done.as_deref()? {
        "ended" => t("サインアウトしました。開いていた画面も閉じました。"),
        "approved" => t("端末を承認しました。待っていた人は、そのまま使えます。"),
        "refused" => t("この端末は、使えないようにしました。"),
        "owner" => t("持ち主を書きました。"),
        "lost" => t(
            "紛失として扱いました。すべての端末からサインアウトし、次は両方の認証を求めます。本人に、電話会社への連絡とパスワードの変更を頼んでください。",
        ),
        _ => return None,
    })
}

async fn list(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(done): Query<Done>,
) -> Result<Response> {
    let (mut tx, me) = staff::administrating(&app, &who, "viewed_devices", None).await?;
    audit::viewed(&mut tx, "viewed_devices", None, None, None).await?;
    let devices = store::here(&mut tx).await?;
    let losses = store::losses(&mut tx).await?;
    let (policy, _) = acts::policies(&app, &mut tx).await?;
    tx.commit().await?;
    let view = FacilityDevicesView {
        facility: me.facility.clone(),
        devices,
        losses,
        managed_only: policy.demands.managed_devices_only,
        certificates: app.config.devices.has_doors(),
        done: words(&done),
        now: Timestamp::now(),
    };
    Ok(devices_page(&view, &me.ctx(asked)).into_response())
}

async fn save(State(app): State<Shared>, who: Actor) -> Result<Response> {
    let (mut tx, _) = staff::administrating(&app, &who, "downloaded_devices", None).await?;
    audit::viewed(&mut tx, "downloaded_devices", None, None, None).await?;
    let devices = store::here(&mut tx).await?;
    tx.commit().await?;
    Ok(download("devices.csv", csv::file(devices)))
}

fn back(done: &str) -> Redirect {
    Redirect::to(&format!("{}?done={done}", urls::facility_devices()))
}

/// Passes a refusal on and writes it down.
async fn noting<T>(app: &Shared, who: &Actor, act: &str, device: Uuid, result: Result<T>) -> Result<T> {
    if let Err(Error::NotFound | Error::Forbidden(_)) = &result {
        audit::refused(app, who, act, None, Some(device)).await;
    }
    result
}

async fn end(State(app): State<Shared>, who: Actor, Path(device): Path<Uuid>) -> Result<Redirect> {
    let ended = acts::end_here(&app, &who, device).await;
    noting(&app, &who, "ended_device", device, ended).await?;
    Ok(back("ended"))
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Decision {
    Approve,
    Refuse,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DecisionForm {
    decision: Decision,
}

async fn decide(
    State(app): State<Shared>,
    who: Actor,
    Path(device): Path<Uuid>,
    Form(form): Form<DecisionForm>,
) -> Result<Redirect> {
    let approve = matches!(form.decision, Decision::Approve);
    let decided = acts::decide(&app, &who, device, approve).await;
    noting(&app, &who, "approved_device", device, decided).await?;
    Ok(back(if approve { "approved" } else { "refused" }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnerForm {
    owner: Owner,
}

async fn describe(
    State(app): State<Shared>,
    who: Actor,
    Path(device): Path<Uuid>,
    Form(form): Form<OwnerForm>,
) -> Result<Redirect> {
    let said = acts::set_owner(&app, &who, device, form.owner).await;
    noting(&app, &who, "described_device", device, said).await?;
    Ok(back("owner"))
}

async fn ask_loss(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(device): Path<Uuid>,
) -> Result<Response> {
    let (mut tx, me) = staff::administrating(&app, &who, "lost_device", None).await?;
    let found = store::here(&mut tx).await?.into_iter().find(|d| d.id == device).ok_or(Error::NotFound)?;
    tx.commit().await?;
    let view = LossView {
        action: urls::facility_device_loss(device),
        cancel: urls::facility_devices(),
        device: found.name,
        person: Some(found.person),
        this_one: found.this_one,
        client_id: Some(Uuid::now_v7()),
    };
    Ok(loss_page(&view, &me.ctx(asked)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LossForm {
    client_id: Uuid,
}

async fn lose(
    State(app): State<Shared>,
    who: Actor,
    Path(device): Path<Uuid>,
    Form(form): Form<LossForm>,
) -> Result<Redirect> {
    let lost = acts::lost_here(&app, &who, device, form.client_id).await;
    noting(&app, &who, "lost_device", device, lost).await?;
    Ok(back("lost"))
}
